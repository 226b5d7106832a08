"""The text form of announced services: written once, read back, and found in imports."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.probes import mdns
from scanner.probes.contract import Unreadable

AXIS = mdns.Service(
    "_axis-video._tcp", "AXIS M5014 - ACCC8E000001", "axis.local.", 80, (("macaddress", "ACCC8E000001"),)
)


def test_a_service_is_one_line_that_a_person_can_read() -> None:
    assert mdns.line(AXIS) == (
        b"AXIS M5014 - ACCC8E000001._axis-video._tcp.local. host=axis.local. port=80 TXT macaddress=ACCC8E000001"
    )
    assert mdns.read(mdns.line(AXIS)) == AXIS


def test_model_and_mac_address_come_out_of_the_entries() -> None:
    found = mdns.fields(mdns.line(AXIS) + b"\r\n_device-info._tcp TXT model=AirPort4,104")
    assert found["mac"] == ("ac:cc:8e:00:00:01",) and found["model"] == ("AirPort4,104",)
    assert found["service"] == ("_axis-video._tcp", "_device-info._tcp")
    assert found["txt"] == ("macaddress=ACCC8E000001", "model=AirPort4,104")


def test_a_printer_names_maker_and_type_in_entries_of_their_own() -> None:
    entries = (
        ("ty", "Brother HL-L2390DW series"),
        ("product", "(Brother HL)"),
        ("usb_MFG", "Brother"),
        ("note", "Hall"),
    )
    found = mdns.fields(mdns.line(mdns.Service("_ipp._tcp", "hall", txt=entries)))
    assert found["label"] == ("Brother HL-L2390DW series", "Brother HL", "Brother")


def test_what_is_no_service_is_unreadable() -> None:
    with pytest.raises(Unreadable):
        mdns.read(b"axis.local has address 10.0.0.1")


words = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40)


@given(st.lists(st.tuples(words, words), max_size=5), words)
def test_any_entry_survives_the_line(entries: list[tuple[str, str]], host: str) -> None:
    service = mdns.Service("_http._tcp", "Camera 1", host, 8080, tuple(entries))
    assert mdns.read(mdns.line(service)) == service


@given(words)
def test_a_hostile_name_stays_on_its_line(name: str) -> None:
    assert mdns.line(mdns.Service("_http._tcp", name)).count(b"\n") == 0
