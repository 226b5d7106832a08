"""Filing identifications under their devices: new ones, or those that the inventory knows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from scanner.inventory.identity import find_device, merge
from scanner.inventory.ids import device_id
from scanner.inventory.records import Reachable
from scanner.inventory.rows import device_row, identification_of, json_text, stamp
from scanner.model import Identification

if TYPE_CHECKING:
    from sqlite_utils import Database

WHEN_AND_WHERE = """
    SELECT ifnull(min(observed_at), :now), ifnull(max(observed_at), :now), max(interface)
    FROM observations WHERE id IN (SELECT value FROM json_each(:ids))
"""
FORMER_DEVICES = """
    SELECT device FROM observations WHERE id IN (SELECT value FROM json_each(:ids)) AND device != :device
    UNION
    SELECT device FROM identifications WHERE run = :run AND device != :device
        AND first_observation IN (SELECT value FROM json_each(:ids))
"""
UPSERT_SIGHTING = """
    INSERT INTO sightings (device, run, address, mac, interface, at, reachable) VALUES (?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT DO UPDATE SET
        mac = ifnull(excluded.mac, mac), interface = ifnull(excluded.interface, interface),
        at = max(excluded.at, at), reachable = ifnull(excluded.reachable, reachable)
"""


IN_IDS = "IN (SELECT value FROM json_each(:ids))"


class Filing:
    """Files the identifications of one run.

    An identification belongs to a group of replies, known by the first of them. Groups grow, fall apart and join
    while a run goes on: a group that holds the first reply of an earlier one takes its place.
    """

    def __init__(self, db: Database, run: str, now: datetime) -> None:
        self._db, self._run, self._now = db, run, stamp(now)
        self.filed: list[str] = []  # the device of each identification

    def file(
        self, seen: Identification, observations: Sequence[int], reachable: Reachable | None = None
    ) -> str:
        """File one identification with the row ids of its observations, and return the id of its device."""
        group = {"run": self._run, "ids": json_text(observations), "now": self._now}
        first, last, interface = self._db.execute(WHEN_AND_WHERE, group).fetchone()
        device = find_device(self._db, self._run, seen, observations, self.filed) or self._add_device(first)
        others = self._db.execute(FORMER_DEVICES, group | {"device": device}).fetchall()
        self._db.execute(
            f"UPDATE observations SET device = :device WHERE id {IN_IDS} AND device IS NOT :device",
            group | {"device": device},
        )
        self._identified(device, seen, observations, last)
        self._db.execute(
            UPSERT_SIGHTING, (device, self._run, seen.address, seen.mac, interface, last, reachable)
        )
        self._db.execute("UPDATE devices SET first_seen = min(first_seen, ?) WHERE id = ?", (first, device))
        self._refresh(device)
        for (other,) in others:
            self._tidy(other)
        self.filed.append(device)
        return device

    def _add_device(self, at: str) -> str:
        device = device_id()
        while self._db.execute("SELECT 1 FROM devices WHERE id = ?", (device,)).fetchone():
            device = device_id()
        self._db.table("devices").insert(
            {"id": device, "first_seen": at, "last_seen": at, "confidence": "none"}
        )
        return device

    def _identified(self, device: str, seen: Identification, observations: Sequence[int], at: str) -> None:
        """Keep what this group says about the device, instead of what the groups said that it is made of."""
        group = {"run": self._run, "ids": json_text(observations), "device": device}
        self._db.execute(
            f"DELETE FROM identifications WHERE run = :run AND (first_observation {IN_IDS} "
            "OR device = :device AND first_observation IS NULL)",
            group,
        )
        self._db.execute(
            "INSERT INTO identifications (device, run, first_observation, at, identification) VALUES (?, ?, ?, ?, ?)",
            (device, self._run, min(observations, default=None), at, json_text(seen)),
        )

    def _tidy(self, device: str) -> None:
        """A device that lost replies to another: say anew what is known of it, or drop it when that is nothing."""
        mine = {"device": device, "run": self._run}
        said = "SELECT 1 FROM identifications WHERE device = :device"
        if not self._db.execute(f"{said} AND run = :run", mine).fetchone():
            self._db.execute("DELETE FROM sightings WHERE device = :device AND run = :run", mine)
        if self._db.execute(said, mine).fetchone():
            self._refresh(device)
        else:
            self._db.execute("UPDATE observations SET device = NULL WHERE device = :device", mine)
            self._db.execute("DELETE FROM devices WHERE id = :device", mine)

    def _refresh(self, device: str) -> None:
        """Say anew what is known of a device: all its identifications together, and its latest sighting."""
        said = self._db.execute(
            "SELECT identification FROM identifications WHERE device = ? ORDER BY at, run, first_observation",
            (device,),
        )
        state = merge(identification_of(text) for (text,) in said.fetchall())
        run, at, reachable = self._db.execute(
            "SELECT run, at, reachable FROM sightings WHERE device = ? ORDER BY at DESC, run DESC", (device,)
        ).fetchone()
        seen = {"last_seen": at, "last_run": run, "reachable": reachable}
        self._db.table("devices").update(device, device_row(state) | seen)
