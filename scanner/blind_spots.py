"""What nobody has looked at, for each site: what belongs beside every count.

`find` is a pure function from what the inventory holds; `of` asks an inventory for it. Addresses are never
enumerated: ranges are cut against ranges (scanner.spans). docs/explanation/blind-spots.md says what each part means.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal

import msgspec

from fingerprints import models
from scanner import spans
from scanner.inventory.looks import doubts as open_doubts
from scanner.inventory.records import Device, Run
from scanner.model import Category, Confidence, Exclusion, Observation, Protocol
from scanner.spans import Spans

if TYPE_CHECKING:
    from scanner.inventory import Inventory

OLD = 90  # days; what nobody has looked at for longer counts as not covered any more
SWEPT_V6 = 1 << 16  # addresses; a larger IPv6 network cannot be swept, only discovered
RECORDERS: tuple[Category, ...] = ("nvr", "dvr")

Why = Literal["never scanned", "excluded", "lost", "unfinished", "old"]
Certainty = Literal["known", "expected", "unknown"]


class Known(msgspec.Struct, frozen=True):
    """A network that somebody named, whether or not it was ever scanned."""

    site: str | None
    cidr: str
    where: str = ""  # building, floor, room, note


class Look(msgspec.Struct, frozen=True):
    """The last time that a device itself said enough to be sure of its maker."""

    run: str
    at: datetime


class Gap(msgspec.Struct, frozen=True, kw_only=True):
    """Addresses that the last run which should have covered them did not, or that no run ever should have."""

    why: Why
    addresses: int
    ranges: tuple[str, ...]
    since: datetime | None = None  # the last time that they were covered; None: never
    run: str | None = None  # that left them out, or that covered them too long ago


class Excluded(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody said not to touch, as the last run that heard so has it."""

    what: str
    reason: str
    until: str
    expired: bool  # and not looked at since
    operator: str
    run: str


class Unusable(msgspec.Struct, frozen=True, kw_only=True):
    """A protocol that a run could not use (`protocol` is empty for another problem), and why."""

    protocol: str
    why: str
    run: str


class Reach(msgspec.Struct, frozen=True, kw_only=True):
    """A run that speaks for its targets, as far as it came."""

    run: str
    started: datetime
    operator: str
    targets: tuple[str, ...]
    outcome: str | None  # None: it never recorded its end
    addresses: int
    answered: int
    lost: int


class Channels(msgspec.Struct, frozen=True):
    """What a recorder told about its channels for IP cameras.

    `in use` counts the cameras on its list; `at most` are the channels that it has for them, used or not.
    """

    number: int
    meaning: Literal["in use", "at most"]
    protocol: Protocol


class Recorder(msgspec.Struct, frozen=True, kw_only=True):
    """A recorder whose own ports may hide cameras from the network."""

    device: str
    address: str | None
    model: str | None
    category: Category
    confidence: Confidence
    poe_ports: int | None
    poe_ports_certainty: Certainty
    channels: int | None = None
    analog_channels: int | None = None  # cameras on coax are never on the network
    told: Channels | None = None


class Weak(msgspec.Struct, frozen=True, kw_only=True):
    """A device of which nothing says for sure who made it."""

    device: str
    address: str | None
    mac: str | None
    maker: str | None
    confidence: Confidence


class Doubt(msgspec.Struct, frozen=True, kw_only=True):
    """A device that came as a new one and may be another that was known, which the replies cannot tell."""

    device: str
    other: str
    address: str | None
    why: str
    at: datetime


class Looked(msgspec.Struct, frozen=True, kw_only=True):
    """A device and the last conclusive look at it; without one, it was never told for sure."""

    device: str
    address: str | None
    run: str | None = None
    at: datetime | None = None
    old: bool = False


