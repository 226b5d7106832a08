"""All that happened to one device, in the order of time.

What the network did is derived from what the runs saw, each time anew; what people and fingerprints did stands in the
journal. docs/explanation/changes.md says what counts as a change.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import groupby
from typing import TYPE_CHECKING, Any, Literal

import msgspec

from scanner.attribution import ATTRIBUTES, Again, Cause, parts
from scanner.inventory import timeline
from scanner.inventory.looked import Evidence, why_not
from scanner.inventory.timeline import Known, known
from scanner.probes import read_fields

if TYPE_CHECKING:
    from scanner.inventory.records import Run, Sighting
    from scanner.inventory.store import Inventory

Kind = Literal[
    "new", "came-back", "first-looked-at", "gone-quiet", "not-looked-at",
    "moved", "name", "firmware", "identification", "merged", "split", "doubted", "set",
]  # fmt: skip
JOINED: Mapping[str, Kind] = {"merge": "merged", "doubt": "doubted"}
NAMED_IN = (
    "isapi.deviceName", "snmp.sysname", "onvif.hostname", "dhcp.hostname", "ws-discovery.name",
    "dhdiscover.MachineName",
)  # fmt: skip
"""Fields that hold the name which somebody gave to a unit, the plainest first."""

UNKNOWN = "the replies behind one of them were not kept, or today's fingerprints no longer read them"


class Event(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=False):
    """Something that happened to a device. `before` and `after` hold only what changed."""

    kind: Kind
    device: str
    before: Mapping[str, Any] | None = None
    after: Mapping[str, Any] | None = None
    cause: str = "network"  # or fingerprints, unknown, person, register, …
    run: str | None = None
    at: datetime
    by: str = ""
    why: str = ""


def history(inventory: Inventory, device: str, again: Again) -> list[Event]:
    """All that happened to the device with this id, the oldest first."""
    events = [
        *_on_the_network(inventory, device, again),
        *_joined(inventory, device),
        *_set(inventory, device),
    ]
    return sorted(events, key=lambda event: event.at)


def evidence(inventory: Inventory) -> Evidence:
    """What is asked of this inventory before a silence counts."""
    return Evidence(
        lambda seen: inventory.ask(timeline.ways, seen.device, seen.run),
        lambda seen, run: inventory.ask(timeline.same_link, seen.run, run.id, seen.interface or ""),
    )


def in_order(runs: Iterable[Run]) -> list[Run]:
    """Runs as they began, the oldest first."""
    return sorted(runs, key=lambda run: (run.started, run.id))


def place(seen: Iterable[Sighting]) -> dict[str, str | None]:
    """Where a device was seen in one run, as one text where it had several addresses."""
    seen = list(seen)
    addresses = ", ".join(dict.fromkeys(one.address for one in seen if one.address))
    return {"address": addresses or None, "site": next((one.site for one in seen if one.site), None)}


def moved(before: Iterable[Sighting], after: Iterable[Sighting]) -> bool:
    """Whether a device kept none of its addresses, or is at another site. One more address is no move."""
    before, after = list(before), list(after)
    sites = [{one.site for one in some if one.site} for some in (before, after)]
    addresses = [{one.address for one in some if one.address} for some in (before, after)]
    return any(bool(one and other and not one & other) for one, other in (sites, addresses))


def changed(
    device: str, before: Known, after: Known, again: Again, *, run: str | None = None
) -> Iterator[Event]:
    """How firmware and identification changed, an event for each with each cause."""
    found = parts(device, before, after, again)
    kinds: tuple[Kind, ...] = ("firmware", "identification")
    causes: tuple[Cause, ...] = ("network", "fingerprints", "unknown")
    for kind in kinds:
        for cause in causes:
            mine = [
                part
                for part in found
                if part.cause == cause and (part.attribute == "firmware") == (kind == "firmware")
            ]
            if mine:
                yield Event(
                    kind=kind,
                    device=device,
                    before={part.attribute: part.before for part in mine},
                    after={part.attribute: part.after for part in mine},
                    cause=cause,
                    run=run or after.last.run,
                    at=moment(after.last.at),
                    why=UNKNOWN if cause == "unknown" else "",
                )


def moment(stamp: str) -> datetime:
    return datetime.fromisoformat(stamp)


def _on_the_network(inventory: Inventory, device: str, again: Again) -> Iterator[Event]:
    seen = {run: list(some) for run, some in groupby(inventory.sightings(device), key=lambda one: one.run)}
    said = {step.run: step for step in inventory.ask(timeline.steps, [device]).get(device, ())}
    names = _names(inventory, device)
    asked = evidence(inventory)
    last: Sequence[Sighting] = ()
    quiet, name = False, ""
    state: Known | None = None
    for run in in_order(inventory.runs()):
        now = seen.get(run.id)
        if now is None:
            if last and not quiet and not any(why_not(run, one, asked) for one in last):
                quiet = True
                yield Event(
                    kind="gone-quiet",
                    device=device,
                    before=place(last),
                    run=run.id,
                    at=run.ended or run.started,
                )
            continue
        at = max(one.at for one in now)
        if not last:
            yield Event(kind="new", device=device, after=place(now), run=run.id, at=at)
        elif quiet:
            yield Event(kind="came-back", device=device, after=place(now), run=run.id, at=at)
        if moved(last, now):
            yield Event(kind="moved", device=device, before=place(last), after=place(now), run=run.id, at=at)
        last, quiet = now, False
        if run.id in names:
            if name and name != names[run.id]:
                before, after = {"name": name}, {"name": names[run.id]}
                yield Event(kind="name", device=device, before=before, after=after, run=run.id, at=at)
            name = names[run.id]
        if run.id in said:
            earlier, state = state, known([said[run.id]], ATTRIBUTES, state)
            if earlier and state:
                yield from changed(device, earlier, state, again)


def _names(inventory: Inventory, device: str) -> dict[str, str]:
    """The name that the device had in each run that heard it. A reply is read once, however often it came."""
    found: dict[str, tuple[int, str]] = {}
    read: dict[tuple[str, bytes], tuple[int, str] | None] = {}
    probes = {field.partition(".")[0] for field in NAMED_IN}
    for run in {one.run for one in inventory.sightings(device)}:
        for _, observation in inventory.observations(run, device):
            if observation.protocol not in probes:
                continue
            key = observation.protocol, observation.payload
            if key not in read:
                fields = read_fields(observation).fields
                stated = ((rank, fields[name][0]) for rank, name in enumerate(NAMED_IN) if fields.get(name))
                read[key] = next((one for one in stated if one[1].strip()), None)
            if (one := read[key]) and one < found.get(run, (len(NAMED_IN), "")):
                found[run] = one
    ranks = {rank for rank, _ in found.values()}
    if len(ranks) > 1:  # a run that heard it in fewer ways gives another kind of name, which is no new name
        common = min(ranks, key=lambda rank: (-sum(one[0] == rank for one in found.values()), rank))
        found = {run: one for run, one in found.items() if one[0] == common}
    return {run: name for run, (_, name) in found.items()}


def _joined(inventory: Inventory, device: str) -> Iterator[Event]:
    for change in inventory.identity_changes(device):
        other = change.other if change.device == device else change.device
        yield Event(
            kind=JOINED.get(change.kind, "split"),
            device=device,
            after={"other": other},
            cause="network" if change.kind == "doubt" else change.rule,
            run=change.run,
            at=change.at,
            by=change.by,
            why=change.why,
        )


def _set(inventory: Inventory, device: str) -> Iterator[Event]:
    """What the journal holds of it and of the devices that it was merged with: what was changed together stands so."""
    gone = [
        one.other
        for one in inventory.identity_changes(device)
        if one.kind == "merge" and one.device == device and not one.undone
    ]
    rows = inventory.ask(timeline.journal, [device, *gone])
    for (at, by, cause, why), some in groupby(
        rows, key=lambda row: (row["at"], row["by"], row["cause"], row["why"])
    ):
        for kind, entries in groupby(some, key=lambda row: _kind(row["cause"], row["field"])):
            mine = list(entries)
            yield Event(
                kind=kind,
                device=device,
                before={row["field"]: row["before"] for row in mine},
                after={row["field"]: row["after"] for row in mine},
                cause=cause,
                run=mine[0]["run"],
                at=moment(at),
                by=by or "",
                why=why or "",
            )


def _kind(cause: str, field: str) -> Kind:
    if cause != "fingerprints":
        return "set"
    return "firmware" if field == "firmware" else "identification"
