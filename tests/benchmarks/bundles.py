"""What a bundle costs: made and verified, in processes of their own, with their time and their memory.

    python -m tests.benchmarks.bundles [--devices 10000] [--runs 4]

Fills an inventory with cameras that answer two protocols in each run, records a tenth as removed with a photograph
each, makes a bundle of all, one that keeps everything back, and verifies both. Also whether the same
state gives the same bytes.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

from scanner.evidence import keys
from scanner.evidence.removals import Taken
from scanner.identifiers import Identifier
from scanner.inventory import RunSettings, Seen, open_inventory, removals
from scanner.inventory.removals import File
from scanner.inventory.store import utc_now
from scanner.model import Claim, Coverage, Identification, Observation

PHOTOGRAPH = 100_000  # bytes
PAGE = b"HTTP/1.1 401 Unauthorized\r\nServer: App-webs/\r\n" + b"X" * 300


def address(number: int) -> str:
    return f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"


def mac_of(number: int) -> str:
    return f"44:19:b6:{number >> 16:02x}:{number >> 8 & 255:02x}:{number & 255:02x}"


def fill(path: Path, devices: int, runs: int) -> None:
    with open_inventory(path) as inventory:
        for number in range(runs):
            run = inventory.begin_run(RunSettings(targets=("10.0.0.0/16",), operator="jo"))
            heard = []
            for unit in range(devices):
                if number < runs - 1 or unit % 10:
                    serial = f"DS-2CD2143G2-I20200414AAWRE{unit:08}"
                    text = f"<DeviceSN>{serial}</DeviceSN>".encode() + b" " * 400
                    place, mac = address(unit), mac_of(unit)
                    heard += [
                        Observation(
                            protocol="sadp", payload=text, observed_at=utc_now(), transport="udp",
                            address=place, mac=mac,
                        ),
                        Observation(
                            protocol="http", payload=PAGE, request="GET /", observed_at=utc_now(), port=80,
                            transport="tcp", address=place, mac=mac,
                        ),
                    ]  # fmt: skip
            inventory.add(run, heard)
            rows: dict[str | None, list[int]] = {}
            for row, one in inventory.observations(run):
                rows.setdefault(one.mac, []).append(row)
            inventory.record(run, (seen(mac or "", own) for mac, own in rows.items()))
            inventory.finish_run(
                run, "complete", Coverage(targets=("10.0.0.0/16",), interfaces=("eth0",), addresses=65536)
            )
            if number == runs - 2:
                remove(path, devices)


def seen(mac: str, own: list[int]) -> Seen:
    unit = int(mac.replace(":", "")[6:], 16)
    serial = f"DS-2CD2143G2-I20200414AAWRE{unit:08}"
    claims = tuple(
        Claim(f"hikvision-{attribute}", attribute, value, "decisive", "sadp", value)
        for attribute, value in (("maker", "hikvision"), ("serial", serial), ("model", "DS-2CD2143G2-I"))
    )
    it = Identification(
        address=address(unit), mac=mac, maker="hikvision", maker_name="Hikvision", brand="Hikvision", relabelled=False,
        category="camera", model="DS-2CD2143G2-I", serial=serial, confidence="confirmed", covered=("us-ndaa-889",),
        evidence=claims,
    )  # fmt: skip
    return Seen(
        it, own, "on-link", (Identifier("serial", f"hikvision {serial[-9:]}".lower()), Identifier("mac", mac))
    )


def remove(path: Path, devices: int) -> None:
    with open_inventory(path) as inventory:
        by_address = {one.address: one.id for one in inventory.each_device(evidence=False)}
        for unit in range(0, devices, 10):
            photograph = File(f"{unit}.jpg", "after", os.urandom(PHOTOGRAPH))
            taken = Taken(at=(utc_now() + timedelta(seconds=1)).isoformat(), removed_by="Kim", witness="Lou")
            inventory.change(removals.record, "jo", by_address[address(unit)], taken, [photograph])


def measured(what: str, *words: str | Path) -> None:
    began = time.perf_counter()
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    code = (
        "import resource, sys; from scanner.cli import camcensus\n"
        "try: camcensus(sys.argv[1:])\n"
        "finally: print('peak', resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024, file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, "evidence", *map(str, words)],
        capture_output=True,
        text=True,
        check=False,
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        raise SystemExit(done.stdout + done.stderr)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    peak = done.stderr.strip().rpartition(" ")[2]
    print(f"{what:<32} {time.perf_counter() - began:>8.1f} s {cpu:>8.1f} s of processor time {peak:>6} MB")


def main() -> None:
    arguments = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    arguments.add_argument("--devices", type=int, default=10_000)
    arguments.add_argument("--runs", type=int, default=4)
    asked = arguments.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        path, key = folder / "inventory.db", folder / "jo.key"
        began = time.perf_counter()
        fill(path, asked.devices, asked.runs)
        keys.generate(key)
        print(f"{asked.devices:,} devices, {asked.runs} runs: filled in {time.perf_counter() - began:.0f} s, "
              f"{path.stat().st_size / 1e6:.0f} MB")  # fmt: skip
        common = ("--key", key, "--inventory", path)
        measured("bundle of all", "bundle", folder / "all.zip", *common)
        measured("bundle of all, again", "bundle", folder / "again.zip", *common)
        measured(
            "all of it kept back",
            "bundle",
            folder / "kept.zip",
            *common,
            "--redact",
            "addresses,names,serials",
        )
        measured("one device", "bundle", folder / "one.zip", *common, "--where", "address = 10.0.0.10")
        for file in ("all.zip", "kept.zip", "one.zip"):
            measured(f"verify {file}", "verify", folder / file, "--key", f"{key}.pub")
        sizes = {file.name: f"{file.stat().st_size / 1e6:.1f} MB" for file in sorted(folder.glob("*.zip"))}
        same = (
            sha256((folder / "all.zip").read_bytes()).digest()
            == sha256((folder / "again.zip").read_bytes()).digest()
        )
        print(sizes, "the same bytes twice" if same else "NOT the same bytes twice")


if __name__ == "__main__":
    main()
