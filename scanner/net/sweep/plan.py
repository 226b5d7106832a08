"""In which order, and in which slices of time, a sweep asks.

Nothing here grows with the number of targets: a /8 is planned in the memory of a /24, and an index says all that is
needed to go on later.
"""

from __future__ import annotations

import bisect
import itertools
import math
import socket
import struct
from collections.abc import Iterable, Sequence

from scanner.net.pacing import Kind, Pace
from scanner.net.sweep.contract import Span

GOLDEN = 0.6180339887  # a stride of this share of the whole leaves no two neighbours close in time
SLICE = 0.002  # seconds of sending that are booked at once
LARGEST_SLICE = 1024  # packets; what sendmmsg takes in one call


class Spans:
    """Ranges of IPv4 addresses as one sequence of numbers."""

    def __init__(self, spans: Sequence[Span]) -> None:
        self.spans = sorted(spans)
        sizes = (last - first + 1 for first, last in self.spans)
        self._ends = list(itertools.accumulate(sizes))
        # What to add to a position to get the address, one value a span.
        self._shifts = [last + 1 - end for (_, last), end in zip(self.spans, self._ends, strict=True)]

    def __len__(self) -> int:
        return self._ends[-1] if self._ends else 0

    def hold(self, address: int) -> bool:
        """Whether an address is among them."""
        after = bisect.bisect_right(self.spans, (address, 1 << 32))
        return after > 0 and self.spans[after - 1][1] >= address

    def part(self, begin: int, end: int) -> list[Span]:
        """The ranges between two positions."""
        found = []
        for (first, last), until, shift in zip(self.spans, self._ends, self._shifts, strict=True):
            since = until - (last - first + 1)
            if since < end and until > begin:
                found.append((max(since, begin) + shift, min(until, end) - 1 + shift))
        return found

    def at(self, positions: Iterable[int]) -> list[int]:
        """The addresses at these positions, as integers."""
        if len(self._shifts) == 1:
            shift = self._shifts[0]
            return [position + shift for position in positions]
        ends, shifts, find = self._ends, self._shifts, bisect.bisect_right
        return [position + shifts[find(ends, position)] for position in positions]


class Order:
    """Every pair of host and port exactly once: one round over all hosts for each port.

    A round strides through the hosts, so that one switch or one router is not asked for all its devices in a row;
    and every round strides alike, so that between two questions to one device all others have had theirs.
    """

    def __init__(self, hosts: int, ports: Sequence[int]) -> None:
        self.hosts, self.ports = hosts, ports
        self._stride = next(
            (each for each in range(max(1, int(hosts * GOLDEN)), hosts) if math.gcd(each, hosts) == 1), 1
        )

    def __len__(self) -> int:
        return self.hosts * len(self.ports)

    def take(self, index: int, count: int) -> tuple[list[int], int]:
        """The positions of up to `count` hosts from an index on, and the one port that they are asked for."""
        turn, begin = divmod(index, self.hosts)
        end = min(begin + count, self.hosts)
        hosts, stride = self.hosts, self._stride
        return [at % hosts for at in range(begin * stride, end * stride, stride)], self.ports[turn]


class Slices:
    """How many probes to send at once, and when: by the pace of the run, and by what one device is owed.

    The order asks all devices in turn, so that a device gets its share when all together get it so many times.
    """

    def __init__(self, pace: Pace, kind: Kind, devices: int) -> None:
        self._pace, self._kind = pace, kind
        self._of_devices = Pace(pace.device_rate * max(1, devices), 1)
        rate = min(pace.rate, self._of_devices.rate)
        self.size = max(1, min(int(rate * SLICE), devices, LARGEST_SLICE))

    def of(self, devices: int) -> Slices:
        """The same pace for another number of devices."""
        return Slices(self._pace, self._kind, devices)

    def reserve(self, count: int) -> float:
        """Book a slice and return in how many seconds it may leave."""
        return max(
            self._pace.reserve(self._kind, count=count), self._of_devices.reserve(self._kind, count=count)
        )


def text(address: int) -> str:
    return socket.inet_ntoa(struct.pack("!I", address))


def number(address: str) -> int:
    return int.from_bytes(socket.inet_aton(address), "big")
