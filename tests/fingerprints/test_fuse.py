"""How claims become a verdict: the rules of docs/explanation/confidence.md, one test each."""

from __future__ import annotations

import pytest

from fingerprints.fuse import best_value, relabelled, settle_maker
from scanner.model import Claim, Confidence, Protocol, Strength

NAMES = {"hikvision": "Hikvision", "dahua": "Dahua", "axis": "Axis"}


def says(maker: str, strength: Strength, protocol: Protocol = "http") -> Claim:
    return Claim(f"{maker}-{strength}-{protocol}", "maker", maker, strength, protocol, "…")


@pytest.mark.parametrize(
    ("claims", "confidence"),
    [
        ([says("dahua", "decisive", "dhdiscover")], "confirmed"),
        ([says("dahua", "strong", "http"), says("dahua", "strong", "rtsp")], "confirmed"),
        ([says("dahua", "strong")], "probable"),
        ([says("dahua", "strong"), says("dahua", "weak", "mac")], "probable"),
        ([says("dahua", "supporting", "http"), says("dahua", "supporting", "rtsp")], "probable"),
        ([says("dahua", "supporting")], "possible"),
        ([says("dahua", "weak", "mac")], "possible"),
    ],
)
def test_each_sum_of_evidence_has_its_confidence(claims: list[Claim], confidence: Confidence) -> None:
    verdict = settle_maker(claims, NAMES)
    assert (verdict.maker, verdict.confidence, verdict.conflicts) == ("dahua", confidence, ())


def test_two_headers_of_one_web_server_are_one_witness() -> None:
    claims = [
        says("dahua", "strong", "http"),
        says("dahua", "strong", "html"),
        says("dahua", "strong", "favicon"),
    ]
    assert settle_maker(claims, NAMES).confidence == "probable"


def test_weak_witnesses_never_give_more_than_a_suspicion() -> None:
    claims = [says("dahua", "weak", "mac"), says("dahua", "weak", "http"), says("dahua", "weak", "rtsp")]
    assert settle_maker(claims, NAMES).confidence == "possible"


def test_without_evidence_nobody_is_named() -> None:
    verdict = settle_maker([], NAMES)
    assert verdict.maker is None and verdict.confidence == "none"


def test_evenly_matched_contradictions_go_to_a_person() -> None:
    verdict = settle_maker([says("dahua", "strong", "http"), says("hikvision", "strong", "rtsp")], NAMES)
    assert verdict.maker is None and verdict.confidence == "none"
    assert "Dahua" in verdict.conflicts[0] and "Hikvision" in verdict.conflicts[0]


def test_a_contradiction_that_is_outweighed_still_shows_and_costs_confidence() -> None:
    verdict = settle_maker(
        [says("dahua", "decisive", "dhdiscover"), says("hikvision", "strong", "rtsp")], NAMES
    )
    assert (verdict.maker, verdict.confidence) == ("dahua", "probable")
    assert verdict.conflicts == ("Dahua service says Dahua, rtsp says Hikvision",)


def test_a_weak_contradiction_is_no_conflict() -> None:
    verdict = settle_maker([says("dahua", "strong", "http"), says("hikvision", "weak", "mac")], NAMES)
    assert (verdict.maker, verdict.confidence, verdict.conflicts) == ("dahua", "probable", ())


def test_the_best_witness_states_the_model() -> None:
    claims = [
        Claim("title", "model", "IPC", "weak", "html", ""),
        Claim("reply", "model", "IPC-HDW1431T1-S4", "decisive", "dhdiscover", ""),
    ]
    assert best_value(claims) == "IPC-HDW1431T1-S4"
    assert best_value([]) is None


@pytest.mark.parametrize(
    ("maker_name", "brand", "expected"),
    [
        ("Dahua", "Amcrest", True),
        ("Dahua", "Dahua", False),
        ("Dahua", None, None),
        (None, "Amcrest", None),
        ("Hikvision", "EZVIZ", True),
        ("Axis", "Axis", False),
    ],
)
def test_a_unit_is_relabelled_when_another_name_than_the_makers_is_on_it(
    maker_name: str | None, brand: str | None, expected: bool | None
) -> None:
    assert relabelled(maker_name, brand) is expected


def test_a_contradiction_among_makers_that_nobody_seeks_accuses_nobody_and_still_shows() -> None:
    verdict = settle_maker([says("axis", "strong", "snmp"), says("bosch", "strong", "http")], NAMES)
    assert (verdict.maker, verdict.confidence) == ("axis", "possible")
    assert verdict.conflicts


def test_a_contradiction_with_a_maker_that_is_sought_goes_to_a_person() -> None:
    verdict = settle_maker([says("axis", "strong", "snmp"), says("dahua", "strong", "http")], NAMES)
    assert verdict.maker is None and verdict.confidence == "none"


def test_a_name_does_not_silence_the_address_block_of_a_maker_that_is_sought() -> None:
    verdict = settle_maker([says("axis", "supporting", "html"), says("dahua", "weak", "mac")], NAMES)
    assert (verdict.maker, verdict.confidence) == ("axis", "possible")
    assert verdict.conflicts == ("web server says Axis, address block says Dahua",)


@pytest.mark.parametrize("order", [1, -1])
def test_of_two_weak_witnesses_the_one_for_a_maker_that_is_sought_counts_and_the_other_shows(
    order: int,
) -> None:
    verdict = settle_maker([says("axis", "weak", "html"), says("dahua", "weak", "mac")][::order], NAMES)
    assert (verdict.maker, verdict.confidence) == ("dahua", "possible")
    assert verdict.conflicts == ("web server says Axis, address block says Dahua",)


def test_two_witnesses_for_somebody_else_outweigh_an_address_block() -> None:
    claims = [
        says("axis", "supporting", "html"),
        says("axis", "supporting", "rtsp"),
        says("dahua", "weak", "mac"),
    ]
    verdict = settle_maker(claims, NAMES)
    assert (verdict.maker, verdict.confidence, verdict.conflicts) == ("axis", "probable", ())
