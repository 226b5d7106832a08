"""What the units answer is what the probes ask for, read back by the same probes that read real devices."""

from __future__ import annotations

import struct
from importlib import import_module

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.lab import answers
from scanner.lab.unit import Spoken, Unit, load_units
from scanner.model import Observation, Protocol
from scanner.probes import Datagram, dahua_search, dhdiscover, read_fields, sadp, ssdp, ws_discovery

UNITS = load_units("127.77.0.0/24")
MODULES: dict[Spoken, str] = {
    "sadp": "sadp",
    "dhdiscover": "dhdiscover",
    "dahua-search": "dahua_search",
    "ws-discovery": "ws_discovery",
    "ssdp": "ssdp",
}
TOKEN = "B6F61EFB-2B77-4C54-9C32-8E0B4104922F"


def unit(name: str) -> Unit:
    return next(it for it in UNITS if it.name == name)


def speaking(protocol: Spoken) -> list[Unit]:
    return [it for it in UNITS if protocol in it.kind.datagrams and it.name != "hostile"]


def questions(protocol: Spoken) -> list[bytes]:
    datagram: Datagram = import_module(f"scanner.probes.{MODULES[protocol]}").DATAGRAM
    return [question.payload for question in datagram.questions(TOKEN)]


def first_reply(it: Unit, protocol: Spoken) -> bytes:
    return next(reply for question in questions(protocol) for reply in answers.answer(it, protocol, question))


@pytest.mark.parametrize("it", speaking("sadp"), ids=lambda it: it.name)
def test_sadp_states_who_the_unit_is(it: Unit) -> None:
    reply = first_reply(it, "sadp")
    found = sadp.fields(reply)
    assert sadp.read(reply)
    assert found["DeviceDescription"] == (it.row.model,) and found["DeviceSN"] == (it.row.serial,)
    assert found["SoftwareVersion"] == ((it.row.firmware or "").replace(" build", "build"),)
    assert found["MAC"][0].replace("-", ":").lower() == it.row.mac
    assert found["IPv4Address"] == (it.row.factory_address or it.address,)
    assert TOKEN in reply.decode()


@pytest.mark.parametrize("it", speaking("dhdiscover"), ids=lambda it: it.name)
def test_dhdiscover_states_who_the_unit_is(it: Unit) -> None:
    reply = first_reply(it, "dhdiscover")
    found = dhdiscover.fields(reply)
    assert dhdiscover.read(reply)
    assert (found["DeviceType"], found["SerialNo"]) == ((it.row.model,), (it.row.serial,))
    assert (found["Version"], found["mac"]) == ((it.row.firmware,), (it.row.mac,))
    assert struct.unpack_from("<I", reply, 16)[0] == len(reply) - 32


@pytest.mark.parametrize("it", speaking("ws-discovery"), ids=lambda it: it.name)
def test_ws_discovery_names_a_place_to_ask_further(it: Unit) -> None:
    reply = first_reply(it, "ws-discovery")
    assert ws_discovery.read(reply)
    assert any(it.words["address"] in place for place in ws_discovery.fields(reply)["xaddr"])


@pytest.mark.parametrize("it", speaking("ssdp"), ids=lambda it: it.name)
def test_ssdp_points_at_the_unit_itself(it: Unit) -> None:
    assert ssdp.description_url(ssdp.read(first_reply(it, "ssdp")), it.words["address"])


def test_the_old_binary_search_states_mac_and_serial_number() -> None:
    it = unit("cellar-dvr")
    found = dahua_search.fields(first_reply(it, "dahua-search"))
    assert it.row.mac in str(found) and str(it.row.serial) in str(found) and str(it.row.model) in str(found)


def browsing_for(*services: str) -> bytes:
    """A question as RFC 6762 has it, for several types at once."""
    asked = b"".join(
        b"".join(bytes([len(label)]) + label.encode() for label in f"{service}._tcp.local".split("."))
        + b"\0\0\x0c\0\x01"
        for service in services
    )
    return struct.pack("!HHHHHH", 0, 0, len(services), 0, 0, 0) + asked


