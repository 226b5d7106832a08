"""Where a text can hide from a search of the bytes: behind another encoding, or in a packed body.

What is found there is not replaced, for that would change lengths and checksums around it: the reply is left out.
"""

from __future__ import annotations

import base64
import binascii
import html
import re
from collections.abc import Iterator
from urllib.parse import unquote_to_bytes

COMPRESSED = re.compile(
    rb"(?im)\A(?:[^\r\n]+\r?\n)*Content-Encoding:[ \t]*(?!identity)|\x1f\x8b\x08|PK\x03\x04"
)
ESCAPED = re.compile(rb"\\u([0-9A-Fa-f]{4})|\\x([0-9A-Fa-f]{2})")
BASE64 = re.compile(rb"(?<![A-Za-z0-9+/_-])[A-Za-z0-9+/_-]{8,}={0,2}(?![A-Za-z0-9+/_=-])")
HEX = re.compile(rb"(?:[0-9A-Fa-f]{2}-?){6,}")
LAYERS = 3  # an escape in an escape in an escape


def compressed(payload: bytes) -> bool:
    """Whether a reply is packed, whole or in part, so that nobody can read what is in it."""
    return bool(COMPRESSED.search(payload))


def other_readings(payload: bytes, layers: int = LAYERS) -> Iterator[bytes]:
    """What else the bytes say: UTF-16, escapes of XML, JSON and URLs, base64 and hex, one in the other."""
    if not layers:
        return
    for reading in {*_unescaped(payload), *_decoded(payload)} - {payload}:
        yield reading
        yield from other_readings(reading, layers - 1)


def _unescaped(payload: bytes) -> Iterator[bytes]:
    if b"\0" in payload:
        yield payload.replace(b"\0", b"")  # UTF-16 of Latin letters, in either order
    if b"%" in payload:
        yield unquote_to_bytes(payload)
    if b"&" in payload:
        yield html.unescape(payload.decode("utf-8", "surrogateescape")).encode("utf-8", "surrogatepass")
    if b"\\" in payload:
        yield ESCAPED.sub(lambda it: chr(int(it[1] or it[2], 16)).encode("utf-8", "surrogatepass"), payload)


def _decoded(payload: bytes) -> Iterator[bytes]:
    """The runs of base64 and hex, each by itself."""
    for run in dict.fromkeys(BASE64.findall(payload)):
        if (text := from_base64(run)) is not None:
            yield text
    for run in dict.fromkeys(HEX.findall(payload)):
        yield bytes.fromhex(run.replace(b"-", b"").decode())


def from_base64(run: bytes) -> bytes | None:
    """What a run of letters says in base64, if that is printable text."""
    letters = run.rstrip(b"=").translate(bytes.maketrans(b"-_", b"+/"))
    try:
        text = base64.b64decode(letters + b"=" * (-len(letters) % 4), validate=True)
    except binascii.Error:
        return None
    return text if text.isascii() and text.decode().isprintable() else None
