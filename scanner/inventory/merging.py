"""Two devices that are one unit become one, and one that is two becomes two. Each time with a reason, and reversibly.

A merge moves all that was filed under one device to the other, and keeps a list of what it moved. A split moves a part
of a device's history to a new device, or undoes a merge. Devices that a person parted are never joined again by
themselves.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import msgspec

from scanner.evidence.log import Event, Kind
from scanner.identifiers import Identifier
from scanner.inventory import log
from scanner.inventory.ids import device_id
from scanner.inventory.places import settle, written
from scanner.inventory.rows import PLACED, json_text
from scanner.inventory.state import refresh

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlite_utils import Database

    from scanner.inventory.rows import Row

IN_THEM = "IN (SELECT value FROM json_each(:them))"
LOGGED: dict[str, Kind] = {"merge": "devices-merged", "split": "device-split", "move": "replies-moved"}
INSERT_CHANGE = """
    INSERT INTO identity_changes (at, by, run, kind, rule, why, device, other, moved)
    VALUES (:at, :by, :run, :kind, :rule, :why, :device, :other, :moved)
"""
PARTED = "SELECT 1 FROM apart WHERE (one, other) IN ((:one, :other), (:other, :one))"
DOUBTED = """
    SELECT 1 FROM identity_changes WHERE kind = 'doubt' AND (device, other) IN ((:one, :other), (:other, :one))
"""
COMBINE_SIGHTINGS = """
    INSERT OR IGNORE INTO sightings (device, run, address, mac, interface, at, reachable, site)
    SELECT :kept, run, address, mac, interface, at, reachable, site FROM sightings WHERE device = :gone
"""
MOVING = f"""
    SELECT run, json_extract(identification, '$.address') AS address,
        json_extract(identification, '$.mac') AS mac, first_observation
    FROM identifications JOIN statements ON hash = statement WHERE identifications.rowid {IN_THEM}
"""
MOVE_OBSERVATIONS = "UPDATE observations SET device = :new WHERE device = :device AND run = :run "
ONLY_ITS_OWN = """
    AND (address = :address OR mac = :mac OR id = :first_observation) AND id NOT IN (
        SELECT first_observation FROM identifications
        WHERE device = :device AND run = :run AND first_observation IS NOT NULL)
"""
COPY_SIGHTINGS = """
    INSERT OR IGNORE INTO sightings (device, run, address, mac, interface, at, reachable, site)
    SELECT :new, run, address, mac, interface, at, reachable, site FROM sightings
    WHERE device = :device AND run = :run AND address IS :address
"""
# Of runs, or at addresses, of which nothing that is filed under the device says anything any more.
DROP_LOST_SIGHTINGS = """
    DELETE FROM sightings WHERE device = :device AND NOT EXISTS (
        SELECT 1 FROM identifications JOIN statements ON hash = statement
        WHERE identifications.device = :device AND identifications.run = sightings.run
            AND json_extract(identification, '$.address') IS sightings.address)
"""


# Where both have one, that of the device which is gone waits in case the merge is undone.
HAND_OVER_PLAN = """
    UPDATE plan_items SET device = :to WHERE device = :of
        AND NOT EXISTS (SELECT 1 FROM plan_items WHERE device = :to)
"""


WITH_IDENTIFIER = """
    SELECT identifications.rowid AS number, identifiers, identification ->> '$.address' AS address, site
    FROM identifications JOIN statements ON hash = statement JOIN runs ON runs.id = run,
        json_each(identifiers) AS its
    WHERE device = :device AND its.value ->> 0 = :kind AND its.value ->> 1 = :value
    ORDER BY at, run, first_observation
"""
ONLY_OWNER_WAS_THERE = """
    SELECT 1 FROM sightings WHERE device = :new AND address = :address AND site IS :site AND NOT EXISTS (
        SELECT 1 FROM identifications JOIN statements ON hash = statement JOIN runs ON runs.id = run
        WHERE device = :device AND identification ->> '$.address' = :address AND site IS :site
            AND identifiers LIKE '%"serial"%')
