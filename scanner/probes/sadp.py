"""SADP: Hikvision's search protocol, which its cameras and recorders answer whatever name is printed on them.

On the wire   udp 37020, one small XML datagram to 239.255.255.250 and to the broadcast address; by unicast too.
              `inquiry` and `inquiry_v32` only ask. Every other type on this port changes the device or gives away
              a secret: see `scanner.probes.forbidden`.
Answers       one XML `ProbeMatch` of 700-2500 bytes to the asker, or to the group, which reaches us even from a
              unit whose address does not belong to this network. A unit that starts says `Hello` unasked.
              The form below IP (`sadp_frame`) is read here as well.
Sources       julienblitte/UniversalScanner Hikvision.cs; MatrixEditor/hikvision-sdk-cam doc/udp.md; recorded replies.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from scanner.probes import mac as mac_address
from scanner.probes import sadp_frame
from scanner.probes.contract import Datagram, Question, Unreadable
from scanner.probes.text import decode, gather, loose_pairs
from scanner.probes.xml import elements

FIELDS = {
    "Types": "which question this answers, or `hello`",
    "DeviceType": "numeric product code",
    "DeviceDescription": "model as sold; a relabel states its brand's model here",
    "DeviceSN": "model, production date and number in one",
    "CommandPort": "port of the maker's SDK",
    "HttpPort": "port of the web server",
    "SDKOverTLSPort": "port of the SDK over TLS",
    "MAC": "MAC address as written",
    "mac": "MAC address, lower case with colons",
    "IPv4Address": "stated address, which may belong to another network",
    "IPv4SubnetMask": "stated mask",
    "IPv4Gateway": "stated gateway",
    "IPv6Address": "stated IPv6 address",
    "DHCP": "whether the address is leased",
    "AnalogChannelNum": "inputs by coax",
    "DigitalChannelNum": "inputs by IP",
    "DiskNumber": "disks fitted",
    "SoftwareVersion": "firmware with its build date: `V5.5.6build 180326`",
    "DSPVersion": "encoder firmware",
    "BootTime": "local time of the last start",
    "Activated": "`false` when no administrator password was ever set",
    "OEMCode": "whether this is an OEM build",
    "DetailOEMCode": "number of the OEM customer",
    "OEMInfo": "free text of the OEM",
    "EZVIZCode": "whether this is an EZVIZ build",
    "SpecificDeviceType": "`Neutral` for a build without a name, `HIK`",
    "Manufacturer": "maker's or brand's name, on new firmware",
    "pair": "every element as `name=value`, those above among them",
    "text": "the reply as text, without secrets",
}

PORT = 37020
INQUIRIES = ("inquiry", "inquiry_v32")  # an EZVIZ battery camera answers the second only
TEMPLATE = '<?xml version="1.0" encoding="utf-8"?><Probe><Uuid>{uuid}</Uuid><Types>{types}</Types></Probe>'

# Part of the functions that reset passwords: kept in the raw evidence only, and out of everything drawn from it.
SECRETS = ("Salt", "SafeCode", "SecurityCode", "VerificationCode", "Password")
SECRET_END = "EncryptString"  # names that end so
# A `\b` in front of all of them would be tried at every character, which takes three times as long.
WORDS = "|".join(rf"{name}(?<!\w{name})" for name in SECRETS)
STATED_SECRET = re.compile(rf"((?:{WORDS}|{SECRET_END})[\"']?\s{{0,4}}[>:=]\s{{0,4}})[^<\r\n,}}]*")
ANSWERS = ("ProbeMatch", "Hello")
OPENING = re.compile(r"<(ProbeMatch|Hello|Probe)\b")
FALSE = ("false", "flase")  # sic: firmware 5.5 and 5.6 spell HCPlatformEnable and DeviceLock so


class Sadp(msgspec.Struct, frozen=True):
    mac: str
    address: str = ""
    model: str = ""
    serial: str = ""
    firmware: str = ""
    activated: bool | None = None
    elements: tuple[tuple[str, str], ...] = ()  # all of them, without secrets


def request(uuid: str, types: str = INQUIRIES[0]) -> bytes:
    return TEMPLATE.format(uuid=uuid, types=types).encode("ascii")


def questions(token: str) -> tuple[Question, ...]:
    return tuple(Question(types, request(token, types)) for types in INQUIRIES)


DATAGRAM = Datagram(
    protocol="sadp", port=PORT, questions=questions, group4="239.255.255.250", broadcast=True, listen=PORT
)


def read(payload: bytes) -> Sadp:
    """Read a ProbeMatch, a Hello, or a link-layer reply. A Probe, as of another scanner, is Unreadable."""
    opening = OPENING.search(decode(payload))
    if not sadp_frame.recognises(payload) and (not opening or opening[1] not in ANSWERS):
        raise Unreadable(f"expected an SADP ProbeMatch or Hello, got {payload[:40]!r}")
    pairs = tuple(_pairs(payload))
    known = dict(reversed(pairs))  # the first of equals counts
    if not (mac := mac_address.normal(known.get("MAC", ""))):
        raise Unreadable("an SADP reply without a MAC address")
    return Sadp(
        mac=mac,
        address=known.get("IPv4Address", ""),
        model=known.get("DeviceDescription", ""),
        serial=known.get("DeviceSN", ""),
        firmware=known.get("SoftwareVersion", ""),
        activated={"true": True, "false": False}.get(known.get("Activated", "")),
        elements=pairs,
    )


def fields(payload: bytes) -> dict[str, tuple[str, ...]]:
    text = decode(payload)
    if (opening := OPENING.search(text)) and opening[1] == "Probe":
        return {}  # a question says nothing about the device that heard it
    try:
        pairs = list(_pairs(payload))
    except Unreadable:
        return {}  # a link-layer frame that is no reply
    text = "" if sadp_frame.recognises(payload) else text
    found = [pair for pair in pairs if pair[0] in FIELDS]
    found += [("mac", mac_address.normal(value) or "") for name, value in pairs if name == "MAC"]
    found += [("pair", f"{name}={value}") for name, value in pairs]
    return gather([*found, ("text", STATED_SECRET.sub(r"\1", text))])


def _pairs(payload: bytes) -> Iterator[tuple[str, str]]:
    if sadp_frame.recognises(payload):
        yield from sadp_frame.read(payload).elements
        return
    for name, value in elements(payload) or loose_pairs(decode(payload)):
        if name not in SECRETS and not name.endswith(SECRET_END):
            yield name, "false" if value in FALSE else value
