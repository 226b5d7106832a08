"""The units of the simulated building: who they are, and what they say, both read from data files.

building.toml     one row for each unit: kind, place, names, and what a census should find out about it
replies/*.toml    one table for each kind of firmware: its open ports and its replies, as real firmware words them
"""

from __future__ import annotations

import functools
import hashlib
import ipaddress
import re
import uuid
from collections.abc import Mapping
from importlib import resources
from typing import Literal
from urllib.parse import quote

import msgspec

from scanner.model import Category

Speaks = Literal["http", "https", "rtsp", "banner", "silent", "mute", "endless", "garbage-tls"]
Spoken = Literal["sadp", "dhdiscover", "dahua-search", "ws-discovery", "ssdp", "mdns"]

PLACEHOLDER = re.compile(r"\{([a-z_]+)\}")
DEPTH = 4  # a text may name a text, which may name a text
DIGITS_REPLACED = 4  # of a serial number, when a unit is repeated
LAST_DIGITS = re.compile(r"\d(?=(?:\D*\d){0,3}\D*$)")


class Word(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How a kind answers a discovery protocol."""

    reply: str = ""
    to: Literal["asker", "group", "both"] = "asker"
    insists: str = ""  # answers only questions that hold this text, as odd recorders do


class Certificate(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The names in a certificate, as (abbreviation, text) pairs in their order."""

    subject: tuple[tuple[str, str], ...]
    issuer: tuple[tuple[str, str], ...] = ()  # self-signed when empty


class Kind(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One firmware: its open TCP ports and its replies. What it lacks, it has from the kind it is `like`."""

    like: str = ""
    ports: dict[int, Speaks | Literal[""]] = {}
    texts: dict[str, str] = {}
    datagrams: dict[Spoken, Word] = {}
    http: dict[str, str] = {}  # by method and path, and for SOAP by operation: "POST /onvif/x GetServices"
    rtsp: dict[str, str] = {}  # by method
    banners: dict[int, str] = {}
    certificate: Certificate | None = None
    old_tls: bool = False  # nothing above TLS 1.1

    def over(self, base: Kind) -> Kind:
        """This kind with all that it does not say itself taken from `base`."""
        return Kind(
            ports={port: what for port, what in (base.ports | self.ports).items() if what},
            texts=base.texts | self.texts,
            datagrams={name: word for name, word in (base.datagrams | self.datagrams).items() if word.reply},
            http={asked: text for asked, text in (base.http | self.http).items() if text},
            rtsp=base.rtsp | self.rtsp,
            banners=base.banners | self.banners,
            certificate=self.certificate or base.certificate,
            old_tls=self.old_tls or base.old_tls,
        )


class Row(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A row of building.toml. The fields up to `serial` are also the truth, save those that it `hides`."""

    name: str
    kind: str
    offset: int  # the address, counted from the start of the network
    mac: str
    maker: Literal["hikvision", "dahua", "other"] | None = None
    brand: str | None = None
    category: Category | None = None
    model: str | None = None
    firmware: str | None = None
    serial: str | None = None
    hides: tuple[str, ...] = ()  # true of the unit, but nothing that it answers says so
    texts: dict[str, str] = {}  # words of its own for the replies
    delay: float = 0.0  # seconds before each reply
    factory_address: str | None = None  # it never learnt the network it hangs on
    routed: bool = False  # with a factory address: still answers askers of another network
    hears: Literal["everybody", "unicast"] = "everybody"
    alone: bool = False  # never repeated when the building grows


class Unit(msgspec.Struct, frozen=True, kw_only=True):
    """One unit at its address: everything that its answers need."""

    row: Row
    kind: Kind
    address: str
    words: Mapping[str, str]

    @property
    def name(self) -> str:
        return self.row.name

    def render(self, text: str, extra: Mapping[str, str] | None = None) -> str:
        """Fill in the placeholders. Raises KeyError for one that nobody defined: a mistake in a data file."""
        words = {**self.words, **(extra or {})}
        for _ in range(DEPTH):
            text, filled = PLACEHOLDER.subn(lambda found: words[found[1]], text)
            if not filled:
                break
        return text


def load_units(network: str, count: int | None = None, scanner: int = 254) -> tuple[Unit, ...]:
    """The building in `network`; with a `count`, cut off or filled up with repetitions that differ in their numbers.

    `scanner` is the one offset that stays free.
    """
    lan = ipaddress.IPv4Network(network)
    rows = list(_rows())[:count]
    ordinary = [row for row in rows if not row.alone]
    free = (
        at
        for at in range(1, lan.num_addresses - 1)
        if at != scanner and at not in {r.offset for r in _rows()}
    )
    for number in range(1, (count or 0) - len(rows) + 1):
        if (offset := next(free, None)) is None:
            raise ValueError(f"{network} has no room for {count} units")
        rows.append(_repeat(ordinary[(number - 1) % len(ordinary)], number, offset))
    return tuple(_place(row, lan) for row in rows)


@functools.cache
def _rows() -> tuple[Row, ...]:
    class File(msgspec.Struct, forbid_unknown_fields=True):
        unit: tuple[Row, ...]

    return msgspec.toml.decode(
        resources.files(__package__).joinpath("building.toml").read_bytes(), type=File
    ).unit


@functools.cache
def load_kinds() -> dict[str, Kind]:
    """All kinds of all files of replies/, each completed by what it is like."""
    told: dict[str, Kind] = {}
    for file in resources.files(__package__).joinpath("replies").iterdir():
        if file.name.endswith(".toml"):
            told |= msgspec.toml.decode(file.read_bytes(), type=dict[str, Kind])

    def complete(kind: Kind) -> Kind:
        return kind.over(complete(told[kind.like]) if kind.like else Kind())

    return {name: complete(kind) for name, kind in told.items()}


def _repeat(row: Row, number: int, offset: int) -> Row:
    digits = iter(f"{number:0{DIGITS_REPLACED}d}")
    serial = LAST_DIGITS.sub(lambda _: next(digits), row.serial or "")
    return msgspec.structs.replace(
        row,
        name=f"{row.name}-{number}",
        offset=offset,
        mac=f"{row.mac[:11]}:{number >> 8:02x}:{number & 255:02x}",
        serial=serial or None,
    )


def _place(row: Row, lan: ipaddress.IPv4Network) -> Unit:
    address = str(lan[row.offset])
    return Unit(row=row, kind=load_kinds()[row.kind], address=address, words=_words(row, address, lan))


def _words(row: Row, address: str, lan: ipaddress.IPv4Network) -> dict[str, str]:
    """Everything a reply may name, from the row and from what firmware derives from it."""
    kind, serial, firmware = load_kinds()[row.kind], row.serial or "", row.firmware or ""
    version, _, build = firmware.partition(" build ")
    tail = re.search(r"20\d{6}[A-Z]{4}([A-Z]?)[A-Z]?(\d+)", serial)
    short = f"{tail[1]}{tail[2][-4:]}" if tail and tail[1] else tail[2][-5:] if tail else ""
    digest = hashlib.md5(serial.encode(), usedforsecurity=False).hexdigest()
    own = {
        "name": row.name, "brand": row.brand or "", "model": row.model or "", "model_quoted": quote(row.model or ""),
        "serial": serial, "firmware": firmware, "version": version, "build": build,
        "address": row.factory_address or address,
        "mask": "255.255.255.0" if row.factory_address else str(lan.netmask),
        "gateway": "192.168.1.1" if row.factory_address else str(lan[1]),
        "mac": row.mac, "mac_dashes": row.mac.replace(":", "-"), "mac_hex": row.mac.replace(":", ""),
        "mac_capitals": row.mac.replace(":", "").upper(),
        "uuid": str(uuid.uuid5(uuid.NAMESPACE_OID, row.mac)), "short": short,
        "digest": digest, "nonce": digest[::-1], "bom": "\ufeff",
        "elsewhere": "127.78.0.1" if lan.is_loopback else "198.51.100.7",
    }  # fmt: skip
    return {**kind.texts, **own, **row.texts}
