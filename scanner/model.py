"""The vocabulary of camcensus as typed, immutable structures.

Everything that crosses a boundary between layers is one of these. The words are those of the glossary in
docs/explanation/vocabulary.md; the JSON spelling of `Observation` and `Identification` is the machine-readable
contract of docs/reference/json.md.

Those that come by the hundred thousand are `gc=False`: they hold nothing that could refer back to them, and the garbage
collector would walk through all of them, time and again.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from datetime import datetime
from typing import Literal, get_args

import msgspec

Protocol = Literal[
    "mac", "arp", "dhcp", "sadp", "dhdiscover", "dvrip", "ws-discovery", "onvif", "ssdp", "upnp-xml", "mdns",
    "http", "html", "favicon", "isapi", "https-cert", "rtsp", "snmp", "telnet", "ftp", "ssh",
]  # fmt: skip
Transport = Literal["tcp", "udp", "l2"]
Strength = Literal["decisive", "strong", "supporting", "weak"]
Confidence = Literal["confirmed", "probable", "possible", "none"]
Category = Literal[
    "camera", "nvr", "dvr", "encoder", "doorbell", "access-control", "server", "switch", "other"
]  # fmt: skip

PROTOCOLS: tuple[Protocol, ...] = get_args(Protocol)
TRANSPORTS: tuple[Transport, ...] = get_args(Transport)
STRENGTHS: tuple[Strength, ...] = get_args(Strength)  # strongest first
CATEGORIES: tuple[Category, ...] = get_args(Category)


class Outcome(enum.StrEnum):
    """How one attempt ended. Outcomes are data, never errors; the coverage of a run counts them."""

    ANSWERED = "answered"
    UNREADABLE = "unreadable"  # it answered, but not in the protocol that was asked
    CUT_SHORT = "cut-short"  # a part of an answer came; the part is kept
    SILENT = "silent"
    REFUSED = "refused"  # proves that somebody is there
    UNREACHABLE = "unreachable"
    EXCLUDED = "excluded"  # the user said: not this one


class Observation(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One raw reply (or frame, or imported row) with where, when and how it was seen: the unit of evidence.

    `payload` holds the raw bytes as they came: whole, cut short, or only a part (one header line, a title,
    a hash), as docs/reference/json.md says. `observed_at` is in UTC. `mac` is lower case with colons.
    """

    protocol: Protocol
    payload: bytes = b""
    request: str = ""
    subject: str | None = None
    observed_at: datetime | None = None
    address: str | None = None
    mac: str | None = None
    port: int | None = None
    transport: Transport | None = None
    interface: str | None = None  # of ours, which heard it
    outcome: Outcome = Outcome.ANSWERED

    @property
    def groups_by(self) -> str | None:
        """What groups the observations of one device when nothing better is known."""
        return self.subject or self.mac or self.address


Fields = Mapping[str, tuple[str, ...]]
"""What a probe reads out of one reply: field name (`rtsp.realm`) to the values it has there."""


class Reading(msgspec.Struct, frozen=True, gc=False):
    """One observation and the fields that its probe found in it: what fingerprints are matched against."""

    observation: Observation
    fields: Fields


class Claim(msgspec.Struct, frozen=True, gc=False):
    """What one fingerprint draws from one observation."""

    fingerprint: str
    attribute: str  # maker, brand, category, model, firmware, serial, mac
    value: str
    strength: Strength
    protocol: Protocol
    excerpt: str  # the text that matched, shortened


class Identification(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The claims about one device, fused. The order of the keys is that of the contract."""

    subject: str | None = None
    address: str | None = None
    mac: str | None = None
    maker: str | None = None  # hikvision, dahua, other; None when nothing is known
    maker_name: str | None = None
    brand: str | None = None
    relabelled: bool | None = None
    category: Category | None = None
    model: str | None = None
    firmware: str | None = None
    serial: str | None = None
    confidence: Confidence = "none"
    covered: tuple[str, ...] = ()
    conflicts: tuple[str, ...] = ()
    evidence: tuple[Claim, ...] = ()


class Endpoint(msgspec.Struct, frozen=True, order=True):
    """A place where a device can be asked: an address and, when it was seen, a MAC address."""

    address: str
    mac: str | None = None
    interface: str | None = None  # of ours, through which it was seen
    routed: bool = False  # behind a router: no MAC address to be had, and slower to ask


class Attempt(msgspec.Struct, frozen=True):
    """One question put to one address, and how it ended."""

    address: str
    port: int
    transport: Transport
    protocol: str
    outcome: Outcome


class Exclusion(msgspec.Struct, frozen=True):
    """What the user said not to touch, and why; `until` is the last day on which that holds."""

    what: str
    reason: str = ""
    until: str = ""


class Coverage(msgspec.Struct, frozen=True, kw_only=True):
    """What a run could have seen, and what it could not. Stored with the run as JSON; every part may be missing."""

    targets: tuple[str, ...] = ()
    interfaces: tuple[str, ...] = ()
    ports: tuple[int, ...] = ()
    protocols: tuple[str, ...] = ()
    addresses: int = 0  # that were asked
    answered: int = 0  # of these, that gave any sign of life, be it a refusal
    lost: int = 0  # addresses that were still to be asked when the run ended
    asked: tuple[str, ...] = ()  # the ranges that were: no exclusions, nothing lost, host names as addresses
    outcomes: dict[str, int] = {}  # attempts by `Outcome`
    sent: dict[str, int] = {}  # packets by kind
    excluded: tuple[Exclusion, ...] = ()
    unusable: dict[str, str] = {}  # protocol: why it could not be used
    mute: tuple[str, ...] = ()  # addresses with open ports that never said what they are
    problems: tuple[str, ...] = ()
