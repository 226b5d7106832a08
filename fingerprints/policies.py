"""Policies as data: which of them name a maker, since when, what they demand, and what a removal has to show.

Those in policies.toml decide what is *covered*. A policy of an organisation's own has a file of its own, in the same
words; it covers nothing by itself, and removals are checked by it when somebody names it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any, Literal

import msgspec

from fingerprints.rules import COVERED_MAKERS, Defect, line_of_error, text_of, toml

FILE = Path(__file__).parent / "policies.toml"
TEMPLATE = Path(__file__).parent / "own" / "my-organisation.toml"
Certainty = Literal["high", "medium", "low"]


class Part(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A part of a rule that binds by itself."""

    cites: str
    since: date
    demands: str


class Notice(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Something that has to be reported, by when, and what it holds."""

    within: str
    cites: str
    holds: tuple[str, ...]


class Proof(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the removal of a covered device has to show."""

    covers: str  # whom the rule binds, and where
    record: tuple[str, ...]  # what a record holds: names of scanner.evidence.requirements
    certainty: Certainty  # that the rule asks for this; most rules leave it open, and the list is our reading
    basis: str  # what the list rests on
    verification: Mapping[str, Any] = {}  # parameters of the rule by which absence proves a removal
    parts: tuple[Part, ...] = ()
    notices: tuple[Notice, ...] = ()


class Policy(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One rule of a government that concerns makers, whatever label is on their units."""

    id: str
    name: str
    makers: tuple[str, ...]
    since: date
    source: str  # an address
    jurisdiction: str = ""  # whose rule it is
    demands: str = ""  # of whom it demands what, in one sentence
    certainty: Certainty = "low"  # that it concerns these makers, and demands this
    known: date | None = None  # the day of what is said here: rules change
    note: str = ""
    removal: Proof | None = None


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    policy: tuple[Policy, ...]


def policies(file: Path = FILE) -> tuple[Policy, ...]:
    """All policies of a file. Raises `Defect` with the file and line of what cannot be used."""
    text = text_of(file)
    try:
        found = msgspec.convert(toml(text), _File).policy
    except (ValueError, RecursionError) as error:
        raise Defect(str(file), line_of_error(text, error), str(error)) from None
    for number, policy in enumerate(found):
        for wrong in _wrong(policy, found[:number]):
            raise Defect(str(file), _line_of(text, number), f'policy "{policy.id}" {wrong}')
    return found


def all_policies(files: Iterable[Path] = ()) -> dict[str, Policy]:
    """The policies that removals can be checked by: those that cover, the neutral one, and those of `files`, of which a
    later one replaces an earlier one with its id. Raises `Defect`."""
    return {policy.id: policy for file in (FILE, TEMPLATE, *files) for policy in policies(file)}


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
    if policy.removal and not (policy.removal.covers.strip() and policy.removal.basis.strip()):
        yield "needs `covers` and `basis` in [policy.removal]"


def _line_of(text: str, number: int) -> int:
    """The line on which a policy begins; 1 when that cannot be told."""
    starts = [found.start() for found in re.finditer(r"^\[\[policy\]\]", text, re.MULTILINE)]
    return text.count("\n", 0, starts[number]) + 1 if number < len(starts) else 1
