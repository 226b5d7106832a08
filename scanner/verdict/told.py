"""What an inventory tells about devices, for the verdicts on them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Container, Iterable, Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any

import msgspec

from scanner.identifiers import KINDS, Identifier, telling
from scanner.inventory import witnessed
from scanner.verdict.judging import Told, Verdict, find
from scanner.verdict.looks import MULTICAST, Channel, Seen, Taken, Unit, channel
from scanner.verdict.rule import Rule

if TYPE_CHECKING:
    from sqlite_utils import Database

    from scanner.evidence.removals import Removal
    from scanner.inventory import Inventory

STATED = frozenset({"sadp", "dhdiscover"})  # replies that state the MAC address
IDENTIFIERS = msgspec.json.Decoder(tuple[Identifier, ...])


def verdicts(inventory: Inventory, rule: Rule, devices: Collection[str] | None = None) -> Iterator[Verdict]:
    """The verdicts on some devices, or on all that were removed or are quiet."""
    return find(told(inventory), rule, devices)


def told(inventory: Inventory) -> Told:
    from scanner.inventory.removals import all_standing

    removals = {device: taken(one) for device, one in inventory.ask(all_standing).items()}
    runs = inventory.runs()
    earliest = min((one.gone for one in removals.values()), default=None)
    later = [run.id for run in runs if earliest is not None and run.started >= earliest]
    _, networks = inventory.known_networks()
    return Told(
        runs=runs,
        units=inventory.ask(units),
        removals=removals,
        networks=[(row["site"], row["cidr"]) for row in networks],
        stirred=inventory.ask(witnessed.stirred, later),
    )


def taken(removal: Removal) -> Taken:
    from scanner.evidence.removals import gone_since

    quiet = gone_since(removal.isolated) if removal.isolated else None
    return Taken(id=removal.id, gone=removal.gone_since, quiet=quiet, replacement=removal.replacement or None)


def units(db: Database) -> dict[str, Unit]:
    """All devices with all that was seen of them."""
    own: dict[str, list[Identifier]] = {}
    for device, kind, value in witnessed.identifiers(db):
        own.setdefault(device, []).append(Identifier(kind, value))  # type: ignore[arg-type]
    counts = Counter(one for some in own.values() for one in some)
    ways = _ways(db, {one for one, count in counts.items() if count > 1})
    seen: dict[str, list[Seen]] = {}
    nothing: tuple[frozenset[Channel], frozenset[Channel]] = (frozenset(), frozenset())
    for one in witnessed.sightings(db):
        every, by = ways.get((one.device, one.run), nothing)
        at = datetime.fromisoformat(one.at)
        seen.setdefault(one.device, []).append(
            Seen(one.run, at, one.address, one.interface, one.reachable, one.site, every, by)  # type: ignore[arg-type]
        )
    return {
        id: Unit(
            id=id, maker=maker, category=category, switch=switch, switch_port=port,
            identifiers=tuple(own.get(id, ())), seen=tuple(seen.get(id, ())),
        )
        for id, maker, category, switch, port in witnessed.units(db)
    }  # fmt: skip


def _ways(
    db: Database, shared: Container[Identifier]
) -> dict[tuple[str, str], tuple[frozenset[Channel], frozenset[Channel]]]:
    """By device and run: the channels by which it was seen, and those that told it from all others.

    What several devices have, such as a certificate that came with the firmware, tells nothing.
    """
    serials = {
        hash: frozenset(map(channel, text.split(","))) if text else frozenset()
        for hash, text in witnessed.claimed_serials(db).items()
    }
    same: dict[Any, Any] = {}  # few sets are used again and again: one of each is kept
    every = {
        (device, run): same.setdefault(text, frozenset(map(channel, text.split(","))))
        for device, run, text in witnessed.protocols(db)
    }
    by: dict[tuple[str, str], frozenset[Channel]] = {}
    for device, run, statement, shown in witnessed.said(db):
        heard = every.get((device, run), frozenset())
        own = [one for one in IDENTIFIERS.decode(shown) if one not in shared]
        found = told_by(own, serials.get(statement, frozenset())) & heard
        by[device, run] = by.get((device, run), frozenset()) | found
    return {key: (heard, same.setdefault(it := by.get(key, frozenset()), it)) for key, heard in every.items()}


def told_by(shown: Iterable[Identifier], serials: frozenset[Channel]) -> frozenset[Channel]:
    """The channels by which identifiers can have been shown."""
    found: set[Channel] = set()
    for one in shown:
        if one.kind == "serial":
            found |= serials or MULTICAST | {"tcp"}  # older statements do not say by which
        elif one.kind == "mac":
            found |= STATED | {"link"}
        elif one.kind == "endpoint":
            found.add("ws-discovery")
        elif one.kind in KINDS and telling(one):
            found.add("tcp")
    return frozenset(found)
