"""Firmware versions as devices state them."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fingerprints.firmware import Firmware, parse


@pytest.mark.parametrize(
    ("text", "firmware"),
    [
        ("V5.5.6build 180326", Firmware("hikvision", (5, 5, 6), date(2018, 3, 26))),
        ("V5.4.5 build 170124", Firmware("hikvision", (5, 4, 5), date(2017, 1, 24))),
        ("V5.3.0 build 20230401", Firmware("hikvision", (5, 3, 0), date(2023, 4, 1))),
        ("V4.62.210", Firmware("hikvision", (4, 62, 210))),
        ("V2.3.8-6", Firmware("hikvision", (2, 3, 8, 6))),
        ("v5.2.0 build 140721", Firmware("hikvision", (5, 2, 0), date(2014, 7, 21))),
        ("2.800.0000000.13.R, Build Date 2021-05-11", Firmware("dahua", (2, 800, 0, 13), date(2021, 5, 11))),
        ("2.420.AC00.18.R, build: 2016-06-18", Firmware("dahua", (2, 420, 0, 18), date(2016, 6, 18), "AC")),
        ("4.002.0000000.2.R,build:2023-02-20", Firmware("dahua", (4, 2, 0, 2), date(2023, 2, 20))),
        ("2.420.Dahua 00.14.R, build: 2016-06-18", Firmware("dahua", (2, 420, 0, 14), date(2016, 6, 18), "DAHUA")),
        ("V2.420.0000.11.R.20170612", Firmware("dahua", (2, 420, 0, 11), date(2017, 6, 12))),
        ("V2.620.0000002.0.R.170830", Firmware("dahua", (2, 620, 2, 0), date(2017, 8, 30))),
        ("3.142.15OG003.0.R", Firmware("dahua", (3, 142, 3, 0), None, "OG")),
        ("2.400.0.8", Firmware("dahua", (2, 400, 0, 8))),
        ("2.608.GV00.0", Firmware("dahua", (2, 608, 0, 0), None, "GV")),
        ("5.001.0000000.2.R, build 2026-03-31", Firmware("dahua", (5, 1, 0, 2), date(2026, 3, 31))),
    ],
)  # fmt: skip
def test_each_way_of_stating_a_version_is_read(text: str, firmware: Firmware) -> None:
    assert parse(text) == firmware


@pytest.mark.parametrize(
    "text",
    ["", "1.0", "5.4.5", "R2021b", "V5.4.5 build 171332", "2.800.0000016.0.R, build: 2020-13-05", "V", "…"],
)
def test_what_is_of_no_known_style_stays_unread(text: str) -> None:
    assert parse(text) is None and parse(None) is None


def test_a_version_is_not_read_as_that_of_another_maker() -> None:
    assert parse("V5.4.5 build 170124", maker="dahua") is None
    assert parse("2.400.0.8", maker="hikvision") is None
    assert parse("V5.4.5 build 170124", maker="axis") is None


def test_versions_sort_by_number_and_then_by_build() -> None:
    stated = [
        "V5.4.5 build 170124",
        "V5.4.5",
        "V5.10.0 build 160101",
        "V5.4.5 build 161231",
        "V4.30.097 build 201224",
    ]
    sorted_ones = sorted(filter(None, map(parse, stated)))
    assert [one.version for one in sorted_ones] == [(4, 30, 97), (5, 4, 5), (5, 4, 5), (5, 4, 5), (5, 10, 0)]
    assert [one.build for one in sorted_ones][1:4] == [None, date(2016, 12, 31), date(2017, 1, 24)]


def test_versions_of_two_makers_cannot_be_compared() -> None:
    with pytest.raises(TypeError, match="cannot be compared"):
        assert Firmware("hikvision", (5, 4)) < Firmware("dahua", (2, 800))


@given(st.text(max_size=60))
def test_any_text_is_read_or_left(noise: str) -> None:
    parse(noise)
    parse(f"V5.{noise} build {noise}")
