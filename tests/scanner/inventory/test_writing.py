"""Writing beside the work: what was flushed survives a kill, and nothing waits for long or gets lost."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import IO

import pytest

from scanner.errors import CamcensusError
from scanner.inventory import Inventory, open_inventory
from scanner.inventory.writer import BATCH, INTERVAL, MOST_WAITING, Batch, Writer
from scanner.model import Observation

ENDLESS_SCAN = """
import sys, time
from pathlib import Path
from scanner.inventory import RunSettings, open_inventory
from scanner.model import Observation

inventory = open_inventory(Path(sys.argv[1]))
run = inventory.begin_run(RunSettings(operator=sys.argv[2]))
print(run, flush=True)
for number in range(1_000_000):
    inventory.add(run, [Observation(protocol="http", payload=f"{sys.argv[2]} {number}".encode(), port=number % 65_536)])
    inventory.save_progress(run, {"number": number})
    if sys.argv[3] == "flush" and number % 10 == 0:
        inventory.flush()
    print(number, flush=True)
    time.sleep(0.002)
"""
REPLIES_OF_EACH = 300


def scan(path: Path, operator: str, how: str = "flush") -> subprocess.Popen[str]:
    command = [sys.executable, "-c", ENDLESS_SCAN, str(path), operator, how]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def output(process: subprocess.Popen[str]) -> IO[str]:
    assert process.stdout is not None
    return process.stdout


def kill(process: subprocess.Popen[str]) -> list[int]:
    """Kill it as hard as can be, and return the numbers that it had printed until then."""
    process.send_signal(signal.SIGKILL)
    with process, output(process) as rest:
        return [int(line) for line in rest if line.endswith("\n")]


def numbers(inventory: Inventory, run: str) -> list[int]:
    return [int(seen.payload.split()[1]) for _, seen in inventory.observations(run)]


def test_what_was_flushed_survives_a_kill_and_the_file_stays_whole(path: Path) -> None:
    process = scan(path, "jo")
    run = output(process).readline().strip()
    for _ in range(REPLIES_OF_EACH):
        last = int(output(process).readline())
    last = max([last, *kill(process)])
    with open_inventory(path, create=False) as inventory:
        kept = numbers(inventory, run)
        assert kept == list(range(len(kept))) and len(kept) > last // 10 * 10
        assert inventory.progress(run)["number"] in range(last // 10 * 10, len(kept))
        assert inventory.run(run).outcome is None
        (check,) = inventory._query("PRAGMA integrity_check")
        assert check == {"integrity_check": "ok"}


def test_a_killed_scan_loses_no_more_than_two_seconds_without_ever_flushing(path: Path) -> None:
    process = scan(path, "jo", "never flush")
    run, printed = output(process).readline().strip(), {}
    until = time.monotonic() + 3.5
    while time.monotonic() < until:
        printed[int(output(process).readline())] = time.monotonic()
    killed = time.monotonic()
    kill(process)
    with open_inventory(path, create=False) as inventory:
        kept = set(numbers(inventory, run))
        lost = [when for number, when in printed.items() if number not in kept]
        assert kept and all(killed - when < 2 for when in lost)
        assert inventory.progress(run)["number"] <= max(kept)  # never ahead of what it stands for


def test_two_scans_may_use_one_inventory_at_once(path: Path) -> None:
    scans = {name: scan(path, name) for name in ("jo", "kim")}
    runs = {name: output(process).readline().strip() for name, process in scans.items()}
    for process in scans.values():
        while int(output(process).readline()) < REPLIES_OF_EACH:
            pass
    for process in scans.values():
        kill(process)
    with open_inventory(path, create=False) as inventory:
        for name, run in runs.items():
            assert inventory.run(run).operator == name
            assert set(range(REPLIES_OF_EACH)) <= set(numbers(inventory, run))


def test_many_processes_may_open_an_inventory_that_is_not_there_yet(path: Path) -> None:
    code = "import sys; from pathlib import Path; from scanner.inventory import *; " \
           "open_inventory(Path(sys.argv[1])).begin_run(RunSettings())"  # fmt: skip
    openers = [subprocess.Popen([sys.executable, "-c", code, str(path)]) for _ in range(5)]
    assert [opener.wait(timeout=60) for opener in openers] == [0] * 5
    with open_inventory(path, create=False) as inventory:
        assert len(inventory.runs()) == 5


def test_whoever_adds_does_not_wait_for_a_disk_that_hangs() -> None:
    disk, slowest = threading.Event(), 0.0

    def hang(batch: Batch) -> None:
        assert disk.wait(10)

    writer = Writer(hang, interval=0.01)
    for number in range(200):
        start = time.monotonic()
        writer.observations("run", [Observation(protocol="ssh", port=number)])
        slowest = max(slowest, time.monotonic() - start)
        time.sleep(0.001)
    disk.set()
    writer.close()
    assert slowest < 1


def test_rows_are_written_in_order_soon_and_once() -> None:
    written: list[int | None] = []
    writer = Writer(lambda batch: written.extend(seen.port for _, seen in batch.observations), interval=0.01)
    for number in range(3 * BATCH):
        writer.observations("run", [Observation(protocol="ssh", port=number)])
    writer.close()
    assert written == list(range(3 * BATCH))


def test_a_lone_reply_is_written_within_the_interval_without_anybody_asking() -> None:
    written = threading.Event()
    writer = Writer(lambda batch: written.set())
    writer.observations("run", [Observation(protocol="ssh")])
    assert written.wait(INTERVAL + 1)
    writer.close()


def test_an_import_that_is_faster_than_the_disk_does_not_fill_the_memory() -> None:
    waiting: list[int] = []
    writer = Writer(lambda batch: waiting.append(len(batch)), interval=60)
    for _ in range(5 * MOST_WAITING // BATCH):
        writer.observations("run", [Observation(protocol="ssh")] * BATCH)
    writer.close()
    assert max(waiting) <= MOST_WAITING + BATCH and sum(waiting) == 5 * MOST_WAITING


def test_a_write_that_fails_is_told_to_the_next_who_adds_and_is_made_up_for() -> None:
    full = threading.Event()
    full.set()
    written: list[int | None] = []

    def write(batch: Batch) -> None:
        if full.is_set():
            raise CamcensusError("the disk is full")
        written.extend(seen.port for _, seen in batch.observations)

    writer = Writer(write, interval=0.01)
    added = 0
    with pytest.raises(CamcensusError, match="the disk is full"):
        for added in range(1_000):
            writer.observations("run", [Observation(protocol="ssh", port=added)])
            time.sleep(0.005)
    full.clear()
    writer.close()
    assert added and written == list(range(added))
