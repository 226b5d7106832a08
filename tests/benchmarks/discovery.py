"""How much a discovery hears: 2,000 units that answer within half a second, each from an address of its own.

    $ sudo .venv/bin/python -m tests.benchmarks.discovery

Makes two network namespaces of its own and removes them; needs root for that, but the discoveries themselves run as
an ordinary user. Rounds are interleaved. The peer is WSDiscovery from PyPI (`pip install 'camcensus[benchmarks]'`);
without it its rows are left out. `--receive-buffer` is the net.core.rmem_max to reckon with: Linux before 6.18 has
212,992 bytes, so that is the default here, whatever this kernel allows.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib.util
import json
import os
import re
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import click
import msgspec

NETWORK, OURS = "10.88.0.0/17", "10.88.255.254"  # the units, and the scanner on the same link
GROUP, PORT = "239.255.255.250", 3702
WITHIN = 0.5  # seconds in which all units answer one question
ROOT = Path(__file__).parents[2]
MESSAGE_ID = re.compile(rb"MessageID>([^<]+)<")

REPLY = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<env:Envelope xmlns:env="http://www.w3.org/2003/05/soap-envelope" '
    'xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery" '
    'xmlns:wsadis="http://schemas.xmlsoap.org/ws/2004/08/addressing" '
    'xmlns:dn="http://www.onvif.org/ver10/network/wsdl" xmlns:tds="http://www.onvif.org/ver10/device/wsdl">'
    "<env:Header><wsadis:MessageID>urn:uuid:{uuid}</wsadis:MessageID><wsadis:RelatesTo>%RELATES%</wsadis:RelatesTo>"
    "<wsadis:To>http://schemas.xmlsoap.org/ws/2004/08/addressing/role/anonymous</wsadis:To>"
    "<wsadis:Action>http://schemas.xmlsoap.org/ws/2005/04/discovery/ProbeMatches</wsadis:Action>"
    "</env:Header><env:Body><d:ProbeMatches><d:ProbeMatch>"
    "<wsadis:EndpointReference><wsadis:Address>urn:uuid:{uuid}</wsadis:Address></wsadis:EndpointReference>"
    "<d:Types>dn:NetworkVideoTransmitter tds:Device</d:Types><d:Scopes>onvif://www.onvif.org/type/video_encoder "
    "onvif://www.onvif.org/Profile/Streaming onvif://www.onvif.org/hardware/DS-2CD2T32-I3 "
    "onvif://www.onvif.org/name/HIKVISION%20DS-2CD2T32-I3</d:Scopes>"
    "<d:XAddrs>http://{address}/onvif/device_service</d:XAddrs><d:MetadataVersion>10</d:MetadataVersion>"
    "</d:ProbeMatch></d:ProbeMatches></env:Body></env:Envelope>"
)


def unit_addresses(units: int) -> list[str]:
    return [f"10.88.{number // 250}.{number % 250 + 1}" for number in range(units)]


def be_units(units: int) -> None:
    """Be the units, until killed: each question is answered once by all, at a random moment within half a second."""
    from tests.scanner.net.street import Street

    replies = {
        address: REPLY.format(uuid=f"00000000-0000-11b5-8467-{number:012x}", address=address).encode()
        for number, address in enumerate(unit_addresses(units))
    }
    known: dict[str, set[bytes]] = {address: set() for address in replies}

    def answer(question: bytes, address: str) -> Iterable[bytes]:
        found = MESSAGE_ID.search(question)
        if found and found[1] not in known[address]:
            known[address].add(found[1])
            yield replies[address].replace(b"%RELATES%", found[1])

    with Street(replies, PORT, GROUP, answer, within=WITHIN, at="10.88.255.253") as street:
        print("ready", flush=True)
        for line in sys.stdin:  # each line asks for the count of replies since the last
            print(street.sent, flush=True)
            street.sent = 0
            known |= {address: set() for address in known} if line else {}


async def keep_busy() -> None:
    """The rest of the program: computes four fifths of the time."""
    while True:
        until = time.monotonic() + 0.02
        while time.monotonic() < until:
            sum(range(500))
        await asyncio.sleep(0.005)


def camcensus(receive_buffer: int, questions: str, profile: str = "normal") -> dict[str, Any]:
    """One discovery by us, beside a busy program that also reads every reply it hears."""
    from scanner.model import Observation
    from scanner.net import datagrams
    from scanner.net.discover import discover
    from scanner.net.interfaces import interfaces
    from scanner.net.pacing import PROFILES, Pace
    from scanner.probes import read_fields, ws_discovery

    datagrams.RECEIVE_BUFFER = receive_buffer
    heard: set[str | None] = set()
    moments: list[float] = []
    pace = Pace(PROFILES[profile].rate, PROFILES[profile].device_rate)
    whole = ws_discovery.DATAGRAM
    one = msgspec.structs.replace(
        whole, questions=lambda token: whole.questions(token)[:1], rounds=(0.0,), group6=None
    )

    def hear(observation: Observation) -> None:
        moments.append(time.monotonic() - started)
        heard.add(observation.address)
        read_fields(observation)

    async def beside_other_work() -> Any:
        work = asyncio.create_task(keep_busy())
        try:
            chosen = [each for each in interfaces() if not each.loopback]
            protocols = {"one": [one], "all wordings": [whole], "all protocols": None}[questions]
            return await discover(chosen, pace=pace, hear=hear, protocols=protocols)
        finally:
            work.cancel()

    started = time.monotonic()
    report = asyncio.run(beside_other_work())
    return {
        "heard": len(heard),
        "lost": report.lost,
        "first": moments[0] if moments else None,
        "seconds": report.seconds,
        "sent": pace.sent["datagram"],
        "problems": report.problems,
    }


def peer(timeout: int) -> dict[str, Any]:
    """The same by WSDiscovery, with nothing else to do."""
    from wsdiscovery.discovery import ThreadedWSDiscovery

    found = ThreadedWSDiscovery()
    started = time.monotonic()
    found.start()
    services = found.searchServices(timeout=timeout)
    seconds = time.monotonic() - started
    found.stop()
    return {"heard": len({service.getEPR() for service in services}), "seconds": seconds}


@contextlib.contextmanager
def wire() -> Iterator[tuple[str, str]]:
    """Two namespaces on one cable: the scanner's and the units'."""
    ours, theirs = f"ccw{os.getpid()}s", f"ccw{os.getpid()}u"
    for name in (ours, theirs):
        ip(f"netns add {name}")
    try:
        ip(f"link add wire0 netns {ours} type veth peer name wire0 netns {theirs}")
        for name, address in ((ours, OURS), (theirs, "10.88.255.253")):
            ip(f"-n {name} link set lo up")
            ip(f"-n {name} link set wire0 addrgenmode none up")
            ip(f"-n {name} address add {address}/16 dev wire0")
        ip(f"-n {theirs} route add local {NETWORK} dev lo")
        yield ours, theirs
    finally:
        for name in (ours, theirs):
            ip(f"netns delete {name}")


def ip(command: str) -> None:
    subprocess.run(["ip", *command.split()], check=True)


@contextlib.contextmanager
def living(namespace: str, units: int) -> Iterator[Callable[[], int]]:
    """The units' process; calling what this gives tells how many replies were sent since the last call."""
    command = ["ip", "netns", "exec", namespace, sys.executable, "-m", "tests.benchmarks.discovery"]
    with subprocess.Popen(
        [*command, "--live", str(units)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT
    ) as process:
        assert process.stdin and process.stdout
        told, asked = process.stdout, process.stdin
        assert told.readline() == "ready\n"

        def sent() -> int:
            asked.write("count\n")
            asked.flush()
            return int(told.readline())

        yield sent
        asked.close()
        process.wait(10)


def measured(namespace: str, what: str, receive_buffer: int) -> dict[str, Any]:
    """One discovery in a fresh process without privileges."""
    ordinary = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", "--bounding-set", "-all"]
    command = [
        "ip",
        "netns",
        "exec",
        namespace,
        *ordinary,
        sys.executable,
        "-m",
        "tests.benchmarks.discovery",
    ]
    run = subprocess.run(
        [*command, "--measure", what, "--receive-buffer", str(receive_buffer)],
        check=True, capture_output=True, text=True, cwd=ROOT, timeout=120,
        env=os.environ | {"CAMCENSUS_CONFINE": "10.88.0.0/16", "HOME": "/nonexistent"},
    )  # fmt: skip
    found: dict[str, Any] = json.loads(run.stdout.splitlines()[-1])
    return found


RUNS = ("camcensus, one", "camcensus, all wordings", "camcensus, all protocols", "peer, one")


@click.command()
@click.option("--units", default=2000, show_default=True)
@click.option("--rounds", default=3, show_default=True)
@click.option(
    "--receive-buffer", default=212_992, show_default=True, help="As net.core.rmem_max would allow."
)
@click.option("--live", type=int, hidden=True)
@click.option("--measure", hidden=True)
def main(units: int, rounds: int, receive_buffer: int, live: int | None, measure: str | None) -> None:
    """Count what is heard of 2,000 units that answer WS-Discovery within 500 ms."""
    if live is not None:
        _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        be_units(live)
    elif measure:
        who, _, what = measure.partition(", ")
        print(json.dumps(peer(5) if who == "peer" else camcensus(receive_buffer, what)))
    else:
        compare(units, rounds, receive_buffer)


def compare(units: int, rounds: int, receive_buffer: int) -> None:
    runs = RUNS if importlib.util.find_spec("wsdiscovery") else RUNS[:-1]
    results: dict[str, list[dict[str, Any]]] = {name: [] for name in runs}
    with wire() as (ours, theirs), living(theirs, units) as sent:
        for _ in range(rounds):
            for name in runs:
                sent()
                found = measured(ours, name, receive_buffer)
                results[name].append(found | {"replies": sent()})
    print(f"{units} units, medians of {rounds}, receive buffer {receive_buffer} bytes")
    print(
        f"{'':<26}{'heard':>7}{'worst':>7}{'lost':>6}{'first s':>9}{'whole s':>9}{'worst s':>9}{'replies':>9}"
    )
    for name, rows in results.items():
        show(name, rows)
    verdict("every unit heard", all(row["heard"] == units for n in runs if n[0] == "c" for row in results[n]))
    everything = results["camcensus, all protocols"]
    verdict("all protocols done in 6 s", max(row["seconds"] for row in everything) <= 6)
    verdict("first device in 1.5 s", max(row["first"] or 9 for row in everything) <= 1.5)


def show(name: str, rows: list[dict[str, Any]]) -> None:
    def median(key: str) -> float:
        return statistics.median(row.get(key) or 0 for row in rows)

    worst = min(row["heard"] for row in rows)
    print(
        f"{name:<26}{median('heard'):>7.0f}{worst:>7}{median('lost'):>6.0f}{median('first'):>9.3f}"
        f"{median('seconds'):>9.2f}{max(row['seconds'] for row in rows):>9.2f}{median('replies'):>9.0f}"
    )
    for problem in {text for row in rows for text in row.get("problems", ())}:
        print(f"    {problem}")


def verdict(goal: str, met: bool) -> None:
    print(f"{'PASS' if met else 'FAIL'}  {goal}")


if __name__ == "__main__":
    main()
