"""RTSP replies: challenges, methods, and descriptions of streams."""

from __future__ import annotations

import pytest

from scanner.probes import rtsp
from scanner.probes.contract import Unreadable
from tests.scanner.probes.hostile import cuts

OPTIONS = (
    b"RTSP/1.0 200 OK\r\nCSeq: 1\r\nPublic: OPTIONS, DESCRIBE, PLAY\r\n"
    b"Date:  Thu, May 14 2020 16:45:35 GMT\r\n\r\n"
)
CHALLENGE = (
    b'RTSP/1.0 401 Unauthorized\r\nCSeq: 2\r\nWWW-Authenticate: Digest realm="Login to 4M00000PAA00001", '
    b'nonce="ba0294a902ef"\r\n\r\n'
)
STREAM = (
    b"v=0\r\no=- 2273699856 2273699856 IN IP4 0.0.0.0\r\ns=Media Server\r\na=packetization-supported:DH\r\n"
)


def test_the_two_questions_open_no_stream_and_name_nobody() -> None:
    options, describe = rtsp.questions("10.0.0.1")
    assert options.payload == (
        b"OPTIONS rtsp://10.0.0.1/ RTSP/1.0\r\nCSeq: 1\r\nUser-Agent: camcensus\r\n\r\n"
    )
    assert describe.payload.startswith(b"DESCRIBE rtsp://10.0.0.1/ RTSP/1.0\r\nCSeq: 2\r\n")
    assert (options.name, describe.name) == ("OPTIONS", "DESCRIBE")


def test_the_methods_are_read_as_sent() -> None:
    assert rtsp.fields(OPTIONS)["public"] == ("OPTIONS, DESCRIBE, PLAY",)
    assert rtsp.read(OPTIONS).status == 200


def test_a_challenge_gives_realm_and_nonce() -> None:
    found = rtsp.fields(CHALLENGE)
    assert found["realm"] == ("Login to 4M00000PAA00001",) and found["nonce"] == ("ba0294a902ef",)
    assert found["header-names"] == ("CSeq,WWW-Authenticate",) and found["status"] == ("401",)


@pytest.mark.parametrize("head", [b"", b"RTSP/1.0 200 OK\r\nContent-Type: application/sdp\r\n\r\n"])
def test_a_description_is_read_with_and_without_its_head(head: bytes) -> None:
    found = rtsp.fields(head + STREAM)
    assert found["session"] == ("Media Server",) and "a=packetization-supported:DH" in found["sdp"]


def test_a_stream_server_that_speaks_http_is_read_too() -> None:
    reply = (
        b"HTTP/1.1 200 OK\r\nUser-Agent: Http Stream Server/1.0\r\nPrivate-Type: application/sdp\r\n\r\n"
        + STREAM
    )
    assert rtsp.fields(reply)["user-agent"] == ("Http Stream Server/1.0",)
    assert rtsp.fields(reply)["session"] == ("Media Server",)
    with pytest.raises(Unreadable):
        rtsp.read(reply)


def test_a_lone_realm_is_a_realm() -> None:
    assert rtsp.fields(b"IP Camera(C5654)")["realm"] == ("IP Camera(C5654)",)


def test_a_challenge_cut_short_never_gives_half_a_realm() -> None:
    realms = {realm for cut in cuts(CHALLENGE) for realm in rtsp.fields(cut).get("realm", ())}
    assert "Login to 4M00000PAA00001" in realms and not any(
        realm.startswith("Login to 4M0") and len(realm) < 24 for realm in realms
    )
