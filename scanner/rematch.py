"""Identify everything in the inventory again, from the raw replies that it keeps.

Better fingerprints make better identifications of what was seen long ago; no device is asked again.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from fingerprints import Library
from scanner.identifiers import identifiers
from scanner.inventory import Inventory, Seen
from scanner.model import Identification
from scanner.probes import read_fields

COMPARED = (
    "maker",
    "maker_name",
    "brand",
    "relabelled",
    "category",
    "model",
    "firmware",
    "serial",
    "confidence",
)


class Change(msgspec.Struct, frozen=True):
    """What the fingerprints in use now say otherwise about a device, as one run saw it."""

    device: str
    run: str
    attribute: str
    before: str | bool | None
    after: str | bool | None
    fingerprints: tuple[str, ...] = ()  # that claim the new value


def rematch(
    inventory: Inventory, known: Library, run: str | None = None, *, record: bool = True
) -> Iterator[Change]:
    """Identify the devices of one run, or of all, again; file what comes out unless told otherwise.

    An identification rests on the replies of its run alone, so facts from other runs stay as they are.
    """
    for each in [inventory.run(run)] if run else reversed(inventory.runs()):
        again = []
        for device in inventory.devices(run=each.id):
            stored = list(inventory.observations(each.id, device.id))
            if not stored:
                continue  # an identification without replies: nothing to identify it from
            before = next(
                said for ran, said in reversed(inventory.identifications(device.id)) if ran == each.id
            )
            readings = [read_fields(observation) for _, observation in stored]
            after = known.identify(readings)
            after = msgspec.structs.replace(
                after, subject=before.subject, address=before.address, mac=before.mac
            )
            yield from changes(device.id, each.id, before, after)
            sighting = next(one for one in inventory.sightings(device.id) if one.run == each.id)
            rows = [row for row, _ in stored]
            again.append(Seen(after, rows, sighting.reachable, identifiers(after, readings)))
        if record:
            inventory.record(each.id, again, fingerprints=known.version)


def changes(device: str, run: str, before: Identification, after: Identification) -> Iterator[Change]:
    """Where two identifications of one device differ."""
    for attribute in COMPARED:
        old, new = getattr(before, attribute), getattr(after, attribute)
        if old != new:
            claimed = "maker" if attribute in ("maker_name", "confidence", "relabelled") else attribute
            because = (claim.fingerprint for claim in after.evidence if claim.attribute == claimed)
            yield Change(device, run, attribute, old, new, tuple(dict.fromkeys(because)))
