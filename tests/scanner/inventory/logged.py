"""An inventory with a log: two weeks, a place, and a removal with a photograph."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec

from scanner.evidence.log import Entry, Fault, Head
from scanner.evidence.removals import Taken
from scanner.identifiers import Identifier
from scanner.inventory import Inventory, RunSettings, Seen, log, open_inventory, places, removals
from scanner.inventory.care import opened
from scanner.inventory.verifying import verify
from scanner.model import Coverage, Identification, Observation

NOW = datetime(2026, 3, 1, tzinfo=UTC)
MAC = "44:19:b6:00:00:01"
PHOTO = removals.File("label.jpg", "label", b"\xff\xd8\xff\xe0 a photograph")


def week(inventory: Inventory, number: int, **said: object) -> str:
    """One run that hears one unit."""
    run = inventory.begin_run(
        RunSettings(operator="Jolene", targets=("10.20.0.0/24",), settings={"rate": 1.5})
    )
    at = NOW + timedelta(weeks=number)
    for protocol in ("sadp", "http"):
        seen = {
            "protocol": protocol,
            "payload": b"%d" % number,
            "address": "10.20.0.9",
            "mac": MAC,
            "observed_at": at,
        }
        inventory.add(run, [msgspec.convert(seen, Observation, builtin_types=(bytes, datetime))])
    rows = [row for row, _ in inventory.observations(run)]
    facts: dict[str, Any] = {
        "maker": "hikvision",
        "model": "DS-2CD2143G2-I",
        "confidence": "confirmed",
    } | said
    it = Identification(address="10.20.0.9", mac=MAC, serial="C12345678", **facts)
    inventory.record(run, [Seen(it, rows, "on-link", (Identifier("mac", MAC),))])
    inventory.finish_run(run, "complete", Coverage(targets=("10.20.0.0/24",), addresses=256, answered=1))
    return run


def entries(inventory: Inventory) -> list[Entry]:
    return list(log.entries(inventory))


def kinds(inventory: Inventory) -> list[str]:
    return [entry.kind for entry in log.entries(inventory)]


def faults(path: Path, *told: Head) -> list[Fault]:
    with opened(path) as db:
        return list(verify(db, told))


def edit(path: Path, *statements: str) -> None:
    """Somebody who knows what the triggers are for edits the file."""
    with closing(sqlite3.connect(path)) as file:
        for (trigger,) in file.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            file.execute(f"DROP TRIGGER {trigger}")
        for statement in statements:
            assert file.execute(statement).rowcount != 0, statement
        file.commit()


def two_weeks(path: Path) -> None:
    with open_inventory(path) as inventory:
        week(inventory, 1)
        week(inventory, 2, firmware="V5.7.1")
        (device,) = inventory.devices()
        inventory.change(places.assign, "Morgan", [device.id], {"room": "2.14"}, "seen there")
        taken = Taken(at="2026-03-09", removed_by="Sam", disposal="destroyed", media="destroy")
        inventory.change(removals.record, "Morgan", device.id, taken, [PHOTO])
