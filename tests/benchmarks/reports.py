"""What do reports cost? Each format for 1,000, 10,000 and 100,000 devices, and the page in a real browser.

    python -m tests.benchmarks.reports [--devices 1000 10000 100000] [--rounds 3] [--formats html pdf] [--no-plan]

No network. Each report is a command of its own: seconds of the clock and of the processor from start to end (the median
of the rounds), peak memory, bytes. Two thirds of the devices are covered and in the plan, with prices; each has four
claims of evidence. The page is then opened in headless Chromium: milliseconds until it is painted, and until it is
painted again after a word was typed into its filter, a heading was pressed, and the evidence of a device was asked for.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import date
from pathlib import Path
from typing import Any

from scanner.inventory import open_inventory
from scanner.lab.replacement import plan_the_building
from tests.benchmarks.listing import fill
from tests.reports.browser import CHROMIUM, PAINTED, browser

FORMATS = ("terminal", "csv", "json", "xlsx", "html", "pdf")
TYPE = "form.elements.filter.value = '{word}'; form.dispatchEvent(new Event('input', {{bubbles: true}}))"
STEPS = {
    "filter by a word":       TYPE.format(word="lorex"),
    "filter to one":          TYPE.format(word="10.1.3.77"),
    "filter by nothing":      TYPE.format(word=""),
    "sort by model":          "document.querySelector('th[data-column=model] button').click()",
    "sort by address":        "document.querySelector('th[data-column=address] button').click()",
    "next page":              "document.getElementById('next').click()",
    "evidence of a device":   "document.querySelector('button.open').click()",
}  # fmt: skip


def make(inventory: Path, count: int, plan: bool) -> None:
    """Fill an inventory, in a process of its own: a child's peak memory begins with that of its parent."""
    with open_inventory(inventory) as opened:
        fill(opened, count)
        if plan:
            plan_the_building(opened, date(2026, 12, 1))


def write(kind: str, inventory: Path, folder: Path) -> dict[str, Any]:
    """Write a report as a command of its own."""
    target = folder / f"census.{kind}"
    command = [sys.executable, "-m", "scanner.cli", "report", kind, "--inventory", str(inventory)]
    start = time.perf_counter()
    process = subprocess.Popen(
        [*command, "--output", str(target)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, kind
    return {
        "seconds": time.perf_counter() - start,
        "processor": used.ru_utime + used.ru_stime,
        "megabytes": used.ru_maxrss / 1024,
        "bytes": target.stat().st_size,
    }


def measured(kind: str, inventory: Path, folder: Path, rounds: int) -> dict[str, Any]:
    runs = [write(kind, inventory, folder) for _ in range(rounds)]
    return {name: statistics.median(run[name] for run in runs) for name in runs[0]}


def in_the_browser(page: Path, folder: Path, rounds: int) -> dict[str, float]:
    """Milliseconds of each step, painted; the median of the rounds, each in a browser of its own."""
    taken: dict[str, list[float]] = {}
    for number in range(rounds):
        with browser(folder / f"profile{number}", wait=120) as shown:
            taken.setdefault("open", []).append(shown.open(page.as_uri()))
            for name, step in STEPS.items():
                timed = f"const start = performance.now(); {step}; return await {PAINTED} - start"
                taken.setdefault(name, []).append(float(shown.run(f"(async () => {{ {timed} }})()")))
            heap = {one["name"]: one["value"] for one in shown.tell("Performance.getMetrics")["metrics"]}
            taken.setdefault("script memory, MB", []).append(heap["JSHeapUsedSize"] / 2**20)
    return {name: statistics.median(times) for name, times in taken.items()}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--devices", type=int, nargs="+", default=[1_000, 10_000, 100_000])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--formats", nargs="+", default=FORMATS, choices=FORMATS)
    parser.add_argument(
        "--no-plan", action="store_true", help="A census alone: planning 100,000 takes longer."
    )
    parser.add_argument("--json", type=Path, help="Also write the figures here.")
    asked = parser.parse_args()
    results: dict[str, Any] = {}
    for count in asked.devices:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            filling = multiprocessing.get_context("spawn").Process(
                target=make, args=(folder / "inventory.db", count, not asked.no_plan)
            )
            filling.start()
            filling.join()
            print(f"\n{count:,} devices{', without a plan' * asked.no_plan}", flush=True)
            results[str(count)] = {}
            for kind in asked.formats:
                found = measured(
                    kind, folder / "inventory.db", folder, asked.rounds if count < 100_000 else 1
                )
                results[str(count)][kind] = found
                print(
                    f"  {kind:9} {found['seconds']:7.2f} s  {found['processor']:7.2f} s of the processor  "
                    f"{found['megabytes']:6.0f} MB  {found['bytes']:>12,} bytes",
                    flush=True,
                )
            if "html" in asked.formats and CHROMIUM:
                steps = in_the_browser(folder / "census.html", folder, asked.rounds)
                results[str(count)]["browser"] = steps
                for step, taken in steps.items():
                    print(f"    {step:24} {taken:8,.0f}", flush=True)
    if asked.json:
        asked.json.write_text(json.dumps(results, indent=1))


if __name__ == "__main__":
    main()
