"""Browsing for services on loopback, announced by a real responder."""

from __future__ import annotations

import asyncio
import socket

import pytest
from zeroconf import ServiceInfo
from zeroconf._utils.name import service_type_name
from zeroconf.asyncio import AsyncZeroconf

from scanner.lab import dns
from scanner.model import Observation, Outcome
from scanner.net.discover import discover
from scanner.net.discovery_report import Asked
from scanner.net.interfaces import Interface, interfaces
from scanner.net.mdns import PORT, TYPES, browse
from scanner.net.pacing import Pace
from scanner.probes import mdns
from tests.scanner.net.street import Street

AXIS = "AXIS M5014 - ACCC8E3C0419"


@pytest.fixture
def loopback() -> Interface:
    (found,) = (each for each in interfaces() if each.loopback)
    return found


def announcement() -> ServiceInfo:
    return ServiceInfo(
        "_axis-video._tcp.local.",
        f"{AXIS}._axis-video._tcp.local.",
        port=80,
        properties={"macaddress": "ACCC8E3C0419"},
        server="axis-accc8e3c0419.local.",
        addresses=[socket.inet_aton("127.77.0.5")],
    )


def look(interface: Interface, *announced: ServiceInfo) -> tuple[list[Observation], tuple[Asked, ...], Pace]:
    heard: list[Observation] = []
    pace = Pace(1000, 1000)

    async def browse_while_announced() -> tuple[Asked, ...]:
        async with AsyncZeroconf(interfaces=["127.0.0.1"]) as camera:
            for each in announced:
                await camera.async_register_service(each)
            return await browse([interface], pace=pace, hear=heard.append, seconds=0.6)

    return heard, asyncio.run(browse_while_announced()), pace


def test_a_camera_that_announces_itself_is_heard_with_all_it_says(loopback: Interface) -> None:
    heard, (asked,), _ = look(loopback, announcement())
    [seen] = heard
    assert (seen.address, seen.protocol, seen.port, seen.interface) == ("127.77.0.5", "mdns", PORT, "lo")
    found = mdns.fields(seen.payload)
    assert found["instance"] == (AXIS,) and found["mac"] == ("ac:cc:8e:3c:04:19",)
    assert found["port"] == ("80",) and found["host"] == ("axis-accc8e3c0419.local.",)
    assert (asked.protocol, asked.answered, asked.outcome) == ("mdns", 1, Outcome.ANSWERED)


def test_hostile_names_and_texts_stay_within_their_line_and_end_nothing(loopback: Interface) -> None:
    gate = dns.Service(
        "_http._tcp.local", "Gate\n\x1b[2J", "gate.local", 80, ("a\nb=%20\x1b[2J",), "127.77.0.6"
    )
    nvr = dns.Service("_rtsp._tcp.local", "NVR", "nvr.local", 554, ("note=two\nlines",), "127.77.0.7")
    heard: list[Observation] = []
    packets = [dns.response(gate), dns.response(nvr)]
    with Street(["127.77.0.6"], PORT, "224.0.0.251", lambda *_: packets, to_group=True):
        asyncio.run(browse([loopback], pace=Pace(1000, 1000), hear=heard.append, seconds=0.6))
    lines = {seen.address: seen.payload for seen in heard}
    assert mdns.fields(lines["127.77.0.7"])["txt"] == ("note=two\nlines",)
    assert mdns.fields(lines["127.77.0.6"])["host"] == ("gate.local.",)
    assert len(lines) == 2 and not any(b"\n" in line or b"\x1b" in line for line in lines.values())


def test_every_packet_of_the_library_is_counted(loopback: Interface) -> None:
    heard, (asked,), pace = look(loopback)
    assert heard == [] and asked.outcome == Outcome.SILENT
    assert asked.sent == pace.sent["datagram"] >= 1


def test_a_port_held_by_one_program_does_not_end_the_browse(loopback: Interface) -> None:
    """With 5353 taken the library asks from a port of its own, and devices answer there (RFC 6762, section 6.7)."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as selfish:
        selfish.bind(("", PORT))
        (asked,) = asyncio.run(browse([loopback], pace=Pace(1000, 1000), hear=print, seconds=0.2))
    assert asked.sent >= 1 and asked.problem == ""


def test_an_interface_outside_the_confinement_is_left_alone() -> None:
    outside = Interface("eth7", 7, addresses=("10.9.0.5/24",))
    assert asyncio.run(browse([outside], pace=Pace(1000, 1000), hear=print)) == ()


def test_a_discovery_of_everything_browses_too(loopback: Interface) -> None:
    async def look_at_all() -> list[str]:
        report = await discover([loopback], pace=Pace(1000, 1000), hear=print, patience=0.1)
        return [asked.protocol for asked in report.asked]

    assert "mdns" in asyncio.run(look_at_all())


def test_the_types_asked_for_are_valid_names() -> None:
    assert [service_type_name(f"{each}.local.") for each in TYPES] == [f"{each}.local." for each in TYPES]
