"""Replies of HTTP and RTSP servers, which end where they end and not where the standard says."""

from __future__ import annotations

import gzip

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.probes import message
from scanner.probes.message import Framing, content, parse

PAGE = b"HTTP/1.1 200 OK\r\nServer: App-webs/\r\nContent-Length: 6\r\n\r\n<html>"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n<ht\r\n3;x=y\r\nml>\r\n0\r\n\r\n"
NO_BODY = b"RTSP/1.0 200 OK\r\nCSeq: 1\r\nPublic: OPTIONS\r\n\r\n"
BY_LINE_FEEDS = b"HTTP/1.0 200 OK\nServer: Boa\nContent-length: 2\n\nhi"
REPLIES = {"page": PAGE, "chunked": CHUNKED, "RTSP": NO_BODY, "line feeds": BY_LINE_FEEDS}


def framing(bodies: bool = True) -> Framing:
    return Framing(1000, bodies=bodies)


@pytest.mark.parametrize("reply", REPLIES.values(), ids=REPLIES)
def test_a_whole_reply_is_known_to_be_whole(reply: bytes) -> None:
    reading = framing(bodies=reply is not NO_BODY)
    reading.feed(reply)
    assert reading.whole and reading.received == reply


@pytest.mark.parametrize("reply", REPLIES.values(), ids=REPLIES)
def test_a_reply_that_comes_byte_by_byte_is_whole_with_its_last_byte_and_not_before(reply: bytes) -> None:
    reading = framing(bodies=reply is not NO_BODY)
    wholes = []
    for at in range(len(reply)):
        reading.feed(reply[at : at + 1])
        wholes.append(reading.whole)
    assert wholes == [False] * (len(reply) - 1) + [True]


@pytest.mark.parametrize("reply", REPLIES.values(), ids=REPLIES)
def test_rubbish_after_a_reply_is_kept_but_ends_the_connection(reply: bytes) -> None:
    reading = framing(bodies=reply is not NO_BODY)
    reading.feed(reply + b"rubbish")
    assert reading.whole and reading.received.endswith(b"rubbish") and not reading.reusable


def test_a_connection_is_kept_only_when_both_sides_would_agree() -> None:
    kept = {
        b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n": True,
        b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nCONNECTION: close\r\n\r\n": False,
        b"HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n": False,
        b"HTTP/1.0 200 OK\r\nContent-Length: 0\r\nConnection: Keep-Alive\r\n\r\n": True,
        b"HTTP/1.1 304 Not Modified\r\n\r\n": True,
    }
    for reply, expected in kept.items():
        reading = framing()
        reading.feed(reply)
        assert reading.reusable is expected, reply


@pytest.mark.parametrize(
    "reply",
    [
        b"HTTP/1.1 200 OK\r\nServer: x\r\n\r\nno length at all",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n<html>\nnot chunked, only said so",
        b"<html>HTTP/0.9, before there was a head",
        b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\nx",
        b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999999999\r\n\r\nx",
    ],
)
def test_a_reply_without_a_stated_end_lasts_as_long_as_its_connection(reply: bytes) -> None:
    reading = framing()
    reading.feed(reply)
    assert reading.endless and not reading.whole


def test_a_gigabyte_fills_only_what_is_kept_of_a_reply() -> None:
    reading = Framing(100)
    reading.feed(b"HTTP/1.1 200 OK\r\n\r\n" + bytes(10_000))
    assert reading.full and len(reading.received) == 100


@given(st.binary(), st.binary())
def test_any_bytes_in_any_portions_are_framed(first: bytes, second: bytes) -> None:
    reading = framing()
    reading.feed(first)
    reading.feed(second)
    assert bytes(reading.received) == (first + second)[:1000]


def test_names_of_headers_keep_their_case_their_order_and_their_doubles() -> None:
    found = parse(
        b"HTTP/1.1 401 No\r\nCONTENT-LENGTH: 0\r\nWWW-Authenticate: Digest a\r\nWWW-Authenticate:Basic b\r\n\r\n"
    )
    assert [name for name, _ in found.headers] == ["CONTENT-LENGTH", "WWW-Authenticate", "WWW-Authenticate"]
    assert found.all("www-authenticate") == ("Digest a", "Basic b")


def test_a_folded_header_is_one_header() -> None:
    assert parse(b"HTTP/1.1 401 No\r\nWWW-Authenticate: Digest\r\n realm=x\r\n\r\n").headers == (
        ("WWW-Authenticate", "Digest realm=x"),
    )


def test_an_interim_reply_is_passed_over() -> None:
    assert parse(b"HTTP/1.1 100 Continue\r\n\r\n" + PAGE).status == 200


@pytest.mark.parametrize(
    "part",
    [b"Server: App-webs/", b"server:App-webs/\r\n", b"Server: App-webs/\r\nETag: 1-2", b"Server:\r\nX: y"],
)
def test_header_lines_alone_are_a_head(part: bytes) -> None:
    assert parse(part).headers and not parse(part).body


@pytest.mark.parametrize(
    "part", [b"Error\r\nBad Request!", b'{"realm": "x"}', b"v=0\r\no=- 1", b"<td>a: b</td>", b""]
)
def test_what_is_no_head_is_a_body(part: bytes) -> None:
    assert parse(part).body == part and not parse(part).headers


def test_chunks_and_compression_are_undone() -> None:
    packed = gzip.compress(b"<html>")
    assert content(parse(CHUNKED)) == b"<html>"
    assert content(parse(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n" + packed)) == b"<html>"


def test_a_body_that_only_claims_chunks_or_compression_is_taken_as_it_is() -> None:
    assert content(parse(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n<html>")) == b"<html>"
    assert content(parse(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n<html>")) == b"<html>"


def test_a_gzip_bomb_ends_at_the_limit() -> None:
    bomb = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n" + gzip.compress(bytes(50_000_000))
    assert len(content(parse(bomb))) == message.BODY_LIMIT


def test_a_word_at_the_seam_of_two_pieces_stands_whole_in_one_of_them() -> None:
    text = "x" * 4090 + "@WebVersion@" + "y" * 5000
    assert any("@WebVersion@" in piece for piece in message.pieces(text))
    assert max(map(len, message.pieces(text))) <= 4096
