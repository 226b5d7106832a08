"""`camcensus removal verdict` on an inventory of weekly runs."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

from scanner.cli import camcensus
from scanner.evidence.removals import Taken
from scanner.inventory import open_inventory, removals
from tests.scanner.weeks import Weeks, camera

WEEKS_BEFORE, WEEKS_AFTER = 4, 5


@pytest.fixture
def inventory(tmp_path: Path) -> Path:
    """Six cameras; one is removed and recorded, another falls silent."""
    path = tmp_path / "inventory.db"
    units = [camera(number) for number in range(1, 7)]
    with Weeks(path) as weeks:
        for _ in range(WEEKS_BEFORE):
            weeks.run(*units)
        taken = Taken(at=weeks.now.isoformat(), removed_by="Kim")
        weeks.inventory.change(removals.record, "jo", weeks.device(units[0]), taken)
        for number in range(WEEKS_AFTER):
            weeks.run(*units[1:] if number < 1 else units[2:])
    return path


def told(inventory: Path, *options: str) -> str:
    result = CliRunner().invoke(
        camcensus, ["removal", "verdict", "--inventory", str(inventory), *options], catch_exceptions=False
    )
    assert result.exit_code == 0, result.output
    return result.stdout


def test_removed_and_quiet_devices_are_told_with_reasons_and_rule(inventory: Path) -> None:
    text = told(inventory)
    assert "verified-removed" in text and "4 conclusive looks over 28 days did not see it" in text
    assert (
        "proves nothing: only 4 of 5 control devices answered in 10.1.0.0/24" in text
    )  # one fell silent just then
    assert "nobody recorded it as removed, so that it is only quiet" in text
    assert "     1  verified-removed\n     1  not-seen\n" in text
    assert "rule camcensus: at least 3 conclusive looks over 14 days" in text
    assert "state of the log: " in text


def test_a_program_reads_them_as_json_lines(inventory: Path) -> None:
    both = [json.loads(line) for line in told(inventory, "--format", "jsonl").splitlines()]
    [gone] = [one for one in both if one["verdict"] == "verified-removed"]
    assert gone["removal"].startswith("r") and gone["rule"]["runs"] == 3
    assert len(gone["looks"]) == WEEKS_AFTER and all(look["controls"] == 5 for look in gone["looks"][:1])
    assert [one["device"] for one in both if one["verdict"] == "not-seen"] != [gone["device"]]


def test_a_stricter_rule_and_a_condition_narrow_what_is_verified(inventory: Path, tmp_path: Path) -> None:
    rule = tmp_path / "strict.toml"
    rule.write_text('[verification]\nname = "strict"\nruns = 5\n')
    text = told(inventory, "--rule", str(rule))
    assert "missing: 1 more conclusive look" in text and "rule strict: at least 5" in text
    assert "no device is recorded" in told(inventory, "--where", "address = 10.9.9.9")


def test_the_numbers_of_a_policy_decide_where_it_is_named(inventory: Path, tmp_path: Path) -> None:
    template = CliRunner().invoke(camcensus, ["removal", "policies", "--template"]).stdout
    strict = template.replace('\nid           = "my-organisation"', '\nid           = "ours"')
    assert strict != template
    (ours := tmp_path / "ours.toml").write_text(strict.replace("runs = 3", "runs = 9"))
    assert "by rule us-ndaa-889: at least 3 " in told(inventory, "--policy", "us-ndaa-889")
    text = told(inventory, "--policy", "ours", "--policies", str(ours))
    assert "by rule ours: at least 9 conclusive looks" in text and "verified-removed" not in text
    both = ["removal", "verdict", "--policy", "ours", "--rule", str(ours), "--inventory", str(inventory)]
    assert "exclude each other" in CliRunner().invoke(camcensus, both).output


def test_one_device_can_be_asked_for_by_its_address(inventory: Path) -> None:
    assert "still-present" in told(inventory, "10.1.0.5")


def plan_state(inventory: Path) -> str:
    with open_inventory(inventory) as opened:
        [row] = opened._query(
            "SELECT state FROM plan_items WHERE device = ?", (opened.device("10.1.0.1").id,)
        )
    return str(row["state"])


def test_the_plan_is_verified_by_a_verdict_and_by_nobody_else(inventory: Path) -> None:
    runner = CliRunner()
    named = ["--inventory", str(inventory)]
    with open_inventory(inventory) as opened:
        [it] = opened.ask(removals.all_standing).values()
    assert runner.invoke(camcensus, ["plan", "build", *named]).exit_code == 0
    runner.invoke(
        camcensus, ["removal", "undo", it.id, "--why", "to record it anew", *named], catch_exceptions=False
    )
    again = ["removal", "record", "10.1.0.1", "--at", it.at, "--removed-by", "Kim", *named]
    assert runner.invoke(camcensus, again, catch_exceptions=False).exit_code == 0
    assert plan_state(inventory) == "removed"
    refused = runner.invoke(camcensus, ["plan", "set", "10.1.0.1", "--state", "verified", *named])
    assert (
        "evidence verifies it, and not a person" in str(refused.exception)
        and plan_state(inventory) == "removed"
    )
    told(inventory)
    assert plan_state(inventory) == "removed"
    told(inventory, "--plan")
    assert plan_state(inventory) == "verified"
    with Weeks(inventory) as weeks:
        weeks.now = datetime(2026, 6, 1, 9, tzinfo=UTC)
        weeks.run(*(camera(number) for number in range(1, 7)))
    told(inventory, "--plan")
    assert plan_state(inventory) == "removed"


@pytest.mark.parametrize("text", ["[verification]\nruns = 0\n", "[other]\n", "[verification]\nweeks = 3\n"])
def test_a_wrong_rule_is_refused(inventory: Path, tmp_path: Path, text: str) -> None:
    (tmp_path / "rule.toml").write_text(text)
    result = CliRunner().invoke(
        camcensus,
        ["removal", "verdict", "--inventory", str(inventory), "--rule", str(tmp_path / "rule.toml")],
    )
    assert "cannot be used as a rule" in str(result.exception)
