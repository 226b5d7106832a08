"""Filing identifications under their devices: new ones, or those that the inventory knows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from scanner.inventory.identity import find_device, merge, merge_two
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
UPSERT_SIGHTING = """
    INSERT INTO sightings (device, run, address, mac, interface, at, reachable) VALUES (?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT DO UPDATE SET
        mac = ifnull(excluded.mac, mac), interface = ifnull(excluded.interface, interface),
        at = max(excluded.at, at), reachable = ifnull(excluded.reachable, reachable)
"""


class Filing:
    """Files the identifications of one run. What is filed again replaces what was filed before."""

    def __init__(self, db: Database, run: str, now: datetime) -> None:
        self._db, self._run, self._now = db, run, stamp(now)
        self.filed: list[str] = []  # the device of each identification

    def file(
        self, seen: Identification, observations: Sequence[int], reachable: Reachable | None = None
    ) -> str:
        """File one identification with the row ids of its observations, and return the id of its device."""
        ids = json_text(observations)
        first, last, interface = self._db.execute(WHEN_AND_WHERE, {"now": self._now, "ids": ids}).fetchone()
        device = find_device(self._db, seen, observations, self.filed) or self._add_device(first)
        self._move(ids, device)
        self._identified(device, seen, last)
        self._db.execute(
            UPSERT_SIGHTING, (device, self._run, seen.address, seen.mac, interface, last, reachable)
        )
        self._db.execute("UPDATE devices SET first_seen = min(first_seen, ?) WHERE id = ?", (first, device))
        self._refresh(device)
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

    def _identified(self, device: str, seen: Identification, at: str) -> None:
        """Keep what this run says about the device; two groups of replies may turn out to be one device."""
        if device in self.filed:
            (text,) = self._db.execute(
                "SELECT identification FROM identifications WHERE device = ? AND run = ?", (device, self._run)
            ).fetchone()
            seen = merge_two(identification_of(text), seen)
        row = {"device": device, "run": self._run, "at": at, "identification": json_text(seen)}
        self._db.table("identifications").upsert(row, pk=("device", "run"))

    def _move(self, ids: str, device: str) -> None:
        """File observations under a device, also those that were filed under another before."""
        chosen = "id IN (SELECT value FROM json_each(?))"
        others = self._db.execute(
            f"SELECT DISTINCT device FROM observations WHERE {chosen} AND device != ?", (ids, device)
        ).fetchall()
        self._db.execute(f"UPDATE observations SET device = ? WHERE {chosen}", (device, ids))
        for (other,) in others:
            self._tidy(other)

    def _tidy(self, device: str) -> None:
        """Take back what this run said about a device, when none of its replies are that device's any more."""
        mine = (device, self._run)
        if self._db.execute("SELECT 1 FROM observations WHERE device = ? AND run = ?", mine).fetchone():
            return
        self._db.execute("DELETE FROM identifications WHERE device = ? AND run = ?", mine)
        self._db.execute("DELETE FROM sightings WHERE device = ? AND run = ?", mine)
        if self._db.execute("SELECT 1 FROM identifications WHERE device = ?", (device,)).fetchone():
            self._refresh(device)
        else:
            self._db.execute("DELETE FROM devices WHERE id = ?", (device,))

    def _refresh(self, device: str) -> None:
        """Say anew what is known of a device: all its identifications together, and its latest sighting."""
        said = self._db.execute(
            "SELECT identification FROM identifications WHERE device = ? ORDER BY at, run", (device,)
        )
        state = merge(identification_of(text) for (text,) in said.fetchall())
        run, at, reachable = self._db.execute(
            "SELECT run, at, reachable FROM sightings WHERE device = ? ORDER BY at DESC, run DESC", (device,)
        ).fetchone()
        seen = {"last_seen": at, "last_run": run, "reachable": reachable}
        self._db.table("devices").update(device, device_row(state) | seen)
