"""Which claims stand, and of which part of a device's replies: what letting go of old replies has to spare.

A claim stands when it is in the evidence of a device, on either side of a conflict that waits for a person, or in the
evidence of a part that a merge brought and that `devices split` would give back.
"""

from __future__ import annotations

import collections
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from scanner.inventory.fold import fold
from scanner.inventory.looks import CONCLUSIVE
from scanner.inventory.merging import Moved
from scanner.inventory.rows import Row, identification_of, json_text
from scanner.model import Claim, Identification

if TYPE_CHECKING:
    from sqlite_utils import Database

EVIDENCE = """
    SELECT id, evidence FROM devices WHERE evidence != '[]' AND id IN (SELECT value FROM json_each(?)) ORDER BY id
"""
# Of each maker that was named, and each conflict that was found, what was said last.
IN_CONFLICT = """
    SELECT device, identification, max(at) FROM devices
    JOIN identifications ON device = devices.id JOIN statements ON hash = statement
    WHERE conflicts != '[]' AND device IN (SELECT value FROM json_each(?))
    GROUP BY device, identification ->> '$.maker', identification ->> '$.conflicts' ORDER BY device
"""
MERGES = "SELECT moved FROM identity_changes WHERE kind = 'merge' AND undone IS NULL ORDER BY id"
HOLDERS = "SELECT DISTINCT device FROM identifications WHERE id IN (SELECT value FROM json_each(?))"
HISTORY = f"""
    SELECT identifications.id, identification, run, {CONCLUSIVE} AS conclusive
    FROM identifications JOIN statements ON hash = statement
    WHERE device = ? ORDER BY at, run, first_observation
"""
HEARD = "SELECT id, payload FROM observations WHERE device = ? AND run = ? AND payload IS NOT NULL"

Brought = tuple[int, ...]  # the merges that brought something to where it is, by their place in time


class Standing(NamedTuple):
    """Claims that stand, and the replies of a device that may support them: all, or those with these row ids."""

    device: str
    claims: tuple[Claim, ...]
    replies: frozenset[int] | None = None


class Parts:
    """What merges brought together, taken apart again."""

    def __init__(self, db: Database) -> None:
        self._db = db
        said: dict[int, Brought] = collections.defaultdict(tuple)
        heard: dict[int, Brought] = collections.defaultdict(tuple)
        for number, (moved,) in enumerate(db.execute(MERGES).fetchall()):
            it = msgspec.json.decode(moved, type=Moved)
            for row in it.identifications:
                said[row] += (number,)
            for row in it.observations:
                heard[row] += (number,)
        self._said, self._heard = said, heard
        self.holders = [device for (device,) in db.execute(HOLDERS, (json_text(list(said)),)).fetchall()]

    def of(self, device: str) -> Iterator[tuple[list[Row], frozenset[int]]]:
        """Each part of a device: what was said of it, in the order of time, and the row ids of its replies."""
        history = collections.defaultdict(list)
        for row in self._db.query(HISTORY, (device,)):
            history[self._said.get(row["id"], ())].append(row)
        replies = collections.defaultdict(set)
        for (row,) in self._db.execute("SELECT id FROM observations WHERE device = ?", (device,)):
            replies[self._heard.get(row, ())].add(row)
        for brought, said in history.items():
            yield said, frozenset(replies[brought])


def claims(db: Database, devices: Iterable[str], parts: Parts) -> Iterator[Standing]:
    """All claims that stand of some devices."""
    chosen = json_text(list(devices))
    for device, evidence in db.execute(EVIDENCE, (chosen,)).fetchall():
        yield Standing(device, msgspec.json.decode(evidence, type=tuple[Claim, ...]))
    for device, said, _ in db.execute(IN_CONFLICT, (chosen,)).fetchall():
        yield Standing(device, identification_of(said).evidence)
    for device in set(parts.holders).intersection(msgspec.json.decode(chosen, type=list[str])):
        for history, replies in parts.of(device):
            yield from part_claims(
                device, [identification_of(row["identification"]) for row in history], replies
            )


def part_claims(device: str, said: list[Identification], replies: frozenset[int]) -> Iterator[Standing]:
    whole = fold(said)
    yield Standing(device, whole.evidence, replies)
    if whole.conflicts:
        views = {(one.maker, one.conflicts): one for one in said}
        yield from (Standing(device, one.evidence, replies) for one in views.values())


def last_looks(db: Database, parts: Parts) -> Iterator[str]:
    """The hashes of the replies of the last conclusive look at each part of what was merged."""
    for device in parts.holders:
        for said, replies in parts.of(device):
            run = next((row["run"] for row in reversed(said) if row["conclusive"]), said[-1]["run"])
            yield from (hash for id, hash in db.execute(HEARD, (device, run)).fetchall() if id in replies)
