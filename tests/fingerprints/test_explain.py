"""Why a verdict is what it is: near misses are those that the matcher itself passed over, by the same rule."""

from __future__ import annotations

import pytest

from fingerprints import Library
from fingerprints.explain import Near, near_misses
from fingerprints.match import Rule
from fingerprints.rules import Fingerprint
from scanner.model import Fields, Observation, Reading, Strength


def rule(
    identifier: str, pattern: str, claims: dict[str, str], strength: Strength = "strong", **more: object
) -> Fingerprint:
    stated = {"field": "http.server", "source": "a test", **more}
    return Fingerprint(id=identifier, pattern=pattern, claims=claims, strength=strength, **stated)  # type: ignore[arg-type]


def missed(fields: Fields, *rules: Fingerprint) -> list[tuple[str, str]]:
    library = Library(rules, [], [])
    readings = [Reading(Observation(protocol="http"), fields)]
    claims = library.claims(readings)
    return [(near.fingerprint, near.why) for near in near_misses(library, readings, claims)]


WAITS = rule("waits", "^A1$", {"model": "A1"}, field="http.title", after=("acme",))
SERVED = {"http.server": ("Acme",), "http.title": ("A1",)}


@pytest.mark.parametrize("strength", ["decisive", "strong", "supporting"])
def test_what_waited_for_a_maker_who_was_named_is_no_near_miss(strength: Strength) -> None:
    assert missed(SERVED, WAITS, rule("maker", "Acme", {"maker": "acme"}, strength)) == []


def test_a_weak_claim_for_the_maker_is_not_enough_and_that_is_said() -> None:
    told = missed(SERVED, WAITS, rule("maker", "Acme", {"maker": "acme"}, "weak"))
    assert told == [("waits", "it counts only where more than a weak claim names acme")]


def test_a_near_miss_among_claimed_models_is_shown_too() -> None:
    model = rule("model", "(?P<model>.+)", {"model": "{model}"})
    waits = rule("brand", "^Acme$", {"brand": "acme"}, field="claim.model", after=("bolt",))
    told = missed({"http.server": ("Acme",)}, model, waits)
    assert told == [("brand", "it counts only where more than a weak claim names bolt")]


def test_what_counts_for_another_value_is_no_near_miss() -> None:
    one = rule("one", "^Acme", {"maker": "acme"}, unless={"http.title": "x"})
    library = Library([one], [], [])
    readings = [
        Reading(Observation(protocol="http"), {"http.server": ("Acme 1",), "http.title": ("x",)}),
        Reading(Observation(protocol="http"), {"http.server": ("Acme 2",)}),
    ]
    assert list(near_misses(library, readings, library.claims(readings))) == []
    assert list(near_misses(library, readings[:1], library.claims(readings[:1]))) == [
        Near("one", "http.server", "Acme", "http.title matches 'x'")
    ]


def test_a_rule_says_what_refuses_it_before_it_was_ever_matched() -> None:
    rule_of_one = Rule(
        rule("one", "a", {"maker": "acme"}, unless={"http.title": "x"}, also={"http.realm": "y"})
    )
    assert rule_of_one.refusal({"http.title": ("x",), "http.realm": ("y",)}) == "http.title matches 'x'"
    assert Rule(rule_of_one.fingerprint).refusal({}) == "http.realm does not match 'y'"
