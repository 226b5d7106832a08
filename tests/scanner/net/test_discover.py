"""Discovery on loopback, asked of simulated units that answer as real ones do."""

from __future__ import annotations

import asyncio
import json
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec
import pytest

from scanner.model import Observation, Outcome
from scanner.net import gate
from scanner.net.discover import ask_directly, discover
from scanner.net.discovery_report import DiscoveryReport
from scanner.net.interfaces import Interface, interfaces
from scanner.net.pacing import Pace
from scanner.net.questions import fresh_token, plan
from scanner.probes import Datagram, Question, datagrams, sadp, ssdp, ws_discovery
from tests.scanner.net.street import Street

GROUP, PORT = "239.255.255.250", 37020
CAMERA, TWIN = "127.77.0.64", "127.77.0.65"

REPLY = """<?xml version="1.0" encoding="UTF-8"?>
<ProbeMatch><Uuid>{uuid}</Uuid>
<Types>inquiry</Types>
<DeviceDescription>DS-2CD2320D-I</DeviceDescription>
<DeviceSN>DS-2CD2320D-I20180919AACHC{number}</DeviceSN>
<MAC>44-47-cc-37-ce-81</MAC>
<IPv4Address>192.168.1.64</IPv4Address>
</ProbeMatch>
"""
HELLO = b"<Hello><Types>hello</Types><MAC>44-47-cc-37-ce-81</MAC></Hello>"
SADP = msgspec.structs.replace(sadp.DATAGRAM, rounds=(0.0, 0.1), patience=0.3)


def answer(question: bytes, address: str) -> Iterable[bytes]:
    """As a camera does: repeat the question's identifier, and tell about yourself."""
    uuid = re.search(rb"<Uuid>([^<]+)", question)
    assert uuid is not None
    yield REPLY.format(uuid=uuid[1].decode(), number=sum(map(int, address.split(".")))).encode()


def street(*addresses: str, **more: object) -> Street:
    return Street(addresses, PORT, GROUP, answer, **more)  # type: ignore[arg-type]


@pytest.fixture
def loopback() -> Interface:
    (found,) = (each for each in interfaces() if each.loopback)
    return found


def look(
    *chosen: Interface, protocols: tuple[Datagram, ...] = (SADP,), pace: Pace | None = None
) -> tuple[list[Observation], DiscoveryReport]:
    heard: list[Observation] = []
    run = discover(chosen, pace=pace or Pace(1000, 1000), hear=heard.append, protocols=protocols)
    return heard, asyncio.run(run)


def test_a_camera_that_answers_the_asker_is_heard(loopback: Interface) -> None:
    with street(CAMERA):
        heard, report = look(loopback)
    seen = heard[0]
    assert (seen.address, seen.protocol, seen.port, seen.transport) == (CAMERA, "sadp", PORT, "udp")
    assert seen.request == "inquiry" and seen.interface == "lo" and seen.outcome == Outcome.ANSWERED
    assert b"DS-2CD2320D-I20180919AACHC" in seen.payload and seen.observed_at is not None
    [asked] = report.asked
    assert (asked.interface, asked.answered, asked.outcome, asked.problem) == ("lo", 1, Outcome.ANSWERED, "")


def test_a_camera_that_answers_the_group_is_heard_and_its_question_known(loopback: Interface) -> None:
    with street(CAMERA, to_group=True):
        heard, _ = look(loopback)
    assert {seen.address for seen in heard} == {CAMERA}
    assert heard[0].request in sadp.INQUIRIES


def test_the_answers_to_all_rounds_are_one_observation(loopback: Interface) -> None:
    with street(CAMERA) as units:
        heard, _ = look(loopback)
    assert len(units.asked) > 2 and units.sent > 2
    assert len(heard) == 1


def test_two_factory_units_at_one_address_are_both_kept(loopback: Interface) -> None:
    def both(question: bytes, address: str) -> Iterable[bytes]:
        [reply] = answer(question, address)
        return reply, reply.replace(b"44-47-cc-37-ce-81", b"44-47-cc-37-ce-82")

    with Street([CAMERA], PORT, GROUP, both):
        heard, _ = look(loopback)
    assert len(heard) == 2 and {seen.address for seen in heard} == {CAMERA}


def test_a_unit_that_answers_with_garbage_is_kept_as_unreadable(loopback: Interface) -> None:
    with Street([CAMERA], PORT, GROUP, lambda _question, _address: [b"\x00\xff garbage"]):
        heard, report = look(loopback)
    assert [(seen.payload, seen.outcome) for seen in heard] == [(b"\x00\xff garbage", Outcome.UNREADABLE)]
    assert report.asked[0].outcome == Outcome.UNREADABLE and report.asked[0].answered == 0


