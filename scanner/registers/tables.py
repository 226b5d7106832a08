"""Rows of text out of CSV and XLSX files, whoever wrote them: each with its place, nothing calculated, nothing run.

A CSV file says neither its encoding nor its separator. A byte order mark decides; without one UTF-16 shows by its
zeros, and what is not UTF-8 is Windows-1252. See docs/explanation/places.md.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec

from scanner.errors import CamcensusError

LARGEST_FILE = 100 * 2**20  # bytes; a register of 200,000 devices has 30 MB
LONGEST_CELL = 32_767  # characters, as in a spreadsheet
LONGEST_RECORD = 40  # lines that one record may span: beyond, a quotation mark was never closed
SEPARATORS = (";", ",", "\t")
MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig", "UTF-8 with a byte order mark"),
    (codecs.BOM_UTF16_LE, "utf-16", "UTF-16"),
    (codecs.BOM_UTF16_BE, "utf-16", "UTF-16"),
)
LITERAL = re.compile(r'="([^"]*)"')  # how a spreadsheet is told to leave 0012 alone: ="0012"
OLD_EXCEL = b"\xd0\xcf\x11\xe0"


class Row(msgspec.Struct, frozen=True):
    """One row: its cells as text, from the first column, and what is wrong with it as a whole."""

    number: int  # as a spreadsheet or an editor counts; of a CSV record its first line
    cells: tuple[str, ...]
    wrong: str = ""
    formulas: frozenset[int] = frozenset()  # the columns whose cells hold a formula, kept as its text


class Table(msgspec.Struct):
    """One sheet, or a whole CSV file."""

    sheet: str | None
    rows: Iterable[Row]
    read_as: str  # `Windows-1252, separated by semicolons`


def tables(path: Path, *, encoding: str | None = None, sheet: str | None = None) -> list[Table]:
    """The tables of a file. What kind of file it is shows by its content, not by its name."""
    content = content_of(path)
    if content.startswith(OLD_EXCEL):
        raise CamcensusError(
            f"{path} cannot be read",
            why="it is an old Excel workbook (.xls), or one with a password",
            fix="save it without a password as .xlsx or CSV",
        )
    if content.startswith(b"PK"):
        from scanner.registers.workbook import sheets

        return sheets(path, content, sheet)
    if sheet is not None:
        raise CamcensusError(f"{path} has no sheets", why="it is a CSV file", fix="leave out --sheet")
    text, taken = decode(path, content, encoding)
    return [separated(text, taken)]


def content_of(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST_FILE + 1)
    except OSError as error:
        raise CamcensusError(f"{path} cannot be read", why=error.strerror or str(error)) from None
    if len(content) > LARGEST_FILE:
        raise CamcensusError(
            f"{path} is too large", why=f"a register has at most {LARGEST_FILE >> 20} MB", fix="split it"
        )
    return content


def decode(path: Path, content: bytes, encoding: str | None) -> tuple[str, str]:
    """The text of a CSV file, and in which encoding it was taken.

    A byte that is wrong in an otherwise good UTF-8 file stays in the text as a lone surrogate: a matter of its row.
    """
    if encoding:
        return decode_as(path, content, encoding, encoding)
    for mark, codec, name in MARKS:
        if content.startswith(mark):
            return decode_as(path, content, codec, name)
    if unmarked := without_mark(content):
        return decode_as(path, content, unmarked, "UTF-16 without a byte order mark")
    text = content.decode("utf-8", "surrogateescape")
    wrong = sum("\udc80" <= letter <= "\udcff" for letter in text)
    if not wrong:
        return text, "UTF-8"
    if any(letter > "\x7f" and not "\udc80" <= letter <= "\udcff" for letter in text):
        return text, f"UTF-8, of which {wrong:,} bytes are not"
    try:
        return content.decode("cp1252"), "Windows-1252"
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise CamcensusError(
            f"{path} cannot be read",
            why=f"it is neither UTF-8 nor Windows-1252: line {line} holds the byte {content[error.start]:#04x}",
            fix="name its encoding, such as --encoding mac_roman, or save it as UTF-8",
        ) from None


def decode_as(path: Path, content: bytes, codec: str, name: str) -> tuple[str, str]:
    try:
        return content.decode(codec), name
    except (LookupError, ValueError) as error:
        raise CamcensusError(
            f"{path} cannot be read as {name}", why=str(error), fix="name its encoding with --encoding"
        ) from None


def without_mark(content: bytes) -> str | None:
    """UTF-16 of a western text has a zero in every second byte."""
    start = content[:4096]
    even, odd = start[::2].count(0), start[1::2].count(0)
    if max(even, odd) * 4 < len(start):
        return None
    return "utf-16-le" if odd > even else "utf-16-be"


def separated(text: str, encoding: str) -> Table:
    """Cut a text into rows at the separator that makes the most cells of its first lines."""
    lines = re.findall(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+", text)
    first, told = 0, ""
    if lines and (said := re.fullmatch(r'"?sep=(.)"?\s*', lines[0])):
        first, told = 1, said[1]
    separator = told or max(SEPARATORS, key=lambda one: sum(line.count(one) for line in lines[:20]))
    name = {";": "semicolons", ",": "commas", "\t": "tabs"}.get(separator, repr(separator))
    return Table(None, records(lines, first, separator), f"{encoding}, separated by {name}")


def records(lines: list[str], first: int, separator: str) -> Iterator[Row]:
    at = first
    while at < len(lines):
        span = lines[at : at + LONGEST_RECORD]
        reader = csv.reader([*span, "end\n"], delimiter=separator)
        try:
            cells = tuple(next(reader))
            taken = reader.line_num
        except csv.Error as error:
            cells, taken = (span[0].strip(),), 1
            yield Row(at + 1, cells, f"it cannot be cut into cells: {error}")
            at += taken
            continue
        if taken > len(span):  # it went on into our own last line: nothing ever closes the quotation mark
            yield Row(at + 1, (span[0].strip(),), "a quotation mark in it is never closed")
            at += 1
            continue
        yield checked(at + 1, cells)
        at += taken


def checked(number: int, cells: tuple[str, ...], formulas: Iterable[int] = ()) -> Row:
    """A row with its cells trimmed and made plain, or what is wrong with it."""
    plain = tuple(LITERAL.sub(r"\1", cell) if LITERAL.fullmatch(cell) else cell for cell in map(trim, cells))
    wrong = ""
    if any(len(cell) > LONGEST_CELL for cell in plain):
        wrong = f"a cell has more than {LONGEST_CELL:,} characters"
    elif any("\udc80" <= letter <= "\udcff" for cell in plain for letter in cell):
        wrong = "it is not UTF-8, as the rest of the file is"
        plain = tuple(re.sub("[\udc80-\udcff]", "\N{REPLACEMENT CHARACTER}", cell) for cell in plain)
    return Row(number, plain, wrong, frozenset(formulas))


def trim(cell: str) -> str:
    """Without the spaces round it, also those that cannot be seen, and on one line."""
    return " ".join(cell.replace("\u200b", "").replace("\ufeff", "").replace("\0", "").split())


def csv_text(rows: Iterable[Iterable[object]]) -> str:
    """Rows as CSV (RFC 4180) in which no cell runs as a formula when a spreadsheet opens it."""
    from reports.csv import harmless, text

    file = io.StringIO(newline="")
    csv.writer(file).writerows([harmless(text(cell)) for cell in row] for row in rows)
    return file.getvalue()
