"""The census behind a report: devices, runs and blind spots, as the inventory has them."""

from __future__ import annotations

import ipaddress
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Self

import msgspec

from reports.content.plan import Plan, plan_of
from scanner import blind_spots
from scanner.blind_spots import BlindSpots, Looked
from scanner.inventory.records import Device, Run
from scanner.model import STRENGTHS, Claim, Identification

if TYPE_CHECKING:
    from scanner.inventory import Inventory

NAMED = {"hikvision": "Hikvision", "dahua": "Dahua"}
"""The makers that a census is about, each with its own place in every report."""

TITLE_TARGETS = 3  # more make no title


class BrandCount(msgspec.Struct, frozen=True):
    """How many devices of one maker are shown as one brand (None: they state none)."""

    brand: str | None
    devices: int


class MakerCount(msgspec.Struct, frozen=True, kw_only=True):
    """The devices of one maker, counted. `maker` is a key of the contract, None when nothing is known."""

    maker: str | None
    name: str
    devices: int
    confirmed: int
    probable: int
    possible: int
    relabelled: int
    brands: tuple[BrandCount, ...]  # the most frequent first

    @property
    def proven(self) -> int:
        """Good enough to be called a finding; `possible` is a lead for a person to check."""
        return self.confirmed + self.probable


class Census(msgspec.Struct, frozen=True, kw_only=True):
    """All that a report says."""

    title: str  # empty: nobody gave one, and there are no targets
    made_at: datetime
    runs: tuple[Run, ...] = ()  # the newest first
    devices: tuple[Device, ...] = ()  # as `in_order` has them
    unseen: tuple[BlindSpots, ...]  # of each site: no count without them
    sites: Mapping[str, str] = {}  # id to name
    selection: str = ""  # the condition that chose the devices; every title says it
    plan: Plan | None = None  # for these devices
    log_head: str | None = None  # of the append-only log when the report was made
    evidence: bool = True  # False: the devices come without, because nobody needs it

    @classmethod
    def from_inventory(
        cls,
        inventory: Inventory,
        run: str | None = None,
        *,
        title: str = "",
        where: str = "",
        site: str | None = None,
        evidence: bool = True,
        light_from: int | None = None,
    ) -> Self:
        """All that the inventory holds, with the coverage behind it; or only the devices that one run saw, that are
        at one site, or for which a condition holds. The devices come without their evidence when nobody needs it, or
        when there are `light_from` or more of them."""
        from scanner.inventory import log, places

        sites = {one.id: one.name for one in inventory.ask(places.sites)}
        chosen = where.strip()
        if site is not None:
            site = inventory.ask(places.known_site, site)
            condition = f"site = {quoted(site)}"
            where = f"({where}) and {condition}" if chosen else condition
        only = None if run is None else inventory.run(run)
        run = only.id if only else None
        if light_from is not None:
            evidence = evidence and count_devices(inventory, where, run) < light_from
        found, now = in_order(inventory.each_device(where, run=run, evidence=evidence)), datetime.now(UTC)
        unseen = blind_spots.of(inventory, run=run, devices=None if where.strip() else found)
        if site is not None:
            unseen = tuple(one for one in unseen if one.site == site)
        runs = (only,) if only else speaking(inventory.runs(), unseen)
        these = None if run is None else {device.id for device in found}
        return cls(
            title=title or (sites[site] if site is not None else title_of(runs)),
            made_at=now,
            runs=runs,
            devices=found,
            unseen=unseen,
            sites=sites,
            selection=chosen,
            plan=plan_of(
                inventory, where, now.date(), these, found if not where.strip() and run is None else ()
            ),
            log_head=str(head) if (head := log.head(inventory)).seq else None,
            evidence=evidence,
        )

    @property
    def makers(self) -> tuple[MakerCount, ...]:
        """One count per maker: the named ones always, the rest when there are any."""
        groups: dict[str | None, list[Device]] = {maker: [] for maker in NAMED}
        for device in self.devices:
            groups.setdefault(device.maker, []).append(device)
        order = (*NAMED, *sorted(maker for maker in groups if maker and maker not in NAMED), None)
        return tuple(count(maker, groups[maker]) for maker in order if maker in groups)

    @property
    def proven(self) -> int:
        """How many devices are confirmed or probable as made by one of the named makers."""
        return sum(maker.proven for maker in self.makers if maker.maker in NAMED)

    @property
    def leads(self) -> int:
        """How many devices are only possibly made by one of the named makers."""
        return sum(maker.possible for maker in self.makers if maker.maker in NAMED)

    @property
    def findings(self) -> tuple[Device, ...]:
        """The devices that are confirmed or probable as made by one of the named makers."""
        return tuple(device for device in self.devices if found(device))

    @property
    def in_conflict(self) -> tuple[Device, ...]:
        """The devices whose evidence disagrees, for a person to settle."""
        return tuple(device for device in self.devices if device.conflicts)

    @property
    def looks(self) -> dict[str, Looked]:
        """The last conclusive look at each device, by its id."""
        return {look.device: look for site in self.unseen for look in site.looks}


