"""The simulated building: all its units, served by one event loop, on loopback addresses.

Nothing of it can leave the machine: units are bound to loopback addresses, groups are joined on the loopback
interface alone, and a datagram from anywhere else is not answered. Everything that arrives is written down, so that
a test can prove what a scan sent.
"""

from __future__ import annotations

import asyncio
import collections
import contextlib
import ipaddress
import socket
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Self

import msgspec

from scanner.lab import answers, certificates
from scanner.lab.conversations import Connection, converse
from scanner.lab.sockets import PLACES, bound, first_port, join, speak_to_groups
from scanner.lab.truth import Expected, expected_of
from scanner.lab.unit import Speaks, Spoken, Unit, load_units

NETWORK = "127.77.0.0/24"
LOOPBACK_BROADCAST = "127.255.255.255"
TWIN = 8000  # where privileged ports cannot be had, 80 is 8080, 443 is 8443 and 554 is 8554
DATAGRAM_LIMIT = 65_535
SPREAD = 0.4  # seconds over which replies to a group are spread, as WS-Discovery asks of its devices
BURST = 64  # datagrams read at once before anybody else has a turn


class Received(msgspec.Struct, frozen=True):
    """Bytes that reached the building. `unit` is the name of one, a group's address, or `elsewhere`."""

    unit: str
    port: int  # as the unit knows it, also where its twin is listening
    transport: str
    data: bytes


