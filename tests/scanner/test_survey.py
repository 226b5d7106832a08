"""A whole run against the simulated building on loopback: what it finds, what it sends, and what survives."""

from __future__ import annotations

import asyncio
import collections
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from scanner.identify import identify, library
from scanner.inventory import Ending, Inventory, RunSettings, open_inventory
from scanner.lab.building import Building
from scanner.lab.truth import compare
from scanner.model import Identification, Observation, Transport
from scanner.probes.forbidden import refuse
from scanner.run_plan import RunPlan, make
from scanner.survey import carry_out

KNOWN = library()


class Log:
    """Notes what a run tells."""

    def __init__(self) -> None:
        self.devices: dict[str, Identification] = {}
        self.first_found = self.ended = 0.0  # seconds after the start
        self.problems: list[str] = []
        self.started = time.monotonic()

    def stage(self, name: str, total: int) -> None: ...

    def advance(self, count: int) -> None: ...

    def sent(self, packets: int) -> None: ...

    def found(self, device: str, identification: Identification) -> None:
        self.first_found = self.first_found or time.monotonic() - self.started
        self.devices[device] = identification

    def problem(self, text: str) -> None:
        self.problems.append(text)


class Result:
    """What came of a run against the building."""

    def __init__(self, targets: Sequence[str], path: Path, **options: object) -> None:
        self.plan: RunPlan = make(targets=targets, profile="fast", **options)  # type: ignore[arg-type]
        self.building = Building.loopback()
        self.log, self.kept = Log(), list[Observation]()
        with open_inventory(path) as inventory:
            self.run = inventory.begin_run(RunSettings(targets=self.plan.scope.targets))
            self.ending: Ending = asyncio.run(self._carry_out(inventory))
            self.devices = inventory.devices(run=self.run)
            self.coverage = inventory.run(self.run).coverage

    async def _carry_out(self, inventory: Inventory) -> Ending:
        async with self.building:
            ending = await carry_out(self.plan, self.run, inventory, KNOWN, self.log, self.kept.append)
        self.log.ended = time.monotonic() - self.log.started
        return ending


@pytest.fixture(scope="module")
def census(tmp_path_factory: pytest.TempPathFactory) -> Result:
    """The whole building but its hostile unit, which takes its time and has tests of its own."""
    path = tmp_path_factory.mktemp("census") / "building.inventory"
    return Result(["127.77.0.0/24"], path, exclude=["127.77.0.132"])


def test_every_unit_of_the_makers_is_named_and_nobody_else_accused(census: Result) -> None:
    comparison = compare(census.building.truth(), census.devices)
    assert comparison.missed == ()
    assert comparison.accused == ()
    assert comparison.doubled == ()
    assert len(comparison.found) >= 30


def test_the_run_is_complete_and_says_what_it_could_see(census: Result) -> None:
    assert census.ending == "complete", census.log.problems
    assert census.coverage.addresses == 255
    assert [exclusion.what for exclusion in census.coverage.excluded] == ["127.77.0.132"]
    assert census.coverage.sent["datagram"] > 0 and census.coverage.sent["connect"] > 0
    assert census.coverage.lost == 0
    assert census.coverage.asked == ("127.77.0.0-127.77.0.131", "127.77.0.133-127.77.0.255")
    assert census.coverage.mute == ("127.77.0.131",)


def test_the_first_device_shows_long_before_the_scan_is_over(census: Result) -> None:
    assert 0 < census.log.first_found < census.log.ended / 4


def test_nothing_forbidden_is_ever_sent(census: Result) -> None:
    by_kind = collections.Counter(received.transport for received in census.building.received)
    assert by_kind["tcp"] > 100 and by_kind["udp"] > 30
    for received in census.building.received:
        transport: Transport = "tcp" if received.transport == "tcp" else "udp"
        assert refuse(received.data, received.port, transport) is None, received
        assert not re.search(rb"(?i)^authorization:", received.data, re.MULTILINE), received


def test_no_device_ever_has_more_than_two_connections(census: Result) -> None:
    assert census.building.most_connections
    assert max(census.building.most_connections.values()) <= 2


