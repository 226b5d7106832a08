"""How fast is the inventory, how large does it get, and how does each grow with the number of devices?

    python -m tests.benchmarks.inventory [--devices 1000 10000 100000] [--each 10]

No network. For each number of devices a fresh file; each device gives --each replies of half a kilobyte, of which half
were seen before, as in a building full of one model. Observations are added a thousand at a time, each acknowledged by
`flush` before the next; devices are filed a thousand at a time, in two runs a week apart. `plain` writes the same rows
to the same tables with sqlite3 alone, in transactions of the same size: what the machine can do at best. Rates are by
the clock; `of the processor` counts the time that this process had of it, which other work on the machine does
not stretch. Last come what cares for the file, once each.
"""

from __future__ import annotations

import argparse
import resource
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path

from scanner.identifiers import Identifier
from scanner.inventory import Inventory, RunSettings, Seen, open_inventory
from scanner.inventory.care import backup, export, opened, size, vacuum
from scanner.inventory.checking import check
from scanner.inventory.retention import retain
from scanner.inventory.rows import digest, observation_row
from scanner.inventory.store import INSERT_OBSERVATION, INSERT_PAYLOAD
from scanner.inventory.verifying import verify
from scanner.model import Claim, Coverage, Identification, Observation

BODY = (
    'HTTP/1.1 401 Unauthorized\r\nServer: App-webs/\r\nWWW-Authenticate: Digest realm="IP Camera"\r\n\r\n' * 6
)
AT_ONCE = 1_000
ROUNDS = 5  # of each reading; the median counts
Figures = dict[str, float]


class Spent:
    """Seconds of the clock and of the processor, over several stretches."""

    def __init__(self) -> None:
        self.wall = self.worked = 0.0

    def __enter__(self) -> None:
        self._begun = time.perf_counter(), time.process_time()

    def __exit__(self, *_: object) -> None:
        self.wall += time.perf_counter() - self._begun[0]
        self.worked += time.process_time() - self._begun[1]

    def rates(self, what: str, unit: str, count: int) -> Figures:
        return {
            f"{what}, {unit}/s": count / self.wall,
            f"{what}, {unit}/s of the processor": count / self.worked,
        }


def address(unit: int) -> str:
    return f"10.{20 + unit // 62_500}.{unit // 250 % 250}.{unit % 250}"


def replies(devices: int, each: int, start: datetime) -> Iterator[Observation]:
    for number in range(devices * each):
        yield Observation(
            protocol="http", payload=f"{BODY}{number // 2}".encode(), request=f"GET /{number // devices}",
            observed_at=start + timedelta(milliseconds=number), address=address(number % devices),
            port=80, transport="tcp",
        )  # fmt: skip


def identified(unit: int, rows: Sequence[int]) -> Seen:
    """One of a thousand models and firmwares, with what tells the unit from the others."""
    mac = f"44:19:b6:{unit >> 16 & 255:02x}:{unit >> 8 & 255:02x}:{unit & 255:02x}"
    model, serial = f"DS-2CD2{unit % 1000:03}", f"{unit:09d}"
    evidence = tuple(
        Claim(f"hikvision-{name}", name, value, "strong", "http", "Server: App-webs/")
        for name, value in (("maker", "hikvision"), ("model", model), ("serial", serial))
    )
    it = Identification(
        address=address(unit), mac=mac, maker="hikvision", maker_name="Hikvision", category="camera", model=model,
        firmware=f"V5.{unit % 7}", serial=serial, confidence="probable", evidence=evidence,
    )  # fmt: skip
    return Seen(it, rows, "on-link", (Identifier("serial", f"hikvision {serial}"), Identifier("mac", mac)))


def plain(path: Path, devices: int, each: int, start: datetime) -> Spent:
    """Rows with sqlite3 alone."""
    with open_inventory(path) as inventory:
        run = inventory.begin_run(RunSettings())
    spent = Spent()
    with closing(sqlite3.connect(path)) as file:
        file.execute("PRAGMA synchronous = NORMAL")
        remaining = replies(devices, each, start)
        while some := list(islice(remaining, AT_ONCE)):
            payloads = [(digest(one.payload), one.payload) for one in some]
            rows = [observation_row(run, one) for one in some]
            with spent:
                file.executemany(INSERT_PAYLOAD, payloads)
                file.executemany(INSERT_OBSERVATION, rows)
                file.commit()
    return spent


