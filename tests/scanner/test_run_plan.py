"""From what the user asked for to a plan."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.errors import CamcensusError
from scanner.probes.ports import DEFAULT_PORTS
from scanner.run_plan import SMALLEST_CHUNK, addresses_of, make, read_ports, steps


@pytest.mark.parametrize(
    ("text", "ports"),
    [("80", (80,)), ("80,443", (80, 443)), ("8000-8002, 80", (8000, 8001, 8002, 80)), ("80,80", (80,))],
)
def test_ports_are_numbers_and_ranges(text: str, ports: tuple[int, ...]) -> None:
    assert read_ports(text) == ports


@pytest.mark.parametrize("text", ["", "http", "80,", "0", "65536", "90-80", "1-70000", "-80", "80-"])
def test_what_is_no_port_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(CamcensusError) as caught:
        read_ports(text)
    assert "80,443,8000-8010" in caught.value.fix


def test_targets_on_loopback_choose_the_loopback_interface_for_discovery() -> None:
    plan = make(targets=["127.77.0.0/24"])
    assert [interface.name for interface in plan.interfaces] == ["lo"]
    assert plan.on_link("127.77.0.5") and not plan.on_link("10.0.0.1")
    assert (plan.rate, plan.device_rate, plan.ports) == (250, 20, DEFAULT_PORTS)


def test_targets_elsewhere_choose_no_interface() -> None:
    assert make(targets=["10.20.0.0/24"]).interfaces == ()


def test_a_router_in_between_halves_the_rate_unless_the_user_names_one() -> None:
    assert make(targets=["10.20.0.0/24"]).rate == 125
    assert make(targets=["10.20.0.0/24", "127.77.0.0/24"]).rate == 125
    assert make(targets=["10.20.0.0/24"], rate=250).rate == 250


def test_rates_of_ones_own_replace_those_of_the_profile() -> None:
    plan = make(targets=["127.77.0.1"], profile="fast", rate=7, device_rate=2)
    assert (plan.rate, plan.device_rate) == (7, 2)


@given(st.integers(1, 5000), st.sampled_from(["gentle", "normal", "fast"]))
def test_the_parts_of_a_sweep_are_all_of_it_in_order(count: int, profile: str) -> None:
    last = f"127.77.{(count - 1) // 256}.{(count - 1) % 256}"
    plan = make(targets=[f"127.77.0.0-{last}"], profile=profile)
    parts = [list(addresses_of(part)) for part in plan.chunks()]
    assert [address for part in parts for address in part] == list(plan.scope.addresses())
    assert all(len(part) >= SMALLEST_CHUNK for part in parts[:-1])


def test_a_dry_run_of_a_network_behind_a_router_counts_the_questions_put_directly() -> None:
    what = "discovery put directly to each address that multicast does not reach"
    far = {step.what: step for step in steps(make(targets=["10.20.0.0/24"]))}
    assert "discovery by multicast and broadcast" not in far
    assert far[what].packets > 0 and far[what].packets % 256 == 0
    assert what not in {step.what for step in steps(make(targets=["10.20.0.0/24"], unicast_discovery=False))}
