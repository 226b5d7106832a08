"""`camcensus plan`, as somebody types it."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from scanner.cli import camcensus
from scanner.errors import CamcensusError
from scanner.inventory import open_inventory
from tests.scanner.phase_out.units import record


@pytest.fixture
def devices(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A camera whose model is hostile, and a recorder."""
    path = tmp_path / "inventory.db"
    monkeypatch.setenv("CAMCENSUS_INVENTORY", str(path))
    with open_inventory(path) as opened:
        return record(
            opened, [{"model": "=cmd|'/c calc'!A1"}, {"category": "nvr", "model": "DS-7616NI-K2/16P"}]
        )


def says(*words: str) -> Result:
    return CliRunner().invoke(camcensus, words, catch_exceptions=False)


def test_a_plan_is_built_changed_and_shown(devices: list[str]) -> None:
    assert "2 devices added to the plan" in says("plan", "build", "--by", "jo").stderr
    done = says(
        "plan",
        "set",
        devices[1],
        "--state",
        "planned",
        "--due",
        "31.3.2027",
        "--spec",
        "drive-bays=4",
        "--by",
        "jo",
    )
    assert "1 of 1 items changed, 3 fields in all" in done.stderr
    shown = says("plan", "show", devices[1]).stdout
    for text in (
        "state          planned",
        "due            2027-03-31",
        "filled in by jo",
        "What hangs on it",
        "Priority ",
    ):
        assert text in shown
    assert "ordered, removed, confirmed (with a reason), kept (with a reason)" in shown
    shown = says("plan", "show").stdout
    assert "2 devices in the plan" in shown and all(len(line) <= 80 for line in shown.splitlines())


def test_a_dry_run_changes_nothing(devices: list[str]) -> None:
    assert "2 devices would be added" in says("plan", "build", "--dry-run").stderr
    assert "0 devices in the plan" in says("plan", "show").stdout


def test_a_hostile_model_runs_in_no_spreadsheet(devices: list[str]) -> None:
    says("plan", "build")
    rows = list(csv.DictReader(says("plan", "show", "--format", "csv").stdout.splitlines()))
    assert {row["model"] for row in rows} == {"'=cmd|'/c calc'!A1", "DS-7616NI-K2/16P"}
    lines = says("plan", "show", "--format", "jsonl").stdout.splitlines()
    assert {json.loads(line)["model"] for line in lines} == {"=cmd|'/c calc'!A1", "DS-7616NI-K2/16P"}


def test_one_refused_step_is_an_error_and_some_of_many_leave_the_rest_done(devices: list[str]) -> None:
    says("plan", "build")
    with pytest.raises(
        CamcensusError, match="cannot go from confirmed to verified; from confirmed it goes to: planned"
    ):
        says("plan", "set", devices[0], "--state", "verified", "--why", "gone")
    says("plan", "set", devices[0], "--state", "planned")
    done = says("plan", "set", "--where", "covered", "--state", "ordered")
    assert (
        done.exit_code == 3
        and f"refused  {devices[1]}: it cannot go from confirmed to ordered" in done.stderr
    )


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["d2"], "nothing to set"),
        (["--phase", "1"], "which devices"),
        (["d2", "--due", "03/04/2027"], "--due: '03/04/2027' may be a day in two months"),
        (["d2", "--spec", "colour=red"], "there is no field 'colour'"),
        (["d2", "--spec", "colour="], "there is no field 'colour'"),
        (["d2", "--clear", "state"], "state cannot be taken back"),
    ],
)
def test_what_cannot_be_set_is_said(devices: list[str], words: list[str], why: str) -> None:
    with pytest.raises(CamcensusError, match=why):
        says("plan", "set", *words)


def test_a_site_says_how_sensitive_it_is(devices: list[str]) -> None:
    says("sites", "add", "hq", "--sensitivity", "critical")
    (site,) = map(json.loads, says("sites", "--format", "jsonl").stdout.splitlines())
    assert (site["id"], site["sensitivity"]) == ("hq", "critical")


