"""Filing identifications under their devices: new ones, or those that the inventory knows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

import msgspec

from scanner.identifiers import KINDS, Identifier
from scanner.inventory.at_once import Apart, Heard, belonging, heard
from scanner.inventory.identity import SURE, Identity, Match, Seen
from scanner.inventory.ids import device_id
from scanner.inventory.merging import hand_over, known_apart, merge, move, note_doubt, noted
from scanner.inventory.rows import identification_of, json_text, stamp
from scanner.inventory.state import LastSeen, add_device, add_to_state, keep_statement, known_by, refresh

if TYPE_CHECKING:
    from sqlite_utils import Database

IN_IDS = "IN (SELECT value FROM json_each(:ids))"
GROUP = f"""
    SELECT ifnull(min(observed_at), :now), ifnull(max(observed_at), :now), max(interface),
        json_group_array(DISTINCT device)
    FROM observations WHERE id {IN_IDS}
"""
# Two searches by an index each: an OR of the two goes through all that the run said. The plus keeps the second off the
# index by run.
REPLACED = f"""
    DELETE FROM identifications WHERE rowid IN (
        SELECT rowid FROM identifications WHERE run = :run AND first_observation {IN_IDS}
        UNION ALL
        SELECT rowid FROM identifications WHERE device = :device AND +run = :run AND first_observation IS NULL)
    RETURNING device, rule
"""
THERE_BY_ADDRESS = f"""
    SELECT rowid FROM identifications WHERE device = :device AND run = :run AND rule IN ('address', 'digits')
        AND first_observation NOT {IN_IDS}
"""
TAKEN = """
    SELECT identifications.rowid AS number, device, first_observation, identification, identifiers
    FROM identifications JOIN statements ON hash = statement
    WHERE identifications.rowid IN (SELECT value FROM json_each(:them))
"""
INSERT_IDENTIFICATION = """
    INSERT INTO identifications (device, run, first_observation, at, statement, identifiers, rule, fingerprints)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?)
"""
ROWS_AT_ADDRESS = f"""
    SELECT id FROM observations WHERE device = :device AND run = :run AND id NOT {IN_IDS}
        AND (address IS :address OR id = :first OR mac IN (SELECT value FROM json_each(:macs)))
"""
TAKEN_SIGHTING = """
    DELETE FROM sightings WHERE device = :device AND run = :run AND address IS :address AND NOT EXISTS (
        SELECT 1 FROM identifications JOIN statements ON hash = statement
        WHERE identifications.device = :device AND identifications.run = :run
            AND rule NOT IN ('address', 'digits')
            AND json_extract(identification, '$.address') IS :address)
    RETURNING reachable
"""
UPSERT_SIGHTING = """
    INSERT INTO sightings (device, run, address, mac, interface, at, reachable, site)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT DO UPDATE SET
        mac = ifnull(excluded.mac, mac), interface = ifnull(excluded.interface, interface),
        at = max(excluded.at, at), reachable = ifnull(excluded.reachable, reachable)
