"""ARP: who is on this link, asked of every address by whole frames.

On the wire   one ARP request per address by broadcast, a second one where nobody answered; nothing else.
Answers       a reply with the MAC address. Two devices at one address both answer, and both are told.
Kindness      every device on the link hears every request, so the pace is at most twice that of probes:
              500 a second by default.
"""

from __future__ import annotations

import struct
import threading
import time
from collections.abc import Callable, Sequence

from scanner.errors import CamcensusError
from scanner.net import gate
from scanner.net.interfaces import interfaces, route
from scanner.net.pacing import Pace
from scanner.net.sweep import frames
from scanner.net.sweep.contract import Span, Swept
from scanner.net.sweep.packets import IF_EQUAL, LOAD_HALF, Batch, Listener, Step
from scanner.net.sweep.plan import LARGEST_SLICE, SLICE, Spans, number, text

TRIES = 2
QUIET = 0.25  # seconds without a new answer that end the wait: a device answers in a few milliseconds,
LONGEST_WAIT = (
    1.5  # and one on a sleepy radio link in some hundred, which prolongs the wait for others like it
)
TICK = 0.01
REPLIES: tuple[Step, ...] = (
    (LOAD_HALF, 12, None), (IF_EQUAL, frames.ARP, True),
    (LOAD_HALF, 20, None), (IF_EQUAL, 2, True),
)  # fmt: skip


def arp_sweep(
    interface: str,
    spans: Sequence[Span],
    *,
    pace: Pace,
    heard: Callable[[str, str], None],
    stop: threading.Event,
) -> Swept:
    """Ask every address of the spans on one link, twice if need be; `heard` gets each address and MAC address."""
    for first, last in spans:
        gate.require_span(first, last)
    return Roll(interface, spans, pace, heard, stop).call()


class Roll:
    """One roll call."""

    def __init__(
        self,
        interface: str,
        spans: Sequence[Span],
        pace: Pace,
        heard: Callable[[str, str], None],
        stop: threading.Event,
    ) -> None:
        self._pace, self._heard, self._stop = pace, heard, stop
        self._addresses = Spans(spans)
        self._slice = max(1, min(int(pace.rate * SLICE), LARGEST_SLICE))
        self._batch = Batch(interface, frames.arp_request(*ourselves(interface, spans)), self._slice)
        self._listener = Listener([interface], frames.ARP, REPLIES)
        self._found: set[tuple[int, bytes]] = set()
        self._present: set[int] = set()
        self._news_at = 0.0
        self._probes = self._lost = 0

    def call(self) -> Swept:
        with self._listener as listener:
            again_at = 0.0
            for _ in range(TRIES):
                self._wait(again_at)
                again_at = time.monotonic() + QUIET
                self._ask()
            self._wait(time.monotonic() + LONGEST_WAIT, quiet=QUIET)
            self._lost += listener.dropped()
        self._batch.close()
        return Swept(
            probes=self._probes,
            answered=len(self._present),
            refused=0,
            lost=self._lost,
            finished=not self._stop.is_set(),
            next_index=0,
            problem="some ARP requests could not leave, or answers came too fast" if self._lost else "",
        )

    def _ask(self) -> None:
        """Ask everybody who has not answered yet."""
        total, size = len(self._addresses), self._slice
        for begin in range(0, total, size):
            if self._stop.is_set():
                return
            everybody = self._addresses.at(range(begin, min(begin + size, total)))
            if absent := [each for each in everybody if each not in self._present]:
                self._listener.listen(self._pace.reserve("arp", count=len(absent)), self._hear)
                for offset, address in zip(self._batch.offsets, absent, strict=False):
                    struct.pack_into("!I", self._batch.buffer, offset + frames.ARP_TARGET, address)
                self._lost += self._batch.send(len(absent))
                self._probes += len(absent)

    def _wait(self, end: float, quiet: float = LONGEST_WAIT) -> None:
        """Listen until the end, or for as long as it takes: until nothing new comes, or everybody has answered."""
        self._news_at = time.monotonic()
        while not self._stop.is_set() and len(self._present) < len(self._addresses):
            left = min(self._news_at + quiet, end) - time.monotonic()
            if left <= 0:
                return
            self._listener.listen(min(left, TICK), self._hear)

    def _hear(self, frame: memoryview) -> None:
        answer = frames.arp_reply(bytes(frame))
        if not answer or answer in self._found or not self._addresses.hold(answer[0]):
            return
        self._found.add(answer)
        self._present.add(answer[0])
        self._news_at = time.monotonic()
        self._heard(text(answer[0]), answer[1].hex(":"))


def ourselves(name: str, spans: Sequence[Span]) -> tuple[bytes, int]:
    """The MAC address of an interface, and which of its addresses speaks to these spans."""
    found = next((each for each in interfaces() if each.name == name), None)
    if found is None or found.mac is None or not found.addresses4:
        raise CamcensusError(
            f"ARP cannot be used on interface {name}",
            why="it is no Ethernet with an IPv4 address",
            fix="choose another interface; `camcensus doctor` lists them",
        )
    way = route(text(spans[0][0]))
    source = way.source if way and way.source and way.interface == name else str(found.addresses4[0].ip)
    return bytes.fromhex(found.mac.replace(":", "")), number(source)
