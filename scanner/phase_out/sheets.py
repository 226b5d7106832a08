"""Tables with headings, whoever wrote them: each row as fields with texts, what is wrong by row and column."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import chain, islice
from pathlib import Path

import msgspec

from scanner.errors import CamcensusError
from scanner.registers.entries import HEADING_ROWS, Problem, plain
from scanner.registers.tables import Row, Table, tables

Headings = Mapping[str, Sequence[str]]
"""The headings that each field is known by; the first is the one that camcensus writes."""


class Line(msgspec.Struct, frozen=True):
    """One row that holds something: the texts of its cells by field, empty ones included."""

    sheet: str | None
    row: int
    cells: dict[str, str]
    formulas: frozenset[str] = frozenset()  # the fields whose cell holds a formula


class Sheets(msgspec.Struct):
    """What came out of a file."""

    file: str
    lines: list[Line]
    problems: list[Problem]
    headings: dict[str, str]  # of each field that has a column
    ignored: list[str]  # headings that mean nothing here
    refused: set[str]  # what rows that cannot be used name in the column that is needed

    def problem(self, line: Line, field: str, text: str) -> Problem:
        return Problem(self.file, line.sheet, line.row, self.headings.get(field, ""), text)


def read(
    path: Path, known: Headings, needs: str, *, sheet: str | None = None, encoding: str | None = None
) -> Sheets:
    """Read the tables of a file that have a column for `needs`. Raises CamcensusError when none has."""
    found = Sheets(path.name, [], [], {}, [], set())
    seen: list[str] = []
    for table in tables(path, encoding=encoding, sheet=sheet):
        rows = iter(table.rows)
        first = list(islice(rows, HEADING_ROWS))
        at, columns = _headings(first, known)
        if at is None or needs not in columns.values():
            seen += [cell for row in first[:1] for cell in row.cells if cell]
            continue
        _refuse_doubles(path, table, first[at], columns)
        heading = first[at]
        found.headings |= {field: heading.cells[column] for column, field in columns.items()}
        found.ignored += [cell for n, cell in enumerate(heading.cells) if cell and n not in columns]
        _take(found, table, heading, columns, chain(first[at + 1 :], rows), needs)
    if not found.headings:
        raise CamcensusError(
            f"{path} has no column {known[needs][0]!r}",
            why=f"its first row holds: {', '.join(seen)[:300] or 'nothing'}",
            fix=f"give it a row of headings: {', '.join(names[0] for names in known.values())[:300]}",
        )
    return found


def _headings(rows: Sequence[Row], known: Headings) -> tuple[int | None, dict[int, str]]:
    names = {plain(name): field for field, several in known.items() for name in several}
    best: tuple[int | None, dict[int, str]] = (None, {})
    for at, row in enumerate(rows):
        columns = {n: names[plain(cell)] for n, cell in enumerate(row.cells) if plain(cell) in names}
        if len(set(columns.values())) > len(set(best[1].values())):
            best = (at, columns)
    return best


def _refuse_doubles(path: Path, table: Table, heading: Row, columns: Mapping[int, str]) -> None:
    seen: dict[str, str] = {}
    for column, field in columns.items():
        if field in seen:
            where = f", sheet {table.sheet}" if table.sheet else ""
            raise CamcensusError(
                f"{path}{where} has two columns for {field}",
                why=f"they are headed {seen[field]} and {heading.cells[column]}",
                fix="rename or remove one of them",
            )
        seen[field] = heading.cells[column]


def _take(
    found: Sheets,
    table: Table,
    heading: Row,
    columns: Mapping[int, str],
    rows: Iterable[Row],
    needs: str,
) -> None:
    for row in rows:
        if not any(row.cells) and not row.wrong:
            continue
        cells = {field: row.cells[n] if n < len(row.cells) else "" for n, field in columns.items()}
        formulas = frozenset(field for n, field in columns.items() if n in row.formulas)
        line = Line(table.sheet, row.number, cells, formulas)
        wrong = row.wrong
        if not wrong and any(row.cells[len(heading.cells) :]):
            wrong = "it has more cells than there are headings: is a separator or a quotation mark in a cell?"
        if wrong:
            found.problems.append(Problem(found.file, table.sheet, row.number, "", wrong))
            found.refused.add(cells[needs])
        else:
            found.lines.append(line)