def test_a_camera_that_starts_is_heard_unasked_and_another_scanner_is_not(loopback: Interface) -> None:
    stranger = sadp.request("0" * 8 + "-0000-0000-0000-" + "0" * 12, "inquiry")
    mute = Street([CAMERA], PORT, GROUP, lambda _question, _address: [])

    async def meanwhile() -> list[Observation]:
        heard: list[Observation] = []
        async with asyncio.TaskGroup() as group:
            group.create_task(
                discover([loopback], pace=Pace(1000, 1000), hear=heard.append, protocols=[SADP])
            )
            await asyncio.sleep(0.1)
            mute.say(CAMERA, stranger, (GROUP, PORT))
            mute.say(CAMERA, HELLO, (GROUP, PORT))
        return heard

    with mute:
        heard = asyncio.run(meanwhile())
    assert [(seen.payload, seen.request) for seen in heard] == [(HELLO, "")]


def test_a_greeting_is_heard_in_a_protocol_that_answers_the_asker_alone(loopback: Interface) -> None:
    greeting = b"NOTIFY * HTTP/1.1\r\nNTS: ssdp:alive\r\nUSN: uuid:device_3_0-1L047ACPAW00037\r\n\r\n"
    stranger = ssdp.DATAGRAM.questions(fresh_token())[0].payload + b"\r\n"
    quiet = msgspec.structs.replace(ssdp.DATAGRAM, patience=0.3)
    camera = Street([CAMERA], 1900, GROUP, lambda _question, _address: [])

    async def meanwhile() -> list[Observation]:
        heard: list[Observation] = []
        async with asyncio.TaskGroup() as group:
            group.create_task(
                discover([loopback], pace=Pace(1000, 1000), hear=heard.append, protocols=[quiet])
            )
            await asyncio.sleep(0.1)
            camera.say(CAMERA, stranger, (GROUP, 1900))
            camera.say(CAMERA, greeting, (GROUP, 1900))
        return heard

    with camera:
        [seen] = asyncio.run(meanwhile())
    assert seen.payload == greeting and seen.address == CAMERA and seen.request == ""


def test_a_port_that_another_program_holds_is_reported_and_the_rest_goes_on(loopback: Interface) -> None:
    wsd = msgspec.structs.replace(ws_discovery.DATAGRAM, rounds=(0.0,), patience=0.2)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as selfish:
        selfish.bind(("127.0.0.1", PORT))
        _, report = look(loopback, protocols=(SADP, wsd))
    [problem] = report.problems
    me = Path("/proc/self/comm").read_text().strip()
    assert "UDP 37020" in problem and me in problem and "close that program" in problem
    assert all(asked.sent for asked in report.asked)


def test_silence_is_explained(loopback: Interface) -> None:
    heard, report = look(loopback)
    assert heard == [] and report.asked[0].outcome == Outcome.SILENT and report.asked[0].sent > 0
    assert len(report.notes) == 1 and "nobody answered on lo" in report.notes[0]


@pytest.mark.parametrize(
    ("interface", "why"),
    [
        (Interface("eth7", 7, addresses=("10.9.0.5/24",)), gate.CONFINE),
        (Interface("eth7", 7, addresses=("127.0.0.1/8",), up=False), "is down"),
        (Interface("eth7", 7), "has no address"),
        (Interface("tun7", 7, addresses=("127.0.0.1/32",), multicast=False), "does not carry multicast"),
    ],
)
def test_an_interface_that_cannot_be_asked_on_says_why(interface: Interface, why: str) -> None:
    heard, report = look(interface)
    assert heard == [] and report.asked[0].sent == 0 and report.asked[0].outcome == Outcome.UNREACHABLE
    assert why in report.problems[0]


def test_an_interface_that_vanished_is_a_problem_and_no_crash() -> None:
    _, report = look(Interface("gone0", 4711, addresses=("127.0.0.1/8",)))
    assert report.asked[0].outcome == Outcome.UNREACHABLE and "gone0" in report.problems[0]


def test_every_datagram_is_counted_by_the_pace(loopback: Interface) -> None:
    pace = Pace(1000, 1000)
    _, report = look(loopback, pace=pace)
    assert sum(asked.sent for asked in report.asked) == pace.sent["datagram"] > 0


