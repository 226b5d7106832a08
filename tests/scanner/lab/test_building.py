"""The building on loopback: it can be asked like a real one, and remembers everything it was asked."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import signal
import socket
import ssl
import struct
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import pytest

from scanner.lab.building import Building
from scanner.lab.sockets import PLACES
from scanner.lab.unit import Spoken, Unit
from scanner.model import Endpoint, Observation
from scanner.net.pacing import Pace
from scanner.probes import dahua_search, dhdiscover, sadp, ssdp, ws_discovery
from scanner.probes.forbidden import refuse

TOKEN = "B6F61EFB-2B77-4C54-9C32-8E0B4104922F"
ASK: dict[Spoken, Any] = {
    "sadp": sadp,
    "dhdiscover": dhdiscover,
    "dahua-search": dahua_search,
    "ws-discovery": ws_discovery,
    "ssdp": ssdp,
}
DRAIN = 0.02  # seconds
GET = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"


def in_building(story: Callable[[Building], Awaitable[None]], count: int | None = None) -> None:
    async def tell() -> None:
        async with Building.loopback(count=count) as building:
            await story(building)

    asyncio.run(tell())


def named(building: Building, name: str) -> Unit:
    return next(unit for unit in building.units if unit.name == name)


async def ask(building: Building, name: str, port: int, request: bytes, limit: int = 1 << 20) -> bytes:
    """Put one request over TCP, and read up to `limit` bytes of what comes."""
    reader, writer = await asyncio.open_connection(named(building, name).address, building.port(port))
    with contextlib.closing(writer):
        writer.write(request)
        await writer.drain()
        return await asyncio.wait_for(read_up_to(reader, limit), 10)


async def read_up_to(reader: asyncio.StreamReader, limit: int) -> bytes:
    reply = b""
    while len(reply) < limit and (more := await reader.read(1 << 16)):
        reply += more
    return reply


@contextlib.contextmanager
def discovering(protocol: Spoken) -> Iterator[tuple[socket.socket, socket.socket]]:
    """A socket to ask from, and one that hears the group."""
    place, lo = PLACES[protocol], struct.pack("i", socket.if_nametoindex("lo"))
    with socket.socket(type=socket.SOCK_DGRAM) as asking, socket.socket(type=socket.SOCK_DGRAM) as hearing:
        for it in (asking, hearing):
            it.setblocking(False)
            for option in (socket.SO_REUSEADDR, socket.SO_REUSEPORT, socket.SO_BROADCAST):
                it.setsockopt(socket.SOL_SOCKET, option, 1)
        asking.bind(("127.0.0.1", 0))
        asking.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, bytes(4) + bytes([127, 0, 0, 1]) + lo)
        hearing.bind(("", place.port))
        if place.group:
            membership = socket.inet_aton(place.group) + bytes(4) + lo
            hearing.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, membership)
        yield asking, hearing


async def discover(protocol: Spoken, to: str | None = None, wait: float = 0.8) -> tuple[set[str], set[str]]:
    """Who answers the asker, and who answers the group, when everybody (or one) is asked."""
    place = PLACES[protocol]
    with discovering(protocol) as sockets:
        for question in ASK[protocol].DATAGRAM.questions(TOKEN):
            sockets[0].sendto(question.payload, (to or place.group or "127.255.255.255", place.port))
        asker, group = set[str](), set[str]()
        for _ in range(round(wait / DRAIN)):  # a socket's buffer holds fewer replies than the building gives
            await asyncio.sleep(DRAIN)
            asker |= set(heard(sockets[0]))
            group |= set(heard(sockets[1]))
    return asker, group - {"127.0.0.1"}


def heard(it: socket.socket) -> Iterator[str]:
    with contextlib.suppress(BlockingIOError):
        while True:
            yield it.recvfrom(65_535)[1][0]


@pytest.mark.parametrize("protocol", ASK)
def test_everybody_who_should_hear_a_question_answers_it(protocol: Spoken) -> None:
    async def story(building: Building) -> None:
        speakers = [unit for unit in building.units if protocol in unit.kind.datagrams]
        wanted = {unit.address for unit in speakers if unit.row.hears == "everybody"}
        if ASK[protocol] is not sadp:  # which alone is also answered to the group
            wanted.discard(named(building, "unpacked-yesterday").address)
        asker, group = await discover(protocol, wait=4.0 if protocol == "dahua-search" else 0.8)
        assert asker | group == wanted

    in_building(story)


def test_a_unit_with_its_factory_address_is_heard_through_the_group_alone() -> None:
    async def story(building: Building) -> None:
        unit = named(building, "unpacked-yesterday")
        asker, group = await discover("sadp")
        assert unit.address in group - asker and unit.words["address"] == "192.168.1.64"
        with pytest.raises(ConnectionRefusedError):
            await ask(building, unit.name, 80, GET)

    in_building(story)


def test_a_unit_that_is_deaf_to_groups_answers_when_it_is_asked_directly() -> None:
    async def story(building: Building) -> None:
        unit = named(building, "transformer-room")
        assert unit.address not in (await discover("dhdiscover"))[0]
        assert await discover("dhdiscover", to=unit.address) == ({unit.address}, set())

    in_building(story)


def test_every_open_port_of_every_unit_can_be_reached() -> None:
    async def story(building: Building) -> None:
        for unit in building.units:
            for port in unit.kind.ports if unit.row.factory_address is None else ():
                _, writer = await asyncio.open_connection(unit.address, building.port(port))
                writer.close()

    in_building(story)


def test_pages_streams_and_greetings_come_from_the_units_they_belong_to() -> None:
    options = b"OPTIONS rtsp://x/ RTSP/1.0\r\nCSeq: 1\r\n\r\n"

    async def story(building: Building) -> None:
        assert b"Server: DNVRS-Webs" in await ask(building, "basement-bullet", 80, GET, limit=100)
        assert b"Login to 1F027B4PAX3C172" in await ask(building, "corridor-2", 554, options, limit=100)
        assert b"192.0.0.64 login:" in await ask(building, "basement-bullet", 23, b"", limit=10)
        assert b"Server: App-webs/" in await ask(building, "barrier", 88, GET)

    in_building(story)


def test_certificates_tell_the_maker_and_an_old_recorder_speaks_old_tls() -> None:
    from cryptography.x509 import load_der_x509_certificate

    lenient = ssl.create_default_context()
    lenient.check_hostname, lenient.verify_mode = False, ssl.CERT_NONE
    lenient.set_ciphers("DEFAULT:@SECLEVEL=0")
    lenient.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED

    async def story(building: Building) -> None:
        for name, version, issuer in (
            ("guard-room-nvr", "TLSv1.3", "O=HIKVISION"),
            ("cellar-dvr", "TLSv1.1", "O=ZheJiang Dahua Technology CO.\\,LTD."),
        ):
            address = named(building, name).address
            _, writer = await asyncio.open_connection(address, building.port(443), ssl=lenient)
            tls = writer.get_extra_info("ssl_object")
            certificate = load_der_x509_certificate(tls.getpeercert(binary_form=True))
            assert tls.version() == version and issuer in certificate.issuer.rfc4514_string()
            writer.close()
        with pytest.raises(ssl.SSLError):
            await asyncio.open_connection(named(building, "hostile").address, building.port(443), ssl=lenient)

    in_building(story)


def test_the_mute_unit_says_nothing() -> None:
    async def story(building: Building) -> None:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.5):
                await ask(building, "mute", 80, GET)

    in_building(story)


def test_the_slow_unit_takes_three_seconds() -> None:
    async def story(building: Building) -> None:
        started = time.monotonic()
        assert b"WEB SERVICE" in await ask(building, "cellar-dvr", 80, GET)
        assert 2.9 < time.monotonic() - started < 6

    in_building(story)


def test_the_hostile_unit_never_ends_and_lures_away() -> None:
    async def story(building: Building) -> None:
        endless = await ask(building, "hostile", 2020, GET, limit=3_000_000)
        assert len(endless) >= 3_000_000
        assert b"Location: http://127.78.0.1/" in await ask(building, "hostile", 80, GET)
        bomb = await ask(building, "hostile", 49152, b"GET /bomb.xml HTTP/1.1\r\n\r\n")
        assert bomb.count(b"<!ENTITY") == 8

    in_building(story)


def test_who_follows_the_lure_is_written_down() -> None:
    async def story(building: Building) -> None:
        reader, writer = await asyncio.open_connection("127.78.0.1", building.port(80))
        await reader.read()
        writer.close()
        assert [each.unit for each in building.received] == ["elsewhere"]

    in_building(story, count=3)


def test_every_byte_and_every_connection_is_written_down() -> None:
    async def story(building: Building) -> None:
        unit = building.units[0]
        connections = [await asyncio.open_connection(unit.address, building.port(80)) for _ in range(3)]
        for reader, writer in connections:
            writer.write(GET)
            await reader.read(10)
            writer.close()
        await discover("sadp")
        assert building.most_connections[unit.name] == 3
        assert [each.data for each in building.received if each.transport == "tcp"] == [GET] * 3
        assert {each.unit for each in building.received if each.transport == "udp"} == {"239.255.255.250"}

    in_building(story, count=3)


def test_the_replies_of_units_to_a_group_are_not_taken_for_questions() -> None:
    async def story(building: Building) -> None:
        await discover("sadp")
        questions = {question.payload for question in sadp.DATAGRAM.questions(TOKEN)}
        assert {each.data for each in building.received} == questions

    in_building(story)


def test_a_building_is_only_built_on_loopback_or_in_namespaces() -> None:
    with pytest.raises(ValueError, match="not on loopback"):
        Building.loopback("10.0.0.0/24")


def test_a_building_that_cannot_open_its_doors_leaves_none_open() -> None:
    async def story() -> None:
        with socket.socket() as taken:
            taken.bind(("127.77.0.14", 8000))
            taken.listen()
            with pytest.raises(OSError, match="in use"):
                async with Building.loopback():
                    pass
            with pytest.raises(ConnectionRefusedError):
                await asyncio.open_connection("127.77.0.11", 8000)

    asyncio.run(story())


def run_lab(*arguments: str, prefix: tuple[str, ...] = ()) -> subprocess.Popen[str]:
    command = [*prefix, sys.executable, "-m", "scanner.lab", *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_the_building_runs_by_itself_says_when_it_is_ready_and_goes_when_told() -> None:
    with run_lab("--seconds", "60", "--units", "5") as lab:
        assert lab.stdout is not None and lab.stderr is not None
        lines = [lab.stdout.readline() for _ in range(6)]
        lab.send_signal(signal.SIGTERM)
        assert lab.wait(10) == 0 and lab.stderr.read() == ""
    assert lines[0].split() == ["127.77.0.11", "58:50:ed:41:0c:27", "lobby-turret"]
    assert lines[5].startswith("ready: 5 units")


@pytest.mark.namespaces
def test_without_privileges_the_well_known_ports_have_twins() -> None:
    powerless = ("setpriv", "--bounding-set", "-net_bind_service", "--")
    with run_lab("--seconds", "60", "--units", "5", prefix=powerless) as lab:
        assert lab.stdout is not None
        while not lab.stdout.readline().startswith("ready"):
            assert lab.poll() is None
        with socket.create_connection(("127.77.0.11", 8080), 5) as connection:
            connection.sendall(GET)
            assert connection.recv(100).startswith(b"HTTP/1.0 200 OK")
        lab.terminate()


@pytest.mark.slow
def test_the_whole_building_is_asked_without_a_forbidden_byte_and_without_leaving_it() -> None:
    from scanner.net.discover import discover as ask_everybody
    from scanner.net.grab import fetch_description, grab
    from scanner.net.interfaces import interfaces

    async def story(building: Building) -> None:
        pace, heard_of = Pace(2_000, 200), list[Observation]()
        lo = [each for each in interfaces() if each.loopback]
        await ask_everybody(
            lo, pace=pace, hear=heard_of.append, describe=lambda url: fetch_description(url, pace=pace)
        )

        async def grab_one(unit: Unit) -> None:
            ports = sorted({building.port(port) for port in unit.kind.ports})
            await grab(
                Endpoint(unit.address), ports, pace=pace, hear=heard_of.append, settle=lambda attempt: None
            )

        async with asyncio.TaskGroup() as grabs:
            for unit in building.units:
                if unit.row.factory_address is None:
                    grabs.create_task(grab_one(unit))
        judged = [each for each in building.received if each.data and each.unit != "hostile"]
        assert len(judged) > 300
        assert {refuse(each.data, each.port, each.transport) for each in judged} == {None}  # type: ignore[arg-type]
        assert not [each for each in building.received if each.unit == "elsewhere"]
        assert max(building.most_connections.values()) <= 2
        lan = ipaddress.ip_network("127.77.0.0/24")
        assert {each.address for each in heard_of} <= {str(address) for address in lan}

    in_building(story)
