"""Where the frames of a half-open sweep leave: one lane to each router, and one onto each link."""

from __future__ import annotations

import threading

from scanner.errors import CamcensusError
from scanner.net.interfaces import Interface, Way
from scanner.net.neighbours import macs
from scanner.net.pacing import Pace
from scanner.net.sweep.arp import arp_sweep
from scanner.net.sweep.frames import Cookie, Syn
from scanner.net.sweep.ground import Ground, Stretch
from scanner.net.sweep.packets import Batch
from scanner.net.sweep.plan import LARGEST_SLICE, number
from scanner.net.sweep.tally import Tally


class Lane:
    """What leaves by one interface: to one router, or on a link to each device's own MAC address."""

    def __init__(self, interface: str, mac: bytes, source: int, next_hop: bytes | dict[int, bytes]) -> None:
        self._present = next_hop if isinstance(next_hop, dict) else None
        self._source = source
        frame = Syn(source, 0, Cookie(bytes(11))).frame(
            mac, next_hop if isinstance(next_hop, bytes) else bytes(6)
        )
        self._batch = Batch(interface, frame, LARGEST_SLICE)
        self.close = self._batch.close

    def speak(self, port: int, key: Cookie) -> None:
        """Send from this port, with these cookies, from now on."""
        self._syn = Syn(self._source, port, key)

    def leads_to(self, address: int) -> bool:
        """Whether somebody is there, as far as is known."""
        return self._present is None or address in self._present

    def send(self, addresses: list[int], port: int) -> int:
        """Send a SYN to each address; returns how many could not leave."""
        batch = self._batch
        self._syn.patch(batch.buffer, batch.offsets, addresses, port)
        if self._present is not None:
            for offset, address in zip(batch.offsets, addresses, strict=False):
                batch.buffer[offset : offset + 6] = self._present[address]
        return batch.send(len(addresses))


def lay(ground: Ground, *, pace: Pace, tally: Tally, stop: threading.Event) -> list[Lane | None]:
    """The lane of each stretch; None where no frame leads: our own addresses, no route, a mute router."""
    present = {number(address): packed(mac) for address, mac in tally.macs.items()}
    shared: dict[Way, Lane | None] = {}

    def lane(stretch: Stretch) -> Lane | None:
        if stretch.way is None or stretch.local:
            if not stretch.local and not stretch.broadcast:
                tally.lose(stretch.size, f"there is no route to {stretch}")
            return None
        if stretch.way not in shared:
            shared[stretch.way] = through(stretch.interface, stretch.way, present, pace, stop)
        if shared[stretch.way] is None:
            tally.lose(stretch.size, f"the router {stretch.way.gateway} does not answer")
        return shared[stretch.way]

    return [lane(each) for each in ground.stretches]


def through(
    interface: Interface | None, way: Way, present: dict[int, bytes], pace: Pace, stop: threading.Event
) -> Lane | None:
    if interface is None or interface.mac is None or way.source is None:
        raise CamcensusError(
            f"a half-open sweep cannot leave through {way.interface}",
            why="it is no Ethernet with an IPv4 address",
            fix="use --engine connect for what is behind it",
        )
    next_hop = router(way, pace, stop) if way.gateway else present
    if next_hop is None:
        return None
    return Lane(way.interface, packed(interface.mac), number(way.source), next_hop)


def router(way: Way, pace: Pace, stop: threading.Event) -> bytes | None:
    """The MAC address of a router: from the neighbour table, or asked for."""
    known, gateway = macs(), way.gateway or ""
    if gateway not in known and ":" not in gateway:
        here = number(gateway)
        arp_sweep(way.interface, [(here, here)], pace=pace, heard=known.__setitem__, stop=stop)
    return packed(known[gateway]) if gateway in known else None


def packed(mac: str) -> bytes:
    return bytes.fromhex(mac.replace(":", ""))
