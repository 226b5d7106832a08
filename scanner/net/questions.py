"""What a discovery will ask: which question leaves when, from which address of ours, and to whom.

Nothing is sent here, so the same plan is what a dry run prints.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Iterator

import msgspec

from scanner.net import gate
from scanner.net.datagrams import broadcast_addresses
from scanner.net.interfaces import Interface
from scanner.probes import Datagram, Question

Token = Callable[[], str]


class Send(msgspec.Struct, frozen=True):
    """One question, sent once to each destination from one socket."""

    at: float  # seconds from the start
    interface: Interface
    source: str  # our address, from which it leaves
    datagram: Datagram
    question: Question
    destinations: tuple[str, ...]
    shared: bool = False  # leaves from the protocol's own port instead of a fresh one


def fresh_token() -> str:
    return str(uuid.uuid4()).upper()


def plan(
    chosen: Iterable[Interface], protocols: Iterable[Datagram], token: Token = fresh_token
) -> tuple[Send, ...]:
    """Every question to every group, in the order of time; in one moment all protocols and interfaces take turns."""
    usable = [each for each in chosen if not unusable(each)]
    sends = [
        send
        for datagram in protocols
        for number, at in enumerate(datagram.rounds)
        for question in datagram.questions(token())
        for interface in usable
        for send in ways_to_ask(interface, datagram, question, at, first=number == 0)
    ]
    return tuple(sorted(sends, key=lambda send: send.at))


def ways_to_ask(
    interface: Interface, datagram: Datagram, question: Question, at: float, *, first: bool
) -> Iterator[Send]:
    """One question on one interface: from a fresh port of each own address and, in the first round, from the
    protocol's own port, because some units answer to that port whatever port asked."""
    for source in sources(interface, datagram):
        own = source.partition("/")[0]
        group = datagram.group6 if ":" in own else datagram.group4
        everybody = broadcast_addresses(source) if datagram.broadcast else ()
        groups = (group,) if group else ()
        if groups + everybody:
            yield Send(at, interface, own, datagram, question, groups + everybody)
        if first and datagram.broadcast and datagram.listen == datagram.port and group:
            yield Send(at, interface, own, datagram, question, groups, shared=True)


def sources(interface: Interface, datagram: Datagram) -> tuple[str, ...]:
    """Our addresses on an interface that a protocol asks from, each with its prefix length.

    Every IPv4 address asks, for each may stand for a network of its own. Of IPv6 one is enough, best the
    link-local one, because the group is that of the link; loopback has no route for IPv6 groups.
    """
    own4 = tuple(str(each) for each in interface.addresses4 if gate.permits(str(each.ip)))
    if not datagram.group6 or interface.loopback:
        return own4
    own6 = sorted(interface.addresses6, key=lambda each: not each.is_link_local)
    return own4 + tuple(str(each) for each in own6 if gate.permits(str(each.ip)))[:1]


def unusable(interface: Interface) -> str:
    """Why an interface cannot be asked on at all, and what to do; empty when it can."""
    name = interface.name
    if not interface.up:
        return f"{name} is down: bring it up with `ip link set {name} up`"
    if not interface.addresses:
        return f"{name} has no address: give it one in the cameras' network, or ask for one by DHCP"
    if not any(gate.permits(address.partition("/")[0]) for address in interface.addresses):
        return f"{name} lies outside the networks that {gate.CONFINE} confines this process to"
    if not (interface.multicast or interface.loopback):
        return (
            f"{name} does not carry multicast: choose another interface, or `ip link set {name} multicast on`"
        )
    return ""
