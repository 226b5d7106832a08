"""The sweep asks everything once, in an order that spares devices, and never forgets where it was."""

from __future__ import annotations

import collections
import contextlib
import itertools
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.errors import CamcensusError
from scanner.model import Outcome
from scanner.net.gate import Refused
from scanner.net.pacing import CONNECTIONS_PER_DEVICE, Pace
from scanner.net.sweep import ENGINES, Answer, Swept, choose
from scanner.net.sweep.connect import Connect
from scanner.net.sweep.contract import Span
from scanner.net.sweep.ground import cut
from scanner.net.sweep.plan import Order, Slices, Spans, number, text

OPEN, CLOSED = (18080, 18554), 18443
PORTS = (*OPEN, CLOSED)
CAMERAS = ("127.77.9.2", "127.77.9.5", "127.77.9.250")
NETWORK = (number("127.77.9.1"), number("127.77.9.254"))

spans = st.lists(st.tuples(st.integers(0, 400), st.integers(0, 40)), min_size=1, max_size=6).map(
    lambda parts: [
        (first * 50, first * 50 + length) for first, length in dict(parts).items()
    ]  # never overlapping: the targets see to that
)


@contextlib.contextmanager
def listening(
    addresses: Sequence[str], ports: Sequence[int] = OPEN
) -> Iterator[list[tuple[float, str, bytes]]]:
    """Cameras on loopback that accept, read to the end, and note when they were asked and what was said."""
    met: list[tuple[float, str, bytes]] = []
    with contextlib.ExitStack() as stack:
        for address, port in itertools.product(addresses, ports):
            sock = stack.enter_context(socket.create_server((address, port)))
            threading.Thread(target=answer, args=(sock, address, met), daemon=True).start()
            stack.callback(sock.shutdown, socket.SHUT_RDWR)
        yield met


def answer(sock: socket.socket, address: str, met: list[tuple[float, str, bytes]]) -> None:
    with contextlib.suppress(OSError):
        while True:
            client, _ = sock.accept()
            with client:
                begun = time.monotonic()
                try:
                    met.append((begun, address, client.recv(100)))
                except ConnectionResetError:
                    met.append((begun, address, b"RST"))


def sweep(
    span: Span = NETWORK,
    ports: Sequence[int] = PORTS,
    *,
    rate: float = 5_000,
    device_rate: float = 1_000,
    start: int = 0,
) -> tuple[list[Answer], Swept]:
    heard: list[Answer] = []
    pace = Pace(rate, device_rate)
    swept = Connect().sweep([span], ports, pace=pace, heard=heard.append, stop=threading.Event(), start=start)
    assert pace.sent["connect"] >= swept.probes, "nothing leaves that was not booked"
    return heard, swept


def open_ports(heard: Sequence[Answer]) -> set[tuple[str, int]]:
    return {(each.address, each.port) for each in heard if each.outcome is Outcome.ANSWERED}


@given(spans)
def test_positions_and_addresses_are_one_to_one(parts: list[Span]) -> None:
    addresses = Spans(parts)
    everything = addresses.at(range(len(addresses)))
    assert everything == [each for first, last in sorted(parts) for each in range(first, last + 1)]
    assert all(addresses.hold(each) for each in everything)
    assert not addresses.hold(everything[-1] + 1) and not addresses.hold(everything[0] - 1)


@given(spans, st.integers(1, 50))
def test_parts_of_spans_make_up_the_whole(parts: list[Span], size: int) -> None:
    addresses = Spans(parts)
    begins = range(0, len(addresses), size)
    pieces = [piece for begin in begins for piece in addresses.part(begin, min(begin + size, len(addresses)))]
    together = [each for first, last in pieces for each in range(first, last + 1)]
    assert together == addresses.at(range(len(addresses)))


@given(st.integers(1, 700), st.integers(1, 6), st.integers(1, 90))
def test_every_device_is_asked_for_every_port_exactly_once(hosts: int, ports: int, size: int) -> None:
    order, index, asked = Order(hosts, range(ports)), 0, collections.Counter[tuple[int, int]]()
    while index < len(order):
        positions, port = order.take(index, size)
        asked.update((position, port) for position in positions)
        index += len(positions)
    assert len(asked) == hosts * ports and set(asked.values()) == {1}


