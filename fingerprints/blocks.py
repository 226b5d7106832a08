"""Registered address blocks: what the first half of a MAC address says about its maker, and what it does not.

blocks.csv holds one block a line: its prefix, who registered it, and, only where the registrant itself makes or brands
cameras, the maker or brand it points at. other-blocks.csv holds the blocks of makers of other things, all those of one
registrant in a line; who builds modules for others, or has cameras built, is not in it. A block alone is a weak
witness: modules, laptops of installers and subsidiaries share blocks, and relabellers buy modules with blocks of
their own.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path

import msgspec

from scanner.model import Claim, Protocol

FILE = Path(__file__).parent / "blocks.csv"
OTHERS = Path(__file__).parent / "other-blocks.csv"
LENGTHS = (9, 7, 6)  # hex digits of a /36, /28 and /24 block: the longest prefix wins
LOCAL_BIT = 0x02  # of the first octet: set by software, registered to nobody


class Block(msgspec.Struct, frozen=True):
    """One registered block: `prefix` in hex digits without separators."""

    prefix: str
    registrant: str
    maker: str  # slug; empty when the block points at no maker of cameras
    brand: str  # slug; empty when unknown
    source: str
    file: Path = FILE


class Blocks:
    """The tables of blocks, read on first use."""

    def __init__(self, file: Path = FILE, others: Path = OTHERS) -> None:
        self.file, self.others = file, others

    @cached_property
    def _table(self) -> dict[str, Block]:
        with self.file.open(encoding="utf-8", newline="") as lines:
            rows = csv.DictReader(lines)
            return {
                row["prefix"]: Block(
                    row["prefix"], row["registrant"], row["maker"], row["brand"], row["source"], self.file
                )
                for row in rows
            }

    @cached_property
    def _of_others(self) -> dict[str, list[str]]:
        """The row of other-blocks.csv in which each prefix stands."""
        with self.others.open(encoding="utf-8", newline="") as lines:
            return {prefix: row for row in csv.reader(lines) for prefix in row[2].split()}

    def find(self, mac: str) -> Block | None:
        """The block of a MAC address (or of its first half); None for unknown and for local addresses."""
        digits = "".join(character for character in mac.lower() if character in "0123456789abcdef")
        if len(digits) < min(LENGTHS) or int(digits[:2], 16) & LOCAL_BIT:
            return None
        for length in LENGTHS:
            prefix = digits[:length]
            if block := self._table.get(prefix):
                return block
            if row := self._of_others.get(prefix):
                return Block(prefix, row[0], row[1], "", row[3], self.others)
        return None

    def claims(self, mac: str, protocol: Protocol) -> Iterator[Claim]:
        """The weak claims that a MAC address supports."""
        if block := self.find(mac):
            for attribute, value in (("maker", block.maker), ("brand", block.brand)):
                if value:
                    excerpt = f"{mac}: {block.registrant}"
                    yield Claim(f"block-{block.prefix}", attribute, value, "weak", protocol, excerpt)
