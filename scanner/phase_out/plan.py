"""The whole plan, or a part of it, as reports and commands read it: each device with its item and specification.

plan.of(inventory, "site = leeds").units[0].specification.asked
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import msgspec

from fingerprints.description import describe
from scanner.blind_spots import Channels, read_channels
from scanner.inventory import plan_items, plan_prices
from scanner.inventory.fields import FIELDS
from scanner.inventory.journal import Change
from scanner.inventory.query import quoted
from scanner.inventory.records import Device
from scanner.phase_out import dependence, replies
from scanner.phase_out.dependence import Tie
from scanner.phase_out.items import Item
from scanner.phase_out.prices import Price
from scanner.phase_out.priority import Weights, priorities
from scanner.phase_out.specification import Requirement, Specification, needed
from scanner.phase_out.states import GONE

if TYPE_CHECKING:
    from scanner.inventory import Inventory

RECORDERS = ("nvr", "dvr")
MOST_PLACES = 50  # of which the devices are looked for by name; of more, all devices are read


class Told(msgspec.Struct, frozen=True):
    """What replies say that the plan needs."""

    channels: dict[str, Channels]  # of each recorder
    stated: dict[str, dict[str, Requirement]]  # of its specification
    ties: tuple[Tie, ...]


class Unit(msgspec.Struct, frozen=True):
    """One device of the plan."""

    device: Device  # without its evidence
    item: Item
    specification: Specification
    decoded: Specification  # the same without what people filled in
    hangs_on: tuple[Tie, ...] = ()  # of a camera: its recorders
    hanging: tuple[Tie, ...] = ()  # of a recorder: its cameras, as far as that is known
    channels: Channels | None = None  # of a recorder: what it told of them


class Plan(msgspec.Struct, frozen=True):
    """Units that are to go, the most urgent first."""

    units: tuple[Unit, ...]
    sites: dict[str, str]  # id to name
    prices: tuple[Price, ...]
    made: datetime


def of(inventory: Inventory, where: str = "", known: Sequence[Device] = ()) -> Plan:
    """The plan for the devices for which a condition holds. `known` are all devices of the inventory, where somebody
    has read them before."""
    planned = inventory.ask(plan_items.items, where)
    near = known or list(inventory.each_device(neighbourhood(inventory, where), evidence=False))
    devices = {one.id: one for one in near}
    heard = told(inventory, near)
    by_camera: dict[str, list[Tie]] = defaultdict(list)
    for tie in heard.ties:
        by_camera[tie.camera].append(tie)
    by_recorder = dependence.hanging(heard.ties)
    units = (
        Unit(
            device=devices[item.device],
            item=item,
            specification=needed(devices[item.device], item.filled, heard.stated.get(item.device)),
            decoded=needed(devices[item.device], None, heard.stated.get(item.device)),
            hangs_on=tuple(by_camera.get(item.device, ())),
            hanging=tuple(by_recorder.get(item.device, ())),
            channels=heard.channels.get(item.device),
        )
        for item in planned
        if item.device in devices
    )
    return Plan(
        tuple(units),
        inventory.known_networks()[0],
        tuple(inventory.ask(plan_prices.prices)),
        datetime.now(UTC),
    )


def neighbourhood(inventory: Inventory, where: str) -> str:
    """The condition for some devices and all that they may hang on, or that may hang on them: these are at their sites,
    or at their switch ports. Of cameras, recorders are enough. Empty for all devices, where that is as good."""
    if not where.strip():
        return ""
    columns = [FIELDS[name] for name in ("site", "switch", "switch_port", "category")]
    chosen = set(inventory.listed(columns, where))
    if len(chosen) > MOST_PLACES:
        return ""
    places = {f"site = {quoted(str(site))}" if site else "site is empty" for site, *_ in chosen}
    places |= {
        f"switch = {quoted(str(switch))} and switch_port = {quoted(str(port))}"
        for _, switch, port, _ in chosen
        if switch and port
    }
    needed_of_them = "" if any(one[3] in RECORDERS for one in chosen) else "category in (nvr, dvr) and "
    return f"({where}) or {needed_of_them}({' or '.join(sorted(places))})" if places else where


def told(inventory: Inventory, devices: Sequence[Device]) -> Told:
    """Read the replies of recorders, and what they mean for their cameras."""
    recorders = {one.id: one for one in devices if one.category in RECORDERS}
    channels: dict[str, Channels] = {}
    stated: dict[str, dict[str, Requirement]] = defaultdict(dict)
    lists: dict[str, tuple[str, ...]] = {}
    for device, observation in inventory.told_by(list(recorders)):
        known, found = channels.get(device), read_channels(observation)
        if found and (known is None or found.meaning == "in use"):
            channels[device] = found
        for one in replies.stated(recorders[device].category, observation):
            if one.field not in stated[device] or one.certainty == "known":
                stated[device][one.field] = one
        if observation.protocol == "isapi":
            lists[device] = dependence.addresses(observation.payload)
    onvif = inventory.ask(plan_items.speaks_onvif, [one.id for one in devices])
    return Told(channels, dict(stated), dependence.ties(devices, lists, onvif))


def build(
    inventory: Inventory,
    by: str,
    weights: Weights,
    where: str = "",
    *,
    today: date | None = None,
    rehearsal: bool = False,
) -> list[Change]:
    """Take the covered devices for which a condition holds into the plan, and say how urgent each is."""
    everything = list(inventory.each_device(evidence=False))
    chosen = {one.id for one in inventory.each_device(where, evidence=False)} if where.strip() else None
    wanted = [one for one in everything if one.covered and (chosen is None or one.id in chosen)]
    heard = told(inventory, everything)
    flaws = {one.id: describe(one).flaws for one in wanted}
    sensitivity = inventory.ask(plan_items.sensitivity)
    found = priorities(wanted, flaws, heard.ties, sensitivity, weights, today or datetime.now(UTC).date())
    priced = [
        plan_items.Priced(
            one.id,
            found[one.id].number,
            found[one.id].reasons,
            "confirmed" if one.confidence == "confirmed" else "found",
        )
        for one in wanted
    ]
    return inventory.change(plan_items.build, by, priced, rehearsal=rehearsal)


def seen_again(units: Iterable[Unit]) -> list[Unit]:
    """Units that were taken out, and answered on a later day: they came back, or never went."""
    gone = (one for one in units if one.item.state in GONE and one.item.removed_on)
    return [one for one in gone if one.device.last_seen.date() > (one.item.removed_on or date.max)]


def no_longer_covered(units: Iterable[Unit]) -> list[Unit]:
    """Units that better evidence took out of every policy since: for a person to decide about."""
    return [one for one in units if not one.device.covered and one.item.state != "kept"]
