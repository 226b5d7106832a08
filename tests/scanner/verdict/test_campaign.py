"""Find, plan, remove, verify, over simulated weeks with all that goes wrong in them: a small one of the benchmark."""

from __future__ import annotations

import pytest

from scanner.identify import library
from tests.benchmarks.campaign import GONE, UNTOLD, Result, run


@pytest.fixture(scope="module")
def result() -> Result:
    return run(devices=120, sites=4, weeks=18, seed=5, known=library())


def test_nothing_that_is_still_in_the_building_is_ever_called_removed(result: Result) -> None:
    assert result.wrong == []
    assert {unit.fate for _, unit, _ in result.passing} <= {"put back"}
    still_there = sum(
        row.total()
        for fate, row in result.table.items()
        if fate not in (*GONE, *UNTOLD, "unplugged at every scan")
    )
    assert still_there > 30


def test_nearly_all_that_was_removed_is_verified_in_the_end(result: Result) -> None:
    assert result.gone > 30 and result.verified >= 0.9 * result.gone


def test_what_nobody_recorded_is_never_verified(result: Result) -> None:
    unrecorded = [row for fate, row in result.table.items() if fate.endswith("no record")]
    assert unrecorded and all(row["verified-removed"] == 0 for row in unrecorded)


def test_moved_units_and_units_put_back_are_named_as_such(result: Result) -> None:
    assert result.table["moved to another site"]["moved"] > 0
    assert result.table["put back"]["returned"] > 0
