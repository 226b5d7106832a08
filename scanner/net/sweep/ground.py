"""The ground a sweep covers: which of its addresses are on a link of ours, behind a router, or our own.

On a link, an address must be resolved before anything can be sent to it, and the kernel holds 1,024 such questions at
most for the whole machine: a sweep straight at a /20 loses live devices in silence. So on a link it is first learnt
who is there; the ports of the others need not be asked.
"""

from __future__ import annotations

import bisect
import errno
import socket
import threading
import time
from collections.abc import Iterable, Iterator, Sequence

import msgspec

from scanner.net import gate, netlink
from scanner.net.interfaces import ROUTE, RTA_DST, Interface, Way, interfaces, route
from scanner.net.neighbours import neighbours
from scanner.net.pacing import Pace
from scanner.net.sweep.arp import arp_sweep
from scanner.net.sweep.contract import Span
from scanner.net.sweep.packets import may_send_raw
from scanner.net.sweep.plan import Spans, number, text
from scanner.net.sweep.tally import Tally

BROADCAST_ROUTE = 3  # RTN_BROADCAST: the first and the last address of a network, where no device is
DISCARD = 9  # an empty datagram to this port makes the kernel ask for the MAC address
POKES_PER_SECOND = 250  # an unanswered question occupies one of 1,024 places for three seconds
KERNEL_ASKS = 3  # times for each address, a second apart
POKES_PER_SOCKET = 128  # datagrams that wait for their address fill the buffer of their socket
LOOK_EVERY = 0.25  # seconds; rows of a full table are dropped after five


class Stretch(msgspec.Struct, frozen=True):
    """A range of addresses that are all reached alike."""

    first: int
    last: int
    way: Way | None  # None: there is none, or nobody can be there
    interface: Interface | None
    broadcast: bool = False

    def __str__(self) -> str:
        return text(self.first) if self.first == self.last else f"{text(self.first)}-{text(self.last)}"

    @property
    def size(self) -> int:
        return self.last - self.first + 1

    @property
    def local(self) -> bool:
        """Whether these are addresses of this machine."""
        return self.interface is not None and self.interface.loopback

    @property
    def on_link(self) -> bool:
        """Whether an address must be resolved before it can be asked."""
        ethernet = self.interface is not None and self.interface.mac is not None
        return ethernet and self.way is not None and not self.way.routed


class Ground:
    """The stretches of a sweep, in the order of their addresses."""

    def __init__(self, stretches: Iterable[Stretch]) -> None:
        self.stretches = tuple(stretches)
        self._firsts = [each.first for each in self.stretches]

    def index(self, address: int) -> int:
        """Which stretch an address belongs to."""
        return bisect.bisect_right(self._firsts, address) - 1

    def under(self, address: int) -> Stretch:
        return self.stretches[self.index(address)]

    def interfaces(self) -> list[str]:
        """The interfaces through which all this is reached, our own addresses apart."""
        return sorted({each.interface.name for each in self.stretches if each.interface and not each.local})

    def on_link(self) -> dict[str, list[Span]]:
        """What must be resolved first, by interface."""
        found: dict[str, list[Span]] = {}
        for each in self.stretches:
            if each.on_link and each.interface:
                found.setdefault(each.interface.name, []).append((each.first, each.last))
        return found

    def devices(self, present: dict[str, str]) -> int:
        """How many addresses will be asked: on a link those that are there, elsewhere all."""
        return len(present) + sum(each.size for each in self.stretches if each.way and not each.on_link)


def survey(spans: Sequence[Span]) -> Ground:
    """Ask the kernel for the way to every part of the spans, after asking the gate for leave."""
    for first, last in spans:
        gate.require_span(first, last)
    known = {each.name: each for each in interfaces()}
    return Ground(stretch(first, last, kind, known) for first, last, kind in cut(spans, list(routes())))


def cut(spans: Sequence[Span], table: Sequence[tuple[int, int, int]]) -> Iterator[tuple[int, int, int]]:
    """The spans, cut wherever a route begins or ends; with the type of a route that is exactly such a part."""
    borders = sorted({border for first, last, _ in table for border in (first, last + 1)})
    kinds = {(first, last): kind for first, last, kind in table}
    for first, last in sorted(spans):
        inner = borders[bisect.bisect_right(borders, first) : bisect.bisect_right(borders, last)]
        for part in zip([first, *inner], [*(each - 1 for each in inner), last], strict=True):
            yield *part, kinds.get(part, 0)


def routes() -> Iterator[tuple[int, int, int]]:
    """The first and last address and the type of every IPv4 route, those to our own addresses included."""
    for fixed, found in netlink.ask(netlink.GETROUTE, ROUTE.pack(socket.AF_INET, *bytes(7), 0)):
        _, length, _, _, _, _, _, kind, _ = ROUTE.unpack(fixed)
        first = int.from_bytes(found.get(RTA_DST, bytes(4)), "big")
        yield first, first + (1 << 32 - length) - 1, kind


def stretch(first: int, last: int, kind: int, known: dict[str, Interface]) -> Stretch:
    if kind == BROADCAST_ROUTE:
        return Stretch(first, last, None, None, broadcast=True)
    way = route(text(first))
    return Stretch(first, last, way, known.get(way.interface) if way else None)


def learn(ground: Ground, *, pace: Pace, tally: Tally, stop: threading.Event) -> dict[str, str]:
    """Learn who is there on each link: by ARP where frames may be sent, else through the neighbour table."""
    for interface, spans in ground.on_link().items():
        if may_send_raw():
            swept = arp_sweep(interface, spans, pace=pace, heard=tally.neighbour, stop=stop)
            if swept.lost:
                tally.lose(swept.lost, swept.problem)
        else:
            poke(spans, pace=pace, tally=tally, stop=stop)
    return tally.macs


def poke(spans: Sequence[Span], *, pace: Pace, tally: Tally, stop: threading.Event) -> None:
    """Make the kernel resolve every address, no faster than its table takes them, and read who answered."""
    addresses = Spans(spans)
    table = Pace(POKES_PER_SECOND, POKES_PER_SECOND)
    look_at = 0.0
    for begin in range(0, len(addresses), POKES_PER_SOCKET):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            for address in addresses.at(range(begin, min(begin + POKES_PER_SOCKET, len(addresses)))):
                asked = max(pace.reserve("arp", count=KERNEL_ASKS), pace.reserve("datagram"))
                if stop.wait(max(asked, table.reserve("datagram"))):
                    return
                send_nothing(sock, text(address), tally)
                if time.monotonic() >= look_at:
                    look_at = time.monotonic() + LOOK_EVERY
                    look(addresses, tally)
    for _ in range(int((KERNEL_ASKS + 0.5) / LOOK_EVERY)):
        if stop.wait(LOOK_EVERY) or not look(addresses, tally):
            return


def send_nothing(sock: socket.socket, address: str, tally: Tally) -> None:
    try:
        sock.sendto(b"", (address, DISCARD))
    except OSError as error:
        if error.errno not in (errno.EHOSTUNREACH, errno.ECONNREFUSED):
            tally.lose(1, f"the address of {address} could not be resolved: {error.strerror}")


def look(addresses: Spans, tally: Tally) -> int:
    """Read the neighbour table: who is new there, and how many of our questions are still open."""
    waiting = 0
    for each in neighbours():
        if ":" in each.address or not addresses.hold(number(each.address)):
            continue
        if each.mac and each.state not in ("failed", "incomplete"):
            if each.address not in tally.macs:
                tally.neighbour(each.address, each.mac)
        else:
            waiting += each.state == "incomplete"
    return waiting
