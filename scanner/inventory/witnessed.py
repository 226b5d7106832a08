"""Queries behind the verdicts: where and by what each device was seen in each run, and who else was there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from sqlite_utils import Database

SIGHTINGS = (
    "SELECT device, run, at, address, interface, reachable, site FROM sightings ORDER BY device, at, run"
)
HEARD = """
    SELECT device, run, group_concat(DISTINCT protocol) FROM observations
    WHERE device IS NOT NULL GROUP BY device, run
"""
SAID = "SELECT device, run, statement, identifiers FROM identifications ORDER BY device, run"
CLAIMED = """
    SELECT hash, (
        SELECT group_concat(DISTINCT value ->> '$.protocol') FROM json_each(identification, '$.evidence')
        WHERE value ->> '$.attribute' = 'serial'
    ) FROM statements
"""
UNITS = "SELECT id, maker, category, switch, switch_port FROM devices ORDER BY id"
IDENTIFIERS = "SELECT device, kind, value FROM identifiers ORDER BY device, kind, value"
TRIED = "SELECT DISTINCT address FROM attempts WHERE run = ?"
SEEN_AT = "SELECT DISTINCT address FROM sightings WHERE run = ?"


class Witnessed(NamedTuple):
    """A device in a run, as its tables have it."""

    device: str
    run: str
    at: str
    address: str | None
    interface: str | None
    reachable: str | None
    site: str | None


def sightings(db: Database) -> Iterator[Witnessed]:
    return map(Witnessed._make, db.execute(SIGHTINGS))


def protocols(db: Database) -> Iterator[tuple[str, str, str]]:
    """Device, run, and the protocols by which it was heard there, with commas in between."""
    return iter(db.execute(HEARD))


def said(db: Database) -> Iterator[tuple[str, str, str, str]]:
    """Device, run, the hash of what was said of it there, and the identifiers that it showed, as JSON."""
    return iter(db.execute(SAID))


def claimed_serials(db: Database) -> dict[str, str | None]:
    """By which protocols the serial number was stated, by the hash of what was said."""
    return dict(db.execute(CLAIMED).fetchall())


def units(db: Database) -> Iterator[tuple[str, str | None, str | None, str | None, str | None]]:
    return iter(db.execute(UNITS))


def identifiers(db: Database) -> Iterator[tuple[str, str, str]]:
    return iter(db.execute(IDENTIFIERS))


def stirred(db: Database, runs: Iterable[str]) -> dict[str, frozenset[str]]:
    """The addresses of runs where somebody answered whom no device was made of."""
    found = {}
    for run in runs:
        tried = {address for (address,) in db.execute(TRIED, (run,))}
        found[run] = frozenset(tried - {address for (address,) in db.execute(SEEN_AT, (run,))})
    return found
