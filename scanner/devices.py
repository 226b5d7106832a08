"""Which observations belong to one device, when only addresses and MAC addresses tell.

A MAC address outranks an address: several units with the same factory address are several devices, and one unit that
is heard under two addresses is one. What a device states about itself outranks what the link saw, because a relay may
have passed its reply on.
"""

from __future__ import annotations

import collections
from collections.abc import Collection, Iterable
from typing import NamedTuple

from scanner.model import Reading
from scanner.realms import REALMS, own_part

STATED_MAC = ("sadp.MAC", "dhdiscover.mac", "ws-discovery.mac", "upnp-xml.mac", "isapi.macAddress")
STATED_SERIAL = (
    "sadp.DeviceSN", "dhdiscover.SerialNo", "dvrip.SerialNo", "isapi.serialNumber", "onvif.SerialNumber",
    "upnp-xml.serialNumber",
)  # fmt: skip
NOBODY = {"00:00:00:00:00:00", "ff:ff:ff:ff:ff:ff"}
RELAY = 3  # IPv4 addresses behind one MAC address, from which on it is a router's that answers for others


class Trace(NamedTuple):
    """What one observation says about where it came from. `row` is its number in the inventory."""

    row: int
    address: str | None
    seen_mac: str | None = None  # on the link
    stated_mac: str | None = None  # in the reply itself
    port: int | None = None
    serials: tuple[
        tuple[str, str], ...
    ] = ()  # and what is its own in a realm, that are stated: field and value


Place = tuple[str | None, int | None]  # an address and a port


def trace(row: int, reading: Reading) -> Trace:
    """The trace of one observation."""
    observation = reading.observation
    serials = [(name, reading.fields[name][0]) for name in STATED_SERIAL if reading.fields.get(name)]
    for name in REALMS:
        for realm in reading.fields.get(name, ()):
            if own := own_part(realm):
                serials.append((name, own))
    return Trace(
        row, observation.address, observation.mac, stated_mac(reading), observation.port, tuple(serials)
    )


def stated_mac(reading: Reading) -> str | None:
    """The MAC address that a device states about itself in a reply."""
    for field in STATED_MAC:
        for mac in reading.fields.get(field, ()):
            plain = mac.strip().lower().replace("-", ":")
            if len(plain) == 17 and plain not in NOBODY:
                return plain
    return None


def sort_out(traces: Iterable[Trace], cloned: Collection[str] = ()) -> dict[str, list[int]]:
    """The rows of each device, by its MAC address or, failing that, its address; with a serial number after it where
    that alone tells two apart.

    `cloned` are MAC addresses that several units are known to have: what has one of these is a device at each address.
    """
    traces = list(traces)
    aliases, relays = _aliases(traces), _relays(traces)

    def mac_of(one: Trace) -> str | None:
        mac = one.stated_mac or (one.seen_mac if one.seen_mac not in relays else None)
        return aliases.get(mac, mac) if mac else None

    macs_at: dict[str, set[str]] = collections.defaultdict(set)
    for one in traces:
        if one.address and (mac := mac_of(one)):
            macs_at[one.address].add(mac)
    devices: dict[str, list[Trace]] = collections.defaultdict(list)
    for one in traces:
        mac = mac_of(one)
        if mac is None and one.address and len(macs_at[one.address]) == 1:
            (mac,) = macs_at[one.address]
        place = f" {one.address}" if mac in cloned and one.address else ""
        devices[f"{mac}{place}" if mac else one.address or f"row {one.row}"].append(one)
    return {key: rows for name, some in devices.items() for key, rows in _by_serial(name, some).items()}


def ports(traces: Iterable[Trace]) -> dict[str, list[str]]:
    """Of units that state one MAC address and answer from another, too: by the stated one, their other ports."""
    traces = list(traces)
    relays = _relays(traces)
    found: dict[str, list[str]] = collections.defaultdict(list)
    for seen, stated in _aliases(traces).items():
        if seen not in relays:
            found[stated].append(seen)
    return found


def _by_serial(name: str, traces: list[Trace]) -> dict[str, list[int]]:
    """The rows of each unit among those with one name: several, when one field holds a different serial elsewhere.

    A place that states none is that unit's which has the address to itself; or else nobody knows whose it is, but what
    comes from two addresses is not one unit's.
    """
    units: dict[Place, str] = {}
    names: dict[str, str] = {}  # by each text that was stated: the name of the unit that did
    fields: dict[str, dict[str, Place]] = collections.defaultdict(dict)
    for one in traces:
        for field, serial in one.serials:
            place = one.address, one.port
            fields[field].setdefault(serial, place)
            units.setdefault(place, names.get(serial, serial))
            names.setdefault(serial, units[place])
    if not any(len(set(places.values())) > 1 for places in fields.values()):
        return {name: [one.row for one in traces]}
    at: dict[str | None, set[str]] = collections.defaultdict(set)
    for (address, _), serial in units.items():
        at[address].add(serial)
    named: dict[str, list[int]] = collections.defaultdict(list)
    others: dict[str, list[int]] = collections.defaultdict(list)
    for one in traces:
        alone = min(at[one.address]) if len(at[one.address]) == 1 else ""
        if unit := units.get((one.address, one.port), alone):
            named[f"{name} {unit}"].append(one.row)
        else:  # of several units with one MAC address, each is where it is
            others[f"{name} {one.address}" if one.address not in (None, name) else name].append(one.row)
    return named | others  # first those that show how many units there are


def _relays(traces: Iterable[Trace]) -> set[str]:
    """MAC addresses on the link that answer for many IPv4 addresses: routers, and whoever hides others behind them."""
    behind: dict[str, set[str]] = collections.defaultdict(set)
    for one in traces:
        if one.seen_mac and one.address and ":" not in one.address and not one.address.startswith("169.254."):
            behind[one.seen_mac].add(one.address)
    return {mac for mac, addresses in behind.items() if len(addresses) >= RELAY}


def _aliases(traces: Iterable[Trace]) -> dict[str, str]:
    """MAC addresses seen on the link that belong to a device which states another: its second network port.

    A MAC address that passes on what several devices state is a relay, and nobody's alias.
    """
    states: dict[str, set[str]] = collections.defaultdict(set)
    for one in traces:
        if one.seen_mac and one.stated_mac:
            states[one.seen_mac].add(one.stated_mac)
    return {
        seen: stated
        for seen, (stated, *more) in ((seen, sorted(found)) for seen, found in states.items())
        if not more and stated != seen
    }
