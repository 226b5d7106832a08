"""Puts a time-stamp token into a bundle, from a file or from an authority that the user names."""

from __future__ import annotations

import http.client
import secrets
from pathlib import Path

from scanner.errors import CamcensusError
from scanner.evidence.archive import Reader, Refused, Writer
from scanner.evidence.checking import LARGEST_SMALL, SIGNATURE, TOKEN
from scanner.evidence.timestamps import LARGEST, refusal, request

PATIENCE = 30.0  # seconds


def signature(bundle: Path) -> bytes:
    """What a token is about: the signature of the bundle."""
    try:
        with bundle.open("rb") as file:
            return Reader(file).content(SIGNATURE, LARGEST_SMALL)
    except (Refused, KeyError) as error:
        raise CamcensusError(f"{bundle} is no bundle", why=str(error)) from None


def ask(url: str, content: bytes) -> bytes:
    """A token from an authority, which hears the SHA-256 of the content and nothing else."""
    from scanner.net.webhook import exchange, shown

    query = request(content, secrets.randbits(63))
    try:
        status, token = exchange(
            url, query, "application/timestamp-query", seconds=PATIENCE, most=LARGEST + 1
        )
    except (OSError, http.client.HTTPException) as error:
        raise CamcensusError(
            f"no time stamp came from {shown(url)}", why=str(error) or type(error).__name__
        ) from None
    if status != 200:
        raise CamcensusError(f"no time stamp came from {shown(url)}", why=f"it answered with status {status}")
    return token


def put(bundle: Path, token: bytes) -> None:
    """Add a token to a bundle, in the place of one that lies there. Raises CamcensusError when it is about anything
    else."""
    if why := refusal(token, signature(bundle)):
        raise CamcensusError(
            "the token cannot be put into the bundle", why=why, fix="ask for one about SHA256SUMS.sig"
        )
    unfinished = bundle.with_name(bundle.name + ".part")
    try:
        with bundle.open("rb") as file, Writer(unfinished) as archive:
            reader = Reader(file)
            for name in reader.files:
                if name != TOKEN:
                    archive.add(name, reader.chunks(name))
            archive.add(TOKEN, [token])
        unfinished.replace(bundle)
    finally:
        unfinished.unlink(missing_ok=True)
