"""One device asked on its open ports, against small servers on loopback that behave as devices do, or worse."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import Awaitable, Callable, Coroutine
from pathlib import Path
from typing import Any

import msgspec
import pytest

from scanner.model import Attempt, Endpoint, Observation, Outcome
from scanner.net.conversation import REPLY_LIMIT, Conversation, Patience
from scanner.net.gate import Refused
from scanner.net.grab import fetch_description, grab
from scanner.net.pacing import Pace
from scanner.probes import certificate, forbidden, read_fields
from scanner.probes.contract import Question
from tests.scanner.probes.test_certificate import DER, issued_pem

HOME = "127.79.0.10"
ELSEWHERE = "127.79.0.66"
WEB, STREAM, SECURE, SDK, ODD = 8080, 8554, 8443, 8000, 7070
BRISK = Patience(connect=0.5, read=0.3, reply=0.8, greeting=0.1, close=0.2)
NOT_FOUND = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class Device:
    """Servers on one address that write down what they hear, and how many talk to them at once."""

    def __init__(self, address: str = HOME) -> None:
        self.address = address
        self.heard: list[tuple[int, bytes]] = []
        self.connections = self.at_once = self.most_at_once = 0
        self._open = contextlib.AsyncExitStack()

    async def __aenter__(self) -> Device:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._open.aclose()

    async def serve(self, port: int, serve: Serve, tls: ssl.SSLContext | None = None) -> None:
        async def count(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            self.connections += 1
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
            try:
                with contextlib.suppress(OSError, asyncio.IncompleteReadError):
                    await serve(reader, writer)
            finally:
                self.at_once -= 1
                writer.close()
                with contextlib.suppress(OSError):
                    await writer.wait_closed()

        server = await asyncio.start_server(count, self.address, port, ssl=tls)
        self._open.push_async_callback(server.wait_closed)
        self._open.callback(server.close)

    async def pages(self, port: int, answers: dict[str, bytes], tls: ssl.SSLContext | None = None) -> None:
        """A web or stream server with fixed answers by path; it keeps connections, as HTTP/1.1 asks."""

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            while head := await reader.readuntil(b"\r\n\r\n"):
                length = head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]
                self.heard.append((port, head + await reader.readexactly(int(length or 0))))
                reply = answers.get(head.split()[1].decode(), answers.get("*", NOT_FOUND))
                writer.write(reply)
                if b"Content-Length" not in reply:
                    return

        await self.serve(port, serve, tls)

    def asked(self, port: int) -> list[str]:
        return [" ".join(data.decode().split()[:2]) for at, data in self.heard if at == port]


class Heard:
    """What a grab told: replies, and questions without one."""

    def __init__(self) -> None:
        self.observations: list[Observation] = []
        self.attempts: list[Attempt] = []
        self.pace = Pace(rate=100_000, device_rate=100_000)

    async def grab(self, device: Device, *ports: int, deep: bool = False, patience: Patience = BRISK) -> None:
        await grab(
            Endpoint(device.address, mac="02:00:00:00:00:01", interface="lo"),
            ports,
            pace=self.pace,
            hear=self.observations.append,
            settle=self.attempts.append,
            deep=deep,
            patience=patience,
        )

    def outcomes(self) -> list[tuple[int, str, Outcome]]:
        return [(attempt.port, attempt.protocol, attempt.outcome) for attempt in self.attempts]

    def of(self, protocol: str) -> list[Observation]:
        return [each for each in self.observations if each.protocol == protocol]


def page(body: bytes, *headers: bytes, status: bytes = b"200 OK") -> bytes:
    head = b"".join(header + b"\r\n" for header in (b"HTTP/1.1 " + status, *headers))
    return head + b"Content-Length: %d\r\n\r\n" % len(body) + body


def run(story: Coroutine[Any, Any, None]) -> None:
    asyncio.run(asyncio.wait_for(story, 20))


SOAP = page(b'<?xml version="1.0"?><env:Envelope xmlns:env="x"><env:Body/></env:Envelope>')
CAMERA = {
    "/": page(b'<script>location.href="/doc/page/login.asp?_"</script>', b"Server: App-webs/"),
    "/doc/page/login.asp": page(b"<title>Login</title><link rel=icon href=/cam.ico>"),
    "/ISAPI/System/deviceInfo": page(
        b"", b'WWW-Authenticate: Digest realm="IP Camera(C1)"', status=b"401 No"
    ),
    "/SDK/activateStatus": page(b'<ActivateStatus xmlns="x"><Activated>true</Activated></ActivateStatus>'),
    "/onvif/device_service": SOAP,
    "/cam.ico": page(b"\0\0\1\0icon"),
}
STREAMS = {
    "*": b'RTSP/1.0 401 Unauthorized\r\nWWW-Authenticate: Digest realm="IP Camera(C1)"\r\nContent-Length: 0\r\n\r\n'
}


def test_a_camera_is_asked_all_that_tells_something_on_one_connection_a_port() -> None:
    async def story() -> None:
        told = Heard()
        async with Device() as camera:
            await camera.pages(WEB, CAMERA)
            await camera.pages(STREAM, STREAMS)
            await told.grab(camera, WEB, STREAM)
            assert camera.asked(WEB) == [
                "GET /", "GET /doc/page/login.asp", "GET /ISAPI/System/deviceInfo", "GET /SDK/activateStatus",
                "POST /onvif/device_service", "POST /onvif/device_service", "GET /cam.ico",
            ]  # fmt: skip
            assert [ask.partition(" ")[0] for ask in camera.asked(STREAM)] == ["OPTIONS", "DESCRIBE"]
            assert camera.connections == 2 and camera.most_at_once == 1
        assert [each.protocol for each in told.observations] == [
            "http", "http", "http", "isapi", "onvif", "onvif", "favicon", "rtsp", "rtsp",
        ]  # fmt: skip
        assert told.pace.sent == {"connect": 2, "request": 9} and not told.attempts

    run(story())


def test_a_reply_is_kept_to_the_byte_with_where_when_and_what_was_asked() -> None:
    odd = b"HTTP/1.1  200  okay\r\nsErVeR:   x\t\r\nX-Empty:\r\ncontent-LENGTH: 2\r\n\r\nhi"

    async def story() -> None:
        told = Heard()
        async with Device() as camera:
            await camera.pages(WEB, {"/": odd})
            await told.grab(camera, WEB)
        first = told.observations[0]
        assert first.payload == odd and first.request == "GET /" and first.outcome is Outcome.ANSWERED
        assert (first.address, first.mac, first.port, first.transport) == (
            HOME,
            "02:00:00:00:00:01",
            WEB,
            "tcp",
        )
        assert (
            first.interface == "lo" and first.observed_at is not None and first.observed_at.tzinfo is not None
        )

    run(story())


def test_all_that_devices_receive_is_allowed_and_carries_no_credentials() -> None:
    async def story() -> None:
        told = Heard()
        async with Device() as camera, Device("127.79.0.11") as nameless:
            await camera.pages(WEB, CAMERA)
            await camera.pages(STREAM, STREAMS)
            await nameless.pages(WEB, {"/": page(b"<title></title>")})
            await nameless.pages(
                STREAM, {"*": b"RTSP/1.0 404 Not Found\r\nCSeq: 1\r\nContent-Length: 0\r\n\r\n"}
            )
            await told.grab(camera, WEB, STREAM, deep=True)
            await told.grab(nameless, WEB, STREAM, deep=True)
            heard = camera.heard + nameless.heard
        assert len(heard) >= 18
        for port, data in heard:
            assert forbidden.refuse(data, port, "tcp") is None
            assert b"authorization" not in data.lower() and b"cookie" not in data.lower()

    run(story())


@pytest.mark.parametrize(
    "away",
    [
        page(b"", b"Location: http://%s:8080/" % ELSEWHERE.encode(), status=b"302 Found"),
        page(b"", b"Location: //%s:8080/" % ELSEWHERE.encode(), status=b"301 Moved"),
        page(b'<meta http-equiv=refresh content="0;url=http://%s:8080/">' % ELSEWHERE.encode()),
        page(b'<script>location="http://%s:8080/x"</script>' % ELSEWHERE.encode()),
        page(b"", b"Location: http://%s:7080/x" % ELSEWHERE.encode(), status=b"302 Found"),
        page(b"", b"Location: http://camera.example/x", status=b"302 Found"),
    ],
)
def test_nobody_is_led_off_the_device(away: bytes) -> None:
    async def story() -> None:
        told = Heard()
        async with Device() as camera, Device(ELSEWHERE) as stranger:
            await camera.pages(WEB, {"/": away})
            await stranger.pages(WEB, {"/": page(b"gotcha")})
            await told.grab(camera, WEB)
            assert stranger.connections == 0 and "GET /x" not in camera.asked(WEB)
        assert told.observations[0].payload == away and not told.attempts

    run(story())


def test_a_device_may_lead_to_another_web_port_of_its_own() -> None:
    async def story() -> None:
        told = Heard()
        async with Device() as camera:
            await camera.pages(
                WEB, {"*": page(b"", b"Location: http://%s:7080/" % HOME.encode(), status=b"302 Found")}
            )
            await camera.pages(7080, {"/": page(b"<title>Here</title>")})
            await told.grab(camera, WEB)
            assert camera.asked(WEB) == ["GET /", "POST /onvif/device_service"]
            assert len(camera.asked(7080)) == 6
        assert "<title>Here" in read_fields(told.observations[2]).fields["http.text"][0]

    run(story())


@pytest.mark.parametrize("port", [SDK, 37777])
def test_no_redirect_makes_us_write_to_a_port_that_must_stay_silent(port: int) -> None:
    async def story() -> None:
        told = Heard()
        async with Device() as camera:
            away = page(b"", b"Location: http://%s:%d/" % (HOME.encode(), port), status=b"302 Found")
            await camera.pages(WEB, {"/": away})
            await camera.pages(port, {})
            await told.grab(camera, WEB)
            assert camera.asked(port) == [] and len(camera.asked(WEB)) == 6

    run(story())


@pytest.mark.parametrize(
    "path", [b"/cgi-bin/reboot.cgi", b"/onvif-http/snapshot", b"/%52PC2_Login", b"/a/../b"]
)
def test_a_path_that_acts_or_is_forbidden_is_not_followed(path: bytes) -> None:
    async def story() -> None:
        told = Heard()
        async with Device() as camera:
            await camera.pages(WEB, {"/": page(b"", b"Location: " + path, status=b"302 Found")})
            await told.grab(camera, WEB)
            assert not any(path.decode() in asked for asked in camera.asked(WEB))
        assert told.observations

    run(story())


def test_a_circle_of_redirects_ends() -> None:
    async def story() -> None:
        told = Heard()
        async with Device() as camera:
            turns = {f"/{n}": page(b"", b"Location: /%d" % (n + 1), status=b"302 Found") for n in range(50)}
            await camera.pages(WEB, turns | {"/": turns["/0"]})
            await told.grab(camera, WEB)
            assert len([asked for asked in camera.asked(WEB) if asked[5:].isdigit()]) == 3

    run(story())


async def pour(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
    for _ in range(20_000):  # 1.3 GB, should anybody take it
        writer.write(b"A" * 65_536)
        await writer.drain()


def test_a_gigabyte_is_cut_off_and_the_rest_is_still_asked() -> None:
    async def story() -> None:
        told = Heard()
        async with Device() as camera:
            await camera.serve(WEB, pour)
            await camera.pages(STREAM, STREAMS)
            await told.grab(camera, WEB, STREAM)
        assert [len(each.payload) for each in told.of("http")] == [REPLY_LIMIT] * 6
        assert {each.outcome for each in told.of("http")} == {Outcome.CUT_SHORT}
        assert len(told.of("rtsp")) == 2

    run(story())


async def trickle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"HTTP/1.1 200 OK\r\nServer: loris\r\n\r\n")
    for _ in range(1_000):
        writer.write(b"a")
        await writer.drain()
        await asyncio.sleep(0.05)


def test_a_slow_loris_ends_by_time_with_what_it_said_and_its_port_is_left_in_peace() -> None:
    async def story() -> None:
        told, clock = Heard(), asyncio.get_running_loop().time
        async with Device() as camera:
            await camera.serve(WEB, trickle)
            started = clock()
            await told.grab(camera, WEB)
            assert BRISK.reply <= clock() - started < 3 and camera.connections == 1
        (only,) = told.observations
        assert only.outcome is Outcome.CUT_SHORT and only.payload.startswith(
            b"HTTP/1.1 200 OK\r\nServer: loris"
        )
        assert told.outcomes() == [(WEB, "http", Outcome.CUT_SHORT)]

    run(story())


def test_a_device_that_says_nothing_is_silent_and_asked_more_slowly_from_then_on() -> None:
    async def mute(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(-1)

    async def story() -> None:
        told = Heard()
        told.pace = Pace(rate=1_000, device_rate=20)
        async with Device() as camera:
            await camera.serve(WEB, mute)
            await told.grab(camera, WEB)
            assert camera.connections == 1
        assert told.outcomes() == [(WEB, "http", Outcome.SILENT)] and not told.observations
        told.pace.reserve("request", HOME)
        assert told.pace.reserve("request", HOME) > 2 / 20  # one would be the ordinary distance

    run(story())


def test_a_reply_cut_short_is_kept() -> None:
    async def break_off(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nServer: App-webs/\r\nContent-Length: 500\r\n\r\n<title>DS-")

    async def story() -> None:
        told = Heard()
        async with Device() as camera:
            await camera.serve(WEB, break_off)
            await told.grab(camera, WEB)
        first = told.observations[0]
        assert first.outcome is Outcome.CUT_SHORT and first.payload.endswith(b"<title>DS-")
        assert read_fields(first).fields["http.server"] == ("App-webs/",)

    run(story())


def test_a_port_that_is_closed_and_one_that_hangs_up_both_prove_that_somebody_is_there() -> None:
    async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")

    async def story() -> None:
        told = Heard()
        async with Device() as camera:
            await camera.serve(STREAM, hang_up)
            await told.grab(camera, WEB, STREAM)
        assert told.outcomes() == [(WEB, "http", Outcome.REFUSED), (STREAM, "rtsp", Outcome.REFUSED)]

    run(story())


def test_a_device_that_hangs_up_on_one_question_is_asked_the_next() -> None:
    async def story() -> None:
        told = Heard()

        async def picky(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            head = await reader.readuntil(b"\r\n\r\n")
            path = head.split()[1].decode()
            if not path.startswith("/SDK"):
                writer.write(CAMERA.get(path, NOT_FOUND))

        async with Device() as camera:
            await camera.serve(WEB, picky)
            await told.grab(camera, WEB)
        assert (WEB, "http", Outcome.REFUSED) in told.outcomes()
        assert [each.request for each in told.observations][-2:] == ["GetCapabilities", "GET /cam.ico"]

    run(story())


@pytest.mark.parametrize("junk", [b"\0\1\2\3", b"SSH-2.0-dropbear\r\n", b"head\0\0\0\0"])
def test_a_reply_in_another_protocol_is_unreadable_and_kept(junk: bytes) -> None:
    async def babble(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(junk)

    async def story() -> None:
        told = Heard()
        async with Device() as camera:
            await camera.serve(STREAM, babble)
            await told.grab(camera, STREAM)
        assert (told.observations[0].payload, told.observations[0].outcome) == (junk, Outcome.UNREADABLE)

    run(story())


def test_nothing_is_written_to_the_ports_of_the_makers_own_protocols() -> None:
    async def story() -> None:
        told = Heard()
        heard: list[bytes] = []

        async def overhear(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            heard.append(await reader.read(-1))

        async with Device() as camera:
            for port in (SDK, 9000, 34567, 37777):
                await camera.serve(port, overhear)
            await told.grab(camera, SDK, 9000, 34567, 37777)
            await asyncio.sleep(0.05)
        assert heard == [b""] * 4
        assert {outcome for _, _, outcome in told.outcomes()} == {Outcome.ANSWERED} and not told.observations

    run(story())


def test_the_challenge_of_dvrip_is_asked_for_only_in_depth() -> None:
    text = b"Realm:Login to 5L04507PAJ00001\r\nRandom:1\r\n\r\n"

    async def challenge(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readexactly(32)
        writer.write(b"\xb0\0\0\0" + len(text).to_bytes(4, "little") + bytes(24) + text)
        await reader.read(-1)

    async def story() -> None:
        told = Heard()
        async with Device() as recorder:
            await recorder.serve(37777, challenge)
            await told.grab(recorder, 37777, deep=True)
        (only,) = told.observations
        assert only.outcome is Outcome.ANSWERED and read_fields(only).fields["dvrip.serial"] == (
            "5L04507PAJ00001",
        )

    run(story())


def greeting(said: bytes) -> Serve:
    async def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(said)
        assert await reader.read(-1) == b""

    return greet


def test_a_server_that_greets_is_only_listened_to() -> None:
    async def story() -> None:
        told = Heard()
        async with Device() as camera:
            await camera.serve(ODD, greeting(b"SSH-2.0-dropbear_2012.55\r\n"))
            await camera.serve(2323, greeting(b"192.0.0.64 login: "))
            await told.grab(camera, ODD, 2323)
        assert [(each.port, each.protocol, each.request) for each in told.observations] == [
            (ODD, "ssh", "greeting"),
            (2323, "telnet", "greeting"),
        ]

    run(story())


def test_an_unknown_port_with_a_web_server_is_asked_as_one() -> None:
    async def story() -> None:
        told = Heard()
        async with Device() as camera:
            await camera.pages(ODD, CAMERA)
            await told.grab(camera, ODD)
        assert len(told.of("http")) == 3 and len(told.of("onvif")) == 2

    run(story())


def test_an_unknown_port_with_a_stream_server_is_asked_as_one() -> None:
    async def story() -> None:
        told = Heard()
        async with Device() as camera:
            await camera.pages(ODD, STREAMS)
            await told.grab(camera, ODD)
        assert [each.request for each in told.of("rtsp")] == ["GET /", "OPTIONS", "DESCRIBE"]

    run(story())


@pytest.fixture
def tls(tmp_path: Path) -> ssl.SSLContext:
    (tmp_path / "camera.pem").write_bytes(issued_pem(o="HIKVISION", cn="camera"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "camera.pem")
    return context


def test_a_certificate_is_read_without_a_request_where_the_sdk_may_listen(tls: ssl.SSLContext) -> None:
    async def story() -> None:
        told = Heard()
        async with Device() as camera:
            await camera.pages(SECURE, CAMERA, tls)
            await told.grab(camera, SECURE)
            assert camera.asked(SECURE) == []
        (only,) = told.observations
        assert only.protocol == "https-cert" and read_fields(only).fields["https-cert.o"] == ("HIKVISION",)

    run(story())


def test_an_encrypted_web_server_is_asked_like_any_other(tls: ssl.SSLContext) -> None:
    async def story() -> None:
        told = Heard()
        async with Device() as camera:
            await camera.pages(SECURE, CAMERA, tls)
            await told.grab(camera, SECURE, deep=True)
            assert camera.connections == 1 and len(camera.asked(SECURE)) == 7
        assert told.observations[1].payload == CAMERA["/"]
        assert told.pace.sent["request"] == 7

    run(story())


def test_an_encrypted_server_on_an_unknown_port_is_found_out(tls: ssl.SSLContext) -> None:
    async def story() -> None:
        told = Heard()
        async with Device() as camera:
            await camera.pages(ODD, CAMERA, tls)
            await told.grab(camera, ODD)
        assert len(told.of("https-cert")) == 1 and len(told.of("favicon")) == 1

    run(story())


def test_a_server_of_tls_1_0_still_shows_its_certificate(tls: ssl.SSLContext) -> None:
    tls.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.warns(DeprecationWarning):
        tls.minimum_version = tls.maximum_version = ssl.TLSVersion.TLSv1

    async def story() -> None:
        told = Heard()
        async with Device() as camera:
            await camera.pages(SECURE, CAMERA, tls)
            await told.grab(camera, SECURE)
        assert told.observations[0].outcome is Outcome.ANSWERED

    run(story())


def test_the_encrypted_twin_of_a_page_is_not_asked_all_over_again(tls: ssl.SSLContext) -> None:
    async def story() -> None:
        told = Heard()
        async with Device() as camera:
            await camera.pages(WEB, CAMERA)
            await camera.pages(SECURE, CAMERA, tls)
            await told.grab(camera, WEB, SECURE, deep=True)
            assert camera.asked(SECURE) == ["GET /"] and len(camera.asked(WEB)) == 7

    run(story())


def shown_in_clear(der: bytes) -> bytes:
    """The records of a TLS 1.2 server up to its certificate."""
    hello = b"\x02\0\0\x26\x03\x03" + bytes(32) + b"\0\xc0\x2f\0"
    message = b"\x0b" + (len(der) + 6).to_bytes(3, "big")
    message += (len(der) + 3).to_bytes(3, "big") + len(der).to_bytes(3, "big") + der
    return b"".join(b"\x16\x03\x03" + len(part).to_bytes(2, "big") + part for part in (hello, message))


@pytest.mark.parametrize(
    ("der", "common_name"),
    [(b"\x30\x82garbage that is no certificate", None), (DER[:8] + b"\xff" + DER[9:], "www.hikvision.com")],
)
def test_a_garbage_certificate_is_kept_and_read_as_far_as_it_goes(
    der: bytes, common_name: str | None
) -> None:
    async def show(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(4096)
        writer.write(shown_in_clear(der))
        await reader.read(-1)

    async def story() -> None:
        told = Heard()
        async with Device() as camera:
            await camera.serve(SECURE, show)
            await told.grab(camera, SECURE)
        (only,) = told.observations
        assert only.outcome is Outcome.CUT_SHORT and certificate.extract(only.payload) == der
        assert read_fields(only).fields.get("https-cert.cn", (None,)) == (common_name,)

    run(story())


def test_a_failed_handshake_is_an_outcome_with_what_came() -> None:
    alert = b"\x15\x03\x01\0\x02\x02\x28"

    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(4096)
        writer.write(alert)

    async def story() -> None:
        told = Heard()
        async with Device() as camera:
            await camera.serve(SECURE, refuse)
            await told.grab(camera, SECURE)
            assert camera.connections == 2  # once more, in older words
        (only,) = told.observations
        assert (only.protocol, only.payload, only.outcome) == ("https-cert", alert, Outcome.UNREADABLE)

    run(story())


def test_a_kept_connection_that_the_device_closed_is_opened_again() -> None:
    async def one_answer_each(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        writer.write(CAMERA.get(head.split()[1].decode(), NOT_FOUND))  # says nothing of closing

    async def story() -> None:
        told = Heard()
        async with Device() as camera:
            await camera.serve(WEB, one_answer_each)
            await told.grab(camera, WEB)
            assert camera.connections == 7 and camera.most_at_once <= 2
        assert len(told.observations) == 7 and not told.attempts

    run(story())


def test_two_grabs_of_one_device_never_hold_more_than_two_connections() -> None:
    async def story() -> None:
        told = Heard()
        async with Device() as camera:
            await camera.pages(WEB, {"*": page(b"<html>")})
            await asyncio.gather(*(told.grab(camera, WEB) for _ in range(6)))
            assert camera.most_at_once == 2 and camera.connections >= 6

    run(story())


def test_a_device_that_takes_too_long_in_all_gives_up_its_place() -> None:
    async def story() -> None:
        told = Heard()
        async with Device() as camera:
            await camera.serve(WEB, trickle)
            await camera.pages(STREAM, STREAMS)
            await told.grab(camera, WEB, STREAM, patience=msgspec.structs.replace(BRISK, device=0.2))
        assert told.outcomes() == [(WEB, "http", Outcome.CUT_SHORT), (STREAM, "rtsp", Outcome.CUT_SHORT)]

    run(story())


def test_a_device_with_an_ipv6_address_is_asked_by_it() -> None:
    async def story() -> None:
        told = Heard()
        async with Device("::1") as camera:
            await camera.pages(
                WEB, {"/": page(b"", b"Location: http://[::1]:8080/login", status=b"302 Found")}
            )
            await told.grab(camera, WEB)
            assert camera.asked(WEB)[:2] == ["GET /", "GET /login"]
            assert all(b"\r\nHost: [::1]:8080\r\n" in data for _, data in camera.heard)

    run(story())


def test_a_description_is_fetched_from_its_sender() -> None:
    description = page(b'<?xml version="1.0"?><root xmlns="urn:schemas-upnp-org:device-1-0"><device/></root>')

    async def story() -> None:
        pace = Pace(rate=1_000, device_rate=1_000)
        async with Device() as camera:
            await camera.pages(49152, {"/upnp_device_desc.xml": description})
            found = await fetch_description(f"http://{HOME}:49152/upnp_device_desc.xml", pace=pace)
            assert found is not None and found.protocol == "upnp-xml" and found.payload == description
            assert await fetch_description(f"http://{HOME}:49151/x.xml", pace=pace) is None
            assert await fetch_description(f"http://{HOME}:{SDK}/x.xml", pace=pace) is None
            assert await fetch_description(f"http://{HOME}:49152/reboot.cgi", pace=pace) is None
            assert len(camera.heard) == 1

    run(story())


def test_a_forbidden_payload_never_leaves() -> None:
    async def story() -> None:
        async with Device() as camera:
            await camera.pages(WEB, {})
            async with Conversation(Endpoint(HOME), WEB, Pace(1_000, 1_000), BRISK) as talk:
                with pytest.raises(Refused, match="nothing is sent to port 8080"):
                    await talk.ask(Question("reboot", b"PUT /ISAPI/System/reboot HTTP/1.1\r\n\r\n"))
            assert camera.heard == []

    run(story())


def test_an_address_outside_the_confinement_is_not_even_connected_to() -> None:
    async def story() -> None:
        told = Heard()
        with pytest.raises(Refused):
            await told.grab(Device("192.0.2.1"), WEB)
        assert told.pace.sent["connect"] == 0

    run(story())


def test_a_cancelled_grab_closes_what_it_opened() -> None:
    async def story() -> None:
        told = Heard()
        async with Device() as camera:
            await camera.serve(WEB, trickle)
            task = asyncio.create_task(told.grab(camera, WEB))
            await asyncio.sleep(0.1)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            async with asyncio.timeout(1):
                while camera.at_once:
                    await asyncio.sleep(0.01)

    run(story())
