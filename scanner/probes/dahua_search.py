"""Dahua's first search protocol: binary, answered by units made before about 2016.

On the wire   udp 5050, one fixed datagram of 32 bytes to the broadcast address. Changes nothing. Newer units are
              silent here and answer DHDiscover, so it is asked once.
Answers       `b3`, a fixed section of 0x78 bytes, the MAC address and model, then lines of text. Ports are little
              endian, addresses in network order. Observations of it belong to the protocol `dhdiscover`.
Sources       julienblitte/UniversalScanner Dahua1.cs; mcw0/DahuaConsole net.py.
"""

from __future__ import annotations

import ipaddress
import struct

import msgspec

from scanner.probes import mac as mac_address
from scanner.probes.contract import Datagram, Question, Unreadable
from scanner.probes.text import decode, gather, loose_pairs

METHOD = "binary search"
REQUEST = bytes.fromhex("a3010001" + "00" * 12 + "02" + "00" * 15)
ANSWER = b"\xb3"
FIXED = 0x78
FIXED_SECTION = struct.Struct("<32x 8x 16s 4s 4s 4s 26x H H H")  # to 0x64; alarm and e-mail servers left out
MAC_LENGTH = 17


class DahuaSearch(msgspec.Struct, frozen=True):
    name: str
    address: str
    netmask: str
    gateway: str
    http_port: int
    https_port: int
    port: int  # of the maker's SDK
    mac: str | None = None
    model: str = ""
    lines: tuple[tuple[str, str], ...] = ()  # Name, Device, IPv6Addr, SerialNo


DATAGRAM = Datagram(
    protocol="dhdiscover",
    port=5050,
    questions=lambda _token: (Question(METHOD, REQUEST),),
    broadcast=True,
    listen=5050,  # the oldest units answer to the port, not to the asker
    rounds=(0.0,),
    unicast=False,
)


def recognises(payload: bytes) -> bool:
    """Whether this is an answer, or enough of one to be told from anything else."""
    return payload.startswith(ANSWER) and len(payload) >= FIXED_SECTION.size


def read(payload: bytes) -> DahuaSearch:
    if not recognises(payload):
        raise Unreadable(f"expected a binary search reply, got {payload[:16].hex()!r}")
    name, address, netmask, gateway, http_port, https_port, port = FIXED_SECTION.unpack_from(payload)
    second = payload[FIXED : FIXED + payload[0x02]]
    third = payload[FIXED + len(second) :][: struct.unpack_from("<H", payload, 0x14)[0]]
    lines = loose_pairs(decode(third))
    return DahuaSearch(
        name=_text(name),
        address=_dotted(address),
        netmask=_dotted(netmask),
        gateway=_dotted(gateway),
        http_port=http_port,
        https_port=https_port,
        port=port,
        mac=mac_address.normal(_text(second[:MAC_LENGTH])),
        model=_text(second[MAC_LENGTH:]),
        lines=tuple(lines),
    )


def fields(payload: bytes) -> dict[str, tuple[str, ...]]:
    """The same names as `dhdiscover.fields` gives, so that one fingerprint serves both protocols."""
    try:
        reply = read(payload)
    except Unreadable:
        return {}
    lines = dict(reversed(reply.lines))
    pairs = [
        ("method", METHOD),
        ("mac", reply.mac or ""),
        ("DeviceType", reply.model or lines.get("Device", "") or reply.name),
        ("MachineName", lines.get("Name", "") or reply.name),
        ("SerialNo", lines.get("SerialNo", "")),
        ("IPAddress", reply.address),
        ("Port", str(reply.port)),
        ("HttpPort", str(reply.http_port)),
    ]
    pairs += [("pair", f"{name}={value}") for name, value in reply.lines]
    return gather([*pairs, ("text", decode(payload[FIXED:]))])


def _text(padded: bytes) -> str:
    return decode(padded.partition(b"\0")[0]).strip()


def _dotted(address: bytes) -> str:
    return str(ipaddress.IPv4Address(address))