class BlindSpots(msgspec.Struct, frozen=True, kw_only=True):
    """All that is known to be missing from what is known of one site (None: of what belongs to no site)."""

    site: str | None
    name: str | None = None
    known: int = 0  # addresses of all networks that were named or scanned
    covered: int = 0  # of these, by the last run that should have; the rest is in `gaps`
    old_after: int = OLD  # days
    never_scanned: tuple[Known, ...] = ()
    gaps: tuple[Gap, ...] = ()  # the widest first
    exclusions: tuple[Excluded, ...] = ()
    unusable: tuple[Unusable, ...] = ()
    runs: tuple[Reach, ...] = ()  # those that speak for the site, the newest first
    recorders: tuple[Recorder, ...] = ()
    weak: tuple[Weak, ...] = ()
    by_address: tuple[str, ...] = ()  # addresses that alone tell which device it was
    doubts: tuple[Doubt, ...] = ()
    mute: tuple[str, ...] = ()
    looks: tuple[Looked, ...] = ()  # the longest ago first


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """All that blind spots are found in. `seen_at` is the site where each device was seen last, by its id."""

    runs: Sequence[Run]
    devices: Sequence[Device]
    networks: Sequence[Known] = ()
    sites: Mapping[str, str] = {}  # id to name
    seen_at: Mapping[str, str | None] = {}
    looks: Mapping[str, Look] = {}
    by_address: Set[str] = frozenset()  # devices that their last sighting knew by their address alone
    channels: Mapping[str, Channels] = {}
    doubts: Mapping[str, Sequence[Mapping[str, str]]] = {}  # of a device: `other`, `why`, `at`


def of(
    inventory: Inventory,
    *,
    run: str | None = None,
    old_after: int = OLD,
    devices: Sequence[Device] | None = None,
) -> tuple[BlindSpots, ...]:
    """The blind spots of an inventory, site by site; or those of one run and the devices that it saw. `devices` are
    all of these, when somebody has them already."""
    runs = inventory.runs() if run is None else [inventory.run(run)]
    if devices is None:
        devices = list(inventory.each_device(run=None if run is None else runs[0].id, evidence=False))
    sites, rows = inventory.known_networks() if run is None else ({}, [])
    networks = [Known(row["site"], row["cidr"], _where(row)) for row in rows]
    seen_at, looks, by_address = {}, {}, set()
    for row in inventory.looks():
        seen_at[row["id"]] = row["seen_at_site"]
        if row["by_address"]:
            by_address.add(row["id"])
        if row["look"]:
            name, at = row["look"].split(" ")
            looks[row["id"]] = Look(name, datetime.fromisoformat(at))
    doubts: dict[str, list[Mapping[str, str]]] = {}
    for row in inventory.ask(open_doubts):
        doubts.setdefault(row["device"], []).append(row)
    recorders = [device.id for device in devices if device.category in RECORDERS]
    channels: dict[str, Channels] = {}
    for device, observation in inventory.told_by(recorders):
        known, found = channels.get(device), read_channels(observation)
        if found and (known is None or found.meaning == "in use"):
            channels[device] = found
    told = Told(
        runs=runs, devices=devices, networks=networks, sites=sites, seen_at=seen_at, looks=looks,
        by_address=by_address, channels=channels, doubts=doubts,
    )  # fmt: skip
    return find(told, datetime.now(UTC), old_after=old_after)


def find(told: Told, now: datetime, *, old_after: int = OLD) -> tuple[BlindSpots, ...]:
    """The blind spots of each site, by its name; what belongs to no site comes last."""
    known = {site: _spans(one.cidr for one in told.networks if one.site == site) for site in _sites(told)}
    devices: dict[str | None, list[Device]] = {}
    for device in told.devices:
        devices.setdefault(device.site or told.seen_at.get(device.id), []).append(device)
    tours = _tours(told.runs, known)
    found = []
    for site in sorted(
        {*known, *devices, *tours}, key=lambda id: (id is None, told.sites.get(id or "", id) or "")
    ):
        networks = [one for one in told.networks if one.site == site]
        spots = _of_addresses(tours.get(site, []), networks, now, old_after)
        about = _of_devices(devices.get(site, []), told, tours.get(site, []), now - timedelta(days=old_after))
        if site is not None or tours.get(site) or devices.get(site):
            name = told.sites.get(site or "")
            found.append(BlindSpots(site=site, name=name, old_after=old_after, **spots, **about))
    return tuple(found)


