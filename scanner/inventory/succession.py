"""Whether what answers at an address is another unit than the one that was known there: addresses pass on.

What an update or a reset may do to a unit makes it no other one. docs/explanation/identity.md explains the rules.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import msgspec

from scanner.identifiers import Identifier, contradict, reworded, strangers
from scanner.inventory.fold import differ, sure
from scanner.model import Claim, Identification, Protocol

if TYPE_CHECKING:
    from scanner.inventory.rows import Row

HEARSAY: tuple[Protocol, ...] = ("mac", "arp")  # whom an address block was given to, and no word of the unit


def succeeds(known: Row, its: Sequence[Identifier], seen: Identification, told: Sequence[Identifier]) -> bool:
    """Whether what was seen is another unit than the known device (a row, and its identifiers)."""
    return (
        contradict(its, told)
        or strangers(its, told)
        or (differ(known["maker"], seen.maker) and sure(known["confidence"]))
        or differ_in_model(known["model"], seen.model)
    )


def in_doubt(its: Sequence[Identifier], told: Sequence[Identifier]) -> str:
    """Why nobody can tell whether a device was replaced at its address; empty when nothing says that it was.

    Firmware of another generation may word a realm otherwise, too: that is rare, and whoever knows merges the two.
    """
    return (
        "the realm of its replies was a unit's own and is not, or the reverse" if reworded(its, told) else ""
    )


def renamed(known: Row, seen: Identification) -> bool:
    """Whether replies of one protocol name another maker than before.

    A first guess by another protocol may be wrong; the same question with nothing left of its answer is another voice.
    Only what was identified with the same fingerprints compares.
    """
    if not differ(known["maker"], seen.maker) and not differ(known["maker_name"], seen.maker_name):
        return False
    before, now = (
        _makers(msgspec.json.decode(known["evidence"], type=tuple[Claim, ...])),
        _makers(seen.evidence),
    )
    return any(not before[protocol] & now[protocol] for protocol in before.keys() & now.keys())


def _makers(evidence: Iterable[Claim]) -> dict[Protocol, set[str]]:
    found: dict[Protocol, set[str]] = {}
    for claim in evidence:
        if claim.attribute == "maker" and claim.protocol not in HEARSAY:
            found.setdefault(claim.protocol, set()).add(claim.value)
    return found


def differ_in_model(one: str | None, other: str | None) -> bool:
    """Whether two models cannot be one: neither is the other with more said. `IP Camera` is nobody's model."""
    if not one or not other:
        return False
    first, second = (text.casefold().replace(" ", "") for text in (one, other))
    exact = all(sum(map(str.isdigit, text)) >= 2 for text in (first, second))
    return exact and first not in second and second not in first
