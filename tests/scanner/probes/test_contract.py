"""What every probe promises: `fields` never raises and stays small, `read` fails in one way, FIELDS is complete."""

from __future__ import annotations

import contextlib
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner import probes
from scanner.model import Observation, Protocol
from scanner.probes import datagrams, mdns
from scanner.probes.contract import FIELD_LIMIT, Unreadable
from tests.scanner.probes import (
    test_banner,
    test_dhcp,
    test_dhdiscover,
    test_mac,
    test_mdns,
    test_sadp,
    test_snmp,
    test_ssdp,
    test_ws_discovery,
)
from tests.scanner.probes.hostile import HOSTILE, cuts

SECONDS = 2.0  # for ten megabytes on a slow machine; a pattern that backtracks needs hours
SIZE = 600_000  # characters of all fields of one reply together

WHOLE: dict[Protocol, bytes] = {
    "arp": test_mac.FRAME,
    "dhcp": test_dhcp.DISCOVER,
    "dhdiscover": test_dhdiscover.CAMERA,
    "ftp": b"220 AXIS Q3517 Fixed Dome Network Camera 8.40.1.1 (2018) ready.\r\n",
    "mac": b"4c:bd:8f:00:00:01",
    "mdns": mdns.line(test_mdns.AXIS),
    "sadp": test_sadp.CAMERA,
    "snmp": test_snmp.CAPTURED,
    "ssdp": test_ssdp.REPLY,
    "telnet": test_banner.TELNET,
    "upnp-xml": test_ssdp.DESCRIPTION,
    "ws-discovery": test_ws_discovery.CAMERA,
}
# What else it takes until every field was seen once; a made-up value each, in the notation of an import.
FURTHER: dict[Protocol, bytes] = {
    "arp": b"02:42:ac:00:00:01",
    "dhcp": b"vendor-class: x",
    "dhdiscover": b"DeviceID: 1\nPort3: 80\n",
    "mac": b"02:42:ac:00:00:01 \n",
    "mdns": b"_device-info._tcp TXT model=AirPort4 ty=x",
    "sadp": b"OEMCode=1\nOEMInfo=x\nEZVIZCode=1\nSpecificDeviceType=Neutral\nManufacturer=x\n",
    "snmp": b"sysName: core",
    "upnp-xml": b"\n".join(b"%s: x" % name.encode() for name in probes.probe("upnp-xml").FIELDS),
    "ws-discovery": b" ".join(
        b"onvif://www.onvif.org/" + path
        for path in (b"model/x", b"manufacturer/x", b"firmware/x", b"extension/x")
    ),
}


def fields(protocol: Protocol, payload: bytes) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = probes.probe(protocol).fields(payload)
    return found


@pytest.mark.parametrize("protocol", WHOLE)
def test_the_names_of_the_fields_are_what_a_probe_finds(protocol: Protocol) -> None:
    names = set(probes.probe(protocol).FIELDS)
    replies = [WHOLE[protocol], FURTHER.get(protocol, b""), *cuts(WHOLE[protocol])]
    if protocol in ("arp", "mac"):  # one module, and a frame shows what an address does not
        replies += [test_mac.FRAME, WHOLE["mac"]]
    assert {name for reply in replies for name in fields(protocol, reply)} == names


@pytest.mark.parametrize("protocol", probes.TABLE)
@pytest.mark.parametrize("attack", HOSTILE)
def test_a_hostile_reply_costs_little_time_and_space(attack: str, protocol: Protocol) -> None:
    start = time.process_time()
    found = fields(protocol, HOSTILE[attack])
    with contextlib.suppress(Unreadable):
        probes.probe(protocol).read(HOSTILE[attack])
    assert time.process_time() - start < SECONDS
    assert all(len(value) <= FIELD_LIMIT for values in found.values() for value in values)
    assert sum(len(value) for values in found.values() for value in values) < SIZE


@pytest.mark.parametrize("protocol", WHOLE)
@pytest.mark.parametrize("tail", [b"\0", b"\r\n\r\n", b"\xff" * 64, b"<a>", b"}]", b"trailing rubbish"])
def test_a_reply_with_a_tail_still_reads(protocol: Protocol, tail: bytes) -> None:
    separator = b"\n" if protocol in ("mac", "mdns") else b""  # these are lines of text
    reply = WHOLE[protocol] + separator + tail
    probes.probe(protocol).read(reply)
    assert set(fields(protocol, reply)) >= set(fields(protocol, WHOLE[protocol])) - {"text"}


@pytest.mark.parametrize("protocol", WHOLE)
def test_a_reply_may_end_after_any_byte(protocol: Protocol) -> None:
    for cut in cuts(WHOLE[protocol]):
        fields(protocol, cut)
        with contextlib.suppress(Unreadable):
            probes.probe(protocol).read(cut)


@pytest.mark.parametrize("protocol", probes.TABLE)
@given(noise=st.binary(max_size=300))
def test_any_bytes_are_read_or_politely_refused(protocol: Protocol, noise: bytes) -> None:
    found = probes.read_fields(Observation(protocol=protocol, payload=noise)).fields
    assert set(found) <= {f"{protocol}.{name}" for name in probes.probe(protocol).FIELDS}
    with contextlib.suppress(Unreadable):
        probes.probe(protocol).read(noise)


@pytest.mark.parametrize("protocol", WHOLE)
@given(data=st.data())
def test_a_reply_with_bytes_changed_is_read_or_politely_refused(
    protocol: Protocol, data: st.DataObject
) -> None:
    reply = bytearray(WHOLE[protocol])
    for at in data.draw(st.lists(st.integers(0, len(reply) - 1), max_size=4)):
        reply[at] = data.draw(st.integers(0, 255))
    assert set(fields(protocol, bytes(reply))) <= set(probes.probe(protocol).FIELDS)
    with contextlib.suppress(Unreadable):
        probes.probe(protocol).read(bytes(reply))


def test_the_discovery_speaks_five_protocols() -> None:
    assert {datagram.port for datagram in datagrams()} == {37020, 37810, 5050, 3702, 1900}
    assert all(protocol in probes.TABLE for protocol in (datagram.protocol for datagram in datagrams()))
