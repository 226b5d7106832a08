"""Hearing: from the datagrams that arrive to observations, each once, while the discovery goes on asking."""

from __future__ import annotations

import asyncio
import re
import socket
import time
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime

import msgspec

from scanner.model import Observation, Outcome
from scanner.net.drain import Arrival, Drain, sender
from scanner.net.neighbours import macs
from scanner.probes import Datagram, Question, Unreadable, probe, ssdp

AT_ONCE = 50  # datagrams read before the event loop gets its turn
REPLIES_OF_ONE = 400  # datagrams of one address that are kept: 20 times the replies to all questions of a run
TABLE_SHARE = 0.05  # of the time may go into reading the neighbour table again for addresses not yet in it,
TABLE_CREDIT = 0.05  # and so many seconds at the start

INSIDE_UUID = re.compile(
    rb"-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-"
)  # starts with a literal: ten times faster

Hear = Callable[[Observation], None]
Describe = Callable[[str], Awaitable[Observation | None]]


class Ear(msgspec.Struct, frozen=True):
    """What one socket listens for: on which interface, in which protocol, and what was asked from it."""

    interface: str
    datagram: Datagram
    request: str = ""  # empty on a protocol's own port, where answers to anybody arrive


class Hearing:
    """Turns arrivals into observations. `hear` is called in the event loop, at once, in the order of arrival."""

    def __init__(self, hear: Hear, describe: Describe | None = None) -> None:
        loop = asyncio.get_running_loop()
        self._hear, self._describe = hear, describe
        self._arrived = asyncio.Event()
        self._drain = Drain(lambda: loop.call_soon_threadsafe(self._arrived.set))
        self._asked: dict[bytes, str] = {}  # identifiers that we made up, and the question they stood in
        self._sent: set[bytes] = set()
        self._seen: set[int] = set()
        self._of: Counter[str] = Counter()
        self._macs: dict[str, str] = {}
        self._macs_cost, self._started = -TABLE_CREDIT, time.monotonic()
        self._described: dict[str, asyncio.Task[None]] = {}
        self.answered: defaultdict[tuple[str, int], set[str]] = defaultdict(set)
        self.unreadable: Counter[tuple[str, int]] = Counter()
        self.lost = 0

    def listen(self, sock: socket.socket, ear: Ear) -> None:
        """Hear this socket until the end."""
        self._drain.add(sock, ear)

    def remember(self, question: Question) -> None:
        """This is about to be asked: know its answers, and its echo."""
        self._sent.add(question.payload)
        for found in identifiers(question.payload):
            self._asked.setdefault(found.upper(), question.name)

    async def observe(self) -> None:
        """Turn arrivals into observations until cancelled."""
        while True:
            await self._arrived.wait()
            self._arrived.clear()
            while batch := self._drain.take(AT_ONCE):
                self._observe_all(batch)
                await asyncio.sleep(0)

    async def descriptions(self, patience: float) -> None:
        """Wait for the descriptions that are still being fetched, but not for ever."""
        if self._described:
            await asyncio.wait(self._described.values(), timeout=patience)

    def close(self) -> None:
        """Stop listening; what has arrived by now is still observed."""
        for task in self._described.values():
            task.cancel()
        self._describe = None
        self.lost = self._drain.close()
        while batch := self._drain.take(AT_ONCE):
            self._observe_all(batch)

    def _observe_all(self, batch: list[Arrival]) -> None:
        for arrival in batch:
            ear = arrival.label
            assert isinstance(ear, Ear)
            self._observe(ear, sender(arrival.name), arrival.payload, arrival.at)

    def _observe(self, ear: Ear, address: str, payload: bytes, at: float) -> None:
        if payload in self._sent or self._heard_before(address, payload):
            return
        request = ear.request or self._question_in(payload)
        readable = is_reply(ear.datagram, payload)
        if not readable and not probe(ear.datagram.protocol).fields(payload):
            return  # a question: other programs ask too, and that says nothing about who answers
        key = (ear.interface, ear.datagram.port)
        self._of[address] += 1
        if self._of[address] > REPLIES_OF_ONE:
            self.lost += 1
            return
        if readable:
            self.answered[key].add(address)
        else:
            self.unreadable[key] += 1
        self._hear(self._observation(ear, request, address, payload, at, readable))
        self._look_up_description(ear, address, payload)

    def _observation(
        self, ear: Ear, request: str, address: str, payload: bytes, at: float, readable: bool
    ) -> Observation:
        return Observation(
            protocol=ear.datagram.protocol,
            payload=payload,
            request=request,
            observed_at=datetime.fromtimestamp(at, UTC),
            address=address,
            mac=self._mac(address),
            port=ear.datagram.port,
            transport="udp",
            interface=ear.interface or None,
            outcome=Outcome.ANSWERED if readable else Outcome.UNREADABLE,
        )

    def _heard_before(self, address: str, payload: bytes) -> bool:
        """Whether this address said the same before. Our own identifiers, which replies repeat, do not count:
        a device that answers all three rounds says one thing, not three."""
        same = payload
        for found in identifiers(payload):
            if found.upper() in self._asked:
                same = same.replace(found, b"")
        key = hash((address, same))
        known = key in self._seen
        self._seen.add(key)
        return known

    def _question_in(self, payload: bytes) -> str:
        names = (self._asked.get(found.upper()) for found in identifiers(payload))
        return next((name for name in names if name), "")

    def _mac(self, address: str) -> str | None:
        bare = address.partition("%")[0]
        now = time.monotonic()
        if bare not in self._macs and self._macs_cost < TABLE_SHARE * (now - self._started):
            self._macs = macs()
            self._macs_cost += time.monotonic() - now
        return self._macs.get(bare)

    def _look_up_description(self, ear: Ear, address: str, payload: bytes) -> None:
        if ear.datagram.protocol != "ssdp" or self._describe is None or address in self._described:
            return
        try:
            reply = ssdp.read(payload)
        except Unreadable:
            return
        if url := ssdp.description_url(reply, address):
            self._described[address] = asyncio.create_task(self._fetch_description(self._describe, url))

    async def _fetch_description(self, describe: Describe, url: str) -> None:
        if observation := await describe(url):
            self._hear(observation)


def identifiers(payload: bytes) -> Iterator[bytes]:
    """Everything in a payload that is written as a UUID, or nearly so."""
    for found in INSIDE_UUID.finditer(payload):
        yield payload[max(0, found.start() - 8) : found.end() + 12]


def is_reply(datagram: Datagram, payload: bytes) -> bool:
    """Whether the bytes are a reply in this protocol. A question, ours or another program's, is none."""
    try:
        probe(datagram.protocol).read(payload)
    except Unreadable:
        return False
    return True
