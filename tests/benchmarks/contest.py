"""Contests between programs in one testbed: rounds in turn, probes counted at the target, medians, ratios and goals."""

from __future__ import annotations

import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence

import msgspec

from tests.benchmarks.testbed import Testbed

PORT_OF_NMAP = re.compile(r"(\d+)/open/tcp")


class Contender(msgspec.Struct, frozen=True):
    """A program, how to start it, and how to read from its output what it found."""

    name: str
    command: Sequence[str]
    found: Callable[[str], set[str]]


class Result(msgspec.Struct, frozen=True):
    """One run of one contender."""

    wall: float
    cpu: float
    megabytes: float
    probes: int
    found: int
    false: int


class Goal(msgspec.Struct, frozen=True):
    """What one contender must reach: at most so much of what another one needs."""

    of: str
    against: str
    measure: str
    at_most: float


def run(bed: Testbed, contender: Contender, expected: set[str]) -> Result:
    """Run a contender once, from a cold neighbour table."""
    bed.forget()
    bed.count()
    with tempfile.TemporaryFile("w+") as output:
        begun = time.perf_counter()
        process = subprocess.Popen(
            bed.inside(contender.command), stdout=output, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL
        )
        _, status, used = os.wait4(process.pid, 0)
        wall = time.perf_counter() - begun
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        found = contender.found(output.read())
    return Result(
        wall=wall,
        cpu=used.ru_utime + used.ru_stime,
        megabytes=used.ru_maxrss / 1024,
        probes=sum(bed.count().values()),
        found=len(found & expected),
        false=len(found - expected),
    )


def contest(
    title: str,
    bed: Testbed,
    contenders: Sequence[Contender],
    expected: set[str],
    goals: Sequence[Goal] = (),
    rounds: int = 3,
) -> bool:
    """Let the contenders run in turn, print medians and goals, and say whether all goals were reached."""
    results: dict[str, list[Result]] = {each.name: [] for each in contenders}
    for _ in range(rounds):
        for contender in contenders:
            results[contender.name].append(run(bed, contender, expected))
    print(f"\n{title} (median of {rounds}; found: the worst round of {len(expected)})\n")
    print(f"{'':<44}{'wall s':>8}{'CPU s':>8}{'MB':>6}{'probes':>9}{'found':>7}{'false':>7}")
    for name, runs in results.items():
        middle = medians(runs)
        print(
            f"{name:<44}{middle['wall']:>8.2f}{middle['cpu']:>8.2f}{middle['megabytes']:>6.0f}"
            f"{middle['probes']:>9.0f}{min(each.found for each in runs):>7}{max(each.false for each in runs):>7}"
        )
    ours = results[contenders[0].name]
    complete = all(each.found == len(expected) and not each.false for each in ours)
    print(f"\n{contenders[0].name}: complete and without false hits: {verdict(complete)}")
    reached = [judge(goal, results) for goal in goals]
    return complete and all(reached)


def judge(goal: Goal, results: Mapping[str, Sequence[Result]]) -> bool:
    ratio = medians(results[goal.of])[goal.measure] / medians(results[goal.against])[goal.measure]
    reached = ratio <= goal.at_most
    print(
        f"{goal.of} / {goal.against}: {goal.measure} {ratio:.2f}, at most {goal.at_most:.2f}: {verdict(reached)}"
    )
    return reached


def medians(runs: Sequence[Result]) -> dict[str, float]:
    measures = ("wall", "cpu", "megabytes", "probes")
    return {each: statistics.median(getattr(run, each) for run in runs) for each in measures}


def verdict(reached: bool) -> str:
    return "PASS" if reached else "FAIL"


def camcensus(name: str, *arguments: object) -> Contender:
    """One of our engines; the time includes the start of Python."""
    command = (sys.executable, "-m", "tests.benchmarks.run_engine", *map(str, arguments))

    def found(output: str) -> set[str]:
        done = json.loads(output)
        return set(done["open"]) or {address for address, _ in done["neighbours"]}

    return Contender(name, command, found)


def nmap_ports(output: str) -> set[str]:
    """Open ports in nmap's -oG."""
    lines = (line.split() for line in output.splitlines() if "/open/tcp" in line)
    return {f"{line[1]}:{port}" for line in lines for port in PORT_OF_NMAP.findall(" ".join(line))}


def nmap_hosts(output: str) -> set[str]:
    """Hosts that are up in nmap's -oG."""
    return {line.split()[1] for line in output.splitlines() if "Status: Up" in line}


def masscan_ports(output: str) -> set[str]:
    """Open ports in masscan's -oL: `open tcp 80 10.77.0.9 1700000000`."""
    lines = (line.split() for line in output.splitlines() if line.startswith("open tcp"))
    return {f"{line[3]}:{line[2]}" for line in lines}


def arp_scan_hosts(output: str) -> set[str]:
    """The first column of arp-scan's --plain output."""
    return {line.split("\t")[0] for line in output.splitlines() if line}
