"""SNMP: the system group, as an owner's management system has it. Nothing is asked from here.

On the wire   nothing: a community is a password, and it belongs to the owner.
Payloads      `sysDescr: …` and `sysObjectID: …` lines, `oid = value` lines as SNMP tools print them, or a
              GetResponse as captured, of which the community is left out.
Answers       a maker shows in the enterprise number (1.3.6.1.4.1.N), also an unregistered one that its firmware uses.
Standard      RFC 3416 (messages), RFC 3418 (system group), X.690 (BER).
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator
from itertools import islice, pairwise

import msgspec

from scanner.probes.contract import PAYLOAD_LIMIT, Unreadable
from scanner.probes.text import decode, gather

FIELDS = {
    "sysdescr": "system description",
    "sysobjectid": "object id of the system: 1.3.6.1.4.1.39165.…",
    "sysname": "name that the administrator gave",
    "enterprise": "enterprise number, from the object id of the system or of any other value",
    "oid": "each value as `oid = value`",
    "value": "each value",
    "text": "the lines as text",
}

SYS_DESCR, SYS_OBJECT_ID, SYS_NAME = "1.3.6.1.2.1.1.1.0", "1.3.6.1.2.1.1.2.0", "1.3.6.1.2.1.1.5.0"
SYSTEM_GROUP = {SYS_DESCR: "sysdescr", SYS_OBJECT_ID: "sysobjectid", SYS_NAME: "sysname"}
WORDS = {"sysdescr": SYS_DESCR, "sysobjectid": SYS_OBJECT_ID, "sysname": SYS_NAME}
ENTERPRISES = "1.3.6.1.4.1."
ENTERPRISE = re.compile(r"1\.3\.6\.1\.4\.1\.(\d{1,10})(?:\.|\Z)")

# Who a device says it is: the system group, the chassis in the table of entities, a printer, a power supply.
TELLING = re.compile(
    r"1\.3\.6\.1\.2\.1\.(?:1\.|47\.1\.1\.1\.1\.\d+\.(?:1|1000|1001)\Z|43\.5\.1\.1\.1[67]\.1\Z|33\.1\.1\.)"
)

# `SNMPv2-MIB::sysDescr.0 = STRING: "x"`, `iso.3.6.1.2.1.1.1.0 = x`, `sysDescr: x`, and `1.3.6.1.2.1.1.1.0|4|x`
LINE = re.compile(
    r"""^[ \t]*(?:[\w-]{1,40}::)?
        (?P<name>(?:\.?(?:[0-2]|iso)|enterprises)(?:\.\d{1,10}){1,127}|sys(?:Descr|ObjectID|Name)(?:\.0)?)
        (?:[ \t]{0,8}[:=]|\|\d{1,3}(?P<hexed>x)?\|)
        (?:[ \t]{0,8}(?:STRING|OID|(?P<hex>Hex-STRING)|INTEGER|Timeticks|IpAddress):)?""",
    re.IGNORECASE | re.MULTILINE | re.VERBOSE,
)

SEQUENCE, OCTETS, OBJECT_ID, IP_ADDRESS = 0x30, 0x04, 0x06, 0x40
NUMBERS = {0x02: True, 0x41: False, 0x42: False, 0x43: False, 0x46: False}  # tag: whether it has a sign
CONSTRUCTED = 0x20
ANSWERS = (0xA2, 0xA7)  # GetResponse, and the trap of SNMPv2, which looks the same inside
BINDINGS_LIMIT = 128
NUMBER_LIMIT = 9  # bytes; a Counter64 needs that many


class Snmp(msgspec.Struct, frozen=True):
    values: tuple[tuple[str, str], ...]  # object id and value


def read(payload: bytes) -> Snmp:
    """Read a GetResponse, or the lines of a tool."""
    if values := tuple(_values(payload)):
        return Snmp(values)
    raise Unreadable(f"expected SNMP values, got {len(payload)} bytes of something else")


def fields(payload: bytes) -> dict[str, tuple[str, ...]]:
    values = sorted(_values(payload), key=_rank)
    pairs = [(SYSTEM_GROUP[oid], value) for oid, value in values if oid in SYSTEM_GROUP]
    ids = [value for oid, value in values if oid == SYS_OBJECT_ID] + [oid for oid, _ in values]
    pairs += [("enterprise", found[1]) for oid in ids if (found := ENTERPRISE.match(oid))]
    pairs += [("oid", f"{oid} = {value}") for oid, value in values] + [
        ("value", value) for _, value in values
    ]
    if _is_message(payload):  # its raw text would show the community
        text = "\n".join(f"{oid} = {value}" for oid, value in values)
    else:
        text = decode(payload)
    return gather([*pairs, ("text", text)])


def _rank(bound: tuple[str, str]) -> int:
    """What of a long walk comes first, as not all of it is kept: who it is, what its maker says, and then the rest."""
    return 0 if TELLING.match(bound[0]) else 1 if bound[0].startswith(ENTERPRISES) else 2


def _values(payload: bytes) -> Iterator[tuple[str, str]]:
    found = _bindings(payload[:PAYLOAD_LIMIT]) if _is_message(payload) else _lines(decode(payload))
    for oid, value in found:
        yield oid, _numeric(value) if oid == SYS_OBJECT_ID else value


def _lines(text: str) -> Iterator[tuple[str, str]]:
    """Values from lines; lines that name nothing belong to the value before them."""
    for found, following in pairwise([*LINE.finditer(text), None]):
        if found:
            value = text[found.end() : following.start() if following else None].strip().strip('"')
            yield _numeric(found["name"]), _unhexed(value) if found["hex"] or found["hexed"] else value


def _unhexed(value: str) -> str:
    """The text that a tool wrote in hexadecimal, as they do when it has several lines; other octets as written."""
    try:
        octets = bytes.fromhex(value)
    except ValueError:
        return value
    text = decode(octets.rstrip(b"\0"))
    return text if _printable(text) else value


def _printable(text: str) -> bool:
    return all(char.isprintable() or char in "\r\n\t" for char in text)


def _numeric(name: str) -> str:
    """An object id in digits, from the notations of SNMP tools."""
    name = re.sub(r"^[\w-]{1,40}::", "", name.strip()).removeprefix(".")
    if known := WORDS.get(name.lower().removesuffix(".0")):
        return known
    return re.sub(r"^iso\.", "1.", re.sub(r"^enterprises\.", ENTERPRISES, name))


def _is_message(payload: bytes) -> bool:
    """Whether this is a message as captured: a sequence that begins with the version, a number of one octet."""
    return payload[:1] == bytes([SEQUENCE]) and b"\x02\x01" in payload[1:8]


def _bindings(payload: bytes) -> Iterator[tuple[str, str]]:
    """The object ids and values of a captured answer, as far as they came."""
    _, message = next(_elements(payload), (0, b""))
    for kind, pdu in _elements(message):
        lists = [content for tag, content in _elements(pdu) if tag == SEQUENCE] if kind in ANSWERS else []
        for _, binding in islice(_elements(lists[0] if lists else b""), BINDINGS_LIMIT):
            match list(islice(_elements(binding), 2)):
                case [(tag, name), (type_, value)] if tag == OBJECT_ID:
                    yield _object_id(name), _value(type_, value)


def _elements(content: bytes) -> Iterator[tuple[int, bytes]]:
    """Tag and content of each BER element. Ends where the bytes do; a value that is cut short is left out."""
    at = 0
    while at + 2 <= len(content):
        tag, length = content[at], content[at + 1]
        at += 2
        if length & 0x80:  # the long form, X.690 section 8.1.3.5
            size = length & 0x7F
            length = int.from_bytes(content[at : at + size], "big") if size <= 4 else len(content)
            at += size
        if at + length <= len(content) or tag & CONSTRUCTED:
            yield tag, content[at : at + length]
        at += length


def _object_id(content: bytes) -> str:
    arcs, arc = [], 0
    for octet in content[:256]:
        arc = (arc << 7 | octet & 0x7F) & 0xFFFF_FFFF  # X.690 section 8.19; an arc has 32 bits, RFC 2578
        if not octet & 0x80:
            arcs.append(arc)
            arc = 0
    first = arcs[:1] and [min(arcs[0] // 40, 2), arcs[0] - 40 * min(arcs[0] // 40, 2)]
    return ".".join(map(str, [*first, *arcs[1:]]))


def _value(type_: int, content: bytes) -> str:
    if type_ == OCTETS:
        text = decode(content)
        return text if _printable(text) else content.hex(":")
    if type_ == OBJECT_ID:
        return _object_id(content)
    if type_ == IP_ADDRESS and len(content) == 4:
        return str(ipaddress.IPv4Address(content))
    if type_ in NUMBERS and len(content) <= NUMBER_LIMIT:
        return str(int.from_bytes(content, "big", signed=NUMBERS[type_]))
    return ""
