"""The IP and MAC addresses in the replies of one device, in all their spellings."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterable, Iterator, Sequence

from fingerprints.blocks import Blocks
from scanner.model import Reading
from scanner.recording.cover import Private, always, exactly
from scanner.recording.stand_ins import Networks, is_private, like

MACS = ("mac", "MAC", "Mac", "macAddress", "endpoint-node")  # the last parts of names of fields
IPV4 = re.compile(rb"(?<![\d.])(\d{1,3}(?:\.\d{1,3}){3})(?!\.?\d)")
IPV6 = re.compile(rb"(?<![\w:.])([0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){2,7})(?![\w:.])")
MAC = re.compile(
    rb"(?<![0-9A-Fa-f:-])([0-9A-Fa-f]{2}([:-])(?:[0-9A-Fa-f]{2}\2){4}[0-9A-Fa-f]{2})(?![0-9A-Fa-f:-])"
)
BARE_MAC = re.compile(
    rb"(?<![0-9A-Fa-f])([0-9A-Fa-f]{12}|(?:[0-9A-Fa-f]{4}\.){2}[0-9A-Fa-f]{4})(?![0-9A-Fa-f])"
)
FEWEST_KINDS = 5  # of figures, in what was not filled with zeros
VERSION = re.compile(rb"(?i)version\W{0,4}$|\w/$|[A-Z]$")  # before what only looks like an address
NEVER_A_VERSION = tuple(map(ipaddress.ip_network, ("172.16.0.0/12", "192.168.0.0/16")))


def macs(readings: Sequence[Reading], payloads: Iterable[bytes]) -> Iterator[Private]:
    """Every MAC address; its maker's block stays."""
    blocks = Blocks()
    texts = [reading.observation.mac or "" for reading in readings]
    for reading in readings:
        texts += [
            t for name, values in reading.fields.items() if name.partition(".")[2] in MACS for t in values
        ]
    for payload in payloads:
        texts += [found[1].decode() for found in MAC.finditer(payload)]
        for found in BARE_MAC.finditer(payload):
            digits, in_uuid = _digits(found[1].decode()), payload[found.start() - 1 : found.start()] == b"-"
            if blocks.find(digits) or (not in_uuid and _looks_drawn(digits)):
                texts.append(digits)
    seen = [digits for digits in dict.fromkeys(map(_digits, texts)) if re.fullmatch("[0-9a-f]{12}", digits)]
    for number, digits in enumerate(digits for digits in seen if len(set(digits)) > 1):
        block = blocks.find(digits)
        kept = len(block.prefix) if block else 6
        other = digits[:kept] + like(digits[kept:], f"mac {number}")
        yield _mac(digits, other)
        raw, other_raw = bytes.fromhex(digits), bytes.fromhex(other)
        yield Private("", digits, re.escape(raw), always(other_raw), binary=True)


def _looks_drawn(digits: str) -> bool:
    """Whether twelve figures are hexadecimal and of many kinds: no date, no version, no number filled with zeros."""
    for_many = int(digits[1], 16) & 1  # a group, or the end of a UUID that has no MAC address
    return not for_many and digits.isalnum() and not digits.isdigit() and len(set(digits)) > FEWEST_KINDS


def _digits(text: str) -> str:
    return "".join(filter(str.isalnum, text)).lower()


def _mac(digits: str, other: str) -> Private:
    """A MAC address with any separators, in any case, and its last three octets alone."""
    between = "(?:[:. _-]|%3A|%2D)?"
    whole, octets = between.join(digits), [digits[at : at + 2] for at in (6, 8, 10)]
    tail = f"(?<![0-9A-Fa-f]){between.join(octets)}(?![0-9A-Fa-f])"

    def stand_in(found: bytes) -> bytes:
        separate = re.split(r"(?i)([:. _-]|%3A|%2D)", found.decode())
        new = iter(other[-sum(map(len, separate[::2])) :])
        parts = ("".join(next(new) for _ in part) for part in separate[::2])
        spelt = [
            part.upper() if re.search("[A-F]", old) else part
            for part, old in zip(parts, separate[::2], strict=True)
        ]
        return "".join(a + b for a, b in zip(spelt, [*separate[1::2], ""], strict=True)).encode()

    return Private("MAC addresses", digits, f"(?i:{whole}|{tail})".encode(), stand_in)


def addresses(readings: Sequence[Reading], payloads: Iterable[bytes], firmware: str) -> Iterator[Private]:
    """Every IP address but those that tell of no network; what looks like one in `firmware` is a version."""
    networks = Networks()
    stated = [reading.observation.address or "" for reading in readings]
    found4, found6 = dict.fromkeys(filter(_is_ipv4, stated)), dict.fromkeys(filter(_is_ipv6, stated))
    for payload in payloads:
        for found in IPV4.finditer(payload):
            text = found[1].decode()
            if _is_ipv4(text) and not _is_version(
                text, payload[max(0, found.start() - 16) : found.start()], firmware
            ):
                found4[text] = None
        found6 |= dict.fromkeys(
            text for found in IPV6.finditer(payload) if _is_ipv6(text := found[1].decode())
        )
    for address in filter(is_private, found4):
        yield from _ipv4(address, networks.like(address))
    for number, address in enumerate(found6):
        first, colon, rest = address.partition(":")
        other = first + colon + like(rest, f"ipv6 {number}")
        yield exactly("addresses", address, other)
        if "%" not in address and _is_ipv6(other):
            raw, other_raw = (ipaddress.ip_address(one).packed for one in (address, other))
            yield Private("", address, re.escape(raw), always(other_raw), binary=True)


def _ipv4(address: str, other: str) -> Iterator[Private]:
    """With dots, with dashes as in names of hosts, from the last octet on as in reverse DNS, and as four bytes."""
    for kind, text, new in (("addresses", address, other), ("", _reversed(address), _reversed(other))):
        pattern = r"(?<!\d)(?<!\d\.)" + r"(?:[._-]|%2[Ee])".join(text.split(".")) + r"(?!\.?\d)"
        yield Private(kind, text, pattern.encode(), _spelt_like(new))
    for step in (1, -1):
        raw, new_raw = (ipaddress.IPv4Address(one).packed[::step] for one in (address, other))
        yield Private("", address, re.escape(raw), always(new_raw), binary=True)


def _spelt_like(new: str) -> Callable[[bytes], bytes]:
    """An address with the separators of what is found."""

    def stand_in(found: bytes) -> bytes:
        between = re.findall(rb"[._-]|%2[Ee]", found)
        octets = new.encode().split(b".")
        return b"".join(a + b for a, b in zip(octets, [*between, b""], strict=True))

    return stand_in


def _reversed(address: str) -> str:
    return ".".join(reversed(address.split(".")))


def _is_version(text: str, before: bytes, firmware: str) -> bool:
    it = ipaddress.IPv4Address(text)
    if firmware and (text in firmware or firmware in text):
        return True
    return bool(VERSION.search(before)) and not any(it in network for network in NEVER_A_VERSION)


def _is_ipv4(text: str) -> bool:
    return isinstance(_ip(text), ipaddress.IPv4Address)


def _is_ipv6(text: str) -> bool:
    it = _ip(text)
    return isinstance(it, ipaddress.IPv6Address) and int(it) > 1 and not it.is_multicast


def _ip(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None
