"""Whole frames out and in: AF_PACKET sockets, for who has CAP_NET_RAW.

Many frames leave in one system call (sendmmsg), from buffers that are laid out once. Ring buffers and a bypass of the
queueing discipline were measured and gained nothing.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import os
import select
import socket
import struct
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Self

from scanner.errors import CamcensusError

STRIDE = 64  # bytes from frame to frame: one cache line, and room for a SYN
READ = 2048
AT_A_TIME = 4096  # frames read before the next slice gets its turn: a flood does not stop the sweep
RECEIVE_BUFFER = 16 * 1024 * 1024
PATIENCE_FULL = 200  # how often a full transmit queue is waited for, a millisecond each

SOL_PACKET, PACKET_STATISTICS, PACKET_IGNORE_OUTGOING = 263, 6, 23
SO_ATTACH_FILTER, SO_RCVBUFFORCE = 26, 33

# Classic BPF, the few instructions that are needed: linux/filter.h.
LOAD_HALF, LOAD_BYTE, LOAD_HALF_BEHIND, LOAD_HEADER_LENGTH = 0x28, 0x30, 0x48, 0xB1
IF_EQUAL, IF_ABOVE, IF_AT_LEAST, IF_BITS, RETURN = 0x15, 0x25, 0x35, 0x45, 0x06
INSTRUCTION = struct.Struct("=HBBI")

Step = tuple[int, int, bool | None]  # instruction, operand, and for a condition whether it passes when true


class Vector(ctypes.Structure):
    _fields_ = [("base", ctypes.c_void_p), ("length", ctypes.c_size_t)]


class Message(ctypes.Structure):
    _fields_ = [
        ("name", ctypes.c_void_p), ("name_length", ctypes.c_uint32),
        ("vectors", ctypes.POINTER(Vector)), ("vector_count", ctypes.c_size_t),
        ("control", ctypes.c_void_p), ("control_length", ctypes.c_size_t),
        ("flags", ctypes.c_int), ("padding", ctypes.c_int),
        ("sent", ctypes.c_uint32), ("more_padding", ctypes.c_uint32),
    ]  # fmt: skip


libc = ctypes.CDLL(None, use_errno=True)


class Batch:
    """Frames that leave by one interface, up to `capacity` in one call; patch `buffer` at `offsets`, then send.

    The socket stays in the object for as long as its number is used: a number that outlives its socket belongs to
    whichever socket is opened next, and the frames would silently leave through that one.
    """

    def __init__(self, interface: str, frame: bytes, capacity: int) -> None:
        self.buffer = bytearray(frame.ljust(STRIDE, b"\0") * capacity)
        self.offsets = range(0, STRIDE * capacity, STRIDE)
        self._pinned = (ctypes.c_char * len(self.buffer)).from_buffer(self.buffer)
        base = ctypes.addressof(self._pinned)
        self._vectors = (Vector * capacity)(*(Vector(base + at, len(frame)) for at in self.offsets))
        self._messages = (Message * capacity)()
        for message, vector in zip(self._messages, self._vectors, strict=True):
            message.vectors, message.vector_count = ctypes.pointer(vector), 1
        self._sock = open_raw(interface, 0)
        self._sock.setblocking(True)

    def send(self, count: int) -> int:
        """Send the first `count` frames; returns how many the interface did not take."""
        sent, full = 0, 0
        while sent < count and full < PATIENCE_FULL:
            first = ctypes.byref(self._messages, sent * ctypes.sizeof(Message))
            taken = libc.sendmmsg(self._sock.fileno(), first, count - sent, 0)
            if taken >= 0:
                sent += taken
                continue
            if (code := ctypes.get_errno()) not in (errno.ENOBUFS, errno.EAGAIN, errno.EINTR):
                raise OSError(code, os.strerror(code))
            full += 1
            time.sleep(0.001)
        return count - sent

    def close(self) -> None:
        self._sock.close()


class Listener:
    """Frames that come in on some interfaces, of one kind only: the kernel drops the others unseen."""

    def __init__(self, interfaces: Iterable[str], ethertype: int, steps: Iterable[Step]) -> None:
        program = assemble(steps)
        self._poll, self._buffer = select.poll(), bytearray(READ)
        self._socks = {}
        for interface in interfaces:
            sock = open_raw(interface, ethertype, program)
            self._socks[sock.fileno()] = sock
            self._poll.register(sock, select.POLLIN)

    def listen(self, seconds: float, hear: Callable[[memoryview], None]) -> None:
        """Hand over what comes within this time; with zero, what is there already."""
        end = time.monotonic() + seconds
        for waiting in self._waiting(end):
            for number, _ in waiting:
                self._drain(self._socks[number], hear)

    def _waiting(self, end: float) -> Iterator[list[tuple[int, int]]]:
        yield self._poll.poll(0)
        while (left := end - time.monotonic()) > 0:
            yield self._poll.poll(left * 1000)

    def _drain(self, sock: socket.socket, hear: Callable[[memoryview], None]) -> None:
        view = memoryview(self._buffer)
        with contextlib.suppress(BlockingIOError):
            for _ in range(AT_A_TIME):
                hear(view[: sock.recv_into(self._buffer)])

    def dropped(self) -> int:
        """How many frames came faster than they were read, since the last call."""
        counts = (sock.getsockopt(SOL_PACKET, PACKET_STATISTICS, 8) for sock in self._socks.values())
        return sum(int(struct.unpack("=II", each)[1]) for each in counts)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        for sock in self._socks.values():
            sock.close()


def open_raw(interface: str, ethertype: int, program: bytes = b"") -> socket.socket:
    """A non-blocking socket for whole frames on one interface; it hears nothing while `ethertype` is 0."""
    try:
        sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW | socket.SOCK_NONBLOCK, 0)
    except PermissionError:
        raise CamcensusError(
            "raw packets cannot be sent or heard",
            why="this process lacks the privilege CAP_NET_RAW",
            fix="run camcensus as root, or use --engine connect, which needs no privileges",
        ) from None
    try:
        if program:
            prepare_to_hear(sock, program)
        sock.bind((interface, ethertype))
    except OSError as error:
        sock.close()
        raise CamcensusError(f"interface {interface} cannot be used", why=str(error.strerror)) from None
    return sock


def prepare_to_hear(sock: socket.socket, program: bytes) -> None:
    """Filter before binding: else frames of every kind slip in between the two."""
    code = ctypes.create_string_buffer(program)
    described = struct.pack("HL", len(program) // INSTRUCTION.size, ctypes.addressof(code))
    sock.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, described)
    sock.setsockopt(SOL_PACKET, PACKET_IGNORE_OUTGOING, 1)
    try:
        sock.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, RECEIVE_BUFFER)
    except PermissionError:  # without CAP_NET_ADMIN only as far as net.core.rmem_max allows
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)


def require_raw() -> None:
    """Raise what a user can act on when this process may not send whole frames."""
    open_raw("lo", 0).close()


def may_send_raw() -> bool:
    """Whether this process may send whole frames."""
    with contextlib.suppress(CamcensusError):
        require_raw()
        return True
    return False


def assemble(steps: Iterable[Step]) -> bytes:
    """A filter that takes a frame when it passes every condition; the other steps only load a value."""
    listed = list(steps)
    code = b""
    for left, (instruction, operand, passes) in zip(range(len(listed), 0, -1), listed, strict=True):
        when_true, when_false = {True: (0, left), False: (left, 0), None: (0, 0)}[passes]
        code += INSTRUCTION.pack(instruction, when_true, when_false, operand)
    return code + INSTRUCTION.pack(RETURN, 0, 0, READ) + INSTRUCTION.pack(RETURN, 0, 0, 0)
