"""A scenario gives every unit that is not ordered yet a phase and a date, and breaks no tie."""

from __future__ import annotations

import itertools
from datetime import date

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from scanner.phase_out.dependence import Tie
from scanner.phase_out.plan import Unit
from scanner.phase_out.scenarios import SCENARIOS, Scenario, applied, phases, schedule, week_end
from tests.scanner.phase_out.units import unit

MONDAY = date(2027, 1, 4)


def urgent(id: str, priority: int, **said: object) -> Unit:
    return unit(id, item={"priority": priority}, **said)


def tied(camera: Unit, recorder: str) -> Unit:
    tie = Tie(camera=camera.device.id, recorder=recorder, certainty="known", order="with", basis="", why="")
    return msgspec.structs.replace(camera, hangs_on=(tie,))


def test_the_most_urgent_come_first_as_many_a_week_as_can_be_done() -> None:
    units = [urgent(f"d{n}", 10 * n) for n in range(1, 6)]
    slots = schedule(units, "all-at-once", MONDAY, 2)
    assert {id: str(slot.due) for id, slot in slots.items()} == {
        "d5": "2027-01-08", "d4": "2027-01-08", "d3": "2027-01-15", "d2": "2027-01-15", "d1": "2027-01-22",
    }  # fmt: skip
    assert {slot.phase for slot in slots.values()} == {"1"}


def test_each_site_is_a_phase_and_that_with_the_most_urgent_unit_begins() -> None:
    units = [
        urgent("a", 5, site="hq"),
        urgent("b", 70, site="leeds"),
        urgent("c", 60, site="hq"),
        urgent("d", 1),
    ]
    made = phases(schedule(units, "by-site", MONDAY, 1).values())
    assert [(one.name, one.units) for one in made] == [("1-leeds", 1), ("2-hq", 2), ("3-no site", 1)]


def test_a_camera_that_has_to_change_with_its_recorder_does_so_in_the_same_week() -> None:
    recorder = urgent("r1", 10, category="nvr", model="DS-7616NI-K2/16P")
    units = [urgent("c1", 90), recorder, tied(urgent("c2", 20), "r1"), tied(urgent("c3", 5), "r1")]
    first = schedule(units, "recorders-first", MONDAY, 3)
    assert [id for id, slot in first.items() if slot.phase == "1-recorders"] == ["r1", "c2", "c3"]
    for name in SCENARIOS:
        slots = schedule(units, name, MONDAY, 1)
        assert slots["r1"] == slots["c2"] == slots["c3"]


def test_what_is_ordered_gone_or_kept_keeps_its_date() -> None:
    units = [
        unit(state, item={"state": state}) for state in ("found", "planned", "ordered", "removed", "kept")
    ]
    slots = schedule(units, "all-at-once", MONDAY, 5)
    assert set(slots) == {"found", "planned"}
    assert [one.item.due for one in applied(units, slots)] == [slots["found"].due] * 2 + [None] * 3


def test_a_week_ends_on_its_last_working_day_whenever_it_begins() -> None:
    begins = (MONDAY, date(2027, 1, 6), date(2027, 1, 9), date(2027, 1, 10))
    assert [week_end(day, 0).isoformat() for day in begins] == [
        "2027-01-08", "2027-01-12", "2027-01-15", "2027-01-15",
    ]  # fmt: skip
    assert week_end(MONDAY, 52) == date(2028, 1, 7)


@given(
    st.lists(
        st.tuples(st.integers(0, 100), st.sampled_from([None, "hq", "leeds"]), st.booleans()), max_size=25
    ),
    st.sampled_from(SCENARIOS),
    st.integers(1, 7),
    st.dates(date(2026, 1, 1), date(2030, 1, 1)),
)
def test_every_unit_gets_a_working_day_and_no_week_more_than_can_be_done(
    some: list[tuple[int, str | None, bool]], scenario: Scenario, per_week: int, start: date
) -> None:
    units = [
        urgent(f"d{n}", priority, site=site, category="nvr" if recorder else "camera")
        for n, (priority, site, recorder) in enumerate(some)
    ]
    slots = schedule(units, scenario, start, per_week)
    assert set(slots) == {one.device.id for one in units}
    days = [slot.due for slot in slots.values()]
    assert all(day >= start for day in days) and max(map(days.count, days), default=0) <= per_week
    made = phases(slots.values())
    assert sum(one.units for one in made) == len(units)
    assert all(one.last <= other.first for one, other in itertools.pairwise(made))
