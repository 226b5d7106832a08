"""`camcensus rematch`: new knowledge changes old identifications, from the replies that were kept."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from scanner.cli.rematch import rematch
from scanner.identify import identify, library
from scanner.inventory import RunSettings, Seen, open_inventory
from scanner.model import Observation

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
ADDRESS = "10.20.0.9"
REPLIES = (
    Observation(protocol="html", address=ADDRESS, payload=b"<title>Acme door</title>", observed_at=NOON),
    Observation(
        protocol="dvrip", address=ADDRESS, payload=b"Realm:Login to 4K01234PAGABCDE", observed_at=NOON
    ),
)
ACME = """
[brand]
slug = "acme"
name = "Acme"

[[fingerprint]]
id       = "acme-title"
field    = "html.title"
pattern  = '^Acme (?P<model>door)$'
claims   = { brand = "acme", model = "{model}" }
strength = "strong"
source   = "a unit on the desk"
matches  = [{ text = "Acme door", model = "door" }]
rejects  = ["Acme shop"]
"""


@pytest.fixture
def inventory(tmp_path: Path) -> Path:
    path = tmp_path / "inventory.db"
    with open_inventory(path) as opened:
        run = opened.begin_run(RunSettings())
        opened.add(run, REPLIES)
        rows = [row for row, _ in opened.observations(run)]
        opened.record(run, [Seen(identify(REPLIES, library()), rows, "routed")])
    return path


def run(inventory: Path, *words: str) -> Result:
    result = CliRunner().invoke(rematch, [*words, "--inventory", str(inventory)], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result


@pytest.fixture
def folder(tmp_path: Path) -> str:
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "acme.toml").write_text(ACME)
    return str(tmp_path / "own")


def test_nothing_changes_while_the_fingerprints_stay_the_same(inventory: Path) -> None:
    assert run(inventory).stderr == "0 changes.\n"


def test_new_fingerprints_change_old_identifications_and_say_why(inventory: Path, folder: str) -> None:
    result = run(inventory, "--fingerprints", folder)
    assert "brand: not known -> Acme  (acme-title)" in result.stdout
    assert "model: not known -> door  (acme-title)" in result.stdout
    assert "relabelled: not known -> yes" in result.stdout
    with open_inventory(inventory) as opened:
        [device] = opened.devices()
        assert (device.brand, device.model, device.maker) == ("Acme", "door", "dahua")
        assert (device.address, device.reachable, device.serial) == (ADDRESS, "routed", "4K01234PAGABCDE")
        assert device.first_seen == NOON
    assert run(inventory, "--fingerprints", folder).stderr == "0 changes.\n"


def test_what_a_fingerprint_claimed_goes_with_it(inventory: Path, folder: str) -> None:
    run(inventory, "--fingerprints", folder)
    assert "brand: Acme -> not known" in run(inventory).stdout


def test_a_dry_run_changes_nothing(inventory: Path, folder: str) -> None:
    result = run(inventory, "--dry-run", "--jsonl", "--fingerprints", folder)
    changed = {change["attribute"]: change for change in map(json.loads, result.stdout.splitlines())}
    assert changed["brand"]["after"] == "Acme" and changed["brand"]["fingerprints"] == ["acme-title"]
    with open_inventory(inventory) as opened:
        assert opened.devices()[0].brand is None