def test_mdns_announces_a_service_that_a_known_library_reads() -> None:
    from zeroconf._protocol.incoming import DNSIncoming

    replies = answers.answer(unit("atrium"), "mdns", browsing_for("_http", "_axis-video"))
    texts = [str(record) for reply in replies for record in DNSIncoming(reply).answers()]
    assert len(replies) == 2
    assert any("AXIS P3245-LVE - B8A44F3E61D7._axis-video._tcp.local" in text for text in texts)
    assert any("127.77.0.91" in text for text in texts)


def test_a_unit_ignores_services_that_it_does_not_offer() -> None:
    assert answers.answer(unit("atrium"), "mdns", browsing_for("_ipp")) == []


def test_an_odd_camera_answers_only_the_wording_that_it_insists_on() -> None:
    heard = [len(answers.answer(unit("goods-lift"), "ws-discovery", it)) for it in questions("ws-discovery")]
    assert 0 in heard and 1 in heard


def test_what_would_change_a_device_is_not_answered() -> None:
    update = sadp.request(TOKEN).replace(b"inquiry", b"update")
    method = dhdiscover.request().replace(b"DHDiscover.search", b"DHDiscover.setConf")
    assert answers.answer(unit("lobby-turret"), "sadp", update) == []
    assert answers.answer(unit("corridor-3"), "dhdiscover", method) == []


@given(st.binary(max_size=300))
def test_any_bytes_are_answered_or_ignored(noise: bytes) -> None:
    for it in UNITS:
        for protocol in it.kind.datagrams:
            assert isinstance(answers.answer(it, protocol, noise), list)
    assert answers.http(UNITS[0], noise) and answers.rtsp(UNITS[0], noise)


def test_http_counts_the_bytes_of_its_body() -> None:
    for it in UNITS:
        for wanted in (key for key in it.kind.http if key.startswith("GET ") and it.name != "hostile"):
            head, _, body = answers.http(it, f"{wanted} HTTP/1.1\r\n\r\n".encode()).partition(b"\r\n\r\n")
            length = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length"))
            assert int(length.partition(b":")[2]) == len(body), (it.name, wanted)


def test_a_page_that_nobody_wrote_is_not_found() -> None:
    assert answers.http(unit("lobby-turret"), b"GET /nothing HTTP/1.1\r\n\r\n").startswith(b"HTTP/1.1 404")
    assert answers.http(unit("shop-page"), b"GET /nothing HTTP/1.1\r\n\r\n").startswith(b"HTTP/1.1 404")


def test_soap_is_answered_by_operation() -> None:
    body = b'<s:Envelope><s:Body><GetCapabilities xmlns="x"/></s:Body></s:Envelope>'
    reply = answers.http(unit("yard-ptz"), b"POST /onvif/device_service HTTP/1.1\r\n\r\n" + body)
    assert b"extCapabilities" in reply and b"tnsn=" in reply and b"hikvision" not in reply.lower()


def test_rtsp_repeats_the_number_of_the_request() -> None:
    reply = answers.rtsp(unit("corridor-2"), b"OPTIONS rtsp://x/ RTSP/1.0\r\nCSeq: 7\r\n\r\n")
    assert b"CSeq: 7\r\n" in reply and b'realm="Login to 1F027B4PAX3C172"' in reply


@pytest.mark.parametrize(
    ("name", "protocol", "path", "field", "expected"),
    [
        ("loading-bay", "http", "/", "http.server", "App-webs/"),
        ("basement-bullet", "http", "/", "http.server", "DNVRS-Webs"),
        ("pharmacy", "http", "/", "http.server", "Interlogix-Webs"),
        ("lobby-turret", "isapi", "/ISAPI/System/deviceInfo", "isapi.realm", "IP Camera(E7733)"),
        ("archive-nvr", "http", "/", "http.title", "WEB"),
        ("reception", "http", "/cgi-bin/magicBox.cgi?action=getDeviceType", "http.realm", "Login to "),
    ],
)
def test_probes_find_in_the_replies_what_fingerprints_look_for(
    name: str, protocol: Protocol, path: str, field: str, expected: str
) -> None:
    reply = answers.http(unit(name), f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    found = read_fields(Observation(protocol=protocol, payload=reply)).fields
    assert any(value.startswith(expected) for value in found[field])
