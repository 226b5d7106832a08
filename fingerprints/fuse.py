"""Fuse the claims about one device into one identification.

docs/explanation/confidence.md says in prose, and with measured figures, what is decided here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set

import msgspec

from fingerprints.rules import COVERED_MAKERS
from scanner.model import STRENGTHS, Claim, Confidence, Protocol, Strength

WITNESS: dict[Protocol, str] = {
    # What one program on the device says is one witness, however many headers or pages it says it in.
    "http":         "web server",
    "html":         "web server",
    "favicon":      "web server",
    "isapi":        "web server",
    "https-cert":   "certificate",
    "onvif":        "ONVIF service",
    "ws-discovery": "ONVIF service",
    "ssdp":         "UPnP service",
    "upnp-xml":     "UPnP service",
    "dhdiscover":   "Dahua service",
    "dvrip":        "Dahua service",
    "mac":          "address block",
    "arp":          "address block",
}  # fmt: skip
WEIGHT: dict[Strength, int] = {strength: len(STRENGTHS) - at for at, strength in enumerate(STRENGTHS)}
DECISIVE, STRONG, SUPPORTING, WEAK = (WEIGHT[strength] for strength in STRENGTHS)
CONFIDENCES: tuple[Confidence, ...] = ("none", "possible", "probable", "confirmed")


class Case(msgspec.Struct, frozen=True, gc=False):
    """What speaks for one value of one attribute: the weight of each independent witness, heaviest first."""

    value: str
    weights: tuple[int, ...]

    @property
    def confidence(self) -> Confidence:
        """The rule: see docs/explanation/confidence.md.

        confirmed   a decisive witness, or two independent strong ones
        probable    a strong witness, or two independent supporting ones
        possible    anything less
        """
        heaviest, *others = self.weights
        second = others[0] if others else 0
        if heaviest >= DECISIVE or second >= STRONG:
            return "confirmed"
        if heaviest >= STRONG or second >= SUPPORTING:
            return "probable"
        return "possible"


class Verdict(msgspec.Struct, frozen=True):
    """Who made it, how sure that is, and what speaks against it."""

    maker: str | None
    confidence: Confidence
    conflicts: tuple[str, ...] = ()


def settle_maker(
    claims: Sequence[Claim], names: Mapping[str, str], covered: Set[str] = frozenset(COVERED_MAKERS)
) -> Verdict:
    """Weigh the claims for each maker. `names` gives the display name of each maker's slug."""
    cases = weigh(claims, "maker")
    if not cases:
        return Verdict(None, "none")
    best, *others = cases
    if not others:
        return Verdict(best.value, best.confidence)
    rivals = [case for case in others if case.weights[0] >= STRONG]
    conflicts = tuple(_conflict(claims, best, rival, names) for rival in rivals)
    if not rivals:
        return _beside_a_suspicion(claims, best, others, names, covered)
    if any(rival.weights == best.weights for rival in rivals):
        if covered.isdisjoint((best.value, *(rival.value for rival in rivals))):
            return Verdict(
                best.value, "possible", conflicts
            )  # whoever it is, it is none of the makers sought
        return Verdict(None, "none", conflicts)
    # An open contradiction never leaves a verdict at its full confidence; evenly matched, only a suspicion is left.
    even = any(rival.weights[0] == best.weights[0] for rival in rivals)
    lowered = CONFIDENCES[max(1, CONFIDENCES.index(best.confidence) - 1)]
    return Verdict(best.value, "possible" if even else lowered, conflicts)


def _beside_a_suspicion(
    claims: Sequence[Claim], best: Case, others: Sequence[Case], names: Mapping[str, str], covered: Set[str]
) -> Verdict:
    """The verdict without strong contradictions: a mere name does not silence what speaks for a maker sought."""
    cases = (best, *others)
    sought = next((case for case in cases if case.value in covered), None)
    other = next((case for case in cases if case.value not in covered), None)
    if best.confidence != "possible" or not sought or not other or sought.weights[0] > other.weights[0]:
        return Verdict(best.value, best.confidence)
    named = sought if sought.weights[0] == other.weights[0] else other
    return Verdict(named.value, "possible", (_conflict(claims, other, sought, names),))


def weigh(claims: Iterable[Claim], attribute: str) -> list[Case]:
    """The cases for each value of an attribute, the best first."""
    weights: dict[str, dict[str, int]] = {}
    for claim in claims:
        if claim.attribute == attribute:
            witness, weight = WITNESS.get(claim.protocol, claim.protocol), WEIGHT[claim.strength]
            heard = weights.setdefault(claim.value, {})
            if weight > heard.get(witness, 0):
                heard[witness] = weight
    cases = [Case(value, tuple(sorted(heard.values(), reverse=True))) for value, heard in weights.items()]
    if len(cases) > 1:
        cases.sort(key=lambda case: case.weights, reverse=True)
    return cases


def best_value(claims: Sequence[Claim]) -> str | None:
    """The value of one attribute that the best witnesses give; None when nobody says anything."""
    if not claims:
        return None
    value = claims[0].value
    for claim in claims:
        if claim.value != value:
            return weigh(claims, claim.attribute)[0].value
    return value


def relabelled(maker_name: str | None, brand: str | None) -> bool | None:
    """Whether the label shows another name than the maker's main one; None when either is unknown."""
    if maker_name is None or brand is None:
        return None
    return maker_name != brand


def _conflict(claims: Sequence[Claim], one: Case, other: Case, names: Mapping[str, str]) -> str:
    """Who says what of two makers: `rtsp says Hikvision, certificate says Dahua`."""
    return ", ".join(
        f"{_witnesses(claims, case)} says {names.get(case.value, case.value)}" for case in (one, other)
    )


def _witnesses(claims: Iterable[Claim], case: Case) -> str:
    """The strong witnesses of a case; where it has none, its best ones."""
    least = min(STRONG, case.weights[0])
    heard: dict[str, None] = {}
    for claim in claims:
        if claim.attribute == "maker" and claim.value == case.value and WEIGHT[claim.strength] >= least:
            heard.setdefault(WITNESS.get(claim.protocol, claim.protocol))
    return " and ".join(heard)
