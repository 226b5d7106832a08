"""MAC addresses: the six octets of a network interface, and the block they were bought in.

On the wire   nothing is sent: the address comes from a neighbour table, an ARP frame, a lease or a switch.
Payloads      `4c:bd:8f:12:34:56` in any usual notation, a block alone (`4c:bd:8f`), or an ARP frame as captured.
Standard      RFC 826; IEEE Registration Authority: blocks of 24 (MA-L), 28 (MA-M) and 36 bits (MA-S).
"""

from __future__ import annotations

import ipaddress
import re

import msgspec

from scanner.probes.contract import Unreadable
from scanner.probes.text import decode, gather

FIELDS = {
    "mac": "the whole address, lower case with colons",
    "prefix": "its blocks of 24, 28 and 36 bits: `4c:bd:8f`, `4c:bd:8f:1`, `4c:bd:8f:12:3`",
    "local": "`true` when the address is not from a registered block: made up, as phones and containers do",
    "address": "the IPv4 address that an ARP frame names beside it",
    "text": "the payload as text",
}

ETHERTYPE_ARP = b"\x08\x06"
ARP_OF_ETHERNET_AND_IPV4 = b"\x00\x01\x08\x00\x06\x04"
BLOCK_DIGITS = (6, 7, 9)

# Octets apart by colon or dash, Cisco's groups of four, or bare digits; three octets are a block.
WRITTEN = re.compile(
    r"""(?<![0-9A-Za-z:.-])(?:
        [0-9a-f]{2}(?:([:-])[0-9a-f]{2})(?:\1[0-9a-f]{2}){4} | [0-9a-f]{4}\.[0-9a-f]{4}\.[0-9a-f]{4} | [0-9a-f]{12}
        | [0-9a-f]{2}([:-])[0-9a-f]{2}\2[0-9a-f]{2}          | [0-9a-f]{6}
    )(?![0-9A-Za-z:.-])""",
    re.VERBOSE | re.IGNORECASE,
)


class Mac(msgspec.Struct, frozen=True):
    mac: str
    address: str | None = None


def normal(text: str) -> str | None:
    """A MAC address in any notation as lower case with colons; None when it is none, or no device's."""
    digits = re.sub(r"[^0-9a-f]", "", text.strip().lower())
    if not (WRITTEN.fullmatch(text.strip()) and len(digits) == 12) or digits in ("0" * 12, "f" * 12):
        return None
    return colons(digits)


def colons(digits: str) -> str:
    return ":".join(digits[at : at + 2] for at in range(0, len(digits), 2))


def read(payload: bytes) -> Mac:
    """Read an ARP frame or the text of a whole address."""
    if frame := _arp(payload):
        return frame
    if mac := next((mac for found in _written(payload) if (mac := normal(found))), None):
        return Mac(mac)
    raise Unreadable(f"expected a MAC address or an ARP frame, got {payload[:20]!r}")


def fields(payload: bytes) -> dict[str, tuple[str, ...]]:
    frame = _arp(payload)
    found = [frame.mac] if frame else _written(payload)
    pairs = [("address", frame.address or "")] if frame else [("text", decode(payload))]
    for written in found:
        digits = re.sub(r"[^0-9a-f]", "", written.lower())
        pairs += [("mac", normal(written) or "")]
        pairs += [("prefix", colons(digits[:size])) for size in BLOCK_DIGITS if len(digits) >= size]
        pairs += [("local", "true")] if int(digits[:2], 16) & 2 else []
    return gather(pairs)


def _written(payload: bytes) -> list[str]:
    return [found[0] for found in WRITTEN.finditer(decode(payload[:1024]))][:4]


def _arp(payload: bytes) -> Mac | None:
    """The sender that an ARP packet names, with or without its Ethernet header."""
    packet = payload[14:] if payload[12:14] == ETHERTYPE_ARP else payload
    if len(packet) < 28 or not packet.startswith(ARP_OF_ETHERNET_AND_IPV4):
        return None
    mac, address = packet[8:14], packet[14:18]
    return Mac(colons(mac.hex()), str(ipaddress.IPv4Address(address)) if any(address) else None)
