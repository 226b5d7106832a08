"""Ed25519 keys in PEM, as openssl reads and writes them: to sign bundles, and to know whose signature it is."""

from __future__ import annotations

import os
import re
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from scanner.errors import CamcensusError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

FINGERPRINT = re.compile(r"[0-9a-f]{64}")
LARGEST_KEY = 16_384  # bytes of a file


def generate(path: Path, passphrase: bytes | None = None) -> Path:
    """Write a new private key to `path`, and its public half beside it as `.pub`; return the latter.

    Nobody but its owner can read the private key. Raises CamcensusError rather than write over a key.
    """
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import (
        BestAvailableEncryption,
        Encoding,
        KeySerializationEncryption,
        NoEncryption,
        PrivateFormat,
    )

    public = path.with_name(path.name + ".pub")
    for taken in (path, public):
        if taken.exists():
            raise CamcensusError(
                f"{taken} is there already",
                why="a key that is written over is lost for good",
                fix="choose another name",
            )
    key = Ed25519PrivateKey.generate()
    locked: KeySerializationEncryption = BestAvailableEncryption(passphrase) if passphrase else NoEncryption()
    write(path, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, locked), 0o600)
    write(public, public_pem(key.public_key()), 0o644)
    return public


def write(path: Path, content: bytes, mode: int) -> None:
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
            file.write(content)
    except OSError as error:
        raise CamcensusError(f"{path} cannot be written", why=error.strerror or str(error)) from None


def private_key(path: Path, passphrase: bytes | None = None) -> Ed25519PrivateKey:
    """The private key of a PEM file. Raises CamcensusError, also when others can read the file."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    content = read(path)
    if path.stat().st_mode & 0o077:
        raise CamcensusError(
            f"{path} is no secret", why="others than its owner may read it", fix=f"chmod 600 {path}"
        )
    try:
        key = load_pem_private_key(content, passphrase)
    except TypeError:
        why = "it needs a passphrase" if passphrase is None else "it has no passphrase"
        raise CamcensusError(
            f"{path} cannot be opened", why=why, fix="see: camcensus evidence bundle --help"
        ) from None
    except ValueError:
        why = "the passphrase is another, or it is no private key in PEM"
        raise CamcensusError(f"{path} cannot be opened", why=why) from None
    if not isinstance(key, Ed25519PrivateKey):
        raise CamcensusError(f"{path} is no Ed25519 key", fix="make one with: camcensus evidence keygen FILE")
    return key


def public_key(content: bytes) -> Ed25519PublicKey:
    """The public key in PEM. Raises ValueError."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    try:
        key = load_pem_public_key(content)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise ValueError("it is no public key in PEM") from None
    if not isinstance(key, Ed25519PublicKey):
        raise ValueError("it is no Ed25519 key")
    return key


def public_pem(key: Ed25519PublicKey) -> bytes:
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def fingerprint(key: Ed25519PublicKey) -> str:
    """What names a key: `openssl pkey -pubin -in KEY -outform DER | sha256sum` says the same."""
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    return sha256(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).hexdigest()


def expected(text: str) -> str:
    """The fingerprint of a key that is named by it, or by a file that holds its public half. Raises CamcensusError."""
    if FINGERPRINT.fullmatch(digits := text.strip().lower().replace(":", "")):
        return digits
    try:
        return fingerprint(public_key(read(Path(text))))
    except ValueError as error:
        raise CamcensusError(
            f"{text} cannot be used as a key",
            why=str(error),
            fix="name a file in PEM, or a fingerprint of 64 digits",
        ) from None


def verifies(key: Ed25519PublicKey, signature: bytes, content: bytes) -> bool:
    from cryptography.exceptions import InvalidSignature

    try:
        key.verify(signature, content)
    except InvalidSignature:
        return False
    return True


def read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(LARGEST_KEY)
    except OSError as error:
        raise CamcensusError(f"{path} cannot be read", why=error.strerror or str(error)) from None