def count_devices(inventory: Inventory, where: str, run: str | None) -> int:
    from scanner.inventory.fields import FIELDS

    return sum(1 for _ in inventory.listed([FIELDS["id"]], where, run=run))


def found(device: Device) -> bool:
    """Whether a device is a finding and no mere lead."""
    return device.maker in NAMED and device.confidence in ("confirmed", "probable")


def quoted(text: str) -> str:
    """A text as a value of the query language."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def speaking(runs: Iterable[Run], unseen: Iterable[BlindSpots]) -> tuple[Run, ...]:
    """The runs that speak for their targets, the newest first: those before them say nothing more."""
    those = {run.run for site in unseen for run in site.runs}
    return tuple(run for run in runs if run.id in those)


def title_of(runs: tuple[Run, ...]) -> str:
    """The targets, as far as they fit into a heading; empty without any."""
    targets = list(dict.fromkeys(target for run in runs for target in run.targets))
    return ", ".join([*targets[:TITLE_TARGETS], *(["…"] if len(targets) > TITLE_TARGETS else [])])


def in_order(devices: Iterable[Device]) -> tuple[Device, ...]:
    """The named makers first, then what is in conflict, unknown, and of other makers; each by address."""

    def place(device: Device) -> tuple[int, tuple[int, int], str]:
        named = device.maker in NAMED
        rank = 0 if named else 1 if device.conflicts else 2 if device.maker is None else 3
        return rank, address_order(device.address), device.id

    return tuple(sorted(devices, key=place))


def address_order(address: str | None) -> tuple[int, int]:
    """Sorts addresses as numbers, IPv4 first; what is no address comes last."""
    try:
        parsed = ipaddress.ip_address(address or "")
    except ValueError:
        return 9, 0
    return parsed.version, int(parsed)


def grouped(evidence: Iterable[Claim]) -> dict[tuple[str, str], list[Claim]]:
    """The claims by what they say (attribute and value), each kind of claim with its strongest first."""
    groups: dict[tuple[str, str], list[Claim]] = {}
    for claim in sorted(dict.fromkeys(evidence), key=lambda claim: STRENGTHS.index(claim.strength)):
        groups.setdefault((claim.attribute, claim.value), []).append(claim)
    order = {attribute: place for place, attribute in enumerate(Identification.__struct_fields__)}
    return dict(sorted(groups.items(), key=lambda group: order.get(group[0][0], 99)))


def count(maker: str | None, devices: list[Device]) -> MakerCount:
    """Count the devices of one maker. Other makers are told apart by their name where they have no brand."""
    confidence = Counter(device.confidence for device in devices)
    brands = Counter(device.brand or (None if maker in NAMED else device.maker_name) for device in devices)
    ranked = sorted(brands.items(), key=lambda item: (-item[1], item[0] is None, item[0] or ""))
    return MakerCount(
        maker=maker,
        name=NAMED.get(maker or "", "Other makers" if maker else "Unknown maker"),
        devices=len(devices),
        confirmed=confidence["confirmed"],
        probable=confidence["probable"],
        possible=confidence["possible"],
        relabelled=sum(device.relabelled is True for device in devices),
        brands=tuple(BrandCount(brand, devices) for brand, devices in ranked),
    )