def test_an_excluded_device_is_left_alone(census: Result) -> None:
    assert not [one for one in census.building.received if one.unit == "hostile" and one.transport == "tcp"]


def test_nothing_goes_elsewhere_whatever_a_device_says(census: Result) -> None:
    assert not [one for one in census.building.received if one.unit == "elsewhere"]


def test_a_unit_with_a_factory_address_is_present_and_not_routable(census: Result) -> None:
    [device] = [device for device in census.devices if device.address == "192.168.1.64"]
    assert (device.maker, device.reachable) == ("hikvision", "not-routable")


def test_every_raw_reply_is_kept_and_identifies_the_same_again(census: Result) -> None:
    observed = [one for one in census.kept if one.address == "127.77.0.32"]
    assert identify(observed, KNOWN).serial == census.building.truth()["127.77.0.32"].serial
    assert len(census.kept) > 300
    assert all(observation.observed_at and observation.address for observation in census.kept)


def test_a_discovery_that_nobody_answers_says_so_instead_of_nothing(tmp_path: Path) -> None:
    log, plan = Log(), make(interface=["lo"], profile="fast")
    with open_inventory(tmp_path / "nobody.inventory") as inventory:
        run = inventory.begin_run(RunSettings())
        assert asyncio.run(carry_out(plan, run, inventory, KNOWN, log)) == "complete"
        assert inventory.devices() == []
        [problem] = inventory.run(run).coverage.problems
    assert problem.startswith("nobody answered on lo: ") and log.problems == [problem]


@pytest.mark.slow
def test_a_hostile_unit_is_bounded_and_named_nobody(tmp_path: Path) -> None:
    result = Result(["127.77.0.132"], tmp_path / "hostile.inventory")
    hostile = [device for device in result.devices if device.address == "127.77.0.132"]
    assert all(device.maker is None for device in hostile)
    assert max(len(observation.payload) for observation in result.kept) < 1024 * 1024
    assert not [one for one in result.building.received if one.unit == "elsewhere"]


def camcensus(*arguments: str, inventory: Path) -> subprocess.Popen[bytes]:
    """Start the command as a user would."""
    return subprocess.Popen(
        [sys.executable, "-m", "scanner.cli", *arguments, "--inventory", str(inventory)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        env={**os.environ, "CAMCENSUS_CONFINE": "127.0.0.0/8,::1/128"},
    )


def standing_building() -> subprocess.Popen[str]:
    """The building in a process of its own, once it is ready."""
    command = [sys.executable, "-m", "scanner.lab", "--seconds", "120"]
    building = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert building.stdout and any(line.startswith("ready") for line in building.stdout)
    return building


@pytest.mark.slow
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_a_run_that_ends_early_loses_nothing_and_goes_on_where_it_stopped(
    how: signal.Signals, tmp_path: Path
) -> None:
    path = tmp_path / "building.inventory"
    targets = ["127.77.0.0/24", "--exclude", "127.77.0.131-132"]
    with standing_building() as building:
        try:
            with camcensus("scan", *targets, "--rate", "800", "--device-rate", "200", inventory=path) as scan:
                time.sleep(7)
                scan.send_signal(how)
                scan.communicate()
                assert scan.returncode == (-signal.SIGKILL if how == signal.SIGKILL else 130)
            with open_inventory(path) as inventory:
                [run] = inventory.runs()
                before = {device.id for device in inventory.devices()}
                seen = len(list(inventory.observations(run.id)))
                assert seen > 50 and before
                assert run.outcome == (None if how == signal.SIGKILL else "interrupted")
            with camcensus(
                "scan", "--resume", run.id[:-2], inventory=path
            ) as resumed:  # the beginning will do
                _, said = resumed.communicate(timeout=100)
                assert resumed.returncode == 0, said.decode()
        finally:
            building.terminate()
    with open_inventory(path) as inventory:
        devices = inventory.devices()
        assert before <= {device.id for device in devices}
        comparison = compare(Building.loopback().truth(), devices)
        assert (comparison.missed, comparison.doubled, comparison.accused) == ((), (), ())
        assert [one.outcome for one in inventory.runs()] == ["complete"]
