"""DHCP requests from captures and logs."""

from __future__ import annotations

import pytest

from scanner.probes import dhcp
from scanner.probes.contract import Unreadable
from tests.scanner.probes.hostile import cuts

# A DISCOVER in the option order of firmware 2.400 of a Dahua relabel, with a vendor class added.
OPTIONS = (
    bytes.fromhex("350101 370901030405060c0f1c2a 0c08") + b"IPC-0001" + bytes.fromhex("3d07019c8ecd000001")
)
DISCOVER = (
    bytes.fromhex("01010600deadbeef").ljust(28, b"\0")
    + bytes.fromhex("9c8ecd000001").ljust(208, b"\0")
    + dhcp.MAGIC
    + OPTIONS
    + b"\0\0\x3c\x0cudhcp 1.33.0\xff"
    + bytes(40)
)


def test_a_request_shows_what_its_client_asks_for_and_in_which_order() -> None:
    found = dhcp.fields(DISCOVER)
    assert found["parameters"] == ("1,3,4,5,6,12,15,28,42",) and found["options"] == ("53,55,12,61,60",)
    assert found["hostname"] == ("IPC-0001",) and found["vendor-class"] == ("udhcp 1.33.0",)
    assert found["mac"] == found["client-id"] == ("9c:8e:cd:00:00:01",)


def test_a_request_cut_short_keeps_the_hardware_address() -> None:
    for cut in cuts(DISCOVER):
        assert len(cut) < 240 or dhcp.fields(cut)["mac"] == ("9c:8e:cd:00:00:01",)


def test_a_long_option_in_two_parts_is_one() -> None:
    split = DISCOVER.replace(b"\x3c\x0cudhcp 1.33.0", b"\x3c\x06udhcp \x3c\x061.33.0")
    assert dhcp.read(split).option(dhcp.VENDOR_CLASS) == b"udhcp 1.33.0"


@pytest.mark.parametrize(
    "line", [b"option 60: AXIS,Network Camera,P3225", b'vendor-class = "AXIS,Network Camera,P3225"']
)
def test_a_line_of_a_log_names_the_vendor_class(line: bytes) -> None:
    assert dhcp.fields(line)["vendor-class"] == ("AXIS,Network Camera,P3225",)


def test_a_line_about_anything_else_is_only_text() -> None:
    assert dhcp.fields(b"lease time: 3600") == {"text": ("lease time: 3600",)}
    with pytest.raises(Unreadable):
        dhcp.read(b"lease time: 3600")
