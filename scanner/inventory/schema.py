"""The tables of the inventory, as steps that are applied once each, in order.

A step that was released is never edited: what changes later is a new step at the end of `STEPS`. The number of
steps taken stands in the file's `user_version`, and APPLICATION_ID in its header says whose file it is.
docs/reference/inventory.md describes the result.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlite_utils import Database

APPLICATION_ID = 0x43434E53  # "CCNS"


def first_tables(db: Database) -> None:
    """Runs, what was seen in them, and the devices that came of it."""
    runs(db)
    devices(db)
    observations(db)
    attempts(db)


STEPS = (first_tables,)


def migrate(db: Database) -> None:
    """Take the steps that this file has not taken yet. The caller holds the transaction."""
    from sqlite_utils import Migrations

    migrations = Migrations("camcensus")
    for step in STEPS:
        migrations(name=step.__name__)(step)
    migrations.apply(db)
    db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    db.execute(f"PRAGMA user_version = {len(STEPS)}")


def runs(db: Database) -> None:
    db.table("runs").create(
        {
            "id": str, "command": str, "targets": str, "operator": str, "authorisation": str,
            "settings": str, "started": str, "ended": str, "outcome": str, "coverage": str, "progress": str,
            "version": str, "fingerprints": str,
        },
        pk="id",
        not_null={"started"},
    )  # fmt: skip


def devices(db: Database) -> None:
    db.table("devices").create(
        {
            "id": str, "first_seen": str, "last_seen": str, "last_run": str, "reachable": str,
            "subject": str, "address": str, "mac": str, "maker": str, "maker_name": str, "brand": str,
            "relabelled": int, "category": str, "model": str, "firmware": str, "serial": str,
            "confidence": str, "covered": str, "conflicts": str, "evidence": str,
        },
        pk="id",
        not_null={"first_seen", "last_seen", "confidence"},
        foreign_keys=[("last_run", "runs", "id")],
    )  # fmt: skip
    for column in ("address", "mac", "serial"):
        db.table("devices").create_index([column])
    db.table("identifications").create(
        {"device": str, "run": str, "first_observation": int, "at": str, "identification": str},
        not_null={"device", "run", "at", "identification"},
        foreign_keys=[("device", "devices", "id"), ("run", "runs", "id")],
    )
    db.table("identifications").create_index(["device"])
    db.table("identifications").create_index(["run", "first_observation"])
    db.table("sightings").create(
        {
            "device": str, "run": str, "address": str, "mac": str, "interface": str, "at": str,
            "reachable": str,
        },
        not_null={"device", "run", "at"},
        foreign_keys=[("device", "devices", "id"), ("run", "runs", "id")],
    )  # fmt: skip
    db.table("sightings").create_index(["run"])
    db.table("sightings").create_index(["mac"])
    # Nulls count as different in a unique index, so that they need a stand-in here and below.
    db.execute("CREATE UNIQUE INDEX one_sighting ON sightings (device, run, ifnull(address, ''))")


def observations(db: Database) -> None:
    db.table("payloads").create({"hash": str, "bytes": bytes}, pk="hash", not_null={"bytes"})
    db.table("observations").create(
        {
            "id": int, "run": str, "device": str, "subject": str, "observed_at": str, "address": str,
            "mac": str, "port": int, "transport": str, "protocol": str, "request": str, "payload": str,
            "interface": str, "outcome": str,
        },
        pk="id",
        not_null={"run", "protocol", "request", "outcome"},
        foreign_keys=[("run", "runs", "id"), ("device", "devices", "id"), ("payload", "payloads", "hash")],
    )  # fmt: skip
    db.table("observations").create_index(["device"])
    # The same reply may be heard twice; from two MAC addresses or on two interfaces it is two units, though.
    db.execute(
        "CREATE UNIQUE INDEX one_observation ON observations (run, protocol, request, ifnull(address, ''), "
        "ifnull(port, -1), ifnull(mac, ''), ifnull(subject, ''), ifnull(interface, ''), ifnull(payload, ''))"
    )


def attempts(db: Database) -> None:
    db.table("attempts").create(
        {"run": str, "address": str, "port": int, "transport": str, "protocol": str, "outcome": str},
        pk=("run", "address", "port", "transport", "protocol"),
        not_null={"outcome"},
        foreign_keys=[("run", "runs", "id")],
    )
