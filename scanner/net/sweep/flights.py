"""Thousands of connects at a time in one bare epoll loop."""

from __future__ import annotations

import collections
import contextlib
import errno
import os
import resource
import select
import socket
import threading
import time
from collections.abc import Callable, Sequence

from scanner.net.pacing import CONNECTIONS_PER_DEVICE
from scanner.net.sweep.contract import Swept
from scanner.net.sweep.plan import Order, Slices
from scanner.net.sweep.tally import Tally

KEEP_FREE = 200  # file descriptors for the rest of the program
FEWEST, MOST = 64, 16_384  # connects in flight, whatever the limit says
TRIES, ROOM = 20, 0.1  # how often, and for how many seconds, to wait for room in a table of the kernel
DRAIN = 65_536  # bytes of greeting that are read away: unread data would turn our FIN into a RST
REFUSALS = (errno.ECONNREFUSED, errno.ECONNRESET)  # somebody is there who said no
SILENCE = (errno.ETIMEDOUT, errno.EHOSTUNREACH, errno.ENETUNREACH, errno.EHOSTDOWN)
CROWDED = (errno.EMFILE, errno.ENFILE, errno.EADDRNOTAVAIL, errno.ENOBUFS, errno.EAGAIN)


class Flight:
    """One connect on its way."""

    __slots__ = ("address", "connected", "deadline", "done", "index", "port", "sock")

    def __init__(self, sock: socket.socket, address: str, port: int, deadline: float, index: int) -> None:
        self.sock, self.address, self.port = sock, address, port
        self.deadline, self.index = deadline, index
        self.connected = self.done = False


