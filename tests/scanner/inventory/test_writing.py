"""Writing beside the work: what was flushed survives a kill, and nothing waits for long or gets lost."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import IO

import pytest

from scanner.errors import CamcensusError
from scanner.inventory import Inventory, RunSettings, open_inventory
from scanner.inventory.checking import check
from scanner.inventory.writer import BATCH, INTERVAL, MOST_WAITING, Batch, Writer
from scanner.model import Attempt, Observation, Outcome

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
HEAVY_SCAN = """
import sys
from pathlib import Path
from scanner.inventory import RunSettings, Seen, open_inventory
from scanner.model import Identification, Observation

with open_inventory(Path(sys.argv[1])) as inventory:
    run = inventory.begin_run(RunSettings())
    for batch in range(1_000_000):
        units = [f"10.{batch % 250}.{unit // 250}.{unit % 250}" for unit in range(200)]
        inventory.add(run, [
            Observation(protocol="http", payload=f"{batch} {part} {unit}".encode() * 30, address=unit, port=part)
            for unit in units for part in range(5)
        ])
        inventory.save_progress(run, {"batch": batch})
        inventory.flush()
        print("flushed", run, batch, flush=True)
        rows = [row for row, _ in inventory.observations(run, after=last if batch else 0)]
        last = rows[-1]
        inventory.record(run, [
            Seen(Identification(address=unit, maker="dahua", confidence="probable"), rows[5 * n:5 * n + 5])
            for n, unit in enumerate(units)
        ])
        print("recorded", run, batch, flush=True)
"""
FULL_DISK = """
import json, sys
from pathlib import Path
from scanner.errors import CamcensusError
from scanner.inventory import RunSettings, open_inventory
from scanner.inventory.checking import check
from scanner.model import Observation

disk = Path(sys.argv[1])
ballast = disk / "ballast"
ballast.write_bytes(bytes(3_000_000))
def reply(number):
    return Observation(protocol="html", payload=(b"%d " % number) * 400, port=number)
acknowledged, errors, number = -1, [], 0
with open_inventory(disk / "inventory.db") as inventory:
    run = inventory.begin_run(RunSettings())
    while len(errors) < 3 and number < 100_000:
        try:
            inventory.add(run, [reply(number)])
            number += 1
            if number % 25 == 0:
                inventory.flush()
                acknowledged = number - 1
        except CamcensusError as error:
            errors.append(str(error))
    try:
        held_while_full = [one.port for _, one in open_inventory(disk / "inventory.db").observations(run)]
    except CamcensusError as error:
        held_while_full = str(error)
    ballast.unlink()
    inventory.flush()
    added = number
    inventory.add(run, [reply(added)])
    inventory.flush()
with open_inventory(disk / "inventory.db", create=False) as again:
    held = [one.port for _, one in again.observations(run)]
print(json.dumps({"acknowledged": acknowledged, "errors": errors, "while_full": held_while_full, "held": held,
                  "added": added, "findings": len(list(check(disk / "inventory.db")))}))
"""


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


def killed_while_recording(path: Path, times: int) -> None:
    """Kill a process that records as fast as it can, again and again, and look each time at what is left."""
    acknowledged: dict[tuple[str, str], int] = {}
    chance = random.Random(20_260_301)
    for _ in range(times):
        command = [sys.executable, "-c", HEAVY_SCAN, str(path)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            first = output(process).readline()
            time.sleep(chance.uniform(0, 0.5))
            process.send_signal(signal.SIGKILL)
            for line in (first, *output(process)):
                if line.endswith("\n"):
                    what, run, batch = line.split()
                    acknowledged[what, run] = int(batch)
        assert list(check(path)) == []
        with open_inventory(path, create=False) as inventory:
            for (what, run), batch in acknowledged.items():
                if what == "flushed":
                    (held,) = inventory._query("SELECT count(*) AS n FROM observations WHERE run = ?", (run,))
                    assert held["n"] >= (batch + 1) * 1_000 and inventory.progress(run)["batch"] >= batch
                else:
                    (filed,) = inventory._query(
                        "SELECT count(*) AS n FROM identifications WHERE run = ?", (run,)
                    )
                    assert filed["n"] >= (batch + 1) * 200
    assert sum(batch + 1 for (what, _), batch in acknowledged.items() if what == "flushed") >= times


def test_what_was_acknowledged_is_there_after_five_kills_in_heavy_recording(path: Path) -> None:
    killed_while_recording(path, 5)


@pytest.mark.slow
def test_what_was_acknowledged_is_there_after_fifty_kills_in_heavy_recording(path: Path) -> None:
    killed_while_recording(path, 50)


def test_two_processes_record_and_read_at_once(path: Path) -> None:
    """While two scans record, each reads all of its own, and a third process reads both and only ever sees more."""
    scans = {name: scan(path, name) for name in ("jo", "kim")}
    try:
        runs = {name: output(process).readline().strip() for name, process in scans.items()}
        seen = dict.fromkeys(scans, 0)
        for _ in range(20):
            for process in scans.values():
                for _ in range(10):
                    output(process).readline()
            with open_inventory(path, create=False) as reader:
                for name, run in runs.items():
                    now = numbers(reader, run)
                    assert now == list(range(len(now))) and len(now) >= seen[name]
                    seen[name] = len(now)
        assert all(count > 100 for count in seen.values())
    finally:
        for process in scans.values():
            kill(process)
    assert list(check(path)) == []


@pytest.mark.namespaces
def test_a_full_disk_is_a_clear_error_and_recording_goes_on_when_there_is_room(tmp_path: Path) -> None:
    """On a real file system of eight megabytes, in a mount namespace of its own."""
    mount = f"mount -t tmpfs -o size=8m none {tmp_path} && exec {sys.executable} -c '{FULL_DISK}' {tmp_path}"
    result = subprocess.run(
        ["unshare", "--mount", "--propagation", "private", "sh", "-c", mount],
        capture_output=True, text=True, timeout=120, check=False, env=os.environ | {"PYTHONPATH": str(Path.cwd())},
    )  # fmt: skip
    assert result.returncode == 0, result.stderr
    told = json.loads(result.stdout)
    assert told["errors"] and all(
        "the disk is full; free some space, then go on" in one for one in told["errors"]
    )
    assert told["acknowledged"] > 100
    assert told["while_full"][: told["acknowledged"] + 1] == list(range(told["acknowledged"] + 1))
    assert told["held"] == list(range(told["added"] + 1)) and told["findings"] == 0


@pytest.mark.parametrize("shortened", ["", "2026", "no-such-run"])
def test_recording_for_a_run_that_is_not_there_says_so_at_once(
    inventory: Inventory, run: str, shortened: str
) -> None:
    name = shortened if shortened == "no-such-run" else run[: len(shortened)]
    attempt = Attempt("10.20.0.9", 80, "tcp", "tcp", Outcome.REFUSED)
    for record in (
        lambda: inventory.add(name, [Observation(protocol="ssh")]),
        lambda: inventory.attempted(name, [attempt]),
        lambda: inventory.save_progress(name, {}),
        lambda: inventory.record(name, []),
    ):
        with pytest.raises(CamcensusError, match=f"nothing can be recorded for run '{name}'.*in full"):
            record()
    inventory.add(inventory.begin_run(RunSettings()), [Observation(protocol="ssh")])
    assert len(list(inventory.observations())) == 1
