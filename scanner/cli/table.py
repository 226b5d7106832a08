"""A table that is written row by row: its first lines come at once, and it never has to be in memory as a whole."""

from __future__ import annotations

import shutil
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

import click

GAP = 1  # characters between two columns
LEAST = 4  # characters of a column, where the line is too short for all


class Column(NamedTuple):
    """A heading, the width on a line of 80 characters, and the share of what a wider one adds."""

    heading: str
    width: int
    share: int = 0


def room() -> int:
    """The characters of a line: of the terminal, or 80."""
    return shutil.get_terminal_size().columns


def widths(columns: Sequence[Column], room: int) -> list[int]:
    """Widths that fill a line of `room` characters."""
    more = room - sum(column.width + GAP for column in columns)
    shares = sum(column.share for column in columns)
    given = [max(LEAST, column.width + more * column.share // shares) for column in columns]
    widest = max(range(len(columns)), key=lambda place: columns[place].share)
    given[widest] += max(0, room - sum(given) - GAP * len(columns))  # what dividing left over
    return given


def lines(headings: Sequence[str], widths: Sequence[int], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """The lines of a table, none without rows. A text that is wider than its column goes on below; all must be
    printable."""
    above: Sequence[str] | None = headings
    for row in rows:
        if above:
            yield from (click.style(line, bold=True) for line in side_by_side(above, widths))
            above = None
        yield from side_by_side(row, widths)


def side_by_side(row: Sequence[str], widths: Sequence[int]) -> Iterator[str]:
    parts = [[text] if cells(text) <= width else folded(text, width)
             for text, width in zip(row, widths, strict=True)]  # fmt: skip
    for at in range(max(map(len, parts))):
        texts = [part[at] if at < len(part) else "" for part in parts]
        yield "".join(
            text + " " * (width - cells(text) + GAP) for text, width in zip(texts, widths, strict=True)
        ).rstrip()


def cells(text: str) -> int:
    """How wide a text is on a terminal: letters of some scripts take two places."""
    if text.isascii():
        return len(text)
    from rich.cells import cell_len

    return cell_len(text)


@lru_cache(maxsize=4096)  # devices of one model say the same
def folded(text: str, width: int) -> list[str]:
    """A text in lines of this width: cut between words, and within those that are longer."""
    if text.isascii():
        return textwrap.wrap(text, width, break_on_hyphens=False) or [""]
    from rich.console import Console  # it takes a tenth of the time of a short list to import
    from rich.text import Text

    return [line.plain.rstrip() for line in Text(text).wrap(Console(), width, overflow="fold")]
