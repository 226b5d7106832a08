"""The log in the inventory: entries are written in the transaction of the change itself, by whoever makes it.

Write transactions take turns, also those of several processes, so that the chain never forks. What is said of devices
is watched by triggers of our own connection: no path of the code can change a device and forget the log. Somebody who
edits the file with another tool leaves no entry, which is how `camcensus log verify` finds out.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator, Mapping
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import msgspec

from scanner.evidence.canonical import SECRET_LENGTH, digest, encode, refuse_inexact
from scanner.evidence.log import NOWHERE, SAID, Entry, Event, Head, Row, chained, opened
from scanner.evidence.seals import Heard, Seal, Sealing
from scanner.inventory import tables
from scanner.inventory.rows import json_text

if TYPE_CHECKING:
    from sqlite_utils import Database

    from scanner.inventory.store import Inventory

AT_ONCE = 1_000  # entries or observations read in one go: bounds the memory
STATED = (*SAID, "address", "mac", "serial", "conflicts")
"""The columns of a device that the log follows: what it is, not when it was seen."""

COUNTS = ("addresses", "answered", "lost", "outcomes", "sent")
"""What the log says of the coverage of a run in clear; all of it is bound by its digest."""

INSERT = "INSERT INTO log (seq, at, kind, subjects, fields, previous, hash) VALUES (?, ?, ?, ?, ?, ?, ?)"
ENTRIES = "SELECT seq, at, kind, subjects, fields, previous, hash FROM log WHERE seq > ? ORDER BY seq LIMIT ?"
ABOUT = """
    SELECT seq, at, kind, subjects, fields, previous, hash FROM log WHERE seq > ? AND EXISTS (
        SELECT 1 FROM json_each(subjects) WHERE value IN (SELECT value FROM json_each(?)))
    ORDER BY seq LIMIT ?
"""
# The plus: rows come by id, or else each part would sort the whole run anew.
HEARD = """
    SELECT id, run, subject, observed_at, address, mac, port, transport, protocol, request, interface, outcome,
        sha256, bytes, dropped
    FROM observations LEFT JOIN payloads ON hash = payload
    WHERE +run = ? AND id > ? AND id <= ? ORDER BY id LIMIT ?
"""
COLUMNS = ", ".join(STATED)
WATCH = f"""
    CREATE TEMP TABLE touched (number INTEGER PRIMARY KEY, device TEXT UNIQUE, before TEXT);
    CREATE TEMP TRIGGER device_added AFTER INSERT ON main.devices BEGIN
        INSERT OR IGNORE INTO touched (device) VALUES (new.id); END;
    CREATE TEMP TRIGGER device_said AFTER UPDATE OF {COLUMNS} ON main.devices BEGIN
        INSERT OR IGNORE INTO touched (device, before)
        VALUES (old.id, json_array({", ".join(f"old.{name}" for name in STATED)})); END;
    CREATE TEMP TRIGGER device_dropped AFTER DELETE ON main.devices BEGIN
        INSERT OR IGNORE INTO touched (device, before)
        VALUES (old.id, json_array({", ".join(f"old.{name}" for name in STATED)})); END;
