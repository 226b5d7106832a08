"""`camcensus blind-spots`: as text, as JSON Lines, as CSV."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from scanner.cli.blind_spots import blind_spots
from scanner.cli.report import report
from scanner.errors import CamcensusError
from scanner.inventory import RunSettings, open_inventory
from scanner.model import Coverage, Exclusion


@pytest.fixture
def inventory(tmp_path: Path) -> Path:
    path = tmp_path / "inventory.db"
    with open_inventory(path) as opened:
        run = opened.begin_run(RunSettings(targets=("10.20.0.0/24",), operator="jo", site="hq"))
        seen = Coverage(
            targets=("10.20.0.0/24",), interfaces=("eth0",), addresses=255, answered=255, lost=0,
            excluded=(Exclusion("10.20.0.7", "lift\x1b[2J"),),
        )  # fmt: skip
        opened.finish_run(run, "complete", seen)
    return path


def invoke(inventory: Path, *words: str) -> Result:
    result = CliRunner().invoke(blind_spots, [*words, "--inventory", str(inventory)], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result


def test_the_text_names_each_site_and_what_was_not_seen_there(inventory: Path) -> None:
    shown = invoke(inventory).stdout
    assert "hq: 255 of 256 known addresses covered" in shown
    assert "10.20.0.7 was excluded: lift\\e[2J, by jo" in shown and "\x1b" not in shown


def test_the_json_holds_all_of_it(inventory: Path) -> None:
    [line] = invoke(inventory, "--format", "jsonl", "--site", "hq").stdout.splitlines()
    one = json.loads(line)
    assert (one["site"], one["known"], one["covered"]) == ("hq", 256, 255)
    assert one["gaps"][0]["ranges"] == ["10.20.0.7"] and one["exclusions"][0]["operator"] == "jo"


def test_the_report_as_csv_comes_with_the_same_file_of_blind_spots(inventory: Path, tmp_path: Path) -> None:
    shown = invoke(inventory, "--format", "csv").stdout_bytes
    words = ["csv", "--inventory", str(inventory), "--output", str(tmp_path / "a.csv")]
    done = CliRunner().invoke(
        report, [*words, "--blind-spots", str(tmp_path / "b.csv")], catch_exceptions=False
    )
    assert done.exit_code == 0 and (tmp_path / "b.csv").read_bytes() == shown
    [row] = csv.DictReader(io.StringIO(shown.decode(), newline=""))
    assert row["kind"] == "exclusion" and row["site"] == "hq"


def test_an_unknown_site_is_an_error_that_names_the_known_ones(inventory: Path) -> None:
    with pytest.raises(CamcensusError, match=r"no site 'nope'.*hq"):
        invoke(inventory, "--site", "nope")
