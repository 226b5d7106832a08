"""What a device is, in words: every figure with its doubt, and no line for what is not known."""

from __future__ import annotations

import unicodedata
from datetime import date

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fingerprints.firmware import parse
from fingerprints.flaws import Exposure
from fingerprints.models import SAID, decode
from fingerprints.policies import Policy
from fingerprints.serials import read
from reports import description
from tests.exposures import exposure

TODAY = date(2026, 6, 1)
BACK_DOOR = exposure(
    cve="CVE-2021-36260", title="a command in the language of the page", state="affected", kev=date(2022, 1, 10),
    cvss=9.8, why="in the affected range", fixed_in="build 210628",
)  # fmt: skip
OPEN = exposure(cve="CVE-2023-28808", title="a login without a password", state="unknown", why="no firmware")
OLD = exposure(cve="CVE-2017-7921", title="", state="fixed", why="newer", cvss=10)


def test_what_is_only_expected_is_marked_and_what_is_known_is_not() -> None:
    lines = dict(description.specification(decode("DS-2CD2143G2-IZS", "hikvision"), "camera"))
    assert lines["form"] == "dome" and lines["resolution"] == "4 megapixels"
    assert lines["lens"] == "motorised varifocal" and lines["night vision"] == "infrared"
    assert lines["PoE"] == "802.3at, expected" and lines["audio in"] == "yes, expected"


def test_a_recorder_is_shown_with_its_channels_ports_and_bays() -> None:
    read = decode("DS-7616NI-K2", "hikvision")
    assert list(description.specification(read)) == [
        ("category", "NVR"), ("channels", "16"), ("PoE ports", "none"), ("drive bays", "2"),
    ]  # fmt: skip
    assert ("category", "NVR") not in description.specification(read, "nvr")
    assert ("category", "NVR") in description.specification(read, "camera")


def test_what_could_not_be_read_is_shown_harmlessly() -> None:
    read = decode("DS-2CD2143G2-I\x1b]0;owned\x07", "hikvision")
    assert dict(description.specification(read))["not read"] == "\\e]0;OWNED\\x07"


def test_every_field_of_a_specification_has_a_label_or_is_part_of_night_vision() -> None:
    assert set(SAID) - set(description.LABELS) == {"ir", "white_light"}
    labels = [label for label, _ in description.LABELS.values()]
    assert max(map(len, labels)) <= 12 and len(set(labels)) == len(labels)


@pytest.mark.parametrize(
    ("stated", "lines"),
    [
        ("V5.4.5 build 170124", [("version", "5.4.5"), ("built", "2017-01-24")]),
        ("2.800.0000016.0.R, build: 2020-06-05", [("version", "2.800.16.0"), ("built", "2020-06-05")]),
        ("4.001.0000005.0", [("version", "4.001.5.0")]),
        ("2.420.AC00.18.R", [("version", "2.420.0.18"), ("built for", "a customer with the letters AC")]),
    ],
)
def test_firmware_is_shown_as_version_and_build(stated: str, lines: list[tuple[str, str]]) -> None:
    firmware = parse(stated)
    assert firmware and list(description.firmware(firmware)) == lines


def test_a_serial_number_gives_its_day_and_a_model_that_differs() -> None:
    serial = read("CMIP7352W20180419AAWR735820146", "hikvision", None, TODAY)
    assert serial
    assert dict(description.serial(serial, "DS-2CD2155")) == {
        "form": "as Hikvision's: model, day, region or firmware, the number on the label",
        "made": "2018-04-19", "model": "CMIP7352W", "region": "AAWR, for export", "label": "735820146",
    }  # fmt: skip
    assert "model" not in dict(description.serial(serial, "cmip7352w"))


def test_a_month_that_is_a_hint_says_so_and_a_short_number_claims_no_day() -> None:
    hint, short = read("6C01E93PAG68A8D", "dahua", None, TODAY), read("C12345678", "hikvision", None, TODAY)
    assert hint and short
    assert dict(description.serial(hint))["made"] == f"2020-03, {description.HINT}"
    assert list(description.serial(short)) == [("form", description.SHORT_FORM), ("label", "C12345678")]


def test_a_flaw_says_why_it_counts_whether_it_is_exploited_and_what_fixes_it() -> None:
    affected, unknown, fixed = description.flaws([BACK_DOOR, OPEN, OLD])
    assert affected.state == "affected" and affected.name.startswith("CVE-2021-36260  a command")
    assert affected.lines == (
        "known to be exploited (CISA KEV, 2022-01-10), CVSS 9.8",
        "in the affected range; fixed in build 210628",
    )
    assert unknown.lines == ("no firmware",)
    assert (fixed.state, fixed.name, fixed.lines) == ("fixed", "CVE-2017-7921", ())


def test_the_flaws_of_one_record_are_told_together() -> None:
    twin = msgspec.structs.replace(OPEN, cve="CVE-2023-28809")
    both, other = description.flaws([OPEN, BACK_DOOR, twin])
    assert both.name == "CVE-2023-28808, CVE-2023-28809  a login without a password"
    assert other.state == "affected"


@pytest.mark.parametrize(
    ("exposures", "words"),
    [
        (
            [BACK_DOOR, OPEN, OLD],
            "1 affects its firmware, 1 of them known to be exploited; 1 unknown; 1 fixed",
        ),
        ([BACK_DOOR, BACK_DOOR], "2 affect its firmware, 2 of them known to be exploited"),
        ([OPEN, OLD, OLD], "1 unknown; 2 fixed"),
        ([], ""),
    ],
)
def test_flaws_are_counted_by_state(exposures: list[Exposure], words: str) -> None:
    assert description.flaws_in_short(exposures) == words


def test_the_age_of_the_knowledge_about_flaws_is_told() -> None:
    assert description.basis([BACK_DOOR]).endswith("nothing was tried. CISA KEV as of 2026-05-01.")
    assert description.basis([]) == ""


def test_a_policy_that_is_no_longer_known_keeps_its_id() -> None:
    known = Policy(id="us", name="US law", makers=("dahua",), since=date(2019, 8, 13), source="")
    assert list(description.policies(["us", "gone"], [known])) == [
        ("us", "US law, since 2019-08-13"),
        ("gone", ""),
    ]


@given(st.text())
def test_nothing_that_a_device_states_reaches_a_line_raw(noise: str) -> None:
    lines = [*description.specification(decode(f"DS-2CD2143G2-{noise}", "hikvision"))]
    serial = read(f"{noise}20190312AAWRC12345678", "hikvision", None, TODAY)
    lines += description.serial(serial) if serial else ()
    said = "".join(text for _, text in lines)
    assert not {unicodedata.category(letter) for letter in said} & {"Cc", "Cf", "Cs"}
