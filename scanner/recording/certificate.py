"""What in a certificate belongs to one device alone: its number, its key and its signature.

Search engines for devices list all three: any of them would lead from a recording to the place it was made at.
"""

from __future__ import annotations

import contextlib
import hashlib
import warnings
from collections.abc import Iterator

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

SHORTEST_NUMBER = 8  # bytes; a shorter one was not drawn at random


def certificate_parts(der: bytes, seed: str) -> Iterator[tuple[bytes, bytes]]:
    """Each such part as it stands in the certificate, and what stands in for it."""
    with warnings.catch_warnings(), contextlib.suppress(ValueError, UnsupportedAlgorithm):
        warnings.simplefilter("ignore")  # of what no CA may write
        found = x509.load_der_x509_certificate(der)
        number = found.serial_number.to_bytes((found.serial_number.bit_length() + 7) // 8, "big")
        if len(number) >= SHORTEST_NUMBER:
            yield number, _middle(number, f"{seed} number")
        yield found.signature, _middle(found.signature, f"{seed} signature")
        key = found.public_key()
        if isinstance(key, rsa.RSAPublicKey):
            modulus = key.public_numbers().n.to_bytes(key.key_size // 8, "big")
            yield modulus, _middle(modulus, f"{seed} key")
        elif isinstance(key, ec.EllipticCurvePublicKey):
            chosen = int.from_bytes(hashlib.sha256(seed.encode()).digest()[:16], "big")
            yield _point(key), _point(ec.derive_private_key(chosen, key.curve).public_key())


def _middle(part: bytes, seed: str) -> bytes:
    """All but the ends, which tell how long a number is, and whether it is odd."""
    ends = min(4, len(part) // 4)
    return (
        part[:ends] + hashlib.shake_256(seed.encode()).digest(len(part) - 2 * ends) + part[len(part) - ends :]
    )


def _point(key: ec.EllipticCurvePublicKey) -> bytes:
    return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
