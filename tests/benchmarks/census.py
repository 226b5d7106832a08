"""A whole census of a /24 with 250 units, one MAC address each, against nmap asking the same ports.

    $ sudo .venv/bin/python -m tests.benchmarks.census [--profile gentle] [--units 250] [--patience 600]

Builds the simulated building in network namespaces of its own and removes them. Packets are counted by the kernel at
the scanner's only interface; those that leave the targets by a rule that counts everything else.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import click
import msgspec

from scanner.lab.namespaces import NamespaceBuilding
from scanner.lab.truth import Expected, compare
from scanner.model import Identification
from scanner.probes.ports import DEFAULT_PORTS

NETWORK = "10.77.0.0/24"
GROUPS = (
    "224.0.0.0/4, 255.255.255.255"  # where discovery speaks to, besides the broadcast address of the network
)
LONGEST = 1800  # s


class Used(NamedTuple):
    """What one program cost."""

    wall: float
    cpu: float
    memory: float  # MB, at most
    packets: int
    strays: int  # packets that went anywhere but to the targets or the groups of discovery
    output: bytes
    status: int


async def measure(
    command: Sequence[str], namespace: str, environment: dict[str, str], limit: float = LONGEST
) -> Used | None:
    """Run a command in the scanner's namespace and count what it sends there; None when it is not done in time."""
    before = sent(namespace)
    started = time.monotonic()
    process = await asyncio.create_subprocess_exec(
        "ip", "netns", "exec", namespace, "/usr/bin/env", "time", "--format=%U %S %M", "--output=/dev/fd/2",
        *command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True,
        env={**os.environ, **environment},
    )  # fmt: skip
    try:
        output, said = await asyncio.wait_for(process.communicate(), limit)
    except TimeoutError:
        os.killpg(process.pid, signal.SIGKILL)
        await process.wait()
        return None
    wall = time.monotonic() - started
    user, system, memory = map(float, said.decode().strip().splitlines()[-1].split())
    packets, strays = (now - then for now, then in zip(sent(namespace), before, strict=True))
    return Used(wall, user + system, memory / 1024, packets, strays, output, process.returncode or 0)


def sent(namespace: str) -> tuple[int, int]:
    """Packets that have left the namespace, and those of them that went astray."""
    shown = subprocess.run(
        ["ip", "netns", "exec", namespace, "nft", "--json", "list", "counters"],
        capture_output=True,
        check=True,
    )
    counted = {
        one["counter"]["name"]: one["counter"]["packets"]
        for one in json.loads(shown.stdout)["nftables"]
        if "counter" in one
    }
    return counted["ip_out"] + counted["arp_out"], counted["astray"]


def count_in(namespace: str) -> None:
    """Let the kernel count what leaves the scanner: everything, and what goes elsewhere than it may."""
    rules = f"""
        table inet camcensus {{
            counter ip_out {{ }}
            counter astray {{ }}
            chain out {{
                type filter hook output priority 0;
                oifname "lo" accept
                counter name "ip_out"
                ip daddr != {{ {NETWORK}, {GROUPS} }} counter name "astray"
            }}
        }}
        table netdev camcensus {{
            counter arp_out {{ }}
            chain out {{
                type filter hook egress device "eth0" priority 0;
                ether type arp counter name "arp_out"
            }}
        }}
    """
    subprocess.run(["ip", "netns", "exec", namespace, "nft", "-f", "-"], input=rules.encode(), check=True)


def identified(used: Used) -> list[Identification]:
    return [msgspec.json.decode(line, type=Identification) for line in used.output.splitlines()]


async def compare_both(units: int, profile: str, patience: float) -> None:
    """Scan the building with camcensus, then with nmap, and print what each cost and found."""
    with tempfile.TemporaryDirectory() as folder:
        async with NamespaceBuilding(units, NETWORK) as building:
            count_in(building.scanner_namespace)
            scan = (
                sys.executable, "-m", "scanner.cli", "scan", NETWORK, "--profile", profile, "--jsonl",
                "--inventory", f"{folder}/bench.inventory",
            )  # fmt: skip
            ours = await measure(scan, building.scanner_namespace, {"CAMCENSUS_CONFINE": NETWORK})
            if ours is None:
                raise SystemExit(f"camcensus was not done in {LONGEST} s")
            print_result(building.truth(), ours)
            print_cost(f"camcensus --profile {profile}", ours, units)
            if patience:
                ports = ",".join(map(str, DEFAULT_PORTS))
                command = ("nmap", "-sS", "-sV", "-n", "-p", ports, "-oX", "-", NETWORK)
                theirs = await measure(command, building.scanner_namespace, {}, patience)
                if theirs is None:
                    print(
                        f"nmap -sS -sV was not done in {patience:.0f} s, {patience / ours.wall:.0f} times as long"
                    )
                else:
                    print_cost("nmap -sS -sV", theirs, units)
                    services = theirs.output.lower()
                    named = services.count(b'product="hikvision') + services.count(b'product="dahua')
                    print(f"nmap calls {named} services Hikvision's or Dahua's")


def print_result(truth: Mapping[str, Expected], ours: Used) -> None:
    found = identified(ours)
    comparison = compare(truth, found)
    covered = sum(one.maker in ("hikvision", "dahua") for one in truth.values())
    print(
        f"{len(truth)} units, {covered} of them covered; exit status {ours.status}, {len(found)} devices in the census"
    )
    for label, names in (
        ("covered units named", comparison.found),
        ("missed", comparison.missed),
        ("falsely accused", comparison.accused),
        ("counted twice", comparison.doubled),
        ("strangers", comparison.strangers),
    ):
        print(f"  {label:<22} {len(names):4}  {', '.join(names) if len(names) < 10 else ''}")
    print(f"  {'wrong details':<22} {len(comparison.wrong):4}  {', '.join(map(str, comparison.wrong[:3]))}")


def print_cost(name: str, used: Used, units: int) -> None:
    print(
        f"{name:<26} wall {used.wall:6.1f} s  CPU {used.cpu:5.1f} s  memory {used.memory:5.1f} MB  "
        f"packets {used.packets:,} ({used.packets / units:.0f} a unit), astray {used.strays}"
    )


@click.command()
@click.option("--units", default=250, show_default=True)
@click.option(
    "--profile", type=click.Choice(["gentle", "normal", "fast"]), default="gentle", show_default=True
)
@click.option("--patience", default=600.0, show_default=True, help="Seconds for nmap; 0 leaves it out.")
def main(units: int, profile: str, patience: float) -> None:
    """Measure a whole census, and nmap on the same building."""
    asyncio.run(compare_both(units, profile, patience))


if __name__ == "__main__":
    main()