"""


class Moved(msgspec.Struct, frozen=True):
    """What a merge moved: enough to undo it."""

    device: dict[str, Any]  # the row of the device that is gone
    identifications: tuple[int, ...]
    observations: tuple[int, ...]
    sightings: tuple[dict[str, Any], ...]
    placed: dict[
        str, str | None
    ]  # what was written of the remaining device's place before, and of whose it is
    planned: bool = False  # whether its item in the plan went to the remaining device, which had none


def merge(
    db: Database, one: str, other: str, at: str, *, run: str | None = None, by: str = "", rule: str = "person",
    why: str = "",
) -> str:  # fmt: skip
    """Merge two devices into the one that was seen first, and return its id."""
    first = "SELECT * FROM devices WHERE id IN (?, ?) ORDER BY first_seen, id"
    mine, theirs = db.query(first, (one, other))
    both = {"kept": mine["id"], "gone": theirs["id"]}
    moved = Moved(
        device=theirs,
        identifications=_ids(db, "SELECT rowid FROM identifications WHERE device = :gone", both),
        observations=_ids(db, "SELECT id FROM observations WHERE device = :gone", both),
        sightings=tuple(db.query("SELECT * FROM sightings WHERE device = :gone", both)),
        placed={name: mine[name] for name in (*PLACED, "placed_by")},
        planned=bool(db.execute(HAND_OVER_PLAN, {"to": mine["id"], "of": theirs["id"]}).rowcount),
    )
    for table in ("identifications", "observations"):
        db.execute(f"UPDATE {table} SET device = :kept WHERE device = :gone", both)
    db.execute(COMBINE_SIGHTINGS, both)
    for table in ("sightings", "identifiers"):
        db.execute(f"DELETE FROM {table} WHERE device = :gone", both)
    words = written(theirs, mine)
    filled = ", ".join(f"{name} = :{name}" for name in words)
    db.execute(
        f"UPDATE devices SET first_seen = min(first_seen, :first_seen), {filled} WHERE id = :kept",
        theirs | words | both,
    )
    db.execute("DELETE FROM apart WHERE (one, other) IN ((:kept, :gone), (:gone, :kept))", both)
    db.execute("DELETE FROM devices WHERE id = :gone", both)
    about = {"at": at, "by": by, "run": run, "kind": "merge", "rule": rule, "why": why}
    _note(db, about | {"device": mine["id"], "other": theirs["id"], "moved": json_text(moved)})
    refresh(db, mine["id"])
    settle(db, [mine["id"]])
    return str(mine["id"])


def undo(db: Database, merged: Row, at: str, by: str, why: str) -> str:
    """Bring back the device that a merge took away, with all that it had then, and return its id.

    `merged` is the row of the merge in `identity_changes`. What was seen since then stays where it was filed.
    """
    moved = msgspec.json.decode(merged["moved"], type=Moved)
    both = {"kept": merged["device"], "back": merged["other"]}
    db.table("devices").insert(moved.device)
    for table, key, rows in (
        ("identifications", "rowid", moved.identifications),
        ("observations", "id", moved.observations),
    ):
        db.execute(
            f"UPDATE {table} SET device = :back WHERE {key} {IN_THEM} AND device = :kept",
            both | {"them": json_text(rows)},
        )
    db.table("sightings").insert_all(moved.sightings)
    db.execute(DROP_LOST_SIGHTINGS, {"device": merged["device"]})
    placed = ", ".join(f"{name} = :{name}" for name in moved.placed)
    db.execute(f"UPDATE devices SET {placed} WHERE id = :kept", both | moved.placed)
    if moved.planned:
        db.execute(HAND_OVER_PLAN, {"to": merged["other"], "of": merged["device"]})
    db.execute("UPDATE identity_changes SET undone = ? WHERE id = ?", (at, merged["id"]))
    return _parted(db, merged["device"], merged["other"], at, by, why)


def split(db: Database, device: str, identifications: Sequence[int], at: str, by: str, why: str) -> str:
    """Move some identifications of a device (by rowid), with their replies and sightings, to a new device."""
    new = device_id()
    them = {"them": json_text(identifications), "device": device, "new": new}
    db.execute(
        "INSERT INTO devices (id, first_seen, last_seen, confidence) "
        f"SELECT :new, min(at), '', 'none' FROM identifications WHERE rowid {IN_THEM}",
        them,
    )
    _move(db, them)
    return _parted(db, device, new, at, by, why)


def hand_over(db: Database, device: str, identifier: Identifier, owner: str, at: str, run: str) -> bool:
    """Move what has an identifier of another device, and was filed here before anybody knew, to that other.

    What gave a serial number too stays: then two units have the identifier, and of the rest only that moves which was
    seen where the owner was and this device never. Returns whether there was such a thing; the caller then says anew
    what is known of the owner.
    """
    them = {"device": device, "new": owner, "kind": identifier.kind, "value": identifier.value}
    said = list(db.query(WITH_IDENTIFIER, them))
    without = [one for one in said if '"serial"' not in one["identifiers"]]
    if len(without) < len(said):
        without = [one for one in without if db.execute(ONLY_OWNER_WAS_THERE, them | one).fetchone()]
    if not without:
        return False
    mistaken = [one["number"] for one in without]
    why = f"it has the {identifier.kind} of {owner}, and was taken for {device} before that was known"
    move(db, device, owner, mistaken, at, run, rule=identifier.kind, why=why)
    return True


def move(
    db: Database, device: str, owner: str, identifications: Sequence[int], at: str, run: str, *, rule: str, why: str
) -> None:  # fmt: skip
    """Move identifications of a device, by their numbers, to the one whose they turned out to be, and say why."""
    moved = json_text(identifications)
    _move(db, {"device": device, "new": owner, "them": moved})
    about = {"at": at, "by": "", "run": run, "kind": "move", "rule": rule, "why": why}
    _note(db, about | {"device": device, "other": owner, "moved": moved})
    refresh(db, device)
    refresh(db, owner)


def note_doubt(
    db: Database, device: str, other: str, why: str, at: str, run: str, *, rule: str = "new"
) -> None:
    """Note that a device may be one that is known, which only a person can tell."""
    about = {"device": device, "other": other, "at": at, "by": "", "run": run, "rule": rule, "why": why}
    db.execute(INSERT_CHANGE, about | {"kind": "doubt", "moved": None})


def noted(db: Database, one: str, other: str) -> Literal["apart", "doubt", ""]:
    """What is noted of two devices: that they are two units, or that they may be one."""
    both = {"one": one, "other": other}
    if db.execute(PARTED, both).fetchone():
        return "apart"
    return "doubt" if db.execute(DOUBTED, both).fetchone() else ""


def known_apart(db: Database, one: str, other: str) -> None:
    """Note that two devices are two units for sure: nothing that they share joins them."""
    db.execute("INSERT OR IGNORE INTO apart (one, other) VALUES (?, ?)", (one, other))


def _move(db: Database, them: dict[str, Any]) -> None:
    """Move the identifications `them` of `device`, with their replies and sightings, to `new`."""
    moving = list(db.query(MOVING, them))
    db.execute(f"UPDATE identifications SET device = :new WHERE rowid {IN_THEM}", them)
    for one in moving:
        stays = "SELECT 1 FROM identifications WHERE device = :device AND run = :run"
        partly = db.execute(stays, them | one).fetchone() is not None
        db.execute(MOVE_OBSERVATIONS + (ONLY_ITS_OWN if partly else ""), them | one)
        db.execute(COPY_SIGHTINGS, them | one)
    db.execute(DROP_LOST_SIGHTINGS, {"device": them["device"]})


def _parted(db: Database, device: str, new: str, at: str, by: str, why: str) -> str:
    """Note that two devices are two units, whatever a later run thinks, and say anew what is known of both."""
    about = {"at": at, "by": by, "run": None, "kind": "split", "rule": "person", "why": why}
    _note(db, about | {"device": device, "other": new, "moved": None})
    known_apart(db, device, new)
    refresh(db, device)
    refresh(db, new)
    settle(db, [device, new])
    return new


def _note(db: Database, change: dict[str, Any]) -> None:
    db.execute(INSERT_CHANGE, change)
    subjects = tuple(filter(None, (change["device"], change["other"], change["run"])))
    fields = {name: change[name] for name in ("by", "rule", "why") if change[name]}
    log.append(db, change["at"], [Event(LOGGED[change["kind"]], subjects, fields)])


def _ids(db: Database, query: str, values: dict[str, str]) -> tuple[int, ...]:
    return tuple(row[0] for row in db.execute(query, values).fetchall())
