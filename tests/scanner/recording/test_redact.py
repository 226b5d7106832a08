"""Redacted recordings tell what a device is, and not whose it is, nor where."""

from __future__ import annotations

import base64
import gzip
import html
import ipaddress
import json
import re
from urllib.parse import quote, unquote

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from scanner.errors import CamcensusError
from scanner.identify import identify, library
from scanner.lab import answers
from scanner.lab.unit import Unit, load_units
from scanner.model import Observation
from scanner.probes import dhdiscover, sadp, ssdp, ws_discovery
from scanner.recording.hidden import compressed
from scanner.recording.redact import redact

KNOWN = library()
ADDRESS, MAC, SERIAL = "10.20.4.17", "4c:bd:8f:3a:b2:c9", "DS-2CD2042WD-I20160917AAWR648201957"
SADP = f"""<ProbeMatch><Uuid>4D3C2B1A-1111-4222-8333-444455556666</Uuid><Types>inquiry</Types>
<DeviceDescription>DS-2CD2042WD-I</DeviceDescription><DeviceSN>{SERIAL}</DeviceSN><MAC>4C-BD-8F-3A-B2-C9</MAC>
<IPv4Address>{ADDRESS}</IPv4Address><IPv4Gateway>10.20.4.1</IPv4Gateway>
<SoftwareVersion>V5.4.5build 170124</SoftwareVersion></ProbeMatch>"""
CHALLENGE = (
    'HTTP/1.1 401 Unauthorized\r\nSet-Cookie: id=8f3a77c1e5; path=/\r\nWWW-Authenticate: Digest qop="auth", '
    'realm="IP Camera(01957)", nonce="0191a41d87c28cd52b3e9c8adc99291c", stale="FALSE"\r\n\r\n'
)


def reply(payload: str | bytes, **more: object) -> Observation:
    raw = payload.encode() if isinstance(payload, str) else payload
    return Observation(**{"protocol": "http", "address": ADDRESS, "payload": raw, **more})  # type: ignore[arg-type]


def redacted(*replies: Observation) -> list[str]:
    return [one.payload.decode("latin-1") for one in redact(replies, KNOWN).observations]


def questions(unit: Unit) -> list[Observation]:
    """What a unit of the lab answers to every question of discovery, and to its known pages."""
    found = []
    for protocol, spoken, module in (
        ("sadp", "sadp", sadp), ("dhdiscover", "dhdiscover", dhdiscover), ("ssdp", "ssdp", ssdp),
        ("ws-discovery", "ws-discovery", ws_discovery),
    ):  # fmt: skip
        for question in module.DATAGRAM.questions("B6F61EFB-2B77-4C54-9C32-8E0B4104922F"):
            for raw in answers.answer(unit, spoken, question.payload):  # type: ignore[arg-type]
                found.append(reply(raw, protocol=protocol, address=unit.address, mac=unit.row.mac))
    for wanted in (page for page in unit.kind.http if page.startswith("GET /")):
        raw = answers.http(unit, f"{wanted} HTTP/1.1\r\n\r\n".encode())
        found.append(reply(raw, request=wanted, address=unit.address, mac=unit.row.mac))
    return found


UNITS = [unit for unit in load_units("10.20.4.0/24") if unit.row.maker and questions(unit)]


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_no_unit_of_the_building_can_be_traced_and_all_are_identified_as_before(unit: Unit) -> None:
    replies = questions(unit)
    out = redact(replies, KNOWN)
    everything = b"".join(one.payload for one in out.observations).lower()
    digits = unit.row.mac.replace(":", "")
    private = [unit.address, unit.row.mac, digits, digits[6:], unit.row.serial, unit.words["nonce"]]
    assert not [text for text in private if text and text.lower().encode() in everything]
    assert (
        ipaddress.ip_address(unit.address).packed not in everything
        and bytes.fromhex(digits) not in everything
    )
    before, after = identify(replies, KNOWN), identify(out.observations, KNOWN)
    assert (before.maker, before.brand, before.model, before.firmware, before.category, before.confidence) == (
        after.maker, after.brand, after.model, after.firmware, after.category, after.confidence,
    )  # fmt: skip
    assert [len(one.payload) for one in out.observations] == [len(one.payload) for one in replies]
    assert redact(out.observations, KNOWN).observations == out.observations


