"""The interfaces of this machine, the networks behind them, and the way to an address.

Asked of the kernel through netlink: no privileges, no packet on any network.
"""

from __future__ import annotations

import ipaddress
import socket
import struct
from collections.abc import Iterable
from ipaddress import IPv4Interface, IPv4Network, IPv6Interface

import msgspec

from scanner.net import netlink

LINK = struct.Struct("=BxHiII")  # family, type, index, flags, change
ADDRESS = struct.Struct("=BBBBi")  # family, prefix length, flags, scope, index
ROUTE = struct.Struct("=BBBBBBBBI")  # family, length of destination and source, ...
IFLA_ADDRESS, IFLA_IFNAME = 1, 3
NOT_YET_OURS = 0x40 | 0x08  # tentative, or found to be somebody else's: cannot be sent from
IFA_ADDRESS, IFA_LOCAL = 1, 2  # on a point-to-point link the first is the peer's
RTA_DST, RTA_OIF, RTA_GATEWAY, RTA_PREFSRC, RTA_VIA = 1, 4, 5, 7, 18
UP, BROADCAST, LOOPBACK, MULTICAST = 0x1, 0x2, 0x8, 0x1000

PRIVATE = tuple(map(IPv4Network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")))  # RFC 1918


class Interface(msgspec.Struct, frozen=True):
    """One network interface; `addresses` carry their prefix length, as in `10.20.0.5/22`."""

    name: str
    index: int
    mac: str | None = None
    addresses: tuple[str, ...] = ()
    up: bool = True
    multicast: bool = True
    broadcast: bool = True
    loopback: bool = False

    @property
    def addresses4(self) -> tuple[IPv4Interface, ...]:
        return tuple(IPv4Interface(each) for each in self.addresses if ":" not in each)

    @property
    def addresses6(self) -> tuple[IPv6Interface, ...]:
        return tuple(IPv6Interface(each) for each in self.addresses if ":" in each)

    def holds(self, address: str) -> bool:
        """Whether an address belongs to a network of this interface."""
        it = ipaddress.ip_address(address.partition("%")[0])
        return any(it in ipaddress.ip_interface(each).network for each in self.addresses)


class Way(msgspec.Struct, frozen=True):
    """How packets to an address would leave: by which interface, from which address, through which router."""

    interface: str
    source: str | None = None
    gateway: str | None = None  # None: the address is on the link itself

    @property
    def routed(self) -> bool:
        return self.gateway is not None


def interfaces() -> tuple[Interface, ...]:
    """Every interface of this machine, also those that are down, in the order of the kernel."""
    addresses: dict[int, list[str]] = {}
    for fixed, found in netlink.ask(netlink.GETADDR, ADDRESS.pack(0, 0, 0, 0, 0)):
        _, prefix, flags, _, index = ADDRESS.unpack(fixed)
        if flags & NOT_YET_OURS:
            continue
        if raw := found.get(IFA_LOCAL) or found.get(IFA_ADDRESS):
            addresses.setdefault(index, []).append(f"{ipaddress.ip_address(raw)}/{prefix}")
    links = netlink.ask(netlink.GETLINK, LINK.pack(0, 0, 0, 0, 0))
    return tuple(interface(fixed, found, addresses) for fixed, found in links)


def interface(fixed: bytes, found: netlink.Attributes, addresses: dict[int, list[str]]) -> Interface:
    _, _, index, flags, _ = LINK.unpack(fixed)
    return Interface(
        name=found[IFLA_IFNAME].rstrip(b"\0").decode(errors="replace"),
        index=index,
        mac=netlink.mac_text(found.get(IFLA_ADDRESS)),
        addresses=tuple(addresses.get(index, ())),
        up=bool(flags & UP),
        multicast=bool(flags & MULTICAST),
        broadcast=bool(flags & BROADCAST),
        loopback=bool(flags & LOOPBACK),
    )


def local_networks(found: Iterable[Interface]) -> tuple[tuple[str, IPv4Network], ...]:
    """The private IPv4 networks (RFC 1918) behind interfaces that are up: interface name and network.

    IPv6 networks are left out: they are too large to sweep, and discovery reaches them by multicast.
    """
    usable = (each for each in found if each.up and not each.loopback)
    networks = ((each.name, address.network) for each in usable for address in each.addresses4)
    return tuple((name, network) for name, network in networks if any(map(network.subnet_of, PRIVATE)))


def route(address: str) -> Way | None:
    """The way to an address by the kernel's routing, or None when there is none."""
    it = ipaddress.ip_address(address.partition("%")[0])
    family = socket.AF_INET if it.version == 4 else socket.AF_INET6
    asked = ROUTE.pack(family, it.max_prefixlen, 0, 0, 0, 0, 0, 0, 0)
    try:
        [(_, found)] = netlink.ask(netlink.GETROUTE, asked, {RTA_DST: it.packed}, dump=False)
        name = socket.if_indextoname(struct.unpack("=i", found[RTA_OIF])[0])
    except (OSError, ValueError, KeyError):
        return None
    source, gateway = found.get(RTA_PREFSRC), found.get(RTA_GATEWAY) or found.get(RTA_VIA, b"")[2:]
    return Way(name, text(source), text(gateway))


def text(raw: bytes | None) -> str | None:
    return str(ipaddress.ip_address(raw)) if raw else None
