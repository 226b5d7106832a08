"""Registered enterprise numbers: whose SNMP agent answers, where no fingerprint knows its number better.

enterprises.tsv holds what the IANA registry says: number and organisation, one a line, in the order of the numbers.
Left out are the numbers that say nothing of who built a device: of agents that run on anything (8072 is Net-SNMP, which
cameras use too), of makers of chips whose reference firmware others sell, and of those who have cameras built.
Hikvision and Dahua are left out too: their numbers are fingerprints. So a number here always speaks for somebody else,
weakly: it names the author of the agent, who need not have built the device.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cached_property, lru_cache
from pathlib import Path

from scanner.model import Claim

FILE = Path(__file__).parent / "enterprises.tsv"
NUMBER = re.compile(r"[1-9][0-9]{0,9}", re.ASCII)
REMEMBERED = 4_096  # numbers; a building has a few dozen


class Enterprises:
    """The table of enterprise numbers, read on first use."""

    def __init__(self, file: Path = FILE) -> None:
        self.file = file
        self.find = lru_cache(REMEMBERED)(self._find)

    @cached_property
    def _text(self) -> str:
        """The whole file: a number is found in it sooner than sixty thousand lines are taken apart."""
        return self.file.read_text(encoding="utf-8")

    def _find(self, number: str) -> str | None:
        """The organisation that registered a number; None when it says nothing of a maker."""
        if not NUMBER.fullmatch(number):
            return None
        at = self._text.find(line := f"\n{number}\t")
        return None if at < 0 else self._text[at + len(line) : self._text.find("\n", at + 1)]

    def claims(self, numbers: Iterable[str]) -> Iterator[Claim]:
        """The weak claims that the enterprise numbers of one reply support: the first one speaks for the device."""
        for number in numbers:
            if organisation := self.find(number):
                excerpt = f"{number}: {organisation}"
                yield Claim(f"enterprise-{number}", "maker", organisation, "weak", "snmp", excerpt)
            return
