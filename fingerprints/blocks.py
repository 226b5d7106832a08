"""Registered address blocks: what the first half of a MAC address says about its maker, and what it does not.

blocks.csv holds one block a line: its prefix, who registered it, and, only where the registrant itself makes or brands
cameras, the maker or brand it points at. A block alone is a weak witness: modules, laptops of installers and
subsidiaries share blocks, and relabellers buy modules with blocks of their own.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path

import msgspec

from scanner.model import Claim, Protocol

FILE = Path(__file__).parent / "blocks.csv"
LENGTHS = (9, 7, 6)  # hex digits of a /36, /28 and /24 block: the longest prefix wins
LOCAL_BIT = 0x02  # of the first octet: set by software, registered to nobody


class Block(msgspec.Struct, frozen=True):
    """One registered block: `prefix` in hex digits without separators."""

    prefix: str
    registrant: str
    maker: str  # slug; empty when the block points at no maker of cameras
    brand: str  # slug; empty when unknown
    source: str


class Blocks:
    """The table of blocks, read on first use."""

    def __init__(self, file: Path = FILE) -> None:
        self.file = file

    @cached_property
    def _table(self) -> dict[str, Block]:
        with self.file.open(encoding="utf-8", newline="") as lines:
            rows = csv.DictReader(lines)
            return {
                row["prefix"]: Block(
                    row["prefix"], row["registrant"], row["maker"], row["brand"], row["source"]
                )
                for row in rows
            }

    def find(self, mac: str) -> Block | None:
        """The block of a MAC address (or of its first half); None for unknown and for local addresses."""
        digits = "".join(character for character in mac.lower() if character in "0123456789abcdef")
        if len(digits) < min(LENGTHS) or int(digits[:2], 16) & LOCAL_BIT:
            return None
        for length in LENGTHS:
            if block := self._table.get(digits[:length]):
                return block
        return None

    def claims(self, mac: str, protocol: Protocol) -> Iterator[Claim]:
        """The weak claims that a MAC address supports."""
        if block := self.find(mac):
            for attribute, value in (("maker", block.maker), ("brand", block.brand)):
                if value:
                    excerpt = f"{mac}: {block.registrant}"
                    yield Claim(f"block-{block.prefix}", attribute, value, "weak", protocol, excerpt)
