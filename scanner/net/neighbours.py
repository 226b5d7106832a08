"""The neighbour table of the operating system: which MAC address was last seen at which address.

Read through netlink, so without privileges and with IPv6; where netlink is closed, from /proc/net/arp.
"""

from __future__ import annotations

import ipaddress
import struct
from pathlib import Path

import msgspec

from scanner.net import netlink

NEIGHBOUR = struct.Struct("=B3xiHBB")  # family, index, state, flags, type
NDA_DST, NDA_LLADDR = 1, 2
ARP_TABLE = Path("/proc/net/arp")
ARP_COMPLETE = 0x02

STATES = {
    # kernel  name          meaning
    0x01:    "incomplete",  # asked, no answer yet
    0x02:    "reachable",
    0x04:    "stale",       # was seen, not confirmed lately
    0x08:    "delay",
    0x10:    "probe",
    0x20:    "failed",      # asked, and nobody answered
    0x40:    "noarp",       # needs no resolution: loopback, multicast, tunnels
    0x80:    "permanent",
}  # fmt: skip


class Neighbour(msgspec.Struct, frozen=True):
    """One row of the table. Without a MAC address nobody has answered for this address."""

    address: str
    mac: str | None
    state: str
    index: int = 0  # of the interface; 0 when the fallback could not tell


def neighbours() -> tuple[Neighbour, ...]:
    """The whole table, IPv4 and IPv6. Multicast and loopback entries, which nobody answered for, are left out."""
    try:
        rows = netlink.ask(netlink.GETNEIGH, NEIGHBOUR.pack(0, 0, 0, 0, 0))
        found = [neighbour(fixed, row) for fixed, row in rows if NDA_DST in row]
    except OSError:
        found = arp_rows(ARP_TABLE.read_text()) if ARP_TABLE.exists() else []
    return tuple(each for each in found if each.state != "noarp")


def macs() -> dict[str, str]:
    """Address to MAC address, for every neighbour that ever answered."""
    return {each.address: each.mac for each in neighbours() if each.mac and each.state != "failed"}


def neighbour(fixed: bytes, row: netlink.Attributes) -> Neighbour:
    _, index, state, _, _ = NEIGHBOUR.unpack(fixed)
    address = ipaddress.ip_address(row[NDA_DST])
    mac = netlink.mac_text(row.get(NDA_LLADDR))
    return Neighbour(str(address), mac, STATES.get(state, "none"), index)


def arp_rows(table: str) -> list[Neighbour]:
    """Read /proc/net/arp: address, hardware type, flags, MAC address, mask, device."""
    found = []
    for line in table.splitlines()[1:]:
        address, _, flags, mac, *_ = line.split()
        complete = bool(int(flags, 16) & ARP_COMPLETE)
        found.append(
            Neighbour(address, mac.lower() if complete else None, "stale" if complete else "incomplete")
        )
    return found
