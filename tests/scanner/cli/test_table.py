"""Tables row by row: every line fits, nothing is cut off, and the first line does not wait for the last device."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.cli.devices.output import COLUMNS, LOOKED_AT, grid
from scanner.cli.table import cells, lines, widths

WORDS = st.text(st.characters(categories=("L", "N", "P", "S")), max_size=40)


@pytest.mark.parametrize("room", [80, 81, 100, 237])
def test_the_list_fills_the_line_and_no_more(room: int) -> None:
    given = widths(COLUMNS, room)
    assert sum(given) + len(given) == room
    assert all(width >= column.width for width, column in zip(given, COLUMNS, strict=True))


@given(st.lists(WORDS, min_size=3, max_size=3))
def test_whatever_a_device_is_called_stays_in_its_column_and_whole(row: list[str]) -> None:
    shown = list(lines(("id", "made by", "model"), (5, 8, 4), [row]))[2:]
    assert all(cells(line) <= 5 + 8 + 4 + 2 for line in shown)
    assert sorted("".join("".join(shown).split())) == sorted("".join("".join(row).split()))


def test_a_wide_script_takes_the_places_that_it_takes_on_a_terminal() -> None:
    assert list(lines(("made by", "model"), (7, 5), [("大华技术", "IPC")]))[1:] == ["大华技  IPC", "术"]


def test_the_first_line_does_not_wait_for_the_last_device() -> None:
    read = 0

    def rows() -> Iterator[tuple[str, str]]:
        nonlocal read
        for read in range(1, 100_001):
            yield "10.20.0.9", f"DS-{read}"

    shown = grid(("address", "model"), rows())
    assert [next(shown) for _ in range(3)][2].split() == ["10.20.0.9", "DS-2"] and read == LOOKED_AT
    assert list(lines(("address",), (9,), [])) == []


def test_a_device_far_down_the_list_has_room_for_a_longer_address() -> None:
    rows = [("10.1.0.1", "IPC")] * LOOKED_AT + [("192.168.100.100", "IPC")]
    assert list(grid(("address", "model"), iter(rows)))[-1].split() == ["192.168.100.100", "IPC"]