def _where(row: Mapping[str, str | None]) -> str:
    return ", ".join(row[name] or "" for name in ("building", "floor", "room", "note") if row[name])


class Tour(msgspec.Struct, frozen=True):
    """What a run was to cover of one site, and what it did."""

    run: Run
    wanted: Spans
    asked: Spans
    excluded: Spans


def _sites(told: Told) -> set[str | None]:
    return {*told.sites, *(one.site for one in told.networks)}


def _tours(runs: Iterable[Run], known: Mapping[str | None, Spans]) -> dict[str | None, list[Tour]]:
    """The runs of each site, the newest first.

    A run that names no site belongs to one where its addresses lie in the networks of that site alone: where private
    ranges of two sites overlap, nobody can tell which of them it saw.
    """
    own = {
        site: spans.without(
            mine, spans.merged(one for other, theirs in known.items() if other != site for one in theirs)
        )
        for site, mine in known.items()
    }
    tours: dict[str | None, list[Tour]] = {}
    for run in sorted(runs, key=lambda run: run.started, reverse=True):
        whole = _tour(run)
        if run.site is not None:
            tours.setdefault(run.site, []).append(whole)
            continue
        left = whole
        for site, mine in own.items():
            part = _cut(whole, mine, spans.common)
            if part.wanted or part.asked:
                tours.setdefault(site, []).append(part)
                left = _cut(left, mine, spans.without)
        if left.wanted or left.asked or not (whole.wanted or whole.asked):
            tours.setdefault(None, []).append(left)
    return tours


def _cut(tour: Tour, by: Spans, how: Callable[[Spans, Spans], Spans]) -> Tour:
    return Tour(tour.run, how(tour.wanted, by), how(tour.asked, by), how(tour.excluded, by))


def _tour(run: Run) -> Tour:
    """What a run was to ask, and what it asked: as it says itself, else as follows from what it lost."""
    coverage = run.coverage
    targets = _spans(coverage.targets or run.targets)
    excluded = _spans(one.what for one in coverage.excluded)
    asked = _spans(coverage.asked)
    if not coverage.asked and (run.outcome == "complete" or (run.outcome and not coverage.problems)):
        left = spans.without(targets, excluded)
        asked = spans.beginning(
            left, spans.size(left) - coverage.lost
        )  # a sweep goes from the first to the last
    return Tour(run, spans.merged([*targets, *asked]), spans.without(asked, excluded), excluded)


def _spans(texts: Iterable[str]) -> Spans:
    """The ranges in some texts, without those that are too large to be swept."""
    return spans.merged(
        span for text in texts for span in spans.read(text)
        if span[0] < spans.V6 or spans.size((span,)) <= SWEPT_V6
    )  # fmt: skip


