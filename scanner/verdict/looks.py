"""Whether a run would have seen a device: what makes looking and not seeing a conclusive look.

Other devices of the same network are the control. A device is known to be alive in a run when it was seen before it,
and in it or later: nothing is supposed of a device that was never seen again, but for those that were seen in the run
just before and are recorded nowhere as removed, which count as missed.
"""

from __future__ import annotations

import ipaddress
from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import cached_property
from typing import NamedTuple

import msgspec

from scanner import spans
from scanner.identifiers import Identifier
from scanner.inventory.records import Reachable, Run
from scanner.spans import Spans
from scanner.verdict.rule import Rule

MULTICAST = frozenset({"sadp", "dhdiscover", "ws-discovery", "ssdp", "mdns"})
LINK = frozenset({"mac", "arp"})
SWEPT_V6 = 1 << 16  # addresses; a larger IPv6 network cannot be asked address by address

ANY = "any"
Channel = str
"""A way to be seen: a protocol of discovery, `link` (the MAC address), or `tcp` for all that asks one address."""


def channel(protocol: str) -> Channel:
    if protocol in MULTICAST:
        return protocol
    return "link" if protocol in LINK else "tcp"


class Seen(NamedTuple):
    """A device in a run: where, and by what. `by` are the channels that told it from all others."""

    run: str
    at: datetime
    address: str | None
    interface: str | None
    reachable: Reachable | None
    site: str | None
    channels: frozenset[Channel]
    by: frozenset[Channel]


class Unit(msgspec.Struct, frozen=True, kw_only=True):
    """A device with all that was seen of it, in the order of time."""

    id: str
    maker: str | None = None
    category: str | None = None
    identifiers: tuple[Identifier, ...] = ()
    switch: str | None = None
    switch_port: str | None = None
    seen: tuple[Seen, ...] = ()


class Taken(msgspec.Struct, frozen=True, kw_only=True):
    """The record of a removal that stands."""

    id: str
    gone: datetime  # from when on nothing of it can be seen any more
    quiet: datetime | None = None  # since when it was cut off, when that was before
    replacement: str | None = None


class Segment(NamedTuple):
    """Devices that are seen along the same way: on one interface, or in one network."""

    site: str | None
    path: str
    where: str

    def __str__(self) -> str:
        return self.where


class Look(msgspec.Struct, frozen=True, kw_only=True):
    """A run that was to look where a device was. Without problems it would have seen it."""

    run: str
    started: datetime
    controls: int = 0  # other devices that were known to be alive there
    answered: int = 0  # of these
    problems: tuple[str, ...] = ()

    @property
    def conclusive(self) -> bool:
        return not self.problems


