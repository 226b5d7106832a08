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
from scanner.inventory.plan_items import Edit, apply, item_of
from scanner.inventory.rows import JSON_OF_DEVICE, PLACED, Row, json_text
from scanner.phase_out.items import Item
from scanner.phase_out.states import GONE, State

if TYPE_CHECKING:
    from sqlite_utils import Database

BEFORE_REMOVED: dict[State, tuple[State, ...]] = {
    "found": ("confirmed", "planned"), "confirmed": ("planned",), "kept": ("planned",),
}  # fmt: skip
"""The steps that a plan item takes before the one to `removed`."""

STATE_BEFORE = """
    SELECT before FROM journal WHERE device = ? AND cause = 'plan' AND field = 'plan state' AND after = 'removed'
    ORDER BY id DESC LIMIT 1
"""
NAMED_BY = {
    "device": "id = ?", "serial": "serial = ?", "mac": "mac = lower(?)", "asset": "asset = ?", "address": "address = ?",
}  # fmt: skip
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
    plan_follows(db, made)
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
    plan_goes_back(db, made)
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


class Brief(msgspec.Struct, frozen=True, kw_only=True):
    """A record on one line."""

    id: str
    device: str
    at: str
    removed_by: str
    witness: str
    disposal: str | None
    media: str | None
    replacement: str
    files: int
    recorded: str
    by: str
    undoes: str | None
    site: str | None
    serial: str | None
    model: str | None

    @classmethod
    def of(cls, it: Removal) -> Brief:
        said = {name: getattr(it, name) for name in cls.__struct_fields__ if hasattr(it, name)}
        said |= {name: it.unit.get(name) for name in ("site", "serial", "model")}
        return cls(**said, files=len(it.attachments))


def named(db: Database, by: Mapping[str, str | None]) -> str:
    """The device that is named by an id, a serial number, a MAC address, an asset number or an address. Raises
    CamcensusError when that is none, or when two of them are two."""
    found: dict[str, str] = {}
    for field, text in by.items():
        if not text:
            continue
        rows = db.execute(f"SELECT id FROM devices WHERE {NAMED_BY[field]} LIMIT 2", (text,)).fetchall()
        if len(rows) > 1:
            raise CamcensusError(f"several devices have the {field} {text[:80]}")
        if rows:
            found[field] = rows[0][0]
    if not found:
        given = ", ".join(f"{field} {text[:80]}" for field, text in by.items() if text)
        raise CamcensusError(f"no device has {given}", fix="look at: camcensus devices")
    if len(set(found.values())) > 1:
        raise CamcensusError(
            "it names several devices",
            why=", ".join(f"{device} by its {field}" for field, device in found.items()),
        )
    return next(iter(found.values()))


def one(db: Database, text: str) -> Removal:
    """The record with this id, or the one that stands of a device."""
    for row in db.query("SELECT * FROM removals WHERE id = ?", (text.strip(),)):
        return removal_of(row)
    devices = dict.fromkeys(NAMED_BY, text)
    try:
        device = named(db, devices)
    except CamcensusError:
        return removal(db, text)  # raises
    if it := standing(db, device):
        return it
    raise CamcensusError(f"{text} is not recorded as removed", fix="list them with: camcensus removal list")


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


# The plan


def plan_follows(db: Database, made: Removal) -> None:
    """Take the plan item of a removed device, if it has one, to `removed` by the steps that are allowed."""
    if (item := plan_item(db, made.device)) is None or item.state in GONE:
        return
    why = f"removal {made.id}"
    for state in (*BEFORE_REMOVED.get(item.state, ()), "removed"):
        said: dict[str, str | None] = {"state": state}
        if state == "removed" and made.at[:10] <= made.recorded[:10]:
            said["removed_on"] = made.at[:10]
        apply(db, made.recorded, made.by, item, Edit(made.device, said, why=why))
        item = plan_item(db, made.device) or item


def plan_goes_back(db: Database, made: Removal) -> None:
    """Take the plan item of a device whose removal was undone back to where it was."""
    if (item := plan_item(db, made.device)) is None or item.state not in GONE:
        return
    before = db.execute(STATE_BEFORE, (made.device,)).fetchone()
    steps = ["removed"] if item.state == "verified" else []
    for state in (*steps, before[0] if before else "planned"):
        apply(db, made.recorded, made.by, item, Edit(made.device, {"state": state}, why=made.why))
        item = plan_item(db, made.device) or item


def plan_item(db: Database, device: str) -> Item | None:
    for row in db.query("SELECT * FROM plan_items WHERE device = ?", (device,)):
        return item_of(row)
    return None


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
    if "relabelled" in known:
        known["relabelled"] = bool(known["relabelled"])
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
