"""The journal: every change that a person or an import makes goes through here, with who, when and why."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from sqlite_utils import Database

JOURNAL = """
    INSERT INTO journal (at, by, device, cause, field, before, after, why)
    VALUES (:at, :by, :device, :cause, :field, :before, :after, :why)
"""


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
    last = 0
    for change in changes:
        row = {"at": at, "by": by, "cause": cause, "why": why} | change._asdict()
        last = db.execute(JOURNAL, row | {"device": change.device or None}).lastrowid or 0
    return last
