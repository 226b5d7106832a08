"""The fast sweep between two network namespaces: everything found, exactly counted at the target, nothing left open."""

from __future__ import annotations

import ipaddress
import json
import sys
import time
from collections.abc import Iterator
from typing import Any

import pytest

from scanner.net.sweep.half_open import source_port
from tests.benchmarks.testbed import CLOSED, NETWORK, OPEN, PORTS, Testbed, alive, testbed

SMALL = ipaddress.IPv4Network("10.77.0.0/20")
SMALLEST = ipaddress.IPv4Network("10.77.0.0/24")
WITHOUT_PRIVILEGE = ("setpriv", "--bounding-set=-net_raw")

pytestmark = [pytest.mark.namespaces, pytest.mark.paced]


@pytest.fixture(scope="module")
def routed() -> Iterator[Testbed]:
    with testbed("routed") as bed:
        yield bed


@pytest.fixture(scope="module")
def on_link() -> Iterator[Testbed]:
    with testbed("on-link") as bed:
        yield bed


def run(bed: Testbed, *arguments: object, before: tuple[str, ...] = ()) -> Any:
    """Run an engine at one end of the cable; the answer also says what arrived at the other."""
    bed.forget()
    bed.count()
    command = [sys.executable, "-m", "tests.benchmarks.run_engine", *map(str, arguments)]
    return json.loads(bed.run([*before, *command])) | {"arrived": bed.count()}


def devices(net: ipaddress.IPv4Network, *ports: int) -> list[str]:
    return sorted(f"{address}:{port}" for address in alive(net) for port in ports)


def test_each_address_and_port_gets_one_syn_and_every_device_is_found(routed: Testbed) -> None:
    done = run(routed, "half-open", SMALL, "--rate", 20_000)
    assert sorted(done["open"]) == devices(SMALL, *OPEN) and len(done["open"]) == 360
    assert sorted(done["refused"]) == devices(SMALL, CLOSED)
    assert done["arrived"]["probes"] == done["swept"]["probes"] == done["sent"]["connect"] == 4096 * 5


def test_the_connect_engine_finds_the_same_without_privileges(routed: Testbed) -> None:
    done = run(routed, "connect", SMALL, "--rate", 10_000, before=WITHOUT_PRIVILEGE)
    assert sorted(done["open"]) == devices(SMALL, *OPEN)
    assert sorted(done["refused"]) == devices(SMALL, CLOSED)
    # A machine that stands still for 100 ms lets the kernel send some second SYNs before we give up.
    assert 4096 * 5 <= done["arrived"]["probes"] <= 4096 * 5 * 1.1


@pytest.mark.parametrize("rate", [1_000, 20_000])
def test_the_rate_is_kept_as_counted_at_the_target(routed: Testbed, rate: int) -> None:
    begun = time.monotonic()
    done = run(routed, "half-open", SMALL, "--rate", rate, "--stop-after", 2.0)
    assert done["arrived"]["probes"] <= rate * 2.0 * 1.02
    if rate == 1_000:
        assert not done["swept"]["finished"] and time.monotonic() - begun < 3.5
        assert done["arrived"]["probes"] >= rate * 1.2, "half a second goes by to find the router"


def test_one_device_is_spared_whatever_the_rate_of_the_sweep(routed: Testbed) -> None:
    address, ports = alive(SMALLEST)[0], ",".join(map(str, range(9_000, 9_020)))
    begun = time.monotonic()
    done = run(routed, "half-open", f"{address}/32", "--rate", 10_000, "--device-rate", 20, "--ports", ports)
    assert len(done["refused"]) == 20 and time.monotonic() - begun > 19 / 20 + 1.0


def test_a_device_is_not_left_with_half_open_connections(routed: Testbed) -> None:
    run(routed, "half-open", SMALLEST, "--rate", 5_000)
    states = routed.run(["ss", "-Htn", "state", "syn-recv"], namespace=routed.target)
    assert states.split() == []


def test_a_stopped_sweep_goes_on_and_misses_nothing(routed: Testbed) -> None:
    first = run(routed, "half-open", SMALL, "--rate", 10_000, "--stop-after", 1.8)
    index = first["swept"]["next_index"]
    assert not first["swept"]["finished"] and 0 < index < 4096 * 5
    rest = run(routed, "half-open", SMALL, "--rate", 20_000, "--start", index)
    assert sorted({*first["open"], *rest["open"]}) == devices(SMALL, *OPEN)
    assert rest["swept"]["probes"] < 4096 * 5 - index + 500


def test_on_a_link_only_those_are_asked_who_are_there(on_link: Testbed) -> None:
    done = run(on_link, "half-open", SMALL, "--rate", 10_000)
    assert sorted(done["open"]) == devices(SMALL, *OPEN)
    assert sorted(address for address, _ in done["neighbours"]) == sorted(alive(SMALL))
    assert done["arrived"]["probes"] == 90 * 5
    assert done["arrived"]["arps"] < 2 * 4096 + 200


@pytest.mark.slow
def test_without_privileges_no_device_of_a_large_link_is_lost(on_link: Testbed) -> None:
    """The kernel resolves 1,024 addresses at a time; a sweep that ignores this loses most of the devices."""
    net = ipaddress.IPv4Network("10.77.0.0/21")
    done = run(on_link, "connect", net, "--rate", 10_000, before=WITHOUT_PRIVILEGE)
    assert sorted(done["open"]) == devices(net, *OPEN)
    assert all(mac for _, mac in done["neighbours"]) and len(done["neighbours"]) == len(alive(net))


@pytest.mark.parametrize("engine", ["half-open", "connect"])
def test_lost_packets_cost_no_device_and_few_probes(engine: str) -> None:
    with testbed("routed", loss=0.05) as bed:
        done = run(bed, engine, SMALL, "--rate", 20_000)
    # A port is lost when both its SYNs are, 1 in 400: of 360 ten are lost once in ten million runs, and with a single
    # SYN each at least ten in all but a few.
    assert len(done["open"]) > 350
    assert len({each.partition(":")[0] for each in done["open"]}) == 90
    assert done["swept"]["probes"] < 4096 * 5 * 1.02


def test_a_mute_router_is_reported(routed: Testbed) -> None:
    routed.run(["ip", "route", "add", "10.77.128.0/24", "via", "10.76.0.9", "dev", "s0", "onlink"])
    try:
        done = run(routed, "half-open", "10.77.128.0/24")
    finally:
        routed.run(["ip", "route", "delete", "10.77.128.0/24"])
    assert "router 10.76.0.9 does not answer" in done["swept"]["problem"] and done["swept"]["lost"] == 256


def test_without_privilege_the_engine_says_what_is_missing(routed: Testbed) -> None:
    with pytest.raises(RuntimeError, match=r"CAP_NET_RAW.*--engine connect"):
        run(routed, "half-open", SMALLEST, before=WITHOUT_PRIVILEGE)


def test_the_kernel_gives_our_source_port_to_no_program() -> None:
    assert source_port("32768\t60999\n") == 61_000
    assert source_port("15000 65535") == 14_998


def test_the_testbed_is_what_the_figures_say() -> None:
    assert (len(alive(SMALLEST)), len(alive(SMALL)), len(alive())) == (14, 90, 650)
    assert len(PORTS) == 5 and all(ipaddress.IPv4Address(each) in NETWORK for each in alive())
