"""Each priority is a number with the lines that it is made of, and what hangs together changes together."""

from __future__ import annotations

import functools
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fingerprints.flaws import Exposure
from scanner.errors import CamcensusError
from scanner.inventory import Device
from scanner.phase_out import dependence
from scanner.phase_out.dependence import ties
from scanner.phase_out.priority import DEFAULT, Priority, Weights, priorities, weights
from tests.scanner.phase_out.units import device

TODAY = date(2026, 11, 25)


def flaw(state: Any = "affected", kev: bool = False, cvss: float | None = 7.5) -> Exposure:
    return Exposure(
        cve="CVE-2021-36260", title="a flaw", state=state, why="as stated", kev=TODAY if kev else None,
        kev_due=None, kev_known=TODAY, cvss=cvss, certainty="high", fixed_in="", source="https://example.org",
    )  # fmt: skip


@functools.cache
def usual() -> Weights:
    return weights()


def priority(
    one: Device, *flaws: Exposure, sensitivity: str | None = None, path: Path | None = None
) -> Priority:
    found = priorities(
        [one], {one.id: flaws}, (), {one.site or "": sensitivity}, weights(path) if path else usual(), TODAY
    )
    return found[one.id]


def test_an_exploited_flaw_weighs_most_then_a_grave_one_then_any_then_a_possible_one() -> None:
    numbers = [
        priority(device(), *flaws).number
        for flaws in (
            [flaw(kev=True)], [flaw(cvss=9.8)], [flaw()], [flaw("unknown", kev=True)], [flaw("unknown")], [],
        )
    ]  # fmt: skip
    assert numbers == sorted(numbers, reverse=True) and len(set(numbers)) == len(numbers)


def test_a_flaw_that_is_fixed_is_none() -> None:
    assert priority(device(), flaw("fixed", kev=True)).number == priority(device()).number


def test_a_critical_site_comes_before_one_of_which_nothing_was_said() -> None:
    hq = device(site="hq")
    assert (
        priority(hq, sensitivity="critical").number
        > priority(hq).number
        > priority(hq, sensitivity="low").number
    )
    assert "was not said: taken as normal" in priority(hq).reasons[0].text


def test_the_lines_add_up_to_the_number() -> None:
    one = priority(device(site="hq"), flaw(kev=True), sensitivity="critical")
    assert one.number == round(sum(line.points for line in one.reasons)) == 70
    assert [line.part for line in one.reasons] == ["site", "flaws", "end of life"]


def test_an_end_of_life_counts_only_with_a_source_and_is_else_not_known(tmp_path: Path) -> None:
    assert "not known" in priority(device(model="DS-2CD2032-I")).reasons[2].text
    ends = '\n[[ends]]\nmaker = "hikvision"\nmodels = "DS-2CD20?2*"\non = {day}\nsource = "{source}"\n'
    path = tmp_path / "weights.toml"

    def line(day: str, model: str = "DS-2CD2032-I") -> tuple[float, str]:
        path.write_text(DEFAULT.read_text() + ends.format(day=day, source="notice 7"))
        found = priority(device(model=model), path=path).reasons[2]
        return found.points, found.text

    assert line("2023-12-31") == (15, "support ended on 2023-12-31 (notice 7)")
    assert line("2027-03-31") == (8, "support ends on 2027-03-31 (notice 7)")
    assert line("2029-03-31")[0] == 0
    assert line("2023-12-31", "DS-2CD2143G2-I")[0] == 0
    path.write_text(DEFAULT.read_text() + ends.format(day="2023-12-31", source=" "))
    with pytest.raises(CamcensusError, match="has no source"):
        weights(path)


@pytest.mark.parametrize(
    ("old", "new"),
    [("low      = 0", "low = -1"), ("full_at   = 16", "full_at = 0"), ("[site]", "[places]"), ("= 45", "= many")],
)  # fmt: skip
def test_a_file_of_weights_that_makes_no_sense_is_refused(tmp_path: Path, old: str, new: str) -> None:
    (path := tmp_path / "weights.toml").write_text(DEFAULT.read_text().replace(old, new, 1))
    with pytest.raises(CamcensusError, match="begin with a copy of"):
        weights(path)


@given(
    st.lists(st.builds(flaw, st.sampled_from(["affected", "unknown", "fixed"]), st.booleans()), max_size=4)
)
def test_a_priority_lies_between_nothing_and_a_hundred(flaws: list[Exposure]) -> None:
    assert 0 <= priority(device(site="hq"), *flaws, sensitivity="critical").number <= 100


def recorder(id: str, **said: Any) -> Device:
    return device(id, category="nvr", address="10.20.0.10", site="hq", **said)


def test_a_camera_on_the_list_of_a_recorder_hangs_on_it_for_sure() -> None:
    body = b"<InputProxyChannelList><InputProxyChannel><ipAddress>10.20.0.21</ipAddress></InputProxyChannel>"
    camera, other = (
        device("c1", address="10.20.0.21", site="hq"),
        device("c2", address="10.20.0.22", site="hq"),
    )
    found = ties([recorder("r1"), recorder("r2"), camera, other], {"r1": dependence.addresses(body)}, {"c1"})
    assert [(one.camera, one.recorder, one.certainty, one.order) for one in found] == [
        ("c1", "r1", "known", "either")
    ]


def test_with_two_recorders_and_no_list_nobody_says_which() -> None:
    camera = device("c1", address="10.20.0.21", site="hq")
    assert ties([recorder("r1"), recorder("r2"), camera], {}, set()) == ()
    (only,) = ties([recorder("r1"), camera], {}, set())
    assert (only.recorder, only.certainty, only.order) == ("r1", "expected", "with")


def test_the_only_recorder_of_no_site_has_no_cameras() -> None:
    assert ties([device("r1", category="nvr"), device("c1")], {}, set()) == ()


def test_a_camera_at_the_port_of_its_recorder_changes_with_it_and_is_as_urgent() -> None:
    port = {"switch": "sw1", "switch_port": "7"}
    camera, nvr = device("c1", site="hq", **port), recorder("r1", **port)
    (tie,) = ties([nvr, camera], {}, {"c1"})
    assert (tie.certainty, tie.order) == ("known", "with")
    found = priorities([nvr, camera], {"r1": [flaw(kev=True)]}, [tie], {}, weights(), TODAY)
    assert found["c1"].number == found["r1"].number
    assert found["c1"].reasons[-1].text == f"raised from {10}: it changes together with r1"


def test_a_camera_that_is_only_expected_to_hang_there_is_not_raised() -> None:
    camera, nvr = device("c1", site="hq"), recorder("r1")
    found = priorities(
        [nvr, camera], {"r1": [flaw(kev=True)]}, ties([nvr, camera], {}, set()), {}, weights(), TODAY
    )
    assert found["c1"].number < found["r1"].number


def test_cameras_that_answer_in_onvif_or_meet_another_maker_may_go_first() -> None:
    for onvif, maker, order in (
        ({"c1"}, "hikvision", "either"),
        (set(), "dahua", "either"),
        (set(), "hikvision", "with"),
    ):
        (tie,) = ties([recorder("r1"), device("c1", site="hq", maker=maker)], {}, onvif)
        assert tie.order == order
