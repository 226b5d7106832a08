"""The sweep that needs no privileges: ordinary connects, thousands at a time.

On the wire   one SYN per address and port; where it is answered, the connection is closed at once, in full (FIN, not
              RST), so that it leaves nothing half-open in a device. No data is sent.
Kindness      never more than two connections to a device at a time, and a port that kept silent is asked once more
              only where a device is known to be. The kernel's own second SYN never leaves: it would come after a
              second, and by then the connect has been given up.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence

from scanner.net import gate
from scanner.net.pacing import Pace
from scanner.net.sweep.contract import Heard, Progress, Span, Swept
from scanner.net.sweep.flights import Flights
from scanner.net.sweep.ground import learn, survey
from scanner.net.sweep.plan import Order, Slices, Spans, text
from scanner.net.sweep.tally import Tally

PATIENCE = 0.9  # seconds for an answer; the kernel would ask again after one


class Connect:
    """The engine `connect`; for IPv6, `sweep_addresses` takes a list instead of ranges."""

    def __init__(self, *, patience: float = PATIENCE) -> None:
        self._patience = patience

    def sweep(
        self,
        spans: Sequence[Span],
        ports: Sequence[int],
        *,
        pace: Pace,
        heard: Heard,
        stop: threading.Event,
        start: int = 0,
        progress: Progress | None = None,
    ) -> Swept:
        """Sweep ranges of IPv4 addresses; on a link, only the addresses where somebody is."""
        ground, tally, addresses = survey(spans), Tally(heard, progress), Spans(spans)
        present = learn(ground, pace=pace, tally=tally, stop=stop)

        def worth_asking(address: int) -> bool:
            under = ground.under(address)
            if under.on_link:
                return text(address) in present
            if under.way is None and not under.broadcast:
                tally.lose(1, f"there is no route to {text(address)}")
            return under.way is not None

        def hosts(positions: Sequence[int]) -> list[str]:
            return [text(each) for each in addresses.at(positions) if worth_asking(each)]

        flights = Flights(tally, stop, self._patience)
        slices = Slices(pace, "connect", ground.devices(present))
        return flights.cover(Order(len(addresses), ports), hosts, slices, start)

    def sweep_addresses(
        self,
        addresses: Sequence[str],
        ports: Sequence[int],
        *,
        pace: Pace,
        heard: Heard,
        stop: threading.Event,
        start: int = 0,
        progress: Progress | None = None,
    ) -> Swept:
        """Sweep a list of addresses, IPv6 included (`fe80::1%eth0` for those on a link)."""
        for each in addresses:
            gate.require(each)
        flights = Flights(Tally(heard, progress), stop, self._patience)
        slices = Slices(pace, "connect", len(addresses))
        order = Order(len(addresses), ports)
        return flights.cover(order, lambda positions: [addresses[each] for each in positions], slices, start)
