"""The plan to replace: one item for each device that is to go, kept with every change that was made to it.

Each change of what people say is an entry in the journal, and the number of the last one is the item's version.
docs/how-to/plan-the-replacement.md shows it in use.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from scanner.inventory.journal import Change, journal
from scanner.inventory.places import MERGED, current
from scanner.inventory.query import condition
from scanner.inventory.rows import Row, json_text
from scanner.phase_out.items import EDITABLE, Item, Reason, Wrong, edited
from scanner.phase_out.specification import Filled, Value, spelt
from scanner.phase_out.states import State

if TYPE_CHECKING:
    from sqlite_utils import Database

CAUSE = "plan"
JSON = ("filled", "reasons")
INSERT = """
    INSERT INTO plan_items (device, added, state, priority, reasons, version)
    VALUES (:device, :added, :state, :priority, :reasons, :version)
"""
SPEAKS_ONVIF = """
    SELECT chosen.value FROM json_each(:devices) AS chosen WHERE EXISTS (
        SELECT 1 FROM observations
        WHERE device = chosen.value AND protocol IN ('onvif', 'ws-discovery') AND outcome = 'answered')
"""


class Edit(NamedTuple):
    """What is to change of one item: values as `phase_out.items.read` gives them, None to take back."""

    device: str
    said: Mapping[str, str | None]
    filled: Mapping[str, Value | None] = {}
    why: str = ""
    source: str = ""  # where it was written, for the journal
    version: int | None = None  # of the item that it is meant for; None: whichever it is


class Priced(NamedTuple):
    """How urgent the replacement of a device is, and the state in which it enters the plan."""

    device: str
    priority: int
    reasons: tuple[Reason, ...]
    enters: State


def items(db: Database, where: str = "") -> list[Item]:
    """The items of the devices for which a condition holds, the most urgent first."""
    expression, values = condition(where)
    query = (
        "SELECT plan_items.* FROM plan_items JOIN devices ON devices.id = device "
        f"WHERE device IN (SELECT id FROM devices WHERE {expression}) "
        "ORDER BY priority DESC, address_order, device"
    )
    return [item_of(row) for row in db.query(query, values)]


def item_of(row: Row) -> Item:
    values = {name: value for name, value in row.items() if value is not None}
    values |= {name: msgspec.json.decode(values[name]) for name in JSON if name in values}
    return msgspec.convert(values, Item)


def sensitivity(db: Database) -> dict[str, str | None]:
    """How sensitive each site is, as far as that was said."""
    return dict(db.execute("SELECT id, sensitivity FROM sites").fetchall())


def speaks_onvif(db: Database, devices: Iterable[str]) -> set[str]:
    """Those of some devices that ever answered in ONVIF."""
    found = db.execute(SPEAKS_ONVIF, {"devices": json_text(list(devices))})
    return {device for (device,) in found.fetchall()}


def build(
    db: Database, at: str, by: str, wanted: Sequence[Priced], why: str = "", rehearsal: bool = False
) -> list[Change]:
    """Take devices into the plan, or say anew how urgent they are. Returns what is another now.

    An item that was only found is confirmed when the device enters as confirmed; it never goes back by itself.
    """
    db.execute("SAVEPOINT rehearsal")
    done = []
    known = {row["device"]: item_of(row) for row in db.query("SELECT * FROM plan_items")}
    for one in wanted:
        reasons = json_text(one.reasons)
        before = known.get(one.device)
        if before is None:
            change = Change(one.device, "plan state", None, one.enters)
            version = journal(db, at, by, CAUSE, [change], why)
            row = {"device": one.device, "added": at, "state": one.enters, "priority": one.priority}
            db.execute(INSERT, row | {"reasons": reasons, "version": version})
            done.append(change)
            continue
        changes = []
        if before.priority != one.priority:
            text = None if before.priority is None else str(before.priority)
            changes.append(Change(one.device, "plan priority", text, str(one.priority)))
        journal(db, at, by, CAUSE, changes, why)
        if before.priority != one.priority or before.reasons != one.reasons:
            said = {"priority": one.priority, "reasons": reasons, "device": one.device}
            db.execute(
                "UPDATE plan_items SET priority = :priority, reasons = :reasons WHERE device = :device", said
            )
        if before.state == "found" and one.enters == "confirmed":
            because = "its maker is confirmed by its own replies"
            changes += apply(db, at, by, before, Edit(one.device, {"state": "confirmed"}, why=because))
        done += changes
    db.execute("ROLLBACK TO rehearsal" if rehearsal else "RELEASE rehearsal")
    return done


class Outcome(NamedTuple):
    """What came of some edits."""

    changes: list[Change]
    refused: list[tuple[Edit, Wrong]]


def edit(db: Database, at: str, by: str, edits: Iterable[Edit], *, rehearsal: bool = False) -> Outcome:
    """Apply edits, each wholly or not at all. A rehearsal returns the same, and changes nothing."""
    db.execute("SAVEPOINT rehearsal")
    changes: list[Change] = []
    refused: list[tuple[Edit, Wrong]] = []
    for one in edits:
        rows = list(db.query("SELECT * FROM plan_items WHERE device = ?", (one.device,)))
        try:
            if not rows:
                raise Wrong("device", "it is not in the plan", "take it in with: camcensus plan build")
            item = item_of(rows[0])
            if item.state == "removed" and one.said.get("state") == "verified":
                raise Wrong(
                    "state", "evidence verifies it, and not a person", "camcensus removal verdict --plan"
                )
            changes += apply(db, at, by, item, one)
        except Wrong as wrong:
            refused.append((one, wrong))
    db.execute("ROLLBACK TO rehearsal" if rehearsal else "RELEASE rehearsal")
    return Outcome(changes, refused)


def apply(db: Database, at: str, by: str, item: Item, one: Edit) -> list[Change]:
    """Change one item. Raises Wrong before anything was changed."""
    if one.version is not None and one.version != item.version:
        raise Wrong("version", "the item was changed by somebody else meanwhile", "export the plan anew")
    now = edited(item, one.said, date.fromisoformat(at[:10]), one.why)
    before = {field: getattr(item, field) for field in now}
    changes = [
        Change(item.device, f"plan {field}", None if before[field] is None else str(before[field]), value)
        for field, value in now.items()
    ]
    filled = dict(item.filled)
    for field, value in one.filled.items():
        old = filled.pop(field, None)
        if value is not None:
            filled[field] = old if old and old.value == value else Filled(value, by, at)
        if (old.value if old else None) != value:
            texts = (spelt(old.value) if old else None, None if value is None else spelt(value))
            changes.append(Change(item.device, f"plan {field}", *texts))
    if not changes:
        return []
    version = journal(db, at, by, CAUSE, changes, "; ".join(filter(None, (one.why, one.source))))
    values: dict[str, Any] = {**now, "filled": json_text(filled) if filled else None, "version": version}
    columns = ", ".join(f"{name} = :{name}" for name in values)
    db.execute(f"UPDATE plan_items SET {columns} WHERE device = :device", values | {"device": item.device})
    return changes


def since(db: Database, device: str, version: int) -> list[Row]:
    """The changes of what people say of an item that came after a version, in the order of time."""
    query = "SELECT * FROM journal WHERE device = ? AND cause = ? AND id > ? AND field != 'plan priority' ORDER BY id"
    return list(db.query(query, (device, CAUSE, version)))


def history(db: Database, where: str = "") -> list[Row]:
    """Every change of the plan's items: `at`, `by`, `device`, `field`, `before`, `after`, `why`, the oldest first.

    What was changed of a device that was merged into another since is told of that one.
    """
    expression, values = condition(where)
    chosen = {id for (id,) in db.execute(f"SELECT id FROM devices WHERE {expression}", values).fetchall()}
    into = dict(db.execute(MERGED).fetchall())
    query = (
        "SELECT at, by, device, substr(field, 6) AS field, before, after, why FROM journal "
        "WHERE cause = 'plan' AND device IS NOT NULL ORDER BY id"
    )
    rows = (row | {"device": current(row["device"], into)} for row in db.query(query))
    return [row for row in rows if row["device"] in chosen]


assert set(EDITABLE) <= set(Item.__struct_fields__)
