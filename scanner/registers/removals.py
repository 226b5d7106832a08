"""Removals out of a CSV or XLSX file: each row is one record, or is named with what is wrong with it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from scanner.errors import CamcensusError
from scanner.evidence.removals import DISPOSALS, MEDIA, ROLES, SAID, Role, Taken, moment, one_of
from scanner.registers.entries import Entry, Problem, Reading

NAMING = ("device", "serial", "mac", "asset", "address")  # the surest first; a row may name it by several
APART = ";"  # between the attachments of a cell


class Planned(NamedTuple):
    """One row that can be recorded, once the device that it names is found."""

    entry: Entry
    named: str
    taken: Taken
    replacement: str
    files: tuple[tuple[Role, Path], ...]


def planned(reading: Reading, file: str, folder: Path, now: datetime) -> Iterator[Planned]:
    """The rows of a file that can be recorded. What is wrong with the others is added to those that `reading` rejected.

    Attachments are looked for in the folder of the file and below it, nowhere else.
    """
    for entry in reading.entries:
        found, wrong = {}, []
        for field, text in entry.fields.items():
            try:
                if field in SAID:
                    found[field] = CHECKS[field](text, now) if field in CHECKS else text
            except ValueError as error:
                wrong.append(problem(reading, file, entry, field, str(error)))
        if "at" not in entry.fields:
            wrong.append(problem(reading, file, entry, "at", "it does not say when the device was removed"))
        files = []
        for text in filter(None, (part.strip() for part in entry.fields.get("attach", "").split(APART))):
            try:
                files.append(attachment(text, folder))
            except ValueError as error:
                wrong.append(problem(reading, file, entry, "attach", str(error)))
        if wrong:
            reading.rejected += wrong
            continue
        named = next(entry.fields[field] for field in NAMING if field in entry.fields)
        replacement = found.pop("replacement", "")
        yield Planned(entry, named, msgspec.convert(found, Taken), replacement, tuple(files))


def problem(reading: Reading, file: str, entry: Entry, field: str, text: str) -> Problem:
    return Problem(file, entry.sheet, entry.row, reading.headings.get(field, field), text)


def attachment(text: str, folder: Path | None = None) -> tuple[Role, Path]:
    """`label=photo.jpg`, or a file alone. Raises ValueError for one that is not there, or not below the folder."""
    word, equals, rest = text.partition("=")
    role: Any = word.strip().casefold() if equals and word.strip().casefold() in ROLES else "other"
    path = Path(rest.strip() if equals and role == word.strip().casefold() else text)
    if folder is not None:
        path = folder / path
        if not path.resolve().is_relative_to(folder.resolve()):
            raise ValueError(f"{text[:80]!r} is not in the folder of the file")
    if not path.is_file():
        raise ValueError(f"there is no file {str(path)[:200]!r}")
    return role, path


def content(path: Path, most: int) -> bytes:
    """The content of a file to attach; no more of it than is needed to see that it is too large."""
    try:
        with path.open("rb") as file:
            return file.read(most + 1)
    except OSError as error:
        raise CamcensusError(f"{path} cannot be attached", why=error.strerror or str(error)) from None


def when(text: str, now: datetime) -> str:
    return moment(text, now)


CHECKS: dict[str, Callable[[str, datetime], str]] = {
    "at": when, "isolated": when,
    "disposal": lambda text, now: one_of(DISPOSALS)(text), "media": lambda text, now: one_of(MEDIA)(text),
}  # fmt: skip
