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

    def __init__(self, rate: float, device_rate: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._gap, self._device_gap, self._clock = 1 / rate, 1 / device_rate, clock
        self._next = clock()
        self._next_of: dict[str, float] = {}
        self._slower: dict[str, int] = {}
        self._slots: dict[str, asyncio.Semaphore] = collections.defaultdict(
            lambda: asyncio.Semaphore(CONNECTIONS_PER_DEVICE)
        )
        self._lock = threading.Lock()
        self.sent: collections.Counter[Kind] = collections.Counter()

    def reserve(self, kind: Kind, address: str | None = None, count: int = 1) -> float:
        """Book `count` sends and return how many seconds from now the first may leave (0 when at once).

        With an address, the sends also keep the distance that one device is owed.
        """
        with self._lock:
            now = self._clock()
            start = max(now, self._next)
            if address is not None:
                gap = self._device_gap * self._slower.get(address, 1)
                start_of = max(now, self._next_of.get(address, now))
                if len(self._next_of) > FORGET_AFTER:
                    self._next_of = {key: at for key, at in self._next_of.items() if at > now}
                # A device that must wait does not hold up the others: only its own start moves.
                self._next_of[address] = max(start, start_of) + gap * count
            else:
                start_of = now
            self._next = start + self._gap * count
            self.sent[kind] += count
            return max(start, start_of) - now

    async def wait(self, kind: Kind, address: str | None = None, count: int = 1) -> None:
        """Reserve, and sleep until the send may leave."""
        if (delay := self.reserve(kind, address, count)) > 0:
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
