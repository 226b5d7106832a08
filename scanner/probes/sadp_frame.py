"""SADP below IP: the same search in Ethernet frames, which shows units without a usable address.

On the wire   ethertype 0x8033, broadcast. camcensus listens only; the frames come from captures.
Answers       a header of 38 bytes, big endian, then texts of fixed width. What newer firmware appends lies
              at offsets that differ between versions, and is not read.
Source        device-side source (sadp.h) of a third-party camera; no recording of a genuine unit is public.
"""

from __future__ import annotations

import ipaddress
import struct

import msgspec

from scanner.probes import mac as mac_address
from scanner.probes.contract import Unreadable
from scanner.probes.text import decode

ETHERTYPE = b"\x80\x33"
HEADER = struct.Struct(">B 9x B 3x 6s 4s 10x 4s")  # identifier, operation, source MAC and IPv4, mask
IDENTIFIER = 0x21
INQUIRY_REPLY = 4
REPLY = struct.Struct(">48s I I I I 48s 48s 48s")


class SadpFrame(msgspec.Struct, frozen=True):
    """An inquiry reply, by the names that the XML form of SADP uses."""

    elements: tuple[tuple[str, str], ...]


def recognises(payload: bytes) -> bool:
    return _packet(payload)[:2] in (b"\x21\x01", b"\x21\x02")


def read(payload: bytes) -> SadpFrame:
    packet = _packet(payload)
    if len(packet) < HEADER.size + REPLY.size or packet[0] != IDENTIFIER:
        raise Unreadable(f"expected a frame of a link-layer SADP reply, got {payload[:16].hex()!r}")
    _, operation, mac, address, mask = HEADER.unpack_from(packet)
    if operation != INQUIRY_REPLY:
        raise Unreadable(f"link-layer SADP operation {operation} is no inquiry reply")
    serial, kind, port, channels, disks, firmware, encoder, started = REPLY.unpack_from(packet, HEADER.size)
    pairs = {
        "DeviceType": str(kind),
        "DeviceSN": _text(serial),
        "CommandPort": str(port),
        "MAC": mac_address.colons(mac.hex()),
        "IPv4Address": str(ipaddress.IPv4Address(address)),
        "IPv4SubnetMask": str(ipaddress.IPv4Address(mask)),
        "ChannelNum": str(channels),
        "DiskNumber": str(disks),
        "SoftwareVersion": _text(firmware),
        "DSPVersion": _text(encoder),
        "BootTime": _text(started),
    }
    return SadpFrame(tuple((name, value) for name, value in pairs.items() if value))


def _packet(payload: bytes) -> bytes:
    """The packet, with or without its Ethernet header."""
    return payload[14:] if payload[12:14] == ETHERTYPE else payload


def _text(padded: bytes) -> str:
    return decode(padded.partition(b"\0")[0]).strip()
