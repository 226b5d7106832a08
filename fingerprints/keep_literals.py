"""Write literals.jsonl anew, from the patterns of all fingerprints: `python -m fingerprints.keep_literals`."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from fingerprints.library import Library
from fingerprints.literals import FILE, digest, find


def written(patterns: Iterable[str]) -> bytes:
    """The file for these patterns: one a line, in the order of their digests."""
    lines = sorted((digest(pattern), find(pattern)) for pattern in set(patterns))
    return b"".join(msgspec.json.encode(line) + b"\n" for line in lines)


if __name__ == "__main__":
    FILE.write_bytes(written(one.pattern for one in Library.load().fingerprints))
