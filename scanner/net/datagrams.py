"""Datagrams: the sockets to ask with and to listen on. None needs privileges.

Every question of every round leaves from a socket of its own: a socket holds only so many replies, and so each has
room for the answers to one question; see scanner.net.drain.
"""

from __future__ import annotations

import contextlib
import ipaddress
import socket
import struct

from scanner.net.interfaces import Interface

RECEIVE_BUFFER = 4 * 1024 * 1024  # wished for; the kernel gives at most net.core.rmem_max

# Linux numbers that the socket module lacks.
IP_MULTICAST_ALL, IPV6_MULTICAST_ALL = 49, 29

MREQN = struct.Struct("=4s4si")  # group, own address, interface index


def asking_socket(interface: Interface, source: str, ttl: int) -> socket.socket:
    """A socket on a port of its own that asks groups and broadcast addresses from one address of an interface."""
    sock = group_socket(interface, source, ttl)
    index = interface.index if ":" in source else 0
    return bound(sock, (source, 0, 0, index) if index else (source, 0))


def listening_socket(
    interface: Interface, source: str, ttl: int, port: int, group: str | None
) -> socket.socket:
    """A socket on a protocol's own port, shared with whoever else listens there, that has joined its group."""
    sock = group_socket(interface, source, ttl)
    six = ":" in source
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        if group:
            join(sock, interface, source, group)
    except OSError:
        sock.close()
        raise
    return bound(sock, ("::" if six else "", port))


def join(sock: socket.socket, interface: Interface, source: str, group: str) -> None:
    """Hear a group on one interface, and nothing that other programs have joined elsewhere."""
    if ":" in group:
        sock.setsockopt(socket.IPPROTO_IPV6, IPV6_MULTICAST_ALL, 0)
        place = socket.inet_pton(socket.AF_INET6, group) + struct.pack("=i", interface.index)
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_JOIN_GROUP, place)
    else:
        sock.setsockopt(socket.IPPROTO_IP, IP_MULTICAST_ALL, 0)
        place = MREQN.pack(socket.inet_aton(group), socket.inet_aton(source), interface.index)
        sock.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, place)


def plain_socket(family: int) -> socket.socket:
    """A socket that asks single addresses by whatever way the kernel routes them."""
    return bound(unbound(family), ("::" if family == socket.AF_INET6 else "", 0))


def group_socket(interface: Interface, source: str, ttl: int) -> socket.socket:
    six = ":" in source
    sock = unbound(socket.AF_INET6 if six else socket.AF_INET)
    try:
        # Linux before 5.7 keeps this from ordinary users; there, broadcasts leave by the default route alone.
        with contextlib.suppress(PermissionError):
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, interface.name.encode())
        if six:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_IF, interface.index)
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_HOPS, ttl)
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_LOOP, int(interface.loopback))
        else:
            own = MREQN.pack(bytes(4), socket.inet_aton(source), interface.index)
            sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, own)
            sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, ttl)
            sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_LOOP, int(interface.loopback))
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
    except OSError:
        sock.close()
        raise
    return sock


def unbound(family: int) -> socket.socket:
    sock = socket.socket(family, socket.SOCK_DGRAM)
    sock.setblocking(False)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)
    if family == socket.AF_INET6:
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    return sock


def bound(sock: socket.socket, place: tuple[str, int] | tuple[str, int, int, int]) -> socket.socket:
    try:
        sock.bind(place)
    except OSError:
        sock.close()
        raise
    return sock


def broadcast_addresses(source: str) -> tuple[str, ...]:
    """Where to broadcast from an address with its prefix length: nowhere on a link without a broadcast address."""
    own = ipaddress.ip_interface(source)
    if own.version == 6 or own.network.prefixlen > 30:
        return ()
    return ("255.255.255.255", str(own.network.broadcast_address))