def test_the_same_value_is_replaced_alike_in_every_spelling() -> None:
    mentions = "4c:bd:8f:3a:b2:c9 4CBD8F3AB2C9 urn:uuid:cea94000-fb96-11b3-8260-4cbd8f3ab2c9 cam-3ab2c9"
    seen, told = redacted(reply(SADP, protocol="sadp"), reply(mentions))
    tail = re.findall("4c-bd-8f-(..)-(..)-(..)", seen.lower())[0]
    first, second, uuid, name = told.split()
    assert first == "4c:bd:8f:" + ":".join(tail) and tail != ("3a", "b2", "c9")
    assert second == "4CBD8F" + "".join(tail).upper() and uuid.endswith("4cbd8f" + "".join(tail))
    assert name == "cam-" + "".join(tail)


def test_the_number_in_a_realm_changes_with_the_serial_number() -> None:
    seen, challenge = redacted(reply(SADP, protocol="sadp"), reply(CHALLENGE))
    serial = re.findall("<DeviceSN>(.*)</DeviceSN>", seen)[0]
    assert serial.startswith("DS-2CD2042WD-I20160917AAWR") and len(serial) == len(SERIAL) and serial != SERIAL
    assert f"IP Camera({serial[-5:]})" in challenge


def test_what_was_made_for_one_session_goes() -> None:
    [challenge] = redacted(reply(CHALLENGE))
    assert "8f3a77c1e5" not in challenge and "0191a41d87c28cd52b3e9c8adc99291c" not in challenge
    assert re.search('nonce="[0-9a-f]{32}", stale="FALSE"', challenge)


def test_two_addresses_of_one_network_stay_in_one_network() -> None:
    [seen] = redacted(reply(SADP, protocol="sadp"))
    device, gateway = re.findall(r"<IPv4\w+>([\d.]+)<", seen)
    assert device != ADDRESS and device.startswith("10.") and gateway != "10.20.4.1"
    assert device.rsplit(".", 1)[0] == gateway.rsplit(".", 1)[0]


@pytest.mark.parametrize(
    "said",
    [
        "Server: Thing/1.2.3.4",
        "<firmwareVersion>5.4.0.1</firmwareVersion>",
        "http://192.168.1.64/",
        "0.0.0.0",
        "V2.8.0.1",
    ],
)
def test_versions_and_factory_addresses_are_nobodys(said: str) -> None:
    assert redacted(reply(said)) == [said]


def test_names_people_gave_are_blotted_out_and_firmware_words_stay() -> None:
    told = "snmp: 1.3.6.1.2.1.1.5.0 = Zwiebelkeller\n1.3.6.1.2.1.1.6.0 = Haus Kranich, camera 7"
    text = "\n".join(
        redacted(reply(told.removeprefix("snmp: "), protocol="snmp"), reply("<h1>Zwiebelkeller</h1>"))
    )
    assert "Zwiebelkeller" not in text and "Kranich" not in text
    assert "Xxxx Xxxxxxx, camera 7" in text and "<h1>Xxxxxxxxxxxxx</h1>" in text


def test_the_words_of_a_brand_may_be_said_to_be_public() -> None:
    told = reply("<root><device><friendlyName>Zorgon</friendlyName></device></root>", protocol="upnp-xml")
    assert b"Zorgon" in redact([told], KNOWN, "Zorgon").observations[0].payload
    assert b"Zorgon" not in redact([told], KNOWN).observations[0].payload


