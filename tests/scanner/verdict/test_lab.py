"""Verdicts on the simulated building, scanned for real: looks that cannot have seen a camera verify nothing."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from scanner.evidence.removals import Taken
from scanner.inventory import open_inventory, removals
from scanner.lab.namespaces import SWITCH, NamespaceBuilding, inside
from scanner.verdict.judging import Verdict
from scanner.verdict.rule import Rule
from scanner.verdict.told import verdicts

pytestmark = [pytest.mark.namespaces, pytest.mark.slow]

TARGETS = "10.77.0.8/29"  # seven units
ONCE = Rule(name="once", runs=1, days=0, chance=40)  # the lab has no weeks
BROKEN = """
table inet broken {
    chain in {
        type filter hook input priority 0;
        udp sport { 37020, 37810, 3702, 5353, 1900 } drop
        udp dport { 37020, 37810, 3702, 5353, 1900 } drop
    }
}
"""


class Lab:
    """A building, its inventory, and a camera that is taken out."""

    def __init__(self, building: NamespaceBuilding, path: Path) -> None:
        self.building, self.path = building, path
        self.gone = next(unit for unit in building.units if unit.row.kind == "hikvision-webserver")

    async def scan(self, *options: str, interrupt: bool = False) -> None:
        before = self.runs()
        process = await asyncio.create_subprocess_exec(
            "ip", "netns", "exec", self.building.scanner_namespace, sys.executable, "-m", "scanner.cli", "scan",
            TARGETS, "--profile", "fast", "--inventory", str(self.path), *options,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            env={**os.environ, "CAMCENSUS_CONFINE": "10.77.0.0/24"},
        )  # fmt: skip
        if interrupt:
            while process.returncode is None and self.runs() == before:
                await asyncio.sleep(0.05)
            await asyncio.sleep(0.5)
            process.send_signal(signal.SIGINT)
        await asyncio.wait_for(process.wait(), 120)

    def runs(self) -> int:
        if not self.path.exists():
            return 0
        with open_inventory(self.path) as inventory:
            return len(inventory.runs())

    def port(self, number: int, state: str) -> None:
        with inside(self.building._namespaces[SWITCH]):
            subprocess.run(["ip", "link", "set", f"port{number}", state], check=True)

    def unplug(self) -> None:
        """Take the camera out, and record it."""
        self.port(1 + self.building.units.index(self.gone), "down")
        with open_inventory(self.path) as inventory:
            device = inventory.device(self.gone.address).id
            taken = Taken(at=datetime.now(UTC).isoformat(), removed_by="Kim")
            inventory.change(removals.record, "jo", device, taken)

    def nft(self, rules: str) -> None:
        name = self.building.scanner_namespace
        subprocess.run(["ip", "netns", "exec", name, "nft", "-f", "-"], input=rules.encode(), check=True)

    def verdict(self) -> Verdict:
        with open_inventory(self.path) as inventory:
            device = next(iter(inventory.ask(removals.all_standing)))
            [found] = verdicts(inventory, ONCE, [device])
        return found


async def story(path: Path) -> dict[str, Verdict]:
    """What is said of a camera that is gone, after each look."""
    said = {}
    async with NamespaceBuilding(12) as building:
        lab = Lab(building, path)
        for _ in range(3):
            await lab.scan()
        lab.unplug()
        await lab.scan("--exclude", lab.gone.address)
        said["excluded"] = lab.verdict()
        lab.nft(BROKEN)
        await lab.scan()
        said["multicast broken"] = lab.verdict()
        lab.nft("delete table inet broken")
        lab.port(0, "down")
        await lab.scan()
        said["uplink unplugged"] = lab.verdict()
        lab.port(0, "up")
        await lab.scan(interrupt=True)
        said["interrupted"] = lab.verdict()
        await lab.scan()
        said["good"] = lab.verdict()
        lab.port(1 + building.units.index(lab.gone), "up")
        await lab.scan()
        said["plugged in again"] = lab.verdict()
    return said


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Verdict]]:
    yield asyncio.run(story(tmp_path_factory.mktemp("lab") / "inventory.db"))


WHY = {
    "excluded": "was excluded",
    "multicast broken": "control devices answered by sadp",
    "uplink unplugged": "",
    "interrupted": "it was interrupted|it never recorded its end",
}


@pytest.mark.parametrize("how", WHY)
def test_a_look_that_cannot_have_seen_the_camera_verifies_nothing(said: dict[str, Verdict], how: str) -> None:
    verdict = said[how]
    assert verdict.verdict == "not-seen", verdict
    assert not any(look.conclusive for look in verdict.looks)
    assert re.search(WHY[how], "; ".join(problem for look in verdict.looks for problem in look.problems))


def test_one_good_look_is_enough_for_a_rule_that_wants_one(said: dict[str, Verdict]) -> None:
    assert said["good"].verdict == "verified-removed", said["good"]
    [good] = [look for look in said["good"].looks if look.conclusive]
    assert good.answered == good.controls >= 4


def test_plugged_in_again_it_has_returned(said: dict[str, Verdict]) -> None:
    assert said["plugged in again"].verdict == "returned", said["plugged in again"]