def added(inventory: Inventory, run: str, devices: int, each: int, start: datetime) -> Spent:
    spent = Spent()
    remaining = replies(devices, each, start)
    while some := list(islice(remaining, AT_ONCE)):
        with spent:
            inventory.add(run, some)
            inventory.flush()
    return spent


def filed(inventory: Inventory, run: str, devices: int, each: int, first: int) -> Spent:
    """`first` is the row id of the first reply of the run."""
    spent = Spent()
    units = (
        identified(unit, list(range(first + unit, first + devices * each, devices)))
        for unit in range(devices)
    )
    while some := list(islice(units, AT_ONCE)):
        with spent:
            inventory.record(run, some)
    return spent


def on_disk(inventory: Inventory) -> int:
    """Bytes, once the log is taken over: a small inventory has a log that is larger than itself."""
    inventory._query("PRAGMA wal_checkpoint(TRUNCATE)")
    return size(inventory.path)


def seconds(work: Callable[[], object]) -> float:
    taken = []
    for _ in range(ROUNDS):
        begun = time.perf_counter()
        work()
        taken.append(time.perf_counter() - begun)
    return statistics.median(taken)


def measure(devices: int, each: int, folder: Path) -> Figures:
    path, start = folder / "inventory.db", datetime(2026, 3, 1, tzinfo=UTC)
    count = devices * each
    with open_inventory(path) as inventory:
        for week, what in enumerate(("new", "known")):
            at = start + week * timedelta(weeks=1)
            run = inventory.begin_run(RunSettings())
            spent = added(inventory, run, devices, each, at)
            if not week:
                figures = spent.rates("added and acknowledged", "observations", count)
                figures |= plain(folder / "plain.db", devices, each, start).rates(
                    "plain sqlite3", "observations", count
                )
                figures["on the disk, bytes an observation"] = on_disk(inventory) / count
            first, _ = next(inventory.observations(run, after=week * count))
            figures |= filed(inventory, run, devices, each, first).rates(
                f"{what} devices filed", "devices", devices
            )
            if not week:
                figures["on the disk with devices, bytes an observation"] = on_disk(inventory) / count
            with (sealing := Spent()):
                inventory.finish_run(run, "complete", Coverage(addresses=devices))
            figures |= sealing.rates(f"{what} devices: run sealed", "observations", count)
        assert inventory._query("SELECT count(*) AS n FROM devices") == [{"n": devices}]
        one = identified(devices // 2, ()).identification
        figures["one device by serial number, ms"] = 1000 * seconds(
            lambda: inventory.device(one.serial or "")
        )
        where = f"model = '{one.model}'"
        figures["devices of one model, ms"] = 1000 * seconds(lambda: inventory.devices(where))
        figures["all devices as structures, ms"] = 1000 * seconds(inventory.devices)
    return figures | cared_for(path, folder)


def verified(path: Path) -> None:
    with opened(path) as db:
        assert list(verify(db)) == []


def cared_for(path: Path, folder: Path) -> Figures:
    """Seconds of the processor for what is done to the whole file, of two runs."""
    figures = {}
    for what, work in (
        ("log verify", lambda: verified(path)),
        ("check", lambda: list(check(path))),
        ("backup", lambda: backup(path, folder / "copy.db")),
        ("retain", lambda: retain(path, datetime(2026, 3, 7, tzinfo=UTC))),
        ("vacuum", lambda: vacuum(path)),
        ("export", lambda: export(path, folder / "out")),
    ):
        spent = Spent()
        with spent:
            work()
        figures[f"{what}, s of the processor"] = spent.worked
        print(f"  {what}: {spent.worked:.1f} s", file=sys.stderr)
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--devices", type=int, nargs="+", default=[1_000, 10_000, 100_000])
    parser.add_argument("--each", type=int, default=10, help="replies of each device in a run")
    asked = parser.parse_args()
    found = []
    for devices in asked.devices:
        with tempfile.TemporaryDirectory() as folder:
            found.append(measure(devices, asked.each, Path(folder)))
        print(f"{devices:,} devices done", file=sys.stderr)
    print(f"{'devices':<60}" + "".join(f"{devices:>12,}" for devices in asked.devices) + f"{'growth':>10}")
    for what in found[0]:
        row = [figures[what] for figures in found]
        print(f"{what:<60}" + "".join(f"{value:>12,.1f}" for value in row) + f"{row[-1] / row[0]:>10.2f}")
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:,.0f} MB")


if __name__ == "__main__":
    main()
