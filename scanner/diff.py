"""What changed between two runs, or since a day.

A side is what some runs saw and where they looked. A device that only one side saw is new or gone when the other side
looked there, and otherwise not compared: a place that nobody looked at says nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Literal, NamedTuple

import msgspec

from scanner import spans
from scanner.attribution import ATTRIBUTES, Again
from scanner.inventory import timeline
from scanner.inventory.history import Event, changed, evidence, in_order, moved, place
from scanner.inventory.looked import Evidence, ground, why_not
from scanner.inventory.records import Run, Sighting
from scanner.inventory.timeline import Known, Step, known
from scanner.spans import Spans

if TYPE_CHECKING:
    from scanner.inventory import Inventory

Seen = Literal["seen", "quiet", "not looked at"]


class Status(NamedTuple):
    """How a device stood at the end of one side: `run` saw it, or looked and did not; `why` nobody looked."""

    seen: Seen
    run: Run | None = None
    why: str = ""


class Ground(msgspec.Struct, frozen=True, tag_field="kind", tag="coverage"):
    """Addresses of a site that only one of two sides swept to the end."""

    site: str | None
    before: tuple[str, ...]  # that only the earlier did
    after: tuple[str, ...]


class Side:
    """What some runs saw, and where they looked; the oldest run first."""

    def __init__(self, inventory: Inventory, runs: Iterable[Run]) -> None:
        self.runs = in_order(runs)
        self._place = {run.id: number for number, run in enumerate(self.runs)}
        self.last = inventory.ask(timeline.last_sightings, self._place)
        self._evidence: Evidence = evidence(inventory)

    def status(self, device: str, elsewhere: Sequence[Sighting] = ()) -> Status:
        """How a device stood; where this side never saw it, by the places at which the other side did."""
        if seen := self.last.get(device):
            by = self._place[seen[0].run]
            looked = self._first_look(self.runs[by + 1 :], seen)
            return looked if looked.seen == "quiet" else Status("seen", self.runs[by])
        return self._first_look(self.runs, elsewhere)

    def _first_look(self, runs: Sequence[Run], seen: Sequence[Sighting]) -> Status:
        why = ""
        for run in runs:
            reasons = (why_not(run, one, self._evidence) for one in seen)
            if not (reason := next(filter(None, reasons), "")):
                return Status("quiet", run)
            if run.site == seen[0].site or not why:
                why = reason  # the last run at its own site says best why not
        return Status("not looked at", None, why)

    @cached_property
    def began(self) -> tuple[datetime, str] | None:
        return (self.runs[0].started, self.runs[0].id) if self.runs else None

    def ground(self) -> dict[str | None, Spans]:
        """The addresses that were swept, site by site."""
        made: dict[str | None, Spans] = {}
        for run in self.runs:
            made[run.site] = spans.merged([*made.get(run.site, ()), *ground(run)])
        return made


class Diff:
    """The difference between two sides; `before` need not be the older one."""

    def __init__(self, inventory: Inventory, before: Side, after: Side, again: Again) -> None:
        self._inventory, self.before, self.after, self._again = inventory, before, after, again
        self._order = {run.id: (run.started, run.id) for run in inventory.runs()}

    def events(self) -> list[Event]:
        """What happened to each device, in no order that means anything."""
        return [*self._places(), *self._identifications()]

    def ground(self) -> list[Ground]:
        """What only one side covered, where they differ."""
        one, other = self.before.ground(), self.after.ground()
        found: list[Ground] = []
        sites: set[str | None] = {*one, *other}
        for site in sorted(sites, key=lambda name: name or ""):
            mine, theirs = one.get(site, ()), other.get(site, ())
            left, right = spans.without(mine, theirs), spans.without(theirs, mine)
            if left or right:
                found.append(Ground(site, spans.texts(left), spans.texts(right)))
        return found

    def sites(self, device: str) -> set[str | None]:
        """Where a device was, on either side."""
        return {seen.site for side in (self.before, self.after) for seen in side.last.get(device, ())}

    def _places(self) -> Iterator[Event]:
        for device in sorted({*self.before.last, *self.after.last}):
            old, new = (side.last.get(device, []) for side in (self.before, self.after))
            before, after = self.before.status(device, new), self.after.status(device, old)
            if new and before.seen != "seen":
                yield self._appeared(device, before, new)
            if old and new and moved(old, new):
                yield self._event("moved", device, old, new)
            if after.seen == "quiet" and (before.seen == "seen" or new) and after.run:
                run = after.run
                yield Event(
                    kind="gone-quiet",
                    device=device,
                    before=place(new or old),
                    run=run.id,
                    at=run.ended or run.started,
                )
            if after.seen == "not looked at" and before.seen == "seen":
                at = max(one.at for one in old)
                yield Event(
                    kind="not-looked-at",
                    device=device,
                    before=place(old),
                    cause="unknown",
                    run=old[0].run,
                    at=at,
                    why=after.why,
                )

    def _appeared(self, device: str, before: Status, new: Sequence[Sighting]) -> Event:
        if before.seen == "not looked at":
            return self._event("first-looked-at", device, (), new, why=before.why)
        return self._event("came-back" if self._seen_earlier(device) else "new", device, (), new)

    def _seen_earlier(self, device: str) -> bool:
        """Whether any run saw it that began before the later side did, and before or with the earlier one."""
        return device in self.before.last or device in self._earlier

    @cached_property
    def _earlier(self) -> frozenset[str]:
        if not self.before.runs or not self.after.began:
            return frozenset()
        first = self._order[self.before.runs[-1].id]
        runs = [run for run, began in self._order.items() if began <= first]
        return frozenset(self._inventory.ask(timeline.last_sightings, runs))

    def _event(
        self, kind: str, device: str, old: Sequence[Sighting], new: Sequence[Sighting], why: str = ""
    ) -> Event:
        return Event(
            kind=kind,  # type: ignore[arg-type]  # each caller names one
            device=device,
            before=place(old) if old else None,
            after=place(new),
            cause="unknown" if kind == "first-looked-at" else "network",
            run=new[0].run,
            at=max(one.at for one in new),
            why=why,
        )

    def _identifications(self) -> Iterator[Event]:
        """What was known of the devices that both saw, up to each."""
        both = sorted(self.before.last.keys() & self.after.last.keys())
        if not both:
            return
        ends = [self._order[side.runs[-1].id] for side in (self.before, self.after)]
        for device, said in self._inventory.ask(timeline.steps, both).items():
            one, other = (self._known(said, end) for end in ends)
            if one and other:
                yield from changed(device, one, other, self._again)

    def _known(self, said: Iterable[Step], end: tuple[datetime, str]) -> Known | None:
        return known((step for step in said if self._order[step.run] <= end), ATTRIBUTES)


def between(inventory: Inventory, one: str, other: str, again: Again) -> Diff:
    """What changed from one run to another, by their ids."""
    before, after = (Side(inventory, [inventory.run(run)]) for run in (one, other))
    return Diff(inventory, before, after, again)


def since(inventory: Inventory, when: datetime, again: Again) -> Diff:
    """What the runs that began at a time or later changed of what was known before."""
    runs = inventory.runs()
    earlier, later = ([run for run in runs if (run.started >= when) is late] for late in (False, True))
    return Diff(inventory, Side(inventory, earlier), Side(inventory, later), again)


def by_run(inventory: Inventory, run: str, again: Again) -> Diff:
    """What one run changed of what was known before it began."""
    this = inventory.run(run)
    earlier = [one for one in inventory.runs() if (one.started, one.id) < (this.started, this.id)]
    return Diff(inventory, Side(inventory, earlier), Side(inventory, [this]), again)
