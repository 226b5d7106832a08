from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from click.testing import CliRunner

from scanner.cli.report import report
from scanner.errors import CamcensusError
from scanner.inventory import RunSettings, Seen, open_inventory
from scanner.model import Coverage, Identification

CAMERA = Identification(
    address="10.1.0.7", mac="02:00:5e:10:00:01", maker="hikvision", brand="LTS", confidence="confirmed"
)


@pytest.fixture
def inventory(tmp_path: Path) -> Path:
    path = tmp_path / "inventory.db"
    with open_inventory(path) as opened:
        for target, seen in (("10.1.0.0/24", [CAMERA]), ("10.2.0.0/24", [])):
            run = opened.begin_run(RunSettings(targets=(target,)))
            opened.record(run, [Seen(identification, (), "on-link") for identification in seen])
            opened.finish_run(run, "complete", Coverage(targets=(target,)))
    return path


def run(*words: str | Path) -> bytes:
    result = CliRunner().invoke(report, [str(word) for word in words], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.stdout_bytes


def test_csv_goes_to_standard_output(inventory: Path) -> None:
    [line] = csv.DictReader(io.StringIO(run("csv", "--inventory", inventory).decode(), newline=""))
    assert (line["address"], line["maker"], line["brand"]) == ("10.1.0.7", "hikvision", "LTS")


def test_the_page_is_written_where_it_is_told(inventory: Path, tmp_path: Path) -> None:
    page = tmp_path / "census.html"
    assert run("html", "--inventory", inventory, "--title", "Harbour House", "--output", page) == b""
    assert "<title>Harbour House</title>" in page.read_text("utf-8")


def test_only_the_devices_of_the_run_that_was_named_are_reported(inventory: Path) -> None:
    with open_inventory(inventory) as opened:
        runs = {found.targets[0]: found.id for found in opened.runs()}
    for target, devices in (("10.1.0.0/24", 1), ("10.2.0.0/24", 0)):
        lines = run("csv", "--inventory", inventory, "--run", runs[target]).splitlines()
        assert len(lines) == 1 + devices


def test_excel_gets_its_byte_order_mark(inventory: Path) -> None:
    assert run("csv", "--excel", "--inventory", inventory).startswith(b"\xef\xbb\xbfid,")


def test_a_report_of_an_inventory_that_is_not_there_makes_no_file(tmp_path: Path) -> None:
    with pytest.raises(CamcensusError):
        run("html", "--inventory", tmp_path / "none.db", "--output", tmp_path / "census.html")
    assert not list(tmp_path.glob("census*")) and not (tmp_path / "none.db").exists()


def test_a_place_that_cannot_be_written_is_an_error_for_people(inventory: Path, tmp_path: Path) -> None:
    with pytest.raises(CamcensusError, match=r"cannot be written"):
        run("csv", "--inventory", inventory, "--output", tmp_path / "nowhere" / "census.csv")