"""


class Filing:
    """Files the identifications of one run.

    An identification belongs to a group of replies, known by the first of them. Groups grow, fall apart and join
    while a run goes on: a group that holds the first reply of an earlier one takes its place.
    """

    def __init__(self, db: Database, run: str, now: datetime, fingerprints: str | None = None) -> None:
        self._db, self._run, self._now = db, run, stamp(now)
        self._site, used = db.execute("SELECT site, fingerprints FROM runs WHERE id = ?", (run,)).fetchone()
        self._fingerprints = fingerprints or used
        self._identity = Identity(db, run, self._site, self._fingerprints)
        self.filed: list[str] = []  # the device of each identification

    def file(self, seen: Seen) -> str:
        """File one identification with the row ids of its observations, and return the id of its device."""
        execute, it = self._db.conn.execute, seen.identification
        group = {"run": self._run, "ids": json_text(seen.rows), "now": self._now}
        first, last, interface, filed = execute(GROUP, group).fetchone()
        match = self._identity.find(seen, self.filed)
        if new := match.rule == "new":
            match = match._replace(device=self._new_id())
            latest = LastSeen(self._run, last, seen.reachable, self._site)
            add_device(self._db, match.device, first, it, latest)
            for known, why in match.doubts:
                note_doubt(self._db, match.device, known, why, self._now, self._run)
        device = self._joined(match)
        former = dict.fromkeys(msgspec.json.decode(filed, type=list[str | None]))
        if list(former) != [device]:
            execute(
                f"UPDATE observations SET device = :device WHERE id {IN_IDS} AND device IS NOT :device",
                group | {"device": device},
            )
        replaced = execute(REPLACED, group | {"device": device}).fetchall()
        former |= dict.fromkeys(owner for owner, _ in replaced)
        if match.rule == "replies" and len(replaced) == 1 and (rule := replaced[0][1]):
            match = match._replace(rule=rule)  # it grew; why it is this device has not changed
        execute(INSERT_IDENTIFICATION, self._row(device, seen, last, match))
        sighting = (device, self._run, it.address, it.mac, interface, last, seen.reachable, self._site)
        execute(UPSERT_SIGHTING, sighting)
        if new:
            known_by(self._db, device, seen.identifiers)
        else:
            self._add_to(device, seen, first, last, changed=bool(replaced or match.same))
        for other in former:
            if other and other != device:
                self._tidy(other)
        self.filed.append(device)
        for other in match.mistaken:
            for identifier in seen.identifiers:
                if identifier.kind in SURE and hand_over(
                    self._db, other, identifier, device, self._now, self._run
                ):
                    refresh(self._db, device)
        for beside in match.apart:
            self._part(device, beside, seen)
        taken = list(match.evicted)
        if match.rule in KINDS:  # what was filed for its address alone, before the device itself turned up
            there = self._db.conn.execute(THERE_BY_ADDRESS, group | {"device": device}).fetchall()
            taken += (number for (number,) in there)
        for one in self._taken_off(taken, group):
            self.file(one)
            self.filed.pop()
        return device

    def _add_to(self, device: str, seen: Seen, first: str, last: str, *, changed: bool) -> None:
        """Take what was seen into what is known of a device that was there before. When its history `changed`
        otherwise than by growing at its end, all that is known is said anew."""
        self._db.conn.execute(
            "UPDATE devices SET first_seen = :first WHERE id = :id AND first_seen > :first",
            {"id": device, "first": first},
        )
        if changed or not add_to_state(self._db, device, seen.identification, last):
            refresh(self._db, device)
        else:
            known = self._identity.identifiers(device)
            known_by(self._db, device, [one for one in seen.identifiers if one not in known])

    def _part(self, device: str, beside: Apart, seen: Seen) -> None:
        """Give a device what was filed under another that turned out to be beside it, and note how sure that is."""
        known = noted(self._db, device, beside.device)
        if device == beside.device or known == "apart" or (known and not beside.sure):
            return
        where = self._site, seen.identification.address
        mine = Heard(0, self._run, seen.identification, seen.identifiers, where)
        earlier = belonging(heard(self._db, beside.device), mine, beside.others)
        if earlier and not known:
            why = f"it has what {device} has of its own, and {beside.why}"
            move(self._db, beside.device, device, earlier, self._now, self._run, rule="serial", why=why)
        if beside.sure:
            known_apart(self._db, device, beside.device)
        else:
            note_doubt(self._db, device, beside.device, beside.why, self._now, self._run, rule="serial")

    def _taken_off(self, numbers: Sequence[int], group: dict[str, str]) -> list[Seen]:
        """Identifications of this run, by their numbers, taken off their devices to be filed anew."""
        found, left = [], set()
        for row in list(self._db.query(TAKEN, {"them": json_text(numbers)})) if numbers else ():
            it = identification_of(row["identification"])
            named = msgspec.json.decode(row["identifiers"], type=tuple[Identifier, ...])
            where = {
                "device": row["device"], "run": self._run, "address": it.address, "first": row["first_observation"],
                "macs": json_text([one.value for one in named if one.kind == "mac"]),
            }  # fmt: skip
            rows = self._db.conn.execute(ROWS_AT_ADDRESS, where | group).fetchall()
            self._db.conn.execute("DELETE FROM identifications WHERE rowid = ?", (row["number"],))
            reachable = self._db.conn.execute(TAKEN_SIGHTING, where).fetchone()
            self._db.conn.execute(
                "UPDATE observations SET device = NULL WHERE id IN (SELECT value FROM json_each(?))",
                (json_text([id for (id,) in rows]),),
            )
            found.append(Seen(it, [id for (id,) in rows], reachable and reachable[0], named))
            left.add(row["device"])
        for device in left:
            refresh(self._db, device)
        return found

    def _row(self, device: str, seen: Seen, at: str, match: Match) -> tuple[object, ...]:
        """In the order of `INSERT_IDENTIFICATION`."""
        return (
            device, self._run, min(seen.rows, default=None), at,
            keep_statement(self._db, seen.identification), json_text(seen.identifiers), match.rule,
            self._fingerprints,
        )  # fmt: skip

    def _new_id(self) -> str:
        device = device_id()
        while self._db.conn.execute("SELECT 1 FROM devices WHERE id = ?", (device,)).fetchone():
            device = device_id()
        return device

    def _joined(self, match: Match) -> str:
        """The device that is left when those which turned out to be one unit were merged: the oldest of them."""
        device = match.device
        for other, kind in match.same:
            why = f"one unit states the {match.rule} of {device} and the {kind} of {other}"
            device = merge(self._db, device, other, self._now, run=self._run, rule=kind, why=why)
        return device

    def _tidy(self, device: str) -> None:
        """A device that lost replies to another: say anew what is known of it, or drop it when that is nothing."""
        mine = {"device": device, "run": self._run}
        said = "SELECT 1 FROM identifications WHERE device = :device"
        if not self._db.conn.execute(f"{said} AND run = :run", mine).fetchone():
            self._db.conn.execute("DELETE FROM sightings WHERE device = :device AND run = :run", mine)
        if self._db.conn.execute(said, mine).fetchone():
            refresh(self._db, device)
        else:
            self._db.conn.execute("UPDATE observations SET device = NULL WHERE device = :device", mine)
            self._db.conn.execute("DELETE FROM identifiers WHERE device = :device", mine)
            self._db.conn.execute("DELETE FROM devices WHERE id = :device", mine)
