"""What is known of a device, kept beside its history so that lists are fast: its state, and what tells it from others.

Everything here follows from the identifications and sightings, and is made anew whenever these change otherwise than
by growing at their end.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple

from scanner.identifiers import Identifier
from scanner.inventory.fold import agrees, fold, fold_two
from scanner.inventory.rows import Row, device_row, digest, identification_of, json_text, state_of
from scanner.model import Identification

if TYPE_CHECKING:
    from sqlite_utils import Database

HISTORY = """
    SELECT statement FROM identifications WHERE device = ? ORDER BY at, run, first_observation
"""
LATEST = """
    SELECT run, at, reachable, site FROM sightings WHERE device = ? ORDER BY at DESC, run DESC LIMIT 1
"""
KNOWN = """
    INSERT OR IGNORE INTO identifiers (device, kind, value)
    SELECT :device, them.value ->> 0, them.value ->> 1 FROM json_each(:them) AS them
"""
KNOWN_ANEW = """
    INSERT OR IGNORE INTO identifiers (device, kind, value)
    SELECT DISTINCT device, them.value ->> 0, them.value ->> 1
    FROM identifications, json_each(identifications.identifiers) AS them WHERE device = :device
"""


def keep_statement(db: Database, seen: Identification) -> str:
    """Store an identification unless it was made in the same words before, and return its hash."""
    text = json_text(seen)
    statement = digest(text.encode())
    db.conn.execute("INSERT INTO statements (hash, identification) VALUES (?, ?) ON CONFLICT DO NOTHING",
               (statement, text))  # fmt: skip
    return statement


def statement(db: Database, hash: str) -> Identification:
    """The identification with this hash."""
    (text,) = db.conn.execute("SELECT identification FROM statements WHERE hash = ?", (hash,)).fetchone()
    return identification_of(text)


class LastSeen(NamedTuple):
    """What the latest sighting of a device adds to its state."""

    run: str
    at: str
    reachable: str | None
    site: str | None


def add_device(db: Database, device: str, first: str, state: Identification, seen: LastSeen) -> None:
    """A device that nothing was known of before."""
    row = {"id": device, "first_seen": first} | state_row(state, seen)
    columns, values = ", ".join(row), ", ".join(f":{name}" for name in row)
    db.conn.execute(f"INSERT INTO devices ({columns}) VALUES ({values})", row)


def add_to_state(db: Database, device: str, seen: Identification, at: str) -> bool:
    """Take what was just said last about a device into its state; False when that takes its whole history."""
    found = db.conn.execute("SELECT * FROM devices WHERE id = ?", (device,))
    row = dict(zip((column[0] for column in found.description), found.fetchone(), strict=True))
    before = state_of(row)
    if at <= row["last_seen"] or not agrees(before, seen):
        return False
    write_state(db, device, fold_two(before, seen), row)
    return True


def refresh(db: Database, device: str) -> None:
    """Say anew what is known of a device: all its identifications together, its identifiers, its latest sighting."""
    hashes = [hash for (hash,) in db.conn.execute(HISTORY, (device,)).fetchall()]
    said = [statement(db, hash) for hash, _ in groupby(hashes)]  # the same again changes nothing
    db.conn.execute("DELETE FROM identifiers WHERE device = ?", (device,))
    db.conn.execute(KNOWN_ANEW, {"device": device})
    write_state(db, device, fold(said))


def known_by(db: Database, device: str, identifiers: Iterable[Identifier]) -> None:
    """Note what tells a device from others, beside what is noted already."""
    if them := list(identifiers):
        db.conn.execute(KNOWN, {"device": device, "them": json_text(them)})


def write_state(db: Database, device: str, state: Identification, before: Row | None = None) -> None:
    """Write the state of a device: only what is not as `before`, where that is known."""
    row = state_row(state, LastSeen(*db.conn.execute(LATEST, (device,)).fetchone()))
    if before is not None:
        row = {name: value for name, value in row.items() if before[name] != value}
    if row:
        columns = ", ".join(f"{name} = :{name}" for name in row)
        db.conn.execute(f"UPDATE devices SET {columns} WHERE id = :id", row | {"id": device})


def state_row(state: Identification, seen: LastSeen) -> Row:
    """The columns of a device that follow from what was seen of it."""
    return device_row(state) | {
        "last_seen": seen.at,
        "last_run": seen.run,
        "reachable": seen.reachable,
        "seen_at_site": seen.site,
    }
