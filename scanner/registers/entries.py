"""From rows of text to entries: which column is which field, and whether each value can be one.

A row is kept whole or rejected whole, with each wrong cell named: a half-read row would be a wrong one.
"""

from __future__ import annotations

import ipaddress
import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache
from importlib.resources import files
from itertools import chain, islice
from pathlib import Path
from typing import Literal

import msgspec

from scanner.errors import CamcensusError
from scanner.registers.tables import Row, Table, tables

Kind = Literal["register", "networks", "removals"]

IDENTIFYING = (
    "serial",
    "mac",
    "asset",
    "address",
)  # what may name one device, the surest first but for the asset
ONE_OF_A_KIND = ("serial", "mac", "asset")  # what no two rows should share
LONGEST = 500  # characters of a value
HEADING_ROWS = 30  # headings stand among the first rows: titles and notes may stand above them
NOTHING = frozenset({"-", "--", "–", "—", "/", "?", "n/a", "#n/a", "na", "none", "null", "unknown", "k.a.", "unbekannt",
                     "keine", "tbd"})  # fmt: skip
ROUNDED = re.compile(r"-?\d+([.,]\d+)?E\+\d+", re.IGNORECASE)  # what a spreadsheet makes of a long number
MAC = re.compile(r"(?:[0-9a-f]{2}[:\- ]?){5}[0-9a-f]{2}|(?:[0-9a-f]{4}\.){2}[0-9a-f]{4}", re.IGNORECASE)


class Entry(msgspec.Struct, frozen=True):
    """One row that can be used: its place in the file, and the fields that hold something."""

    sheet: str | None
    row: int
    fields: dict[str, str]


class Problem(msgspec.Struct, frozen=True):
    """What is wrong in one place of a file."""

    file: str
    sheet: str | None
    row: int
    column: str  # its heading; empty when it is the whole row
    text: str

    def __str__(self) -> str:
        sheet = f"sheet {self.sheet}, " if self.sheet else ""
        column = f", column {self.column}" if self.column else ""
        return f"{self.file}: {sheet}row {self.row}{column}: {self.text}"


class Reading(msgspec.Struct):
    """What came out of a file. Each row that holds anything is an entry or is in `rejected`."""

    entries: list[Entry]
    rejected: list[Problem]  # several of one row, when several of its cells are wrong
    notices: list[Problem]  # of rows that are kept
    rows: int
    about: list[str]  # how the file was read
    headings: dict[str, str] = {}  # of each field

    def rejections(self) -> list[Problem]:
        """In the order of the file."""
        return sorted(self.rejected, key=lambda one: (one.sheet or "", one.row))


def read(
    path: Path,
    kind: Kind = "register",
    *,
    columns: Mapping[str, str] | None = None,
    encoding: str | None = None,
    sheet: str | None = None,
) -> Reading:
    """Read a file. `columns` gives fields the heading that is theirs. Raises CamcensusError when none is known."""
    reading = Reading([], [], [], 0, [])
    seen: list[str] = []
    understood = False
    for table in tables(path, encoding=encoding, sheet=sheet):
        rows = iter(table.rows)
        first = list(islice(rows, HEADING_ROWS))
        at, fields = headings(first, kind, columns or {})
        where = f"sheet {table.sheet}: " if table.sheet else ""
        if at is None:
            seen += [cell for row in first[:1] for cell in row.cells if cell]
            if any(any(row.cells) for row in first):
                reading.about.append(f"{where}not read, for it has no headings that are known")
            continue
        understood = True
        one_each(path, fields, first[at], table.sheet)
        reading.about.append(f"{where}{table.read_as}; headings in row {first[at].number}: " + ", ".join(
            f"{field} = {first[at].cells[column]}" for column, field in fields.items()))  # fmt: skip
        if ignored := [cell for n, cell in enumerate(first[at].cells) if cell and n not in fields]:
            reading.about.append(f"{where}columns not used: {', '.join(ignored)}")
        reading.headings |= {field: first[at].cells[column] for column, field in fields.items()}
        take(reading, path.name, table, first[at], fields, chain(first[at + 1 :], rows), kind)
    if not understood:
        raise CamcensusError(
            f"{path} has no headings that are known",
            why=f"its first row holds: {', '.join(seen)[:300] or 'nothing'}",
            fix=f"say which column is which, such as --column {first_field(kind)}='{(seen or ['Heading'])[0][:40]}'",
        )
    if kind == "register":
        reject_repeated(reading, path.name)
    return reading


