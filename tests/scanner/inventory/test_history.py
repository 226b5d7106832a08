"""All that happened to one device, in the order of time, each with the run or the person."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from fingerprints import Library
from scanner.cli.devices import devices
from scanner.cli.diff import diff
from scanner.errors import CamcensusError
from scanner.identifiers import Identifier
from scanner.identify import library
from scanner.inventory import RunSettings, Seen, places
from scanner.inventory.history import Event, history
from scanner.model import Exclusion, Identification
from scanner.rematch import rematch
from tests.scanner.test_diff import ACME, DOOR
from tests.scanner.weeks import Unit, Weeks, camera


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "inventory.db"


@pytest.fixture
def weeks(path: Path) -> Iterator[Weeks]:
    with Weeks(path) as made:
        yield made


@pytest.fixture
def acme(tmp_path: Path) -> Library:
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "acme.toml").write_text(ACME)
    return library([tmp_path / "own"])


def told(weeks: Weeks, unit: Unit, known: Library | None = None) -> list[Event]:
    return history(weeks.inventory, weeks.device(unit), weeks.again(known))


def test_the_life_of_a_camera(weeks: Weeks) -> None:
    unit = camera(1, firmware="V5.7.0")
    runs = [
        weeks.run(unit.saying(firmware="V5.5.0")),
        weeks.run(unit),
        weeks.run(unit.at("10.1.0.50")),
        weeks.run(),
        weeks.run(),
        weeks.run(unit.at("10.1.0.50")),
    ]
    found = told(weeks, unit)
    assert [(event.kind, event.run) for event in found] == [
        ("new", runs[0]),
        ("firmware", runs[1]),
        ("moved", runs[2]),
        ("gone-quiet", runs[3]),
        ("came-back", runs[5]),
    ]
    assert found == sorted(found, key=lambda event: event.at)
    assert found[1].before == {"firmware": "V5.5.0"} and found[1].after == {"firmware": "V5.7.0"}


def test_it_went_quiet_only_where_somebody_looked(weeks: Weeks) -> None:
    unit = camera(1)
    weeks.run(unit)
    weeks.run(excluded=[Exclusion("10.1.0.1", "dialysis ward")])
    weeks.run(targets=["10.2.0.0/24"])
    weeks.run(outcome="interrupted")
    weeks.run(unit)
    assert [event.kind for event in told(weeks, unit)] == ["new"]


def test_a_move_to_another_site_is_a_move_though_the_address_stays(weeks: Weeks) -> None:
    unit = camera(1)
    weeks.run(unit, site="hq")
    weeks.run(unit, site="leeds")
    moved = told(weeks, unit)[-1]
    assert moved.kind == "moved" and moved.before == {"address": "10.1.0.1", "site": "hq"}
    assert moved.after == {"address": "10.1.0.1", "site": "leeds"}


def test_one_more_address_is_no_move(weeks: Weeks) -> None:
    unit = camera(1)
    weeks.run(unit)
    weeks.run(unit, unit.at("10.1.0.2"))
    assert [event.kind for event in told(weeks, unit)] == ["new"]


def test_a_new_name_is_told(weeks: Weeks) -> None:
    def named(name: str) -> Unit:
        body = f"<DeviceInfo><deviceName>{name}</deviceName></DeviceInfo>".encode()
        return Unit("e1", "10.1.0.1", camera(1).says, (("isapi", body),))

    weeks.run(named("Lobby"))
    weeks.run(camera(1).at("10.1.0.1"), Unit("e1", "10.1.0.1", camera(1).says))
    run = weeks.run(named("Car park"))
    (renamed,) = [event for event in told(weeks, named("")) if event.kind == "name"]
    assert (renamed.before, renamed.after, renamed.run) == ({"name": "Lobby"}, {"name": "Car park"}, run)


def test_what_people_did_is_told_with_who_and_why(weeks: Weeks) -> None:
    one, other = camera(1), camera(2)
    weeks.run(one, other)
    first, second = weeks.device(one), weeks.device(other)
    weeks.inventory.change(places.assign, "anna", [second], {"owner": "Landlord Ltd"}, "the lease")
    kept = weeks.inventory.merge(first, second, by="ben", why="two ports of one unit")
    gone = second if kept == first else first
    weeks.inventory.unmerge(gone, by="cleo", why="they are two after all")
    found = history(weeks.inventory, kept, weeks.again())
    assert [(event.kind, event.by, event.why) for event in found if event.by] == [
        *([("set", "anna", "the lease")] if kept == second else []),
        ("merged", "ben", "two ports of one unit"),
        ("split", "cleo", "they are two after all"),
    ]


def test_what_was_set_on_a_device_that_was_merged_is_not_lost(weeks: Weeks) -> None:
    one, other = camera(1), camera(2)
    weeks.run(one)
    weeks.run(one, other)
    weeks.inventory.change(places.assign, "anna", [weeks.device(other)], {"owner": "Landlord Ltd"}, "")
    kept = weeks.inventory.merge(weeks.device(one), weeks.device(other), by="ben", why="one unit")
    (placed,) = [event for event in history(weeks.inventory, kept, weeks.again()) if event.kind == "set"]
    assert placed.after == {"owner": "Landlord Ltd"} and placed.by == "anna"


def test_matching_again_is_told_once_and_apart_from_the_network(weeks: Weeks, acme: Library) -> None:
    unit = Unit("e1", "10.1.0.1", replies=DOOR)
    for _ in range(3):
        weeks.run(unit, known=library())
    assert len(list(rematch(weeks.inventory, acme))) > 3
    (device,) = weeks.inventory.devices()
    found = [event for event in history(weeks.inventory, device.id, weeks.again(acme)) if event.kind != "new"]
    assert {event.cause for event in found} == {"fingerprints"}
    changes = [(name, value) for event in found for name, value in (event.after or {}).items()]
    assert changes.count(("brand", "Acme")) == changes.count(("model", "door")) == 1
    assert any("acme-title" in event.why for event in found)


def test_a_dry_run_of_matching_leaves_no_trace(weeks: Weeks, acme: Library) -> None:
    weeks.run(Unit("e1", "10.1.0.1", replies=DOOR), known=library())
    assert list(rematch(weeks.inventory, acme, record=False))
    assert weeks.inventory._query("SELECT * FROM journal") == []


def run(path: Path, *words: str, command: click.Command = devices) -> Result:
    result = CliRunner().invoke(
        command,
        [*words, "--inventory", str(path)],
        catch_exceptions=False,
        env={"COLUMNS": "80"},
    )
    assert result.exit_code == 0, result.output
    return result


def test_the_command_tells_it_in_eighty_columns(weeks: Weeks, path: Path) -> None:
    unit = camera(1, model="DS-2CD2042WD-I", firmware="V5.5.0 build 160823")
    first = weeks.run(unit)
    weeks.run(unit.at("10.1.0.99").saying(firmware="V5.5.53 build 170902"), fingerprints="one")
    shown = run(path, "history", "10.1.0.99").stdout
    lines = shown.splitlines()
    assert lines[0].startswith(weeks.device(unit)) and "[covered]" in lines[0]
    assert f"2026-03-08 09:00  first seen at 10.1.0.1  (run {first})" in lines
    assert "moved: address 10.1.0.1 -> 10.1.0.99" in shown and "V5.5.0 build 160823 ->" in shown
    assert max(map(len, lines)) <= 80
    as_json = [json.loads(line) for line in run(path, "history", "10.1.0.99", "--jsonl").stdout.splitlines()]
    assert [event["kind"] for event in as_json] == ["new", "moved", "firmware"]
    assert as_json[1]["after"] == {"address": "10.1.0.99", "site": None}


def test_a_device_that_was_merged_is_found_by_its_old_id(weeks: Weeks, path: Path) -> None:
    weeks.run(camera(1), camera(2))
    first, second = weeks.device(camera(1)), weeks.device(camera(2))
    kept = weeks.inventory.merge(first, second, by="ben", why="one unit")
    gone = second if kept == first else first
    shown = run(path, "history", gone)
    assert f"{gone} is part of {kept} now." in shown.stderr and shown.stdout.startswith(kept)


def test_a_device_that_may_be_the_one_before_it_says_so_on_both(weeks: Weeks, path: Path) -> None:
    ids = []
    for whose in ("own", "common"):
        it = Identification(
            address="10.1.0.7", maker="hikvision", maker_name="Hikvision", confidence="probable"
        )
        seen = Seen(it, (), "routed", (Identifier("wording", f"http.realm {whose}"),))
        ids += weeks.inventory.record(weeks.inventory.begin_run(RunSettings()), [seen])
    for one, other in (ids, reversed(ids)):
        shown = " ".join(run(path, "history", one).stdout.split())
        assert f"may be the same unit as {other}: the realm of its replies" in shown


def test_what_a_device_says_of_itself_cannot_forge_lines(weeks: Weeks, path: Path) -> None:
    weeks.run(camera(1, firmware="V1"))
    weeks.run(camera(1, firmware="V2\n2026-01-01 00:00  \x1b[31mforged"))
    shown = run(path, "history", "10.1.0.1").stdout
    assert "\\e[31mforged" in shown and "\n2026-01-01" not in shown


def test_diff_reads_well_and_keeps_to_what_was_asked(weeks: Weeks, path: Path) -> None:
    printer = Unit("p1", "10.1.0.200", {"maker": "other", "maker_name": "HP"})
    one = weeks.run(camera(1), camera(2), targets=["10.1.0.0/24", "10.2.0.0/24"])
    other = weeks.run(camera(1).at("10.1.0.9"), printer)
    lines = run(path, one, other, command=diff).stdout.splitlines()
    assert max(map(len, lines)) <= 80
    assert [line for line in lines if line.endswith(")")] == ["New (1)", "Gone quiet (1)", "Moved (1)"]
    assert "           address 10.1.0.1 -> 10.1.0.9" in lines
    assert lines[-1] == "  only before: 10.2.0.0/24"
    assert "HP" not in run(path, one, other, "--covered", command=diff).stdout
    assert "Gone quiet" not in run(path, one, other, "--where", "maker = other", command=diff).stdout
    as_json = run(path, "--since", "2026-03-10", "--format", "jsonl", command=diff).stdout.splitlines()
    assert sorted(json.loads(line)["kind"] for line in as_json) == ["coverage", "gone-quiet", "moved", "new"]
    assert "Nothing changed." in run(path, one, one, command=diff).stdout


@pytest.mark.parametrize("words", [[], ["one"], ["one", "two", "--since", "2026-01-01"], ["a", "b", "c"]])
def test_diff_asks_for_two_runs_or_a_day(weeks: Weeks, path: Path, words: list[str]) -> None:
    result = CliRunner().invoke(diff, [*words, "--inventory", str(path)])
    assert result.exit_code == 2 and "two runs, or --since DATE" in result.output


def test_a_day_that_is_none_is_named(weeks: Weeks, path: Path) -> None:
    with pytest.raises(CamcensusError, match="yesterday"):
        CliRunner().invoke(diff, ["--since", "yesterday", "--inventory", str(path)], catch_exceptions=False)


def test_changes_as_a_spreadsheet_are_one_row_each_and_run_nothing(path: Path) -> None:
    with Weeks(path) as weeks:
        one = weeks.run(camera(1, model="=cmd()"), camera(2))
        other = weeks.run(camera(1, "10.1.0.9", model="=cmd()"), camera(3))

    def rows(*words: str) -> list[dict[str, str]]:
        shown = CliRunner().invoke(diff, [*words, "--format", "csv", "--inventory", str(path)]).stdout
        return list(csv.DictReader(io.StringIO(shown, newline="")))

    found = {row["kind"]: row for row in rows(one, other)}
    assert set(found) == {"new", "moved", "gone-quiet"}
    assert found["moved"]["before"] == "address 10.1.0.1" and found["moved"]["after"] == "address 10.1.0.9"
    assert found["moved"]["model"] == "'=cmd()" and found["moved"]["run"] == other
    assert [row["kind"] for row in rows(one, other, "--where", "address = 10.1.0.9", "--covered")] == [
        "moved"
    ]
    with pytest.raises(CamcensusError, match="does not fit here"):
        CliRunner().invoke(
            diff, ["--since", "2026-01-01", "--covered", "--where", "brand = x) or (covered", "--inventory", str(path)],
            catch_exceptions=False,
        )  # fmt: skip
