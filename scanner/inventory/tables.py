"""The tables of the inventory row by row, as `inventory export` spells them: lines of JSON, bytes in base64."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from sqlite_utils import Database

TABLES = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY rowid"
ROWS_AT_ONCE = 500


def names(db: Database) -> list[str]:
    return [name for (name,) in db.execute(TABLES).fetchall()]


def lines(db: Database, table: str) -> Iterator[bytes]:
    return (msgspec.json.encode(row) + b"\n" for row in each_row(db, table))


def each_row(db: Database, table: str) -> Iterator[dict[str, Any]]:
    found = db.execute(f"SELECT * FROM {table} ORDER BY {'rowid' if has_rowid(db, table) else '1, 2, 3'}")
    columns = [column[0] for column in found.description]
    while some := found.fetchmany(ROWS_AT_ONCE):
        for row in some:
            yield {name: as_text(value) for name, value in zip(columns, row, strict=True)}


def has_rowid(db: Database, table: str) -> bool:
    return not db.execute("SELECT 1 FROM pragma_table_list WHERE name = ? AND wr", (table,)).fetchone()


def as_text(value: object) -> object:
    return base64.b64encode(value).decode() if isinstance(value, bytes) else value
