"""The figures of a report, counted once: every format prints these, so that none can differ from another."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import date
from functools import lru_cache

import msgspec

from reports.content.census import NAMED, Census, MakerCount
from scanner.blind_spots import BlindSpots
from scanner.inventory.records import Device

AGES = ("new", "mid", "old", "oldest", "unknown")
YEARS = ((3, "new"), (6, "mid"), (9, "old"))  # younger than this many years


class Bar(msgspec.Struct, frozen=True):
    """How many there are of one kind. `key` is None where the kind is not known."""

    key: str | None
    count: int


class SiteCount(msgspec.Struct, frozen=True, kw_only=True):
    """What was found at a site, and how much of its addresses was covered."""

    site: str | None
    name: str | None
    found: int
    known: int
    covered: int


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """All that a report counts. What is found by brand, site, age and category adds up to `proven`."""

    devices: int
    proven: int
    leads: int
    hikvision: int  # confirmed or probable
    dahua: int
    relabelled: int  # of the proven
    covered: int  # by a policy, of the proven
    exploited: int  # of the proven: with a flaw that is known to be exploited
    conflicts: int
    other: int
    unknown: int
    known_addresses: int
    covered_addresses: int
    makers: tuple[MakerCount, ...]
    brands: tuple[Bar, ...]
    sites: tuple[SiteCount, ...]
    ages: tuple[Bar, ...]
    categories: tuple[Bar, ...]
    states: tuple[Bar, ...]


def figures(census: Census) -> Figures:
    """Count everything, once."""
    makers, proven = census.makers, census.findings
    of = {maker.maker: maker for maker in makers}
    return Figures(
        devices=len(census.devices),
        proven=len(proven),
        leads=census.leads,
        hikvision=of["hikvision"].proven,
        dahua=of["dahua"].proven,
        relabelled=sum(device.relabelled is True for device in proven),
        covered=sum(bool(device.covered) for device in proven),
        exploited=sum(exploited(device.maker, device.model, device.firmware) for device in proven),
        conflicts=len(census.in_conflict),
        other=sum(maker.devices for maker in makers if maker.maker and maker.maker not in NAMED),
        unknown=of[None].devices if None in of else 0,
        known_addresses=sum(site.known for site in census.unseen),
        covered_addresses=sum(site.covered for site in census.unseen),
        makers=makers,
        brands=ranked(device.brand for device in proven),
        sites=by_site(census, proven),
        ages=by_age(proven, census.made_at.date()),
        categories=ranked(device.category for device in proven),
        states=by_state(census),
    )


def ranked(keys: Iterable[str | None]) -> tuple[Bar, ...]:
    """The most frequent first, what is not known after its equals."""
    counted = Counter(keys).items()
    return tuple(
        Bar(*one) for one in sorted(counted, key=lambda one: (-one[1], one[0] is None, one[0] or ""))
    )


def by_site(census: Census, proven: Iterable[Device]) -> tuple[SiteCount, ...]:
    """Every site that is known or where something was found; what belongs to none comes last."""
    counted = Counter(device.site for device in proven)
    spots: dict[str | None, BlindSpots] = {one.site: one for one in census.unseen}
    names = {**census.sites, **{one.site: one.name for one in census.unseen if one.site and one.name}}
    order = sorted(
        {*counted, *spots}, key=lambda id: (id is None, -counted[id], names.get(id or "", id or ""))
    )
    return tuple(
        SiteCount(
            site=id,
            name=names.get(id or ""),
            found=counted[id],
            known=spots[id].known if id in spots else 0,
            covered=spots[id].covered if id in spots else 0,
        )
        for id in order
    )


def by_age(proven: Iterable[Device], today: date) -> tuple[Bar, ...]:
    counted = Counter(age(device, today) for device in proven)
    return tuple(Bar(one, counted[one]) for one in AGES)


def age(device: Device, today: date) -> str:
    """How old a device is by the day of manufacture in its serial number."""
    made = made_of(device.serial, device.maker, device.model, today)
    if not made:
        return "unknown"
    year, month = map(int, made[:7].split("-"))
    years = today.year - year - (today.month < month)
    return next((name for limit, name in YEARS if years < limit), "oldest")


def made_of(serial: str | None, maker: str | None, model: str | None, today: date) -> str:
    """The day or month of manufacture that a serial number gives, as it gives it."""
    from fingerprints import serials

    read = serials.read(serial, maker, model, today)
    return read.made if read else ""


@lru_cache(4096)  # units of one model and firmware share their flaws
def exploited(maker: str | None, model: str | None, firmware: str | None) -> bool:
    """Whether a flaw that is known to be exploited affects what a device states."""
    from fingerprints.flaws import flaws

    return any(one.state == "affected" and one.kev for one in flaws(maker, model, firmware))


def by_state(census: Census) -> tuple[Bar, ...]:
    """The states of the plan that occur, in their order."""
    counted = Counter(item.state for item in census.plan.items) if census.plan else Counter[str]()
    order = ("found", "confirmed", "planned", "ordered", "installed", "removed", "verified", "kept")
    return tuple(Bar(one, counted[one]) for one in (*order, *sorted({*counted} - {*order})) if counted[one])
