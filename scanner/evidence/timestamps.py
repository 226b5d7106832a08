"""RFC 3161: what to ask a time-stamping authority, and whether a token is about what was asked.

The token lies in a bundle as it came. Whether the authority's own signature holds is for openssl to say, with the
authority's certificate: `openssl ts -verify`, as the README of the bundle has it.
"""

from __future__ import annotations

from hashlib import sha256

SHA256 = bytes.fromhex("0609608648016503040201")  # OID 2.16.840.1.101.3.4.2.1
SIGNED_DATA = bytes.fromhex("06092a864886f70d010702")  # OID 1.2.840.113549.1.7.2
TST_INFO = bytes.fromhex("060b2a864886f70d0109100104")  # OID 1.2.840.113549.1.9.16.1.4
GRANTED = (0, 1)  # with or without changes
LARGEST = 1 << 20  # bytes of a token


def request(content: bytes, nonce: int) -> bytes:
    """A TimeStampReq (section 2.4.1) for the SHA-256 of some content; the certificate is wanted with the answer."""
    imprint = sequence(sequence(SHA256 + b"\x05\x00") + tagged(0x04, sha256(content).digest()))
    number = nonce.to_bytes(nonce.bit_length() // 8 + 1, "big")
    return sequence(tagged(0x02, b"\x01") + imprint + tagged(0x02, number) + b"\x01\x01\xff")


def refusal(token: bytes, content: bytes) -> str | None:
    """Why an answer (a TimeStampResp) is no token about some content; None when it is one."""
    if len(token) > LARGEST:
        return f"it has more than {LARGEST:,} bytes"
    try:
        outer, rest = opened(token, 0x30)
        status, content_info = opened(outer, 0x30)
        number, _ = opened(status, 0x02)
    except ValueError:
        return "it is no answer of a time-stamping authority"
    if int.from_bytes(number, "big") not in GRANTED:
        return f"the authority refused, with status {int.from_bytes(number, 'big')}"
    if rest or SIGNED_DATA not in content_info or TST_INFO not in content_info:
        return "it holds no signed time"
    imprint = sequence(SHA256 + b"\x05\x00") + tagged(0x04, sha256(content).digest())
    without_null = sequence(SHA256) + tagged(0x04, sha256(content).digest())
    if imprint not in content_info and without_null not in content_info:
        return "it is about something else"
    return None


def sequence(content: bytes) -> bytes:
    return tagged(0x30, content)


def tagged(tag: int, content: bytes) -> bytes:
    """One value in DER."""
    length = len(content)
    if length < 0x80:
        return bytes([tag, length]) + content
    digits = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(digits)]) + digits + content


def opened(data: bytes, tag: int) -> tuple[bytes, bytes]:
    """The content of the first value in DER, and what comes behind it. Raises ValueError."""
    if len(data) < 2 or data[0] != tag:
        raise ValueError("another value")
    length, start = data[1], 2
    if length & 0x80:
        start += length & 0x7F
        if start > 6:
            raise ValueError("too long")
        length = int.from_bytes(data[2:start], "big")
    if start + length > len(data):
        raise ValueError("cut off")
    return data[start : start + length], data[start + length :]
