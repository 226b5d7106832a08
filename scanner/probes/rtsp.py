"""RTSP: ask a media server what it can do, and hear how it introduces itself.

On the wire   tcp 554, 8554 or 10554: OPTIONS and DESCRIBE on one connection, then closed. Never SETUP or PLAY, and
              never an Authorization header: the 401 is the answer that is wanted.
Answers       200 or 401; realm, order of the headers and oddities such as `stale="FALSE"` outlive a relabelling.
              A camera whose login is switched off answers DESCRIBE with the description of its stream.
Standard      RFC 2326, sections 7, 10.1 and 10.2; RFC 4566 (SDP).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from scanner.model import Fields
from scanner.probes import message
from scanner.probes.contract import Question, Unreadable
from scanner.probes.text import decode, gather

FIELDS = {
    **message.HEAD_FIELDS,
    "public": "the methods it offers, as sent",
    "user-agent": "User-Agent header, which some servers send",
    "session": "name of the session in the stream description",
    "sdp": "each line of the stream description",
    "text": "the beginning of the reply as it came",
}

SDP_LINE = re.compile(r"^([a-z])=([^\r\n]*)", re.MULTILINE)
ELSEWHERE = "/Streaming/Channels/101"  # tried once where nothing is described at /


def questions(authority: str) -> tuple[Question, Question]:
    """OPTIONS and DESCRIBE, for one connection."""
    agent = "User-Agent: camcensus"
    return (
        _question("OPTIONS", authority, "/", ("CSeq: 1", agent)),
        _question("DESCRIBE", authority, "/", ("CSeq: 2", agent, "Accept: application/sdp")),
    )


def second_try(authority: str) -> Question:
    headers = ("CSeq: 3", "User-Agent: camcensus", "Accept: application/sdp")
    return _question("DESCRIBE", authority, ELSEWHERE, headers)


def _question(method: str, authority: str, path: str, headers: tuple[str, ...]) -> Question:
    lines = (f"{method} rtsp://{authority}{path} RTSP/1.0", *headers, "", "")
    return Question(method if path == "/" else f"{method} {path}", "\r\n".join(lines).encode("ascii"))


def read(payload: bytes) -> message.Message:
    """Read a reply, whole or cut short. Raises Unreadable when it does not begin with an RTSP status line."""
    found = message.parse(payload)
    if found.status is None or not found.start.upper().startswith("RTSP/"):
        raise Unreadable(f"expected an RTSP status line, got {payload[:40]!r}")
    return found


def fields(payload: bytes) -> Fields:
    found = message.parse(payload)
    return gather((*message.head_fields(found), *_rest(found), ("text", decode(payload))))


def _rest(found: message.Message) -> Iterator[tuple[str, str]]:
    for field in ("public", "user-agent"):
        for value in found.all(field):
            yield field, value
    for kind, value in SDP_LINE.findall(decode(message.content(found))):
        yield "sdp", f"{kind}={value}"
        if kind == "s":
            yield "session", value
