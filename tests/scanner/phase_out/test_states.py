"""An item goes from state to state by allowed steps, and an error names them."""

from __future__ import annotations

import contextlib
import itertools
from datetime import date

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.errors import CamcensusError
from scanner.phase_out.items import Item, Wrong, edited, read
from scanner.phase_out.states import (
    ABOUT,
    DATED,
    FORWARD,
    STATES,
    WITH_REASON,
    refusal,
    state_named,
    steps,
)

TODAY = date(2026, 11, 25)


def item(state: str = "found", **said: object) -> Item:
    return Item(device="d2", added="2026-11-01T00:00:00.000000Z", state=state_named(state), **said)  # type: ignore[arg-type]


def test_every_state_has_a_meaning_and_can_be_left() -> None:
    assert set(ABOUT) == set(FORWARD) == set(WITH_REASON) == set(STATES)
    assert all({*FORWARD[state], *WITH_REASON[state]} for state in STATES)


def test_a_unit_goes_from_found_to_verified_in_seven_steps_and_in_no_shorter_way_than_removal() -> None:
    way = STATES[: STATES.index("verified") + 1]
    for before, after in itertools.pairwise(way):
        assert refusal(before, after, "why") is None
    assert refusal("found", "verified", "why") and refusal("planned", "verified", "why")
    assert refusal("installed", "verified", "why")


@pytest.mark.parametrize("state", STATES)
def test_a_refused_step_names_those_that_are_allowed(state: str) -> None:
    before = state_named(state)
    for after in STATES:
        if after != before and after not in (*FORWARD[before], *WITH_REASON[before]):
            refused = refusal(before, after, "why")
            assert refused and steps(before) in refused.fix


def test_keeping_and_going_back_take_a_reason() -> None:
    for before, after in (
        ("planned", "kept"),
        ("ordered", "planned"),
        ("removed", "planned"),
        ("removed", "verified"),
    ):
        refused = refusal(state_named(before), state_named(after), "  ")
        assert refused and "reason" in refused.why
        assert refusal(state_named(before), state_named(after), "leased") is None


def test_a_state_that_does_not_exist_is_refused_with_those_that_do() -> None:
    assert state_named(" Kept-with-reason ") == "kept"
    with pytest.raises(CamcensusError, match="no state 'gone'; choose of: found, confirmed"):
        state_named("gone")


def test_a_step_brings_its_date_and_going_back_takes_it_away() -> None:
    ordered = item("ordered", ordered_on=date(2026, 11, 3))
    assert edited(ordered, {"state": "removed"}, TODAY) == {"state": "removed", "removed_on": "2026-11-25"}
    stated = {"state": "removed", "removed_on": "2026-11-20"}
    assert edited(ordered, stated, TODAY) == stated
    removed = item("removed", ordered_on=date(2026, 11, 3), removed_on=date(2026, 11, 20))
    back = edited(removed, {"state": "planned"}, TODAY, "it is still there")
    assert back == {"state": "planned", "ordered_on": None, "removed_on": None}


def test_a_unit_is_kept_for_a_reason_and_the_reason_goes_when_it_is_not_kept_any_more() -> None:
    kept = edited(item("planned"), {"state": "kept"}, TODAY, "leased until 2028")
    assert kept == {"state": "kept", "kept_on": "2026-11-25", "reason": "leased until 2028"}
    was_kept = item("kept", kept_on=TODAY, reason="leased until 2028")
    assert edited(was_kept, {"state": "planned"}, TODAY, "the lease ended") == {
        "state": "planned", "kept_on": None, "reason": None,
    }  # fmt: skip
    with pytest.raises(Wrong, match="kept for a reason"):
        edited(was_kept, {"reason": None}, TODAY)


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"removed_on": "2026-11-20"}, "it is planned, not removed; set its state to removed too"),
        ({"state": "removed", "removed_on": "2026-12-24"}, "2026-12-24 is still to come"),
        ({"cost": "120.00"}, "a cost has a currency"),
        ({"state": "verified"}, "cannot go from planned to verified"),
    ],
)
def test_an_edit_that_cannot_be_is_refused_with_its_reason(said: dict[str, str | None], why: str) -> None:
    with pytest.raises(Wrong, match=why):
        edited(item("planned"), said, TODAY)


def test_an_item_never_loses_its_state_nor_the_date_of_it() -> None:
    with pytest.raises(Wrong, match="it is ordered, and that has a date"):
        edited(item("ordered", ordered_on=TODAY), {"ordered_on": None}, TODAY)
    with pytest.raises(Wrong, match="an item always has a state"):
        read({"state": "  "})


DAYS = st.sampled_from([None, "2026-11-01", "2026-11-24", "2026-12-24"])
SAID = st.fixed_dictionaries(
    {},
    optional={
        "state": st.sampled_from(STATES), "reason": st.sampled_from([None, "leased"]), "due": DAYS,
        "ordered_on": DAYS, "installed_on": DAYS, "removed_on": DAYS, "verified_on": DAYS,
        "cost": st.sampled_from([None, "10.00"]), "currency": st.sampled_from([None, "EUR"]),
    },
)  # fmt: skip


@given(st.lists(st.tuples(SAID, st.sampled_from(["", "because"])), max_size=12))
def test_whatever_is_tried_an_item_stays_one_that_makes_sense(
    tries: list[tuple[dict[str, str | None], str]],
) -> None:
    now = item()
    for said, why in tries:
        before = now.state
        with contextlib.suppress(Wrong):
            values = msgspec.structs.asdict(now) | edited(now, said, TODAY, why)
            now = msgspec.convert({name: value for name, value in values.items() if value is not None}, Item)
        assert now.state in (before, *FORWARD[before], *WITH_REASON[before])
        reached = {name: getattr(now, field) for name, field in DATED.items()}
        assert now.state not in reached or reached[now.state]
        assert not any(
            day for name, day in reached.items() if STATES.index(state_named(name)) > STATES.index(now.state)
        )
        assert all(day <= TODAY for day in reached.values() if day)
        assert (now.state != "kept" or now.reason) and (now.cost is None or now.currency)
