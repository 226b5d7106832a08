"""How long it takes to identify a whole inventory again with other fingerprints, from the replies that it keeps.

    $ .venv/bin/python -m tests.benchmarks.rematch [--devices 10000] [--runs 1]

The inventory is made in a temporary folder, of the units of the simulated building, each with numbers of its own. Then
one fingerprint is added, so that the version of the fingerprints is another one.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from fingerprints import Library
from scanner.identifiers import identifiers
from scanner.inventory import Inventory, RunSettings, Seen, open_inventory
from scanner.lab import answers
from scanner.lab.unit import Spoken, Unit, load_units
from scanner.model import Observation, Reading
from scanner.probes import read_fields
from scanner.rematch import rematch

GOAL = 10  # seconds for 10,000 devices
NETWORK = "10.0.0.0/16"  # nothing is sent there: the units are asked as functions
PAGES = 2  # of each web server
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
ASKED: dict[Spoken, bytes] = {
    "sadp": b"<Probe><Uuid>1</Uuid><Types>inquiry</Types></Probe>",
    "ws-discovery": b"<Probe><MessageID>1</MessageID></Probe>",
    "ssdp": b"M-SEARCH * HTTP/1.1\r\nST: ssdp:all\r\n\r\n",
}
NEW = """
[[fingerprint]]
id       = "benchmark-server"
field    = "http.server"
pattern  = '(?i)webs'
claims   = { firmware = "benchmark" }
strength = "decisive"
source   = "made for the benchmark"
matches  = ["App-webs/"]
rejects  = ["nginx"]
"""


def replies(unit: Unit) -> Iterator[Observation]:
    """What one unit of the simulated building answers: to discovery, to a browser and to a player."""
    where = {"address": unit.address, "mac": unit.row.mac, "observed_at": NOON}
    for spoken in unit.kind.datagrams:
        if spoken in ASKED:
            for payload in answers.answer(unit, spoken, ASKED[spoken]):
                yield Observation(protocol=spoken, payload=payload, transport="udp", **where)  # type: ignore[arg-type]
    for asked in [asked for asked in unit.kind.http if asked.startswith("GET ")][:PAGES]:
        payload = answers.http(unit, f"{asked} HTTP/1.1\r\n\r\n".encode())
        yield Observation(protocol="http", payload=payload, request=asked, port=80, **where)  # type: ignore[arg-type]
    if "DESCRIBE" in unit.kind.rtsp:
        payload = answers.rtsp(unit, b"DESCRIBE / RTSP/1.0\r\nCSeq: 1\r\n\r\n")
        yield Observation(protocol="rtsp", payload=payload, request="DESCRIBE", port=554, **where)  # type: ignore[arg-type]


def fill(inventory: Inventory, devices: int, runs: int, known: Library) -> int:
    """File every device in every run, and return the number of observations."""
    units, stored = load_units(NETWORK, devices), 0
    for _ in range(runs):
        run = inventory.begin_run(RunSettings())
        for unit in units:
            inventory.add(run, replies(unit))
        inventory.flush()
        groups: dict[str, list[tuple[int, Reading]]] = {}
        for row, one in inventory.observations(run):
            groups.setdefault(one.address or "", []).append((row, read_fields(one)))
            stored += 1
        inventory.record(run, (seen(group, known) for group in groups.values()), fingerprints=known.version)
    return stored


def seen(group: Sequence[tuple[int, Reading]], known: Library) -> Seen:
    """The identification of one device with its observations."""
    readings = [reading for _, reading in group]
    it = known.identify(readings)
    return Seen(it, [row for row, _ in group], "on-link", identifiers(it, readings))


def main() -> None:
    """Print the time; the goal is 10 s for 10,000 devices."""
    arguments = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    arguments.add_argument("--devices", type=int, default=10_000)
    arguments.add_argument("--runs", type=int, default=1)
    asked = arguments.parse_args()
    with tempfile.TemporaryDirectory() as name:
        (Path(name) / "own.toml").write_text(NEW, encoding="utf-8")
        before, after = Library.load(), Library.load([Path(name)])
        assert before.version != after.version
        with open_inventory(Path(name) / "inventory.db") as inventory:
            stored = fill(inventory, asked.devices, asked.runs, before)
            filed = len(inventory.devices())
            held = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
            started, worked = time.perf_counter(), time.process_time()
            changed = sum(1 for _ in rematch(inventory, after))
            spent, worked = time.perf_counter() - started, time.process_time() - worked
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
            assert len(inventory.devices()) == filed
    print(
        f"{filed:,} devices with {stored:,} observations in {asked.runs} runs matched again in {spent:.1f} s "
        f"({worked:.1f} s of one core; goal: {GOAL} s for 10,000): {changed:,} changes"
    )
    print(f"peak memory {peak / 1024:,.0f} MB, {held / 1024:,.0f} MB of it from making the inventory")


if __name__ == "__main__":
    main()
