"""The drain: a thread that does nothing but empty sockets, so that no reply is lost while the program computes.

Two thousand cameras answer one question within half a second, and twelve questions are asked in the first second.
A socket holds about 180 replies where net.core.rmem_max has its old default of 212,992 bytes; what comes after that is
gone. So the thread takes up to `BATCH` datagrams in one system call: a thread that took one at a time would wait up to
5 ms for Python's lock after each, while the program computes, and then loses about two in five of the 24,000 replies.
The lock is kept during the call, which never waits; docs/explanation/discovery.md has the measurements.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import select
import socket
import struct
import sys
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import NamedTuple

QUEUE_LIMIT = 64 * 1024 * 1024  # bytes waiting to be parsed; a flood beyond is counted as lost
BATCH = 64
DATAGRAM_LIMIT = 65_535  # no UDP datagram is longer, so none is ever cut short here
NAME_LENGTH = 28  # of struct sockaddr_in6, the longer one
SO_MEMINFO, MEMINFO_DROPS = 55, 8  # Linux; the socket module lacks it


class Arrival(NamedTuple):
    """One datagram as it came: `label` is that of its socket."""

    label: object
    at: float  # seconds of the Unix epoch
    name: bytes  # struct sockaddr of the sender; see `sender`
    payload: bytes


class Drain:
    """Empties sockets in a thread of its own. `arrived` is called in that thread when there is something to take."""

    def __init__(self, arrived: Callable[[], object]) -> None:
        self._arrived = arrived
        self._queue: deque[Arrival] = deque()
        self._came = self._taken = 0  # bytes; each counter has one thread that writes it
        self._lost = 0
        self._sockets: dict[int, tuple[socket.socket, object]] = {}
        self._epoll, self._stop = select.epoll(), os.eventfd(0)
        self._epoll.register(self._stop, select.EPOLLIN)
        self._thread = threading.Thread(target=self._empty, name="camcensus-drain", daemon=True)
        self._thread.start()

    def add(self, sock: socket.socket, label: object) -> None:
        """Empty this socket from now on; the drain closes it in the end."""
        self._sockets[sock.fileno()] = (sock, label)
        self._epoll.register(sock, select.EPOLLIN)

    def take(self, most: int) -> list[Arrival]:
        """The next datagrams, at most so many, in the order in which they came."""
        taken = [self._queue.popleft() for _ in range(min(most, len(self._queue)))]
        self._taken += sum(len(arrival.payload) for arrival in taken)
        return taken

    def close(self) -> int:
        """Stop and close all sockets. Returns how many datagrams were lost; what came can still be taken."""
        os.eventfd_write(self._stop, 1)
        self._thread.join()
        lost = self._lost + sum(dropped(sock) for sock, _ in self._sockets.values())
        for sock, _ in self._sockets.values():
            sock.close()
        self._epoll.close()
        os.close(self._stop)
        return lost

    def _empty(self) -> None:
        batch = Batch()
        while True:
            ready = self._epoll.poll()
            now = time.time()
            for fd, _ in ready:
                if fd == self._stop:
                    return
                _, label = self._sockets[fd]
                for name, payload in batch.receive(fd):
                    if self._came - self._taken + len(payload) > QUEUE_LIMIT:
                        self._lost += 1
                        continue
                    self._came += len(payload)
                    self._queue.append(Arrival(label, now, name, payload))
            self._arrived()


class Batch:
    """The memory that recvmmsg(2) fills: made once, used for every call."""

    def __init__(self) -> None:
        self._payloads = (ctypes.c_char * (BATCH * DATAGRAM_LIMIT))()
        self._names = (ctypes.c_char * (BATCH * NAME_LENGTH))()
        self._vectors, self._messages = (Vector * BATCH)(), (Message * BATCH)()
        payloads, names = ctypes.addressof(self._payloads), ctypes.addressof(self._names)
        for index, (vector, message) in enumerate(zip(self._vectors, self._messages, strict=True)):
            vector.base, vector.length = payloads + index * DATAGRAM_LIMIT, DATAGRAM_LIMIT
            header = message.header
            header.name, header.name_length = names + index * NAME_LENGTH, NAME_LENGTH
            header.vectors, header.vector_count = ctypes.pointer(vector), 1
        self._view, self._name_view = memoryview(self._payloads).cast("B"), memoryview(self._names).cast("B")

    def receive(self, fd: int) -> list[tuple[bytes, bytes]]:
        """What waits in a socket, at most `BATCH` datagrams: each sender's struct sockaddr and the payload."""
        count = RECVMMSG(fd, self._messages, BATCH, socket.MSG_DONTWAIT, None)
        received = []
        for index in range(max(0, count)):
            message, name, start = self._messages[index], index * NAME_LENGTH, index * DATAGRAM_LIMIT
            who = bytes(self._name_view[name : name + message.header.name_length])
            received.append((who, bytes(self._view[start : start + message.received])))
            message.header.name_length = NAME_LENGTH  # the kernel wrote the true length over it
        return received


class Vector(ctypes.Structure):
    """struct iovec"""

    _fields_ = (("base", ctypes.c_void_p), ("length", ctypes.c_size_t))


class Header(ctypes.Structure):
    """struct msghdr"""

    _fields_ = (
        ("name", ctypes.c_void_p),
        ("name_length", ctypes.c_uint32),
        ("vectors", ctypes.POINTER(Vector)),
        ("vector_count", ctypes.c_size_t),
        ("control", ctypes.c_void_p),
        ("control_length", ctypes.c_size_t),
        ("flags", ctypes.c_int),
    )


class Message(ctypes.Structure):
    """struct mmsghdr"""

    _fields_ = (("header", Header), ("received", ctypes.c_uint32))


RECVMMSG = ctypes.PyDLL(
    None
).recvmmsg  # PyDLL keeps Python's lock, see above; MSG_DONTWAIT makes that harmless


def dropped(sock: socket.socket) -> int:
    """How many datagrams the kernel dropped because the socket was full."""
    try:
        memory = sock.getsockopt(socket.SOL_SOCKET, SO_MEMINFO, 64)
    except OSError:
        return 0
    return int(struct.unpack_from("=I", memory, 4 * MEMINFO_DROPS)[0])


def sender(name: bytes) -> str:
    """The address in a struct sockaddr; link-local IPv6 addresses carry their interface, as in `fe80::1%eth0`."""
    if int.from_bytes(name[:2], sys.byteorder) == socket.AF_INET:
        return socket.inet_ntop(socket.AF_INET, name[4:8])
    address = socket.inet_ntop(socket.AF_INET6, name[8:24])
    (index,) = struct.unpack_from("=I", name, 24)
    if index:
        with contextlib.suppress(OSError):
            return f"{address}%{socket.if_indextoname(index)}"
    return address
