"""Holds the verdicts of a bundle against its other parts: runs, replies, removals and rule.

Judging anew takes the inventory, because the devices that serve as control need not be in the bundle. What the bundle
has must not speak against a verdict, though: the looks that it counts are runs that were complete, that heard nothing
of the device, and that are as many as the rule asks for at least.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Annotated, Any

import msgspec

Count = Annotated[int, msgspec.Meta(ge=0)]
ABSENT = ("verified-removed", "not-seen", "replaced")
"""Verdicts that rest on nobody having seen the device."""


class Look(msgspec.Struct, frozen=True):
    """A run that was to look where a device was."""

    run: str
    started: datetime
    controls: Count = 0
    answered: Count = 0
    problems: tuple[str, ...] = ()


class Enough(msgspec.Struct, frozen=True):
    """How many looks, over how many days."""

    runs: Count
    days: Count


class Rule(Enough, frozen=True):
    """Those parameters of the rule that a bundle can be held to."""

    answering: float
    replaced: Enough


class Reason(msgspec.Struct, frozen=True):
    """What a verdict rests on."""

    runs: tuple[str, ...] = ()


class Judged(msgspec.Struct, frozen=True):
    """A verdict, as it stands in a bundle."""

    device: str
    verdict: str
    rule: dict[str, Any]
    removal: str | None = None
    missing: tuple[str, ...] = ()
    reasons: tuple[Reason, ...] = ()
    looks: tuple[Look, ...] = ()


class Coverage(msgspec.Struct, frozen=True):
    """What was lost of a run."""

    lost: int = 0


class Run(msgspec.Struct, frozen=True):
    """A run, as it stands in a bundle."""

    id: str
    started: datetime
    outcome: str | None = None
    coverage: Coverage = Coverage()


class Verdicts:
    """The verdicts of one bundle."""

    def __init__(self, lines: Iterable[bytes]) -> None:
        self.judged = [msgspec.json.decode(line, type=Judged) for line in lines]
        self._looked = {one.device: {look.run for look in one.looks} for one in self.judged}
        self._heard: dict[
            str, set[str]
        ] = {}  # of a device: the runs among its looks that heard it all the same

    def hear(self, device: str, run: str) -> None:
        """Take note of a reply that the bundle has of a device."""
        if run in self._looked.get(device, ()):
            self._heard.setdefault(device, set()).add(run)

    def faults(
        self, summary: Mapping[str, Any], runs: Iterable[bytes], devices: Iterable[bytes], removals: Container[str]
    ) -> Iterator[str]:  # fmt: skip
        """What the other parts say against the verdicts. `removals` are those in the log."""
        counts = Counter(one.verdict for one in self.judged)
        if dict(counts) != summary["verdicts"]:
            yield "they are not those that the summary counts"
        known = {run.id: run for run in (msgspec.json.decode(line, type=Run) for line in runs)}
        there = {str(msgspec.json.decode(line, type=dict[str, Any])["id"]) for line in devices}
        for one in self.judged:
            said = [*self._wrong(one, known), *too_little(one)]
            if one.device not in there:
                said.append("there is no such device")
            if one.removal is not None and one.removal not in removals:
                said.append(f"the log knows nothing of the removal {one.removal}")
            if one.rule != summary["rule"]:
                said.append("it was judged by another rule than the summary says")
            yield from (f"{one.verdict} of {one.device}: {what}" for what in said)

    def _wrong(self, one: Judged, runs: Mapping[str, Run]) -> Iterator[str]:
        """What the runs say against a verdict."""
        for unknown in sorted({run for reason in one.reasons for run in reason.runs} - runs.keys()):
            yield f"there is no run {unknown}"
        for look in one.looks:
            run = runs.get(look.run)
            if run is None:
                yield f"there is no run {look.run}"
            elif look.started != run.started:
                yield f"the run {look.run} began at another time"
            elif not look.problems and (run.outcome != "complete" or run.coverage.lost):
                yield f"the run {look.run} counts, and was not complete"
            elif not look.problems and look.answered * 100 < look.controls * one.rule["answering"]:
                yield f"the run {look.run} counts, and too few of its control devices answered"
        if one.verdict in ABSENT and (heard := self._heard.get(one.device)):
            yield f"it was heard in {', '.join(sorted(heard))}"


def too_little(one: Judged) -> Iterator[str]:
    """What a removal that is called verified lacks by its own rule, at its mildest: whether the replacement hangs at
    the same port of the switch is known to the inventory alone."""
    if one.verdict != "verified-removed":
        return
    rule = msgspec.convert(one.rule, Rule)
    looks = sorted(look.started for look in one.looks if not look.problems)
    over = looks[-1] - looks[0] if looks else timedelta()
    if one.removal is None:
        yield "nobody recorded its removal"
    if one.missing:
        yield "something is missing all the same"
    if not any(
        len(looks) >= wanted.runs and over >= timedelta(days=wanted.days) for wanted in (rule, rule.replaced)
    ):
        yield f"{len(looks)} looks over {over.days} days are fewer than its rule asks for"
