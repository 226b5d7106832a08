"""The journal: every change that a person or an import makes goes through here, with who, when and why.

Each entry is an entry of the log too.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, NamedTuple

from scanner.evidence.log import Event
from scanner.inventory import log

if TYPE_CHECKING:
    from sqlite_utils import Database

JOURNAL = """
    INSERT INTO journal (at, by, run, device, cause, field, before, after, why)
    VALUES (:at, :by, :run, :device, :cause, :field, :before, :after, :why)
"""


LOGGED = ("by", "cause", "field", "before", "after", "why")


class Change(NamedTuple):
    """One field of one device that is another now."""

    device: str
    field: str
    before: str | None
    after: str | None


def journal(db: Database, at: str, by: str, cause: str, changes: Iterable[Change], why: str = "") -> int:
    """Note who changed what; `device` is empty where a change is about the inventory itself.

    Returns the number of the last entry, 0 when there was none.
    """
    about = {"run": None, "cause": cause, "why": why}
    return write(db, at, by, (about | change._asdict() for change in changes))


def write(db: Database, at: str, by: str, entries: Iterable[dict[str, Any]]) -> int:
    """Note changes as rows: `run`, `device`, `cause`, `field`, `before`, `after` and `why` of each."""
    last, events = 0, []
    for entry in entries:
        row = {"at": at, "by": by} | entry | {"device": entry["device"] or None}
        last = db.execute(JOURNAL, row).lastrowid or 0
        subjects = tuple(filter(None, (row["device"], row["run"])))
        fields = {name: row[name] for name in LOGGED if row[name]}
        events.append(Event("journal", subjects, fields))
    log.append(db, at, events)
    return last
