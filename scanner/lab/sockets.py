"""The sockets of the lab: where discovery is heard, and how a unit speaks to a group.

Every call names the interface by its index, because a unit's address need not be known to the interface, and because
no packet of the lab may take another way out.
"""

from __future__ import annotations

import socket
import struct

import msgspec

from scanner.lab.unit import Spoken

FIRST_UNPRIVILEGED_PORT = 1024
IP_MULTICAST_ALL = 49  # Linux: 0 = hear only the groups that this very socket joined


class Place(msgspec.Struct, frozen=True):
    """Where a discovery protocol is heard."""

    port: int
    group: str | None = None
    broadcast: bool = False


PLACES: dict[Spoken, Place] = {
    "sadp":         Place(37020, "239.255.255.250", broadcast=True),
    "dhdiscover":   Place(37810, "239.255.255.251", broadcast=True),
    "dahua-search": Place(5050, broadcast=True),
    "ws-discovery": Place(3702, "239.255.255.250"),
    "ssdp":         Place(1900, "239.255.255.250"),
    "mdns":         Place(5353, "224.0.0.251"),
}  # fmt: skip


def bound(it: socket.socket, address: tuple[str, int]) -> socket.socket:
    """The socket, listening for datagrams or connections at an address that others may share."""
    try:
        it.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if it.type == socket.SOCK_DGRAM:
            it.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            it.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
            it.setsockopt(socket.IPPROTO_IP, IP_MULTICAST_ALL, 0)
        it.setblocking(False)
        it.bind(address)
    except OSError:
        it.close()
        raise
    return it


def join(it: socket.socket, group: str, interface: int) -> None:
    it.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, _membership(group, "0.0.0.0", interface))


def speak_to_groups(it: socket.socket, address: str, interface: int) -> None:
    """Let what is sent to a group come from this address, through this interface."""
    it.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, _membership("0.0.0.0", address, interface))


def _membership(group: str, address: str, interface: int) -> bytes:
    """struct ip_mreqn of ip(7)."""
    return struct.pack("4s4si", socket.inet_aton(group), socket.inet_aton(address), interface)


def first_port() -> int:
    """The first port that this process may listen on: found by trying, because several things decide it."""
    with socket.socket() as trial:
        try:
            trial.bind(("127.0.0.1", 1))
        except PermissionError:
            return FIRST_UNPRIVILEGED_PORT
        except OSError:
            return 1  # taken by somebody, so it may be had
    return 1
