"""The sheets of an XLSX workbook, through openpyxl's read-only mode: row by row, formulas as their text.

That mode does not tell which cells are merged, so that the sheet's own list of them is read first (ECMA-376 part 1,
18.3.1.55). The value of cells merged downwards counts for each row. Rows that are not in order are sorted first. A
workbook is refused before it is opened when it
would unpack to too much, or declares a document type: OPC forbids that (ECMA-376 part 2, 7.2.3), and bombs need it.
"""

from __future__ import annotations

import io
import posixpath
import re
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, time
from pathlib import Path
from typing import IO, Any

import msgspec

from scanner.errors import CamcensusError
from scanner.registers.row_order import Twice, Watch, column, sorted_book
from scanner.registers.tables import Row, Table, checked

LARGEST = 500 * 2**20  # bytes unpacked
COLUMNS = 200
ROWS = 1_048_576  # of a spreadsheet
MERGED = 20_000  # merged ranges
RANGE = re.compile(r"([A-Z]{1,3})([0-9]{1,7}):([A-Z]{1,3})([0-9]{1,7})")

Merges = dict[int, list[tuple[int, int]]]  # first row -> (column from 0, last row)


class Layout(msgspec.Struct, frozen=True):
    """What is known of a sheet before its rows are read."""

    part: str  # of the archive
    merged: Merges
    in_order: bool


def sheets(path: Path, content: bytes, sheet: str | None) -> list[Table]:
    """The visible sheets of a workbook, or the one with this name."""
    import openpyxl

    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            refuse_bombs(archive)
            found = layouts(archive)
        twice: Mapping[str, Twice] = {}
        if mixed := [one.part for one in found.values() if not one.in_order]:
            content, twice = sorted_book(content, mixed)
        book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=False, keep_links=False)
    except CamcensusError as error:
        raise CamcensusError(f"{path} is refused", why=error.what, fix="save it again as CSV") from None
    except Exception as error:  # noqa: BLE001 (openpyxl raises whatever a broken workbook makes it stumble over)
        raise broken(path, error) from None
    if sheet is not None and sheet not in book.sheetnames:
        raise CamcensusError(
            f"{path} has no sheet {sheet!r}", why=f"its sheets are: {', '.join(book.sheetnames)}"
        )
    chosen = [
        one for one in book.worksheets if (one.title == sheet if sheet else one.sheet_state == "visible")
    ]
    none = Layout("", {}, True)
    known = [(one, found.get(one.title, none)) for one in chosen]
    return [
        Table(one.title, rows_of(path, one, its.merged, twice.get(its.part, {})), "XLSX")
        for one, its in known
    ]


def broken(path: Path, error: Exception) -> CamcensusError:
    return CamcensusError(
        f"{path} cannot be read as an XLSX workbook",
        why=f"{type(error).__name__}: {str(error)[:200]}",
        fix="open it in a spreadsheet program and save it as .xlsx or CSV",
    )


def refuse_bombs(archive: zipfile.ZipFile) -> None:
    left = LARGEST
    for name in archive.namelist():
        with archive.open(name) as part:
            seen = b""
            while chunk := part.read(1 << 20):
                left -= len(chunk)
                if left < 0:
                    raise CamcensusError(f"it would unpack to more than {LARGEST >> 20} MB")
                seen = seen[-32:] + chunk.replace(b"\0", b"")
                if name.endswith((".xml", ".rels")) and b"<!DOCTYPE" in seen:
                    raise CamcensusError(f"its part {name} declares a document type, which no workbook needs")


def layouts(archive: zipfile.ZipFile) -> dict[str, Layout]:
    """Which cells of each sheet are merged downwards, and whether its rows are in order."""
    from lxml import etree

    def parsed(name: str) -> Any:
        return etree.fromstring(archive.read(name), etree.XMLParser(resolve_entities=False, no_network=True))

    names = set(archive.namelist())
    if not {"xl/workbook.xml", "xl/_rels/workbook.xml.rels"} <= names:
        return {}
    targets = {one.get("Id"): one.get("Target") for one in parsed("xl/_rels/workbook.xml.rels")}
    found = {}
    for one in parsed("xl/workbook.xml").iterfind(".//{*}sheet"):
        relation = next((value for key, value in one.items() if key.endswith("}id")), None)
        part = posixpath.normpath(posixpath.join("/xl", targets.get(relation) or "")).lstrip("/")
        if part in names:
            with archive.open(part) as file:
                found[one.get("name")] = layout(part, file)
    return found


def layout(part: str, file: IO[bytes]) -> Layout:
    from lxml import etree

    found: Merges = {}
    count, watch = 0, Watch()
    for _, element in etree.iterparse(
        file, tag=("{*}row", "{*}mergeCell"), resolve_entities=False, no_network=True
    ):
        if element.tag.endswith("}row"):
            watch.see(element)
        elif cut := RANGE.fullmatch(element.get("ref") or ""):
            count += 1
            if count > MERGED:
                raise CamcensusError(f"a sheet has more than {MERGED:,} merged cells")
            first, last = int(cut[2]), int(cut[4])
            if last > first:
                found.setdefault(first, []).append((column(cut[1]), last))
        element.clear()
    return Layout(part, found, watch.in_order)


def rows_of(path: Path, sheet: Any, merged: Merges, twice: Twice) -> Iterator[Row]:
    sheet.reset_dimensions()  # what the file says of its own size may be a lie
    running: dict[int, tuple[int, str]] = {}  # column -> last row, value
    try:
        for number, every in enumerate(sheet.iter_rows(), 1):
            if number > ROWS:
                raise CamcensusError(f"{path} is too long", why=f"a sheet has at most {ROWS:,} rows")
            cells = every[:COLUMNS]
            texts = [text(cell.value) for cell in cells]
            running = {at: kept for at, kept in running.items() if kept[0] >= number}
            if any(texts):
                for at, (_, value) in running.items():
                    texts += [""] * (at + 1 - len(texts))
                    texts[at] = texts[at] or value
            for at, last in merged.get(number, ()):
                running[at] = (last, texts[at] if at < len(texts) else "")
            formulas = {at for at, cell in enumerate(cells) if cell.data_type == "f"}
            row = checked(number, tuple(texts), formulas)
            yield Row(number, row.cells, row.wrong or wrong(every) or twice.get(number, ""), row.formulas)
    except CamcensusError:
        raise
    except Exception as error:  # noqa: BLE001 (as above: it is read while we go on)
        raise broken(path, error) from None


def wrong(cells: Sequence[Any]) -> str:
    """What makes a row useless: an error that a formula gave, or cells out of sight."""
    for cell in cells:
        if cell.data_type == "e":
            return f"cell {cell.coordinate} holds the error {cell.value}"
    return f"it has more than {COLUMNS} cells" if any(cell.value for cell in cells[COLUMNS:]) else ""


def text(value: object) -> str:
    """A value as a person would write it: no `.0` behind a number, days in ISO 8601."""
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case float() if value.is_integer() and abs(value) < 1e15:
            return str(int(value))
        case datetime() if value.time() == time():
            return value.date().isoformat()
        case date() | time():
            return value.isoformat()
        case _:
            return str(value)
