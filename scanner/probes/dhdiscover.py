"""DHDiscover: Dahua's search protocol, which its cameras and recorders answer whatever name is printed on them.

On the wire   udp 37810, one datagram of 90 bytes to 239.255.255.251 and to the broadcast address; by unicast too,
              which some thermal cameras need. Only `DHDiscover.search` may be sent: other methods of this port
              change the device, see `scanner.probes.forbidden`.
Answers       the same 32-byte header, then JSON of 600-1000 bytes, ended by a line feed, a NUL, or nothing.
              Dahua's older binary protocol (`dahua_search`) is read here as well.
Sources       mcw0/DahuaConsole net.py; julienblitte/UniversalScanner Dahua2.cs; recorded replies.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator

import msgspec

from scanner.probes import dahua_search
from scanner.probes import mac as mac_address
from scanner.probes.contract import PAYLOAD_LIMIT, Datagram, Question, Unreadable
from scanner.probes.text import decode, gather, loose_pairs

FIELDS = {
    "method": "`client.notifyDevInfo`, or `binary search` for the older protocol",
    "mac": "MAC address of the interface that answers, lower case with colons",
    "DeviceClass": "IPC, SD, NVR, HCVR, VTO, …",
    "DeviceType": "model as sold; a relabel states its brand's model here, a recorder perhaps only a family",
    "Vendor": "`Dahua`, a brand, or `General` and `Private` on neutral builds",
    "Manufacturer": "the same, from another setting",
    "SerialNo": "serial number",
    "Version": "firmware: `2.800.0000000.13.R`",
    "MachineName": "name that the user may edit; often the serial number",
    "DeviceID": "cloud id, mostly empty",
    "Port": "port of the maker's SDK",
    "HttpPort": "port of the web server",
    "Port3": "seen on Lorex only",
    "IPAddress": "stated IPv4 address",
    "IPv6Address": "stated IPv6 addresses",
    "VideoInputChannels": "inputs by coax, or the sensor",
    "RemoteVideoInputChannels": "inputs by IP",
    "AlarmInputChannels": "alarm inputs",
    "Init": "bit mask about the first set-up, kept as a number",
    "pair": "every value as `name=value`, those above among them",
    "text": "the reply as text",
}

PORT = 37810
METHOD = "DHDiscover.search"
SEARCH = (
    b'{"method":"DHDiscover.search","params":{"mac":"","uni":1}}'  # uni 1: answer the asker, not the group
)
ANSWERS = ("client.notifyDevInfo", dahua_search.METHOD)
MAGIC = b"DHIP"
HEADER = struct.Struct("<I4s8xI4xI4x")
LENIENT = json.JSONDecoder(strict=False)  # control characters in names that people typed
NESTING_LIMIT = 8  # honest replies nest four deep


class DhDiscover(msgspec.Struct, frozen=True):
    mac: str | None
    address: str = ""
    model: str = ""
    device_class: str = ""
    vendor: str = ""
    serial: str = ""
    firmware: str = ""
    values: tuple[tuple[str, str], ...] = ()  # all of them, by the innermost name


def request() -> bytes:
    return HEADER.pack(HEADER.size, MAGIC, len(SEARCH), len(SEARCH)) + SEARCH


DATAGRAM = Datagram(
    protocol="dhdiscover",
    port=PORT,
    questions=lambda _token: (Question(METHOD, request()),),
    group4="239.255.255.251",
    broadcast=True,
)


def read(payload: bytes) -> DhDiscover:
    """Read a reply of either protocol. Somebody's question, or the echo of our own, is Unreadable."""
    found = {name: values[0] for name, values in fields(payload).items()}
    if found.get("method") not in ANSWERS and not {"SerialNo", "DeviceType"} & found.keys():
        raise Unreadable(f"expected a DHDiscover reply, got {payload[:48]!r}")
    return DhDiscover(
        mac=found.get("mac"),
        address=found.get("IPAddress", ""),
        model=found.get("DeviceType", ""),
        device_class=found.get("DeviceClass", ""),
        vendor=found.get("Vendor", ""),
        serial=found.get("SerialNo", ""),
        firmware=found.get("Version", ""),
        values=tuple(_values(payload)),
    )


def fields(payload: bytes) -> dict[str, tuple[str, ...]]:
    if dahua_search.recognises(payload):
        return dahua_search.fields(payload)
    found = list(_values(payload))
    if ("method", METHOD) in found:
        return {}  # a question says nothing about the device that heard it
    pairs = [(name, value) for name, value in found if name in FIELDS and name != "mac"]
    pairs += [("mac", mac_address.normal(value) or "") for name, value in found if name.lower() == "mac"]
    pairs += [("pair", f"{name}={value}") for name, value in found]
    return gather([*pairs, ("text", _body(payload))])


def _body(payload: bytes) -> str:
    """The JSON, where there is some, without the header."""
    start = max(payload.find(b"{", 0, PAYLOAD_LIMIT), 0)
    return decode(payload[start:])


def _values(payload: bytes) -> Iterator[tuple[str, str]]:
    """Every value with its innermost name; of the two addresses, the IPv6 one is renamed."""
    body = _body(payload)
    try:
        value, _end = LENIENT.raw_decode(body)  # what some units put behind it is not read
    except (ValueError, RecursionError):
        # Recorded firmware and other people's notes break JSON: an unclosed string, a Python or Ruby dictionary.
        yield from loose_pairs(body)
    else:
        yield from _flat(value)


def _flat(value: object, name: str = "", inside: str = "", depth: int = 0) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict) and depth < NESTING_LIMIT:
        for key, item in value.items():
            yield from _flat(item, str(key), name, depth + 1)
    elif isinstance(value, list) and depth < NESTING_LIMIT:
        for item in value:
            yield from _flat(item, name, inside, depth + 1)
    elif name and value not in (None, "") and not isinstance(value, dict | list):
        ipv6 = inside == "IPv6Address" and name in ("IPAddress", "LinkLocalAddress")
        yield ("IPv6Address" if ipv6 else name), str(value).lower() if isinstance(value, bool) else str(value)