def _of_addresses(
    tours: Sequence[Tour], networks: Sequence[Known], now: datetime, old_after: int
) -> dict[str, Any]:
    """Every known address is either covered or in one gap. `tours` are the newest first."""
    known = spans.merged(
        [*_spans(one.cidr for one in networks), *(span for tour in tours for span in tour.wanted)]
    )
    open_ = known  # what no newer run was to cover
    missed: list[tuple[Why, Run, Spans]] = []  # what a newer run was to cover and did not
    gaps: list[Gap] = []
    asked_later: Spans = ()
    covered = 0
    speaking: dict[object, Run] = {}
    exclusions: dict[str, Excluded] = {}
    for tour in tours:
        run = tour.run
        fresh = spans.common(open_, tour.asked)
        if now - run.started > timedelta(days=old_after):
            gaps += _gap("old", fresh, run.started, run.id)
        else:
            covered += spans.size(fresh)
        still = []
        for why, by, where in missed:
            if spans.apart(where, tour.asked):
                still.append((why, by, where))
                continue
            gaps += _gap(why, spans.common(where, tour.asked), run.started, by.id)
            if where := spans.without(where, tour.asked):
                still.append((why, by, where))
        missed = still
        for why, where in _left_out(tour):
            if where := spans.common(where, open_):
                missed.append((why, run, where))
        open_ = spans.without(open_, tour.wanted)
        scope = (run.targets, run.coverage.interfaces if not run.targets else ())
        if scope not in speaking and (not tour.wanted or spans.without(tour.wanted, asked_later)):
            speaking[scope] = run
        for one in run.coverage.excluded:
            if one.what not in exclusions and _stands(one, tour.excluded, asked_later):
                exclusions[one.what] = _excluded(one, run, now.date())
        asked_later = spans.merged([*asked_later, *tour.asked])
    for why, by, where in missed:
        gaps += _gap(why, where, None, by.id)
    gaps += _gap("never scanned", open_, None, None)
    return {
        "known": spans.size(known),
        "covered": covered,
        "never_scanned": tuple(
            one for one in networks if not spans.common(spans.read(one.cidr), asked_later)
        ),
        "gaps": tuple(sorted(gaps, key=lambda gap: -gap.addresses)),
        "exclusions": tuple(exclusions.values()),
        "unusable": tuple(one for run in speaking.values() for one in _unusable(run)),
        "runs": tuple(map(_reach, speaking.values())),
    }


def _left_out(tour: Tour) -> Iterator[tuple[Why, Spans]]:
    """What a run was to cover and did not, by why."""
    missing = spans.without(tour.wanted, tour.asked)
    yield "excluded", spans.common(missing, tour.excluded)
    why: Why = "lost" if tour.run.outcome else "unfinished"
    yield why, spans.without(missing, tour.excluded)


def _gap(why: Why, where: Spans, since: datetime | None, run: str | None) -> Iterator[Gap]:
    if where:
        yield Gap(why=why, addresses=spans.size(where), ranges=spans.texts(where), since=since, run=run)


def _stands(one: Exclusion, here: Spans, later: Spans) -> bool:
    """Whether an exclusion is about this site, and no later run asked all that it left out."""
    where = spans.read(one.what)
    return not where or bool(spans.without(spans.common(where, here), later))


def _excluded(one: Exclusion, run: Run, today: date) -> Excluded:
    try:
        expired = bool(one.until) and date.fromisoformat(one.until) < today
    except ValueError:
        expired = False
    return Excluded(
        what=one.what, reason=one.reason, until=one.until, expired=expired, operator=run.operator, run=run.id
    )


def _unusable(run: Run) -> Iterator[Unusable]:
    for protocol, why in sorted(run.coverage.unusable.items()):
        yield Unusable(protocol=protocol, why=why, run=run.id)
    for problem in run.coverage.problems:
        yield Unusable(protocol="", why=problem, run=run.id)
    if run.coverage.targets and run.outcome and not run.coverage.interfaces:
        yield Unusable(
            protocol="multicast", why="no interface of the scanning machine was on that network", run=run.id
        )


def _reach(run: Run) -> Reach:
    seen = run.coverage
    return Reach(
        run=run.id, started=run.started, operator=run.operator, targets=run.targets, outcome=run.outcome,
        addresses=seen.addresses, answered=seen.answered, lost=seen.lost,
    )  # fmt: skip