class Field:
    """All runs and all devices, prepared for the question."""

    def __init__(
        self, runs: Iterable[Run], units: Mapping[str, Unit], removals: Mapping[str, Taken],
        networks: Iterable[tuple[str | None, str]], stirred: Mapping[str, frozenset[str]],
    ) -> None:  # fmt: skip
        self.runs = sorted(runs, key=lambda run: (run.started, run.id))
        self.units, self.removals, self.stirred = units, removals, stirred
        self.order = {run.id: number for number, run in enumerate(self.runs)}
        self.named = [(site, cidr) for site, cidr in networks]
        self._networks = [(site, cidr, spans.read(cidr)) for site, cidr in self.named]
        self._asked: dict[str, tuple[Spans, Spans]] = {}
        self._unasked: dict[tuple[str | None, int], Spans] = {}
        self._counts: dict[tuple[Segment, Channel], dict[int, tuple[int, int]]] = {}
        self._interfaces: dict[str, dict[tuple[str | None, str], str]] = {}
        self._networked: dict[tuple[str | None, str], str] = {}
        self._lasts: dict[Segment, dict[str, int]] = {}
        self._firsts: dict[Segment, dict[str, int]] = {}
        self._looking: dict[Segment, list[int]] = {}

    # Where

    def network(self, site: str | None, address: str) -> str:
        """The network that an address belongs to: as it was named, else the customary size."""
        if (site, address) not in self._networked:
            self._networked[site, address] = self._network(site, address)
        return self._networked[site, address]

    def _network(self, site: str | None, address: str) -> str:
        number = spans.number_of(address)
        for at, cidr, span in self._networks:
            if at == site and number is not None and spans.holds(span, number):
                return cidr
        try:
            it = ipaddress.ip_address(address.partition("%")[0])
        except ValueError:
            return address
        return str(ipaddress.ip_network(f"{it}/{24 if it.version == 4 else 64}", strict=False))

    def segments(self, id: str, seen: Seen) -> tuple[Segment, ...]:
        """The narrowest comes first."""
        path = "routed" if seen.reachable == "routed" else "on-link"
        found = []
        if path == "on-link" and (interface := seen.interface or self._interface(id, seen)):
            found.append(Segment(seen.site, path, interface))
        if seen.address:
            found.append(Segment(seen.site, path, self.network(seen.site, seen.address)))
        return tuple(found)

    def _interface(self, id: str, seen: Seen) -> str | None:
        """The interface on which a device was ever heard in this network: not every reply comes with one."""
        if id not in self._interfaces:
            self._interfaces[id] = {
                (one.site, self.network(one.site, one.address)): one.interface
                for one in self.units[id].seen
                if one.interface and one.address
            }
        known = self._interfaces[id]
        return (
            known.get((seen.site, self.network(seen.site, seen.address))) if known and seen.address else None
        )

    # What runs asked

    def asked(self, run: Run) -> tuple[Spans, Spans]:
        """What a run was to ask, and what of it was asked."""
        if run.id not in self._asked:
            coverage = run.coverage
            wanted = sweepable(coverage.targets or run.targets)
            excluded = spans.merged(span for one in coverage.excluded for span in spans.read(one.what))
            asked = sweepable(coverage.asked)
            if not coverage.asked and run.outcome == "complete":
                asked = wanted
            self._asked[run.id] = (spans.merged([*wanted, *asked]), spans.without(asked, excluded))
        return self._asked[run.id]

    def unasked(self, site: str | None, since: datetime) -> Spans:
        """The addresses of a site that no complete run has asked since."""
        first = bisect_left(self.runs, since, key=lambda run: run.started)
        key = (site, first)
        if key not in self._unasked:
            known = [span for at, _, spans_ in self._networks if at == site for span in spans_ if sized(span)]
            asked: list[spans.Span] = []
            for number, run in enumerate(self.runs):
                if run.site == site:
                    wanted, done = self.asked(run)
                    known += wanted
                    if number >= first and run.outcome == "complete":
                        asked += done
            self._unasked[key] = spans.without(spans.merged(known), spans.merged(asked))
        return self._unasked[key]

    # Who else

    def after(self, since: datetime) -> Sequence[Run]:
        """The runs that began later."""
        return self.runs[bisect_right(self.runs, since, key=lambda run: run.started) :]

    def strangers(self, unit: Unit) -> Sequence[Unit]:
        """The devices whose serial number cannot tell them from this one, wherever they are."""
        return self._unnumbered if numbered(unit) else list(self.units.values())

    def since(self, site: str | None, address: str | None, number: int) -> list[str]:
        """The devices that were seen at an address after a run, the latest first."""
        found = self._at.get((site, address), ())
        return [id for run, id in sorted(found, reverse=True) if run > number]

    def last_seen_in(self, segment: Segment, number: int) -> list[str]:
        """The devices that were seen last by this run, and in this segment."""
        return [id for id, last in self._last_in(segment).items() if last == number == self.last[id]]

    @cached_property
    def _unnumbered(self) -> list[Unit]:
        return [unit for unit in self.units.values() if unit.seen and not numbered(unit)]

    @cached_property
    def _at(self) -> dict[tuple[str | None, str | None], list[tuple[int, str]]]:
        found: dict[tuple[str | None, str | None], list[tuple[int, str]]] = {}
        for unit in self.units.values():
            for one in unit.seen:
                found.setdefault((one.site, one.address), []).append((self.order[one.run], unit.id))
        return found

    # Controls

    @cached_property
    def _in_segment(self) -> dict[tuple[Segment, Channel], dict[str, set[int]]]:
        found: dict[tuple[Segment, Channel], dict[str, set[int]]] = {}
        for unit in self.units.values():
            for seen in unit.seen:
                for segment in self.segments(unit.id, seen):
                    for way in (ANY, *seen.channels):
                        at = found.setdefault((segment, way), {}).setdefault(unit.id, set())
                        at.add(self.order[seen.run])
        return found

    @cached_property
    def last(self) -> dict[str, int]:
        """The number of the run that saw a device last."""
        return {
            unit.id: max(self.order[seen.run] for seen in unit.seen)
            for unit in self.units.values()
            if unit.seen
        }

    @cached_property
    def at_switch(self) -> dict[str, dict[str, frozenset[int]]]:
        """The devices of each switch, with the runs that saw them."""
        found: dict[str, dict[str, frozenset[int]]] = {}
        for unit in self.units.values():
            if unit.switch:
                found.setdefault(unit.switch, {})[unit.id] = frozenset(
                    self.order[one.run] for one in unit.seen
                )
        return found

    def controls(self, segment: Segment, way: Channel, run: int, judged: str) -> tuple[int, int]:
        """How many devices but the one that is judged were known to be alive when a run looked, and how many of them
        it saw."""
        key = (segment, way)
        if key not in self._counts:
            self._counts[key] = self._count(key)
        alive, answered = self._counts[key].get(run, (0, 0))
        if (numbers := self._in_segment.get(key, {}).get(judged)) and alive:
            itself = self._alive(judged, numbers, segment, run)
            return alive - itself, answered - (itself and run in numbers)
        return alive, answered

    def _count(self, key: tuple[Segment, Channel]) -> dict[int, tuple[int, int]]:
        segment, _ = key
        counts = {number: (0, 0) for number, run in enumerate(self.runs) if self._looks_at(run, segment)}
        for id, numbers in self._in_segment.get(key, {}).items():
            for number, (alive, answered) in counts.items():
                if self._alive(id, numbers, segment, number):
                    counts[number] = (alive + 1, answered + (number in numbers))
        return counts

    def _alive(self, id: str, numbers: Collection[int], segment: Segment, number: int) -> bool:
        """Whether a device is known to have been in a segment when a run looked."""
        if number in numbers:
            return number > self._first_in(segment)[id]
        taken = self.removals.get(id)
        if number <= self._first_in(segment)[id] or (taken and taken.gone <= self.runs[number].started):
            return False
        last = self._last_in(segment)[id]
        if number <= last:
            return True
        # It was there just before, and is nowhere since: hidden, until a record says otherwise.
        return last == self.last[id] and self._before(segment, number) == last

    def _last_in(self, segment: Segment) -> dict[str, int]:
        if segment not in self._lasts:
            self._lasts[segment] = {
                id: max(numbers) for id, numbers in self._in_segment[segment, ANY].items()
            }
        return self._lasts[segment]

    def _first_in(self, segment: Segment) -> dict[str, int]:
        if segment not in self._firsts:
            self._firsts[segment] = {
                id: min(numbers) for id, numbers in self._in_segment[segment, ANY].items()
            }
        return self._firsts[segment]

    def _before(self, segment: Segment, number: int) -> int | None:
        """The run before this one that was to look at a segment."""
        if segment not in self._looking:
            self._looking[segment] = [n for n, run in enumerate(self.runs) if self._looks_at(run, segment)]
        at = bisect_left(self._looking[segment], number)
        return self._looking[segment][at - 1] if at else None

    def _looks_at(self, run: Run, segment: Segment) -> bool:
        """Whether a run was to look at a segment at all."""
        if run.site != segment.site:
            return False
        if segment.path == "on-link" and segment.where in run.coverage.interfaces:
            return True
        return bool(spans.common(self.asked(run)[0], spans.read(segment.where)))

    # The question

    def look(self, run: Run, unit: Unit, last: Seen, ways: Ways, rule: Rule) -> Look | None:
        """How well a run looked where a device was seen last; None when it was not to look there."""
        if run.site != last.site:
            return None
        wanted, asked = self.asked(run)
        number = spans.number_of(last.address or "")
        there = number is not None and spans.holds(wanted, number)
        linked = bool(ways.all & (MULTICAST | {"link"})) and last.reachable != "routed"
        same_link = linked and (
            last.interface in run.coverage.interfaces if last.interface else bool(run.coverage.interfaces)
        )
        if not (there or same_link):
            return None
        problems = list(self._problems(run, last, ways, there, linked, same_link, asked, number))
        controls, answered, more = self._controlled(run, unit, last, ways, rule)
        problems += more
        if unit.switch and not any(
            self.order[run.id] in runs for id, runs in self.at_switch[unit.switch].items() if id != unit.id
        ):
            problems.append(f"no other device at switch {unit.switch} answered")
        return Look(
            run=run.id, started=run.started, controls=controls, answered=answered, problems=tuple(problems)
        )

    def _problems(
        self, run: Run, last: Seen, ways: Ways, there: bool, linked: bool, same_link: bool, asked: Spans,
        number: int | None,
    ) -> Iterator[str]:  # fmt: skip
        if run.outcome != "complete":
            yield f"it was {run.outcome}" if run.outcome else "it never recorded its end"
        if run.coverage.lost:
            yield f"{run.coverage.lost} addresses were lost"
        if "tcp" in ways.all and last.reachable != "not-routable":
            excluded = spans.merged(span for one in run.coverage.excluded for span in spans.read(one.what))
            if number is not None and spans.holds(excluded, number):
                yield f"{last.address} was excluded"
            elif not there or number is None or not spans.holds(asked, number):
                yield f"{last.address} was not asked"
        if linked and not same_link:
            yield f"it did not look from {last.interface or 'an interface on that network'}"
        for way in sorted(ways.all):
            if way in run.coverage.unusable:
                yield f"{way} could not be used: {run.coverage.unusable[way]}"
        if last.address in run.coverage.mute or last.address in self.stirred.get(run.id, frozenset()):
            yield f"something at {last.address} answered and never said what it is"

    def _controlled(
        self, run: Run, unit: Unit, last: Seen, ways: Ways, rule: Rule
    ) -> tuple[int, int, list[str]]:
        """How many devices were known to be alive, how many of them answered, and what is wrong with that."""
        if not (segments := self.segments(unit.id, last)):
            return 0, 0, ["nothing says in which network it was"]
        segment, number, problems, proven = segments[0], self.order[run.id], [], False
        alive, answered = self.controls(segment, ANY, number, unit.id)
        if answered * 100 < alive * rule.answering:
            problems.append(f"only {answered} of {alive} control devices answered in {segment}")
        for way in sorted(ways.all):
            usual, heard = self.controls(segment, way, number, unit.id)
            if usual and (heard == 0 or (usual >= rule.controls and heard * 100 < usual * rule.by_protocol)):
                problems.append(f"only {heard} of {usual} control devices answered by {way} in {segment}")
            elif way in ways.by and usual >= rule.controls:
                proven = True
        if not proven and not problems:
            how = " or ".join(sorted(ways.by)) or "any way that tells it from others"
            problems.append(f"fewer than {rule.controls} control devices in {segment} answer by {how}")
        return alive, answered, problems


def numbered(unit: Unit) -> bool:
    return any(one.kind == "serial" for one in unit.identifiers)


class Ways(NamedTuple):
    """How a device is usually seen (in at least half of the runs that saw it), and what of it tells it from others."""

    all: frozenset[Channel]
    by: frozenset[Channel]


def ways(seen: Iterable[Seen]) -> Ways:
    runs: dict[str, tuple[set[Channel], set[Channel]]] = {}
    for one in seen:
        every, by = runs.setdefault(one.run, (set(), set()))
        every |= one.channels
        by |= one.by
    return Ways(_usual([every for every, _ in runs.values()]), _usual([by for _, by in runs.values() if by]))


def _usual(sets: Sequence[set[Channel]]) -> frozenset[Channel]:
    names = {name for one in sets for name in one}
    return frozenset(name for name in names if 2 * sum(name in one for one in sets) >= len(sets))


def sweepable(texts: Iterable[str]) -> Spans:
    return spans.merged(span for text in texts for span in spans.read(text) if sized(span))


def sized(span: spans.Span) -> bool:
    return span[0] < spans.V6 or span[1] - span[0] < SWEPT_V6