def test_three_hundred_replies_in_one_moment_are_all_heard_by_a_busy_program(loopback: Interface) -> None:
    """The event loop computes without a pause while they come: nothing but the drain can save them."""
    crowd = [f"127.77.{number // 200 + 1}.{number % 200 + 1}" for number in range(300)]
    heard: set[str | None] = set()

    async def busily() -> DiscoveryReport:
        run = asyncio.create_task(
            discover(
                [loopback],
                pace=Pace(1000, 1000),
                hear=lambda seen: heard.add(seen.address),
                protocols=[SADP],
            )
        )
        while not run.done():
            until = time.monotonic() + 0.05
            while time.monotonic() < until:
                sum(range(1000))
            await asyncio.sleep(0)
        return run.result()

    with street(*crowd):
        report = asyncio.run(busily())
    assert len(heard) == 300 and report.lost == 0


def test_what_was_heard_before_an_interruption_is_kept(loopback: Interface) -> None:
    heard: list[Observation] = []
    patient = msgspec.structs.replace(SADP, patience=60.0)

    async def interrupted() -> None:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.4):
                await discover([loopback], pace=Pace(1000, 1000), hear=heard.append, protocols=[patient])

    with street(CAMERA):
        asyncio.run(interrupted())
    assert [seen.address for seen in heard] == [CAMERA]


def test_a_full_disk_while_hearing_is_an_error_and_not_an_empty_result(loopback: Interface) -> None:
    def full(_: Observation) -> None:
        raise OSError("no space left")

    run = discover([loopback], pace=Pace(1000, 1000), hear=full, protocols=[SADP])
    with street(CAMERA), pytest.raises(OSError, match="no space left"):
        asyncio.run(run)


@pytest.fixture
def lan() -> Iterator[tuple[str, str]]:
    """Two namespaces on one wire: the scanner's at 10.99.0.5/24, and one for cameras at whatever address."""
    scanner, cameras = f"ccs{os.getpid()}", f"ccc{os.getpid()}"
    run(f"ip netns add {scanner}", f"ip netns add {cameras}")
    try:
        run(
            f"ip -n {scanner} link add wire0 type veth peer name wire0 netns {cameras}",
            f"ip -n {cameras} link set wire0 address 44:47:cc:37:ce:81 addrgenmode none up",
            f"ip -n {scanner} link set wire0 addrgenmode none up",
            f"ip -n {scanner} address add 10.99.0.5/24 dev wire0",
            f"ip -n {scanner} address add fe80::5/64 dev wire0 nodad",
            f"ip -n {cameras} address add 10.99.0.64/24 dev wire0",
            f"ip -n {cameras} address add 192.168.1.64/24 dev wire0",
            f"ip -n {cameras} address add fe80::64/64 dev wire0 nodad",
        )
        yield scanner, cameras
    finally:
        run(f"ip netns delete {scanner}", f"ip netns delete {cameras}")


def run(*commands: str) -> None:
    for command in commands:
        subprocess.run(command.split(), check=True)


CAMERAS = """
import socket, time
from tests.scanner.net.street import Street
from tests.scanner.net.test_discover import GROUP, PORT, answer

six = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
six.bind(("::", 3702))
index = socket.if_nametoindex("wire0")
group = socket.inet_pton(socket.AF_INET6, "ff02::c") + index.to_bytes(4, "little")
six.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_JOIN_GROUP, group)
near = Street(["10.99.0.64"], PORT, GROUP, answer, at="10.99.0.64")
factory = Street(["192.168.1.64"], PORT, GROUP, answer, at="192.168.1.64", to_group=True)
with near, factory, six:
    print("ready", flush=True)
    while True:
        question, asker = six.recvfrom(65_535)
        six.sendto(b"<Envelope>by IPv6</Envelope>", asker)
"""
LOOK = """
import json
from tests.scanner.net.test_discover import SADP, look, msgspec, ws_discovery
from scanner.net.interfaces import interfaces
[wire] = [each for each in interfaces() if each.name == "wire0"]
wsd = msgspec.structs.replace(ws_discovery.DATAGRAM, group4=None, rounds=(0.0,), patience=0.5)
heard, report = look(wire, protocols=(SADP, wsd))
print(json.dumps([report.problems, {seen.address: seen.mac for seen in heard}]))
"""


