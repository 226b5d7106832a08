"""A whole census of a /24 with 250 units, one MAC address each, against nmap asking the same ports.

    $ sudo .venv/bin/python -m tests.benchmarks.census [--profile gentle] [--units 250] [--no-nmap]

Builds the simulated building in network namespaces of its own and removes them. Packets are counted by the kernel at
the scanner's only interface; those that leave the targets by a rule that counts everything else.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import click
import msgspec

from scanner.lab.namespaces import NamespaceBuilding
from scanner.lab.truth import compare
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


async def measure(command: Sequence[str], namespace: str, environment: dict[str, str]) -> Used:
    """Run a command in the scanner's namespace and count what it sends there."""
    before = sent(namespace)
    started = time.monotonic()
    process = await asyncio.create_subprocess_exec(
        "ip", "netns", "exec", namespace, "/usr/bin/env", "time", "--format=%U %S %M", "--output=/dev/fd/2",
        *command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env={**os.environ, **environment},
    )  # fmt: skip
    output, said = await asyncio.wait_for(process.communicate(), LONGEST)
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


async def compare_both(units: int, profile: str, with_nmap: bool) -> None:
    """Scan the building with camcensus, then with nmap, and print the table."""
    python = Path(sys.executable)
    with tempfile.TemporaryDirectory() as folder:
        async with NamespaceBuilding(units, NETWORK) as building:
            count_in(building.scanner_namespace)
            ours = await measure(
                [str(python), "-m", "scanner.cli", "scan", NETWORK, "--profile", profile, "--jsonl",
                 "--inventory", f"{folder}/bench.inventory"],
                building.scanner_namespace, {"CAMCENSUS_CONFINE": NETWORK},
            )  # fmt: skip
            theirs: Used | None = None
            if with_nmap:
                ports = ",".join(map(str, DEFAULT_PORTS))
                theirs = await measure(
                    ["nmap", "-sS", "-sV", "-n", "-p", ports, "-oX", "-", NETWORK],
                    building.scanner_namespace,
                    {},
                )
            truth = building.truth()
    found = identified(ours)
    comparison = compare(truth, found)
    covered = sum(one.maker in ("hikvision", "dahua") for one in truth.values())
    print(
        f"camcensus --profile {profile}, exit status {ours.status}; {len(truth)} units, {covered} of them covered"
    )
    print(f"  devices in the census            {len(found)}")
    print(
        f"  covered units named              {len(comparison.found)}  missed: {', '.join(comparison.missed) or 'none'}"
    )
    print(f"  falsely accused                  {len(comparison.accused)}  {', '.join(comparison.accused)}")
    print(f"  counted twice                    {len(comparison.doubled)}  {', '.join(comparison.doubled)}")
    print(f"  wrong details                    {len(comparison.wrong)}")
    print(f"  strangers                        {len(comparison.strangers)} {comparison.strangers}")
    for name, used in (("camcensus", ours), ("nmap -sS -sV", theirs)):
        if used:
            print(
                f"{name:<13} wall {used.wall:7.1f} s   CPU {used.cpu:6.1f} s   memory {used.memory:6.1f} MB   "
                f"packets {used.packets:7,} ({used.packets / len(truth):.0f} a unit)   astray {used.strays}"
            )
    if theirs:
        named = sum(theirs.output.lower().count(name) for name in (b'product="hikvision', b'product="dahua'))
        print(f"nmap calls {named} services Hikvision's or Dahua's")


@click.command()
@click.option("--units", default=250, show_default=True)
@click.option(
    "--profile", type=click.Choice(["gentle", "normal", "fast"]), default="gentle", show_default=True
)
@click.option("--nmap/--no-nmap", "with_nmap", default=True, show_default=True)
def main(units: int, profile: str, with_nmap: bool) -> None:
    """Measure a whole census, and nmap on the same building."""
    asyncio.run(compare_both(units, profile, with_nmap))


if __name__ == "__main__":
    main()
