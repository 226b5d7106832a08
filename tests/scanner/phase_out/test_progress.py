"""The burn-down counts every unit on every day once, and the forecast says how sure it is, or that it cannot say."""

from __future__ import annotations

import itertools
import random
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.phase_out.progress import RANGE, foresee, points, progress, timeline, weekly
from tests.scanner.phase_out.units import unit

TODAY = date(2026, 11, 25)  # a Wednesday
ROWS = [("2026-10-01", "state", None, "confirmed"), ("2026-10-05", "state", "confirmed", "planned")]


def rows(device: str, *changes: tuple[str, str, str | None, str | None]) -> list[dict[str, Any]]:
    """Changes of one item, as the journal has them: day, field, before, after."""
    return [
        {"device": device, "at": f"{day}T10:00:00.000000Z", "field": field, "before": before, "after": after}
        for day, field, before, after in changes
    ]


def test_a_removal_counts_from_the_day_it_was_done_and_not_from_the_day_it_was_written_down() -> None:
    history = rows(
        "d2",
        *ROWS,
        ("2026-11-20", "state", "planned", "removed"),
        ("2026-11-20", "removed_on", None, "2026-10-20"),
    )
    stood = {str(one.day): (one.open, one.gone) for one in points(timeline(history, TODAY), TODAY)}
    assert stood["2026-10-04"] == (1, 0) and stood["2026-10-18"] == (1, 0) and stood["2026-10-25"] == (0, 1)
    assert list(stood)[-1] == str(TODAY)


def test_a_unit_that_was_taken_out_before_the_plan_was_made_counts_from_that_day() -> None:
    history = rows(
        "d2",
        *ROWS,
        ("2026-11-20", "state", "planned", "removed"),
        ("2026-11-20", "removed_on", None, "2026-09-02"),
    )
    assert [(str(one.day), one.status) for one in timeline(history, TODAY)] == [
        ("2026-09-02", "open"), ("2026-09-02", "gone"),
    ]  # fmt: skip
    seen = {"d2": date(2026, 8, 20)}
    stood = {str(one.day): (one.open, one.gone) for one in points(timeline(history, TODAY, seen), TODAY)}
    assert stood["2026-08-23"] == (1, 0) and stood["2026-09-06"] == (0, 1) == stood[str(TODAY)]
    later = points(timeline(history, TODAY, seen), TODAY, date(2026, 11, 12))
    assert [(str(one.day), one.open, one.gone) for one in later] == [
        ("2026-11-15", 0, 1), ("2026-11-22", 0, 1), ("2026-11-25", 0, 1),
    ]  # fmt: skip


def test_a_unit_that_came_back_is_open_again() -> None:
    history = rows(
        "d2",
        *ROWS,
        ("2026-10-12", "state", "planned", "removed"),
        ("2026-11-09", "state", "removed", "planned"),
    )
    stood = [(one.open, one.gone) for one in points(timeline(history, TODAY), TODAY)]
    assert stood == [(1, 0)] * 2 + [(0, 1)] * 4 + [(1, 0)] * 3
    assert weekly(timeline(history, TODAY), TODAY) == []


def test_what_happens_on_one_day_stays_in_its_order() -> None:
    history = rows(
        "d2", ("2026-11-02", "state", None, "confirmed"), ("2026-11-02", "state", "confirmed", "kept")
    )
    assert [(one.open, one.kept) for one in points(timeline(history, TODAY), TODAY)][-1] == (0, 1)


def test_sites_add_up_to_the_whole() -> None:
    units = [unit("a", site="hq"), unit("b", site="leeds"), unit("c")]
    history = [
        *rows("a", *ROWS), *rows("b", *ROWS, ("2026-11-02", "state", "planned", "kept")), *rows("c", *ROWS),
    ]  # fmt: skip
    whole, sites = progress(units, history, TODAY)
    assert [(one.site, one.units) for one in sites] == [("hq", 1), ("leeds", 1), (None, 1)]
    assert (whole.open, whole.kept, whole.units) == (2, 1, 3) and whole.why.startswith(
        "it cannot be said yet"
    )


