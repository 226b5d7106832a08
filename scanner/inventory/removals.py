"""Removals in the inventory: records with what was attached to them, and which of them stand."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from scanner.errors import CamcensusError
from scanner.evidence.canonical import digest
from scanner.evidence.log import Event
from scanner.evidence.removals import (
    LARGEST,
    LONGEST,
    MOST,
    SAID,
    Attachment,
    Removal,
    Role,
    Taken,
    harmless_name,
)
from scanner.inventory import log
from scanner.inventory.ids import letters
from scanner.inventory.journal import Change, journal
from scanner.inventory.places import MERGED, current
from scanner.inventory.rows import JSON_OF_DEVICE, PLACED, Row, json_text

if TYPE_CHECKING:
    from sqlite_utils import Database

UNIT = (
    "maker", "maker_name", "brand", "relabelled", "category", "model", "firmware", "serial", "mac", "address",
    "confidence", "covered", "first_seen", "last_seen", "last_run", *PLACED,
)  # fmt: skip
"""What a record keeps of the device as it was known then."""


class File(NamedTuple):
    """A file to attach."""

    name: str
    role: Role
    content: bytes


def record(db: Database, at: str, by: str, device: str, taken: Taken, files: Sequence[File] = ()) -> Removal:
    """Record that a device was taken out. Raises CamcensusError when a record of that stands already."""
    if there := standing(db, device):
        raise CamcensusError(
            f"{device} is recorded as removed already", why=f"by {there.id}, on {there.at}",
            fix=f"take that back first: camcensus removal undo {there.id} --why …",
        )  # fmt: skip
    if taken.replacement == device:
        raise CamcensusError(f"{device} cannot replace itself", fix="name the device that hangs there now")
    for name in SAID:
        if len(getattr(taken, name) or "") > LONGEST:
            raise CamcensusError(f"{name} has more than {LONGEST:,} characters", fix="attach it as a file")
    made = Removal(
        id=new_id(db), recorded=at, by=by, device=device, attachments=tuple(attach(db, files)), unit=unit(db, device),
        **msgspec.structs.asdict(taken),
    )  # fmt: skip
    insert(db, made)
    subjects = tuple(filter(None, (made.id, device, made.replacement)))
    log.append(db, at, [Event("removal-recorded", subjects, logged(made))])
    journal(db, at, by, "removal", [Change(device, "removed", None, made.at)], made.id)
    return made


def undo(db: Database, at: str, by: str, named: str, why: str) -> Removal:
    """Take a record back by another. Raises CamcensusError when it does not stand."""
    it = removal(db, named)
    undone = {one.undoes: one.id for one in removals(db) if one.undoes}
    if it.undoes or it.id in undone:
        raise CamcensusError(
            f"{it.id} cannot be undone",
            why="it takes back another record itself" if it.undoes else f"{undone[it.id]} did that already",
            fix="record the removal anew: camcensus removal record",
        )
    if not why.strip():
        raise CamcensusError("why is it undone?", fix="say so with --why")
    made = Removal(id=new_id(db), recorded=at, by=by, device=it.device, undoes=it.id, why=why)
    insert(db, made)
    log.append(db, at, [Event("removal-undone", (made.id, it.device, it.id), logged(made))])
    journal(db, at, by, "removal", [Change(it.device, "removed", it.at, None)], f"{it.id} is undone: {why}")
    return made


def logged(it: Removal) -> dict[str, Any]:
    """The fields of its entry in the log: all that it holds, but for what stands there anyway."""
    fields = {name: value for name, value in row_of(it).items() if value not in (None, "", "[]", "{}")}
    for name in ("id", "device", "recorded"):
        del fields[name]
    return fields | {
        name: msgspec.json.decode(fields[name]) for name in ("attachments", "unit") if name in fields
    }


# Reading


def removals(db: Database) -> list[Removal]:
    """All records, in the order in which they were made."""
    return [removal_of(row) for row in db.query("SELECT * FROM removals ORDER BY rowid")]


def removal(db: Database, named: str) -> Removal:
    """The record with this id."""
    for row in db.query("SELECT * FROM removals WHERE id = ?", (named.strip(),)):
        return removal_of(row)
    raise CamcensusError(f"there is no removal {named[:40]!r}", fix="list them with: camcensus removal list")


def all_standing(db: Database) -> dict[str, Removal]:
    """The record that stands of each removed device, by its id now: of one that was merged, that of the other."""
    every = removals(db)
    undone = {one.undoes for one in every}
    into = dict(db.execute(MERGED).fetchall())
    return {current(one.device, into): one for one in every if not one.undoes and one.id not in undone}


def standing(db: Database, device: str) -> Removal | None:
    return all_standing(db).get(device)


def attached(db: Database, sha256: str) -> bytes:
    """The content of an attachment. Raises LookupError."""
    for (content,) in db.execute("SELECT bytes FROM attachments WHERE sha256 = ?", (sha256,)).fetchall():
        return bytes(content)
    raise LookupError(f"no attachment {sha256}")


# Helpers


def attach(db: Database, files: Iterable[File]) -> Iterator[Attachment]:
    for number, file in enumerate(files):
        if number >= MOST:
            raise CamcensusError(f"there are more than {MOST} attachments", fix="put some into one file")
        if not 0 < len(file.content) <= LARGEST:
            raise CamcensusError(
                f"{file.name} cannot be attached",
                why="it is empty" if not file.content else f"it has more than {LARGEST >> 20} MB",
                fix="attach a photograph of fewer pixels" if file.content else "attach another file",
            )
        sha256 = digest(file.content)
        db.execute("INSERT INTO attachments VALUES (?, ?) ON CONFLICT DO NOTHING", (sha256, file.content))
        yield Attachment(sha256, harmless_name(file.name), file.role, len(file.content))


def unit(db: Database, device: str) -> dict[str, Any]:
    (row,) = db.query("SELECT * FROM devices WHERE id = ?", (device,))
    known = {name: row[name] for name in UNIT if row[name] is not None}
    return known | {name: msgspec.json.decode(known[name]) for name in JSON_OF_DEVICE if name in known}


def new_id(db: Database) -> str:
    while db.execute("SELECT 1 FROM removals WHERE id = ?", (id := "r" + letters(6),)).fetchone():
        pass
    return id


def insert(db: Database, it: Removal) -> None:
    db.table("removals").insert(row_of(it))


def row_of(it: Removal) -> Row:
    row = msgspec.structs.asdict(it)
    return row | {"attachments": json_text(it.attachments), "unit": json_text(it.unit)}


def removal_of(row: Mapping[str, Any]) -> Removal:
    values = {name: value for name, value in row.items() if value is not None}
    values |= {name: msgspec.json.decode(values[name]) for name in ("attachments", "unit") if name in values}
    return msgspec.convert(values, Removal)
