"""Netlink: ask the kernel about links, addresses, neighbours and routes. Needs no privileges, sends no packet.

/proc and /sys show less (no IPv6 neighbours, and in a container sometimes the view of another network namespace);
netlink always speaks of the namespace that the process is in. Message layout: rtnetlink(7), netlink(7).
"""

from __future__ import annotations

import os
import socket
import struct
from collections.abc import Iterator

NETLINK_ROUTE = 0
REQUEST, DUMP = 0x01, 0x300
ERROR, DONE = 2, 3
GETLINK, GETADDR, GETROUTE, GETNEIGH = 18, 22, 26, 30
RECEIVE = 256 * 1024  # the kernel never sends a dump in larger parts

HEADER = struct.Struct("=IHHII")  # length, type, flags, sequence, port
ATTRIBUTE = struct.Struct("=HH")  # length, type
TYPE_MASK = 0x3FFF  # above it: the flags "nested" and "network byte order"

Attributes = dict[int, bytes]


def ask(kind: int, fixed: bytes, attributes: Attributes | None = None, *, dump: bool = True) -> Iterator[
    tuple[bytes, Attributes]
]:  # fmt: skip
    """Put one question and yield each answer: its fixed part, as long as the one sent, and its attributes.

    Raises OSError when the kernel says no, for example ENETUNREACH for an address without a route.
    """
    body = fixed + b"".join(packed(number, value) for number, value in (attributes or {}).items())
    flags = REQUEST | (DUMP if dump else 0)
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_ROUTE) as sock:
        sock.settimeout(2)
        sock.send(HEADER.pack(HEADER.size + len(body), kind, flags, 1, 0) + body)
        while True:
            for message, payload in messages(sock.recv(RECEIVE)):
                if message == DONE:
                    return
                if message == ERROR:
                    if code := -struct.unpack_from("=i", payload)[0]:
                        raise OSError(code, os.strerror(code))
                    return
                yield payload[: len(fixed)], dict(unpacked(payload, len(fixed)))
                if not dump:
                    return


def messages(block: bytes) -> Iterator[tuple[int, bytes]]:
    """The messages of one read: type and payload."""
    offset = 0
    while offset + HEADER.size <= len(block):
        length, kind, *_ = HEADER.unpack_from(block, offset)
        if length < HEADER.size:
            return
        yield kind, block[offset + HEADER.size : offset + length]
        offset += aligned(length)


def unpacked(payload: bytes, offset: int) -> Iterator[tuple[int, bytes]]:
    """The attributes behind the fixed part of a message."""
    offset = aligned(offset)
    while offset + ATTRIBUTE.size <= len(payload):
        length, kind = ATTRIBUTE.unpack_from(payload, offset)
        if length < ATTRIBUTE.size:
            return
        yield kind & TYPE_MASK, payload[offset + ATTRIBUTE.size : offset + length]
        offset += aligned(length)


def packed(number: int, value: bytes) -> bytes:
    attribute = ATTRIBUTE.pack(ATTRIBUTE.size + len(value), number) + value
    return attribute.ljust(aligned(len(attribute)), b"\0")


def aligned(length: int) -> int:
    return (length + 3) & ~3


def mac_text(raw: bytes | None) -> str | None:
    """A MAC address as it is written everywhere here; None for what is no address (loopback, tunnels)."""
    return raw.hex(":") if raw and len(raw) == 6 and any(raw) else None
