"""Favicons: the icon of a web page, known by the hashes that the databases of icons use.

On the wire   one GET for the icon that the front page names, or for /favicon.ico.
Answers       an image; imports have only its hash, `md5:…` or `mmh3:…`.
Sources       MurmurHash3 x86 32-bit (public domain, A. Appleby). The convention of hashing the base64 text, a line
              break after every 76 characters, is that of the public search engines for hosts.
"""

from __future__ import annotations

import base64
import hashlib
import re
import struct

import msgspec

from scanner.model import Fields
from scanner.probes import message
from scanner.probes.contract import PAYLOAD_LIMIT, Unreadable
from scanner.probes.text import decode, gather

FIELDS = {
    "md5": "MD5 of the file, in hex",
    "mmh3": "MurmurHash3 of the file's base64 text, signed decimal",
    "text": "the payload where it is text",
}

STATED = re.compile(r"\b(md5|mmh3)\s{0,9}[:=]\s{0,9}(-?[0-9A-Fa-f]+)", re.IGNORECASE)
BARE_MD5 = re.compile(r"[0-9a-fA-F]{32}")
BARE_MMH3 = re.compile(r"-?\d{1,10}")
SEED, C1, C2, MASK = 0, 0xCC9E2D51, 0x1B873593, 0xFFFFFFFF


class Favicon(msgspec.Struct, frozen=True):
    md5: str
    mmh3: str


def read(payload: bytes) -> Favicon:
    """Hash an icon, bare or inside an HTTP reply. Raises Unreadable when there is no image in it."""
    image = picture(payload)
    if not image:
        raise Unreadable("no image in it")
    return Favicon(
        hashlib.md5(image, usedforsecurity=False).hexdigest(), str(mmh3(base64.encodebytes(image)))
    )


def fields(payload: bytes) -> Fields:
    if image := picture(payload):
        found = read(image)
        return gather((("md5", found.md5), ("mmh3", found.mmh3)))
    text = decode(payload).strip()
    stated = [(kind.lower(), value.lower()) for kind, value in STATED.findall(text)]
    if BARE_MD5.fullmatch(text):
        stated.append(("md5", text.lower()))
    elif BARE_MMH3.fullmatch(text):
        stated.append(("mmh3", text))
    return gather((*stated, ("text", text)))


def picture(payload: bytes) -> bytes:
    """The bytes of the image; none when the payload is text, such as a hash or the page of an error."""
    found = message.parse(payload[:PAYLOAD_LIMIT])
    stated = found.first("content-length")
    if found.status not in (None, 200) or (stated.isdecimal() and len(found.body) < int(stated[:9])):
        return b""  # the hash of half an icon is the hash of nothing
    image = message.content(found)
    printable = b"\0" not in image[:512] and not image.startswith((b"\x89PNG", b"\xff\xd8", b"GIF8"))
    return b"" if printable and not image.lstrip().startswith(b"<svg") else image


def mmh3(data: bytes) -> int:
    """MurmurHash3 x86 32-bit, as a signed number."""
    h, whole = SEED, len(data) & ~3
    for (k,) in struct.iter_unpack("<I", data[:whole]):
        h ^= _scrambled(k)
        h = (h << 13 | h >> 19) & MASK
        h = (h * 5 + 0xE6546B64) & MASK
    if tail := data[whole:]:
        h ^= _scrambled(int.from_bytes(tail, "little"))
    h ^= len(data)
    h = (h ^ h >> 16) * 0x85EBCA6B & MASK
    h = (h ^ h >> 13) * 0xC2B2AE35 & MASK
    h ^= h >> 16
    return h - (1 << 32) if h >> 31 else h


def _scrambled(k: int) -> int:
    k = k * C1 & MASK
    return (k << 15 | k >> 17) * C2 & MASK
