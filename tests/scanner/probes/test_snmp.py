"""SNMP values from tools and captures: makers show in numbers, and the community stays out of sight."""

from __future__ import annotations

import pytest

from scanner.probes import snmp
from scanner.probes.contract import Unreadable
from tests.scanner.probes.hostile import cuts


def ber(tag: int, content: bytes) -> bytes:
    """One element with a length in the long form where it must be."""
    size = len(content)
    length = bytes([size]) if size < 128 else b"\x82" + size.to_bytes(2, "big")
    return bytes([tag]) + length + content


def binding(oid: str, tag: int, content: bytes) -> bytes:
    return ber(0x30, ber(0x06, bytes.fromhex(oid)) + ber(tag, content))


SYS_DESCR, SYS_OBJECT_ID, NAME_OF_1004849 = (
    "2b06010201010100",
    "2b06010201010200",
    "2b06010401bdaa310201010100",
)
CAPTURED = ber(
    0x30,
    ber(0x02, b"\1")
    + ber(0x04, b"building-secret")
    + ber(
        0xA2,
        ber(0x02, b"\x12\x34")
        + ber(0x02, b"\0")
        + ber(0x02, b"\0")
        + ber(
            0x30,
            binding(SYS_DESCR, 0x04, b"DH-NVR4108HS-8P-4KS2" + b" " * 100)
            + binding(SYS_OBJECT_ID, 0x06, bytes.fromhex("2b06010401bdaa3103020a"))
            + binding(NAME_OF_1004849, 0x04, b"4.001.0000005.1")
            + binding("2b06010201010300", 0x43, b"\1\0")
            + binding("2b0601020102020106", 0x04, bytes.fromhex("3cef8c000001")),
        ),
    ),
)


def test_lines_name_the_system_and_the_number_of_its_maker() -> None:
    found = snmp.fields(b"sysDescr: Hikvision company products\nsysObjectID: 1.3.6.1.4.1.50001\n")
    assert found["sysdescr"] == ("Hikvision company products",)
    assert found["sysobjectid"] == ("1.3.6.1.4.1.50001",) and found["enterprise"] == ("50001",)


@pytest.mark.parametrize(
    "line",
    [
        b"1.3.6.1.4.1.39165.1.1.0 = DS-2CD2185FWD-I",
        b'.1.3.6.1.4.1.39165.1.1.0 = STRING: "DS-2CD2185FWD-I"',
        b"iso.3.6.1.4.1.39165.1.1.0 = STRING: DS-2CD2185FWD-I",
        b'SNMPv2-SMI::enterprises.39165.1.1.0 = STRING: "DS-2CD2185FWD-I"\r\n',
        b"1.3.6.1.4.1.39165.1.1.0|4|DS-2CD2185FWD-I",
    ],
)
def test_one_value_reads_alike_in_the_notation_of_every_tool(line: bytes) -> None:
    found = snmp.fields(line)
    assert found["oid"] == ("1.3.6.1.4.1.39165.1.1.0 = DS-2CD2185FWD-I",)
    assert found["value"] == ("DS-2CD2185FWD-I",) and found["enterprise"] == ("39165",)


@pytest.mark.parametrize(
    "line",
    [
        b"1.3.6.1.2.1.1.1.0|4x|41636D650D0A582D31",
        b".1.3.6.1.2.1.1.1.0 = Hex-STRING: 41 63 6D 65 0D 0A 58 2D \n31 00 ",
    ],
)
def test_a_description_written_in_hexadecimal_is_read_as_text(line: bytes) -> None:
    assert snmp.fields(line)["sysdescr"] == ("Acme\r\nX-1",)


def test_octets_that_are_no_text_stay_as_the_tool_wrote_them() -> None:
    line = b"1.3.6.1.2.1.2.2.1.6.2 = Hex-STRING: 3C EF 8C 00 00 01"
    assert snmp.fields(line)["value"] == ("3C EF 8C 00 00 01",)
    assert snmp.fields(b"1.3.6.1.2.1.1.5.0|4x|no hex")["sysname"] == ("no hex",)


def test_of_a_long_walk_the_values_that_tell_the_device_are_kept() -> None:
    ports = "".join(f"1.3.6.1.2.1.2.2.1.2.{port} = port {port}\n" for port in range(1000))
    chassis, channels = "1.3.6.1.2.1.47.1.1.1.1.11.1 = ABC1234X0YZ", "1.3.6.1.4.1.39165.1.20.0 = 8"
    found = snmp.fields(f"{ports}{channels}\n{chassis}\nsysName: core".encode())
    assert found["oid"][:3] == (chassis, "1.3.6.1.2.1.1.5.0 = core", channels)


def test_a_description_of_several_lines_is_one_value() -> None:
    text = b"SNMPv2-MIB::sysDescr.0 = STRING: Cisco IOS Software\r\nCopyright (c) 2010\r\nsysName: core"
    assert snmp.read(text).values == (
        ("1.3.6.1.2.1.1.1.0", "Cisco IOS Software\r\nCopyright (c) 2010"),
        ("1.3.6.1.2.1.1.5.0", "core"),
    )


def test_a_captured_answer_is_read_without_its_community() -> None:
    found = snmp.fields(CAPTURED)
    assert found["sysdescr"] == ("DH-NVR4108HS-8P-4KS2",) and found["enterprise"] == ("1004849",)
    assert found["sysobjectid"] == ("1.3.6.1.4.1.1004849.3.2.10",)
    assert "1.3.6.1.2.1.1.3.0 = 256" in found["oid"] and "3c:ef:8c:00:00:01" in found["value"]
    assert "1.3.6.1.4.1.1004849.2.1.1.1.0 = 4.001.0000005.1" in found["oid"]


def test_no_cut_shows_the_community_or_half_a_value() -> None:
    for cut in cuts(CAPTURED):
        assert "building-secret" not in repr(snmp.fields(cut))
        assert snmp.fields(cut).get("sysdescr", ("DH-NVR4108HS-8P-4KS2",)) == ("DH-NVR4108HS-8P-4KS2",)


def test_a_question_holds_no_values() -> None:
    with pytest.raises(Unreadable):
        snmp.read(CAPTURED.replace(b"\xa2\x82", b"\xa0\x82"))


def test_lengths_that_lie_are_harmless() -> None:
    assert (
        snmp.fields(b"0\x84\xff\xff\xff\xff\x02\x01\x01\xa2\x84\xff\xff\xff\xff0\x80" + b"\x06\x01" * 1000)
        == {}
    )
