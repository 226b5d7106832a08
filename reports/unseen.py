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
from reports.language import Language, english
from scanner.blind_spots import BlindSpots, Excluded, Gap, Reach, Recorder, Unusable

Kind = Literal[
    "network", "gap", "exclusion", "run", "protocol", "silent", "mute", "recorder", "weak", "address", "doubt",
    "look",
]  # fmt: skip

NOTHING = "nothing known to be missing"
SHOWN = 8  # examples in one line; the rest is in `camcensus blind-spots --format jsonl`


class BlindSpot(msgspec.Struct, frozen=True, kw_only=True):
    """Something that could not be seen, and why: it belongs next to every count."""

    kind: Kind
    what: str
    why: str = ""
    count: int = 0  # of addresses, or of devices
    since: datetime | None = None
    run: str | None = None


def site_name(one: BlindSpots, language: Language | None = None) -> str:
    say = language or english()
    return wording.name(one.name or one.site or say.say("unseen.no_site"), say)


def covered(one: BlindSpots, language: Language | None = None) -> str:
    """How much of what is known was covered, as in `900 of 1,024 known addresses covered in the last 90 days`."""
    say = language or english()
    if not one.known:
        return say.say("unseen.no_network")
    return say.say("unseen.covered", covered=one.covered, known=one.known, days=one.old_after)


def lines(one: BlindSpots, language: Language | None = None) -> Iterator[BlindSpot]:
    """The blind spots of a site, those of the network first, then those of its devices."""
    say = language or english()
    for run in one.runs:
        yield from _run(run, say)
    yield from _never(one, say)
    for gap in one.gaps:
        if gap.why not in ("excluded", "never scanned"):
            yield _gap(gap, say)
    for exclusion in one.exclusions:
        yield _exclusion(exclusion, say)
    for unusable in one.unusable:
        yield _unusable(unusable, say)
    for run in one.runs:
        yield from _silent(run, say)
    yield from _mute(one.mute, say)
    yield from _recorders(one.recorders, say)
    yield from _devices(one, say)


def _run(run: Reach, say: Language) -> Iterator[BlindSpot]:
    if not run.outcome:
        what, why = say.say("unseen.no_run_end", run=run.run), say.say("unseen.no_run_end_why")
        yield BlindSpot(kind="run", what=what, why=why, run=run.run)
    elif run.outcome != "complete":
        what = say.say("unseen.run_is", run=run.run, outcome=say.word("outcome", run.outcome))
        why = say.say("unseen.run_lost", n=run.lost) if run.lost else say.say("unseen.run_not_done")
        yield BlindSpot(kind="run", what=what, why=why, count=run.lost, run=run.run)


def _never(one: BlindSpots, say: Language) -> Iterator[BlindSpot]:
    for network in one.never_scanned:
        key = "unseen.network_where" if network.where else "unseen.network"
        what = say.say(key, cidr=network.cidr, where=network.where)
        yield BlindSpot(kind="network", what=what, why=say.say("unseen.network_why"))
    whole = {network.cidr for network in one.never_scanned}
    for gap in one.gaps:
        if gap.why == "never scanned" and not whole.issuperset(gap.ranges):
            yield _gap(gap, say)


def _gap(gap: Gap, say: Language) -> BlindSpot:
    ranges = _some(gap.ranges, say)
    if gap.why == "never scanned":
        why = ranges
    elif gap.since:
        why = say.say("unseen.since", moment=gap.since, ranges=ranges)
    else:
        why = say.say("unseen.since_never", ranges=ranges)
    what = say.say(f"unseen.gap.{gap.why.replace(' ', '-')}", n=gap.addresses)
    return BlindSpot(kind="gap", what=what, why=why, count=gap.addresses, since=gap.since, run=gap.run)


def _exclusion(one: Excluded, say: Language) -> BlindSpot:
    key = "excluded" if not one.until else "excluded_old" if one.expired else "excluded_until"
    reason = one.reason or say.say("unseen.no_reason")
    return BlindSpot(
        kind="exclusion",
        what=say.say(f"unseen.{key}", what=one.what, until=one.until),
        why=say.say("unseen.reason_by", reason=reason, operator=one.operator) if one.operator else reason,
        run=one.run,
    )


def _unusable(one: Unusable, say: Language) -> BlindSpot:
    if not one.protocol:
        return BlindSpot(kind="protocol", what=one.why, run=one.run)
    what = say.say("unseen.unusable", protocol=one.protocol)
    return BlindSpot(kind="protocol", what=what, why=one.why, run=one.run)


