"""Finding and opening the file of the inventory: owner-only, ours, of this version or older, or not at all."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from scanner.errors import CamcensusError
from scanner.inventory.fields import provide
from scanner.inventory.log import watch
from scanner.inventory.schema import APPLICATION_ID, STEPS, migrate

if TYPE_CHECKING:
    from sqlite_utils import Database

PATIENCE = 30.0  # seconds for which another program may hold the file, before that is an error

MAGIC = b"SQLite format 3\0"  # https://www.sqlite.org/fileformat.html, section 1.3.1
RESTORE = "keep the file, and restore a backup; or rescue what it holds with: sqlite3 FILE .recover"

TROUBLE: dict[int, tuple[str, str]] = {
    # SQLite's code           why, fix
    sqlite3.SQLITE_BUSY:     ("another program holds it, and has not let go of it for a while",
                              "close what edits it (a database browser with unsaved changes?), then try again"),
    sqlite3.SQLITE_CANTOPEN: ("it cannot be opened", "look at the permissions of the file and of its folder"),
    sqlite3.SQLITE_CORRUPT:  ("the file is damaged", RESTORE),
    sqlite3.SQLITE_FULL:     ("the disk is full", "free some space, then go on: nothing written so far is lost"),
    sqlite3.SQLITE_IOERR:    ("the disk reported an error", "look at the disk and its mount, then try again"),
    sqlite3.SQLITE_NOTADB:   ("the file is no SQLite database", "choose another with --inventory"),
    sqlite3.SQLITE_PERM:     ("access is denied", "run as the owner of the file, or choose another"),
    sqlite3.SQLITE_READONLY: ("it may only be read", "run as the owner of the file, or choose another"),
}  # fmt: skip


def default_path() -> Path:
    """CAMCENSUS_INVENTORY, or else where this platform keeps a user's data."""
    if chosen := os.environ.get("CAMCENSUS_INVENTORY"):
        return Path(chosen)
    from platformdirs import user_data_path

    return user_data_path("camcensus", appauthor=False) / "inventory.db"


def connect(path: Path, *, create: bool, patience: float = PATIENCE) -> Database:
    """Open the inventory at `path`, made or brought up to date first where needed."""
    if not create and (not path.exists() or is_empty(path)):
        raise CamcensusError(
            f"there is no inventory at {path}",
            why="the file is empty" if path.exists() else "nothing has been recorded there yet",
            fix="run camcensus scan first, or name another with --inventory",
        )
    if not path.exists():
        make_file(path)
    refuse_foreign(path)
    try:
        with explained(path):
            return opened(path, patience)
    except sqlite3.DatabaseError as error:  # SQLite has no code of its own for a header that makes no sense
        raise CamcensusError(
            f"the inventory {path} cannot be used", why=f"the file is damaged: {error}", fix=RESTORE
        ) from error


def is_empty(path: Path) -> bool:
    """Whether nothing was ever written to a file, not even to the log beside it."""
    return path.is_file() and path.stat().st_size == 0 and not Path(f"{path}-wal").exists()


def refuse_foreign(path: Path) -> None:
    """Raises CamcensusError for a file that no SQLite wrote: it takes one of a single byte for an empty database."""
    try:
        with path.open("rb") as file:
            start = file.read(len(MAGIC))
    except OSError:
        return  # SQLite says better what is wrong
    if start and start != MAGIC:
        why, fix = TROUBLE[sqlite3.SQLITE_NOTADB]
        raise CamcensusError(f"the inventory {path} cannot be used", why=why, fix=fix)


def make_file(path: Path) -> None:
    """An empty file that its owner alone can read; SQLite gives its -wal and -shm files the same rights."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    except OSError as error:
        raise CamcensusError(
            f"the inventory {path} cannot be created",
            why=error.strerror or str(error),
            fix="choose a place you may write to with --inventory",
        ) from None


def opened(path: Path, patience: float) -> Database:
    from sqlite_utils import Database

    connection = sqlite3.connect(path, timeout=patience, check_same_thread=False)
    try:
        db = Database(connection, execute_plugins=False)
        version = recognise(db, path)
        if version == 0:
            path.chmod(0o600)  # it may have been made ready by somebody else; SQLite's own files follow it
        db.enable_wal()
        db.execute("PRAGMA synchronous = NORMAL")
        db.execute("PRAGMA foreign_keys = ON")
        provide(db)
        if version < len(STEPS):
            with transaction(db):
                recognise(db, path)  # again, now that no other process can be at it too
                migrate(db)
        watch(db)
    except BaseException:
        connection.close()
        raise
    return db


def recognise(db: Database, path: Path) -> int:
    """The schema version of the file, 0 when it is empty. Raises when it is not ours, or too new."""
    application, version, tables = (
        db.execute(query).fetchone()[0]
        for query in ("PRAGMA application_id", "PRAGMA user_version", "SELECT count(*) FROM sqlite_master")
    )
    if application != APPLICATION_ID and (application or version or tables):
        raise CamcensusError(
            f"{path} is not an inventory of camcensus",
            why="it is a database that another program made; nothing in it was changed",
            fix="choose another file with --inventory",
        )
    if version > len(STEPS):
        raise CamcensusError(
            f"the inventory {path} is newer than this camcensus",
            why=f"its tables are of version {version}, this program knows them up to {len(STEPS)}",
            fix="upgrade camcensus; nothing in the file was changed",
        )
    return int(version)


@contextmanager
def transaction(db: Database) -> Iterator[None]:
    """All or nothing, and the only writer meanwhile."""
    db.conn.execute("BEGIN IMMEDIATE")
    try:
        yield
        db.conn.execute("COMMIT")
    except BaseException:
        db.rollback()
        raise


@contextmanager
def one_moment(db: Database) -> Iterator[None]:
    """Whatever others write meanwhile, all that is read is as of now."""
    db.execute("BEGIN")
    try:
        yield
    finally:
        db.rollback()


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Turn what SQLite reports about the file into an error that says why, and what to do."""
    try:
        yield
    except sqlite3.Error as error:
        primary = (
            getattr(error, "sqlite_errorcode", 0) & 0xFF
        )  # the rest of the code says where inside SQLite
        if str(error).startswith(("no such table", "no such column")):
            raise CamcensusError(
                f"the inventory {path} cannot be used",
                why=f"it lacks a part that camcensus made, somebody changed it: {error}",
                fix=RESTORE,
            ) from error
        if str(error).startswith("Could not decode"):  # Python's own error, without a code
            primary = sqlite3.SQLITE_CORRUPT
        if primary not in TROUBLE:
            raise
        why, fix = TROUBLE[primary]
        raise CamcensusError(f"the inventory {path} cannot be used", why=why, fix=fix) from error
