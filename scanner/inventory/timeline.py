"""What the tables hold over time: what each run said about a device, where it was last seen, how its replies came."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Any, NamedTuple

from scanner.inventory.fold import fold, fold_two
from scanner.inventory.looked import Way
from scanner.inventory.rows import identification_of, json_text, sighting_of
from scanner.model import Identification

if TYPE_CHECKING:
    from sqlite_utils import Database

    from scanner.inventory.records import Sighting

STEPS = """
    SELECT device, run, at, statement, ifnull(identifications.fingerprints, '') AS fingerprints
    FROM identifications JOIN runs ON runs.id = run
    WHERE :devices IS NULL OR device IN (SELECT value FROM json_each(:devices))
    ORDER BY device, started, run, at, first_observation
"""
LAST_SIGHTINGS = """
    WITH chosen AS (SELECT id, started FROM runs WHERE id IN (SELECT value FROM json_each(:runs))),
    latest AS (SELECT device, max(started || ' ' || id) AS last FROM sightings JOIN chosen ON id = run GROUP BY device)
    SELECT sightings.* FROM latest JOIN chosen ON last = started || ' ' || id
    JOIN sightings ON sightings.run = chosen.id AND sightings.device = latest.device ORDER BY address
"""
WAYS = """
    SELECT DISTINCT protocol, transport, port, interface FROM observations
    WHERE device = ? AND run = ? AND outcome IN ('answered', 'unreadable', 'cut-short')
"""
SAME_LINK = """
    SELECT 1 FROM sightings AS one JOIN sightings AS other ON one.device = other.device AND one.mac = other.mac
    WHERE one.run = ? AND other.run = ? AND one.interface = ? AND other.interface = one.interface LIMIT 1
"""
REPLIES = """
    SELECT count(*), sum(outcome = 'answered' AND (hash IS NULL OR dropped IS NOT NULL))
    FROM observations LEFT JOIN payloads ON hash = payload WHERE device = ? AND run = ?
"""


class Step(NamedTuple):
    """What one run said about a device, all of it together."""

    run: str
    at: str
    fingerprints: str  # the version of those that it was identified with
    identification: Identification


class Known(NamedTuple):
    """What was known of a device at some time, and which step said so of each attribute."""

    identification: Identification
    last: Step
    said_by: Mapping[str, Step]

    def said(self, attribute: str) -> Step:
        return self.said_by.get(attribute, self.last)


def steps(db: Database, devices: Sequence[str] | None = None) -> dict[str, list[Step]]:
    """What each run said about some devices, or all, in the order of the runs."""
    made: dict[str, list[Step]] = {}
    decoded: dict[str, Identification] = {}
    asked = {"devices": None if devices is None else json_text(list(devices))}
    for (device, run), found in groupby(db.query(STEPS, asked), key=lambda row: (row["device"], row["run"])):
        rows = list(found)
        for row in rows:
            if row["statement"] not in decoded:
                decoded[row["statement"]] = _statement(db, row["statement"])
        said = [decoded[row["statement"]] for row in rows]
        whole = said[0] if len(said) == 1 else fold(said)
        made.setdefault(device, []).append(Step(run, rows[-1]["at"], rows[-1]["fingerprints"], whole))
    return made


def known(said: Iterable[Step], attributes: Sequence[str], start: Known | None = None) -> Known | None:
    """What steps say together, after what was known before them."""
    now = start
    for step in said:
        if (
            now
            and step.identification is now.last.identification
            and step.fingerprints == now.last.fingerprints
        ):
            renewed = {name: step if by is now.last else by for name, by in now.said_by.items()}
            now = Known(now.identification, step, renewed)  # the same again changes nothing
            continue
        it = fold_two(now.identification, step.identification) if now else step.identification
        by = dict(now.said_by) if now else {}
        for name in attributes:
            value = getattr(it, name)
            if value is not None and value == getattr(step.identification, name):
                by[name] = step
        now = Known(it, step, by)
    return now


def last_sightings(db: Database, runs: Iterable[str]) -> dict[str, list[Sighting]]:
    """Where each device was seen in the last of these runs that saw it."""
    found: dict[str, list[Sighting]] = {}
    for row in db.query(LAST_SIGHTINGS, {"runs": json_text(list(runs))}):
        found.setdefault(row["device"], []).append(sighting_of(row))
    return found


def ways(db: Database, device: str, run: str) -> list[Way]:
    """In which ways replies of a device came in a run; none when they were not kept."""
    return [Way(*row) for row in db.execute(WAYS, (device, run)).fetchall()]


def same_link(db: Database, one: str, other: str, interface: str) -> bool:
    """Whether two runs heard one and the same unit through an interface of this name."""
    return db.execute(SAME_LINK, (one, other, interface)).fetchone() is not None


def replies_kept(db: Database, device: str, run: str) -> bool:
    """Whether everything is still there that a run identified a device from."""
    replies, gone = db.execute(REPLIES, (device, run)).fetchone()
    return bool(replies) and not gone


def separate(db: Database, device: str, run: str) -> bool:
    """Whether a run identified a device several times over: at several addresses."""
    query = "SELECT count(*) > 1 FROM identifications WHERE device = ? AND run = ?"
    return bool(db.execute(query, (device, run)).fetchone()[0])


def journal(db: Database, devices: Sequence[str]) -> list[dict[str, Any]]:
    """What people, registers and rematch changed of some devices, in the order of time."""
    query = "SELECT * FROM journal WHERE device IN (SELECT value FROM json_each(?)) ORDER BY at, id"
    return list(db.query(query, (json_text(list(devices)),)))


def _statement(db: Database, hash: str) -> Identification:
    (text,) = db.execute("SELECT identification FROM statements WHERE hash = ?", (hash,)).fetchone()
    return identification_of(text)
