"""What a web server is asked next, and what is never followed."""

from __future__ import annotations

import pytest

from scanner.probes import web

HIKVISION = (
    b"HTTP/1.1 200 OK\r\nServer: App-webs/\r\n\r\n"
    b'<script>window.location.href="/doc/page/login.asp?_"+1</script>'
)
DAHUA = b"HTTP/1.1 200 OK\r\nCONTENT-LENGTH: 0\r\nP3P: CP=CAO PSA OUR\r\n\r\n"
PRINTER = b"HTTP/1.1 200 OK\r\nServer: HP HTTP Server\r\n\r\n<html>"
NEUTRAL = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<html><title></title>"


def asked(reply: bytes) -> set[str]:
    return {question.name for question in web.makers_questions(web.leaning(reply), "10.0.0.1")}


def test_a_page_that_looks_like_one_maker_is_asked_that_makers_questions_only() -> None:
    assert asked(HIKVISION) == {"GET /ISAPI/System/deviceInfo", "GET /SDK/activateStatus"}
    assert asked(DAHUA) == {"GET /cgi-bin/magicBox.cgi?action=getDeviceType"}


def test_a_page_that_says_nothing_is_asked_both_makers_questions() -> None:
    assert len(asked(NEUTRAL)) == 3


def test_a_printer_is_left_alone() -> None:
    assert asked(PRINTER) == set()


@pytest.mark.parametrize(
    ("reply", "url"),
    [
        (b"HTTP/1.1 302 Found\r\nLocation: /login.html\r\n\r\n", "http://10.0.0.1/login.html"),
        (b"HTTP/1.1 302 Found\r\nLocation: https://10.0.0.1/\r\n\r\n", "https://10.0.0.1/"),
        (b"HTTP/1.1 301 Gone\r\nLocation: http://198.51.100.7/\r\n\r\n", "http://198.51.100.7/"),
        (HIKVISION, "http://10.0.0.1/doc/page/login.asp?_"),
        (b'<meta http-equiv="refresh" content="0; URL=/aca/index.html"/>', "http://10.0.0.1/aca/index.html"),
        (b"HTTP/1.1 302 Found\r\n\r\n", ""),
        (b"HTTP/1.1 302 Found\r\nLocation: http://[::\r\n\r\n", ""),
        (b"HTTP/1.1 302 Found\r\nLocation: http://10.0.0.1:99999/\r\n\r\n", ""),
        (NEUTRAL, ""),
    ],
)
def test_a_reply_tells_where_it_leads(reply: bytes, url: str) -> None:
    assert web.leads_to(reply, "http://10.0.0.1/") == url


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("http://10.0.0.1/doc/page/login.asp?_=1", "/doc/page/login.asp"),
        ("http://10.0.0.1", "/"),
        ("http://10.0.0.1/assets/setup.html", "/assets/setup.html"),
        ("http://10.0.0.1/cgi-bin/reboot.cgi", ""),
        ("http://10.0.0.1/a/../../etc/passwd", ""),
        ("http://10.0.0.1/a b", ""),
        ("http://10.0.0.1/a\r\nX: y", ""),
        ("http://10.0.0.1/" + "a" * 500, ""),
        ("http://10.0.0.1/setParam", ""),
        ("http://10.0.0.1/Caf\xe9", ""),
    ],
)
def test_only_a_plain_path_that_sounds_harmless_is_opened(url: str, path: str) -> None:
    assert web.safe_path(url) == path


def test_the_icon_is_the_pages_own_unless_it_lies_elsewhere() -> None:
    def icon(href: str) -> str:
        return web.icon_path(f'<link rel="shortcut icon" href="{href}">'.encode(), "http://10.0.0.1/doc/")

    assert icon("img/fav.ico") == "/doc/img/fav.ico"
    assert icon("http://198.51.100.7/fav.ico") == icon("/reset.cgi") == "/favicon.ico"


@pytest.mark.parametrize(
    ("reply", "protocol", "outcome"),
    [
        (HIKVISION, "http", "answered"),
        (b"<html>0.9</html>", "http", "answered"),
        (b"\x15\x03\x01\0\x02\x02\x28", "http", "unreadable"),
        (b"RTSP/1.0 400 Bad\r\n\r\n", "rtsp", "unreadable"),
        (b'HTTP/1.1 200 OK\r\n\r\n<?xml version="1.0"?><s:Envelope>', "onvif", "answered"),
        (b'HTTP/1.1 400 No\r\n\r\n<s:Envelope xmlns:s="x"><s:Fault/>', "onvif", "answered"),
        (
            b'HTTP/1.1 200 OK\r\n\r\n<DeviceInfo xmlns="http://www.isapi.org/ver20/XMLSchema">',
            "isapi",
            "answered",
        ),
        (b'HTTP/1.1 200 OK\r\n\r\n<root xmlns="urn:schemas-upnp-org:device-1-0">', "upnp-xml", "answered"),
        (b'HTTP/1.1 200 OK\r\n\r\n<?xml version="1.0"?><!DOCTYPE html><html>', "http", "answered"),
        (b"HTTP/1.1 200 OK\r\n\r\n\0\0\1\0icon", "favicon", "answered"),
        (b"HTTP/1.1 404 No\r\n\r\n\0\0\1\0icon", "http", "answered"),
    ],
)
def test_a_reply_is_called_what_it_looks_like(reply: bytes, protocol: str, outcome: str) -> None:
    assert web.what_it_is(reply) == (protocol, outcome)


def test_a_server_that_wants_encryption_is_understood() -> None:
    reply = b"HTTP/1.1 400 Bad Request\r\n\r\nThe plain HTTP request was sent to HTTPS port"
    assert web.wants_encryption(reply) and not web.wants_encryption(NEUTRAL)
