"""What verdicts cost: devices at twenty sites, seen every week, a fifth of them removed.

python -m tests.benchmarks.verdicts [--devices 10000] [--weeks 52]
"""

from __future__ import annotations

import argparse
import collections
import random
import resource
import time
from datetime import timedelta

from scanner.identifiers import Identifier
from scanner.inventory.records import Run
from scanner.model import Coverage
from scanner.verdict.judging import Told, find
from scanner.verdict.looks import Seen, Taken, Unit
from scanner.verdict.rule import Rule
from tests.scanner.verdict.stage import ALL, START, WEEK

SITES, ANSWERS, FIRST = 20, 0.97, 6


def told(devices: int, weeks: int, chance: random.Random) -> Told:
    runs = [
        Run(
            id=f"w{week}s{site}", started=START + week * WEEK + timedelta(minutes=site), site=f"s{site}",
            outcome="complete", coverage=Coverage(targets=(f"10.{site}.0.0/18",), interfaces=("eth0",)),
        )
        for week in range(weeks)
        for site in range(SITES)
    ]  # fmt: skip
    started = {run.id: run.started for run in runs}
    units, removals = {}, {}
    for number in range(devices):
        site, place = number % SITES, number // SITES
        gone = chance.randrange(FIRST, weeks) if number % 5 == 0 else weeks
        seen = tuple(
            Seen(f"w{week}s{site}", started[f"w{week}s{site}"], f"10.{site}.{place >> 8}.{place & 255}", "eth0",
                 "on-link", f"s{site}", ALL, ALL)
            for week in range(gone) if chance.random() < ANSWERS
        )  # fmt: skip
        units[f"d{number}"] = Unit(
            id=f"d{number}", maker="hikvision", identifiers=(Identifier("serial", f"hikvision {number:08}"),),
            switch=f"sw{site}-{place // 24}", switch_port=str(place % 24), seen=seen,
        )  # fmt: skip
        if gone < weeks:
            removals[f"d{number}"] = Taken(id=f"r{number}", gone=START + gone * WEEK - timedelta(days=2))
    return Told(runs=runs, units=units, removals=removals)


def main() -> None:
    arguments = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    arguments.add_argument("--devices", type=int, default=10_000)
    arguments.add_argument("--weeks", type=int, default=52)
    asked = arguments.parse_args()
    known = told(asked.devices, asked.weeks, random.Random(1))
    wall, cpu = time.perf_counter(), time.process_time()
    counts = collections.Counter(one.verdict for one in find(known, Rule()))
    spent = f"{time.perf_counter() - wall:.1f} s, {time.process_time() - cpu:.1f} s of processor time"
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(
        f"{asked.devices:,} devices, {asked.weeks} weeks, {len(known.removals):,} removals: {spent}, {peak} MB"
    )
    print(dict(counts))


if __name__ == "__main__":
    main()