def test_prices_quantities_and_budget_agree_and_a_scenario_gives_dates(
    devices: list[str], tmp_path: Path
) -> None:
    says("plan", "build")
    (path := tmp_path / "prices.csv").write_text(
        "Kind,Product,Price,Currency,Labour\nrecorder,NVR 16,640,EUR,100\ncamera,Dome,1.234,EUR,\n"
    )
    done = says("plan", "prices", str(path), "--spares", "10%")
    assert done.exit_code == 3 and "prices.csv: row 3, column Price: '1.234' may be thousands" in done.stderr
    shown = says("plan", "quantities").stdout
    assert (
        "Total: 2 units; 1 spares; material 1,280.00 EUR; labour 100.00 EUR; no price for 1; no labour for 1"
        in shown
    )
    words = ("--scenario", "all-at-once", "--start", "4 January 2027", "--per-week", "5")
    says("plan", "build", *words, "--dry-run")
    assert "2027" not in says("plan", "show", devices[1]).stdout
    assert "2 items have a phase and a date" in says("plan", "build", *words).stderr
    rows = [json.loads(line) for line in says("plan", "budget", "--format", "jsonl").stdout.splitlines()]
    assert [(row["quarter"], row["total"], row["no_price"]) for row in rows] == [
        ("2027-Q1", "740.00", 1), ("no date, and spares", "640.00", 0),
    ]  # fmt: skip
    assert "state          planned" in says("plan", "show", devices[1]).stdout


def test_a_workbook_goes_out_and_comes_back_after_it_was_shown(devices: list[str], tmp_path: Path) -> None:
    says("plan", "build")
    path = str(tmp_path / "plan.csv")
    assert "2 devices" in says("plan", "export", path).stderr
    (tmp_path / "plan.csv").write_text(
        (tmp_path / "plan.csv").read_text().replace(",confirmed,", ",planned,", 1)
    )
    shown = says("plan", "import", path, "--dry-run")
    assert (
        "plan state   'confirmed' → 'planned'" in shown.stdout and "1 items would be changed" in shown.stderr
    )
    assert (
        "Nothing was changed" in CliRunner().invoke(camcensus, ["plan", "import", path], input="n\n").stderr
    )
    assert "1 items changed" in CliRunner().invoke(camcensus, ["plan", "import", path], input="y\n").stderr
    again = says("plan", "import", path, "--yes")
    assert (
        again.exit_code == 0 and "2 rows: 0 refused" in again.stderr and "Nothing was changed" in again.stderr
    )


def test_a_refused_row_ends_with_status_3_and_a_file_of_no_known_kind_is_refused(
    devices: list[str], tmp_path: Path
) -> None:
    says("plan", "build")
    (path := tmp_path / "plan.csv").write_text("Device,Version,State\nd0,v1,planned\n")
    done = says("plan", "import", str(path), "--yes")
    assert (
        done.exit_code == 3
        and "plan.csv: row 2, column Device: there is no device 'd0' in the plan" in done.stderr
    )
    with pytest.raises(CamcensusError, match=r"name it plan\.xlsx or plan\.csv"):
        says("plan", "export", str(tmp_path / "plan.ods"))


def test_a_scenario_without_its_numbers_is_refused(devices: list[str]) -> None:
    with pytest.raises(CamcensusError, match="a scenario takes a first day"):
        says("plan", "build", "--scenario", "by-site")


def test_progress_says_when_it_cannot_say(devices: list[str]) -> None:
    says("plan", "build")
    rows = [json.loads(line) for line in says("plan", "progress", "--format", "jsonl").stdout.splitlines()]
    assert [(row["site"], row["open"]) for row in rows] == [("all", 2), ("no site", 2)]
    assert rows[0]["remark"].startswith("it cannot be said yet")
    (point, _) = says("plan", "progress", "--weeks", "--format", "csv").stdout.splitlines()[1:]
    assert point.startswith("all,") and point.endswith(",2,0,0")
