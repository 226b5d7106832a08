"""What a device is: everything that it states, read by the rules of its maker, and nothing without one."""

from __future__ import annotations

import json
from datetime import date

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fingerprints.description import DOUBTED, describe, doubted
from fingerprints.models import SAID
from scanner.model import Identification
from tests.exposures import exposure

CAMERA = Identification(
    maker="hikvision", brand="Hikvision", category="camera", model="DS-2CD2143G2-IQZ", confidence="confirmed",
    firmware="V5.7.15 build 230504", serial="DS-2CD2143G2-IQZ20230612AAWRAB5140382", covered=("us-ndaa-889",),
)  # fmt: skip


def test_a_camera_is_described_by_all_that_it_states() -> None:
    one = describe(CAMERA)
    assert one.specification and (one.specification.form_factor, one.specification.rest) == ("dome", "QZ")
    assert one.firmware and one.firmware.build == date(2023, 5, 4)
    assert one.serial and one.serial.made == "2023-06-12"
    assert [policy.id for policy in one.policies] == ["us-ndaa-889"]


def test_the_keys_are_json_with_only_the_fields_of_which_something_is_said() -> None:
    keys = json.loads(msgspec.json.encode(describe(CAMERA).keys()))
    assert list(keys) == ["specification", "firmware_parsed", "serial_parsed", "flaws"]
    assert keys["specification"] == {
        "category": "camera", "form_factor": "dome", "megapixels": 4, "ir": True, "night_vision": "ir",
        "setting": "outdoor", "expected": ["setting"], "unread": "QZ", "naming": "hikvision-camera",
    }  # fmt: skip
    assert keys["firmware_parsed"] == {
        "style": "hikvision", "version": [5, 7, 15], "build": "2023-05-04", "oem": "",
    }  # fmt: skip
    assert keys["serial_parsed"]["made"] == "2023-06-12" and keys["serial_parsed"]["certainty"] == "known"


@pytest.mark.parametrize("maker", [None, "other"])
def test_nothing_is_read_by_a_makers_rules_when_he_is_not_known(maker: str | None) -> None:
    one = describe(msgspec.structs.replace(CAMERA, maker=maker, covered=()))
    assert (one.firmware, one.serial, one.flaws) == (None, None, ())
    assert one.policies == ()


def test_a_device_of_which_nothing_is_known_has_nothing_to_show() -> None:
    assert describe(Identification()).keys() == {
        "specification": None, "firmware_parsed": None, "serial_parsed": None, "flaws": [],
    }  # fmt: skip


def test_a_flaw_of_a_maker_who_is_only_possible_is_never_more_than_unknown() -> None:
    found = [
        exposure(cve="CVE-1", title="", state="affected", why="in the range"),
        exposure(cve="CVE-2", title="", state="fixed", why="newer"),
    ]
    assert [(one.state, one.why) for one in doubted(found)] == [
        ("unknown", DOUBTED + "in the range"),
        ("fixed", "newer"),
    ]


@given(st.sampled_from([None, "hikvision", "dahua", "other"]), st.text(), st.text(), st.text(), st.text())
def test_any_statement_is_described_or_left(
    maker: str | None, brand: str, model: str, firmware: str, serial: str
) -> None:
    one = describe(Identification(maker=maker, brand=brand, model=model, firmware=firmware, serial=serial))
    assert msgspec.json.encode(one.keys())
    assert one.specification is None or set(one.specification.expected) <= set(SAID)
