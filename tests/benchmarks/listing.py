"""How fast are lists? Conditions, orders and columns over 1,000, 10,000 and 100,000 devices.

    python -m tests.benchmarks.listing [--devices 1000 10000 100000] [--rounds 5]

No network. Each figure is the median of the rounds, in milliseconds, with the file in the system's cache; `sqlite3` is
the same query by the plain module, which reads rows and makes nothing of them. The devices are written as rows, because
filing them takes the longer time; each has four claims of evidence, as many as a recorder.
"""

from __future__ import annotations

import argparse
import statistics
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
    "four megapixels or more, read from the model":        ("megapixels >= 4 and site = york", ""),
    "firmware before a version":                           ("firmware < V5.5.0 and site = york", ""),
    "a fingerprint in the evidence":                       ("evidence = lts-title-7", ""),
    "one site, by the last look":                          ("site = york", "-last_seen"),
}  # fmt: skip


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


def median(rounds: int, do: Callable[[], object]) -> float:
    """In milliseconds."""
    taken = []
    for _ in range(rounds):
        start = time.perf_counter()
        do()
        taken.append((time.perf_counter() - start) * 1000)
    return statistics.median(taken)


def compared(inventory: Inventory, rounds: int, where: str, sort: str) -> tuple[int, float, float]:
    """How many devices are found, in how many milliseconds, and in how many by the plain module."""
    query, values = device_query(FIELDS, where, sort=sort)
    plain = inventory._db.conn
    found = len(list(inventory.listed(FIELDS, where, sort=sort)))
    ours = median(rounds, lambda: list(inventory.listed(FIELDS, where, sort=sort)))
    return found, ours, median(rounds, lambda: plain.execute(query, values).fetchall())


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--devices", type=int, nargs="+", default=[1_000, 10_000, 100_000])
    parser.add_argument("--rounds", type=int, default=5)
    asked = parser.parse_args()
    print(f"{'devices':>8} {'found':>8} {'ms':>8} {'sqlite3':>8} {'ratio':>6}  question")
    for count in asked.devices:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "inventory.db"
            with open_inventory(path) as inventory:
                fill(inventory, count)
                for what, (where, sort) in QUESTIONS.items():
                    found, ours, theirs = compared(inventory, asked.rounds, where, sort)
                    print(
                        f"{count:>8,} {found:>8,} {ours:>8.1f} {theirs:>8.1f} {ours / theirs:>6.2f}  {what}"
                    )
                print(
                    f"{count:>8,} {sum(file.stat().st_size for file in path.parent.iterdir()) / 1e6:>8.0f} MB"
                )


if __name__ == "__main__":
    main()
