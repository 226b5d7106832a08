"""`camcensus sites`, `register`, `devices set` and `scan --site`, as somebody types them."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from scanner.cli import camcensus
from scanner.errors import CamcensusError
from scanner.identifiers import Identifier
from scanner.inventory import RunSettings, Seen, open_inventory
from scanner.model import Identification


@pytest.fixture
def inventory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "inventory.db"
    monkeypatch.setenv("CAMCENSUS_INVENTORY", str(path))
    with open_inventory(path) as opened:
        run = opened.begin_run(RunSettings())
        it = Identification(address="10.20.0.1", mac="44:19:b6:00:00:01", maker="dahua", category="camera")
        opened.record(run, [Seen(it, identifiers=(Identifier("mac", "44:19:b6:00:00:01"),))])
    return path


def camcensus_says(*words: str) -> Result:
    return CliRunner().invoke(camcensus, words, catch_exceptions=False)


def test_a_scan_at_an_unknown_site_begins_no_run_and_lists_the_sites(inventory: Path) -> None:
    camcensus_says("sites", "add", "hq")
    with pytest.raises(CamcensusError, match=r"there is no site 'hw'; the sites are: hq"):
        camcensus_says("scan", "127.0.0.1", "--site", "hw")
    with open_inventory(inventory) as opened:
        assert len(opened.runs()) == 1


def test_a_scan_writes_its_site_down(inventory: Path) -> None:
    camcensus_says("sites", "add", "hq", "--name", "Head office")
    camcensus_says("scan", "127.0.0.99", "--ports", "9", "--site", "head office")
    with open_inventory(inventory) as opened:
        assert opened.runs()[0].site == "hq"


def test_a_formula_in_a_register_runs_in_no_export(inventory: Path, tmp_path: Path) -> None:
    hostile = '=HYPERLINK("http://evil.example";"click")'
    (tmp_path / "r.csv").write_text(
        f"MAC,Name\n44:19:b6:00:00:01,'{hostile}'\n,+cmd\n0019b6000077,{hostile}\n", "utf-8"
    )
    assert camcensus_says("register", "import", str(tmp_path / "r.csv")).exit_code == 3
    rows = list(
        csv.DictReader(camcensus_says("register", "reconcile", "--format", "csv").stdout.splitlines())
    )
    assert [row["list"] for row in rows] == ["matched", "not-seen"]
    assert rows[1]["name"].startswith("'=HYPERLINK")
    lines = camcensus_says("register", "reconcile", "--format", "jsonl").stdout.splitlines()
    assert json.loads(lines[1])["name"] == hostile


def test_a_change_is_shown_before_it_is_made(inventory: Path) -> None:
    shown = camcensus_says("devices", "set", "10.20.0.1", "--switch-port", "Gi1/0/7", "--dry-run").output
    assert "switch port  nothing → 'Gi1/0/7'" in shown and "would be changed" in shown
    with open_inventory(inventory) as opened:
        assert opened.device("10.20.0.1").switch_port is None
    camcensus_says("devices", "set", "10.20.0.1", "--switch-port", "Gi1/0/7")
    with open_inventory(inventory) as opened:
        assert opened.device("10.20.0.1").switch_port == "Gi1/0/7"


def test_many_devices_are_chosen_by_a_condition_and_never_all_by_an_empty_one(inventory: Path) -> None:
    shown = camcensus_says("devices", "set", "--where", "address in 10.20.0.0/24", "--owner", "ACME").output
    assert "1 of 1 devices changed" in shown
    with pytest.raises(CamcensusError, match="which devices"):
        camcensus_says("devices", "set", "--where", "", "--owner", "ACME")
    with pytest.raises(CamcensusError, match="which devices"):
        camcensus_says("devices", "set", "10.20.0.1", "--where", "maker = dahua", "--owner", "ACME")
    assert "0 of 0" in camcensus_says("devices", "set", "--where", "maker = hikvision", "--room", "1").output


def test_the_sites_come_as_a_table_as_csv_and_as_json(inventory: Path) -> None:
    camcensus_says("sites", "add", "hq")
    camcensus_says("sites", "networks", "hq", "10.20.0.0/24")
    assert camcensus_says("sites").stdout.split()[-4:] == ["hq", "hq", "1", "1"]
    assert camcensus_says("sites", "--format", "csv").stdout.splitlines()[1] == "hq,hq,,1,1,"
    assert json.loads(camcensus_says("sites", "--format", "jsonl").stdout)["devices"] == 1


def test_a_register_is_compared_with_chosen_devices_in_the_order_of_their_addresses(
    inventory: Path, tmp_path: Path
) -> None:
    with open_inventory(inventory) as opened:
        run = opened.runs()[0].id
        for address in ("10.20.0.10", "10.20.0.9"):
            it = Identification(address=address, maker="hikvision", category="camera")
            opened.record(run, [Seen(it)])
    (tmp_path / "r.csv").write_text("MAC\n44:19:b6:00:00:01\n00:19:b6:00:00:77\n")
    camcensus_says("register", "import", str(tmp_path / "r.csv"))

    def listed(*words: str) -> list[tuple[str, str]]:
        lines = camcensus_says("register", "reconcile", "--format", "jsonl", *words).stdout.splitlines()
        return [(one["list"], one["address"]) for one in map(json.loads, lines)]

    new = [("not-in-register", "10.20.0.9"), ("not-in-register", "10.20.0.10")]
    assert listed() == [("matched", "10.20.0.1"), ("not-seen", None), *new]
    assert listed("--where", "maker = hikvision") == [("not-seen", None), *new]
    assert listed("--where", "maker = dahua") == [("matched", "10.20.0.1"), ("not-seen", None)]
