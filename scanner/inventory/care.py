"""Care for the file of the inventory: copies of it, its size, and all that it holds as text.

Everything here opens the file by itself, and may be done while others use it.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from scanner.errors import CamcensusError
from scanner.inventory import tables
from scanner.inventory.opening import connect, explained, recognise, transaction

if TYPE_CHECKING:
    from sqlite_utils import Database

MADE_BY = """
    SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND tbl_name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY rowid
"""
ORPHANS = {
    "statements": "hash NOT IN (SELECT statement FROM identifications)",
    "payloads": "hash NOT IN (SELECT payload FROM observations WHERE payload IS NOT NULL)",
}
SIZES = """
    SELECT tbl_name, sum(pgsize) FROM dbstat JOIN sqlite_master USING (name) GROUP BY tbl_name
"""
MONTHS = """
    SELECT substr(started, 1, 7) AS month, count(*) AS runs,
        sum((SELECT count(*) FROM observations WHERE run = runs.id)) AS observations,
        (SELECT count(*) FROM devices WHERE substr(first_seen, 1, 7) = substr(started, 1, 7)) AS new_devices
    FROM runs GROUP BY month ORDER BY month
"""


class Freed(msgspec.Struct, frozen=True):
    """What compacting did: sizes in bytes, and the rows that nothing used any more."""

    before: int
    after: int
    statements: int
    payloads: int


class Month(msgspec.Struct, frozen=True):
    """What came in during a calendar month, in UTC."""

    month: str
    runs: int
    observations: int
    new_devices: int


class Stats(msgspec.Struct, frozen=True):
    """What the inventory holds, and how it grows. Sizes are in bytes, with the indexes of a table."""

    size: int
    rows: dict[str, int]
    sizes: dict[str, int]  # empty where this SQLite cannot tell
    dropped: int  # replies that are not kept any more
    first_run: str | None
    last_run: str | None
    months: tuple[Month, ...]


def backup(path: Path, copy: Path) -> int:
    """Copy the inventory as it is now to a file that is not there yet, and return the size in bytes.

    Whoever writes meanwhile is not held up. The copy is checked before it gets its name; only its owner can read it.
    """
    part = copy.with_name(copy.name + ".part")
    for there in (copy, part):
        if there.exists():
            raise CamcensusError(
                f"no backup was made to {copy}",
                why=f"{there} exists, and nothing is ever written over",
                fix="choose another name, or move the file away",
            )
    with opened(path) as db:
        create(part)
        try:
            with explained(part), closing(sqlite3.connect(part)) as target:
                db.conn.backup(target)  # in one step: a copy in several begins anew whenever somebody writes
                verify(target, part)
            part.rename(copy)
        except BaseException:
            for left in (part, Path(f"{part}-wal"), Path(f"{part}-shm"), Path(f"{part}-journal")):
                left.unlink(missing_ok=True)
            raise
    return copy.stat().st_size


def verify(target: sqlite3.Connection, path: Path) -> None:
    """Raises CamcensusError when a copy is not whole, or no inventory."""
    from sqlite_utils import Database

    recognise(Database(target, execute_plugins=False), path)
    found = target.execute("PRAGMA integrity_check(1)").fetchone()[0]
    if found != "ok":
        raise CamcensusError(
            f"no backup was made to {path}",
            why=f"the copy is damaged: {found}",
            fix="check the inventory and the disk",
        )


def vacuum(path: Path) -> Freed:
    """Drop what nothing uses any more, and give unused space back to the disk. Needs the file for itself meanwhile,
    and room for a second copy."""
    before = size(path)
    with opened(path) as db:
        refuse_damaged(db, path)
        db.execute(
            "PRAGMA foreign_keys = OFF"
        )  # or each row that goes would have all that could use it looked through
        with transaction(db):
            dropped = {table: db.execute(f"DELETE FROM {table} WHERE {unused}").rowcount
                       for table, unused in ORPHANS.items()}  # fmt: skip
        db.execute("VACUUM")
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        return Freed(before, size(path), **dropped)


def refuse_damaged(db: Database, path: Path) -> None:
    """What is missing in a damaged file may be what something else is used by."""
    found = db.execute("PRAGMA integrity_check(1)").fetchone()[
        0
    ]  # the quick one errs on tables WITHOUT ROWID
    lost = db.execute("PRAGMA foreign_key_check").fetchone()
    if found != "ok" or lost:
        why = (
            f"the file is damaged: {found}" if found != "ok" else f"rows are missing that its {lost[0]} need"
        )
        raise CamcensusError(
            f"{path} was not compacted, and nothing in it was changed",
            why=why,
            fix="run: camcensus inventory check",
        )


def export(path: Path, folder: Path) -> dict[str, int]:
    """Write every row of every table to a folder, and return how many there are of each.

    One file of JSON Lines for each table, the keys are its columns; bytes are in base64. `schema.sql` makes the empty
    tables. Only the owner can read them. All is as of one moment.
    """
    if folder.exists() and any(folder.iterdir()):
        raise CamcensusError(
            f"nothing was exported to {folder}",
            why="there is something in it already, and nothing is ever written over",
            fix="choose another folder",
        )
    counts: dict[str, int] = {}
    with opened(path) as db:
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            db.execute("BEGIN")
            with writing(folder / "schema.sql") as lines:
                for name in ("application_id", "user_version"):
                    lines.write(f"PRAGMA {name} = {db.execute(f'PRAGMA {name}').fetchone()[0]};\n".encode())
                lines.write("".join(f"{sql};\n" for (sql,) in db.execute(MADE_BY)).encode())
            for table in tables.names(db):
                with writing(folder / f"{table}.jsonl") as file:
                    counts[table] = 0
                    for line in tables.lines(db, table):
                        file.write(line)
                        counts[table] += 1
            db.execute("COMMIT")
        except OSError as error:
            raise CamcensusError(
                f"the export to {folder} is incomplete",
                why=error.strerror or str(error),
                fix="remove the folder, and choose one with room that you may write to",
            ) from None
    return counts


def stats(path: Path) -> Stats:
    """Count what the inventory holds."""
    with opened(path) as db:
        one = db.execute("SELECT min(started), max(started) FROM runs").fetchone()
        return Stats(
            size=size(path),
            rows={table: db.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
                  for table in tables.names(db)},
            sizes=sizes(db),
            dropped=db.execute(
                "SELECT count(*) FROM observations JOIN payloads ON hash = payload WHERE dropped IS NOT NULL"
            ).fetchone()[0],
            first_run=one[0],
            last_run=one[1],
            months=tuple(Month(*row) for row in db.execute(MONTHS)),
        )  # fmt: skip


def sizes(db: Database) -> dict[str, int]:
    try:
        return dict(db.execute(SIZES).fetchall())
    except sqlite3.OperationalError:  # a build without the table dbstat
        return {}


def size(path: Path) -> int:
    """The bytes on the disk, with what waits in the log to be taken over."""
    files = (path, Path(f"{path}-wal"))
    return sum(file.stat().st_size for file in files if file.exists())


@contextmanager
def opened(path: Path) -> Iterator[Database]:
    db = connect(path, create=False)
    try:
        with explained(path):
            yield db
    finally:
        db.close()


@contextmanager
def writing(path: Path) -> Iterator[Any]:
    """A new file that only its owner can read."""
    create(path)
    with path.open("r+b") as file:
        yield file


def create(path: Path) -> None:
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
    except OSError as error:
        raise CamcensusError(
            f"{path} cannot be written",
            why=error.strerror or str(error),
            fix="choose a place you may write to",
        ) from None
