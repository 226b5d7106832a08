"""Does the log hold, and does the inventory still say what the log says?

The chain is followed from its first entry. Then what it binds is compared with the tables: what runs were asked and
heard, what devices are, the records of removals and what was attached to them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from scanner.evidence.canonical import digest, encode
from scanner.evidence.log import Fault, Head, Row, faults
from scanner.evidence.removals import Removal
from scanner.evidence.seals import Seal
from scanner.inventory import log, removals
from scanner.inventory.opening import one_moment

if TYPE_CHECKING:
    from sqlite_utils import Database

MOST_FAULTS = 1_000  # beyond that they tell nothing new
LATER = "SELECT count(*) FROM observations WHERE run = ? AND id > ?"
ABOUT_DEVICES = ("device-found", "device-changed", "device-gone")
ABOUT_RUNS = ("run-adopted", "run-begun", "run-ended")
ABOUT_REMOVALS = ("removal-recorded", "removal-undone")


class Bound(NamedTuple):
    """What the log says last of a thing, and in which entry."""

    seq: int
    said: Any


def verify(db: Database, told: Iterable[Head] = ()) -> Iterator[Fault]:
    """All that is wrong, first the chain. Whatever others write meanwhile, all is as of one moment."""
    with one_moment(db):
        bound: dict[str, dict[str, Bound]] = {"devices": {}, "runs": {}, "sealed": {}, "removals": {}}
        broken: list[Fault] = []
        chain = faults(each(db, bound, broken), log.secret_of(db), log.head_of(db), told)
        yield from chain
        yield from broken
        yield from devices(db, bound["devices"])
        yield from runs(db, bound["runs"], bound["sealed"])
        yield from taken_out(db, bound["removals"])


def each(db: Database, bound: dict[str, dict[str, Bound]], broken: list[Fault]) -> Iterator[Row]:
    """All entries; what they bind is noted on the way."""
    after = -(1 << 63)
    while some := log.rows(db, after):
        for row in some:
            yield row
            with suppress(ValueError, TypeError, KeyError, IndexError, AttributeError):
                note(row, bound, broken)  # one that cannot be read is a fault of the chain
        after = some[-1].seq


def note(row: Row, bound: dict[str, dict[str, Bound]], broken: list[Fault]) -> None:
    if row.kind in ABOUT_DEVICES:
        device = msgspec.json.decode(row.subjects)[0]
        before, fields = bound["devices"].get(device), msgspec.json.decode(row.fields)
        replaced, _ = fields.pop("replaced", None), fields.pop("cause", None)
        if replaced and before and replaced != before.said:
            text = f"device {device} was changed between entries {before.seq} and {row.seq}: the log does not say how"
            broken.append(Fault("state", row.seq, text))
        bound["devices"][device] = Bound(
            row.seq, None if row.kind == "device-gone" else digest(encode(fields))
        )
    elif row.kind in ABOUT_RUNS:
        (run,) = msgspec.json.decode(row.subjects)
        fields = msgspec.json.decode(row.fields)
        sealed = {name: fields.pop(name) for name in SEALED if name in fields}
        if row.kind != "run-ended":
            bound["runs"][run] = Bound(row.seq, fields)
        if row.kind != "run-begun":
            bound["sealed"][run] = Bound(row.seq, sealed)
    elif row.kind in ABOUT_REMOVALS:
        bound["removals"][msgspec.json.decode(row.subjects)[0]] = Bound(
            row.seq, msgspec.json.decode(row.fields)
        )


SEALED = ("observations", "ended", "outcome", "counts", "coverage")


def devices(db: Database, bound: dict[str, Bound]) -> Iterator[Fault]:
    found = db.execute(log.ALL_SAID)
    there = set()
    while some := found.fetchmany(log.AT_ONCE):
        for device, *values in some:
            there.add(device)
            if (it := bound.get(device)) is None or it.said is None:
                yield Fault("state", None, f"device {device} is there, and the log does not say how it came")
            elif not same(it.said, values):
                yield Fault("state", it.seq, f"device {device} is not what entry {it.seq} says of it")
    for device, it in bound.items():
        if it.said is not None and device not in there:
            yield Fault(
                "state",
                it.seq,
                f"device {device} of entry {it.seq} is not there, and the log does not say why",
            )


def same(said: str, values: Iterable[Any]) -> bool:
    try:
        return digest(encode(log.said(values))) == said
    except (ValueError, TypeError):  # no camcensus wrote that
        return False


def runs(db: Database, begun: dict[str, Bound], sealed: dict[str, Bound]) -> Iterator[Fault]:
    there = {row["id"]: row for row in db.query("SELECT * FROM runs ORDER BY started, id")}
    for run, row in there.items():
        if run not in begun:
            yield Fault("state", None, f"run {run} is there, and the log does not say that it began")
        elif readable(log.begun, row) != begun[run].said:
            yield Fault(
                "state",
                begun[run].seq,
                f"run {run} is not the one that entry {begun[run].seq} says was begun",
            )
        if run not in sealed:
            yield Fault("unbound", None, f"run {run} has not ended: what it heard is bound by no entry yet")
            continue
        seq, said = sealed[run]
        bound = msgspec.convert(said["observations"], Seal)
        now = log.seal_of(db, run, bound.last)
        if now != bound:
            more = (
                f"{now.count:,} instead of {bound.count:,}"
                if now.count != bound.count
                else "others than then"
            )
            yield Fault("state", seq, f"what run {run} heard is not what entry {seq} binds: {more}")
        if later := db.execute(LATER, (run, bound.last)).fetchone()[0]:
            text = f"run {run} holds {later:,} more than entry {seq} binds: it goes on, or somebody put them there"
            yield Fault("unbound", seq, text)
        ends = readable(log.ended, row, bound)
        if ends != said:
            yield Fault("state", seq, f"run {run} did not end as entry {seq} says, or covered something else")
    for run, it in begun.items():
        if run not in there:
            yield Fault("state", it.seq, f"run {run} of entry {it.seq} is not there")


def readable(read: Any, *row: Any) -> Any:
    try:
        return read(*row)
    except (ValueError, TypeError, AttributeError):
        return None


def taken_out(db: Database, bound: dict[str, Bound]) -> Iterator[Fault]:
    there = set()
    for row in db.query("SELECT * FROM removals ORDER BY rowid"):
        there.add(row["id"])
        record = readable(removals.removal_of, row)
        if (it := bound.get(row["id"])) is None:
            yield Fault(
                "state", None, f"removal {row['id']} is there, and the log does not say that it was recorded"
            )
        elif record is None or removals.logged(record) != it.said:
            yield Fault("state", it.seq, f"removal {row['id']} is not what entry {it.seq} says was recorded")
        else:
            yield from attachments(db, record, it.seq)
    for removal, it in bound.items():
        if removal not in there:
            yield Fault("state", it.seq, f"removal {removal} of entry {it.seq} is not there")


def attachments(db: Database, record: Removal, seq: int) -> Iterator[Fault]:
    for one in record.attachments:
        found = db.execute("SELECT bytes FROM attachments WHERE sha256 = ?", (one.sha256,)).fetchone()
        if found is None or not isinstance(found[0], bytes) or digest(found[0]) != one.sha256:
            text = f"{one.name} that was attached to removal {record.id} is not what was attached"
            yield Fault("state", seq, text)
