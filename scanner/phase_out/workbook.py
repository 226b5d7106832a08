"""The plan as a workbook that facilities teams edit: written so that no text of a device runs, and that it can be read
back whatever was sorted, moved or typed anew.

Each row has a mark of the version that it was made from, with a check against rows that were filled down. A hidden
sheet lists what was exported, so that rows which were deleted are noticed. scanner.phase_out.changes reads it back.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from hashlib import blake2b
from typing import Any

from scanner.phase_out import columns
from scanner.phase_out.columns import Cell
from scanner.phase_out.plan import Unit
from scanner.phase_out.states import ABOUT as STATES
from scanner.printable import printable
from scanner.registers.tables import csv_text, trim

SHEET, LIST, NOTES = "Plan", "Exported", "Read me"
VERSION = "version"
LONGEST = 32_000  # characters of a cell; spreadsheets stop at 32,767
WIDTHS = {"why": 40, "asked": 30, "model": 22, "serial": 22, "reason": 30, "remark": 30, "replacement": 24}
GREY, YELLOW, ORANGE = "EEEEEE", "FFF2AB", "FCE4D6"
README = (
    "Edit the white and coloured cells, then: camcensus plan import FILE --dry-run",
    "Grey columns are the inventory's: changes there are not used. Leave the columns Device and Version as they are.",
    "Yellow: to be asked; it could not be decoded. Orange: expected; usual for such a unit, and not stated.",
    "Rows may be sorted, filtered or left out, columns moved. A row that is deleted changes nothing.",
    "A date is a real date or written as 2027-03-31; 03/04/2027 may be two days and is refused.",
    "A reason for a step back goes into Remark, the reason why a unit stays into Kept because.",
)


def headings() -> dict[str, str]:
    """The heading of each column, in order."""
    about = {name: heading for name, (heading, _) in columns.ABOUT.items()}
    return {"device": about.pop("device"), VERSION: "Version"} | about | columns.HEADINGS | columns.NEEDED


def mark(unit: Unit) -> str:
    """What tells which version of an item a row was made from, and from what it was decoded."""
    return f"v{unit.item.version}-{check(unit.device.id, unit.item.version)}-{decoded(unit)}"


def check(device: str, version: int) -> str:
    return _short(f"{device} {version}")


def decoded(unit: Unit) -> str:
    """A check of what was decoded: better fingerprints may say something else."""
    return _short(repr(sorted(columns.required(unit, decoded=True).items())))


def _short(text: str) -> str:
    return blake2b(text.encode(), digest_size=3).hexdigest()


def shown(value: Cell) -> str:
    """A cell as it is read back from a workbook."""
    if value is None:
        return ""
    if isinstance(value, date):
        return value.isoformat()
    text = f"{value:g}" if isinstance(value, float) else str(value)
    return trim(printable(text))[:LONGEST]


def texts(unit: Unit) -> dict[str, str]:
    """The row of a unit as it is read back."""
    row = columns.row(unit)
    return {name: mark(unit) if name == VERSION else shown(row[name]) for name in headings()}


def as_csv(units: Iterable[Unit]) -> str:
    """The same rows as CSV in which nothing runs."""
    return csv_text([list(headings().values()), *(texts(one).values() for one in units)])


def as_xlsx(units: Sequence[Unit]) -> bytes:
    """The workbook."""
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    _plan(book.create_sheet(SHEET), units)
    _notes(book.create_sheet(NOTES))
    hidden = book.create_sheet(LIST)
    hidden.sheet_state = "hidden"
    hidden.append(["Device", "Version"])
    for unit in units:
        hidden.append([unit.device.id, mark(unit)])
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def _plan(sheet: Any, units: Sequence[Unit]) -> None:
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.styles import Alignment, Font, PatternFill
    from openpyxl.utils import get_column_letter
    from openpyxl.worksheet.datavalidation import DataValidation

    names = headings()
    sheet.freeze_panes = "C2"
    sheet.print_title_rows = "1:1"
    sheet.page_setup.orientation = "landscape"
    sheet.auto_filter.ref = f"A1:{get_column_letter(len(names))}{len(units) + 1}"
    for n, name in enumerate(names, 1):
        width = WIDTHS.get(name, max(11, len(names[name]) + 3))
        sheet.column_dimensions[get_column_letter(n)].width = width
    states = DataValidation(type="list", formula1=f'"{",".join(STATES)}"', allow_blank=False)
    column = get_column_letter(list(names).index("state") + 1)
    states.add(f"{column}2:{column}{len(units) + 1}")
    sheet.data_validations.append(states)
    bold, wrapped = Font(bold=True), Alignment(wrap_text=True, vertical="top")
    fills = {name: PatternFill("solid", fgColor=name) for name in (GREY, YELLOW, ORANGE)}

    def cell(value: Any, fill: str | None = None) -> Any:
        made = WriteOnlyCell(sheet, value)
        if isinstance(value, str):  # of a device, or of anybody: never a formula, whatever it begins with
            made.data_type = "s"
            made.quotePrefix = value[:1] in "=+-@"
        elif isinstance(value, date):
            made.number_format = "yyyy-mm-dd"
        elif isinstance(value, Decimal):
            made.number_format = "0.00"
        if fill:
            made.fill = fills[fill]
        return made

    row = []
    for heading in names.values():
        made = cell(heading)
        made.font, made.alignment = bold, wrapped
        row.append(made)
    sheet.append(row)
    for unit in units:
        values = columns.row(unit) | {VERSION: mark(unit)}
        certainty = {one.field: one.certainty for one in unit.specification.requirements}
        sheet.append(
            [
                cell(
                    shown(value) if isinstance(value := values[name], str) else value, _fill(name, certainty)
                )
                for name in names
            ]
        )


def _fill(name: str, certainty: Mapping[str, str]) -> str | None:
    if name in columns.NEEDED:
        return {"asked": YELLOW, "expected": ORANGE}.get(certainty.get(name, ""))
    return None if name in columns.HEADINGS else GREY


def _notes(sheet: Any) -> None:
    sheet.column_dimensions["A"].width = 14
    sheet.column_dimensions["B"].width = 110
    for line in README:
        sheet.append(["", line])
    sheet.append([])
    for state, about in STATES.items():
        sheet.append([state, about])
