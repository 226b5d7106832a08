"""Which observations belong to one device, when only addresses and MAC addresses tell.

A MAC address outranks an address: several units with the same factory address are several devices, and one unit that
is heard under two addresses is one. What a device states about itself outranks what the link saw, because a relay may
have passed its reply on.
"""

from __future__ import annotations

import collections
from collections.abc import Iterable
from typing import NamedTuple

from scanner.model import Reading

STATED_MAC = ("sadp.MAC", "dhdiscover.mac", "ws-discovery.mac", "upnp-xml.mac", "isapi.macAddress")
NOBODY = {"00:00:00:00:00:00", "ff:ff:ff:ff:ff:ff"}


class Trace(NamedTuple):
    """What one observation says about where it came from. `row` is its number in the inventory."""

    row: int
    address: str | None
    seen_mac: str | None = None  # on the link
    stated_mac: str | None = None  # in the reply itself


def trace(row: int, reading: Reading) -> Trace:
    """The trace of one observation."""
    observation = reading.observation
    return Trace(row, observation.address, observation.mac, stated_mac(reading))


def stated_mac(reading: Reading) -> str | None:
    """The MAC address that a device states about itself in a reply."""
    for field in STATED_MAC:
        for mac in reading.fields.get(field, ()):
            plain = mac.strip().lower().replace("-", ":")
            if len(plain) == 17 and plain not in NOBODY:
                return plain
    return None


def sort_out(traces: Iterable[Trace]) -> dict[str, list[int]]:
    """The rows of each device, by its MAC address or, failing that, its address."""
    traces = list(traces)
    aliases = _aliases(traces)

    def mac_of(one: Trace) -> str | None:
        mac = one.stated_mac or one.seen_mac
        return aliases.get(mac, mac) if mac else None

    macs_at: dict[str, set[str]] = collections.defaultdict(set)
    for one in traces:
        if one.address and (mac := mac_of(one)):
            macs_at[one.address].add(mac)
    devices: dict[str, list[int]] = collections.defaultdict(list)
    for one in traces:
        mac = mac_of(one)
        if mac is None and one.address and len(macs_at[one.address]) == 1:
            (mac,) = macs_at[one.address]
        devices[mac or one.address or f"row {one.row}"].append(one.row)
    return dict(devices)


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
