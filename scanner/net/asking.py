"""Asking: put the questions of a plan on the wire, and keep account of what was sent and what was refused."""

from __future__ import annotations

import asyncio
import contextlib
import resource
import socket
from collections import Counter
from collections.abc import Iterable, Iterator

from scanner.model import Outcome
from scanner.net import gate
from scanner.net.datagrams import asking_socket, listening_socket, plain_socket
from scanner.net.discovery_report import DIRECT, Asked, DiscoveryReport, explain, silence
from scanner.net.hearing import Ear, Hearing
from scanner.net.interfaces import Interface
from scanner.net.pacing import Pace
from scanner.net.questions import Send, sources, unusable
from scanner.probes import Datagram, Question, forbidden

Key = tuple[str, int]  # interface, port


class Asking:
    """Sends what is to be asked, and keeps account of it."""

    def __init__(self, pace: Pace, heard: Hearing) -> None:
        self._pace, self._heard = pace, heard
        self._own_ports: dict[tuple[str, int, bool], socket.socket] = {}
        self._sent: Counter[Key] = Counter()
        self._problems: dict[Key, str] = {}

    def join_groups(self, chosen: Iterable[Interface], protocols: Iterable[Datagram]) -> None:
        """Open the ports of the protocols' own, for replies to the group and for greetings that nobody asked for."""
        allow_many_sockets()
        for interface in (each for each in chosen if not unusable(each)):
            for datagram in protocols:
                for source in one_of_each_family(sources(interface, datagram)):
                    self._join(interface, source, datagram)

    def _join(self, interface: Interface, source: str, datagram: Datagram) -> None:
        group = datagram.group6 if ":" in source else datagram.group4
        if not (group or datagram.listen):
            return
        # Where the protocol says nothing of answers to the port, a taken one costs greetings only: no problem.
        noting = self._noting(interface.name, datagram) if datagram.listen else contextlib.suppress(OSError)
        with noting:
            port = datagram.listen or datagram.port
            sock = listening_socket(interface, source, datagram.ttl, port, group)
            self._heard.listen(sock, Ear(interface.name, datagram))
            self._own_ports[interface.name, datagram.port, ":" in source] = sock

    async def ask_groups(self, sends: Iterable[Send], patience: float | None) -> None:
        """Send each at its time, and wait until the last reply may have come."""
        sends, loop = tuple(sends), asyncio.get_running_loop()
        for send in sends:
            require_harmless(send.datagram, send.question)
            self._heard.remember(send.question)
        start = until = loop.time()
        for send in sends:
            await asyncio.sleep(start + send.at - loop.time())
            await self._ask_group(send)
            until = max(until, loop.time() + (send.datagram.patience if patience is None else patience))
        await asyncio.sleep(until - loop.time())

    async def _ask_group(self, send: Send) -> None:
        gate.require(send.source)
        with self._noting(send.interface.name, send.datagram):
            if (sock := self._socket(send)) is None:
                return  # the port is taken, which is in the report
            for destination in send.destinations:
                await self._pace.wait("datagram")
                with self._noting(send.interface.name, send.datagram):
                    sock.sendto(send.question.payload, place(destination, send))
                    self._sent[send.interface.name, send.datagram.port] += 1

    def _socket(self, send: Send) -> socket.socket | None:
        """A new socket for each question, so that no reply finds it full; see scanner.net.datagrams."""
        if send.shared:
            return self._own_ports.get((send.interface.name, send.datagram.port, ":" in send.source))
        sock = asking_socket(send.interface, send.source, send.datagram.ttl)
        self._heard.listen(sock, Ear(send.interface.name, send.datagram, send.question.name))
        return sock

    async def ask_each(self, addresses: Iterable[str], datagram: Datagram, question: Question) -> None:
        """Put one question to every address that has not answered in this protocol yet."""
        require_harmless(datagram, question)
        self._heard.remember(question)
        socks: dict[int, socket.socket] = {}
        answered = self._heard.answered[DIRECT.name, datagram.port]
        for address in (each for each in addresses if each not in answered):
            gate.require(address)
            await self._pace.wait("datagram", address)
            with self._noting(DIRECT.name, datagram):
                family = socket.AF_INET6 if ":" in address else socket.AF_INET
                if family not in socks:
                    socks[family] = plain_socket(family)
                    self._heard.listen(socks[family], Ear(DIRECT.name, datagram, question.name))
                socks[family].sendto(question.payload, (address, datagram.port))
                self._sent[DIRECT.name, datagram.port] += 1

    @contextlib.contextmanager
    def _noting(self, interface: str, datagram: Datagram) -> Iterator[None]:
        """What the system refuses is part of the report; the rest goes on."""
        try:
            yield
        except OSError as error:
            problem = explain(error, interface, datagram.protocol, datagram.port)
            self._problems.setdefault((interface, datagram.port), problem)

    def report(
        self,
        chosen: Iterable[Interface],
        protocols: Iterable[Datagram],
        seconds: float,
        notes: tuple[str, ...] = (),
        services: tuple[Asked, ...] = (),
    ) -> DiscoveryReport:
        asked = tuple(self._asked(each, datagram) for each in chosen for datagram in protocols) + services
        silent = {each.interface for each in asked} - {each.interface for each in asked if each.answered}
        quiet = tuple(
            silence(each)
            for each in chosen
            if each is not DIRECT and each.name in silent and not unusable(each)
        )
        return DiscoveryReport(asked=asked, seconds=seconds, lost=self._heard.lost, notes=notes + quiet)

    def _asked(self, interface: Interface, datagram: Datagram) -> Asked:
        key = interface.name, datagram.port
        answered, sent = len(self._heard.answered[key]), self._sent[key]
        if answered:
            outcome = Outcome.ANSWERED
        elif self._heard.unreadable[key]:
            outcome = Outcome.UNREADABLE
        else:
            outcome = Outcome.SILENT if sent else Outcome.UNREACHABLE
        problem = (interface is not DIRECT and unusable(interface)) or self._problems.get(key, "")
        return Asked(
            interface=interface.name,
            protocol=datagram.protocol,
            port=datagram.port,
            sent=sent,
            answered=answered,
            outcome=outcome,
            problem=problem,
        )


def require_harmless(datagram: Datagram, question: Question) -> None:
    """Raise `Refused` for a question that could do more than ask."""
    if reason := forbidden.refuse(question.payload, datagram.port, "udp"):
        raise gate.Refused(f"{question.name} is not sent to UDP port {datagram.port}", why=reason)


def place(destination: str, send: Send) -> tuple[str, int] | tuple[str, int, int, int]:
    port = send.datagram.port
    return (destination, port, 0, send.interface.index) if ":" in destination else (destination, port)


def one_of_each_family(own: tuple[str, ...]) -> tuple[str, ...]:
    """The first IPv4 and the first IPv6 address, without their prefix lengths."""
    return tuple({":" in each: each.partition("/")[0] for each in reversed(own)}.values())


def allow_many_sockets() -> None:
    """Raise the soft limit on open files to the hard one: every question has its own socket."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
