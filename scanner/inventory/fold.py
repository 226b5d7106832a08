"""What all identifications of one device say together.

The state of a device is the fold of its identifications in the order of time: a later run that saw less takes nothing
away, and runs that name different makers are a conflict for a person to settle.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import reduce

from msgspec.structs import replace

from scanner.model import Claim, Confidence, Identification

RANK: dict[Confidence, int] = {"none": 0, "possible": 1, "probable": 2, "confirmed": 3}


def fold(history: Iterable[Identification]) -> Identification:
    """What the identifications of one device say together, given in the order of time."""
    said = list(history)
    folded = reduce(fold_two, said)
    return replace(folded, conflicts=both(folded.conflicts, disagreement(said)))


def fold_two(before: Identification, now: Identification) -> Identification:
    weaker = RANK[now.confidence] < RANK[before.confidence]
    if differ(before.maker, now.maker):  # the surer one stands whole: no model of one maker under another
        stands = before if weaker else now
        return replace(stands, address=now.address or before.address, mac=now.mac or before.mac)
    surer, other = (before, now) if weaker else (now, before)
    return Identification(
        subject=now.subject or before.subject,
        address=now.address or before.address,
        mac=now.mac or before.mac,
        maker=now.maker or before.maker,
        maker_name=surer.maker_name or other.maker_name,
        brand=surer.brand or other.brand,
        relabelled=surer.relabelled if surer.relabelled is not None else other.relabelled,
        category=surer.category or other.category,
        model=now.model or before.model,
        firmware=now.firmware or before.firmware,
        serial=longer(before.serial, now.serial),
        confidence=surer.confidence,
        covered=surer.covered or other.covered,
        conflicts=both(before.conflicts, now.conflicts) if weaker else now.conflicts,
        evidence=now.evidence + still_needed(before.evidence, now.evidence, weaker),
    )


def agrees(before: Identification, now: Identification) -> bool:
    """Whether `fold_two` alone gives what a fold of the whole history would: nobody disagrees on the maker."""
    return not before.conflicts and not differ(before.maker, now.maker)


def disagreement(said: Iterable[Identification]) -> tuple[str, ...]:
    """Runs that name different makers with some certainty are a conflict for a person to settle."""
    makers: dict[str, Identification] = {}
    for one in said:
        if one.maker and sure(one.confidence):
            makers[one.maker] = one
    if len(makers) < 2:
        return ()
    views = (f"{one.maker_name or one.maker} ({one.confidence})" for one in makers.values())
    return (f"runs disagree on who made it: {', '.join(views)}",)


def still_needed(before: Sequence[Claim], now: Sequence[Claim], weaker: bool) -> tuple[Claim, ...]:
    """Earlier claims that still carry a fact: of attributes nothing was said about now, or was said less surely."""
    renewed = {(claim.fingerprint, claim.attribute) for claim in now}
    attributes = set() if weaker else {claim.attribute for claim in now}
    return tuple(
        claim
        for claim in before
        if (claim.fingerprint, claim.attribute) not in renewed and claim.attribute not in attributes
    )


def sure(confidence: Confidence) -> bool:
    return RANK[confidence] >= RANK["probable"]


def longer(before: str | None, now: str | None) -> str | None:
    """The serial as it stands now, unless that is only the tail of what is known."""
    return before if before and now and before.endswith(now) else now or before


def differ(one: str | None, other: str | None) -> bool:
    return one is not None and other is not None and one != other


def both(before: Iterable[str], now: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*before, *now)))
