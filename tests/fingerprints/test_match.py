"""The quick way to the rules that can match finds every rule that the slow way finds."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from fingerprints import Library
from fingerprints.match import CLAIM_LIMIT, EXCERPT, Matcher, Rule, fill
from fingerprints.rules import Fingerprint
from scanner.model import Fields

FINGERPRINTS = Library.load().fingerprints
RULES = [Rule(one) for one in FINGERPRINTS]
MATCHER = Matcher(FINGERPRINTS)
TEXTS = [
    one if isinstance(one, str) else one["text"]
    for rule in FINGERPRINTS
    for one in (*rule.matches, *rule.rejects)
]
FIELDS = sorted({field for one in FINGERPRINTS for field in one.fields})


def fingerprint(pattern: str, claims: dict[str, str]) -> Fingerprint:
    return Fingerprint("test", "html.title", pattern, claims, "strong", "a test")


def slowly(fields: Fields) -> list[str]:
    return [
        rule.fingerprint.id
        for field, values in fields.items()
        for value in values
        for rule in RULES
        if field in rule.fingerprint.fields and rule.search(value, fields)
    ]


def quickly(fields: Fields) -> list[str]:
    return [hit.rule.fingerprint.id for hit in MATCHER.hits(fields, "http")]


@given(
    st.sampled_from(FIELDS),
    st.sampled_from(TEXTS),
    st.sampled_from(["", " ", "\n", "x" * 4000]),
    st.booleans(),
)
def test_every_rule_that_matches_is_found_in_its_order(
    field: str, text: str, padding: str, upper: bool
) -> None:
    value = (text.upper() if upper else text) + padding
    assert quickly({field: (value,)}) == slowly({field: (value,)})


@given(st.sampled_from(FIELDS), st.text(max_size=60))
def test_on_any_text_the_quick_way_finds_what_the_slow_way_finds(field: str, text: str) -> None:
    assert quickly({field: (text,)}) == slowly({field: (text,)})


def test_a_claim_whose_groups_are_empty_is_left_out() -> None:
    matcher = Matcher(
        [fingerprint(r"^(?P<model>[A-Z]+)(?P<serial>\d*)$", {"model": "{model}", "serial": "{serial}"})]
    )
    [hit] = matcher.hits({"html.title": ("ABC",)}, "html")
    assert [(claim.attribute, claim.value) for claim in hit.claims] == [("model", "ABC")]


def test_claims_and_excerpts_are_bounded() -> None:
    matcher = Matcher([fingerprint(r"^(?P<model>.+)$", {"model": "{model}"})])
    [hit] = matcher.hits({"html.title": ("A" * 4000,)}, "html")
    assert len(hit.claims[0].value) == CLAIM_LIMIT and len(hit.claims[0].excerpt) == EXCERPT


def test_a_short_match_shows_the_whole_value_as_its_excerpt() -> None:
    matcher = Matcher([fingerprint(r"\d", {"maker": "axis"})])
    [hit] = matcher.hits({"html.title": ("port 8 open",)}, "html")
    assert hit.claims[0].excerpt == "port 8 open"


def test_a_template_is_filled_from_groups_and_trimmed() -> None:
    assert fill("V{major}.{minor}", {"major": "5", "minor": " 6 "}) == "V5.6"
    assert fill("V{major}", {"major": None}) == ""
    assert fill("fixed", {}) == "fixed"
