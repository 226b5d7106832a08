"""What was made by chance, for one session or one unit: nonces, cookies, UUIDs; and mail addresses."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator, Sequence

from scanner.recording.cover import Private, always
from scanner.recording.hidden import BASE64, from_base64
from scanner.recording.stand_ins import like, like_name

KIND = "values of one session"
UUID = re.compile(
    rb"(?i)(?<![0-9a-f-])(?<!clsid:)(?<!clsid:\{)([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})(?![0-9a-f])"
)
LENGTH_OF_UUID = 36
MARKS_OF_RANDOM, MARKS_OF_OTHERS = (14, 19), (14, 15, 16, 17, 19)
TOKENS = (
    UUID,
    re.compile(rb"(?i)\brealm=\"[^\"]{0,64}?\b([0-9a-f]{32})\""),
    re.compile(rb"(?i)\b(?:c?nonce|opaque)=\"?([^\"\s,;]{6,256})"),
    re.compile(rb"(?im)^Set-Cookie:[^=\r\n]*=\"?([^\";\s]{8,256})"),
    re.compile(rb"(?im)^(?:Session|X-CSRF-Token|ETag-Session):[ \t]*(\w{6,64})"),
    re.compile(rb"(?i)\"(?:session|sessionid|token|random|salt|challenge|authorization|mac_?random)\"\s*:\s*\"?([\w+/=-]{6,256})"),
    re.compile(rb"(?i)<(?:\w+:)?(?:sessionID|token|salt|challenge|random|nonce)>([^<\s]{6,256})<"),
    re.compile(rb"(?m)^Random:(\w{6,64})"),
    re.compile(rb"(?m)^o=\S{1,64} (\d{6,20}) "),
    re.compile(rb"(?m)^o=\S{1,64} \d{1,20} (\d{6,20}) "),
    re.compile(rb"([\w.+-]{1,64}(?:@|%40)[\w-]{1,64}\.[\w.-]{1,64})"),
)  # fmt: skip
SHORTEST_BLOB = 16
FIGURES = re.compile(r"(?i)[0-9a-f]*\d[0-9a-f]*")


def sessions(payloads: Sequence[bytes], macs: Sequence[Private]) -> Iterator[Private]:
    """Each token; a UUID that ends in a MAC address ends in what stands in for that one."""
    found = dict.fromkeys(
        _by_itself(token[1].decode("latin-1"))
        for payload in payloads
        for pattern in TOKENS
        for token in pattern.finditer(payload)
    )
    known: dict[str, str] = {}
    for token in sorted(filter(None, found), key=len):
        other = _other(token, f"token {len(known)}")
        for part in known:  # an `opaque` may be the nonce and more
            at = token.find(part)
            other = other[:at] + known[part] + other[at + len(part) :] if at >= 0 else other
        if UUID.fullmatch(token.encode("latin-1")):
            other = _like_uuid(token, other, macs)
        known[token] = other
    for blob in dict.fromkeys(blob for payload in payloads for blob in BASE64.findall(payload)):
        text = from_base64(blob) if len(blob) >= SHORTEST_BLOB and blob.decode() not in known else None
        if text:
            known[blob.decode()] = _as(blob.decode(), like_name(text.decode()))
    for token, other in sorted(known.items(), key=lambda pair: len(pair[0]), reverse=True):
        pattern = re.escape(token.encode("latin-1"))
        yield Private(KIND, token, pattern, always(other.encode("latin-1")), needless=True)


def _like_uuid(uuid: str, other: str, macs: Sequence[Private]) -> str:
    """Its zeros and what says how it was made stay (RFC 9562, section 4); a MAC address in it has its own stand-in."""
    node = next((mac for mac in macs if not mac.binary and uuid[24:].lower() == mac.text), None)
    marks = MARKS_OF_RANDOM if uuid[14] == "4" else MARKS_OF_OTHERS
    new = "".join(
        old if at in marks or old == "0" else new
        for at, (old, new) in enumerate(zip(uuid, other, strict=True))
    )
    new = new[:25] + "1" + new[26:]  # no maker's block has an odd octet there: RFC 9562, section 6.10
    return new[:24] + (node.stand_in(uuid[24:].encode()).decode() if node else new[24:])


def _by_itself(token: str) -> str:
    """A token without the zeros that fill it up."""
    return token if len(token) == LENGTH_OF_UUID else token.rstrip("0")


def _other(token: str, seed: str) -> str:
    """Another token that is made alike, where it can be seen how: hex of base64 of figures, as in old firmware."""
    if "@" in token or "%40" in token:
        return like_name(token)
    if re.fullmatch("(?:[0-9a-f]{2}){8,}", token) and (inner := from_base64(bytes.fromhex(token))):
        middle = bytes.fromhex(token).decode()
        return _as(middle, _figures(inner.decode(), seed)).encode().hex()
    if inner := from_base64(token.encode("latin-1")):
        return _as(token, _figures(inner.decode(), seed))
    return like(token, seed)


def _figures(text: str, seed: str) -> str:
    return FIGURES.sub(lambda found: like(found[0], f"{seed} {found.start()}"), text)


def _as(blob: str, text: str) -> str:
    """A text in base64, in the dialect and with the filling that a blob has."""
    new = base64.b64encode(text.encode()).decode()
    if "-" in blob or "_" in blob:
        new = new.replace("+", "-").replace("/", "_")
    return new.rstrip("=") + "=" * (len(blob) - len(blob.rstrip("=")))
