"""Identify everything in the inventory again, from the raw replies that it keeps.

Better fingerprints make better identifications of what was seen long ago; no device is asked again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice

import msgspec

from fingerprints import Library
from scanner.identifiers import identifiers
from scanner.inventory import Inventory, Said, Seen, journal
from scanner.inventory.fields import FIELDS
from scanner.model import Identification
from scanner.probes import read_fields

AT_ONCE = 1_000  # devices that are filed in one go: bounds the memory
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
    inventory: Inventory, known: Library, run: str | None = None, *, where: str = "", record: bool = True
) -> Iterator[Change]:
    """Identify the devices of one run, or of all, again, or those for which a condition holds; file what comes out
    unless told otherwise.

    An identification rests on the replies of its run alone, so facts from other runs stay as they are.
    """
    columns = [FIELDS["id"]]
    chosen = {str(id) for (id,) in inventory.listed(columns, where)} if where.strip() else None
    noted: set[Change] = set()  # what every week's replies say is one change
    for each in [inventory.run(run)] if run else reversed(inventory.runs()):
        replies = (said for said in inventory.said(each.id, chosen) if said.observations)
        identified = ((said, identify_again(said, known)) for said in replies)
        while some := list(islice(identified, AT_ONCE)):
            again, same = [], []
            found: list[Change] = []
            for said, seen in some:
                found += changes(said.device, each.id, said.identification, seen.identification)
                if said.whole and (said.identification, said.identifiers) == (
                    seen.identification,
                    seen.identifiers,
                ):
                    same.append(said.device)
                else:
                    again.append(seen)
            if record:
                inventory.confirm(each.id, same, known.version)
                inventory.record(each.id, again, fingerprints=known.version)
                inventory.change(journal.write, "", list(_entries(found, noted, known.version)))
            yield from found


def identify_again(said: Said, known: Library) -> Seen:
    """What is identified now from the replies that a run kept of a device."""
    readings = [read_fields(observation) for _, observation in said.observations]
    before = said.identification
    after = msgspec.structs.replace(
        known.identify(readings), subject=before.subject, address=before.address, mac=before.mac
    )
    rows = [row for row, _ in said.observations]
    macs = [one.value for one in said.identifiers if one.kind == "mac"]
    return Seen(after, rows, said.reachable, identifiers(after, readings, macs))


def _entries(found: Iterable[Change], noted: set[Change], version: str) -> Iterator[dict[str, str | None]]:
    """The changes for the journal, each once."""
    for change in found:
        alike = msgspec.structs.replace(change, run="")
        if alike not in noted:
            noted.add(alike)
            because = f" ({', '.join(change.fingerprints)})" if change.fingerprints else ""
            yield {
                "run": change.run,
                "device": change.device,
                "cause": "fingerprints",
                "field": change.attribute,
                "before": text(change.before),
                "after": text(change.after),
                "why": f"fingerprints {version}{because}",
            }


def text(value: str | bool | None) -> str | None:
    """A value as the journal holds it."""
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else value


def changes(device: str, run: str, before: Identification, after: Identification) -> Iterator[Change]:
    """Where two identifications of one device differ."""
    for attribute in COMPARED:
        old, new = getattr(before, attribute), getattr(after, attribute)
        if old != new:
            claimed = "maker" if attribute in ("maker_name", "confidence", "relabelled") else attribute
            because = (claim.fingerprint for claim in after.evidence if claim.attribute == claimed)
            yield Change(device, run, attribute, old, new, tuple(dict.fromkeys(because)))