@given(st.integers(1, 700), st.integers(2, 5))
def test_between_two_questions_to_a_device_all_others_have_theirs(hosts: int, ports: int) -> None:
    order = Order(hosts, range(ports))
    rounds = [order.take(turn * hosts, hosts)[0] for turn in range(ports)]
    assert all(each == rounds[0] for each in rounds) and sorted(rounds[0]) == list(range(hosts))


def test_neighbouring_addresses_are_not_asked_in_a_row() -> None:
    positions, _ = Order(65_536, [80]).take(0, 1_000)
    assert min(abs(one - other) for one, other in itertools.pairwise(positions)) > 1_000


@given(st.lists(st.tuples(st.integers(0, 900), st.integers(0, 99)), max_size=8))
def test_a_span_is_cut_at_every_route_and_nothing_is_lost(ranges: list[tuple[int, int]]) -> None:
    table = [(first, first + length, 1) for first, length in ranges]
    pieces = list(cut([(100, 700)], table))
    assert [each for first, last, _ in pieces for each in range(first, last + 1)] == list(range(100, 701))
    for first, last, _ in table:
        inside = [each for each in pieces if each[0] <= last and each[1] >= first]
        assert all(first <= begin and end <= last for begin, end, _ in inside)


def test_open_and_closed_ports_are_told_apart() -> None:
    with listening(CAMERAS):
        heard, swept = sweep()
    assert open_ports(heard) == set(itertools.product(CAMERAS, OPEN))
    assert swept.answered == 6 and swept.refused == 254 * 3 - 6, "on loopback every other port refuses"
    assert swept.finished and not swept.lost and swept.probes == swept.next_index == 254 * 3


def test_a_connection_ends_in_full_and_without_a_word() -> None:
    with listening(CAMERAS) as met:
        sweep()
        time.sleep(0.1)
    assert len(met) == 6 and {said for _, _, said in met} == {b""}


def test_a_camera_that_greets_at_once_gets_no_reset() -> None:
    closed: list[str] = []

    def greet(sock: socket.socket) -> None:
        client, _ = sock.accept()
        with client:
            client.sendall(b"220 Camera FTP service\r\n")
            try:
                closed.append(repr(client.recv(10)))
            except ConnectionResetError:
                closed.append("reset")

    with socket.create_server((CAMERAS[0], 18021)) as sock:
        camera = threading.Thread(target=greet, args=(sock,))
        camera.start()
        heard, _ = sweep((number(CAMERAS[0]),) * 2, [18021])
        camera.join(5)
    assert open_ports(heard) == {(CAMERAS[0], 18021)} and closed == ["b''"]


@pytest.mark.paced
def test_one_device_with_many_ports_is_asked_at_its_own_rate() -> None:
    ports = range(18100, 18120)
    with listening(CAMERAS[:1], ports) as met:
        heard, _ = sweep((number(CAMERAS[0]),) * 2, ports, device_rate=40)
        time.sleep(0.1)
    assert len(open_ports(heard)) == len(met) == 20
    times = sorted(at for at, _, _ in met)
    assert times[-1] - times[0] >= 19 / 40 * 0.98
    assert all(later - earlier > 0.01 for earlier, later in itertools.pairwise(times)), "and without a burst"


@pytest.mark.paced
def test_the_rate_over_all_devices_is_kept_at_the_target() -> None:
    cameras = [f"127.77.8.{each}" for each in range(1, 51)]
    with listening(cameras) as met:
        sweep((number(cameras[0]), number(cameras[-1])), OPEN, rate=200)
        time.sleep(0.1)
    times = sorted(at for at, _, _ in met)
    assert len(times) == 100 and times[-1] - times[0] == pytest.approx(99 / 200, rel=0.05)


@pytest.mark.paced
def test_a_device_is_never_asked_for_more_than_two_connections_at_once() -> None:
    """A camera that accepts and never closes its side: the third connection waits until the first is given up."""
    ports = range(18100, 18104)
    with contextlib.ExitStack() as stack:
        for port in ports:
            stack.enter_context(socket.create_server((CAMERAS[0], port)))
        heard: list[tuple[float, Answer]] = []
        Connect(patience=0.3).sweep(
            [(number(CAMERAS[0]),) * 2], ports, pace=Pace(5_000, 5_000), stop=threading.Event(),
            heard=lambda answer: heard.append((time.monotonic(), answer)),
        )  # fmt: skip
    times = [at for at, _ in heard]
    assert CONNECTIONS_PER_DEVICE == 2 and len(times) == 4
    assert times[1] - times[0] < 0.1 and times[2] - times[0] >= 0.29


