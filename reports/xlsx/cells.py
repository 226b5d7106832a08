"""The cells of a workbook: values with their kind, so that nothing is taken for what it is not.

openpyxl takes a text that begins with `=` for a formula, and `#REF!` for an error. Both are texts here, whatever they
say, and are marked so that they stay texts when somebody edits the cell (ECMA-376 part 1, 18.8.45 quotePrefix).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter

from reports.language import Language
from scanner.printable import printable

LONGEST = 32_000  # characters; Excel refuses cells of more than 32,767
ACTS = tuple("=+-@#\t")  # how a text begins that a spreadsheet may take for something else
ESCAPE = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")  # Excel reads `_x0007_` as the character of that number
WIDEST, NARROWEST = 60, 8  # characters
SAMPLE = 2_000  # rows that a column's width is measured on


class Month(str):
    """A month as a date of which the day is not known: `2020-03`."""

    __slots__ = ()


class Cells:
    """Makes the cells of one sheet."""

    def __init__(self, sheet: Any, say: Language) -> None:
        self._sheet = sheet
        self._acting: Any = WriteOnlyCell(sheet)
        self._acting.quotePrefix = True
        self._formats = {
            datetime: self._formatted(say.customs["excel_moment"]),
            date: self._formatted(say.customs["excel_day"]),
            Decimal: self._formatted("#,##0.00"),
            int: self._formatted("#,##0"),
            Month: self._formatted("yyyy-mm"),
        }

    def _formatted(self, code: str) -> Any:
        cell = WriteOnlyCell(self._sheet)
        cell.number_format = code
        return cell

    def row(self, values: Iterable[object]) -> Iterator[Any]:
        """The cells of a row, each to be written before the next is asked for: cells of one kind are one object."""
        return (self.of(value) for value in values)  # openpyxl takes a generator, and no other iterator

    def of(self, value: object) -> Any:
        """What openpyxl writes for a value: a text is never anything but a text."""
        match value:
            case None | "":
                return None
            case Month():
                return self._set(Month, date(int(value[:4]), int(value[5:7]), 1))
            case str():
                return self._text(value)
            case datetime():  # a spreadsheet knows no time zones: all moments are in UTC
                return self._set(datetime, value.astimezone(UTC).replace(tzinfo=None, microsecond=0))
            case bool():
                return value
            case date() | Decimal() | int():
                return self._set(type(value), value)
            case _:
                return value

    def _set(self, kind: Any, value: object) -> Any:
        cell = self._formats[kind]
        cell.value = value
        return cell

    def _text(self, text: str) -> Any:
        text = harmless(text)
        if not text.startswith(ACTS):
            return text
        self._acting._value, self._acting.data_type = text, "s"
        return self._acting

    def styled(
        self, value: object, *, bold: bool = False, size: int = 11, colour: str = "", wrap: bool = False
    ) -> Any:
        """A cell of its own with a style."""
        made = self.of(value)
        cell: Any = WriteOnlyCell(self._sheet)
        if made is not None:
            cell._value, cell.data_type = (
                (made, "s") if isinstance(made, str) else (made.value, made.data_type)
            )
            cell.number_format = "General" if isinstance(made, str) else made.number_format
        cell.font = Font(name="Calibri", bold=bold, size=size, color=colour or None)
        cell.alignment = Alignment(wrap_text=wrap, vertical="top")
        return cell

    def heading(self, text: str, colour: str) -> Any:
        cell = self.styled(text, bold=True, colour="FFFFFF", wrap=True)
        cell.fill = PatternFill("solid", fgColor=colour)
        return cell


def harmless(text: str) -> str:
    """A text that a cell can hold: visible, not too long, and nothing that Excel would read as an escape."""
    if len(text) > LONGEST:
        text = f"{text[:LONGEST]}…"
    return ESCAPE.sub("_x005F_", printable(text))[: LONGEST + 700]


def fit(sheet: Any, rows: Iterable[Iterable[object]], headings: Iterable[str]) -> None:
    """Make the columns as wide as what stands in them, within reason. Must come before the first row is written."""
    widths = [width(heading) + 4 for heading in headings]
    for row in rows:
        for column, value in enumerate(row):
            widths[column] = max(widths[column], width(value))
    for column, found in enumerate(widths, 1):
        letter = get_column_letter(column)
        sheet.column_dimensions[letter].width = min(max(found, NARROWEST), WIDEST) + 1.5


def width(value: object) -> int:
    """How many columns of a terminal a value would take: Chinese characters are twice as wide."""
    match value:
        case None:
            return 0
        case datetime():
            return 16
        case date():
            return 10
        case str():
            if value.isascii():
                return len(value)
            return sum(1 + (unicodedata.east_asian_width(letter) in "WF") for letter in value[:200])
        case _:
            return len(str(value)) + 3
