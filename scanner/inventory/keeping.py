"""For how long raw replies are kept: said once, with who says so and why, and followed each time `retain` runs.

It stands in the journal, which keeps what was said before, too.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from scanner.inventory.care import opened
from scanner.inventory.journal import Change, journal
from scanner.inventory.opening import transaction
from scanner.inventory.rows import stamp

if TYPE_CHECKING:
    from sqlite_utils import Database

FOR_EVER = "forever"
AGE = re.compile(r"(\d{1,5})\s*([dwmy])")
DAYS = {"d": 1, "w": 7, "m": 31, "y": 366}  # never younger than what was asked for
LATEST = """
    SELECT after, at, by, why FROM journal WHERE cause = 'retention' AND field = 'policy' ORDER BY id DESC LIMIT 1
"""
LAST_TIME = "SELECT max(at) FROM journal WHERE cause = 'retention' AND field = 'replies'"


class Keeping(msgspec.Struct, frozen=True):
    """For how long replies are kept, and since when and by whose word."""

    replies: str  # an age, or FOR_EVER
    at: str
    by: str
    why: str


def age(text: str) -> timedelta:
    """A length of time: `90d`, `26w`, `6m`, `1y`. Raises ValueError for what is none."""
    if not (found := AGE.fullmatch(text.strip().lower())):
        raise ValueError(f"{text!r} is no length of time; write it as 90d, 26w, 6m or 1y")
    return timedelta(days=int(found[1]) * DAYS[found[2]])


def stated(db: Database) -> Keeping | None:
    """What was said last, if anything was."""
    found = db.execute(LATEST).fetchone()
    return Keeping(*found) if found else None


def policy(path: Path) -> Keeping | None:
    with opened(path) as db:
        return stated(db)


def last_time(path: Path) -> str | None:
    """When replies were let go of last."""
    with opened(path) as db:
        at = db.execute(LAST_TIME).fetchone()[0]
    return str(at) if at else None


def state(path: Path, replies: str, *, by: str, why: str = "") -> Keeping:
    """Say for how long replies are kept from now on."""
    if replies != FOR_EVER:
        age(replies)
    with opened(path) as db, transaction(db):
        before = stated(db)
        said = Keeping(replies, stamp(datetime.now(UTC)), by, why)
        change = Change("", "policy", before.replies if before else None, replies)
        journal(db, said.at, by, "retention", [change], why)
    return said
