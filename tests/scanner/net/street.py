"""A street of simulated units: each answers a group from an address of its own, all from one thread."""

from __future__ import annotations

import heapq
import random
import select
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterable

Answer = Callable[[bytes, str], Iterable[bytes]]  # what came, the unit's address -> its replies

IP_FREEBIND = 15  # Linux: bind an address that is only routed here


class Street:
    """While entered, every address answers what comes to the group (or to `port` of its own) within some seconds."""

    def __init__(
        self,
        addresses: Iterable[str],
        port: int,
        group: str,
        answer: Answer,
        *,
        within: float = 0.0,
        to_group: bool = False,
        at: str = "127.0.0.1",
    ) -> None:
        self.asked: list[bytes] = []
        self.sent = 0
        self._port, self._group, self._answer, self._within = port, group, answer, within
        self._to_group, self._at = to_group, at
        self._units = {address: unit_socket(address, port) for address in addresses}
        self._stop = threading.Event()
        self._due: list[tuple[float, int, str, tuple[str, int], bytes]] = []
        self._thread = threading.Thread(target=self._live, daemon=True)

    def __enter__(self) -> Street:
        self._ear = group_socket(self._group, self._port, self._at)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()
        for sock in (self._ear, *self._units.values()):
            sock.close()

    def say(self, address: str, payload: bytes, place: tuple[str, int]) -> None:
        """One unit speaks unasked."""
        self._units[address].sendto(payload, place)

    def _live(self) -> None:
        places = {self._ear: None} | {sock: address for address, sock in self._units.items()}
        poll, by_number = select.epoll(), {sock.fileno(): sock for sock in places}
        for sock in places:
            poll.register(sock, select.EPOLLIN)
        while not self._stop.is_set():
            wait = min(0.05, self._due[0][0] - time.monotonic()) if self._due else 0.05
            for number, _ in poll.poll(max(0.0, wait)):
                self._hear(by_number[number], places[by_number[number]])
            while self._due and self._due[0][0] <= time.monotonic():
                *_, address, place, payload = heapq.heappop(self._due)
                self._units[address].sendto(payload, place)
                self.sent += 1
        poll.close()

    def _hear(self, sock: socket.socket, only: str | None) -> None:
        question, asker = sock.recvfrom(65_535)
        self.asked.append(question)
        place = (self._group, self._port) if self._to_group else asker[:2]
        for address in [only] if only else self._units:
            for payload in self._answer(question, address):
                due = time.monotonic() + random.random() * self._within
                heapq.heappush(self._due, (due, len(self._due), address, place, payload))


def unit_socket(address: str, port: int) -> socket.socket:
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.setsockopt(socket.IPPROTO_IP, IP_FREEBIND, 1)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(address))
    sock.bind((address, port))
    return sock


def group_socket(group: str, port: int, at: str) -> socket.socket:
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind((group, port))
    member = struct.pack("=4s4s", socket.inet_aton(group), socket.inet_aton(at))
    sock.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, member)
    return sock