def first_field(kind: Kind) -> str:
    return next(iter(synonyms()[kind]))


@cache
def synonyms() -> dict[str, dict[str, list[str]]]:
    """The headings that each field is known by, per kind of file."""
    text = (files("scanner.registers") / "headings.toml").read_bytes()
    return msgspec.toml.decode(text, type=dict[str, dict[str, list[str]]])


def plain(heading: str) -> str:
    """A heading without what people spell differently: case, accents, punctuation."""
    spelt = (
        unicodedata.normalize("NFC", heading)
        .casefold()
        .replace("ä", "ae")
        .replace("ö", "oe")
        .replace("ü", "ue")
    )
    bare = "".join(one for one in unicodedata.normalize("NFKD", spelt) if not unicodedata.combining(one))
    return " ".join(re.findall(r"[^\W_]+", bare))


def headings(
    rows: Sequence[Row], kind: Kind, columns: Mapping[str, str]
) -> tuple[int | None, dict[int, str]]:
    """The row with the most known headings, as its index, and the field of each of its columns."""
    known = {plain(name): field for field, names in synonyms()[kind].items() for name in names}
    if unknown := set(columns) - set(synonyms()[kind]):
        raise CamcensusError(
            f"there is no field {min(unknown)!r}", fix=f"the fields are: {', '.join(synonyms()[kind])}"
        )
    known = {name: field for name, field in known.items() if field not in columns}
    known |= {plain(heading): field for field, heading in columns.items()}
    found: tuple[int | None, dict[int, str]] = (None, {})
    for at, row in enumerate(rows):
        fields = {n: known[plain(cell)] for n, cell in enumerate(row.cells) if plain(cell) in known}
        if len(set(fields.values())) > len(set(found[1].values())):
            found = (at, fields)
    if found[0] is not None and (missing := set(columns) - set(found[1].values())):
        field = min(missing)
        raise CamcensusError(
            f"no column is headed {columns[field]!r}",
            why=f"the headings are: {', '.join(filter(None, rows[found[0]].cells))[:300]}",
            fix=f"correct --column {field}=…",
        )
    return found


def one_each(path: Path, fields: Mapping[int, str], row: Row, sheet: str | None) -> None:
    by_field = defaultdict(list)
    for column, field in fields.items():
        by_field[field].append(row.cells[column])
    for field, names in by_field.items():
        if len(names) > 1:
            raise CamcensusError(
                f"{path}{f', sheet {sheet}' if sheet else ''} has {len(names)} columns for {field}",
                why=f"they are headed {', '.join(names)}",
                fix=f"say which, such as --column {field}='{names[0]}'; rename one of two alike",
            )


def take(
    reading: Reading,
    file: str,
    table: Table,
    heading: Row,
    fields: Mapping[int, str],
    rows: Iterable[Row],
    kind: Kind,
) -> None:
    for row in rows:
        if not any(row.cells) and not row.wrong:
            continue
        reading.rows += 1
        named = {column: heading.cells[column] for column in fields}

        def problem(text: str, column: str = "", row: Row = row) -> Problem:
            return Problem(file, table.sheet, row.number, column, text)

        if row.wrong:
            reading.rejected.append(problem(row.wrong))
            continue
        if any(row.cells[len(heading.cells) :]):
            text = "it has more cells than there are headings: is a separator or a quotation mark in a cell?"
            reading.rejected.append(problem(text))
            continue
        values, wrong, notices = {}, [], []
        for column, field in fields.items():
            cell = row.cells[column] if column < len(row.cells) else ""
            if cell.casefold() in NOTHING or not cell:
                continue
            formula = column in row.formulas
            try:
                values[field] = value(field, cell, formula)
            except ValueError as error:
                wrong.append(problem(str(error), named[column]))
            if formula and not wrong:
                notices.append(problem("it holds a formula, kept as its text: not calculated", named[column]))
        if not wrong and (missing := lacks(values, kind)):
            wrong.append(problem(missing))
        if wrong:
            reading.rejected += wrong
        else:
            reading.notices += notices
            reading.entries.append(Entry(table.sheet, row.number, values))


