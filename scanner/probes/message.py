"""Messages with a head of `Name: value` lines and a body: what HTTP and RTSP replies have in common.

They are read leniently, because how a reply deviates tells makers apart: header names keep their case, order and
spacing. A payload may also be a part: head alone, one header line, only a realm, or only a body.

Standards     RFC 9112 (HTTP/1.1), RFC 2326 (RTSP), RFC 9110 section 11 (challenges)
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from functools import cached_property

import msgspec

from scanner.probes.contract import FIELD_LIMIT, PAYLOAD_LIMIT
from scanner.probes.text import decode

BODY_LIMIT = 256 * 1024  # bytes after decompression: a gzip bomb ends here
OVERLAP = 256  # characters that two pieces of a body share, so that nothing short is cut at a seam

START = re.compile(rb"(?:HTTP|RTSP)/\d(?:\.\d)?[ \t]+(\d{3})\b[^\r\n]*", re.IGNORECASE)
HEADER = re.compile(  # of a part that has no status line
    rb"[A-Za-z][A-Za-z0-9_.-]{0,60}:(?:[ \t]|\r?\n|$)|(?i:server|www-authenticate|set-cookie|location|etag):"
)
HEAD_END = re.compile(rb"\r\n\r?\n|\n\r?\n|\r\r")  # two letters to begin with are sooner found than `\r?\n`
FOLD = re.compile(r"\n[ \t]+")  # RFC 9112 section 5.2, still sent by old cameras
CHUNK_SIZE = re.compile(rb"[ \t]*([0-9A-Fa-f]{1,8})[^\r\n]{0,256}\r?\n")
REALM = re.compile(
    r"""["']?\brealm["']?\s{0,4}[=:]\s{0,4}(?:"([^"]*)"|'([^']*)'|([^\s,;"']+))""", re.IGNORECASE
)
NONCE = re.compile(r"""\bnonce\s{0,4}=\s{0,4}"?([^\s",;]+)""", re.IGNORECASE)
BARE = re.compile(r"[^\r\n<>{}=:]{1,128}")  # one line and no markup: an import that kept the realm only

HEAD_FIELDS = {
    "status": "status code",
    "server": "Server header",
    "realm": "realm of each challenge",
    "authenticate": "WWW-Authenticate header, each as sent",
    "nonce": "nonce of each challenge: some firmware gives itself away in its form",
    "header": "each header as sent, `Name: value`",
    "header-names": "the header names as sent, in order, joined by commas",
}


class Message(msgspec.Struct, frozen=True, dict=True):
    """A reply taken apart. `headers` are pairs, since a camera may offer WWW-Authenticate twice."""

    status: int | None
    start: str
    headers: tuple[tuple[str, str], ...]
    body: bytes

    @cached_property
    def _named(self) -> dict[str, list[str]]:
        """The values of each header, by its name in lower case."""
        found: dict[str, list[str]] = {}
        for name, value in self.headers:
            found.setdefault(name.lower(), []).append(value)
        return found

    def all(self, name: str) -> tuple[str, ...]:
        return tuple(self._named.get(name, ()))

    def first(self, name: str) -> str:
        return self._named[name][0] if name in self._named else ""


def parse(payload: bytes) -> Message:
    """Take a reply apart, whole or in part. Never fails: what is no head is body."""
    payload = payload[:PAYLOAD_LIMIT]
    started = START.match(payload)
    if not started and not HEADER.match(payload):
        return Message(None, "", (), payload)
    end = HEAD_END.search(payload)
    head, body = (payload[: end.start()], payload[end.end() :]) if end else (payload, b"")
    if started and 100 <= int(started[1]) < 200 and START.match(body):
        return parse(body)  # an interim reply, RFC 9110 section 15.2
    text = decode(head).replace("\r\n", "\n").replace("\r", "\n")
    lines = FOLD.sub(" ", text).split("\n")
    start = lines.pop(0) if started else ""
    pairs = [line.partition(":") for line in lines if ":" in line]
    headers = tuple([(name.strip(), value.strip()) for name, _, value in pairs])
    return Message(int(started[1]) if started else None, start, headers, body)


def content(message: Message) -> bytes:
    """The body without chunks and compression. A body that only claims to have them is returned as it is."""
    body = message.body
    if "chunked" in message.first("transfer-encoding").lower():
        body = joined_chunks(body)
    if message.first("content-encoding").lower() in {"gzip", "deflate", "x-gzip"}:
        try:
            return zlib.decompressobj(wbits=47).decompress(body, BODY_LIMIT)
        except zlib.error:
            return body
    return body


def joined_chunks(body: bytes) -> bytes:
    parts: list[bytes] = []
    position = 0
    while found := CHUNK_SIZE.match(body, position):
        size = int(found[1], 16)
        if not size:
            return b"".join(parts)
        parts.append(body[found.end() : found.end() + size])
        position = found.end() + size
        position += 2 if body.startswith(b"\r\n", position) else body.startswith(b"\n", position)
    return b"".join(parts) if parts and position >= len(body) else body


def head_fields(message: Message) -> Iterator[tuple[str, str]]:
    """The fields of `HEAD_FIELDS`, also from a payload that is nothing but a realm."""
    challenges = message.all("www-authenticate")
    body = decode(message.body[:FIELD_LIMIT]).strip()
    asked = " ".join(challenges)[: 2 * FIELD_LIMIT] or body
    if message.status:
        yield "status", str(message.status)
    for value in message.all("server"):
        yield "server", value
    asked_in_lower_case = asked.lower()  # to look for a word in it is far sooner done than for a pattern
    for groups in REALM.findall(asked) if "realm" in asked_in_lower_case else ():
        yield "realm", "".join(groups)
    if not message.headers and BARE.fullmatch(body):
        yield "realm", body
    for value in challenges:
        yield "authenticate", value
    for nonce in NONCE.findall(asked) if "nonce" in asked_in_lower_case else ():
        yield "nonce", nonce
    for name, value in message.headers:
        yield "header", f"{name}: {value}"
    yield "header-names", ",".join(name for name, _ in message.headers)


def pieces(text: str) -> list[str]:
    """A long text in pieces that fingerprints see whole; neighbours overlap a little."""
    return [
        text[at : at + FIELD_LIMIT] for at in range(0, max(len(text) - OVERLAP, 1), FIELD_LIMIT - OVERLAP)
    ]


def kept(message: Message) -> bool:
    """Whether the head of a reply leaves the connection open, RFC 9112 section 9.3."""
    stated = message.first("connection").lower()
    return "close" not in stated and (
        not message.start.upper().startswith("HTTP/1.0") or "keep-alive" in stated
    )


class Framing:
    """Says where a reply ends, while its bytes arrive: `feed` what came until `whole`.

    A reply ends after its Content-Length, its last chunk, or with the connection (`endless`). With `bodies` off,
    as in RTSP, a reply that states no length has no body.
    """

    def __init__(self, limit: int, *, bodies: bool = True) -> None:
        self.received = bytearray()
        self.endless = False  # only the end of the connection can tell
        self.whole = False
        self._kept = False  # the connection, by what the head says
        self._limit, self._bodies = limit, bodies
        self._end: int | None = None
        self._next_chunk: int | None = None

    @property
    def full(self) -> bool:
        """As much as is kept of one reply has come; nobody needs the rest."""
        return len(self.received) >= self._limit

    @property
    def reusable(self) -> bool:
        """The connection may carry another question: the reply ended just where it said it would."""
        return self._kept and self._end == len(self.received)

    def feed(self, data: bytes) -> None:
        searched = max(len(self.received) - 3, 0)
        self.received += data[: self._limit - len(self.received)]
        if self._end is None and self._next_chunk is None and not self.endless:
            self._look_for_head(searched)
        if self._next_chunk is not None:
            self._walk_chunks()
        self.whole = self._end is not None and len(self.received) >= self._end

    def _look_for_head(self, searched: int) -> None:
        if len(self.received) >= 5 and bytes(self.received[:5]).upper() not in {b"HTTP/", b"RTSP/"}:
            self.endless = True  # HTTP/0.9, or another protocol
            return
        if not (end := HEAD_END.search(self.received, searched)):
            return
        message = parse(bytes(self.received[: end.end()]))
        self._kept = kept(message)
        length = message.first("content-length")
        if message.status in {204, 304}:
            self._end = end.end()
        elif "chunked" in message.first("transfer-encoding").lower():
            self._next_chunk = end.end()
        elif length.isascii() and length.isdigit() and len(length) < 19:
            self._end = end.end() + int(length)
        elif self._bodies:
            self.endless = True
        else:
            self._end = end.end()

    def _walk_chunks(self) -> None:
        while self._next_chunk is not None and len(self.received) > self._next_chunk:
            found = CHUNK_SIZE.match(self.received, self._next_chunk)
            if not found:
                if b"\n" in self.received[self._next_chunk : self._next_chunk + 300]:
                    self._next_chunk, self.endless = None, True  # says chunked and is not
                return
            size = int(found[1], 16)
            if not size:
                last = HEAD_END.search(self.received, max(found.end() - 2, 0))
                self._end = last.end() if last else None
                return
            self._next_chunk = found.end() + size + 2
