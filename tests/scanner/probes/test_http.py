"""HTTP replies and pages, whole and in the parts that imports have."""

from __future__ import annotations

import pytest

from scanner.probes import html, http
from scanner.probes.contract import Unreadable
from tests.scanner.probes.hostile import cuts

# A camera of 2016 to 2018, whose front page a script leaves for the login.
HIKVISION = (
    b'HTTP/1.1 200 OK\r\nDate: Mon, 05 Jan 2026 10:00:00 GMT\r\nServer: App-webs/\r\nETag: "1c6-1e0-5a3a1b2c"\r\n'
    b"Content-Length: 210\r\nContent-Type: text/html\r\nConnection: keep-alive\r\n\r\n"
    b'\xef\xbb\xbf<!doctype html>\r\n<html>\r\n<head>\r\n\t<title></title>\r\n<script type="text/javascript">'
    b'window.location.href = "/doc/page/login.asp?_" + (new Date()).getTime();</script></head></html>'
)
CHALLENGE = (
    b'HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Digest qop="auth", realm="IP Camera(C2183)", '
    b'nonce="4e5468", stale="FALSE"\r\nWWW-Authenticate: Basic realm="IP Camera(C2183)"\r\nContent-Length: 0\r\n\r\n'
)


def test_a_request_is_short_plain_and_honest() -> None:
    assert http.request("/", "10.0.0.1:88") == (
        b"GET / HTTP/1.1\r\nHost: 10.0.0.1:88\r\nUser-Agent: camcensus\r\nAccept: */*\r\n\r\n"
    )


def test_a_front_page_tells_its_server_and_where_the_login_is() -> None:
    found = http.fields(HIKVISION)
    assert found["status"] == ("200",) and found["server"] == ("App-webs/",)
    assert found["header-names"] == ("Date,Server,ETag,Content-Length,Content-Type,Connection",)
    assert found["redirect"] == ("/doc/page/login.asp?_",) and found["etag"] == ('"1c6-1e0-5a3a1b2c"',)


def test_both_challenges_of_a_camera_are_read() -> None:
    found = http.fields(CHALLENGE)
    assert found["realm"] == ("IP Camera(C2183)",) and len(found["authenticate"]) == 2
    assert found["nonce"] == ("4e5468",) and 'stale="FALSE"' in found["authenticate"][0]


@pytest.mark.parametrize(
    ("part", "field", "value"),
    [
        (b"Server: DNVRS-Webs", "server", "DNVRS-Webs"),
        (b'WWW-Authenticate: Basic realm="DVR"', "realm", "DVR"),
        (b"Login to 4K01234PAGABCDE", "realm", "Login to 4K01234PAGABCDE"),
        (b'"realm":"Login to 3EPAZ6EF7C6FN09"', "realm", "Login to 3EPAZ6EF7C6FN09"),
        (b'{"params":{"realm" : "Login to AMC0189Q"}}', "realm", "Login to AMC0189Q"),
        (b"Set-Cookie: JSESSIONID=1;Path=/", "cookie", "JSESSIONID=1;Path=/"),
        (b"vendor=Amcrest\r\nversion=2.622,build:2020\r\nsn=AMC0", "pair", "version=2.622,build:2020"),
        (b"root.Brand.Brand=AXIS\nroot.Brand.WebURL=http://x", "pair", "root.Brand.Brand=AXIS"),
        (b'initProdNbr="N100"; BrandCopyright="Beward";', "pair", "BrandCopyright=Beward"),
        (b'<td id="info-model">BIP2-1920c</td>', "pair", "info-model=BIP2-1920c"),
        (b"Error\r\nBad Request!", "body", "Error\r\nBad Request!"),
        (b"<html><head><title>WEB SERVICE</title>", "title", "WEB SERVICE"),
    ],
)
def test_a_part_of_a_reply_gives_what_it_holds(part: bytes, field: str, value: str) -> None:
    assert value in http.fields(part)[field]


def test_two_lines_of_text_are_no_realm() -> None:
    assert "realm" not in http.fields(b"Error\r\nBad Request!")


def test_a_reply_cut_short_anywhere_gives_only_what_the_whole_gives() -> None:
    whole = http.fields(HIKVISION)
    for cut in cuts(HIKVISION):
        found = http.fields(cut)
        assert set(found) <= set(whole) | {"realm"}
    assert "server" in http.fields(HIKVISION[:120])


@pytest.mark.parametrize("payload", [b"", b"SSH-2.0-dropbear", b"RTSP/1.0 200 OK\r\n\r\n", b"<html>"])
def test_what_has_no_status_line_is_no_reply_of_http(payload: bytes) -> None:
    with pytest.raises(Unreadable):
        http.read(payload)


def test_a_reply_is_read_with_its_status() -> None:
    assert http.read(CHALLENGE).status == 401


PAGE = b"""<!DOCTYPE html><html><head><TITLE>\n Web &amp; Viewer </TITLE>
<meta http-equiv="refresh" content="0; URL='/camera/index.html'"><meta name=author content="Some Maker">
<script src="jsBase/lib/jquery.js?version=@WebVersion@"></script><link rel="shortcut icon" href=/img/fav.ico>
</head><body><form action="/login.cgi"><iframe src='x.htm'></form><script>top.location = '/main.html'</script>"""


def test_a_page_gives_its_parts() -> None:
    found = html.fields(PAGE)
    assert found["title"] == ("Web & Viewer",)
    assert found["script"] == (
        "jsBase/lib/jquery.js?version=@WebVersion@",
        "/img/fav.ico",
        "/login.cgi",
        "x.htm",
    )
    assert found["meta"] == ("refresh=0; URL='/camera/index.html'", "author=Some Maker")
    assert found["redirect"] == ("/camera/index.html", "/main.html")
    assert html.icon(PAGE.decode()) == "/img/fav.ico"


@pytest.mark.parametrize(
    ("part", "title"),
    [
        (b"<title>TeraStation PRO", "TeraStation PRO"),
        (b"<TITLE>Live view / - AXIS 205</TITLE>", "Live view / - AXIS 205"),
        ("<title>CPPLUS DVR –Web View</title>".encode(), "CPPLUS DVR –Web View"),
        ("<title>Vidéo</title>".encode("latin-1"), "Vidéo"),
    ],
)
def test_a_title_alone_is_read(part: bytes, title: str) -> None:
    assert html.read(part).title == title


@pytest.mark.parametrize(
    "script",
    [
        b'window.location.href="/doc/index.html";',
        b"document.location = '/doc/index.html'",
        b'location.replace("/doc/index.html")',
        b"self.location.assign('/doc/index.html')",
    ],
)
def test_a_script_that_leaves_the_page_is_understood(script: bytes) -> None:
    assert html.fields(b"<script>" + script + b"</script>")["redirect"] == ("/doc/index.html",)


def test_text_without_any_element_is_no_page() -> None:
    with pytest.raises(Unreadable):
        html.read(b"Error\r\nBad Request!")
