"""The tables of the inventory, as steps that are applied once each, in order.

A step that was released is never edited: what changes later is a new step at the end of `STEPS`. The number of
steps taken stands in the file's `user_version`, and APPLICATION_ID in its header says whose file it is.
docs/reference/inventory.md describes the result.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from scanner.inventory import log
from scanner.inventory.rows import PLACED, address_order, digest, stamp

if TYPE_CHECKING:
    from sqlite_utils import Database

APPLICATION_ID = 0x43434E53  # "CCNS"


def first_tables(db: Database) -> None:
    """Runs, what was seen in them, and the devices that came of it."""
    runs(db)
    devices(db)
    observations(db)
    attempts(db)


def identity_over_time(db: Database) -> None:
    """What tells devices apart, why they were joined or parted, where they are, and what people wrote about them."""
    statements(db)
    identity(db)
    places(db)
    order(db)
    registers(db)
    notices(db)


def phase_out_and_evidence(db: Database) -> None:
    """The plan to replace what was found, and the evidence that it is gone."""
    evidence(db)  # first: it binds what was there before this step
    plan(db)


STEPS = (first_tables, identity_over_time, phase_out_and_evidence)


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


def statements(db: Database) -> None:
    """Identifications in the same words are kept once: week after week, most devices say the same."""
    db.table("statements").create(
        {"hash": str, "identification": str}, pk="hash", not_null={"identification"}
    )
    # With a key of its own: what a merge moved is kept by it, and VACUUM may number rows without one anew.
    db.execute("ALTER TABLE identifications RENAME TO said_before")
    db.table("identifications").create(
        {
            "id": int, "device": str, "run": str, "first_observation": int, "at": str, "statement": str,
            "identifiers": str, "rule": str, "fingerprints": str,
        },
        pk="id",
        not_null={"device", "run", "at", "statement", "identifiers"},
        foreign_keys=[("device", "devices", "id"), ("run", "runs", "id"), ("statement", "statements", "hash")],
    )  # fmt: skip
    db.register_function(digest_of_text, deterministic=True)
    db.execute("INSERT INTO statements SELECT digest_of_text(identification), identification FROM said_before "
               "GROUP BY identification")  # fmt: skip
    db.execute("""
        INSERT INTO identifications (id, device, run, first_observation, at, statement, identifiers, fingerprints)
        SELECT said_before.rowid, device, run, first_observation, at, digest_of_text(identification),
            iif(identification ->> '$.mac' IS NULL, '[]', json_array(json_array('mac', identification ->> '$.mac'))),
            (SELECT fingerprints FROM runs WHERE id = run)
        FROM said_before
    """)
    db.execute("DROP TABLE said_before")
    db.table("identifications").create_index(["run", "first_observation"])
    # What was said of a device last is asked for more often than what all runs said.
    db.table("identifications").create_index(["device", "at"])
    # What a run heard of a device is asked for far more often than what all of them did.
    db.execute("DROP INDEX idx_observations_device")
    db.execute("CREATE INDEX observations_of ON observations (device, run) WHERE device IS NOT NULL")
    # When the reply was dropped to save space: its hash stays, the bytes are empty.
    db.table("payloads").add_column("dropped", str)


def digest_of_text(text: str) -> str:
    return digest(text.encode())


def identity(db: Database) -> None:
    db.execute("CREATE TABLE identifiers (device TEXT NOT NULL REFERENCES devices (id), kind TEXT NOT NULL, "
               "value TEXT NOT NULL, PRIMARY KEY (kind, value, device)) WITHOUT ROWID")  # fmt: skip
    db.table("identifiers").create_index(["device"])
    db.execute("INSERT OR IGNORE INTO identifiers SELECT DISTINCT device, its.value ->> 0, its.value ->> 1 "
               "FROM identifications, json_each(identifiers) AS its")  # fmt: skip
    db.table("identity_changes").create(
        {
            "id": int, "at": str, "by": str, "run": str, "kind": str, "rule": str, "why": str,
            "device": str, "other": str, "moved": str, "undone": str,
        },
        pk="id",
        not_null={"at", "kind", "device", "other"},
    )  # fmt: skip
    for column in ("device", "other"):
        db.table("identity_changes").create_index([column])
    db.table("apart").create({"one": str, "other": str}, pk=("one", "other"))
    db.table("journal").create(
        {
            "id": int, "at": str, "by": str, "run": str, "device": str, "cause": str, "field": str,
            "before": str, "after": str, "why": str,
        },
        pk="id",
        not_null={"at", "cause"},
    )  # fmt: skip
    db.table("journal").create_index(["device"])
    db.table("journal").create_index(["at"])


def places(db: Database) -> None:
    db.table("sites").create({"id": str, "name": str, "note": str}, pk="id", not_null={"name"})
    db.table("networks").create(
        {"site": str, "cidr": str, "building": str, "floor": str, "room": str, "note": str},
        pk=("site", "cidr"),
        foreign_keys=[("site", "sites", "id")],
    )
    for table, columns in (
        ("runs", ("site",)),
        ("sightings", ("site",)),
        ("devices", ("seen_at_site", *PLACED, "placed_by")),
    ):
        for column in columns:
            db.table(table).add_column(column, str)
    db.table("devices").create_index(["site"])


def registers(db: Database) -> None:
    """The rows of asset registers and cable plans, and what people decided about them."""
    db.table("registers").create(
        {"name": str, "file": str, "read_as": str, "at": str, "by": str, "site": str},
        pk="name",
        not_null={"at"},
    )
    db.table("register_rows").create(
        {
            "id": int, "register": str, "sheet": str, "row": int, "key": str, "device": str, "rule": str,
            "serial": str, "mac": str, "address": str, "model": str, "name": str, **dict.fromkeys(PLACED, str),
        },
        pk="id",
        not_null={"register", "row", "key"},
        foreign_keys=[("register", "registers", "name")],
    )  # fmt: skip
    for columns in (["register"], ["device"], ["switch", "switch_port"]):
        db.table("register_rows").create_index(columns)
    # No reference to a device: one that was merged into another is found again by way of identity_changes.
    db.table("register_decisions").create(
        {"register": str, "key": str, "device": str, "at": str, "by": str, "why": str}, pk=("register", "key")
    )


def notices(db: Database) -> None:
    """The changes that `scan --notify` told, or has still to tell: one row for each change and destination."""
    db.table("notices").create(
        {
            "id": int, "at": str, "run": str, "device": str, "kind": str, "destination": str, "change": str,
            "told": str, "problem": str,
        },
        pk="id",
        not_null={"at", "device", "kind", "destination", "change"},
    )  # fmt: skip
    db.table("notices").create_index(["destination", "device", "kind", "at"])


def order(db: Database) -> None:
    """Addresses sort as numbers by a text of their own, and lists find their devices in that order."""
    db.table("devices").add_column("address_order", str)
    db.register_function(address_order, deterministic=True)
    db.execute("UPDATE devices SET address_order = address_order(address)")
    # All but the evidence, which is most of a row: lists and conditions read this index and nothing else.
    db.table("devices").create_index(
        [
            "address_order", "id", "address", "mac", "maker", "maker_name", "brand", "relabelled", "category", "model",
            "firmware", "serial", "confidence", "covered", "conflicts", "first_seen", "last_seen", "last_run",
            "reachable", "seen_at_site", *PLACED,
        ],
        "devices_listed",
    )  # fmt: skip


def plan(db: Database) -> None:
    """What becomes of each device, what that needs and costs. Dates are days, money is decimal text."""
    # No reference to a device: the item of one that was merged into another waits in case that is undone.
    db.table("plan_items").create(
        {
            "device": str, "added": str, "state": str, "phase": str, "due": str, "ordered_on": str,
            "installed_on": str, "removed_on": str, "verified_on": str, "kept_on": str, "responsible": str,
            "contractor": str, "ticket": str, "replacement": str, "cost": str, "currency": str, "reason": str,
            "remark": str, "filled": str, "priority": int, "reasons": str, "version": int,
        },
        pk="device",
        not_null={"added", "state", "version"},
    )  # fmt: skip
    db.table("plan_prices").create(
        {
            "id": int, "file": str, "sheet": str, "row": int, "kind": str, "fits": str, "product": str,
            "price": str, "currency": str, "labour_hours": str, "hourly_rate": str, "labour": str, "spares": str,
        },
        pk="id",
    )  # fmt: skip
    db.table("plan_candidates").create(
        {
            "id": int, "source": str, "read_as": str, "at": str, "by": str, "maker": str, "model": str,
            "kind": str, "says": str,
        },
        pk="id",
        not_null={"source", "model", "says"},
    )  # fmt: skip
    db.table("journal").create_index(["cause", "device"])
    # How much it matters what its cameras see: low, normal, high or critical.
    db.table("sites").add_column("sensitivity", str)


def evidence(db: Database) -> None:
    """The log, which begins with what was there before it; and the removals, with what was attached to them."""
    log.begin(db, stamp(datetime.now(UTC)))
    # A record is never changed: to undo one is another. No reference to a device: it may be merged into another.
    db.table("removals").create(
        {
            "id": str, "recorded": str, "by": str, "device": str, "undoes": str, "at": str, "removed_by": str,
            "witness": str, "isolated": str, "why": str, "disposal": str, "disposed_to": str, "receipt": str,
            "media": str, "media_serials": str, "media_method": str, "certificate": str, "replacement": str,
            "note": str, "attachments": str, "unit": str,
        },
        pk="id",
        not_null={"recorded", "by", "device", "attachments"},
    )  # fmt: skip
    for column in ("device", "undoes"):
        db.table("removals").create_index([column])
    db.table("attachments").create({"sha256": str, "bytes": bytes}, pk="sha256", not_null={"bytes"})
    for table in ("removals", "attachments"):
        log.protect(db, table)
