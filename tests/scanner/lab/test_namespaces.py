"""The building at layer 2: real MAC addresses, real factory addresses, and nothing left when it is gone."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import struct
import subprocess
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from scanner.lab.namespaces import INTERFACE, NamespaceBuilding, inside
from scanner.lab.sockets import PLACES
from scanner.lab.unit import Spoken
from scanner.probes import dhdiscover, sadp
from tests.scanner.lab.test_building import run_lab

pytestmark = pytest.mark.namespaces
TOKEN = "B6F61EFB-2B77-4C54-9C32-8E0B4104922F"
LEFT_BEHIND = "ccl999999999-scanner"  # no process has this number


def in_building(story: Callable[[NamespaceBuilding], Awaitable[None]], units: int | None = None) -> None:
    async def tell() -> None:
        async with NamespaceBuilding(units) as building:
            await story(building)

    asyncio.run(tell())
    assert not left_over()


def left_over() -> list[str]:
    return [path.name for path in Path("/run/netns").glob(f"ccl{os.getpid()}-*")]


@contextlib.contextmanager
def at_the_scanner(building: NamespaceBuilding) -> Iterator[None]:
    namespace = os.open(f"/run/netns/{building.scanner_namespace}", os.O_RDONLY)
    try:
        with inside(namespace):
            yield
    finally:
        os.close(namespace)


async def discover(building: NamespaceBuilding, protocol: Spoken, question: bytes, to: str) -> set[str]:
    """Who answers a question, to whom it ever was sent: the asker and the group are heard."""
    place = PLACES[protocol]
    with at_the_scanner(building):
        asking, hearing = socket.socket(type=socket.SOCK_DGRAM), socket.socket(type=socket.SOCK_DGRAM)
        interface = struct.pack("i", socket.if_nametoindex(INTERFACE))
    with asking, hearing:
        asking.setblocking(False)
        hearing.setblocking(False)
        asking.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        asking.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, bytes(8) + interface)
        hearing.bind(("", place.port))
        group = socket.inet_aton(place.group or "") + bytes(4) + interface
        hearing.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, group)
        asking.sendto(question, (to, place.port))
        replies = set[str]()
        for _ in range(50):
            await asyncio.sleep(0.02)
            for it in (asking, hearing):
                with contextlib.suppress(BlockingIOError):
                    while True:
                        replies.add(it.recvfrom(65_535)[1][0])
    return replies - {building.scanner_address}


def test_forty_units_stand_in_a_few_seconds_each_with_its_own_mac_address() -> None:
    async def story(building: NamespaceBuilding) -> None:
        assert time.monotonic() - started < 20
        unit = building.units[0]
        with at_the_scanner(building):
            connection = socket.socket()
        with connection:
            connection.setblocking(False)
            await asyncio.get_running_loop().sock_connect(connection, (unit.address, 80))
        command = ["ip", "-n", building.scanner_namespace, "neighbour", "show", unit.address]
        neighbour = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        assert f"lladdr {unit.row.mac}" in neighbour

    started = time.monotonic()
    in_building(story, units=40)


def test_groups_reach_the_units_and_the_scanner_also_from_foreign_addresses() -> None:
    async def story(building: NamespaceBuilding) -> None:
        units = [unit for unit in building.units if "sadp" in unit.kind.datagrams]
        replies = await discover(building, "sadp", sadp.request(TOKEN), "239.255.255.250")
        assert replies == {unit.words["address"] for unit in units}
        assert "192.168.1.64" in replies

    in_building(story)


def test_a_broadcast_is_heard_and_a_routed_factory_address_answers_it() -> None:
    async def story(building: NamespaceBuilding) -> None:
        speakers = [unit for unit in building.units if "dhdiscover" in unit.kind.datagrams]
        replies = await discover(building, "dhdiscover", dhdiscover.request(), "239.255.255.251")
        near = {unit.words["address"] for unit in speakers if unit.row.hears == "everybody"}
        assert replies == near and "192.168.1.108" in replies
        assert await discover(building, "dhdiscover", dhdiscover.request(), "10.77.0.255") >= {
            unit.address
            for unit in speakers
            if not unit.row.factory_address and unit.row.hears == "everybody"
        }

    in_building(story)


def test_units_do_not_hear_each_other() -> None:
    async def story(building: NamespaceBuilding) -> None:
        question = sadp.request(TOKEN)
        await discover(building, "sadp", question, "239.255.255.250")
        assert {each.data for each in building.received} == {question}

    in_building(story, units=20)


def test_a_full_network_of_250_units_stands_and_goes() -> None:
    async def story(building: NamespaceBuilding) -> None:
        assert len({unit.row.mac for unit in building.units}) == 250
        with at_the_scanner(building):
            connections = [socket.create_connection((unit.address, 80), 5) for unit in building.units[-3:]]
        for connection in connections:
            connection.close()

    in_building(story, units=250)


def test_a_building_that_is_terminated_leaves_nothing() -> None:
    with run_lab("--namespaces", "--seconds", "60", "--units", "5") as lab:
        assert lab.stdout is not None
        while not lab.stdout.readline().startswith("ready"):
            assert lab.poll() is None
        assert Path(f"/run/netns/ccl{lab.pid}-scanner").exists()
        lab.send_signal(signal.SIGTERM)
        assert lab.wait(10) == 0
    assert not Path(f"/run/netns/ccl{lab.pid}-scanner").exists()


def test_what_a_killed_building_left_goes_with_the_next() -> None:
    async def story(building: NamespaceBuilding) -> None:
        assert not Path("/run/netns", LEFT_BEHIND).exists()

    subprocess.run(["ip", "netns", "add", LEFT_BEHIND], check=True)
    in_building(story, units=2)
