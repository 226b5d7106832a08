"""HTTP: the front page of nearly every camera and recorder, and the challenge before its inner pages.

On the wire   short GET requests without a body, cookies or credentials; see `scanner.probes.web` for which.
Answers       anything. Status line, names of headers with their case and order, realm, page: all evidence.
Standard      RFC 9112; and what older firmware makes of it: LF alone, no status line, wrong lengths.
"""

from __future__ import annotations

from collections.abc import Iterator

from scanner.model import Fields
from scanner.probes import html, message
from scanner.probes.contract import PAYLOAD_LIMIT, Unreadable
from scanner.probes.text import decode, gather

FIELDS = {
    **message.HEAD_FIELDS,
    "cookie": "each Set-Cookie header",
    "location": "where a redirect leads",
    "etag": "ETag header",
    "title": html.FIELDS["title"],
    "script": html.FIELDS["script"],
    "meta": html.FIELDS["meta"],
    "redirect": html.FIELDS["redirect"],
    "pair": html.FIELDS["pair"],
    "body": "the body without chunks and compression, in pieces",
    "text": "the beginning of the reply as it came",
}

AGENT = "camcensus"  # honest: an administrator who reads the camera's log finds out who asked


def request(
    path: str, authority: str, *, method: str = "GET", headers: tuple[str, ...] = (), body: bytes = b""
) -> bytes:
    lines = [
        f"{method} {path} HTTP/1.1",
        f"Host: {authority}",
        f"User-Agent: {AGENT}",
        "Accept: */*",
        *headers,
    ]
    if body:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join((*lines, "", "")).encode("ascii") + body


def read(payload: bytes) -> message.Message:
    """Read a reply, whole or cut short. Raises Unreadable when it does not begin with an HTTP status line."""
    found = message.parse(payload)
    if found.status is None or not found.start.upper().startswith("HTTP/"):
        raise Unreadable(f"expected an HTTP status line, got {payload[:40]!r}")
    return found


def fields(payload: bytes) -> Fields:
    found = message.parse(payload)
    text = decode(payload[:PAYLOAD_LIMIT])
    return gather((*message.head_fields(found), *_rest(found), ("text", text)))


def _rest(found: message.Message) -> Iterator[tuple[str, str]]:
    for field, header in (("cookie", "set-cookie"), ("location", "location"), ("etag", "etag")):
        for value in found.all(header):
            yield field, value
    yield from html.markup(decode(message.content(found)))
