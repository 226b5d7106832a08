"""Which observations belong to one device, when only addresses and MAC addresses tell.

A MAC address outranks an address: several units with the same factory address are several devices, and one unit that
is heard under two addresses is one. What a device states about itself outranks what the link saw, because a relay may
have passed its reply on.
"""

from __future__ import annotations

import collections
from collections.abc import Iterable, Sequence

from scanner.model import Reading

STATED_MAC = (
    "sadp.MAC",
    "dhdiscover.mac",
    "ws-discovery.mac",
    "upnp-xml.mac",
    "mdns.mac",
    "snmp.mac",
    "isapi.macAddress",
)
NOBODY = {"00:00:00:00:00:00", "ff:ff:ff:ff:ff:ff"}


def sort_out(readings: Iterable[Reading]) -> list[list[Reading]]:
    """Split the readings of a run by device; those without any address stand alone."""
    readings = list(readings)
    own = [_own_mac(reading) for reading in readings]
    aliases = _aliases(readings)
    macs_at: dict[str, set[str]] = collections.defaultdict(set)
    for reading, mac in zip(readings, own, strict=True):
        if mac and reading.observation.address:
            macs_at[reading.observation.address].add(aliases.get(mac, mac))
    devices: dict[str, list[Reading]] = collections.defaultdict(list)
    for number, (reading, mac) in enumerate(zip(readings, own, strict=True)):
        address = reading.observation.address
        if mac is None and address and len(macs_at[address]) == 1:
            (mac,) = macs_at[address]
        key = aliases.get(mac, mac) if mac else address
        devices[key or f"#{number}"].append(reading)
    return list(devices.values())


def stated_mac(reading: Reading) -> str | None:
    """The MAC address that a device states about itself in a reply."""
    for field in STATED_MAC:
        for mac in reading.fields.get(field, ()):
            plain = mac.strip().lower().replace("-", ":")
            if len(plain) == 17 and plain not in NOBODY:
                return plain
    return None


def _own_mac(reading: Reading) -> str | None:
    return stated_mac(reading) or reading.observation.mac


def _aliases(readings: Sequence[Reading]) -> dict[str, str]:
    """MAC addresses seen on the link that belong to a device which states another: a second network port.

    A MAC address that passes on what several devices state is a relay, and nobody's alias.
    """
    states: dict[str, set[str]] = collections.defaultdict(set)
    for reading in readings:
        seen, stated = reading.observation.mac, stated_mac(reading)
        if seen and stated:
            states[seen].add(stated)
    return {
        seen: stated
        for seen, (stated, *more) in ((seen, list(found)) for seen, found in states.items())
        if not more and stated != seen
    }