def lacks(values: Mapping[str, str], kind: Kind) -> str:
    """What a row would need to be of use."""
    if kind == "networks":
        return "" if values.get("site") else "it names no site"
    if kind == "removals":
        named = any(values.get(field) for field in ("device", *IDENTIFYING))
        return "" if named else "it names no device: give an id, a serial number, a MAC address or an address"
    if any(values.get(field) for field in IDENTIFYING) or (
        values.get("switch") and values.get("switch_port")
    ):
        return ""
    return "it names no device: give a serial number, a MAC address, an asset number, an address, or switch and port"


def value(field: str, cell: str, formula: bool) -> str:
    """A cell as the value of a field. Raises ValueError, whose text is for whoever keeps the register."""
    if field in CHECKS:
        if formula or cell.startswith("="):
            raise ValueError("it holds a formula: put its value there instead")
        return CHECKS[field](cell)
    if len(cell) > LONGEST:
        raise ValueError(f"it has more than {LONGEST} characters")
    return cell


def number(cell: str) -> str:
    """A serial or asset number."""
    if ROUNDED.fullmatch(cell):
        raise ValueError(
            f"a spreadsheet has shortened the number to {cell}: format the column as text, and enter it anew"
        )
    if cell.isdigit() and len(cell) > 15 and cell.endswith("00"):
        raise ValueError(
            f"a spreadsheet may have rounded {cell}: format the column as text, and enter it anew"
        )
    if len(cell) > 100:
        raise ValueError("it has more than 100 characters")
    return cell


def mac(cell: str) -> str:
    if ROUNDED.fullmatch(cell):
        return number(cell)  # raises
    if not MAC.fullmatch(cell):
        raise ValueError(f"{cell[:40]!r} is no MAC address")
    digits = re.sub(r"[^0-9a-f]", "", cell.lower())
    if digits in ("0" * 12, "f" * 12):
        raise ValueError(f"{cell!r} is nobody's MAC address")
    return ":".join(digits[at : at + 2] for at in range(0, 12, 2))


def address(cell: str) -> str:
    try:
        return str(ipaddress.ip_address(cell))
    except ValueError:
        raise ValueError(f"{cell[:60]!r} is no IP address") from None


def cidr(cell: str) -> str:
    try:
        return str(ipaddress.ip_network(cell))
    except ValueError:
        try:
            meant = ipaddress.ip_network(cell, strict=False)
        except ValueError:
            raise ValueError(f"{cell[:60]!r} is no network such as 10.20.0.0/24") from None
        raise ValueError(f"{cell} is an address in a network: did you mean {meant}?") from None


CHECKS: dict[str, Callable[[str], str]] = {
    "serial": number, "asset": number, "mac": mac, "address": address, "cidr": cidr,
}  # fmt: skip


def reject_repeated(reading: Reading, file: str) -> None:
    """Reject what says again what an earlier row said; notice rows that share a number but differ."""
    first: dict[tuple[tuple[str, str], ...], Entry] = {}
    holders: dict[tuple[str, str], Entry] = {}
    kept = []
    for entry in reading.entries:
        same = first.setdefault(tuple(sorted(entry.fields.items())), entry)
        if same is not entry:
            text = f"it repeats {place(same)} word for word"
            reading.rejected.append(Problem(file, entry.sheet, entry.row, "", text))
            continue
        kept.append(entry)
        for field, shared in shared_with(entry, holders):
            text = f"{place(shared)} has the same {field}, but differs: which is right is for a person to say"
            reading.notices.append(Problem(file, entry.sheet, entry.row, reading.headings[field], text))
    reading.entries = kept


def shared_with(entry: Entry, holders: dict[tuple[str, str], Entry]) -> Iterator[tuple[str, Entry]]:
    for field in ONE_OF_A_KIND:
        if text := entry.fields.get(field):
            holder = holders.setdefault((field, text.casefold()), entry)
            if holder is not entry:
                yield field, holder


def place(entry: Entry) -> str:
    return f"row {entry.row}" + (f" of sheet {entry.sheet}" if entry.sheet else "")
