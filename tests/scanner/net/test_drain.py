"""The drain on its own: what comes through it, and what it admits to have lost."""

from __future__ import annotations

import socket
import sys
import threading
import time
from collections.abc import Iterator

import pytest

from scanner.net import drain as module
from scanner.net.drain import BATCH, Arrival, Drain, sender


@pytest.fixture
def ear() -> Iterator[socket.socket]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_000_000)
        sock.bind(("127.0.0.1", 0))
        yield sock


def speak(to: socket.socket, *payloads: bytes) -> None:
    with socket.socket(to.family, socket.SOCK_DGRAM) as mouth:
        for payload in payloads:
            mouth.sendto(payload, to.getsockname())


def taken(drain: Drain, count: int) -> list[Arrival]:
    arrivals: list[Arrival] = []
    deadline = time.monotonic() + 5
    while len(arrivals) < count and time.monotonic() < deadline:
        arrivals += drain.take(1000)
        time.sleep(0.005)
    return arrivals


def test_more_than_one_batch_comes_through_whole_and_in_order(ear: socket.socket) -> None:
    payloads = [number.to_bytes(2, "big") * (1 + number) for number in range(3 * BATCH)]
    speak(ear, *payloads)  # before the drain looks, so that one call cannot take them all
    drain = Drain(lambda: None)
    drain.add(ear, "ear")
    arrivals = taken(drain, len(payloads))
    assert [arrival.payload for arrival in arrivals] == payloads
    assert {(arrival.label, sender(arrival.name)) for arrival in arrivals} == {("ear", "127.0.0.1")}
    assert drain.close() == 0


def test_the_longest_and_the_empty_datagram_come_through(ear: socket.socket) -> None:
    drain = Drain(lambda: None)
    drain.add(ear, "ear")
    speak(ear, b"x" * 65_507, b"")
    assert [len(arrival.payload) for arrival in taken(drain, 2)] == [65_507, 0]
    drain.close()


def test_what_has_arrived_can_still_be_taken_after_closing(ear: socket.socket) -> None:
    came = threading.Event()
    drain = Drain(came.set)
    drain.add(ear, "ear")
    speak(ear, b"last words")
    assert came.wait(5)
    drain.close()
    assert [arrival.payload for arrival in drain.take(10)] == [b"last words"]


def test_a_flood_is_bounded_and_counted(ear: socket.socket, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "QUEUE_LIMIT", 10_000)
    came = threading.Event()
    drain = Drain(came.set)
    speak(ear, *[b"x" * 1000] * 50)
    drain.add(ear, "ear")
    assert came.wait(5)
    assert drain.close() == 40
    assert len(drain.take(100)) == 10


def test_what_the_kernel_dropped_is_counted_too() -> None:
    small = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    small.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    small.bind(("127.0.0.1", 0))
    speak(small, *[b"x" * 1000] * 50)
    drain = Drain(lambda: None)
    drain.add(small, "small")
    kept = len(taken(drain, 1))
    lost = drain.close()
    kept += len(drain.take(100))
    assert lost > 0 and kept + lost == 50


def test_senders_are_read_from_both_families() -> None:
    link_local = socket.inet_pton(socket.AF_INET6, "fe80::64")
    ten, two = (int(family).to_bytes(2, sys.byteorder) for family in (socket.AF_INET6, socket.AF_INET))
    index = socket.if_nametoindex("lo").to_bytes(4, sys.byteorder)
    assert sender(two + b"\x0e\x76" + socket.inet_aton("10.0.0.64") + bytes(8)) == "10.0.0.64"
    assert sender(ten + b"\x0e\x76" + bytes(4) + link_local + index) == "fe80::64%lo"
    assert sender(ten + b"\x0e\x76" + bytes(4) + link_local + bytes(4)) == "fe80::64"
