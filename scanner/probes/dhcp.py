"""DHCP: what a device asks its address with, from a capture or from a server's log.

On the wire   nothing is sent: requests are broadcast by the devices themselves, udp 68 to 67.
Payloads      a BOOTP message as captured, or lines such as `option 60: AXIS,Network Camera,P3225-LV` and
              `hostname: ipc-1`.
Standard      RFC 2131, RFC 2132 (options 12, 53, 55, 60, 61).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from scanner.probes import mac as mac_address
from scanner.probes.contract import Unreadable
from scanner.probes.text import decode, gather

FIELDS = {
    "vendor-class": "option 60",
    "hostname": "option 12",
    "parameters": "option 55: numbers of what is asked for, in order, joined by commas",
    "client-id": "option 61, as a MAC address where it is one",
    "options": "numbers of all options in the order sent, joined by commas",
    "mac": "hardware address of the client, lower case with colons",
    "text": "the payload as text",
}

MAGIC = b"\x63\x82\x53\x63"
OPTIONS_AT = 236
PAD, END = 0, 255
HOSTNAME, PARAMETERS, VENDOR_CLASS, CLIENT_ID = 12, 55, 60, 61
NAMES = {HOSTNAME: "hostname", PARAMETERS: "parameters", VENDOR_CLASS: "vendor-class", CLIENT_ID: "client-id"}
LINE = re.compile(r"^[ \t]*([A-Za-z][A-Za-z0-9 _-]{0,40}?)[ \t]*[:=][ \t]*([^\r\n]+)", re.MULTILINE)
# As leases and logs of widespread servers call the four.
WORDS = {
    "option 12": HOSTNAME,
    "hostname": HOSTNAME,
    "host name": HOSTNAME,
    "client-hostname": HOSTNAME,
    "option 55": PARAMETERS,
    "parameters": PARAMETERS,
    "parameter request list": PARAMETERS,
    "option 60": VENDOR_CLASS,
    "vendor-class": VENDOR_CLASS,
    "vendor class": VENDOR_CLASS,
    "vendor-class-identifier": VENDOR_CLASS,
    "option 61": CLIENT_ID,
    "client-id": CLIENT_ID,
    "client id": CLIENT_ID,
}


class Dhcp(msgspec.Struct, frozen=True):
    mac: str | None
    options: tuple[tuple[int, bytes], ...]  # in the order sent

    def option(self, number: int) -> bytes:
        return b"".join(
            value for key, value in self.options if key == number
        )  # RFC 3396: long ones come in parts


def read(payload: bytes) -> Dhcp:
    """Read a BOOTP message with DHCP options."""
    if payload[OPTIONS_AT : OPTIONS_AT + 4] != MAGIC:
        raise Unreadable(f"expected a DHCP message, got {payload[:16].hex()!r}")
    ethernet = payload[1:3] == b"\x01\x06"
    mac = mac_address.normal(payload[28:34].hex()) if ethernet else None
    return Dhcp(mac, tuple(_options(payload[OPTIONS_AT + 4 :])))


def fields(payload: bytes) -> dict[str, tuple[str, ...]]:
    try:
        message = read(payload)
    except Unreadable:
        text = decode(payload)
        lines = LINE.findall(text)
        stated = ((WORDS.get(word.lower()), value.strip(" \t\"';")) for word, value in lines)
        return gather([*((NAMES[number], value) for number, value in stated if number), ("text", text)])
    pairs = [(name, _value(number, message.option(number))) for number, name in NAMES.items()]
    pairs += [("options", ",".join(str(number) for number, _ in message.options)), ("mac", message.mac or "")]
    return gather(pairs)


def _options(area: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at + 1 < len(area) and area[at] != END:
        if area[at] == PAD:
            at += 1
            continue
        number, length = area[at], area[at + 1]
        yield number, area[at + 2 : at + 2 + length]
        at += 2 + length


def _value(number: int, value: bytes) -> str:
    if number == PARAMETERS:
        return ",".join(map(str, value))
    if number == CLIENT_ID and len(value) == 7 and value[0] == 1:
        return mac_address.normal(value[1:].hex()) or ""
    return value.hex() if number == CLIENT_ID else decode(value)
