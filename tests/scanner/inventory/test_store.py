"""What a run puts into the inventory comes out as it was, once each."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from scanner.errors import CamcensusError
from scanner.inventory import Inventory, RunSettings
from scanner.model import Attempt, Coverage, Exclusion, Observation, Outcome
from tests.scanner.test_observations import OBSERVATIONS

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
REPLY = Observation(
    protocol="http", payload=b"HTTP/1.0 200 OK\r\n\r\n", request="GET /", address="10.20.0.9", port=80,
    transport="tcp", observed_at=NOON,
)  # fmt: skip


def seen(inventory: Inventory, run: str) -> list[Observation]:
    return [observation for _, observation in inventory.observations(run)]


def count(path: Path, table: str) -> int:
    with sqlite3.connect(path) as file:
        (number,) = file.execute(f"SELECT count(*) FROM {table}").fetchone()
    file.close()
    return int(number)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(observation=OBSERVATIONS)
def test_every_observation_comes_back_as_it_was_seen(inventory: Inventory, observation: Observation) -> None:
    run = inventory.begin_run(RunSettings())
    inventory.add(run, [observation])
    assert seen(inventory, run) == [observation]


def test_a_reply_heard_twice_in_a_run_is_kept_once(inventory: Inventory, run: str) -> None:
    inventory.add(run, [REPLY, REPLY])
    inventory.flush()
    inventory.add(run, [REPLY])
    assert seen(inventory, run) == [REPLY]


@pytest.mark.parametrize(
    "other",
    [
        {"address": "10.20.0.10"},
        {"interface": "eth1"},
        {"mac": "02:00:00:00:00:02"},
        {"payload": b"x"},
        {"port": 8080},
        {"protocol": "html"},
        {"request": "GET /x"},
        {"subject": "d2"},
    ],
)
def test_the_same_words_from_another_unit_or_place_are_another_observation(
    inventory: Inventory, run: str, other: dict[str, object]
) -> None:
    known = {field: getattr(REPLY, field) for field in REPLY.__struct_fields__}
    inventory.add(run, [REPLY, Observation(**known | other)])
    assert len(seen(inventory, run)) == 2


def test_the_next_run_keeps_the_same_reply_again_but_its_bytes_only_once(
    path: Path, inventory: Inventory, run: str
) -> None:
    later = inventory.begin_run(RunSettings())
    inventory.add(run, [REPLY])
    inventory.add(later, [REPLY])
    inventory.flush()
    assert seen(inventory, run) == seen(inventory, later) == [REPLY]
    assert (count(path, "observations"), count(path, "payloads")) == (2, 1)


def test_observations_are_read_on_from_a_row_and_one_by_one(inventory: Inventory, run: str) -> None:
    inventory.add(run, (Observation(protocol="ssh", port=port) for port in range(2_500)))
    rows = list(inventory.observations(run))
    assert [observation.port for _, observation in rows] == list(range(2_500))
    assert list(inventory.observations(run, after=rows[2_000][0])) == rows[2_001:]
    assert inventory.observation(rows[7][0]).port == 7
    with pytest.raises(LookupError):
        inventory.observation(rows[-1][0] + 1)


def test_only_attempts_that_prove_that_somebody_is_there_are_kept(inventory: Inventory, run: str) -> None:
    attempts = [Attempt("10.20.0.9", port, "tcp", "http", outcome) for port, outcome in enumerate(Outcome)]
    inventory.attempted(run, attempts)
    assert [attempt.outcome for attempt in inventory.attempts(run)] == [
        Outcome.ANSWERED, Outcome.UNREADABLE, Outcome.CUT_SHORT, Outcome.REFUSED,
    ]  # fmt: skip


def test_an_attempt_made_again_keeps_its_last_outcome(inventory: Inventory, run: str) -> None:
    for outcome in (Outcome.REFUSED, Outcome.ANSWERED):
        inventory.attempted(run, [Attempt("10.20.0.9", 80, "tcp", "http", outcome)])
    assert [attempt.outcome for attempt in inventory.attempts(run)] == [Outcome.ANSWERED]


def test_a_run_remembers_who_asked_for_what_and_how_it_ended(inventory: Inventory) -> None:
    asked = RunSettings(
        command="camcensus scan 10.20.0.0/24", targets=("10.20.0.0/24",), operator="jo",
        authorisation="ticket 4711", settings={"profile": "gentle", "ports": [80, 554]}, fingerprints="7",
    )  # fmt: skip
    run = inventory.begin_run(asked)
    assert inventory.run(run).outcome is None and inventory.run(run).ended is None
    coverage = Coverage(addresses=254, outcomes={"silent": 200}, excluded=(Exclusion("10.20.0.7", "lift"),))
    inventory.finish_run(run, "complete", coverage)
    kept = inventory.run(run)
    assert all(getattr(kept, field) == getattr(asked, field) for field in asked.__struct_fields__)
    assert kept.outcome == "complete" and kept.coverage == coverage
    assert kept.ended is not None and kept.ended >= kept.started and kept.version


def test_a_run_that_goes_on_ends_anew(inventory: Inventory, run: str) -> None:
    inventory.finish_run(run, "interrupted", Coverage(lost=100))
    inventory.finish_run(run, "complete", {"lost": 0})
    assert (inventory.run(run).outcome, inventory.run(run).coverage.lost) == ("complete", 0)


def test_runs_come_the_newest_first(inventory: Inventory) -> None:
    runs = [inventory.begin_run(RunSettings()) for _ in range(5)]
    assert [run.id for run in inventory.runs()] == runs[::-1]


def test_a_run_can_be_named_by_the_beginning_of_its_id(inventory: Inventory, run: str) -> None:
    assert inventory.run(run[:6]).id == run
    inventory.begin_run(RunSettings())
    with pytest.raises(CamcensusError, match=r"more than one run begins with '20.*camcensus runs"):
        inventory.run(run[:2])
    for nobody in ("nope", "", "%"):
        with pytest.raises(CamcensusError, match="run"):
            inventory.run(nobody)


def test_progress_is_kept_as_it_was_when_it_was_saved(inventory: Inventory, run: str) -> None:
    progress = {"parts": 3, "grabbed": ["10.20.0.9"]}
    inventory.save_progress(run, progress)
    progress["parts"] = 4
    assert inventory.progress(run) == {"parts": 3, "grabbed": ["10.20.0.9"]}


def test_two_runs_of_one_second_never_get_the_same_name(
    inventory: Inventory, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn = iter(("aaaa", "aaaa", "aaaa", "bbbb"))
    monkeypatch.setattr("scanner.inventory.ids.letters", lambda count: next(drawn))
    inventory._now = lambda: NOON
    assert [inventory.begin_run(RunSettings()) for _ in range(2)] == [
        "20260301-120000-aaaa", "20260301-120000-bbbb",
    ]  # fmt: skip
