"""Policies as data: which of them name a maker, since when, and what they demand."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Literal

import msgspec

from fingerprints.rules import COVERED_MAKERS, Defect, toml

FILE = Path(__file__).parent / "policies.toml"


class Policy(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One rule of a government that concerns makers, whatever label is on their units."""

    id: str
    name: str
    makers: tuple[str, ...]
    since: date
    source: str  # an address
    jurisdiction: str = ""  # whose rule it is
    demands: str = ""  # of whom it demands what, in one sentence
    certainty: Literal["high", "medium", "low"] = "low"  # that it concerns these makers, and demands this
    known: date | None = None  # the day of what is said here: rules change
    note: str = ""


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    policy: tuple[Policy, ...]


def policies(file: Path = FILE) -> tuple[Policy, ...]:
    """All policies of a file. Raises `Defect` with the file and line of what cannot be used."""
    text = file.read_text(encoding="utf-8")
    try:
        found = msgspec.convert(toml(text), _File).policy
    except ValueError as error:
        raise Defect(str(file), _line_of_error(text, str(error)), str(error)) from None
    for number, policy in enumerate(found):
        for wrong in _wrong(policy, found[:number]):
            raise Defect(str(file), _line_of(text, number), f'policy "{policy.id}" {wrong}')
    return found


def _wrong(policy: Policy, before: tuple[Policy, ...]) -> Iterator[str]:
    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", policy.id):
        yield "needs an id of small letters, digits and -"
    if policy.id in {other.id for other in before}:
        yield "stands in this file twice"
    if not policy.makers or not set(policy.makers) <= set(COVERED_MAKERS):
        yield f"names makers of {', '.join(COVERED_MAKERS)}"
    for key in ("name", "jurisdiction", "demands"):
        if not getattr(policy, key).strip():
            yield f"needs `{key}`"
    if not policy.source.startswith("https://"):
        yield "needs an address as `source`"
    if policy.known is None or policy.known < policy.since:
        yield "needs `known`, the day of what is said here, and not before `since`"


def _line_of(text: str, number: int) -> int:
    """The line on which a policy begins; 1 when that cannot be told."""
    starts = [found.start() for found in re.finditer(r"^\[\[policy\]\]", text, re.MULTILINE)]
    return text.count("\n", 0, starts[number]) + 1 if number < len(starts) else 1


def _line_of_error(text: str, error: str) -> int:
    if found := re.search(r"\(at line (\d+)", error):  # the TOML parser tells
        return int(found[1])
    found = re.search(r"\$\.policy\[(\d+)\]", error)  # msgspec tells which table
    return _line_of(text, int(found[1])) if found else 1
