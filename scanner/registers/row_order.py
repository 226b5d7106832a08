"""Rows and cells of a sheet in the order of their numbers (ECMA-376 part 1, 18.3.1.73 and 18.3.1.4).

Spreadsheet programs write them so. A workbook that another program made may have them in any order, and openpyxl's
read-only mode passes over a row, or a cell, that stands behind a greater one, without a word. So such a sheet is sorted
before it is read, and a row that is there twice is a matter for a person.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from scanner.errors import CamcensusError

LARGEST_SORTED = 50 * 2**20  # bytes of a sheet; sorting takes it into memory as a whole
LETTERS = re.compile(r"[A-Z]{1,3}")

Twice = dict[int, str]  # row -> what the file holds twice of it


def column(letters: str) -> int:
    """The number of a column from 0: A, B, … Z, AA."""
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number - 1


class Watch:
    """Whether rows, shown one after the other, come in order with their cells."""

    def __init__(self) -> None:
        self.in_order, self._row = True, 0

    def see(self, row: Any) -> None:
        number = row_number(row, self._row)
        self.in_order = self.in_order and number > self._row and ascending(row)
        self._row = number


def row_number(row: Any, before: int) -> int:
    """A row without a number follows the one before it."""
    return int(float(row.get("r") or before + 1))


def numbered(row: Any) -> Iterator[tuple[int, Any]]:
    """The cells of a row with their columns; one without a place follows the one before it."""
    at = -1
    for cell in row:
        letters = LETTERS.match(cell.get("r") or "")
        at = column(letters[0]) if letters else at + 1
        yield at, cell


def ascending(row: Any) -> bool:
    last = -1
    for at, _ in numbered(row):
        if at <= last:
            return False
        last = at
    return True


def sorted_book(content: bytes, parts: Iterable[str]) -> tuple[bytes, Mapping[str, Twice]]:
    """The workbook with these sheets of it sorted, and what each of them holds twice."""
    chosen, twice, made = set(parts), {}, io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as archive, zipfile.ZipFile(made, "w") as new:
        for name in dict.fromkeys(archive.namelist()):
            part = archive.read(name)
            if name in chosen:
                part, twice[name] = sorted_sheet(part)
            new.writestr(name, part)
    return made.getvalue(), twice


def sorted_sheet(part: bytes) -> tuple[bytes, Twice]:
    from lxml import etree

    if len(part) > LARGEST_SORTED:
        raise CamcensusError(
            f"its rows are not in order, and a sheet of more than {LARGEST_SORTED >> 20} MB is not sorted"
        )
    root = etree.fromstring(part, etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True))
    twice: Twice = {}
    for data in root.iterfind("{*}sheetData"):
        rows: dict[int, Any] = {}
        before = 0
        for row in list(data):
            number = before = row_number(row, before)
            if number in rows:
                twice[number] = "this row is in the file twice"
            rows.setdefault(number, row).set("r", str(number))
        for number, row in rows.items():
            cells: dict[int, Any] = {}
            for at, cell in numbered(row):
                if at in cells:
                    twice.setdefault(number, f"cell {cell.get('r') or at + 1} is in the file twice")
                cells.setdefault(at, cell)
            row[:] = [cells[at] for at in sorted(cells)]
        data[:] = [rows[number] for number in sorted(rows)]
    return etree.tostring(root), twice
