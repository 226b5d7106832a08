"""Registered enterprise numbers: whose SNMP agent answers, where no fingerprint knows its number better.

enterprises.tsv holds what the IANA registry says: number and organisation, one a line, in the order of the numbers.
Left out are the numbers that say nothing of who built a device: of agents that run on anything (8072 is Net-SNMP, which
cameras use too), of makers of chips whose reference firmware others sell, and of those who have cameras built.
Hikvision and Dahua are left out too: their numbers are fingerprints. So a number here always speaks for somebody else,
weakly: it names the author of the agent, who need not have built the device.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from functools import cached_property
from pathlib import Path

from scanner.model import Claim

FILE = Path(__file__).parent / "enterprises.tsv"
NUMBER = re.compile(r"[1-9][0-9]{0,9}", re.ASCII)
PAGE = 4_096  # bytes of the file


class Enterprises:
    """The table of enterprise numbers, read on first use."""

    def __init__(self, file: Path = FILE) -> None:
        self.file = file

    @cached_property
    def _content(self) -> bytes:
        """The whole file: few of its sixty thousand lines are ever needed, so that none is taken apart before."""
        return self.file.read_bytes()

    @cached_property
    def _pages(self) -> list[int]:
        """The first number that stands after the beginning of each page of the file."""
        size = len(self._content)
        begins = (self._content.find(b"\n", at) + 1 for at in range(0, size, PAGE))
        return [int(self._content[at : self._content.find(b"\t", at)]) for at in begins if 0 < at < size]

    def find(self, number: str) -> str | None:
        """The organisation that registered a number; None when it says nothing of a maker."""
        if not NUMBER.fullmatch(number):
            return None
        page, line = PAGE * (bisect_right(self._pages, int(number)) - 1), f"\n{number}\t".encode()
        at = self._content.find(line, page, page + PAGE + len(line))
        return None if at < 0 else self._content[at + len(line) : self._content.find(b"\n", at + 1)].decode()

    def claims(self, numbers: Iterable[str]) -> Iterator[Claim]:
        """The weak claims that the enterprise numbers of one reply support: the first one speaks for the device."""
        for number in numbers:
            if organisation := self.find(number):
                excerpt = f"{number}: {organisation}"
                yield Claim(f"enterprise-{number}", "maker", organisation, "weak", "snmp", excerpt)
            return
