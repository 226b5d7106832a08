"""What a device calls itself may not act on the terminal of whoever reads it."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.printable import printable, printable_bytes


@pytest.mark.parametrize(
    ("hostile", "shown"),
    [
        ("\x1b[2J\x1b]0;owned\x07", "\\e[2J\\e]0;owned\\x07"),  # clears the screen, sets the title
        ("\x9b2J", "\\x9b2J"),  # the same in one C1 character
        ("camera\rHikvision", "camera\\rHikvision"),  # writes over the line
        ("gpj.\u202eexe", "gpj.\\u202eexe"),  # reads backwards
        ("DS\u200b-2CD", "DS\\u200b-2CD"),  # looks the same, is not
        ("a\x00b\x7f", "a\\0b\\x7f"),
        ("\U000e0041", "\\U000e0041"),  # a tag character, invisible
        ("\udcff", "\\xff"),  # a byte that was no UTF-8
        ("two\nlines", "two\\nlines"),
    ],
)
def test_what_acts_hides_or_reorders_is_written_out(hostile: str, shown: str) -> None:
    assert printable(hostile) == shown


@pytest.mark.parametrize(
    "name", ["Eingang Süd", "大华 IPC-HFW", "كاميرا", "Камера 3", "cámara 🎥", "C:\\DVR"]
)
def test_names_in_any_language_stay_as_they_are(name: str) -> None:
    assert printable(name) == name


def test_marks_do_not_pile_up_over_the_lines_above() -> None:
    assert printable("Z" + "\u0301" * 50).count("\u0301") == 4


def test_a_reply_keeps_its_lines_and_nothing_else_that_moves_the_cursor() -> None:
    assert printable_bytes(b"HTTP/1.0 200 OK\r\nServer:\tx\x1b[A\xe9\r\n") == (
        "HTTP/1.0 200 OK\nServer:\tx\\e[A\\xe9\n"
    )


def test_a_binary_reply_is_shown_in_hexadecimal() -> None:
    assert printable_bytes(bytes(range(17))) == (
        "0000  00 01 02 03 04 05 06 07 08 09 0a 0b 0c 0d 0e 0f\n0010  10"
    )


@given(st.text(st.characters()))
def test_whatever_the_text_nothing_invisible_is_left(text: str) -> None:
    categories = {unicodedata.category(character) for character in printable(text)}
    assert not categories & {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
