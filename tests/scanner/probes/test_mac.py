"""MAC addresses in every notation that switches, leases and people use."""

from __future__ import annotations

import pytest

from scanner.probes import mac
from scanner.probes.contract import Unreadable

SENDER, TARGET = "4cbd8f000001", "000000000000"
ARP = bytes.fromhex(f"0001080006040002{SENDER}0a000005{TARGET}0a000001")
FRAME = bytes.fromhex(f"ffffffffffff{SENDER}0806") + ARP


@pytest.mark.parametrize(
    "written",
    ["4c:bd:8f:00:00:01", "4C-BD-8F-00-00-01", "4cbd.8f00.0001", "4CBD8F000001", " 4c:bd:8f:00:00:01\r\n"],
)
def test_one_address_in_any_notation_is_the_same_address(written: str) -> None:
    assert mac.fields(written.encode())["mac"] == ("4c:bd:8f:00:00:01",)
    assert mac.normal(written) == "4c:bd:8f:00:00:01"


def test_the_registered_blocks_of_an_address_are_offered_in_three_sizes() -> None:
    assert mac.fields(b"8c:1f:64:ab:c0:01")["prefix"] == ("8c:1f:64", "8c:1f:64:a", "8c:1f:64:ab:c")


def test_a_block_alone_is_not_taken_for_an_address() -> None:
    assert mac.fields(b"4c:bd:8f") == {"prefix": ("4c:bd:8f",), "text": ("4c:bd:8f",)}
    with pytest.raises(Unreadable):
        mac.read(b"4c:bd:8f")


def test_an_arp_frame_names_the_sender_and_its_address() -> None:
    for frame in (ARP, FRAME, FRAME.ljust(60, b"\0")):
        assert mac.read(frame) == mac.Mac("4c:bd:8f:00:00:01", "10.0.0.5")


def test_an_arp_probe_names_no_address_yet() -> None:
    assert mac.read(ARP.replace(bytes([10, 0, 0, 5]), bytes(4))).address is None


def test_a_made_up_address_says_so() -> None:
    assert mac.fields(b"02:42:ac:11:00:02")["local"] == ("true",)
    assert "local" not in mac.fields(b"4c:bd:8f:00:00:01")


@pytest.mark.parametrize(
    "text", ["ff:ff:ff:ff:ff:ff", "00:00:00:00:00:00", "fe80::4e11:bfff:fec2:b9d", "2024-09-18"]
)
def test_what_only_looks_like_an_address_of_a_device_is_none(text: str) -> None:
    assert mac.normal(text) is None and "mac" not in mac.fields(text.encode())
