"""The words for what was not seen, which every format shares: one line for each blind spot, with its reason.

A site without blind spots is one of which nothing is known to be missing. That is never the same as a site of which
nothing is missing, and no text here says so.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Literal

import msgspec

from reports import wording
from scanner.blind_spots import BlindSpots, Excluded, Gap, Reach, Recorder, Unusable

Kind = Literal[
    "network", "gap", "exclusion", "run", "protocol", "silent", "mute", "recorder", "weak", "look",
]  # fmt: skip

NOTHING = "nothing known to be missing"
NO_SITE = "no site"
SHOWN = 8  # examples in one line; the rest is in `camcensus blind-spots --format jsonl`
WHY = {
    "never scanned": "never scanned",
    "lost": "not reached by the last run over them",
    "unfinished": "of a run that never recorded its end",
    "old": "not asked for a long time",
}


class BlindSpot(msgspec.Struct, frozen=True, kw_only=True):
    """Something that could not be seen, and why: it belongs next to every count."""

    kind: Kind
    what: str
    why: str = ""
    count: int = 0  # of addresses, or of devices
    since: datetime | None = None
    run: str | None = None


def site_name(one: BlindSpots) -> str:
    return wording.name(one.name or one.site or NO_SITE)


def covered(one: BlindSpots) -> str:
    """How much of what is known was covered, as in `900 of 1,024 known addresses covered in the last 90 days`."""
    if not one.known:
        return "no network is known"
    return f"{one.covered:,} of {one.known:,} known addresses covered in the last {one.old_after} days"


def lines(one: BlindSpots) -> Iterator[BlindSpot]:
    """The blind spots of a site, those of the network first, then those of its devices."""
    for run in one.runs:
        yield from _run(run)
    yield from _never(one)
    for gap in one.gaps:
        if gap.why not in ("excluded", "never scanned"):
            yield _gap(gap)
    yield from map(_exclusion, one.exclusions)
    yield from map(_unusable, one.unusable)
    for run in one.runs:
        yield from _silent(run)
    yield from _mute(one.mute)
    yield from _recorders(one.recorders)
    yield from _devices(one)


def _run(run: Reach) -> Iterator[BlindSpot]:
    if not run.outcome:
        yield BlindSpot(
            kind="run", what=f"Run {run.run} did not finish", why="it never recorded its end", run=run.run
        )
    elif run.outcome != "complete":
        lost = f"{run.lost:,} addresses were never asked" if run.lost else "what it could not do was not seen"
        yield BlindSpot(
            kind="run", what=f"Run {run.run} is {run.outcome}", why=lost, count=run.lost, run=run.run
        )


def _never(one: BlindSpots) -> Iterator[BlindSpot]:
    for network in one.never_scanned:
        where = f" ({network.where})" if network.where else ""
        yield BlindSpot(
            kind="network", what=f"{network.cidr}{where} was never scanned", why="no run has asked there"
        )
    whole = {network.cidr for network in one.never_scanned}
    for gap in one.gaps:
        if gap.why == "never scanned" and not whole.issuperset(gap.ranges):
            yield _gap(gap)


def _gap(gap: Gap) -> BlindSpot:
    since = f"last covered {wording.moment(gap.since)}" if gap.since else "never covered"
    what = f"{_number(gap.addresses, 'address')} {'was' if gap.addresses == 1 else 'were'} {WHY[gap.why]}"
    why = _some(gap.ranges) if gap.why == "never scanned" else f"{since}: {_some(gap.ranges)}"
    return BlindSpot(kind="gap", what=what, why=why, count=gap.addresses, since=gap.since, run=gap.run)


def _exclusion(one: Excluded) -> BlindSpot:
    until = f" until {one.until}" if one.until else ""
    until = f" ({'expired: held' if one.expired else ''}{until})".replace("( ", "(") if until else ""
    who = f", by {one.operator}" if one.operator else ""
    return BlindSpot(
        kind="exclusion",
        what=f"{one.what} was excluded{until}",
        why=(one.reason or "no reason was given") + who,
        run=one.run,
    )


def _unusable(one: Unusable) -> BlindSpot:
    if not one.protocol:
        return BlindSpot(kind="protocol", what=one.why, run=one.run)
    return BlindSpot(kind="protocol", what=f"{one.protocol} could not be used", why=one.why, run=one.run)


def _silent(run: Reach) -> Iterator[BlindSpot]:
    if (silent := run.addresses - run.answered - run.lost) > 0:
        yield BlindSpot(
            kind="silent",
            what=f"{silent:,} of {run.addresses:,} addresses gave no answer",
            why="switched off, filtered, or nobody there: from here these look alike",
            count=silent,
            run=run.run,
        )


def _mute(mute: Sequence[str]) -> Iterator[BlindSpot]:
    if mute:
        has = "has" if len(mute) == 1 else "have"
        yield BlindSpot(
            kind="mute",
            what=f"{_number(len(mute), 'address')} {has} open ports and never said what is there",
            why=f"look at {'it' if len(mute) == 1 else 'them'} in person: {_some(mute)}",
            count=len(mute),
        )


def _recorders(recorders: Sequence[Recorder]) -> Iterator[BlindSpot]:
    ports = [one for one in recorders if one.poe_ports]
    unknown = [one for one in recorders if one.poe_ports is None]
    coax = [one for one in recorders if one.analog_channels]
    if ports:
        number = sum(one.poe_ports or 0 for one in ports)
        yield BlindSpot(
            kind="recorder",
            what=f"{_number(len(ports), 'recorder')} may hide cameras on {number:,} PoE ports",
            why=f"look at the list of channels: {_some([_hides(one) for one in ports])}",
            count=len(ports),
        )
    if unknown:
        yield BlindSpot(
            kind="recorder",
            what=f"{_number(len(unknown), 'recorder')} may hide cameras: no model says whether there are PoE ports",
            why=_some([_hides(one) for one in unknown]),
            count=len(unknown),
        )
    if coax:
        number = sum(one.analog_channels or 0 for one in coax)
        yield BlindSpot(
            kind="recorder",
            what=f"{_number(len(coax), 'recorder')} may have cameras on {number:,} inputs for coax",
            why=f"these are on no network: {_some([one.address or one.device for one in coax])}",
            count=len(coax),
        )


def _hides(one: Recorder) -> str:
    """As in `10.20.0.8 LTN8916-P16, 16 ports (expected), channels in use: at most 16`."""
    used = "unknown" if one.told is None else str(one.told.number)
    if one.told and one.told.meaning == "at most":
        used = f"at most {used}"
    expected = " (expected)" if one.poe_ports_certainty == "expected" else ""
    ports = f"{one.poe_ports} ports{expected}" if one.poe_ports else ""
    doubt = "" if one.confidence in ("probable", "confirmed") else "maker not proven"
    name = " ".join(filter(None, (one.address or one.device, wording.name(one.model or ""))))
    return ", ".join(filter(None, (name, ports, doubt, f"channels in use: {used}")))


def _devices(one: BlindSpots) -> Iterator[BlindSpot]:
    if one.weak:
        names = [weak.address or weak.mac or weak.device for weak in one.weak]
        has = "has" if len(names) == 1 else "have"
        yield BlindSpot(
            kind="weak",
            what=f"{wording.devices(len(names))} {has} weak evidence only",
            why=f"nothing says for sure who made {'it' if len(names) == 1 else 'them'}: {_some(names)}",
            count=len(names),
        )
    if old := [look for look in one.looks if look.old and look.at]:
        names = [f"{look.address or look.device} {wording.moment(look.at)[:10]}" for look in old]
        yield BlindSpot(
            kind="look",
            what=f"The last conclusive look at {wording.devices(len(old))} is over {one.old_after} days old",
            why=_some(names),
            count=len(old),
            since=old[0].at,
            run=old[0].run,
        )


def _number(count: int, noun: str) -> str:
    plural = noun + ("es" if noun.endswith("s") else "s")
    return f"{count:,} {noun if count == 1 else plural}"


def _some(texts: Sequence[str]) -> str:
    more = f", and {len(texts) - SHOWN:,} more" if len(texts) > SHOWN else ""
    return "; ".join(texts[:SHOWN]) + more
