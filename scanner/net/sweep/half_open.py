"""The fast sweep: a SYN in a prebuilt frame, and no memory of whom it was sent to. Needs CAP_NET_RAW.

On the wire   one SYN per address and port, from a port that no program of this machine uses. The kernel knows nothing
              of it and answers each SYN-ACK with a RST by itself; that is left so on purpose: suppressing it would
              leave every open port of every device half-open for minutes.
Answers       SYN-ACK (open) and RST (closed), known by the cookie in their acknowledgement.
Kindness      what a live device did not answer is asked once more; what nobody answered for is not.
"""

from __future__ import annotations

import collections
import os
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Self

import msgspec

from scanner.net.pacing import Pace
from scanner.net.sweep import frames
from scanner.net.sweep.connect import Connect
from scanner.net.sweep.contract import Heard, Progress, Span, Swept
from scanner.net.sweep.frames import Cookie
from scanner.net.sweep.ground import Ground, learn, survey
from scanner.net.sweep.lanes import Lane, lay
from scanner.net.sweep.packets import (
    IF_ABOVE,
    IF_AT_LEAST,
    IF_BITS,
    IF_EQUAL,
    LOAD_BYTE,
    LOAD_HALF,
    LOAD_HALF_BEHIND,
    LOAD_HEADER_LENGTH,
    Listener,
    Step,
    require_raw,
)
from scanner.net.sweep.plan import Order, Slices, Spans, number, text
from scanner.net.sweep.tally import Tally

PATIENCE = 1.0  # seconds for an answer
MARK_EVERY = 0.2  # seconds between two places where the sweep could go on
LOCAL_PORTS = Path("/proc/sys/net/ipv4/ip_local_port_range")
OURS = 61_000  # the kernel gives its programs ports below this one unless told otherwise


class HalfOpen:
    """The engine `half-open`."""

    def __init__(self, *, patience: float = PATIENCE) -> None:
        require_raw()
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
        """Sweep ranges of IPv4 addresses; our own, which no frame of ours reaches, are asked by connect."""
        ground, tally = survey(spans), Tally(heard, progress)
        own = [(each.first, each.last) for each in ground.stretches if each.local]
        asked = Connect().sweep(own, ports, pace=pace, heard=heard, stop=stop)
        learn(ground, pace=pace, tally=tally, stop=stop)
        with Volley(ground, pace, tally, stop, self._patience) as volley:
            swept = volley.cover(Spans(spans), ports, start)
        return together(asked, swept)


class Volley:
    """One sweep on its way."""

    def __init__(
        self, ground: Ground, pace: Pace, tally: Tally, stop: threading.Event, patience: float
    ) -> None:
        self._ground, self._tally, self._stop, self._patience = ground, tally, stop, patience
        self._slices = Slices(pace, "connect", ground.devices(tally.macs))
        self._lanes = lay(ground, pace=pace, tally=tally, stop=stop)
        # The common case, one router for all, needs no look at each address.
        self._only = self._lanes[0] if len(self._lanes) == 1 and not ground.on_link() else None
        self._key, self._port = Cookie(os.urandom(16)), source_port(LOCAL_PORTS.read_text())
        self._listener = Listener(ground.interfaces(), frames.IP, answers_to(self._port, self._port + 1))
        self._sent_at = 0.0
        self._marks: collections.deque[tuple[float, int]] = collections.deque()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.close()
        for lane in filter(None, self._lanes):
            lane.close()

    def cover(self, addresses: Spans, ports: Sequence[int], start: int) -> Swept:
        """Ask everything in order from `start` on, then once more what live devices did not answer."""
        order, index = Order(len(addresses), ports), start
        self._speak(self._port)
        while index < len(order) and not self._stop.is_set():
            positions, port = order.take(index, self._slices.size)
            self._send(addresses.at(positions), port, self._slices)
            index += len(positions)
            self._mark(index)
        self._wait()
        if not self._stop.is_set():
            self._tally.reached(index)
            self._ask_again(ports)
        if dropped := self._listener.dropped():
            self._tally.lose(dropped, "answers came faster than they could be read: lower the rate")
        return self._tally.swept(finished=not self._stop.is_set())

    def _ask_again(self, ports: Sequence[int]) -> None:
        """From another port: a device that remembers the first SYN takes this one for no retransmission."""
        unanswered = list(self._tally.unanswered(ports))
        self._speak(self._port + 1)
        for port, devices in unanswered:
            slices = self._slices.of(len(devices))
            for begin in range(0, len(devices), slices.size):
                self._send([number(each) for each in devices[begin : begin + slices.size]], port, slices)
        if unanswered:
            self._wait()

    def _speak(self, port: int) -> None:
        for lane in filter(None, self._lanes):
            lane.speak(port, self._key)

    def _send(self, addresses: list[int], port: int, slices: Slices) -> None:
        lanes = {self._only: addresses} if self._only else self._by_lane(addresses)
        if not (count := sum(map(len, lanes.values()))):
            return
        self._listener.listen(slices.reserve(count), self._hear)
        if self._stop.is_set():
            return
        self._tally.probes += count
        self._sent_at = time.monotonic()
        for lane, group in lanes.items():
            if lost := lane.send(group, port):
                self._tally.lose(lost, "the interface did not take all packets: lower the rate")

    def _by_lane(self, addresses: list[int]) -> dict[Lane, list[int]]:
        found: dict[Lane, list[int]] = {}
        for address in addresses:
            lane = self._lanes[self._ground.index(address)]
            if lane and lane.leads_to(address):
                found.setdefault(lane, []).append(address)
        return found

    def _hear(self, frame: memoryview) -> None:
        if answer := frames.read_answer(frame, self._key):
            self._tally.answer(text(answer.address), answer.port, refused=answer.refused)

    def _wait(self) -> None:
        """Wait until the last SYN has had its time to be answered."""
        end = self._sent_at + self._patience
        while (left := end - time.monotonic()) > 0 and not self._stop.is_set():
            self._listener.listen(min(left, 0.1), self._hear)

    def _mark(self, index: int) -> None:
        """Remember when the sweep was where, and report what has had its time to answer."""
        if self._stop.is_set():
            return
        now = time.monotonic()
        if not self._marks or now - self._marks[-1][0] > MARK_EVERY:
            self._marks.append((now, index))
        if now - self._marks[0][0] > self._patience:
            self._tally.reached(self._marks.popleft()[1])


def answers_to(first: int, last: int) -> tuple[Step, ...]:
    """The filter for TCP segments, not fragments, to a range of our ports."""
    return (
        (LOAD_HALF, 12, None),          (IF_EQUAL, frames.IP, True),
        (LOAD_BYTE, 23, None),          (IF_EQUAL, frames.TCP, True),
        (LOAD_HALF, 20, None),          (IF_BITS, 0x1FFF, False),
        (LOAD_HEADER_LENGTH, 14, None),
        (LOAD_HALF_BEHIND, 16, None),   (IF_AT_LEAST, first, True), (IF_ABOVE, last, False),
    )  # fmt: skip


def source_port(local_ports: str) -> int:
    """A port that, like the next one, the kernel gives to no program."""
    first, last = map(int, local_ports.split())
    return OURS if last < OURS else max(1024, first - 2)


def together(own: Swept, others: Swept) -> Swept:
    """One account of both parts; where to go on is a matter of the second."""
    return msgspec.structs.replace(
        others,
        probes=own.probes + others.probes,
        answered=own.answered + others.answered,
        refused=own.refused + others.refused,
        lost=own.lost + others.lost,
        problem=own.problem or others.problem,
    )
