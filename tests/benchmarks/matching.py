"""How fast fingerprints are loaded and matched, on recorded observations.

    $ .venv/bin/python -m tests.benchmarks.matching OBSERVATIONS.jsonl

Reading the fields out of the replies is timed apart from matching them. Each pattern is compiled on its first
candidate, so a first round warms up; the rest is timed and the median is given.
"""

from __future__ import annotations

import argparse
import statistics
import time
from pathlib import Path

from fingerprints import Library
from scanner.identify import group
from scanner.observations import read
from scanner.probes import read_fields

ROUNDS = 7


def main() -> None:
    """Print the times; the goals are loading in under 0.3 s and 20,000 observations a second."""
    arguments = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    arguments.add_argument("observations", type=Path)
    file: Path = arguments.parse_args().observations
    started = time.perf_counter()
    library = Library.load()
    print(
        f"{len(library.fingerprints)} fingerprints loaded in {time.perf_counter() - started:.3f} s (goal: 0.3 s)"
    )
    with file.open("rb") as lines:
        devices = [list(map(read_fields, one)) for one in group(read(lines, name=file.name)).values()]
    count = sum(map(len, devices))
    for device in devices:
        library.identify(device)
    times = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        for device in devices:
            library.identify(device)
        times.append(time.perf_counter() - started)
    matched = statistics.median(times)
    print(f"{count} observations of {len(devices)} devices matched and fused in {matched:.3f} s: "
          f"{count / matched:,.0f} observations a second (goal: 20,000)")  # fmt: skip
    started = time.perf_counter()
    for device in devices:
        for reading in device:
            read_fields(reading.observation)
    spent = time.perf_counter() - started
    print(f"fields read in {spent:.3f} s: {count / spent:,.0f} observations a second")


if __name__ == "__main__":
    main()
