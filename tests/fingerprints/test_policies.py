"""Which policies name a maker, and what they demand."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import msgspec
import pytest

from fingerprints.library import Library
from fingerprints.policies import FILE, Policy, all_policies, policies
from fingerprints.rules import Defect
from scanner.evidence.requirements import REQUIREMENTS

KNOWN = {one.id: one for one in policies()}


def covering(maker: str) -> set[str]:
    return {one.id for one in KNOWN.values() if maker in one.makers}


def test_the_ids_on_which_inventories_rely_are_kept_with_their_dates() -> None:
    assert {id: one.since for id, one in KNOWN.items()} == {
        "us-ndaa-889": date(2019, 8, 13),
        "us-federal-grants": date(2020, 8, 13),
        "us-fcc-covered-list": date(2021, 3, 12),
        "uk-sensitive-sites": date(2022, 11, 24),
        "au-commonwealth": date(2023, 2, 9),
        "ca-federal": date(2025, 6, 27),
    }


def test_the_canadian_order_is_about_hikvision_alone() -> None:
    assert covering("hikvision") - covering("dahua") == {"ca-federal"}
    assert covering("dahua") < covering("hikvision") and covering("axis") == set()


def test_a_unit_is_covered_by_who_made_it_and_the_library_knows_the_same_policies() -> None:
    assert {one.id for one in Library.load().policies} == set(KNOWN)


@pytest.mark.parametrize("policy", KNOWN.values(), ids=KNOWN.keys())
def test_every_policy_says_in_one_sentence_what_it_demands_and_how_old_that_is(policy: Policy) -> None:
    assert policy.demands.endswith(".") and policy.demands[:-1].count(". ") == 0
    assert policy.known and policy.since <= policy.known <= date(2026, 12, 31)
    assert policy.note, "where subsidiaries and relabels stand, or what is not sure"


@pytest.mark.parametrize("policy", KNOWN.values(), ids=KNOWN.keys())
def test_the_page_about_policies_has_a_section_for_each(policy: Policy) -> None:
    page = Path(__file__).parents[2] / "docs" / "explanation" / "policies.md"
    assert f"## `{policy.id}`" in page.read_text(encoding="utf-8")


PROOFS = {one.id: one.removal for one in all_policies().values() if one.removal}


@pytest.mark.parametrize("id", ["us-ndaa-889", "us-fcc-covered-list", "uk-sensitive-sites", "au-commonwealth",
                                "my-organisation"])  # fmt: skip
def test_what_a_removal_has_to_show_is_said_with_its_certainty(id: str) -> None:
    assert PROOFS[id].basis.endswith(".") and PROOFS[id].covers.endswith(".")
    assert {"maker", "at"} <= set(PROOFS[id].record) <= REQUIREMENTS.keys()


def test_both_parts_of_section_889_and_both_reports_are_told() -> None:
    it = PROOFS["us-ndaa-889"]
    assert [part.cites[-9:] for part in it.parts] == ["(a)(1)(A)", "(a)(1)(B)"]
    assert [part.since for part in it.parts] == [date(2019, 8, 13), date(2020, 8, 13)]
    assert [notice.within.split(" business")[0] for notice in it.notices] == ["1", "10"]
    assert {"brand", "supplier name", "item description"} <= set(it.notices[0].holds)


def test_the_neutral_policy_covers_nothing() -> None:
    assert "my-organisation" in all_policies() and "my-organisation" not in KNOWN


def test_what_a_removal_has_to_show_decides_nothing_about_devices() -> None:
    known = Library.load()
    bare = [msgspec.structs.replace(one, removal=None) for one in known.policies]
    makers, brands = tuple(known.makers.values()), tuple(known.brands.values())
    assert Library(known.fingerprints, makers, brands, bare, known.blocks).version == known.version


GOOD = """[[policy]]
id = "one"
name = "One"
jurisdiction = "Somewhere"
makers = ["dahua"]
since = 2020-01-01
demands = "Nobody buys it."
source = "https://example.org/one"
certainty = "high"
known = 2021-01-01
"""


def test_a_sound_file_is_read(tmp_path: Path) -> None:
    (tmp_path / "policies.toml").write_text(GOOD)
    assert [one.id for one in policies(tmp_path / "policies.toml")] == ["one"]


@pytest.mark.parametrize(
    ("text", "line", "why"),
    [
        ("[[policy]", 1, ""),
        (GOOD.replace("2020-01-01", "2020-02-31"), 6, ""),
        (GOOD + 'until = "never"\n', 11, "until"),
        (GOOD + GOOD, 11, "twice"),
        (GOOD.replace('"one"', '"One policy"'), 1, "small letters"),
        (GOOD.replace('"dahua"', '"acme"'), 1, "hikvision, dahua"),
        (GOOD.replace('["dahua"]', "[]"), 1, "hikvision, dahua"),
        (GOOD.replace('"One"', '" "'), 1, "name"),
        (GOOD.replace('"Nobody buys it."', '""'), 1, "demands"),
        (GOOD.replace('"Somewhere"', '""'), 1, "jurisdiction"),
        (GOOD.replace("https://example.org/one", "a letter"), 1, "source"),
        (GOOD.replace('"high"', '"sure"'), 9, "sure"),
        (GOOD.replace("known = 2021-01-01\n", ""), 1, "known"),
        (GOOD.replace("2021-01-01", "2019-01-01"), 1, "known"),
        (
            GOOD + '[policy.removal]\ncovers = "All."\nrecord = []\nbasis = " "\ncertainty = "low"\n',
            1,
            "basis",
        ),
        (GOOD + '[policy.removal]\ncovers = "All."\nrecords = []\n', 1, "removal"),
    ],
)
def test_a_file_that_cannot_be_used_is_named_with_the_line(
    tmp_path: Path, text: str, line: int, why: str
) -> None:
    file = tmp_path / "wrong.toml"
    file.write_text(text)
    with pytest.raises(Defect, match=f"wrong.toml:{line}:") as raised:
        policies(file)
    assert why in raised.value.why


def test_the_file_that_comes_with_camcensus_is_the_one_that_is_read() -> None:
    assert policies(FILE) == policies()