def test_a_nonce_made_of_figures_in_base64_is_made_so_again() -> None:
    """Old firmware is recognised by such nonces, so another must stand in for each."""
    for nonce, like in (
        ("b252aWYtZGlnZXN0OjQzMjgzNzc2MDMw", b"onvif-digest:"),
        ("4e5468694e7a42694e7a4d364f4449354d7a6b354d54513d", b":"),
    ):
        [told] = redacted(reply(f'HTTP/1.1 401\r\nWWW-Authenticate: Digest realm="x", nonce="{nonce}"'))
        new = re.findall('nonce="(.*?)"', told)[0]
        assert new != nonce and len(new) == len(nonce)
        assert like in base64.b64decode(bytes.fromhex(new) if len(new) == 48 else new)


def test_a_recording_that_says_nothing_any_more_is_not_made() -> None:
    serial = "serialNumber=ND0219110NNNNN\r\n"  # the fingerprint of this series reads into the number itself
    with pytest.raises(CamcensusError, match="no longer tell"):
        redact([reply(serial)], KNOWN)


def test_compressed_replies_are_left_out_and_counted() -> None:
    body = gzip.compress(f"<title>{ADDRESS}</title>".encode())
    out = redact([reply(b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\n\r\n" + body), reply("plain")], KNOWN)
    assert out.left_out == 1 and [one.payload for one in out.observations] == [b"plain"]


def test_when_and_through_what_it_was_seen_goes_too() -> None:
    [one] = redact(
        [reply("x", subject="lobby", interface="eth7", request=f"GET http://{ADDRESS}/")], KNOWN
    ).observations
    assert (one.subject, one.interface, one.observed_at) == (None, None, None)
    assert ADDRESS not in one.request and one.address != ADDRESS and one.address in one.request  # type: ignore[operator]


HEX = "0123456789abcdef"
LETTERS = "abcdefghijklmnopqrstuvwxyz"


@st.composite
def owners(draw: st.DrawFn) -> dict[str, str]:
    """What is private of one device: made at random, and nothing that a fingerprint knows."""
    octets = [draw(st.integers(11, 99)) for _ in range(3)]
    word = st.text(LETTERS, min_size=9, max_size=14).filter(lambda text: len(set(text)) > 4)
    return {
        "ipv4": ".".join(map(str, [10, *octets])),
        "mac": "".join(["4cbd8f", *(draw(st.sampled_from(HEX[1:])) for _ in range(5)), "a"]),
        "serial": "DS-2CD2042WD-I20160917AAWR" + draw(st.from_regex("[1-9]{9}", fullmatch=True)),
        "host": "q" + draw(word),
        "ssid": "z" + draw(word),
        "mail": f"{draw(word)}@{draw(word)}.example",
        "place": f"{octets[0]}.{draw(st.integers(100000, 999999))}",
        "nonce": draw(st.text(HEX, min_size=32, max_size=32).filter(lambda text: len(set(text)) > 6)),
        "uuid": str(draw(st.uuids(version=4))),
    }


def everywhere(its: dict[str, str]) -> list[Observation]:
    """Replies in several protocols that hold all of it, each thing in several encodings."""
    mac = ":".join(its["mac"][at : at + 2] for at in range(0, 12, 2))
    said = {"hostName": its["host"], "ssid": its["ssid"], "latitude": its["place"], "serialNo": its["serial"]}
    blob = base64.b64encode(f"owner {its['host']} {its['mail']}".encode()).decode()
    xml = "".join(f"<{name}>{text}</{name}>" for name, text in said.items())
    numbers = "".join(f"&#{ord(letter)};" for letter in its["host"])
    escaped = "".join(f"\\u{ord(letter):04x}" for letter in its["ssid"])
    listed = "&".join(f"{name}={text}" for name, text in said.items())
    raw = ipaddress.ip_address(its["ipv4"]).packed + bytes.fromhex(its["mac"])
    page = (
        f'HTTP/1.1 401\r\nSet-Cookie: id={its["nonce"][::-1]}\r\nWWW-Authenticate: Digest realm="x", '
        f'nonce="{its["nonce"]}"\r\n\r\n<p>uuid:{its["uuid"]} {its["mail"]} {its["serial"][-9:]} {its["host"].upper()}'
        f" cam-{its['mac'][6:]} host-{its['ipv4'].replace('.', '-')}.example http%3A%2F%2F{its['ipv4']}%2F</p>"
    )
    sadp = f"<ProbeMatch><DeviceSN>{its['serial']}</DeviceSN><MAC>{mac.replace(':', '-')}</MAC></ProbeMatch>"
    more = {"address": its["ipv4"], "mac": mac, "subject": its["host"]}
    return [
        reply(sadp, protocol="sadp", **more),
        reply(page, **more),
        reply(json.dumps({**said, "token": its["nonce"]}), **more),
        reply(f"<root>{xml}</root>", protocol="upnp-xml", **more),
        reply(f"a={blob}&{listed}", **more),
        reply(f"<p>{numbers}</p>", **more),
        reply(f'{{"x": "{escaped}"}}', **more),
        reply(f"<p>{its['host']} {its['serial']}</p>".encode("utf-16-le"), **more),
        reply(f"x={its['host'].encode().hex()}", **more),
        reply(f"x={quote(mac, safe='')}&y={quote(quote(its['mail'], safe=''), safe='')}", **more),
        reply(b"\0\1" + raw + b"\0" + raw[:4][::-1], **more),
    ]


def all_readings(text: bytes) -> bytes:
    """The text, and what it says in base64, UTF-16, hex and with its escapes read; written apart from the redaction."""
    plain = text.decode("latin-1")
    found = [plain, plain.replace("\0", ""), html.unescape(plain), unquote(unquote(plain))]
    found.append(re.sub(r"\\u([0-9a-f]{4})", lambda it: chr(int(it[1], 16)), plain))
    for run in re.findall("[A-Za-z0-9+/]{16,}={0,2}", plain):
        found.append(
            base64.b64decode(
                run.rstrip("=") + "=" * (-len(run.rstrip("=")) % 4) if len(run.rstrip("=")) % 4 != 1 else ""
            ).decode("latin-1")
        )
    for run in re.findall("(?:[0-9a-f]{2}){6,}", plain):
        found.append(bytes.fromhex(run).decode("latin-1"))
    return "\n".join(found).lower().encode("latin-1", "replace")


@given(owners())
@settings(max_examples=60, deadline=None)
def test_nothing_of_its_owner_is_left_in_any_encoding(its: dict[str, str]) -> None:
    replies = everywhere(its)
    out = redact(replies, KNOWN)
    left = b"\n".join(
        all_readings(one.payload + b"\n" + msgspec.json.encode(one)) for one in out.observations
    )
    digits, address = its["mac"], ipaddress.ip_address(its["ipv4"]).packed
    private = [
        *its.values(),
        digits[6:],
        its["serial"][-6:],
        its["ipv4"].replace(".", "-"),
        its["nonce"][::-1],
    ]
    assert not [text for text in private if text.lower().encode() in left]
    binary = b"".join(one.payload for one in out.observations if b"\0" in one.payload)
    assert address not in binary and address[::-1] not in binary and bytes.fromhex(digits) not in binary
    assert (identify(replies, KNOWN).maker, identify(replies, KNOWN).confidence) == (
        identify(out.observations, KNOWN).maker, identify(out.observations, KNOWN).confidence,
    )  # fmt: skip
    assert out.left_out >= 2 and len(out.observations) >= 6  # UTF-16 and hex are left out; the most is kept


@given(st.binary(max_size=300))
@example(b"PK\x03\x04")
@example(b"\r\n\x1f\x8b\x08")
def test_any_bytes_are_redacted_to_as_many_or_left_out_because_they_are_packed(noise: bytes) -> None:
    out = redact([reply(noise)], KNOWN)
    assert [len(one.payload) for one in out.observations] == ([] if compressed(noise) else [len(noise)])
    assert out.left_out == compressed(noise)
