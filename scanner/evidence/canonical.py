"""Bytes that everybody computes alike from the same values, and commitments to values that can be kept back.

Canonical JSON is that of RFC 8785, for what the log holds: no fractions, whole numbers of 53 bits, texts in UTF-8, keys
in the order of their characters. `json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)` of any
Python gives the same.
"""

from __future__ import annotations

from hashlib import blake2b, sha256
from typing import Any

import msgspec

SECRET_LENGTH = 32  # bytes
SALT_LENGTH = 16  # bytes: nobody guesses a value by trying all that it could be

encode = msgspec.json.Encoder(order="sorted").encode
"""Canonical JSON of a value that `refuse_inexact` lets pass; rows and entries are made of nothing else."""


def canonical(value: object) -> bytes:
    """Canonical JSON. Raises ValueError for what has no single spelling."""
    refuse_inexact(value)
    return encode(value)


def refuse_inexact(value: object) -> None:
    """Raises ValueError for fractions, and for numbers that other programs would round."""
    if isinstance(value, float) or (isinstance(value, int) and abs(value) >= 1 << 53):
        raise ValueError(f"{value!r} is not spelt alike by all programs")
    if isinstance(value, dict):
        for name, part in value.items():
            if not isinstance(name, str) or not name.isascii():
                raise ValueError(f"{name!r} is no key")
            refuse_inexact(part)
    elif isinstance(value, list | tuple):
        for part in value:
            refuse_inexact(part)


def digest(content: bytes) -> str:
    return sha256(content).hexdigest()


def salt(secret: bytes, about: str) -> str:
    """The salt of one value: follows from the secret of an inventory, and tells nothing about it or other salts."""
    return blake2b(about.encode(), key=secret, digest_size=SALT_LENGTH).hexdigest()


def commitment(salt: str, name: str, value: bytes) -> str:
    """What stands for a value (canonical JSON) where it is kept back: the digest of `[salt, name, value]`."""
    return sha256(b'["%b","%b",%b]' % (salt.encode(), name.encode(), value)).hexdigest()


def commitment_of(salt: str, name: str, value: Any) -> str:
    return commitment(salt, name, canonical(value))
