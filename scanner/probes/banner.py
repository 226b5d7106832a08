"""Banners: what telnet, FTP and SSH servers say before they are spoken to.

On the wire   tcp 21, 22, 23: connect, listen, close. Nothing is ever sent to these ports.
Answers       a greeting; telnet puts option negotiations in between, which are taken out.
Standard      RFC 854 (telnet), RFC 959 section 4.2 (FTP), RFC 4253 section 4.2 (SSH).
"""

from __future__ import annotations

import re

import msgspec

from scanner.probes.contract import PAYLOAD_LIMIT, Unreadable
from scanner.probes.text import decode, gather

FIELDS = {
    "banner": "the first lines, without negotiations and control characters",
    "line": "each of those lines",
    "text": "all that was said, without negotiations",
}

LINES = 12  # a greeting; what follows is a message of the day
# IAC and a command with its option, a subnegotiation, or a bare command; RFC 854.
NEGOTIATION = re.compile(
    rb"\xff(?:[\xfb-\xfe].?|\xfa[^\xff]{0,512}(?:\xff(?:\xf0|\Z)|\Z)|[\xf0-\xf9]|\Z)", re.DOTALL
)
CONTROL = re.compile(r"\x1b\[[0-9;?]{0,16}[A-Za-z]|[\x00-\x08\x0b-\x1f\x7f]")


class Banner(msgspec.Struct, frozen=True):
    lines: tuple[str, ...]


def read(payload: bytes) -> Banner:
    if lines := _lines(payload):
        return Banner(lines)
    raise Unreadable("the server said nothing that can be read")


def fields(payload: bytes) -> dict[str, tuple[str, ...]]:
    lines = _lines(payload)
    said = decode(NEGOTIATION.sub(b"", payload[:PAYLOAD_LIMIT]))
    return gather([("banner", "\n".join(lines)), *(("line", line) for line in lines), ("text", said)])


def _lines(payload: bytes) -> tuple[str, ...]:
    text = decode(NEGOTIATION.sub(b"", payload[:PAYLOAD_LIMIT]))
    lines = (CONTROL.sub("", line).strip() for line in text.split("\n"))
    return tuple(line for line in lines if line)[:LINES]
