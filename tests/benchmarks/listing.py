"""How fast are lists? Conditions, orders and columns over 1,000, 10,000 and 100,000 devices.

    python -m tests.benchmarks.listing [--devices 1000 10000 100000] [--rounds 5]

No network. Each figure is the median of the rounds, in milliseconds, with the file in the system's cache: of the clock,
of processor time, and of the clock for the same query by the plain module `sqlite3`, which reads rows and makes nothing
of them. Then whole commands, from start to end, and their first line. The devices are written as rows, because filing
them takes the longer time; each has four claims of evidence, as many as a recorder.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from scanner.inventory import Inventory, RunSettings, open_inventory
from scanner.inventory.rows import device_row, stamp
from scanner.inventory.search import columns_of, device_query
from scanner.model import CATEGORIES, Claim, Confidence, Identification

FIELDS = columns_of("id,address,maker,brand,model,category,confidence,conflicts")
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
MAKERS = (
    ("hikvision", "Hikvision", "LTS"),
    ("dahua", "Dahua", "Lorex"),
    ("other", "Hanwha Vision", "Wisenet"),
)
SITES = ("leeds", "york", "hull", None)
MODELS = ("DS-2CD2143G2-I", "IPC-HDW2431T-AS", "QNV-8080R", "DS-7616NI-K2", "LTN8916-P16")
CONFIDENCES: tuple[Confidence, ...] = ("confirmed", "probable", "possible", "none")
QUESTIONS = {
    # what is asked                                        condition, order
    "everything, by address":                              ("", ""),
    "one maker at one site":                               ("maker = hikvision and site = leeds", ""),
    "no device fits":                                      ("brand = nobody", ""),
    "one network of 256 addresses":                        ("address in 10.1.7.0/24", ""),
    "not seen for a month, not sure":                      ("last_seen < 2026-02-01 and confidence < probable", ""),
    "a text anywhere":                                     ('any ~ "8916-p16 "', ""),
    "a serial number anywhere":                            ("any ~ 000000000000512", ""),
    "four megapixels or more, read from the model":        ("megapixels >= 4 and site = york", ""),
    "firmware before a version":                           ("firmware < V5.5.0 and site = york", ""),
    "a fingerprint in the evidence":                       ("evidence = lts-title-7", ""),
    "one site, by the last look":                          ("site = york", "-last_seen"),
}  # fmt: skip

COMMANDS = (
    (), ("--limit", "50"), ("--limit", "50", "--sort=-last_seen"), ("--where", "address in 10.1.7.0/24"),
    ("--search", "000512"), ("--where", "maker = hikvision and site = leeds", "--limit", "50"),
    ("--columns", "address,model,site"), ("--format", "csv"), ("--jsonl",),
)  # fmt: skip


def devices(count: int) -> Iterator[Identification]:
    for number in range(count):
        maker, name, brand = MAKERS[number % 3]
        evidence = tuple(
            Claim(f"lts-title-{number % 50 + part}", "brand", brand, "strong", "html", f"<title>{brand} {number}" * 3)
            for part in range(4)
        )  # fmt: skip
        yield Identification(
            address=f"10.{number // 65536 + 1}.{number // 256 % 256}.{number % 256}", mac=f"44:19:b6:{number:06x}",
            maker=maker, maker_name=name, brand=brand, relabelled=maker == "hikvision", evidence=evidence,
            category=CATEGORIES[number % len(CATEGORIES)], model=MODELS[number % len(MODELS)],
            firmware=f"V5.{number % 9}.{number % 7} build 1801{number % 28 + 1:02}", serial=f"{number:015}",
            confidence=CONFIDENCES[number % 4], covered=("us-ndaa-889",) if number % 3 < 2 else (),
        )  # fmt: skip


def fill(inventory: Inventory, count: int) -> None:
    run = inventory.begin_run(RunSettings())
    added = [
        device_row(one) | {
            "id": f"d{number:06x}", "first_seen": stamp(NOON), "last_run": run,
            "last_seen": stamp(NOON - timedelta(hours=number % 5000)), "site": SITES[number // 7 % 4],
        }
        for number, one in enumerate(devices(count))
    ]  # fmt: skip
    with inventory._writing() as db:
        db.table("devices").insert_all(added)


def median(rounds: int, do: Callable[[], object]) -> tuple[float, float]:
    """In milliseconds, of the clock and of the processor."""
    taken, worked = [], []
    for _ in range(rounds):
        start, before = time.perf_counter(), time.process_time()
        do()
        worked.append((time.process_time() - before) * 1000)
        taken.append((time.perf_counter() - start) * 1000)
    return statistics.median(taken), statistics.median(worked)


def asked(inventory: Inventory, rounds: int, where: str, sort: str) -> tuple[int, float, float, float]:
    """How many devices are found, in how many milliseconds of the clock and of the processor, and in how many by the
    plain module."""
    query, values = device_query(FIELDS, where, sort=sort)
    plain = inventory._db.conn
    found = len(list(inventory.listed(FIELDS, where, sort=sort)))
    wall, worked = median(rounds, lambda: list(inventory.listed(FIELDS, where, sort=sort)))
    return found, wall, worked, median(rounds, lambda: plain.execute(query, values).fetchall())[0]


def command(path: Path, rounds: int, words: tuple[str, ...]) -> tuple[int, float, float, float]:
    """Lines of `camcensus devices`, and milliseconds: of the clock, of the processor, and until the first line."""
    first: list[float] = []
    wall, worked = [], []
    for _ in range(rounds):
        before, start = os.times(), time.perf_counter()
        lines = 0
        with subprocess.Popen(
            [sys.executable, "-m", "scanner.cli", "devices", *words, "--inventory", str(path)],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        ) as process:  # fmt: skip
            for _line in process.stdout or ():
                if not lines:
                    first.append((time.perf_counter() - start) * 1000)
                lines += 1
        wall.append((time.perf_counter() - start) * 1000)
        after = os.times()
        worked.append(
            (after.children_user + after.children_system - before.children_user - before.children_system)
            * 1000
        )
        assert process.returncode == 0
    return lines, statistics.median(wall), statistics.median(worked), statistics.median(first or [0])


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--devices", type=int, nargs="+", default=[1_000, 10_000, 100_000])
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    for count in given.devices:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "inventory.db"
            with open_inventory(path) as inventory:
                fill(inventory, count)
                print(f"\n{count:,} devices\n{'found':>8} {'ms':>8} {'cpu':>8} {'sqlite3':>8}  question")
                for what, (where, sort) in QUESTIONS.items():
                    figures = asked(inventory, given.rounds, where, sort)
                    print("{:>8,} {:>8.1f} {:>8.1f} {:>8.1f}  {}".format(*figures, what))
            print(f"{'lines':>8} {'ms':>8} {'cpu':>8} {'first':>8}  command")
            for words in COMMANDS:
                figures = command(path, min(3, given.rounds), words)
                print(
                    "{:>8,} {:>8.0f} {:>8.0f} {:>8.0f}  camcensus devices {}".format(
                        *figures, " ".join(words)
                    )
                )
            print(f"{path.stat().st_size / 1e6:>8.1f} MB on the disk")


if __name__ == "__main__":
    main()