def test_a_process_that_may_open_few_files_sweeps_slowly_and_in_full() -> None:
    """Cameras that never close their side hold each connection for as long as our patience lasts."""
    script = f"""
import threading
from scanner.net.pacing import Pace
from scanner.net.sweep.connect import Connect
heard = []
swept = Connect(patience=0.2).sweep([({NETWORK[0]}, {NETWORK[1]})], [{OPEN[0]}], pace=Pace(5000, 5000),
    heard=heard.append, stop=threading.Event())
print(swept.answered, swept.lost, swept.finished)
"""
    with socket.create_server(("0.0.0.0", OPEN[0]), backlog=300):
        few = ("prlimit", "--nofile=50:50", sys.executable, "-c", script)
        done = subprocess.run(few, capture_output=True, text=True, check=False)
    assert done.stdout.split() == ["254", "0", "True"], done.stderr


@pytest.mark.parametrize("index", [0, 1, 254, 300, 761, 762])
def test_a_sweep_goes_on_where_another_stopped(index: int) -> None:
    order = Order(254, PORTS)
    earlier = {
        (text(NETWORK[0] + positions[0]), port)
        for positions, port in (order.take(each, 1) for each in range(index))
    }
    with listening(CAMERAS):
        heard, swept = sweep(start=index)
    left = set(itertools.product(CAMERAS, OPEN)) - earlier
    # A live device is also asked again for what this sweep has not heard: a crash may have swallowed it.
    assert left <= open_ports(heard) and swept.next_index == 254 * 3
    assert 254 * 3 - index <= swept.probes <= (254 * 3 - index) * 3


@pytest.mark.paced
def test_a_stopped_sweep_says_where_to_go_on_and_nothing_is_missed() -> None:
    stop, first, reached = threading.Event(), list[Answer](), list[int]()
    with listening(CAMERAS):
        timer = threading.Timer(0.3, stop.set)
        timer.start()
        begun = time.monotonic()
        swept = Connect().sweep(
            [NETWORK], PORTS, pace=Pace(1_000, 1_000), heard=first.append, stop=stop, progress=reached.append
        )
        assert time.monotonic() - begun < 0.6 and not swept.finished
        assert 200 < swept.next_index < 350 and reached[-1] == swept.next_index
        second, rest = sweep(start=swept.next_index)
    assert rest.finished and open_ports([*first, *second]) == set(itertools.product(CAMERAS, OPEN))


def test_an_ipv6_address_is_asked_from_a_list() -> None:
    heard: list[Answer] = []
    with socket.create_server(("::1", OPEN[0]), family=socket.AF_INET6):
        Connect().sweep_addresses(
            ["::1"], [OPEN[0], CLOSED], pace=Pace(1_000, 1_000), heard=heard.append, stop=threading.Event()
        )
    assert {(each.port, each.outcome) for each in heard} == {
        (OPEN[0], Outcome.ANSWERED),
        (CLOSED, Outcome.REFUSED),
    }


def test_what_has_no_route_is_said_and_not_called_silent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CAMCENSUS_CONFINE", "192.0.2.0/24")  # documentation addresses, and no route to them
    _, swept = sweep((number("192.0.2.1"), number("192.0.2.4")), [80])
    assert swept.lost == 4 and swept.probes == 0 and "no route to 192.0.2." in swept.problem


@pytest.mark.parametrize(
    "span", [(number("10.0.0.1"),) * 2, (number("127.255.255.250"), number("128.0.0.5"))]
)
def test_no_engine_leaves_the_confinement(span: Span) -> None:
    with pytest.raises(Refused):
        sweep(span)


def test_small_networks_are_swept_in_smaller_slices() -> None:
    assert Slices(Pace(300_000, 1e9), "connect", 65_536).size == 600
    assert Slices(Pace(300_000, 20), "connect", 3).size == 1
    assert Slices(Pace(250, 20), "connect", 65_536).size == 1


def test_an_unknown_engine_is_refused_with_the_known_ones() -> None:
    with pytest.raises(CamcensusError) as caught:
        choose("turbo")
    assert all(name in caught.value.fix for name in ENGINES)
