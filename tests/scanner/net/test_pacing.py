"""The rate limiter keeps what the user allowed: exactly, per device, and without bursts."""

from __future__ import annotations

import asyncio
import itertools
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.net.pacing import ARP_PACE, BACK_OFF, CONNECTIONS_PER_DEVICE, LATENESS, PROFILES, Pace


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_sends_keep_the_distance_of_the_rate() -> None:
    pace = Pace(250, 20, Clock())
    assert [pace.reserve("connect") for _ in range(4)] == pytest.approx([0, 0.004, 0.008, 0.012])


def test_one_device_is_asked_more_slowly_than_the_network() -> None:
    pace = Pace(250, 20, Clock())
    assert [pace.reserve("connect", "10.0.0.1") for _ in range(3)] == pytest.approx([0, 0.05, 0.10])
    assert pace.reserve("connect", "10.0.0.2") == pytest.approx(0.012), "the others need not wait for it"


def test_a_device_that_stopped_answering_is_asked_more_slowly_still() -> None:
    pace = Pace(250, 20, Clock())
    pace.trouble("10.0.0.1")
    assert [pace.reserve("request", "10.0.0.1") for _ in range(2)] == pytest.approx([0, BACK_OFF / 20])


def test_arp_requests_have_a_schedule_of_their_own() -> None:
    pace = Pace(250, 20, Clock())
    pace.reserve("connect", count=1000)
    assert [pace.reserve("arp") for _ in range(2)] == pytest.approx([0, 1 / (250 * ARP_PACE)])


def test_idle_time_is_never_saved_for_a_burst() -> None:
    clock = Clock()
    pace = Pace(250, 20, clock)
    pace.reserve("connect")
    clock.now += 60
    assert [pace.reserve("connect") for _ in range(3)] == pytest.approx([0, 0.004, 0.008])


def test_a_sender_that_wakes_a_little_late_catches_up() -> None:
    clock = Clock()
    pace = Pace(1_000, 1_000, clock)
    for _ in range(1_000):
        clock.now += pace.reserve("connect") + 0.0008
    assert clock.now == pytest.approx(101, rel=0.01)


@given(st.lists(st.tuples(st.floats(0, 0.1), st.integers(1, 50)), min_size=1, max_size=60))
def test_no_pattern_of_pauses_exceeds_the_rate(batches: list[tuple[float, int]]) -> None:
    clock = Clock()
    pace, sent = Pace(1_000, 1_000, clock), []
    for pause, count in batches:
        clock.now += pause
        clock.now += pace.reserve("connect", count=count)
        sent.append((clock.now, count))
    for first, last in itertools.combinations_with_replacement(range(len(sent)), 2):
        between = sum(count for _, count in sent[first:last])
        assert between <= (sent[last][0] - sent[first][0] + LATENESS) * 1_000 + 1e-3


def seconds_for_half_a_second(rate: int) -> float:
    """How long the batches of half a second really take, slept by the clock of this machine."""
    pace, size = Pace(rate, rate), max(1, rate // 500)
    start = time.monotonic()
    for _ in range(rate // 2 // size):
        time.sleep(pace.reserve("connect", count=size))
    return time.monotonic() - start + pace.reserve("connect")


@pytest.mark.paced
@pytest.mark.parametrize("rate", [1_000, 30_000, 300_000])
def test_batches_are_never_faster_and_hardly_slower(rate: int) -> None:
    attempts = [seconds_for_half_a_second(rate) for _ in range(3)]
    assert min(attempts) >= 0.495, "never faster"
    assert min(attempts) <= 0.6, "and hardly slower, however busy the machine is elsewhere"


def test_no_device_spares_more_than_two_connections() -> None:
    pace = Pace(100_000, 100_000)
    at_once, peak = 0, 0

    async def connect() -> None:
        nonlocal at_once, peak
        async with pace.connection("10.0.0.1"):
            at_once += 1
            peak = max(peak, at_once)
            await asyncio.sleep(0.01)
            at_once -= 1

    async def connect_all() -> None:
        await asyncio.gather(*(connect() for _ in range(8)))

    asyncio.run(connect_all())
    assert peak == CONNECTIONS_PER_DEVICE and pace.sent["connect"] == 8


def test_the_profiles_rise_from_gentle_to_fast() -> None:
    assert list(PROFILES) == ["gentle", "normal", "fast"]
    rates = [each.rate for each in PROFILES.values()]
    assert rates == sorted(rates) and PROFILES["gentle"].rate == 250 and PROFILES["gentle"].device_rate == 20
