"""What a probe is made of.

A probe is one file about one protocol, with no sockets, clock or chance of its own. It offers:

    FIELDS                  field name -> what it is; these are the names that fingerprints may use
    fields(payload) -> Fields
                            read a reply, whole or in part, into those fields; never raises, and leaves out what
                            is not there. Parts are common in imports: one header line, only a realm, a title.
    read(payload)           read a whole reply into a frozen structure; raises `Unreadable`, and nothing else
    DATAGRAM                for protocols of discovery: whom to ask and when (see `Datagram`)
    request(...)            for the others: the bytes to send

and is registered by one line in `scanner.probes.TABLE`.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from scanner.model import Protocol

PAYLOAD_LIMIT = 256 * 1024  # bytes of one reply that are read; a device that never ends its reply ends here
FIELD_LIMIT = 4096  # characters of one field that fingerprints see: bounds the time of a hostile match


class Unreadable(ValueError):
    """The bytes are not a reply in this protocol. They are kept as an observation all the same."""


class Question(msgspec.Struct, frozen=True):
    """One datagram to send: its short name, as it stands in `Observation.request`, and its bytes."""

    name: str
    payload: bytes


class Datagram(msgspec.Struct, frozen=True, kw_only=True):
    """How to ask everybody at once over UDP, and for how long to listen.

    `questions(token)` builds what is sent in one round; `token` is a fresh upper-case UUID for each round, so
    that no device takes a resend for an echo. Times are seconds from the start of the discovery.
    """

    protocol: Protocol
    port: int
    questions: Callable[[str], tuple[Question, ...]]
    group4: str | None = None  # IPv4 multicast group
    group6: str | None = None  # IPv6 multicast group, link-local scope
    broadcast: bool = False  # also to 255.255.255.255 and to the broadcast address of the interface
    listen: int | None = None  # also bind this port and join the group: some units answer the group
    rounds: tuple[float, ...] = (0.0, 0.5, 1.0)
    patience: float = 3.0  # after the last round
    ttl: int = 1
    unicast: bool = True  # units also answer when asked directly, across routers