@pytest.mark.parametrize(
    ("counts", "remaining", "why"),
    [
        ([], 10, "it cannot be said yet: 0 removals in 0 whole weeks; it takes 5 in 4"),
        ([9], 10, "it cannot be said yet: 9 removals in 1 whole week; it takes 5 in 4"),
        ([1, 1, 1, 1], 10, "it cannot be said yet: 4 removals in 4 whole weeks"),
        ([5, 5, 5, 5], 0, "nothing is left to remove"),
        ([5, 0, 0, 0] + [0] * 22, 90_000, "no end is in sight"),
    ],
)
def test_without_enough_history_nothing_is_foretold(counts: list[int], remaining: int, why: str) -> None:
    forecast, said = foresee(counts, remaining, TODAY)
    assert forecast is None and said.startswith(why)


def test_a_steady_pace_gives_a_near_end_and_batches_a_wide_one() -> None:
    steady, _ = foresee([10] * 12, 100, TODAY)
    batches, _ = foresee([60, 0, 0, 0, 0, 0, 60, 0, 0, 0, 0, 0], 100, TODAY)
    assert steady and batches and batches.late and steady.late
    assert abs((steady.likely - TODAY).days - 70) <= 7
    assert batches.late - batches.early > 3 * (steady.late - steady.early)


def test_the_forecast_is_the_same_each_time() -> None:
    assert foresee([3, 5, 1, 4, 6], 80, TODAY) == foresee([3, 5, 1, 4, 6], 80, TODAY)


@given(st.lists(st.integers(0, 50), min_size=4, max_size=26), st.integers(1, 5_000))
def test_the_ends_of_a_forecast_are_in_order_and_still_to_come(counts: list[int], remaining: int) -> None:
    forecast, why = foresee(counts, remaining, TODAY, draws=200)
    assert (forecast is None) == bool(why)
    if forecast:
        assert TODAY < forecast.early <= forecast.likely <= (forecast.late or date.max)


STEP = st.tuples(st.integers(0, 80), st.sampled_from(["open", "gone", "kept"]))


@given(st.lists(st.lists(STEP, max_size=5), max_size=8))
def test_every_unit_is_counted_once_on_every_day(lives: list[list[tuple[int, str]]]) -> None:
    states = {"open": "planned", "gone": "removed", "kept": "kept"}
    start = TODAY - timedelta(days=60)
    history = []
    for n, life in enumerate(lives):
        days = [start + timedelta(days=day) for day, _ in sorted(life)]
        changes = [
            (str(day), "state", None, states[status])
            for day, (_, status) in zip(days, sorted(life), strict=True)
        ]
        history += rows(f"d{n}", *changes)
    stood = points(timeline(history, TODAY), TODAY)
    total = [one.open + one.gone + one.kept for one in stood]
    assert total == sorted(total) and (total[-1] if total else 0) == sum(map(bool, lives))
    assert all(0 < (later.day - earlier.day).days <= 7 for earlier, later in itertools.pairwise(stood))
    assert not stood or stood[-1].day == TODAY


def test_four_times_out_of_five_the_end_lies_within() -> None:
    """Simulated works: a pace that nobody knows, units taken out one by one or in batches."""
    chance = random.Random(7)
    within = runs = 0
    for _ in range(400):
        pace, batch, weeks, remaining = (
            chance.uniform(1, 12),
            chance.choice([1, 1, 4, 8]),
            chance.randint(6, 20),
            60,
        )

        def week(pace: float = pace, batch: int = batch) -> int:
            at, hits = chance.expovariate(pace / batch), 0
            while at < 1:
                at, hits = at + chance.expovariate(pace / batch), hits + 1
            return hits * batch

        forecast, _ = foresee([week() for _ in range(weeks)], remaining, TODAY, draws=400)
        if forecast is None:
            continue
        runs += 1
        needed, gone = 0, 0
        while gone < remaining:
            gone, needed = gone + week(), needed + 1
        end = TODAY + timedelta(days=7 * needed)
        within += forecast.early <= end <= (forecast.late or date.max)
    expected = RANGE[-1] - RANGE[0]
    assert runs > 300 and expected - 0.08 < within / runs < 0.95, within / runs
