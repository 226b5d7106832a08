"""Serial numbers. Those here are made up in the shape of real ones."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fingerprints.serials import Serial, read

TODAY = date(2026, 6, 1)


def test_a_cameras_serial_gives_its_day_and_what_is_on_its_label() -> None:
    assert read("DS-2CD2043G0-I20190312AAWRC12345678", today=TODAY) == Serial(
        style="hikvision", made="2019-03-12", certainty="known", model="DS-2CD2043G0-I", region="AAWR",
        market="export", short="C12345678",
    )  # fmt: skip


@pytest.mark.parametrize("model", [None, "DS-7616NI-K2"])
def test_a_recorders_serial_gives_its_channels_too(model: str | None) -> None:
    serial = read("DS-7616NI-K21620200105CCRRE12345678WCVU", "hikvision", model, TODAY)
    assert serial and (serial.model, serial.channels, serial.made) == ("DS-7616NI-K2", 16, "2020-01-05")


def test_digits_that_end_a_cameras_model_are_not_taken_for_channels() -> None:
    serial = read("CMIP731220170428AAWR775681374", today=TODAY)
    assert serial and (serial.model, serial.channels) == ("CMIP7312", None)


def test_a_grey_import_shows_by_the_region_of_its_firmware() -> None:
    serial = read("DS-2CD2532F-IWS20150126CCCH542619470", today=TODAY)
    assert serial and serial.market == "china"


def test_an_access_terminal_states_its_firmware_where_others_state_a_region() -> None:
    serial = read("DS-K1T341CMFW20230901V030315ENFH2155768", today=TODAY)
    assert serial and (serial.made, serial.short, serial.region) == ("2023-09-01", "FH2155768", "")


@pytest.mark.parametrize("model", [None, "DS-KV8213-WME1(C)"])
def test_a_door_station_states_half_a_region(model: str | None) -> None:
    assert read("DS-KV8213-WME1(C)0120230508RRAB1234567", "hikvision", model, TODAY) == Serial(
        style="hikvision", made="2023-05-08", certainty="known", model="DS-KV8213-WME1(C)", region="RR",
        market="export", short="AB1234567",
    )  # fmt: skip


def test_a_space_before_the_day_is_not_part_of_the_model() -> None:
    serial = read("DS-TCG406-E 20240322AAWR869347012", today=TODAY)
    assert serial and serial.model == "DS-TCG406-E"


def test_a_number_as_short_as_a_label_belongs_to_nobody_without_a_maker() -> None:
    assert read("C12345678") is None


def test_the_short_serial_of_a_label_is_known_as_such_and_gives_no_date() -> None:
    assert read("C12345678", "hikvision") == Serial(style="hikvision", short="C12345678")


@pytest.mark.parametrize("day", ["20191332", "20190230", "20070101", "20270101"])
def test_a_day_that_cannot_be_is_not_a_day_of_manufacture(day: str) -> None:
    assert read(f"DS-2CD2043G0-I{day}AAWRC12345678", today=TODAY) is None


def test_a_dahua_serial_gives_a_month_that_is_only_a_hint() -> None:
    serial = read("6C01E93PAG68A8D", "dahua", today=TODAY)
    assert serial == Serial(style="dahua", made="2020-03", certainty="expected")


def test_a_month_that_is_still_to_come_is_no_hint() -> None:
    serial = read("CM01E93PAG68A8D", "dahua", today=TODAY)
    assert serial and serial.made == "" and serial.certainty == "unknown"


@pytest.mark.parametrize(
    "text", [None, "", "AMC0189Q226TE57V6U", "0123456789", "6I01E93PAG68A8D", "00:11:22:33:44:55"]
)
def test_other_numbers_are_left_alone(text: str | None) -> None:
    assert read(text, today=TODAY) is None


def test_a_serial_is_not_read_by_the_grammar_of_another_maker() -> None:
    assert read("6C01E93PAG68A8D", "hikvision") is None and read("C12345678", "dahua") is None


@given(st.text(max_size=80), st.sampled_from(["", "20190312AAWRC12345678", "1620200105CCRRE12345678WCVU"]))
def test_any_text_is_read_or_left(noise: str, tail: str) -> None:
    for model in (None, noise, noise[:3]):
        read(noise + tail, model=model)
