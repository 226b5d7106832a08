"""Check an inventory: is the file whole, and does what it holds agree with itself?

What follows from other rows can be said anew: the state of a device from its history, its identifiers from its
identifications, an index from its table. Nothing else is mended, because nothing else is known.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from scanner.inventory import log
from scanner.inventory.care import opened
from scanner.inventory.fold import fold
from scanner.inventory.opening import one_moment, transaction
from scanner.inventory.rows import digest, stamp
from scanner.inventory.schema import migrate
from scanner.inventory.state import HISTORY, LATEST, LastSeen, refresh, state_row, statement
from scanner.inventory.verifying import verify

if TYPE_CHECKING:
    from sqlite_utils import Database

MOST_FAULTS = 100  # of the file itself: beyond that, they tell nothing new
AT_ONCE = 250  # devices: between these, whoever records gets a turn
MADE = """
    SELECT type, name FROM sqlite_master WHERE sql IS NOT NULL AND type IN ('table', 'index', 'trigger') ORDER BY rowid
"""
PAYLOADS = "SELECT hash, bytes, dropped FROM payloads"
WITHOUT = """
    SELECT id FROM devices WHERE NOT EXISTS (SELECT 1 FROM {table} WHERE device = devices.id) ORDER BY id
"""
WITH_HISTORY = """
    SELECT id FROM devices WHERE id > ? AND EXISTS (SELECT 1 FROM identifications WHERE device = devices.id)
        AND EXISTS (SELECT 1 FROM sightings WHERE device = devices.id)
    ORDER BY id LIMIT ?
"""
NAMED_IN_HISTORY = """
    SELECT its.value ->> 0, its.value ->> 1 FROM identifications, json_each(identifications.identifiers) AS its
    WHERE device = ?
"""


class Finding(msgspec.Struct, frozen=True):
    """Something that is not as it should be."""

    table: str
    row: str
    problem: str
    follows: bool = False  # from other rows: it can be said anew
    mended: bool = False


def check(path: Path, *, repair: bool = False) -> Iterator[Finding]:
    """All that is wrong with an inventory, mended where it can be when `repair` is set. Raises CamcensusError when the
    file cannot be read at all."""
    with opened(path) as db:
        try:
            yield from file_faults(db, repair)
            yield from missing(db, repair)
            yield from lost_references(db)
            yield from altered(db)
            for table in ("identifications", "sightings"):
                for (device,) in db.execute(WITHOUT.format(table=table)).fetchall():
                    yield Finding("devices", device, f"it has no {table}")
            yield from states(db, repair)
            yield from (Finding("log", str(fault.seq or ""), fault.text) for fault in verify(db)
                        if fault.kind != "unbound")  # fmt: skip
        except sqlite3.DatabaseError as error:
            yield Finding("file", "", f"the rest could not be read: {error}")


def file_faults(db: Database, repair: bool) -> Iterator[Finding]:
    """What SQLite finds wrong with the file."""
    faults = [text for (text,) in db.execute(f"PRAGMA integrity_check({MOST_FAULTS})") if text != "ok"]
    only_indexes = bool(faults) and all(" index " in text for text in faults)
    if only_indexes and repair:
        db.execute("REINDEX")
    for text in faults:
        yield Finding("file", "", text, only_indexes, only_indexes and repair)


def missing(db: Database, repair: bool) -> Iterator[Finding]:
    """Tables, columns, indexes and triggers that every inventory has, and this one has not."""
    from sqlite_utils import Database

    whole = Database(memory=True)
    try:
        migrate(whole)
        there = set(db.execute(MADE))
        lost = [one for one in whole.execute(MADE).fetchall() if one not in there]
        columns = {name: whole.table(name).columns_dict.keys() - db.table(name).columns_dict.keys()
                   for _, name in there if whole.table(name).exists()}  # fmt: skip
        sql = dict(whole.execute("SELECT name, sql FROM sqlite_master").fetchall())
    finally:
        whole.close()
    for kind, name in lost:
        made = kind != "table"  # it holds nothing of its own
        if made and repair:
            db.execute(sql[name])
        place = "file" if made else name
        yield Finding(place, "", f"the {kind} {name} is missing", made, made and repair)
    for table, names in columns.items():
        yield from (Finding(table, "", f"the column {name} is missing") for name in sorted(names))


def lost_references(db: Database) -> Iterator[Finding]:
    for table, row, parent, _ in db.execute("PRAGMA foreign_key_check"):
        yield Finding(table, str(row), f"it refers to a row of {parent} that is not there")


def altered(db: Database) -> Iterator[Finding]:
    """Contents that are not those whose hash they are known by."""
    for hash, content, dropped in db.execute(PAYLOADS):
        if dropped and content:
            yield Finding("payloads", hash, f"it was dropped on {dropped}, and there are bytes")
        elif not dropped and (not isinstance(content, bytes) or digest(content) != hash):
            yield Finding("payloads", hash, "its bytes are not those that were recorded")
    for hash, text in db.execute("SELECT hash, identification FROM statements"):
        if not isinstance(text, str) or digest(text.encode()) != hash:
            yield Finding("statements", hash, "its text is not what was recorded")


def states(db: Database, repair: bool) -> Iterator[Finding]:
    """Devices that are not what their history says."""
    last = ""
    while True:
        with transaction(db) if repair else one_moment(db):
            devices = [device for (device,) in db.execute(WITH_HISTORY, (last, AT_ONCE)).fetchall()]
            found = {device: problems for device in devices if (problems := list(differences(db, device)))}
            for device in found if repair else ():
                refresh(db, device)
            if repair:
                log.tell_devices(db, stamp(datetime.now(UTC)), mended=True)
        for device, problems in found.items():
            yield from (Finding("devices", device, problem, True, repair) for problem in problems)
        if not devices:
            return
        last = devices[-1]


def differences(db: Database, device: str) -> Iterator[str]:
    """What a device is said to be, against what its identifications and sightings say."""
    hashes = [hash for (hash,) in db.execute(HISTORY, (device,)).fetchall()]
    try:
        said = [statement(db, hash) for hash, _ in groupby(hashes)]
    except (msgspec.MsgspecError, TypeError) as error:
        yield f"what was said of it cannot be read: {error}"
        return
    latest = LastSeen(*db.execute(LATEST, (device,)).fetchone())
    found = db.execute("SELECT * FROM devices WHERE id = ?", (device,))
    row = dict(zip((column[0] for column in found.description), found.fetchone(), strict=True))
    for name, value in state_row(fold(said), latest).items():
        if row[name] != value:
            yield f"{name} is {row[name]!r}, its history says {value!r}"
    known = set(db.execute("SELECT kind, value FROM identifiers WHERE device = ?", (device,)).fetchall())
    if wrong := known ^ set(db.execute(NAMED_IN_HISTORY, (device,)).fetchall()):
        yield f"its identifiers and its history disagree on {', '.join(' '.join(one) for one in sorted(wrong))}"
