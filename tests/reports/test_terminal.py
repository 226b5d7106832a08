from __future__ import annotations

import io

import pytest

from reports import terminal
from reports.content import Census
from tests.reports.samples import census, dahua, hikvision, hostile, large


def printed(made: Census) -> str:
    file = io.StringIO()
    terminal.summary(made, file)
    return file.getvalue()


def test_the_table_fits_into_eighty_columns() -> None:
    assert max(len(line) for line in printed(census()).splitlines()) <= 80


def test_each_maker_has_one_line() -> None:
    devices = (
        *(hikvision(number) for number in range(9)),
        *(hikvision(number, confidence="probable", brand="LTS", relabelled=True) for number in range(10, 13)),
        hikvision(13, confidence="probable"),
        hikvision(14, confidence="possible"),
    )
    text = " ".join(printed(census(devices)).split())
    assert "Hikvision 14 devices: 9 confirmed, 4 probable, 1 possible; 3 shown as another brand" in text
    assert "Dahua not seen" in text


def test_a_relabelled_device_stands_under_both_names() -> None:
    [line] = [line for line in printed(census()).splitlines() if line.startswith("10.20.2.10 ")]
    assert line.split() == ["10.20.2.10", "Dahua", "Amcrest", "IP8M-2496E", "camera", "confirmed"]


def test_what_was_not_seen_stands_below_the_counts() -> None:
    text = printed(census())
    assert (
        text.index("Dahua  ") < text.index("Not seen") < text.index("945 of 1,006 addresses gave no answer")
    )


def test_a_conflict_is_marked_in_the_table_and_explained_below() -> None:
    text = printed(census())
    assert "10.20.2.13! " in text and "10.20.2.13  http says Uniview, rtsp says Dahua" in text


def test_hostile_texts_neither_act_on_the_terminal_nor_leave_the_table() -> None:
    text = printed(hostile())
    assert all(line.isprintable() and len(line) <= 80 for line in text.splitlines())
    assert "\\e]0;owned\\x07" in text.replace("\n", "") and "[bold red]owned" in text


@pytest.mark.parametrize(
    "address", ["fe80::5054:ff:fe12:3456%eth0", "2001:db8:1234:5678:9abc:def0:1234:5678"]
)
def test_a_long_address_is_folded_and_never_cut(address: str) -> None:
    heading, *lines = printed(census((dahua(1, address=address),))).splitlines()
    column = slice(heading.index("Made by"))
    assert "".join(line[column].strip() for line in lines[:3]) == address


def test_a_very_long_table_ends_and_says_where_the_rest_is() -> None:
    text = printed(large(1_000))
    assert "and 800 devices more: camcensus devices" in text and len(text.splitlines()) < 250
