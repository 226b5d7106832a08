"""What the evidence says of a device that was removed or fell silent: gone, or only not seen.

`find` is a pure function from what the inventory holds (scanner.verdict.told asks for it) and a rule. It never takes
silence for absence: docs/explanation/removal.md says what a look must have been like, and why.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Literal, get_args

import msgspec

from scanner import spans
from scanner.identifiers import contradict, strangers
from scanner.inventory.records import Run
from scanner.verdict.looks import Field, Look, Seen, Taken, Unit, Ways, numbered, ways
from scanner.verdict.rule import Rule

Outcome = Literal["verified-removed", "not-seen", "still-present", "returned", "moved", "replaced"]
OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)

PORTS = 16  # MAC addresses that lie closer than this may be ports of one unit
MOST_NAMED = 5


class Reason(msgspec.Struct, frozen=True):
    """A sentence, and the runs that it rests on."""

    text: str
    runs: tuple[str, ...] = ()


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """What is said of one device, why, and what would be needed to say more."""

    device: str
    verdict: Outcome
    removal: str | None = None  # the record that it is about
    reasons: tuple[Reason, ...] = ()
    missing: tuple[str, ...] = ()  # until it is verified
    looks: tuple[Look, ...] = ()  # since the removal, or since it was seen last
    rule: Rule = Rule()


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """All that verdicts rest on."""

    runs: Sequence[Run]
    units: Mapping[str, Unit]
    removals: Mapping[str, Taken] = {}  # that stand, by device
    networks: Sequence[tuple[str | None, str]] = ()  # that were named: site, CIDR
    stirred: Mapping[
        str, frozenset[str]
    ] = {}  # by run, addresses where somebody answered whom nothing is known of


def find(told: Told, rule: Rule, devices: Iterable[str] | None = None) -> Iterator[Verdict]:
    """The verdicts on some devices; or on all that are recorded as removed, or were not seen when they were to be."""
    field = Field(told.runs, told.units, told.removals, told.networks, told.stirred)
    for id in sorted(told.units) if devices is None else devices:
        case = Case(field, told.units[id], rule)
        if devices is not None or case.taken or case.is_quiet():
            yield case.verdict()


class Case:
    """One device before the judge."""

    def __init__(self, field: Field, unit: Unit, rule: Rule) -> None:
        self.field, self.unit, self.rule = field, unit, rule
        self.taken = field.removals.get(unit.id)
        self.before = [one for one in unit.seen if self.taken is None or one.at < self.taken.gone]
        self.after = unit.seen[len(self.before) :]
        self.recognised = [one for one in self.before if one.by]
        seen = self.recognised or self.before or unit.seen
        self.last = seen[-1] if seen else None

    def is_quiet(self) -> bool:
        """Whether a complete run after the last sighting was to look there."""
        return any(look for look in self.looks_since() if not look.problems)

    def verdict(self) -> Verdict:
        if self.last is None:
            return self._say("not-seen", Reason("it was never seen in any run"))
        if self.taken is None:
            return self._unrecorded(self.last)
        if self.after:
            return self._seen_again(self.last)
        return self._absent(self.last)

    def _say(
        self, verdict: Outcome, *reasons: Reason, missing: Iterable[str] = (), looks: Sequence[Look] = ()
    ) -> Verdict:
        return Verdict(
            device=self.unit.id, verdict=verdict, removal=self.taken.id if self.taken else None, reasons=reasons,
            missing=tuple(missing), looks=tuple(looks), rule=self.rule,
        )  # fmt: skip

    # Without a record

    def _unrecorded(self, last: Seen) -> Verdict:
        looks = self.looks_since()
        newest = self.unit.seen[-1]
        where = Reason(f"it was seen last at {place(newest)} on {newest.at:%Y-%m-%d}", (newest.run,))
        conclusive = tuple(look.run for look in looks if look.conclusive)
        if not conclusive:
            earlier = next((one for one in reversed(self.unit.seen) if elsewhere(one, newest)), None)
            if earlier is not None:
                was = Reason(f"before, it was at {place(earlier)}", (earlier.run,))
                return self._say("moved", where, was, looks=looks)
            return self._say(
                "still-present",
                where,
                Reason("no run that could have seen it has missed it since"),
                looks=looks,
            )
        unseen = Reason(f"{counted(len(conclusive), 'conclusive look')} since did not see it", conclusive)
        nobody = Reason("nobody recorded it as removed, so that it is only quiet")
        missing = ("a record of its removal, if it was removed: camcensus removal record " + self.unit.id,)
        if successor := self._successor(newest):
            text = f"{successor.id}, another unit, is {self._place_taken(successor, newest)} now"
            taken = Reason(text, (successor.seen[-1].run,))
            return self._say("replaced", where, unseen, taken, nobody, missing=missing, looks=looks)
        return self._say("not-seen", where, unseen, nobody, missing=missing, looks=looks)

    # Recorded, and seen again

    def _seen_again(self, last: Seen) -> Verdict:
        assert self.taken is not None
        recorded = Reason(f"it is recorded as removed by {day(self.taken.gone)} ({self.taken.id})")
        first, newest = self.after[0], self.after[-1]
        seen = Reason(
            f"it was seen {counted(len({one.run for one in self.after}), 'time')} since, last at {place(newest)}",
            tuple(dict.fromkeys(one.run for one in self.after)),
        )
        if not any(one.by for one in self.after):
            doubt = Reason("nothing but its address says that it is the same unit")
            return self._say("still-present", recorded, seen, doubt)
        if elsewhere(last, newest):
            return self._say("moved", recorded, seen, Reason(f"before, it was at {place(last)}", (last.run,)))
        looks = [
            look for look in self._looks(self.taken.gone) if look.started < first.at and look.run != first.run
        ]
        if missed := tuple(look.run for look in looks if look.conclusive):
            away = Reason(f"{counted(len(missed), 'conclusive look')} in between did not see it", missed)
            return self._say("returned", recorded, away, seen, looks=looks)
        return self._say("still-present", recorded, seen, looks=looks)

    # Recorded, and not seen since

    def _absent(self, last: Seen) -> Verdict:
        taken = self.taken
        assert taken is not None
        looks = self._looks(taken.gone)
        conclusive = [look for look in looks if look.conclusive]
        reasons = [Reason(f"it is recorded as removed by {day(taken.gone)} ({taken.id})")]
        reasons.append(Reason(f"it was seen last at {place(last)} on {last.at:%Y-%m-%d}", (last.run,)))
        reasons += self._about_looks(looks, conclusive)
        missing, chance = self._identity_missing(), 0.0
        if not missing:
            seen, tries = self._record_of_looks(last)
            chance = 100 * ((tries - seen + 1) / (tries + 2)) ** len(conclusive)
            before = f"it was seen in {seen} of {counted(tries, 'run')} before"
            reasons.append(Reason(f"{before}, so that all these looks missed it by chance in {chance:.2g} %"))
        successor = self._successor(last)
        at_port = successor is not None and same_port(successor, self.unit)
        if successor is not None:
            text = f"{successor.id}, another unit, is {self._place_taken(successor, last)} since"
            reasons.append(Reason(text, (successor.seen[-1].run,)))
        short = self._short(conclusive, chance, self.rule.runs, self.rule.days, self.rule.chance)
        if at_port and short:
            lighter = self.rule.replaced
            short = self._short(conclusive, chance, lighter.runs, lighter.days, lighter.chance)
        missing += short + list(self._doubts(last, taken))
        outcome: Outcome = (
            "replaced" if missing and successor else "not-seen" if missing else "verified-removed"
        )
        return self._say(outcome, *reasons, missing=missing, looks=looks)

    def _about_looks(self, looks: Sequence[Look], conclusive: Sequence[Look]) -> Iterator[Reason]:
        if conclusive:
            days = (conclusive[-1].started - conclusive[0].started).days
            least = min(conclusive, key=lambda look: (look.answered / look.controls, look.controls))
            looked = (
                f"{counted(len(conclusive), 'conclusive look')} over {counted(days, 'day')} did not see it"
            )
            answered = f"{least.answered} of {least.controls} control devices answered"
            text = f"{looked}, the last on {conclusive[-1].started:%Y-%m-%d}; at least {answered}"
            yield Reason(text, tuple(look.run for look in conclusive))
        for look in looks:
            if not look.conclusive:
                yield Reason(
                    f"a look on {look.started:%Y-%m-%d} proves nothing: {'; '.join(look.problems)}",
                    (look.run,),
                )
        if not looks:
            yield Reason("no run has looked there since")

    def _identity_missing(self) -> list[str]:
        if self.recognised:
            return []
        return [
            "something that tells it from others: it is known by its address alone, and nobody would recognise it at "
            "another"
        ]

    def _short(self, looks: Sequence[Look], chance: float, runs: int, days: int, most: float) -> list[str]:
        """What the looks lack."""
        found = []
        if len(looks) < runs:
            found.append(f"{counted(runs - len(looks), 'more conclusive look')}")
        over = (looks[-1].started - looks[0].started) if looks else timedelta()
        if over < timedelta(days=days):
            found.append(f"{counted(days - over.days, 'more day')} between the first and the last")
        if not found and chance > most:
            found.append(
                f"more conclusive looks: these missed it by chance in {chance:.2g} %, more than {most:g} %"
            )
        return found

    def _record_of_looks(self, last: Seen) -> tuple[int, int]:
        """In how many runs it was recognised after the first, and in how many it could have been."""
        assert self.taken is not None
        until = self.taken.quiet or self.taken.gone
        first, way = self.recognised[0], ways(self.recognised)
        seen = {one.run for one in self.recognised if one.run != first.run}
        tries = {
            run.id
            for run in self.field.runs[self.field.order[first.run] + 1 :]
            if run.started < until and (look := self.field.look(run, self.unit, last, way, self.rule)) is not None
            and look.conclusive
        }  # fmt: skip
        return len(seen), len(tries | seen)

    # Where it may be after all

    def _doubts(self, last: Seen, taken: Taken) -> Iterator[str]:
        if unasked := self.field.unasked(last.site, taken.gone):
            count = spans.size(unasked)
            if count > self.rule.unasked:
                yield (
                    f"a complete run over {named(spans.texts(unasked))} ({count} addresses of its site that nobody has "
                    "asked since: it may be there now)"
                )
        if newcomers := self._newcomers(last):
            yield f"proof that it is not {named(newcomers)}: first seen since, and nothing tells them apart"
        if hidden := self._together(last):
            yield (
                f"a record for {named(hidden)}, or a sight of them: they fell silent together with it, as behind a "
                "dead switch"
            )

    def _newcomers(self, last: Seen) -> list[str]:
        """Devices that may be this one under another name."""
        way, number = ways(self.recognised or self.before), self.field.order[self.unit.seen[-1].run]
        return [
            other.id
            for other in self.field.strangers(self.unit)
            if other.seen
            and (self.rule.newcomers == "anywhere" or any(one.site == last.site for one in other.seen))
            and self.field.order[other.seen[0].run] > number and other.id != self.unit.id
            and way.all & (other.seen[0].channels | other.seen[-1].channels) - {"link"}
            and not told_apart(self.unit, other) and not self._unlike(other, way)
        ]  # fmt: skip

    def _unlike(self, other: Unit, way: Ways) -> bool:
        """Whether another device has answered so often without saying who it is that this one would have said it."""
        for name in way.by - {"link"}:
            mute = [name in one.by for one in other.seen if name in one.channels]
            told = [name in one.by for one in self.before if name in one.channels]
            silent = (len(told) - sum(told) + 1) / (len(told) + 2)
            if mute and not any(mute) and 100 * silent ** len(mute) <= self.rule.chance:
                return True
        return False

    def _together(self, last: Seen) -> list[str]:
        if self.unit.switch or not (segments := self.field.segments(self.unit.id, last)):
            return []
        quiet = [
            id for id in self.field.last_seen_in(segments[0], self.field.order[last.run])
            if id != self.unit.id and id not in self.field.removals
        ]  # fmt: skip
        return quiet if len(quiet) > self.rule.together else []

    def _successor(self, last: Seen) -> Unit | None:
        """Another unit that is seen where this one was, since it was there; the one at its port before all."""
        here = self.field.since(last.site, last.address, self.field.order[last.run])
        found = [self.field.units[id] for id in here if id != self.unit.id]
        if self.unit.switch and self.unit.switch_port:
            number = self.field.order[last.run]
            ids = self.field.at_switch[self.unit.switch]
            at_port = (
                self.field.units[id]
                for id, runs in ids.items()
                if id != self.unit.id and max(runs, default=-1) > number
            )
            found = [*(one for one in at_port if same_port(one, self.unit)), *found]
        if self.taken and self.taken.replacement:
            found.sort(key=lambda one: (not same_port(one, self.unit), one.id != self.taken.replacement))  # type: ignore[union-attr]
        return next((one for one in found if proven_apart(self.unit, one)), None)

    def _place_taken(self, successor: Unit, last: Seen) -> str:
        if same_port(successor, self.unit):
            return f"at port {self.unit.switch_port} of switch {self.unit.switch}"
        return f"at {last.address}"

    # Looks

    def looks_since(self) -> list[Look]:
        """The looks after it was seen last."""
        return self._looks(self.unit.seen[-1].at) if self.unit.seen else []

    def _looks(self, since: datetime) -> list[Look]:
        if self.last is None:
            return []
        way = ways(self.recognised or self.before or self.unit.seen)
        seen = {one.run for one in self.unit.seen}
        return [
            look
            for run in self.field.after(since)
            if run.id not in seen and (look := self.field.look(run, self.unit, self.last, way, self.rule))
        ]


def told_apart(one: Unit, other: Unit) -> bool:
    """Whether two devices can hardly be one unit."""
    if one.maker and other.maker and one.maker != other.maker:
        return True
    if one.category and other.category and one.category != other.category:
        return True
    return proven_apart(one, other)


def proven_apart(one: Unit, other: Unit) -> bool:
    """Whether what both say of themselves cannot be said by one unit."""
    if contradict(one.identifiers, other.identifiers, ("serial",)):
        return True
    if numbered(one) and numbered(other):
        return False
    if contradict(one.identifiers, other.identifiers, ("mac", "realm")) and not neighbours(one, other):
        return True
    return strangers(one.identifiers, other.identifiers)


def neighbours(one: Unit, other: Unit) -> bool:
    """Whether they may be two ports of one unit."""
    return any(abs(first - second) < PORTS for first in macs(one) for second in macs(other))


def macs(unit: Unit) -> list[int]:
    return [int(one.value.replace(":", ""), 16) for one in unit.identifiers if one.kind == "mac"]


def same_port(one: Unit, other: Unit) -> bool:
    return bool(one.switch and one.switch_port) and (one.switch, one.switch_port) == (
        other.switch,
        other.switch_port,
    )


def elsewhere(one: Seen, other: Seen) -> bool:
    """Whether two sightings are at two places, and not only at two addresses of one."""
    if one.site != other.site:
        return True
    return bool(one.interface and other.interface and one.interface != other.interface)


def place(seen: Seen) -> str:
    parts = (seen.address, f"site {seen.site}" if seen.site else None, seen.interface)
    return ", ".join(filter(None, parts)) or "an unknown place"


def day(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"


def counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def named(names: Sequence[str]) -> str:
    more = len(names) - MOST_NAMED
    return ", ".join(names[:MOST_NAMED]) + (f" and {more} more" if more > 0 else "")
