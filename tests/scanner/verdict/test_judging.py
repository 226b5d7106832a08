"""Gone, or only not seen: what weeks of looking prove about a camera that was taken out."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.identifiers import Identifier
from scanner.verdict.judging import Verdict, find
from scanner.verdict.looks import Taken
from scanner.verdict.rule import Rule
from tests.scanner.verdict.stage import NETWORK, Stage, excluding, removed, serial


def texts(verdict: Verdict) -> str:
    return "\n".join(reason.text for reason in verdict.reasons) + "\n" + "\n".join(verdict.missing)


def test_a_removed_camera_is_verified_by_enough_conclusive_looks() -> None:
    verdict = removed().verdict()
    assert verdict.verdict == "verified-removed" and verdict.missing == ()
    assert (
        "4 conclusive looks over 21 days did not see it, the last on 2026-02-23; at least 6 of 6 control"
        in texts(verdict)
    )
    assert verdict.reasons[2].runs == ("week4", "week5", "week6", "week7")
    assert "it was seen in 3 of 3 runs before" in texts(verdict)


def test_two_looks_are_not_enough_and_it_says_how_many_are_missing() -> None:
    verdict = removed(after=2).verdict()
    assert verdict.verdict == "not-seen"
    assert verdict.missing == ("1 more conclusive look", "7 more days between the first and the last")


def test_three_looks_in_one_week_are_not_spread_enough() -> None:
    stage = removed(after=0)
    for day in (28, 29, 30, 31):
        stage.week(days=day)
    assert stage.verdict().missing == ("11 more days between the first and the last",)


INCONCLUSIVE: list[tuple[str, dict[str, Any], str]] = [
    ("interrupted", {"outcome": "interrupted"}, "it was interrupted"),
    ("killed", {"outcome": None}, "it never recorded its end"),
    ("incomplete", {"outcome": "incomplete"}, "it was incomplete"),
    ("excluded", {"coverage": excluding("10.20.0.9")}, "10.20.0.9 was excluded"),
    ("a network excluded", {"coverage": excluding("10.20.0.0/28")}, "10.20.0.9 was excluded"),
    ("not asked", {"coverage": {"asked": ("10.20.0.64-10.20.0.255",)}}, "10.20.0.9 was not asked"),
    ("multicast unusable", {"coverage": {"unusable": {"sadp": "the port is held"}}}, "sadp could not be used"),
    ("other interface", {"coverage": {"interfaces": ("eth1",)}}, "it did not look from eth0"),
    ("mute", {"coverage": {"mute": ("10.20.0.9",)}}, "something at 10.20.0.9 answered"),
    ("uplink unplugged", {"only": ()}, "only 0 of 6 control devices answered"),
    ("half of it dark", {"only": ("other0", "other1", "other2")}, "only 3 of 6 control devices answered"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("run", "why"), [row[1:] for row in INCONCLUSIVE], ids=[row[0] for row in INCONCLUSIVE]
)
def test_looks_that_could_not_have_seen_it_never_verify_anything(run: dict[str, Any], why: str) -> None:
    stage = removed(after=8, **run)
    stage.week()  # after which it is known who was alive all the time
    verdict = stage.verdict()
    assert verdict.verdict == "not-seen"
    assert why in texts(verdict)
    assert len([look for look in verdict.looks if look.conclusive]) == 1


def test_a_broken_multicast_path_is_seen_by_the_devices_that_should_have_answered() -> None:
    """The run itself notices nothing: all that answers does so over TCP."""
    stage = removed(after=0)
    for where in stage.where.values():
        where["channels"] = frozenset({"link", "tcp"})
    for _ in range(6):
        stage.week()
    verdict = stage.verdict()
    assert verdict.verdict == "not-seen"
    assert "only 0 of 6 control devices answered by sadp in eth0" in texts(verdict)


def test_a_camera_that_nobody_recorded_as_removed_is_only_quiet() -> None:
    stage = removed()
    stage.removals.clear()
    verdict = stage.verdict()
    assert verdict.verdict == "not-seen"
    assert "nobody recorded it as removed" in texts(verdict)
    assert verdict.missing == ("a record of its removal, if it was removed: camcensus removal record camera",)
    assert [one.device for one in find(stage.told(), Rule())] == ["camera"]


def test_a_camera_seen_after_its_removal_is_still_present() -> None:
    stage = Stage()
    for _ in range(4):
        stage.week()
    stage.removals["camera"] = Taken(id="r1", gone=stage.runs[-1].started + timedelta(days=1))
    stage.week()
    assert stage.verdict().verdict == "still-present"
    stage.where["camera"]["address"] = "10.20.0.77"
    stage.week()
    assert stage.verdict().verdict == "still-present" and "at 10.20.0.77" in texts(stage.verdict())


def test_a_camera_that_was_missed_and_came_back_has_returned() -> None:
    stage = removed(after=5)
    assert stage.verdict().verdict == "verified-removed"
    stage.where["camera"] = {"address": "10.20.0.9"}
    stage.week()
    verdict = stage.verdict()
    assert verdict.verdict == "returned" and "5 conclusive looks in between did not see it" in texts(verdict)


def test_a_camera_that_turns_up_at_another_site_has_moved() -> None:
    stage = removed(after=4)
    stage.where["camera"] = {"address": "10.30.0.9"}
    stage.week(only=("camera",), site="leeds", coverage={"targets": ("10.30.0.0/24",)})
    verdict = stage.verdict()
    assert verdict.verdict == "moved" and "10.30.0.9, site leeds" in texts(verdict)


def test_addresses_that_nobody_has_asked_since_leave_it_open_where_it_is_now() -> None:
    stage = removed(after=5, coverage=excluding("10.20.0.200"))
    verdict = stage.verdict()
    assert verdict.verdict == "not-seen"
    assert "a complete run over 10.20.0.200 (1 addresses of its site that nobody has asked since" in texts(
        verdict
    )
    assert stage.verdict(rule=Rule(unasked=1)).verdict == "verified-removed"
    stage.week()
    assert stage.verdict().verdict == "verified-removed"


def test_a_newcomer_that_nothing_tells_from_it_may_be_it() -> None:
    stage = removed(after=1)
    stage.add("unknown", "10.20.0.50", identifiers=(), maker=None)
    stage.where["unknown"] |= {"by": frozenset(), "channels": frozenset({"tcp"})}
    for _ in range(4):
        stage.week()
    assert "proof that it is not unknown" in texts(stage.verdict())
    assert stage.verdict().verdict == "not-seen"
    stage.units["unknown"] = msgspec.structs.replace(stage.units["unknown"], identifiers=serial("another"))
    assert stage.verdict().verdict == "verified-removed"


def test_a_newcomer_at_another_site_may_be_it_too_for_a_rule_that_says_so() -> None:
    """Otherwise the verdict is about the building that it was in."""
    stage = removed(after=1)
    stage.add("unknown", "10.30.0.50", identifiers=(), maker=None)
    stage.where["unknown"] |= {"by": frozenset(), "channels": frozenset({"tcp"}), "interface": None}
    stage.week(only=["unknown"], site="leeds", coverage={"targets": ("10.30.0.0/24",), "interfaces": ()})
    del stage.where["unknown"]
    for _ in range(4):
        stage.week()
    anywhere = stage.verdict(rule=Rule(newcomers="anywhere"))
    assert anywhere.verdict == "not-seen" and "proof that it is not unknown" in texts(anywhere)
    assert stage.verdict().verdict == "verified-removed"


def test_a_newcomer_that_again_and_again_says_less_than_it_did_is_no_other_name_of_it() -> None:
    """The camera told its serial number in each SADP reply; the newcomer answers SADP, and tells nothing."""
    stage = removed(after=1)
    stage.add("unknown", "10.20.0.50", identifiers=(), maker=None)
    stage.where["unknown"]["by"] = frozenset()
    stage.week()
    stage.week()
    assert "proof that it is not unknown" in texts(stage.verdict())
    stage.week()
    assert stage.verdict().verdict == "verified-removed"


def test_the_second_port_of_a_recorder_is_no_other_unit() -> None:
    stage = removed(after=1)
    stage.units["camera"] = msgspec.structs.replace(
        stage.units["camera"], identifiers=(Identifier("mac", "44:19:b6:12:34:56"),)
    )
    stage.add("port", "10.20.0.50", identifiers=(Identifier("mac", "44:19:b6:12:34:57"),))
    for _ in range(4):
        stage.week()
    assert stage.verdict().verdict == "not-seen"
    stage.units["port"] = msgspec.structs.replace(
        stage.units["port"], identifiers=(Identifier("mac", "3c:ef:8c:12:34:57"),)
    )
    assert stage.verdict().verdict == "verified-removed"


def test_a_device_known_by_its_address_alone_is_never_verified_by_absence() -> None:
    stage = Stage()
    stage.where["camera"]["by"] = frozenset()
    for _ in range(4):
        stage.week()
    stage.gone()
    for _ in range(9):
        stage.week()
    verdict = stage.verdict()
    assert verdict.verdict == "not-seen" and "known by its address alone" in texts(verdict)


def test_devices_that_fell_silent_together_may_be_behind_a_dead_switch() -> None:
    stage = Stage(others=40)
    dark = ("other1", "other2", "other3")
    for _ in range(4):
        stage.week()
    stage.gone()
    for _ in range(6):
        stage.week(*dark)
    verdict = stage.verdict()
    assert verdict.verdict == "not-seen" and "they fell silent together" in texts(verdict)
    stage.week()  # they are back, and it is not
    assert stage.verdict().verdict == "verified-removed"


def test_a_switch_at_which_nothing_answers_proves_nothing() -> None:
    stage = removed()
    for id in ("camera", "other0"):
        stage.units[id] = msgspec.structs.replace(stage.units[id], switch="sw-3")
    assert stage.verdict().verdict == "verified-removed"
    stage = removed(after=0)
    for id in ("camera", "other0"):
        stage.units[id] = msgspec.structs.replace(stage.units[id], switch="sw-3")
    for _ in range(5):
        stage.week("other0")
    assert stage.verdict().verdict == "not-seen"
    assert "no other device at switch sw-3 answered" in texts(stage.verdict())


def test_a_camera_that_was_often_missed_before_needs_more_looks() -> None:
    stage = Stage()
    for number in range(8):
        stage.week(*(["camera"] if number % 2 else []))
    stage.gone()
    for _ in range(4):
        stage.week()
    verdict = stage.verdict()
    assert verdict.verdict == "not-seen" and "it was seen in 3 of 7 runs before" in texts(verdict)
    assert "more conclusive looks: these missed it by chance in 9.5 %, more than 1 %" in verdict.missing
    for _ in range(4):
        stage.week()
    assert stage.verdict().verdict == "verified-removed"


def test_another_unit_at_its_address_replaces_it_but_proves_no_removal() -> None:
    stage = removed(after=0)
    stage.add("new", "10.20.0.9", identifiers=serial("new"))
    stage.week()
    verdict = stage.verdict()
    assert verdict.verdict == "replaced"
    assert "new, another unit, is at 10.20.0.9 since" in texts(verdict)
    assert "2 more conclusive looks" in verdict.missing


def test_its_replacement_at_its_port_of_the_switch_halves_what_is_needed() -> None:
    stage = removed(after=0)
    stage.add("new", "10.20.0.90", identifiers=serial("new"))
    for id in ("camera", "new"):
        stage.units[id] = msgspec.structs.replace(stage.units[id], switch="sw-3", switch_port="7")
    stage.week()
    assert stage.verdict().verdict == "replaced"
    stage.week()
    verdict = stage.verdict()
    assert verdict.verdict == "verified-removed"
    assert "new, another unit, is at port 7 of switch sw-3 since" in texts(verdict)


def test_the_last_cameras_of_a_network_are_proved_by_what_else_answers() -> None:
    """Nobody speaks SADP any more when all such units are gone; the MAC addresses still tell that the way is open."""
    stage = Stage(others=6)
    for number in range(6):
        stage.where[f"other{number}"]["channels"] = frozenset({"link", "tcp"})
    for _ in range(4):
        stage.week()
    stage.gone()
    for _ in range(4):
        stage.week()
    assert stage.verdict().verdict == "verified-removed"


def test_a_network_without_other_devices_cannot_be_verified_by_absence() -> None:
    stage = Stage(others=2)
    for _ in range(4):
        stage.week()
    stage.gone()
    for _ in range(9):
        stage.week()
    assert stage.verdict().verdict == "not-seen"
    assert "fewer than 3 control devices in eth0 answer by link or sadp" in texts(stage.verdict())


def test_routed_cameras_are_judged_by_their_own_network() -> None:
    """Another network of the site answers well; the line to this one is cut."""
    routed = {
        "interface": None,
        "reachable": "routed",
        "channels": frozenset({"tcp"}),
        "by": frozenset({"tcp"}),
    }
    both = {"targets": (NETWORK, "10.21.0.0/24"), "interfaces": ()}
    stage = Stage()
    for number in range(8):
        stage.add(f"far{number}", f"10.21.0.{number}")
    for where in stage.where.values():
        where |= routed
    for _ in range(4):
        stage.week(coverage=both)
    stage.gone()
    far = [f"far{number}" for number in range(8)]
    for _ in range(5):
        stage.week(only=far, coverage=both)
    assert stage.verdict().verdict == "not-seen"
    for _ in range(4):
        stage.week(coverage=both)
    assert stage.verdict().verdict == "verified-removed"


def test_the_day_of_the_removal_proves_nothing() -> None:
    stage = removed(after=0)
    stage.removals["camera"] = Taken(id="r1", gone=stage.runs[-1].started + timedelta(days=30))
    for _ in range(4):
        stage.week()
    assert stage.verdict().verdict == "not-seen" and "no run has looked there since" in texts(stage.verdict())


@given(
    st.lists(st.sampled_from(["good", "excluded", "interrupted", "dark", "broken", "elsewhere"]), max_size=12)
)
def test_only_conclusive_looks_ever_count(weeks: list[str]) -> None:
    kinds: dict[str, dict[str, Any]] = {
        "good": {}, "excluded": {"coverage": excluding("10.20.0.9")}, "interrupted": {"outcome": "interrupted"},
        "dark": {"only": ()}, "broken": {"coverage": {"unusable": {"sadp": "held"}}},
        "elsewhere": {"coverage": {"interfaces": ("eth1",), "targets": ("10.99.0.0/24",)}},
    }  # fmt: skip
    stage = removed(after=0)
    for week in weeks:
        stage.week(**kinds[week])
    verdict = stage.verdict()
    good = [number for number, week in enumerate(weeks) if week == "good"]
    conclusive = [look.run for look in verdict.looks if look.conclusive]
    assert set(conclusive) <= {f"week{4 + number}" for number in good}
    assert verdict.verdict in ("verified-removed", "not-seen")
    if len(good) < 3 or good[-1] - good[0] < 2:
        assert verdict.verdict == "not-seen" and verdict.missing
