"""Why a verdict is what it is: who speaks for which maker, and which fingerprints nearly matched."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import msgspec

from fingerprints.fuse import DECISIVE, STRONG, SUPPORTING, WITNESS, weigh
from fingerprints.library import STATED, Library, named_makers
from fingerprints.match import Rule
from scanner.model import STRENGTHS, Claim, Fields, Reading, Strength


class Near(msgspec.Struct, frozen=True):
    """A fingerprint whose pattern matched and which still does not count, and why."""

    fingerprint: str
    field: str
    excerpt: str
    why: str


def weights(claims: Sequence[Claim]) -> Iterator[str]:
    """For each maker that is claimed: who speaks for it, how strongly, and what that comes to."""
    for case in weigh(claims, "maker"):
        heard: dict[str, Strength] = {}
        for claim in claims:
            if claim.attribute == "maker" and claim.value == case.value:
                witness = WITNESS.get(claim.protocol, claim.protocol)
                heard[witness] = min(heard.get(witness, claim.strength), claim.strength, key=STRENGTHS.index)
        said = ", ".join(f"{witness} ({strength})" for witness, strength in heard.items())
        yield f"{case.value}: {said}; {_reason(case.weights)}, so {case.confidence}"


def near_misses(library: Library, readings: Iterable[Reading], claims: Sequence[Claim]) -> Iterator[Near]:
    """Fingerprints whose pattern matches a reply or a claim, and which a further condition keeps from counting.

    One that counts for another reply of the device, or for another value, is not among them.
    """
    makers = named_makers(claims)
    counted = {claim.fingerprint for claim in claims}
    bound = [one for one in library.fingerprints if one.also or one.unless or one.after]
    rules = [Rule(one) for one in bound if one.id not in counted]
    stated = ({f"claim.{one.attribute}": (one.value,)} for one in claims if one.attribute in STATED)
    told: set[Near] = set()
    for fields in (*(reading.fields for reading in readings), *stated):
        for rule in rules:
            for near in _near(rule, fields, makers):
                if near not in told:
                    told.add(near)
                    yield near


def _near(rule: Rule, fields: Fields, makers: set[str]) -> Iterator[Near]:
    one = rule.fingerprint
    for field, value in ((name, value) for name in one.fields for value in fields.get(name, ())):
        if found := rule.matched(value):
            why = rule.refusal(fields)
            if not why and one.after and makers.isdisjoint(one.after):
                why = f"it counts only where more than a weak claim names {' or '.join(one.after)}"
            if why:
                yield Near(one.id, field, found[0][:60] or value[:60], why)


def _reason(weights: Sequence[int]) -> str:
    strong = sum(weight >= STRONG for weight in weights)
    supporting = sum(weight >= SUPPORTING for weight in weights)
    if weights[0] >= DECISIVE:
        return "a decisive witness"
    if strong >= 2:
        return f"{strong} independent strong witnesses"
    if strong:
        return "one strong witness"
    if supporting >= 2:
        return f"{supporting} independent supporting witnesses"
    return "no strong witness, and fewer than two supporting ones"
