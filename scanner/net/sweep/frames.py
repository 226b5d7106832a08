"""The frames of ARP and of half-open TCP, built once and patched for each target. No sockets.

A sweep that keeps no list of what it asked must know its own answers by sight: every SYN carries a keyed cookie in
its sequence number, and an answer counts only when it acknowledges the cookie of its own address and port.

Standards     RFC 826 (ARP), RFC 791 (IPv4), RFC 9293 (TCP), RFC 1071 (checksums).
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterable

import msgspec

BROADCAST = b"\xff" * 6
IP, ARP = 0x0800, 0x0806
TCP = 6
SYN, RST, ACK = 0x02, 0x04, 0x10
MAXIMUM_SEGMENT = b"\x02\x04\x05\xb4"  # the option every stack sends: 1460 bytes
DONT_FRAGMENT = 0x4000
TTL = 64
WINDOW = 1024

ETHERNET = struct.Struct("!6s6sH")
ARP_BODY = struct.Struct("!HHBBH6sI6sI")
IP_HEADER = struct.Struct("!BBHHHBBHII")
TCP_HEADER = struct.Struct("!HHIIHHHH")
ARP_TARGET = 38  # offset of the address that is asked for
IP_CHECKSUM = 24  # offset of all that differs between two SYNs: from here to the checksum of TCP
PATCH = struct.Struct("!HIIIIIIH")  # checksum; source, target, ports, sequence, acknowledged, flags; checksum


class Heard(msgspec.Struct, frozen=True):
    """An answer to a SYN."""

    address: int
    port: int
    refused: bool


def arp_request(mac: bytes, source: int) -> bytes:
    """Who has ...? The address that is asked for stands at ARP_TARGET."""
    body = ARP_BODY.pack(1, IP, 6, 4, 1, mac, source, bytes(6), 0)
    return ETHERNET.pack(BROADCAST, mac, ARP) + body


def arp_reply(frame: bytes) -> tuple[int, bytes] | None:
    """The address and the MAC address that a reply announces."""
    if len(frame) < ARP_TARGET + 4 or frame[12:14] != b"\x08\x06":
        return None
    hardware, protocol, _, _, operation, mac, address, *_ = ARP_BODY.unpack_from(frame, ETHERNET.size)
    return (address, mac) if (hardware, protocol, operation) == (1, IP, 2) else None


class Syn:
    """A SYN from one address, to be patched for each target.

    One's-complement sums are sums modulo 0xFFFF, and an address weighs in them as much as its two halves: so the
    checksum of a patched frame is one addition and one remainder.
    """

    def __init__(self, source: int, source_port: int, key: Cookie) -> None:
        self.source, self.source_port, self.key = source, source_port, key
        self._flags = (6 << 12) | SYN  # a header of six words
        ip = IP_HEADER.pack(0x45, 0, 44, 0, DONT_FRAGMENT, TTL, TCP, 0, source, 0)
        self._ip = words(ip)
        self._tcp = words(struct.pack("!IHH", source, TCP, 24)) + source_port
        self._tcp += self._flags + WINDOW + words(MAXIMUM_SEGMENT)

    def frame(self, source_mac: bytes, next_hop: bytes) -> bytes:
        """The frame without its target."""
        ip = IP_HEADER.pack(0x45, 0, 44, 0, DONT_FRAGMENT, TTL, TCP, 0, self.source, 0)
        return ETHERNET.pack(next_hop, source_mac, IP) + ip + bytes(TCP_HEADER.size) + MAXIMUM_SEGMENT

    def patch(self, buffer: bytearray, offsets: Iterable[int], addresses: list[int], port: int) -> None:
        """Aim the frames that start at these offsets. This is the innermost loop of a sweep."""
        pack, source, ip, tcp = PATCH.pack_into, self.source, self._ip, self._tcp + port
        ports, flags = self.source_port << 16 | port, self._flags << 16 | WINDOW
        mask, factor = self.key.of_port(port)
        for offset, address in zip(offsets, addresses, strict=False):
            sequence = (address ^ mask) * factor & 0xFFFFFFFF
            pack(
                buffer, offset + IP_CHECKSUM, 0xFFFF - (ip + address) % 0xFFFF,
                source, address, ports, sequence, 0, flags, 0xFFFF - (tcp + address + sequence) % 0xFFFF,
            )  # fmt: skip


class Cookie:
    """A number for each address and port that nobody guesses who was not asked.

    It keeps stray, stale and blindly forged answers out; who can read the SYN could answer it anyway. The hash is
    taken once for each port, and what is left for each address is one multiplication.
    """

    def __init__(self, secret: bytes) -> None:
        self._secret = secret
        self._of_port: dict[int, tuple[int, int]] = {}

    def of_port(self, port: int) -> tuple[int, int]:
        if port not in self._of_port:
            digest = hashlib.blake2b(port.to_bytes(2, "big"), key=self._secret, digest_size=8).digest()
            mask, factor = struct.unpack("!II", digest)
            self._of_port[port] = mask, factor | 1
        return self._of_port[port]

    def of(self, address: int, port: int) -> int:
        mask, factor = self.of_port(port)
        return (address ^ mask) * factor & 0xFFFFFFFF


def read_answer(frame: bytes | memoryview, key: Cookie) -> Heard | None:
    """Read the answer to a SYN of ours: SYN-ACK or RST, for the right cookie. None for anything else."""
    tcp = ETHERNET.size + (frame[14] & 0x0F) * 4 if len(frame) >= 34 else 0
    if not tcp or frame[12:14] != b"\x08\x00" or frame[23] != TCP or len(frame) < tcp + TCP_HEADER.size:
        return None
    port, _, _, acknowledged, flags, *_ = TCP_HEADER.unpack_from(frame, tcp)
    (address,) = struct.unpack_from("!I", frame, 26)
    if not flags & ACK or acknowledged != (key.of(address, port) + 1) & 0xFFFFFFFF:
        return None
    if flags & RST:
        return Heard(address, port, refused=True)
    return Heard(address, port, refused=False) if flags & SYN else None


def words(data: bytes) -> int:
    """The sum of 16-bit words, as a checksum sees them."""
    return sum(struct.unpack(f"!{len(data) // 2}H", data))