class Flights:
    """The connects that are on their way. All have the same patience, so a queue is all the timer it takes."""

    def __init__(self, tally: Tally, stop: threading.Event, patience: float) -> None:
        self._tally, self._stop, self._patience = tally, stop, patience
        self._window = window()
        self._by_number: dict[int, Flight] = {}
        self._queue: collections.deque[Flight] = collections.deque()
        self._busy: collections.Counter[str] = collections.Counter()
        self._epoll = select.epoll()

    def cover(
        self, order: Order, hosts: Callable[[Sequence[int]], list[str]], slices: Slices, start: int
    ) -> Swept:
        """Ask everything in order from `start` on, then once more what live devices did not answer."""
        index, total = start, len(order)
        with contextlib.closing(self._epoll):
            while index < total and not self._stop.is_set():
                positions, port = order.take(index, slices.size)
                self._ask(hosts(positions), port, slices, index)
                index += len(positions)
                self._tell(index)
            self._land_all()
            self._tell(index)
            self._ask_again(order.ports, slices, index)
            self._land_all()
            self._give_up()
        return self._tally.swept(finished=not self._stop.is_set())

    def _tell(self, index: int) -> None:
        if not self._stop.is_set():
            self._tally.reached(self._queue[0].index if self._queue else index)

    def _ask(self, addresses: list[str], port: int, slices: Slices, index: int) -> None:
        if not addresses:
            return
        self._wait(slices.reserve(len(addresses)))
        for address in addresses:
            while len(self._by_number) >= self._window or self._busy[address] >= CONNECTIONS_PER_DEVICE:
                self._turn(self._queue[0].deadline)
                if self._stop.is_set():
                    return
            if not self._stop.is_set():
                self._take_off(address, port, index)

    def _ask_again(self, ports: Sequence[int], slices: Slices, index: int) -> None:
        for port, addresses in list(self._tally.unanswered(ports)):
            again = slices.of(len(addresses))
            for begin in range(0, len(addresses), again.size):
                if self._stop.is_set():
                    return
                self._ask(addresses[begin : begin + again.size], port, again, index)

    def _take_off(self, address: str, port: int, index: int) -> None:
        if (begun := self._begin(address, port)) is None:
            return
        sock, code = begun
        self._tally.probes += 1
        flight = Flight(sock, address, port, time.monotonic() + self._patience, index)
        self._by_number[sock.fileno()] = flight
        self._queue.append(flight)
        self._busy[address] += 1
        self._epoll.register(sock, select.EPOLLOUT)
        if code != errno.EINPROGRESS:
            self._settle(flight, code)

    def _begin(self, address: str, port: int) -> tuple[socket.socket, int] | None:
        """Start to connect, as soon as there is room for it: other programs fill the kernel's tables too."""
        problem = ""
        for _ in range(TRIES):
            try:
                return begin(address, port)
            except OSError as error:
                problem = f"{address} port {port} could not be asked: {error.strerror}"
                if error.errno not in CROWDED or self._stop.is_set():
                    break
                self._window = max(FEWEST, min(self._window, len(self._by_number)))
                self._wait(ROOM)
        self._tally.lose(1, problem)
        return None

    def _wait(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        self._turn(0)
        while time.monotonic() < until and not self._stop.is_set():
            self._turn(until)

    def _land_all(self) -> None:
        while self._by_number and not self._stop.is_set():
            self._turn(self._queue[0].deadline)

    def _turn(self, until: float) -> None:
        """Hear what has happened, at the latest at `until`, and give up on whom it is time for."""
        if self._queue:
            until = min(until, self._queue[0].deadline)
        for number, _ in self._epoll.poll(min(0.1, max(0.0, until - time.monotonic())), 1024):
            if flight := self._by_number.get(number):
                self._settle(flight, flight.sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR))
        now = time.monotonic()
        while self._queue and (self._queue[0].done or self._queue[0].deadline <= now):
            self._land(self._queue.popleft())

    def _settle(self, flight: Flight, code: int) -> None:
        """A connect has ended, or a device has closed its side too."""
        if flight.connected or code in SILENCE:
            self._land(flight)
        elif code in REFUSALS:
            self._tally.answer(flight.address, flight.port, refused=True)
            self._land(flight)
        elif code:
            self._tally.lose(1, f"{flight.address} port {flight.port}: {os.strerror(code)}")
            self._land(flight)
        else:
            self._tally.answer(flight.address, flight.port, refused=False)
            self._say_goodbye(flight)

    def _say_goodbye(self, flight: Flight) -> None:
        """Send our FIN and wait for the one of the device: then nothing is left open on either side."""
        flight.connected = True
        try:
            flight.sock.shutdown(socket.SHUT_WR)
            self._epoll.modify(flight.sock, 0)  # only the hang-up, which needs no asking for
        except OSError:
            self._land(flight)

    def _land(self, flight: Flight) -> None:
        if flight.done:
            return
        flight.done = True
        if flight.connected:
            with contextlib.suppress(OSError):
                flight.sock.recv(DRAIN)
        del self._by_number[flight.sock.fileno()]
        flight.sock.close()  # which also takes it out of the epoll set
        self._busy[flight.address] -= 1
        if not self._busy[flight.address]:
            del self._busy[flight.address]

    def _give_up(self) -> None:
        for flight in list(self._by_number.values()):
            self._land(flight)


def begin(address: str, port: int) -> tuple[socket.socket, int]:
    """Start to connect: the socket, and 0, EINPROGRESS, or why a device or a router would not have it."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
    try:
        code = sock.connect_ex(socket.getaddrinfo(address, port)[0][4] if "%" in address else (address, port))
    except OSError:
        sock.close()
        raise
    if code in (0, errno.EINPROGRESS, *REFUSALS, errno.EHOSTUNREACH, errno.EHOSTDOWN):
        return sock, code
    sock.close()
    raise OSError(code, os.strerror(code))


def window() -> int:
    """How many connects may be on their way: as many as this process may have files open."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST + KEEP_FREE
    limit = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < limit:
        resource.setrlimit(resource.RLIMIT_NOFILE, (limit, hard))
    return max(FEWEST, limit - KEEP_FREE)
