"""`--columns` and `--sort` of the lists beside that of the devices."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from scanner.cli import camcensus
from scanner.errors import CamcensusError
from scanner.evidence.removals import Taken
from scanner.inventory import RunSettings, open_inventory, places, removals
from scanner.model import Coverage
from scanner.phase_out import plan
from scanner.phase_out.priority import weights
from tests.scanner.phase_out.units import record


@pytest.fixture
def inventory(tmp_path: Path) -> Path:
    """Three cameras in the plan, at one of two sites, and two runs before them."""
    path = tmp_path / "inventory.db"
    with open_inventory(path) as opened:
        for site, note in (("annexe", "=1+1"), ("hq", None)):
            opened.change(places.add_site, "jo", site, None, note)
        for answered in (7, 20):
            run = opened.begin_run(RunSettings(site="hq", operator="jo"))
            opened.finish_run(run, "complete", Coverage(answered=answered))
        ids = record(
            opened,
            [{"address": f"10.20.0.{n}", "model": model} for n, model in ((9, "B"), (10, "A"), (11, "C"))],
        )
        opened.change(places.assign, "jo", ids[:2], {"site": "hq"})
        plan.build(opened, "jo", weights())
    return path


def listed(inventory: Path, *words: str) -> str:
    result = CliRunner().invoke(camcensus, [*words, "--inventory", str(inventory)], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.stdout


def test_runs_are_put_in_the_order_of_who_answered_as_numbers(inventory: Path) -> None:
    lines = listed(inventory, "runs", "--columns", "answered,operator", "--sort=-answered").splitlines()
    assert [line.split() for line in lines[:3]] == [["answered", "operator"], ["20", "jo"], ["7", "jo"]]


def test_the_plan_shows_chosen_columns_in_a_chosen_order_with_the_unknown_last(inventory: Path) -> None:
    words = ("plan", "show", "--columns", "Model,site", "--sort", "site,-model")
    assert listed(inventory, *words, "--format", "csv").split() == ["model,site", "B,hq", "A,hq", "C,"]
    rows = [json.loads(line) for line in listed(inventory, *words, "--format", "jsonl").splitlines()]
    assert rows[0] == {"model": "B", "site": "hq"} and rows[2]["site"] is None


def test_an_order_alone_leaves_the_list_as_it_looks_otherwise(inventory: Path) -> None:
    table = listed(inventory, "plan", "show", "--sort", "model")
    assert "devices in the plan" in table and table.index("10.20.0.10") < table.index("10.20.0.9")
    assert listed(inventory, "sites", "--sort=-id").index("hq") < listed(
        inventory, "sites", "--sort=-id"
    ).index("annexe")


def test_a_chosen_column_runs_nothing_in_a_spreadsheet(inventory: Path) -> None:
    shown = listed(inventory, "sites", "--columns", "id,note", "--format", "csv")
    assert "annexe" in shown and "\nannexe,=1+1" not in shown


def test_removals_are_listed_by_whom_and_when(inventory: Path) -> None:
    with open_inventory(inventory) as opened:
        for n, day in ((9, "2026-03-02"), (10, "2026-04-01")):
            taken = Taken(at=day, removed_by="Kim", disposal="destroyed")
            opened.change(removals.record, "jo", opened.device(f"10.20.0.{n}").id, taken)
    words = ("removal", "list", "--columns", "at,removed-by,model", "--sort=-at", "--format", "csv")
    assert listed(inventory, *words).split() == [
        "at,removed_by,model",
        "2026-04-01,Kim,A",
        "2026-03-02,Kim,B",
    ]
    assert "name,rows" in listed(inventory, "register", "list", "--columns", "name,rows", "--format", "csv")


def test_the_history_of_a_device_is_read_from_its_end(inventory: Path) -> None:
    shown = listed(
        inventory, "devices", "history", "10.20.0.10", "--columns", "at,kind", "--sort=-at", "--jsonl"
    )
    rows = [json.loads(line) for line in shown.splitlines()]
    assert len(rows) > 1 and [row["at"] for row in rows] == sorted((row["at"] for row in rows), reverse=True)


@pytest.mark.parametrize("words", [("runs", "--columns", "nosuch"), ("sites", "--sort", "nosuch")])
def test_a_field_that_a_list_does_not_have_is_an_error_that_names_those_it_has(
    inventory: Path, words: tuple[str, ...]
) -> None:
    error = CliRunner().invoke(camcensus, [*words, "--inventory", str(inventory)]).exception
    assert isinstance(error, CamcensusError) and "nosuch" in error.what and "choose of: id" in error.fix