class Building:
    """All units, from entering `async with` to its end."""

    def __init__(self, units: Iterable[Unit]) -> None:
        self.units = tuple(units)
        self.addresses = tuple(unit.address for unit in self.units)
        self.received: list[Received] = []
        self.most_connections: collections.Counter[str] = collections.Counter()  # at once, by unit
        self._connections: collections.Counter[str] = collections.Counter()
        self._own = frozenset(self.addresses)
        self._ears: list[socket.socket] = []
        self._voices: dict[tuple[str, Spoken], socket.socket] = {}
        self._servers: list[asyncio.Server] = []
        self._talks: set[asyncio.Task[None]] = set()

    @classmethod
    def loopback(cls, network: str = NETWORK, count: int | None = None) -> Self:
        """The building on loopback addresses; needs no privileges."""
        if not ipaddress.ip_network(network).is_loopback:
            raise ValueError(f"{network} is not on loopback")
        return cls(load_units(network, count))

    def truth(self) -> dict[str, Expected]:
        """What a census of this building should find, by address."""
        return {unit.address: expected_of(unit) for unit in self.units}

    def port(self, port: int) -> int:
        """Where a port of a unit really is: there, or at its twin when privileged ports cannot be had."""
        return port if port >= self._first_port else port + TWIN

    async def __aenter__(self) -> Self:
        self._loop, self._first_port = asyncio.get_running_loop(), first_port()
        try:
            await self._open()
        except BaseException:
            await self._close()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._close()

    async def _open(self) -> None:
        for unit in self.units:
            for protocol in unit.kind.datagrams:
                self._open_voice(unit, protocol)
            if unit.row.factory_address is None:  # else no connection finds its way to it
                await self._open_ports(unit)
        self._open_groups()
        await self._open_elsewhere()

    async def _close(self) -> None:
        for server in self._servers:
            server.close()
        for task in self._talks:
            task.cancel()
        if self._talks:
            await asyncio.wait(self._talks)
        for ear in self._ears:
            self._loop.remove_reader(ear)
            ear.close()
        await asyncio.sleep(0)  # lets closed transports take their leave

    # --- discovery

    def _open_voice(self, unit: Unit, protocol: Spoken) -> None:
        """The socket from which a unit speaks, and which hears what is sent to the unit alone."""
        voice = bound(socket.socket(type=socket.SOCK_DGRAM), (unit.address, PLACES[protocol].port))
        speak_to_groups(voice, unit.address, socket.if_nametoindex("lo"))
        self._voices[unit.name, protocol] = voice
        self._hear(voice, protocol, (unit,), unit.name)

    def _open_groups(self) -> None:
        """One socket hears a group, or a broadcast, for all units together: a host may join few groups."""
        for protocol, place in PLACES.items():
            units = [u for u in self.units if protocol in u.kind.datagrams and u.row.hears == "everybody"]
            if place.group:
                ear = bound(socket.socket(type=socket.SOCK_DGRAM), (place.group, place.port))
                join(ear, place.group, socket.if_nametoindex("lo"))
                self._hear(ear, protocol, units, place.group)
            if place.broadcast:
                ear = bound(socket.socket(type=socket.SOCK_DGRAM), (LOOPBACK_BROADCAST, place.port))
                self._hear(ear, protocol, units, LOOPBACK_BROADCAST)

    def _hear(self, ear: socket.socket, protocol: Spoken, units: Iterable[Unit], where: str) -> None:
        self._ears.append(ear)
        self._loop.add_reader(ear, self._drain, ear, protocol, tuple(units), where)

    def _drain(self, ear: socket.socket, protocol: Spoken, units: tuple[Unit, ...], where: str) -> None:
        with contextlib.suppress(BlockingIOError, ConnectionError):
            for _ in range(BURST):
                data, asker = ear.recvfrom(DATAGRAM_LIMIT)
                if self._may_ask(asker[0]):
                    self.received.append(Received(where, PLACES[protocol].port, "udp", data))
                    self._answer(units, protocol, data, asker)

    def _may_ask(self, asker: str) -> bool:
        """Askers on this machine; the units' own replies to a group are no questions."""
        return asker.startswith("127.") and asker not in self._own

    def _answer(self, units: tuple[Unit, ...], protocol: Spoken, data: bytes, asker: tuple[str, int]) -> None:
        now = datetime.now(UTC)
        for unit in units:
            delay = unit.row.delay + (unit.row.offset * 37 % 100) / 100 * SPREAD
            for reply in answers.answer(unit, protocol, data, now):
                for target in _targets(unit, protocol, asker):
                    self._loop.call_later(delay, self._send, self._voices[unit.name, protocol], reply, target)

    def _send(self, voice: socket.socket, reply: bytes, target: tuple[str, int]) -> None:
        with contextlib.suppress(OSError):  # the asker is gone, or no way leads there: as on any network
            voice.sendto(reply, target)

    # --- connections

    async def _open_ports(self, unit: Unit) -> None:
        taken: set[int] = set()
        for port, speaks in unit.kind.ports.items():
            if speaks and (real := self.port(port)) not in taken:
                taken.add(real)
                listener = bound(self._socket_of(unit), (unit.words["address"], real))
                await self._listen(unit, port, speaks, listener)

    def _socket_of(self, unit: Unit) -> socket.socket:
        """A socket where the unit lives."""
        return socket.socket()

    async def _listen(self, unit: Unit, port: int, speaks: Speaks, listener: socket.socket) -> None:
        def note(data: bytes) -> None:
            self.received.append(Received(unit.name, port, "tcp", data))

        async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await self._talk(speaks, Connection(unit, port, reader, writer, note))

        if speaks == "https":
            # A unit that hangs up does not wait long for the other side's farewell.
            context = certificates.server_context(unit)
            server = await asyncio.start_server(talk, sock=listener, ssl=context, ssl_shutdown_timeout=1.0)
        else:
            server = await asyncio.start_server(talk, sock=listener)
        self._servers.append(server)

    async def _talk(self, speaks: Speaks, connection: Connection) -> None:
        name, task = connection.unit.name, asyncio.current_task()
        assert task is not None
        self._talks.add(task)
        self._connections[name] += 1
        self.most_connections[name] = max(self.most_connections[name], self._connections[name])
        try:
            await converse(speaks, connection)
        except (OSError, EOFError, TimeoutError):
            pass  # the asker hung up, or fell silent: both are its right
        except asyncio.CancelledError:
            connection.writer.transport.abort()  # the building closes
        finally:
            self._connections[name] -= 1
            self._talks.discard(task)
            connection.writer.close()

    async def _open_elsewhere(self) -> None:
        """The other host to which the hostile unit lures: whoever comes here has left the building."""

        async def caught(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            self.received.append(Received("elsewhere", 80, "tcp", b""))
            writer.close()

        trap = bound(socket.socket(), (self.units[0].words["elsewhere"], self.port(80)))
        self._servers.append(await asyncio.start_server(caught, sock=trap))


def _targets(unit: Unit, protocol: Spoken, asker: tuple[str, int]) -> Iterator[tuple[str, int]]:
    """To whom a unit replies: the asker, the group, or both."""
    place, to = PLACES[protocol], unit.kind.datagrams[protocol].to
    if protocol == "mdns":  # RFC 6762, section 6.7: only who asks from another port is answered alone
        to = "group" if asker[1] == place.port else "asker"
    reachable = unit.row.factory_address is None or unit.row.routed
    if to != "group" and reachable:
        yield asker
    if to != "asker" and place.group:
        yield place.group, place.port
