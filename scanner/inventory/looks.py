"""Queries behind the blind spots: the last conclusive look at each device, and what recorders say of their channels."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from scanner.inventory.rows import json_text

if TYPE_CHECKING:
    from sqlite_utils import Database

    from scanner.inventory.rows import Row

# At least probable, and by what the device itself answered: an address block alone is no look at it.
CONCLUSIVE = """
    identification ->> '$.confidence' IN ('probable', 'confirmed') AND EXISTS (
        SELECT 1 FROM json_each(identification, '$.evidence') WHERE value ->> '$.attribute' = 'maker'
            AND value ->> '$.protocol' NOT IN ('mac', 'arp'))
"""
LAST_CONCLUSIVE = f"""
    SELECT {{what}} FROM identifications JOIN statements ON hash = statement
    WHERE device = devices.id AND {CONCLUSIVE} ORDER BY at DESC LIMIT 1
"""
LAST_LOOK = f"""
    SELECT id, seen_at_site, ({LAST_CONCLUSIVE.format(what="identifications.run || ' ' || at")}) AS look, (
        SELECT NOT EXISTS (SELECT 1 FROM json_each(identifiers) WHERE value ->> 0 != 'wording')
        FROM identifications WHERE device = devices.id ORDER BY at DESC LIMIT 1
    ) AS by_address
    FROM devices
"""
TOLD = """
    SELECT max(observations.id) AS id, device, protocol, bytes AS payload
    FROM json_each(:some) AS chosen JOIN observations ON device = chosen.value
    JOIN payloads ON hash = payload
    WHERE protocol IN ('sadp', 'dhdiscover')
        OR protocol = 'isapi' AND instr(bytes, CAST('InputProxyChannel' AS BLOB))
    GROUP BY device, protocol
"""
# Settled are those that were merged or parted, and those that were seen in one run together since, unless it was that
# which raised the doubt.
DOUBTS = """
    SELECT device, other, why, max(at) AS at FROM identity_changes AS doubted
    JOIN devices AS new ON new.id = device JOIN devices AS old ON old.id = other
    WHERE kind = 'doubt' AND NOT EXISTS (
        SELECT 1 FROM apart WHERE (one, other) IN ((device, doubted.other), (doubted.other, device)))
    AND (rule = 'serial' OR NOT EXISTS (
        SELECT 1 FROM sightings AS a JOIN sightings AS b ON a.run = b.run
        WHERE a.device = doubted.device AND b.device = doubted.other))
    GROUP BY device, other ORDER BY at, device, other
"""
SITES = "SELECT id, name FROM sites"
NETWORKS = "SELECT site, cidr, building, floor, room, note FROM networks ORDER BY site, cidr"


def looks(db: Database) -> Iterable[Row]:
    """Each device with the site where it was seen, the run and time of the last conclusive look at it, and whether
    it was last seen without anything that tells it from others: known by its address alone."""
    return db.query(LAST_LOOK)


def doubts(db: Database) -> list[Row]:
    """The pairs of devices that may be one, which nobody has settled: `device` came later than `other`."""
    return list(db.query(DOUBTS))


def told(db: Database, recorders: Iterable[str]) -> Iterable[Row]:
    """The last replies of some devices that tell how many cameras they record, one for each protocol."""
    return db.query(TOLD, {"some": json_text(list(recorders))})
