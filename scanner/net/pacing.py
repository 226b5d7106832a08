"""The one rate limiter: datagrams, ARP requests, connects and requests all pass through it.

Every send first reserves its time, over all probes together and per device, so that no stage can outrun what the
user allowed. Thread-safe, because a sweep runs beside the event loop. Sending is counted here, which makes the
count of the packets sent complete by construction.
"""

from __future__ import annotations

import asyncio
import collections
import threading
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Literal

import msgspec

Kind = Literal["datagram", "arp", "connect", "request"]

CONNECTIONS_PER_DEVICE = 2  # many cameras have ten slots or fewer, and need them for their recorder
BACK_OFF = 4  # a device that stopped answering is asked this many times slower
FORGET_AFTER = 4096  # devices whose schedule is in the past are dropped once the table is this long
ARP_PACE = (
    2  # ARP requests to one probe: a minimum frame that stays on the link and takes no state in a device
)
LATENESS = 0.005  # s. A sleeper that wakes this late has slept badly and catches up; any later, it was idle


class Profile(msgspec.Struct, frozen=True):
    """How hard a run may press: probes a second over all, and a second to one device."""

    rate: float
    device_rate: float
    devices_at_once: int


PROFILES = {
    #                   rate, a device, devices asked at once
    "gentle": Profile(    250,      20,   25),
    "normal": Profile(  1_000,      50,  100),
    "fast":   Profile( 10_000,     500,  400),
}  # fmt: skip


class Pace:
    """Reserves the time of each send; `sent` counts them by kind."""

    def __init__(
        self,
        rate: float,
        device_rate: float,
        clock: Callable[[], float] = time.monotonic,
        closed: Callable[[], float] = lambda: 0.0,
    ) -> None:
        self.rate, self.device_rate, self._clock = rate, device_rate, clock
        self._closed = closed  # seconds until sending is allowed again, by the hours that the user set
        self._gap, self._device_gap = 1 / rate, 1 / device_rate
        self._next, self._next_arp = clock(), clock()
        self._next_of: dict[str, float] = {}
        self._slower: dict[str, int] = {}
        self._slots: dict[str, asyncio.Semaphore] = collections.defaultdict(
            lambda: asyncio.Semaphore(CONNECTIONS_PER_DEVICE)
        )
        self._lock = threading.Lock()
        self.sent: collections.Counter[Kind] = collections.Counter()

    def reserve(self, kind: Kind, address: str | None = None, count: int = 1) -> float:
        """Book `count` sends and return how many seconds from now the first may leave (0 when at once).

        With an address, the sends also keep the distance that one device is owed. ARP requests have a schedule
        of their own, ARP_PACE times as dense.
        """
        with self._lock:
            now = self._clock()
            self.sent[kind] += count
            if kind == "arp":
                start = in_stream(self._next_arp, now)
                self._next_arp = start + self._gap / ARP_PACE * count
            else:
                start = in_stream(self._next, now)
                self._next = start + self._gap * count
            # A device that must wait does not hold up the others: only its own start moves.
            if address is not None:
                start = self._reserve_device(address, start, now, count)
            return max(0.0, start - now, self._closed())

    def _reserve_device(self, address: str, start: float, now: float, count: int) -> float:
        if len(self._next_of) > FORGET_AFTER:
            self._next_of = {key: at for key, at in self._next_of.items() if at > now}
        start = max(start, self._next_of.get(address, now))
        self._next_of[address] = start + self._device_gap * self._slower.get(address, 1) * count
        return start

    async def wait(self, kind: Kind, address: str | None = None, count: int = 1) -> None:
        """Sleep until the send may leave: first for the device, then for its place in the stream of all sends.

        In this order the stream stays within its rate also when many devices become free at the same moment.
        """
        if address is not None:
            with self._lock:
                now = self._clock()
                delay = self._reserve_device(address, now, now, count) - now
            if delay > 0:
                await asyncio.sleep(delay)
        if (delay := self.reserve(kind, count=count)) > 0:
            await asyncio.sleep(delay)

    def trouble(self, address: str) -> None:
        """The device stopped answering: ask it more slowly from now on."""
        with self._lock:
            self._slower[address] = BACK_OFF

    @asynccontextmanager
    async def connection(self, address: str) -> AsyncIterator[None]:
        """Hold one of the few connections that a device is asked to spare, and count its connect."""
        async with self._slots[address]:
            await self.wait("connect", address)
            yield


def in_stream(due: float, now: float) -> float:
    """When the next send of a stream that was due at `due` starts: idle time is lost, never saved for a burst."""
    return due if now - due <= LATENESS else now
