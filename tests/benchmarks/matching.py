"""How fast fingerprints are loaded and matched, on recorded observations.

    $ .venv/bin/python -m tests.benchmarks.matching OBSERVATIONS.jsonl

Reading the fields out of the replies is timed apart from matching them. The first round compiles the patterns that the
replies need. Then every value is matched anew, nothing remembered; and last, as in a building full of equal units, with
what was remembered of the round before: every value was seen once. Of several rounds the best is given, by the clock
and by the time of the processor, which says more where others work on the machine too.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from pathlib import Path

from fingerprints import Library
from fingerprints.match import Matcher
from scanner.identify import group
from scanner.model import Reading
from scanner.observations import read
from scanner.probes import read_fields

ROUNDS = 20


Spent = tuple[float, float]  # seconds by the clock, and of the processor


def once(library: Library, devices: Sequence[Sequence[Reading]]) -> Spent:
    """What one round takes."""
    started, worked = time.perf_counter(), time.process_time()
    for device in devices:
        library.identify(device)
    return time.perf_counter() - started, time.process_time() - worked


def best(library: Library, devices: Sequence[Sequence[Reading]]) -> Spent:
    """What the best of several rounds takes: what others do on the machine only adds to it."""
    clock, processor = zip(*(once(library, devices) for _ in range(ROUNDS)), strict=True)
    return min(clock), min(processor)


def show(what: str, count: int, spent: Spent) -> None:
    """Print how many observations were done in a second."""
    clock, processor = spent
    print(f"  {what:<32} {count / clock:8,.0f} a second, {count / processor:8,.0f} a second of one core")


def main() -> None:
    """Print the times; the goals are loading in under 0.3 s and 20,000 observations a second."""
    arguments = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    arguments.add_argument("observations", type=Path)
    file: Path = arguments.parse_args().observations
    started, worked = time.perf_counter(), time.process_time()
    library = Library.load()
    clock, processor = time.perf_counter() - started, time.process_time() - worked
    print(
        f"{len(library.fingerprints)} fingerprints loaded in {clock:.3f} s, {processor:.3f} s of one core (goal: 0.3 s)"
    )
    with file.open("rb") as lines:
        devices = [list(map(read_fields, one)) for one in group(read(lines, name=file.name)).values()]
    count = sum(map(len, devices))
    print(f"{count} observations of {len(devices)} devices matched and fused; the goal is 20,000 a second")
    show("first round, patterns compiled", count, once(library, devices))
    show("values seen before", count, best(library, devices))
    for matcher in vars(library).values():
        if isinstance(matcher, Matcher):
            matcher.matches = matcher.matches_of_long = matcher._matches  # type: ignore[assignment]
    library.names.claims_of = library.names._claims_of  # type: ignore[assignment]
    show("nothing remembered", count, best(library, devices))
    started = time.perf_counter()
    for device in devices:
        for reading in device:
            read_fields(reading.observation)
    spent = time.perf_counter() - started
    print(f"fields read in {spent:.3f} s: {count / spent:,.0f} observations a second")


if __name__ == "__main__":
    main()
