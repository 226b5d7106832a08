"""How fast is the inventory? Observations in and out, as JSON Lines and as rows, and devices filed.

    python -m tests.benchmarks.inventory [--observations 100000] [--devices 2000] [--rounds 3]

No network. Each figure is the median of the rounds, each in a fresh file. Half of the payloads were seen before, as
in a building full of the same model.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from scanner.inventory import RunSettings, Seen, open_inventory
from scanner.model import Identification, Observation
from scanner.observations import read, write

BODY = (
    'HTTP/1.1 401 Unauthorized\r\nServer: App-webs/\r\nWWW-Authenticate: Digest realm="IP Camera"\r\n\r\n' * 6
)
Rates = dict[str, list[float]]


def replies(count: int, devices: int) -> Iterator[Observation]:
    start = datetime(2026, 3, 1, tzinfo=UTC)
    for number in range(count):
        unit = number % devices
        yield Observation(
            protocol="http", payload=f"{BODY}{number // 2}".encode(), request=f"GET /{number // devices}",
            observed_at=start + timedelta(milliseconds=number), address=f"10.20.{unit // 250}.{unit % 250}",
            port=80, transport="tcp",
        )  # fmt: skip


@contextmanager
def timed(rates: Rates, what: str, count: int) -> Iterator[None]:
    start = time.perf_counter()
    yield
    rates.setdefault(what, []).append(count / (time.perf_counter() - start))


def one_round(rates: Rates, seen: list[Observation], devices: int, folder: Path) -> None:
    with timed(rates, "observations written as JSON Lines", len(seen)):
        lines = [write(one) for one in seen]
    with timed(rates, "observations read from JSON Lines", len(seen)):
        assert sum(1 for _ in read(lines, name="memory")) == len(seen)
    with open_inventory(folder / "inventory.db") as inventory:
        run = inventory.begin_run(RunSettings())
        with timed(rates, "observations added and committed", len(seen)):
            inventory.add(run, seen)
            inventory.flush()
        with timed(rates, "observations added again (all known)", len(seen)):
            inventory.add(run, seen)
            inventory.flush()
        groups: dict[str, list[int]] = {}
        with timed(rates, "observations read back", len(seen)):
            for row, one in inventory.observations(run):
                groups.setdefault(one.address or "", []).append(row)
        assert sum(map(len, groups.values())) == len(seen)
        for what in ("devices filed", "devices filed again"):
            with timed(rates, what, len(groups)):
                inventory.record(
                    run, [Seen(identified(address), rows, "on-link") for address, rows in groups.items()]
                )
        with timed(rates, "devices listed", len(groups)):
            assert len(inventory.devices()) == len(groups) == min(devices, len(seen))


def identified(address: str) -> Identification:
    return Identification(address=address, maker="hikvision", maker_name="Hikvision", confidence="probable")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--observations", type=int, default=100_000)
    parser.add_argument("--devices", type=int, default=2_000)
    parser.add_argument("--rounds", type=int, default=3)
    asked = parser.parse_args()
    seen = list(replies(asked.observations, asked.devices))
    rates: Rates = {}
    for _ in range(asked.rounds):
        with tempfile.TemporaryDirectory() as folder:
            one_round(rates, seen, asked.devices, Path(folder))
    print(f"{len(seen):,} observations of {len(seen[0].payload):,} bytes, {asked.devices:,} devices")
    for what, rounds in rates.items():
        print(f"{statistics.median(rounds):>10,.0f} a second   {what}")
    print(f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:>10,.0f} MB         peak memory")


if __name__ == "__main__":
    main()