def _silent(run: Reach, say: Language) -> Iterator[BlindSpot]:
    if (silent := run.addresses - run.answered - run.lost) > 0:
        yield BlindSpot(
            kind="silent",
            what=say.say("unseen.silent", silent=silent, n=run.addresses),
            why=say.say("unseen.silent_why"),
            count=silent,
            run=run.run,
        )


def _mute(mute: Sequence[str], say: Language) -> Iterator[BlindSpot]:
    if n := len(mute):
        why = say.say("unseen.mute_why", n=n, some=_some(mute, say))
        yield BlindSpot(kind="mute", what=say.say("unseen.mute", n=n), why=why, count=n)


def _recorders(found: Sequence[Recorder], say: Language) -> Iterator[BlindSpot]:
    ports = [one for one in found if one.poe_ports]
    unknown = [one for one in found if one.poe_ports is None]
    coax = [one for one in found if one.analog_channels]
    if ports:
        number = sum(one.poe_ports or 0 for one in ports)
        yield BlindSpot(
            kind="recorder",
            what=say.say("unseen.ports", recorders=say.say("counts.recorders", n=len(ports)), ports=number),
            why=say.say("unseen.ports_why", some=_some([_hides(one, say) for one in ports], say)),
            count=len(ports),
        )
    if unknown:
        yield BlindSpot(
            kind="recorder",
            what=say.say("unseen.ports_unknown", recorders=say.say("counts.recorders", n=len(unknown))),
            why=_some([_hides(one, say) for one in unknown], say),
            count=len(unknown),
        )
    if coax:
        number = sum(one.analog_channels or 0 for one in coax)
        some = _some([one.address or one.device for one in coax], say)
        yield BlindSpot(
            kind="recorder",
            what=say.say("unseen.coax", recorders=say.say("counts.recorders", n=len(coax)), inputs=number),
            why=say.say("unseen.coax_why", some=some),
            count=len(coax),
        )


def _hides(one: Recorder, say: Language) -> str:
    """As in `10.20.0.8 LTN8916-P16, 16 ports (expected), channels in use: at most 16`."""
    used = say.say("unseen.hides_unknown") if one.told is None else str(one.told.number)
    if one.told and one.told.meaning == "at most":
        used = say.say("unseen.hides_at_most", n=one.told.number)
    key = "unseen.hides_expected" if one.poe_ports_certainty == "expected" else "unseen.hides_ports"
    ports = say.say(key, ports=one.poe_ports) if one.poe_ports else ""
    doubt = "" if one.confidence in ("probable", "confirmed") else say.say("unseen.hides_doubt")
    name = " ".join(filter(None, (one.address or one.device, wording.name(one.model or ""))))
    return ", ".join(filter(None, (name, ports, doubt, say.say("unseen.hides_used", used=used))))


def _devices(one: BlindSpots, say: Language) -> Iterator[BlindSpot]:
    if n := len(one.weak):
        some = _some([weak.address or weak.mac or weak.device for weak in one.weak], say)
        why = say.say("unseen.weak_why", n=n, some=some)
        yield BlindSpot(kind="weak", what=say.say("unseen.weak", n=n), why=why, count=n)
    if n := len(one.by_address):
        why = say.say("unseen.by_address_why", n=n, some=_some(one.by_address, say))
        yield BlindSpot(kind="address", what=say.say("unseen.by_address", n=n), why=why, count=n)
    if n := len(one.doubts):
        pairs = [
            f"{doubt.device} = {doubt.other}, {doubt.address or ''}".rstrip(", ") for doubt in one.doubts
        ]
        why = say.say("unseen.doubt_why", n=n, some=_some(pairs, say))
        yield BlindSpot(kind="doubt", what=say.say("unseen.doubt", n=n), why=why, count=n)
    if old := [look for look in one.looks if look.old and look.at]:
        names = [f"{look.address or look.device} {wording.moment(look.at)[:10]}" for look in old]
        yield BlindSpot(
            kind="look",
            what=say.say("unseen.look", n=len(old), days=one.old_after),
            why=_some(names, say),
            count=len(old),
            since=old[0].at,
            run=old[0].run,
        )


def _some(texts: Sequence[str], say: Language) -> str:
    some = "; ".join(texts[:SHOWN])
    more = len(texts) - SHOWN
    return say.say("unseen.and_more", some=some, n=more) if more > 0 else some
