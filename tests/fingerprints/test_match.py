"""The quick way to the rules that can match finds every rule that the slow way finds; claims are filled and bounded."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fingerprints import Library
from fingerprints.match import (
    CLAIM_LIMIT,
    EXCERPT,
    REMEMBERED,
    REMEMBERED_LENGTH,
    REMEMBERED_LONG,
    TELLING,
    Matcher,
    Rule,
    fill,
)
from fingerprints.rules import Fingerprint
from scanner.model import Claim, Fields

FINGERPRINTS = Library.load().fingerprints
RULES: dict[str, list[Rule]] = {}
for one in FINGERPRINTS:
    for name in one.fields:
        RULES.setdefault(name, []).append(Rule(one))
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
        for rule in RULES[field]
        if rule.search(value, fields)
    ]


def quickly(fields: Fields) -> list[str]:
    return [
        rule.fingerprint.id
        for field, values in fields.items()
        for value in values
        for rule, _ in MATCHER.matches(field, value, "http")
        if not rule.refusal(fields)
    ]


@settings(deadline=None)  # patterns are compiled on their first use
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


@settings(deadline=None)  # patterns are compiled on their first use
@given(st.sampled_from(FIELDS), st.text(max_size=60))
def test_on_any_text_the_quick_way_finds_what_the_slow_way_finds(field: str, text: str) -> None:
    assert quickly({field: (text,)}) == slowly({field: (text,)})


def test_a_claim_whose_groups_are_empty_is_left_out() -> None:
    matcher = Matcher(
        [fingerprint(r"^(?P<model>[A-Z]+)(?P<serial>\d*)$", {"model": "{model}", "serial": "{serial}"})]
    )
    claims = matcher.claims({"html.title": ("ABC",)}, "html")
    assert [(claim.attribute, claim.value) for claim in claims] == [("model", "ABC")]


def test_claims_and_excerpts_are_bounded() -> None:
    matcher = Matcher([fingerprint(r"^(?P<model>.+)$", {"model": "{model}"})])
    [claim] = matcher.claims({"html.title": ("A" * 4000,)}, "html")
    assert len(claim.value) == CLAIM_LIMIT and len(claim.excerpt) == EXCERPT


def test_a_short_match_shows_the_whole_value_as_its_excerpt() -> None:
    matcher = Matcher([fingerprint(r"\d", {"maker": "axis"})])
    [claim] = matcher.claims({"html.title": ("port 8 open",)}, "html")
    assert claim.excerpt == "port 8 open"


def test_a_template_is_filled_from_groups_and_trimmed() -> None:
    assert fill("V{major}.{minor}", {"major": "5", "minor": " 6 "}) == "V5.6"
    assert fill("V{major}", {"major": None}) == ""
    assert fill("fixed", {}) == "fixed"


@pytest.mark.parametrize(
    ("text", "claimed"),
    [
        ("Acme NVR-8 V4.1", {"maker": "acme", "model": "NVR-8", "firmware": "4.1"}),
        ("Acme NVR-8", {"maker": "acme", "model": "NVR-8"}),
        ("Acme  V4.1", {"maker": "acme", "firmware": "4.1"}),
        ("Acme", {"maker": "acme"}),
    ],
)
def test_claims_are_filled_from_the_groups_that_took_part(text: str, claimed: dict[str, str]) -> None:
    pattern = r"^Acme(?: (?P<model>[A-Z0-9-]*))?(?: V(?P<version>[0-9.]+))?$"
    wanted = {"maker": "acme", "model": "{model}", "firmware": "{version}"}
    claims = Matcher([fingerprint(pattern, wanted)]).claims({"html.title": (text,)}, "html")
    assert {claim.attribute: claim.value for claim in claims} == claimed


def test_a_claim_tells_its_fingerprint_its_strength_and_where_it_was_seen() -> None:
    matcher = Matcher([fingerprint("Acme [0-9]+", {"maker": "acme"})])
    claims = matcher.claims({"html.title": ("the Acme 12 login",)}, "upnp-xml")
    assert claims == [Claim("test", "maker", "acme", "strong", "upnp-xml", "Acme 12")]


def test_an_excerpt_is_the_match_as_soon_as_the_match_tells_something() -> None:
    matcher = Matcher([fingerprint("[0-9]+", {"maker": "acme"})])
    telling = "1" * TELLING
    claims = matcher.claims({"html.title": (f"no {telling}", f"no {telling[1:]}")}, "html")
    assert [claim.excerpt for claim in claims] == [telling, f"no {telling[1:]}"]


def test_the_whole_value_shown_for_a_short_match_is_bounded_too() -> None:
    [claim] = Matcher([fingerprint("^A", {"maker": "acme"})]).claims({"html.title": ("A" * 4000,)}, "html")
    assert len(claim.excerpt) == EXCERPT


def test_a_limit_that_falls_into_blanks_leaves_none_at_the_end() -> None:
    assert fill("{model}!", {"model": "A" * CLAIM_LIMIT}) == "A" * CLAIM_LIMIT
    assert fill("{one} {two}", {"one": "A" * (CLAIM_LIMIT - 1), "two": "B"}) == "A" * (CLAIM_LIMIT - 1)
    assert fill("{model}", {"model": " \t "}) == ""


def test_a_rule_is_tried_on_every_value_of_each_of_its_fields_and_on_no_other() -> None:
    two = msgspec.structs.replace(fingerprint("^Acme", {"maker": "acme"}), field=("html.title", "rtsp.realm"))
    fields = {"html.title": ("Acme 1", "Bolt", "Acme 2"), "rtsp.realm": ("Acme 3",), "http.server": ("Acme",)}
    assert len(Matcher([two]).claims(fields, "html")) == 3


SEVERAL = msgspec.structs.replace(
    fingerprint("^Webs$", {"maker": "acme"}),
    also={"http.cookie": "^Acme", "http.realm": "^IP Camera"},
    unless={"http.header": "^X-Bolt", "rtsp.realm": "^Bolt"},
)
MET: Fields = {"html.title": ("Webs",), "http.cookie": ("id", "Acme-1"), "http.realm": ("IP Camera(1)",)}


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        ({}, ""),
        ({"http.header": ("Date", "Server"), "rtsp.realm": ("Acme",)}, ""),
        ({"http.cookie": ("id",)}, "http.cookie does not match '^Acme'"),
        ({"http.realm": ()}, "http.realm does not match '^IP Camera'"),
        ({"http.header": ("Date", "X-Bolt: 1")}, "http.header matches '^X-Bolt'"),
        ({"rtsp.realm": ("Bolt 4",)}, "rtsp.realm matches '^Bolt'"),
    ],
)
def test_all_further_conditions_hold_or_the_one_that_fails_is_named(change: Fields, refusal: str) -> None:
    fields, rule = {**MET, **change}, Rule(SEVERAL)
    assert bool(Matcher([SEVERAL]).claims(fields, "http")) is (refusal == "")
    assert rule.matched("Webs") and rule.refusal(fields) == refusal


def test_a_remembered_value_still_answers_to_the_conditions_of_each_reply() -> None:
    matcher = Matcher([SEVERAL])
    assert matcher.claims(MET, "http") and matcher.claims(MET, "http")
    assert not matcher.claims({**MET, "http.realm": ()}, "http")
    assert matcher.matches.cache_info().hits == 2


def test_what_waits_for_a_maker_counts_only_once_that_maker_is_named() -> None:
    waiting = msgspec.structs.replace(fingerprint("^Webs$", {"model": "W"}), after=("acme", "bolt"))
    fields, matcher = {"html.title": ("Webs",)}, Matcher([waiting])
    assert not matcher.claims(fields, "html") and not matcher.claims(fields, "html", {"other"})
    assert matcher.claims(fields, "html", {"bolt"})


def test_long_values_are_remembered_apart_and_fewer_of_them() -> None:
    matcher = Matcher([fingerprint("^A", {"maker": "acme"})])
    for length in (REMEMBERED_LENGTH, REMEMBERED_LENGTH + 1, REMEMBERED_LENGTH + 2):
        assert matcher.claims({"html.title": ("A" * length,)}, "html")
    assert (matcher.matches.cache_info().currsize, matcher.matches_of_long.cache_info().currsize) == (1, 2)
    sizes = [matcher.matches.cache_info().maxsize, matcher.matches_of_long.cache_info().maxsize]
    assert sizes == [REMEMBERED, REMEMBERED_LONG] and REMEMBERED_LONG < REMEMBERED


def test_on_its_own_examples_every_field_finds_what_the_slow_way_finds() -> None:
    for one in FINGERPRINTS:
        for example in one.matches:
            text = example if isinstance(example, str) else example["text"]
            fields = {one.fields[0]: (text,)}
            assert quickly(fields) == slowly(fields)