def _of_devices(
    devices: Sequence[Device], told: Told, tours: Sequence[Tour], old: datetime
) -> dict[str, Any]:
    looked = [_looked(device, told.looks.get(device.id), old) for device in devices]
    at = {one.address: one.at for one in looked if one.address and one.at}
    mute = {
        address: None
        for tour in tours
        for address in tour.run.coverage.mute
        if _still_mute(address, tour, tours) and not (address in at and at[address] > tour.run.started)
    }
    return {
        "recorders": tuple(
            one for device in devices if (one := _recorder(device, told.channels.get(device.id)))
        ),
        "weak": tuple(
            Weak(device=one.id, address=one.address, mac=one.mac, maker=one.maker, confidence=one.confidence)
            for one in devices
            if one.confidence in ("possible", "none")
        ),
        "by_address": tuple(one.address for one in devices if one.id in told.by_address and one.address),
        "doubts": tuple(one for device in devices for one in _doubts(device, told.doubts, old)),
        "mute": tuple(sorted(mute, key=lambda address: spans.number_of(address) or 0)),
        "looks": tuple(sorted(looked, key=lambda one: (one.at is not None, one.at or old, one.device))),
    }


def _doubts(
    device: Device, doubts: Mapping[str, Sequence[Mapping[str, str]]], old: datetime
) -> Iterator[Doubt]:
    """Those that are no older than the looks that count: who has not settled one by then lets it stand."""
    for row in doubts.get(device.id, ()):
        if (at := datetime.fromisoformat(row["at"])) >= old:
            yield Doubt(device=device.id, other=row["other"], address=device.address, why=row["why"], at=at)


def _still_mute(address: str, tour: Tour, tours: Sequence[Tour]) -> bool:
    """Whether no later run has asked this address again."""
    number = spans.number_of(address)
    later = itertools.takewhile(lambda other: other is not tour, tours)
    return number is not None and not any(spans.holds(other.asked, number) for other in later)


def _looked(device: Device, look: Look | None, old: datetime) -> Looked:
    if look is None:
        return Looked(device=device.id, address=device.address)
    return Looked(device=device.id, address=device.address, run=look.run, at=look.at, old=look.at < old)


def _recorder(device: Device, told: Channels | None) -> Recorder | None:
    """A recorder that has PoE ports, or of which nobody knows whether it has, or with inputs for coax."""
    if device.category not in RECORDERS:
        return None
    says = models.decode(device.model, device.maker, device.brand)
    certainty: Certainty = "expected" if "poe_ports" in says.expected else "known"
    if says.poe_ports is None:
        certainty = "unknown"
    if says.poe_ports == 0 and certainty == "known" and not says.analog_channels:
        return None
    return Recorder(
        device=device.id, address=device.address, model=device.model, category=device.category,
        confidence=device.confidence, poe_ports=says.poe_ports, poe_ports_certainty=certainty,
        channels=says.channels, analog_channels=says.analog_channels, told=told,
    )  # fmt: skip


STATED: dict[str, re.Pattern[bytes]] = {
    # Read here and not by the probes: reports know no probe.
    "sadp":       re.compile(rb"<DigitalChannelNum>\s{0,9}(\d{1,4})\s{0,9}</"),
    "dhdiscover": re.compile(rb"\"RemoteVideoInputChannels\"\s{0,9}:\s{0,9}(\d{1,4})\b"),
}  # fmt: skip
LISTED = re.compile(rb"<InputProxyChannel(?:Status)?List\b")
CAMERA = re.compile(rb"</InputProxyChannel(?:Status)?>")


def read_channels(observation: Observation) -> Channels | None:
    """What a recorder's own reply tells about its channels for IP cameras.

    SADP and DHDiscover state the channels that a recorder has for IP cameras, which need not be in use: a DHI-NVR5464
    with 64 channels states the 16 that are set up (RemoteVideoInputChannels), other firmware may state all.
    """
    payload = observation.payload
    if observation.protocol == "isapi" and LISTED.search(payload):
        return Channels(len(CAMERA.findall(payload)), "in use", "isapi")
    pattern = STATED.get(observation.protocol)
    found = pattern.search(payload) if pattern else None
    return Channels(int(found[1]), "at most", observation.protocol) if found else None
