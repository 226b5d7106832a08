"""What does a plan cost? Built, read, priced, exported, edited, imported and foretold, by number of devices.

    python -m tests.benchmarks.plan [--devices 1000,10000]

Times are wall and processor seconds, memory is the most that the process ever held, in MB.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import random
import resource
import tempfile
import time
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path

from scanner.inventory import Inventory, open_inventory, places, plan_items, plan_prices
from scanner.inventory.plan_items import Edit
from scanner.phase_out import changes, plan, scenarios, workbook
from scanner.phase_out.items import read
from scanner.phase_out.prices import Price
from scanner.phase_out.priority import weights
from scanner.phase_out.progress import progress
from scanner.phase_out.quantities import bill, budget
from tests.scanner.phase_out.units import record

MODELS = (
    "DS-2CD2143G2-I",
    "DS-2CD2032-I",
    "DS-2DE4425IW-DE",
    "IPC-HDW1431T1-S4",
    "DS-7616NI-K2/16P",
    "LTN8916-P16",
)
SITES = 20
PRICES = [
    Price(
        file="p",
        row=2,
        kind="camera",
        fits="form_factor = dome",
        product="Dome",
        price=Decimal(190),
        currency="EUR",
    ),
    Price(
        file="p",
        row=3,
        kind="camera",
        product="Bullet",
        price=Decimal(149),
        currency="EUR",
        spares=Decimal(5),
    ),
    Price(
        file="p",
        row=4,
        kind="recorder",
        product="NVR",
        price=Decimal(640),
        currency="EUR",
        labour=Decimal(200),
    ),
]
TODAY = date(2026, 11, 25)


@contextlib.contextmanager
def measured(what: str) -> Iterator[None]:
    wall, cpu = time.perf_counter(), time.process_time()
    yield
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"  {what:<38}{time.perf_counter() - wall:>9.2f} s {time.process_time() - cpu:>9.2f} s cpu {most:>8.0f} MB"
    )


def measure(inventory: Inventory, number: int, folder: Path) -> None:
    chance = random.Random(3)
    for n in range(SITES):
        inventory.change(places.add_site, "jo", f"s{n}")
    nvr = {"category": "nvr"}
    said = [
        {"model": model} | (nvr if model.startswith(("DS-76", "LTN")) else {})
        for model in chance.choices(MODELS, k=number)
    ]
    with measured("(record the devices)"):
        ids = record(inventory, said)
        for n in range(SITES):
            inventory.change(places.assign, "jo", ids[n::SITES], {"site": f"s{n}"})
    inventory.change(plan_prices.take_prices, "jo", "p", PRICES)
    with measured("plan build"):
        plan.build(inventory, "jo", weights())
    with measured("plan build, again"):
        plan.build(inventory, "jo", weights())
    with measured("read the plan"):
        whole = plan.of(inventory)
    with measured("scenario by site"):
        slots = scenarios.schedule(whole.units, "by-site", date(2027, 1, 4), 100)
    with measured("apply it"):
        edits = [
            Edit(id, read({"phase": slot.phase, "due": slot.due.isoformat(), "state": "planned"}))
            for id, slot in slots.items()
        ]
        inventory.change(plan_items.edit, "jo", edits)
    whole = plan.of(inventory)
    with measured("bill of materials and budget"):
        bill(whole.units, whole.prices)
        budget(whole.units, whole.prices)
    with measured("progress"):
        progress(whole.units, inventory.ask(plan_items.history), TODAY)
    with measured("export as XLSX"):
        (folder / "plan.xlsx").write_bytes(workbook.as_xlsx(whole.units))
    print(f"  {'':<38}{(folder / 'plan.xlsx').stat().st_size / 2**20:>9.1f} MB")
    with measured("export as CSV"):
        (folder / "plan.csv").write_text(workbook.as_csv(whole.units), "utf-8")
    edited = io.StringIO()
    for line in (folder / "plan.csv").read_text("utf-8").splitlines(keepends=True):
        edited.write(line.replace(",planned,", ",ordered,", 1) if chance.random() < 0.5 else line)
    (folder / "plan.csv").write_text(edited.getvalue(), "utf-8")

    def later(device: str, version: int) -> list[dict[str, object]]:
        return inventory.ask(plan_items.since, device, version)

    with measured("read the XLSX, nothing edited"):
        found = changes.of(folder / "plan.xlsx", whole.units, later)
        assert (found.unchanged, found.problems) == (number, [])
    with measured("read the CSV, half of it edited"):
        found = changes.of(folder / "plan.csv", whole.units, later)
        assert found.edits and not found.problems
    with measured(f"apply {len(found.edits):,} edits"):
        done = inventory.change(plan_items.edit, "jo", [one.edit for one in found.edits])
        assert not done.refused


def main() -> None:
    """Measure plans of several sizes."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--devices", default="1000,10000")
    for number in map(int, parser.parse_args().devices.split(",")):
        print(f"{number:,} devices")
        with (
            tempfile.TemporaryDirectory() as folder,
            open_inventory(Path(folder) / "inventory.db") as inventory,
        ):
            measure(inventory, number, Path(folder))


if __name__ == "__main__":
    main()