@pytest.mark.namespaces
def test_a_camera_with_a_foreign_address_and_one_on_ipv6_are_heard_on_a_wire(lan: tuple[str, str]) -> None:
    inside = [["ip", "netns", "exec", name, sys.executable, "-c"] for name in lan]
    environment = os.environ | {"CAMCENSUS_CONFINE": "10.99.0.0/24,fe80::/10"}
    with subprocess.Popen([*inside[1], CAMERAS], stdout=subprocess.PIPE, text=True) as cameras:
        try:
            assert cameras.stdout is not None and cameras.stdout.readline() == "ready\n"
            command = [*inside[0], LOOK]
            said = subprocess.run(command, check=True, capture_output=True, text=True, env=environment).stdout
        finally:
            cameras.terminate()
    problems, macs = json.loads(said)
    assert problems == []
    camera = "44:47:cc:37:ce:81"
    assert macs == {"10.99.0.64": camera, "192.168.1.64": None, "fe80::64%wire0": camera}


def ask(
    addresses: Iterable[str], protocols: Iterable[Datagram] = (SADP,)
) -> tuple[list[Observation], DiscoveryReport]:
    heard: list[Observation] = []
    run = ask_directly(addresses, pace=Pace(1000, 50), hear=heard.append, protocols=protocols, patience=0.2)
    return heard, asyncio.run(run)


def test_a_camera_behind_a_router_is_asked_by_its_address_until_it_answers() -> None:
    with street(CAMERA) as units:
        heard, report = ask([CAMERA, TWIN])
    assert [(seen.address, seen.request, seen.interface) for seen in heard] == [(CAMERA, "inquiry", None)]
    assert len(units.asked) < report.asked[0].sent / 2  # the silent one is asked to the end, the other is not
    assert report.asked[0].answered == 1


def test_public_addresses_are_never_asked_by_datagram() -> None:
    heard, report = ask(["8.8.8.8"])
    assert heard == [] and report.asked[0].sent == 0
    assert "1 public addresses" in report.notes[0]


def test_the_confinement_holds_for_single_addresses() -> None:
    with pytest.raises(gate.Refused):
        ask(["10.20.0.5"])


def test_a_question_that_changes_a_device_never_leaves(loopback: Interface) -> None:
    harmful = msgspec.structs.replace(
        SADP, questions=lambda token: (Question("reset", sadp.request(token, "reset")),)
    )
    with street(CAMERA) as units, pytest.raises(gate.Refused, match="reset"):
        look(loopback, protocols=(harmful,))
    with street(CAMERA), pytest.raises(gate.Refused, match="reset"):
        ask([CAMERA], (harmful,))
    assert units.asked == []


def test_a_description_is_fetched_from_the_sender_alone(loopback: Interface) -> None:
    fetched: list[str] = []

    def points_to(host: str) -> Street:
        reply = f"HTTP/1.1 200 OK\r\nLOCATION: http://{host}:80/desc.xml\r\nST: upnp:rootdevice\r\n\r\n"
        return Street([CAMERA], 1900, GROUP, lambda _question, _address: [reply.encode()])

    async def describe(url: str) -> Observation:
        fetched.append(url)
        return Observation(protocol="upnp-xml", payload=b"<root/>")

    heard: list[Observation] = []
    quick = msgspec.structs.replace(ssdp.DATAGRAM, patience=0.2)
    for host in (CAMERA, TWIN):
        with points_to(host):
            run = discover(
                [loopback], pace=Pace(1000, 1000), hear=heard.append, protocols=[quick], describe=describe
            )
            asyncio.run(run)
    assert fetched == [f"http://{CAMERA}:80/desc.xml"]
    assert [seen.protocol for seen in heard] == ["ssdp", "upnp-xml", "ssdp"]


def test_the_plan_asks_each_network_of_an_interface_from_its_own_address() -> None:
    two = Interface("eth0", 2, addresses=("127.0.0.1/24", "127.9.0.1/24", "127.9.9.9/32"))
    sends = plan([two], [SADP])
    assert {send.source for send in sends} == {"127.0.0.1", "127.9.0.1", "127.9.9.9"}
    assert {send.destinations[-1] for send in sends if not send.shared} == {
        "127.0.0.255",
        "127.9.0.255",
        GROUP,
    }
    assert [send.at for send in sends] == sorted(send.at for send in sends)


def test_every_round_asks_with_identifiers_of_its_own(loopback: Interface) -> None:
    payloads = [send.question.payload for send in plan([loopback], [SADP]) if not send.shared]
    assert len(set(payloads)) == len(payloads) == len(SADP.rounds) * len(sadp.INQUIRIES)


def test_all_protocols_on_an_interface_are_asked_within_six_seconds_at_the_gentle_pace() -> None:
    office = Interface("eth0", 2, addresses=("127.0.0.1/8", "::1/128"))
    sends = plan([office], datagrams())
    latest = max(send.at + send.datagram.patience for send in sends)
    assert latest + sum(len(send.destinations) for send in sends) / 250 < 6
