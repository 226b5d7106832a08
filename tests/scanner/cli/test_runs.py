"""`camcensus runs`: who asked for what, how it ended, and what it could not see."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from scanner.cli.runs import runs
from scanner.errors import CamcensusError
from scanner.inventory import RunSettings, open_inventory
from scanner.model import Coverage, Exclusion

SEEN = Coverage(
    targets=("10.20.0.0/24",), addresses=254, answered=12, excluded=(Exclusion("10.20.0.7", "lift\x1b[2J"),),
    unusable={"mdns": "port 5353 is taken"},
)  # fmt: skip


@pytest.fixture
def inventory(tmp_path: Path) -> Path:
    path = tmp_path / "inventory.db"
    with open_inventory(path) as opened:
        done = opened.begin_run(
            RunSettings(
                command="camcensus scan 10.20.0.0/24", targets=("10.20.0.0/24",), operator="jo",
                authorisation="ticket 4711", settings={"profile": "gentle"}, fingerprints="7",
            )
        )  # fmt: skip
        opened.finish_run(done, "complete", SEEN)
        opened.begin_run(RunSettings(targets=("10.30.0.0/16",), operator="kim\x1b[31m"))
    return path


def invoke(inventory: Path, *words: str) -> Result:
    result = CliRunner().invoke(runs, [*words, "--inventory", str(inventory)], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result


def ids(inventory: Path) -> list[str]:
    return [json.loads(line)["id"] for line in invoke(inventory, "--jsonl").stdout.splitlines()]


def test_the_list_fits_into_80_columns_and_a_run_that_never_ended_says_so(inventory: Path) -> None:
    shown = invoke(inventory).stdout
    killed, done = ids(inventory)
    heading, first, second = (line.split() for line in shown.splitlines())
    assert heading == ["Run", "Outcome", "Asked", "Answered", "Operator", "Targets"]
    assert first == [killed, "unfinished", "0", "0", "kim\\e[31m", "10.30.0.0/16"]
    assert second == [done, "complete", "254", "12", "jo", "10.20.0.0/24"]
    assert max(map(len, shown.splitlines())) <= 80


def test_one_run_is_shown_in_full_with_what_it_could_not_see(inventory: Path) -> None:
    shown = invoke(inventory, ids(inventory)[1]).stdout
    for line in (
        "operator       jo",
        "authorisation  ticket 4711",
        "outcome        complete",
        "addresses      254 asked, 12 answered",
        'settings       {"profile":"gentle"}',
        "fingerprints   7",
        "  10.20.0.7 was excluded: lift\\e[2J, by jo",
        "  mdns could not be used: port 5353 is taken",
    ):
        assert line in shown.splitlines()
    assert "242 of 254 addresses gave no answer" in shown and "\x1b" not in shown


def test_jsonl_holds_the_whole_run(inventory: Path) -> None:
    done = json.loads(invoke(inventory, ids(inventory)[1], "--jsonl").stdout)
    assert (done["outcome"], done["coverage"]["answered"], done["operator"]) == ("complete", 12, "jo")


def test_an_unknown_run_is_an_error_that_helps(inventory: Path) -> None:
    with pytest.raises(CamcensusError, match=r"there is no run 'nope'.*camcensus runs"):
        invoke(inventory, "nope")