"""
TOUCHED = (
    f"SELECT device, before, id, {COLUMNS} FROM touched LEFT JOIN devices ON id = device ORDER BY number"
)
ALL_SAID = f"SELECT id, {COLUMNS} FROM devices ORDER BY id"


# Reading


def head(inventory: Inventory) -> Head:
    """How far the log goes now: what a report prints, so that the print proves this state later."""
    return inventory.ask(head_of)


def head_of(db: Database) -> Head:
    return Head(*db.execute("SELECT seq, hash FROM log_head").fetchone())


def entries(
    inventory: Inventory, subjects: Iterable[str] | None = None, *, after: int = 0
) -> Iterator[Entry]:
    """All entries in order, or those about some devices, runs or removals, with all their fields open."""
    chosen = None if subjects is None else list(subjects)
    while some := inventory.ask(_some_entries, after, chosen):
        yield from some
        after = some[-1].seq


def _some_entries(db: Database, after: int, subjects: list[str] | None) -> list[Entry]:
    secret = secret_of(db)
    return [opened(row, secret) for row in rows(db, after, subjects)]


def rows(db: Database, after: int = 0, subjects: list[str] | None = None, limit: int = AT_ONCE) -> list[Row]:
    if subjects is None:
        return [Row(*row) for row in db.execute(ENTRIES, (after, limit)).fetchall()]
    return [Row(*row) for row in db.execute(ABOUT, (after, json_text(subjects), limit)).fetchall()]


def subjects(db: Database, named: Iterable[str]) -> list[str]:
    """The ids of what is named: of a device by its address, MAC address or serial number too; any other word is taken
    for an id, for the log may know what is there no more."""
    found = []
    for name in named:
        query = "SELECT id FROM devices WHERE address = :it OR mac = lower(:it) OR serial = :it"
        found += [id for (id,) in db.execute(query, {"it": name}).fetchall()] or [name]
    return found


def secret_of(db: Database) -> bytes:
    """What all salts of this inventory follow from."""
    return bytes.fromhex(db.execute("SELECT salt_key FROM log_head").fetchone()[0])


def heard(inventory: Inventory, run: str, *, last: int | None = None) -> Iterator[Heard]:
    """The observations of a run as its seal binds them, up to the one with the id `last`."""
    after, end = inventory.ask(_span, run, last)
    while some := inventory.ask(_some_heard, run, after, end):
        yield from some
        after = some[-1].id


def seal_of(db: Database, run: str, last: int | None = None) -> Seal:
    """The seal of what a run heard, up to the observation with the id `last`."""
    sealing, (after, end) = Sealing(secret_of(db)), _span(db, run, last)
    while some := _some_heard(db, run, after, end):
        for one in some:
            sealing.add(one)
        after = some[-1].id
    return sealing.done()


def _span(db: Database, run: str, last: int | None) -> tuple[int, int]:
    """Between which ids the observations of a run lie: after the first of these, and up to the second."""
    first, end = db.conn.execute("SELECT min(id), max(id) FROM observations WHERE run = ?", (run,)).fetchone()
    return (0, 0) if first is None else (first - 1, end if last is None else min(end, last))


def _some_heard(db: Database, run: str, after: int, end: int) -> list[Heard]:
    found = db.conn.execute(HEARD, (run, after, end, AT_ONCE)).fetchall()
    return [Heard._make((*row[:-3], _bound(*row[-3:]))) for row in found]


def _bound(known: str | None, content: bytes | None, dropped: str | None) -> str | None:
    """The SHA-256 of a reply. One that was let go before there was a log is bound without, also when heard again."""
    if known is not None:
        return known or None
    return None if content is None or dropped else digest(content)


# Writing


def append(db: Database, at: str, events: Iterable[Event]) -> None:
    """Write what happened, after all that was written before. The caller holds the transaction."""
    events = list(events)
    for event in events:
        refuse_inexact(dict(event.fields))
    _append(db, at, events)


def _append(db: Database, at: str, events: Iterable[Event]) -> None:
    seq, hash, secret = db.conn.execute("SELECT seq, hash, salt_key FROM log_head").fetchone()
    made = list(chained(((at, event) for event in events), Head(seq, hash), bytes.fromhex(secret)))
    if made:
        db.conn.executemany(INSERT, made)
        db.conn.execute("UPDATE log_head SET seq = ?, hash = ?", (made[-1].seq, made[-1].hash))


def watch(db: Database) -> None:
    """Note from now on which devices this connection changes, and what was said of them before."""
    db.execute("PRAGMA temp_store = MEMORY")
    db.conn.executescript(WATCH)


def tell_devices(db: Database, at: str, run: str | None = None, *, mended: bool = False) -> None:
    """Write what is said otherwise of devices since the transaction began, and which are new or gone.

    A device that is `mended` was changed by somebody else before: the entry says so, instead of what it replaces.
    """
    found = db.conn.execute(TOUCHED).fetchall()
    if not found:
        return
    db.conn.execute("DELETE FROM touched")
    about = (run,) if run else ()
    events = []
    for device, before, there, *now in found:
        was = None if before is None else said(msgspec.json.decode(before))
        if there is None:
            if was is not None:
                events.append(Event("device-gone", (device, *about), {}))
        elif was is None:
            events.append(Event("device-found", (device, *about), said(now)))
        elif was != (current := said(now)):
            replaced = {"cause": "repair"} if mended else {"replaced": digest(encode(was))}
            events.append(Event("device-changed", (device, *about), current | replaced))
    _append(db, at, events)


def said(values: Iterable[Any]) -> dict[str, Any]:
    """The fields of an entry about a device, from its columns in the order of `STATED`; nothing that is not known."""
    row = dict(zip(STATED, values, strict=True))
    known = {name: row[name] for name in SAID if row[name] is not None}
    if "relabelled" in known:
        known["relabelled"] = bool(known["relabelled"])
    if "covered" in known:
        known["covered"] = msgspec.json.decode(known["covered"])
    fields: dict[str, Any] = {"said": known}
    for name in ("address", "mac", "serial"):
        if row[name] is not None:
            fields[name] = row[name]
    if row["conflicts"] not in (None, "[]"):
        fields["conflicts"] = msgspec.json.decode(row["conflicts"])
    return fields


def tell_export(
    inventory: Inventory,
    by: str,
    what: str,
    *,
    content: bytes | str | None = None,
    file: str = "",
    why: str = "",
) -> None:
    """Write that something was handed out: a report, a bundle, a copy. `content` is what it holds, or the SHA-256 of
    that."""
    sha256 = digest(content) if isinstance(content, bytes) else content
    told = {"by": by, "what": what, "file": file, "why": why, "content": sha256}
    event = Event("exported", (), {name: value for name, value in told.items() if value})
    inventory.change(lambda db, at, by: append(db, at, [event]), by)


def run_begun(run: str, row: Mapping[str, Any]) -> Event:
    """From the row of a run, as it stands in its table."""
    return Event("run-begun", (run,), begun(row))


def begun(row: Mapping[str, Any]) -> dict[str, Any]:
    kept = ("command", "targets", "operator", "authorisation", "started", "version", "fingerprints", "site")
    fields = {name: row[name] for name in kept if row.get(name)}
    if "targets" in fields:
        fields["targets"] = msgspec.json.decode(fields["targets"])
    return fields | ({"settings": digest(row["settings"].encode())} if row.get("settings") else {})


def run_ended(run: str, row: Mapping[str, Any], sealed: Seal) -> Event:
    return Event("run-ended", (run,), ended(row, sealed))


def ended(row: Mapping[str, Any], sealed: Seal) -> dict[str, Any]:
    fields: dict[str, Any] = {"observations": msgspec.to_builtins(sealed)}
    fields |= {name: row[name] for name in ("ended", "outcome") if row.get(name)}
    if row.get("coverage"):
        coverage = msgspec.json.decode(row["coverage"], type=dict[str, Any])
        fields["counts"] = {name: coverage[name] for name in COUNTS if name in coverage}
        fields["coverage"] = digest(row["coverage"].encode())
    return fields


# The beginning


def begin(db: Database, at: str) -> None:
    """Write the first entry, which binds what the inventory held before it had a log; then its runs and devices."""
    held = dict(held_before(db))
    db.execute(
        "CREATE TABLE log (seq INTEGER PRIMARY KEY, at TEXT NOT NULL, kind TEXT NOT NULL, subjects TEXT NOT NULL, "
        "fields TEXT NOT NULL, previous TEXT NOT NULL, hash TEXT NOT NULL)"
    )
    protect(db, "log")
    db.execute("CREATE TABLE log_head (one INTEGER PRIMARY KEY CHECK (one = 1), seq INTEGER NOT NULL, "
               "hash TEXT NOT NULL, salt_key TEXT NOT NULL)")  # fmt: skip
    db.execute("INSERT INTO log_head VALUES (1, ?, ?, ?)", (*NOWHERE, secrets.token_hex(SECRET_LENGTH)))
    # The SHA-256 of a reply that was let go: what was bound can still be checked. Empty: it went before the log began.
    db.table("payloads").add_column("sha256", str)
    db.execute("UPDATE payloads SET sha256 = '' WHERE dropped IS NOT NULL")
    _append(db, at, [Event("began", (), {"tables": held})])
    for row in list(db.query("SELECT * FROM runs ORDER BY started, id")):
        fields = begun(row) | ended(row, seal_of(db, row["id"]))
        _append(db, at, [Event("run-adopted", (row["id"],), fields)])
    devices = db.execute(ALL_SAID)
    while some := devices.fetchmany(AT_ONCE):
        _append(db, at, [Event("device-found", (device,), said(values)) for device, *values in some])


def protect(db: Database, table: str) -> None:
    """Let nobody change or drop its rows by mistake. Who does it on purpose can drop the triggers first; the chain and
    the heads that were printed prove it."""
    for deed in ("UPDATE", "DELETE"):
        db.execute(
            f"CREATE TRIGGER {table}_without_{deed.lower()} BEFORE {deed} ON {table} "
            f"BEGIN SELECT raise(ABORT, 'rows of {table} are only ever added'); END"
        )


def held_before(db: Database) -> Iterator[tuple[str, dict[str, Any]]]:
    """Of each table that holds anything: how many rows, and the SHA-256 of what `inventory export` writes of it."""
    for table in (name for name in tables.names(db) if not name.startswith("_")):
        content, count = sha256(), 0
        for line in tables.lines(db, table):
            content.update(line)
            count += 1
        if count:
            yield table, {"rows": count, "sha256": content.hexdigest()}
