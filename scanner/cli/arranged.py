"""`--columns` and `--sort` of the lists that are read whole: what to show of each record, and in which order.

A list gives its fields, a name and how a record has it; those of `devices list` are the query language's instead.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, TypeVar

import click

from scanner.errors import CamcensusError

Command = TypeVar("Command", bound=Callable[..., Any])
Record = TypeVar("Record")
Fields = Mapping[str, Callable[[Record], object]]


def arranging(command: Command) -> Command:
    """Add `--columns` and `--sort`: handed over as texts, empty when not given."""
    columns = click.option(
        "--columns",
        default="",
        metavar="FIELD,…",
        help="What to show of each; `all` shows everything that is known.",
    )
    sort = click.option(
        "--sort",
        default="",
        metavar="FIELD,…",
        help="Their order; -FIELD begins with the greatest, and what is not known comes last.",
    )
    return columns(sort(command))


def attributes(names: Iterable[str]) -> Fields[Any]:
    """The fields of records that have them as attributes."""
    return {name: lambda one, name=name: getattr(one, name) for name in names}  # type: ignore[misc]


def ordered(records: Sequence[Record], fields: Fields[Record], sort: str) -> list[Record]:
    """The records in the order that was asked for, else in their own. Raises CamcensusError."""
    found = list(records)
    for term in reversed(_named(sort)):
        of, down = fields[_known(term.removeprefix("-"), fields)], term.startswith("-")
        found.sort(key=lambda one: _rank(of(one)), reverse=down)
        found.sort(key=lambda one: of(one) in (None, ""))
    return found


def write(records: Iterable[Record], fields: Fields[Record], columns: str, form: str) -> None:
    """The columns that were asked for, as a table, CSV that runs nothing, or JSON Lines. Raises CamcensusError."""
    names: list[str] = []
    for name in _named(columns):
        names += fields if name.lower() == "all" else [_known(name, fields)]
    names = list(dict.fromkeys(names))
    rows = ([fields[name](one) for name in names] for one in records)
    if form == "jsonl":
        import msgspec

        sys.stdout.buffer.writelines(
            msgspec.json.encode(dict(zip(names, row, strict=True))) + b"\n" for row in rows
        )
    elif form == "csv":
        from scanner.registers.tables import csv_text

        click.echo(csv_text([names, *([_plain(value) for value in row] for row in rows)]), nl=False)
    else:
        from scanner.cli.devices.output import echo, grid

        echo(grid(names, ([_shown(value) for value in row] for row in rows)))


def _named(text: str) -> list[str]:
    return [name for name in re.split(r"[\s,]+", text) if name]


def _known(name: str, fields: Fields[Record]) -> str:
    found = next((one for one in fields if one == name.lower().replace("-", "_")), None)
    if found is None:
        raise CamcensusError(f"there is no field {name!r} here", fix=f"choose of: {', '.join(fields)}")
    return found


def _rank(value: object) -> tuple[int, Any]:
    """Numbers among themselves, and all else as text."""
    if isinstance(value, int | float | Decimal):
        return 0, value
    if isinstance(value, datetime):
        return 1, value.isoformat()
    return 1, str(value).casefold()


def _plain(value: object) -> Any:
    """A value as a cell of a file."""
    if isinstance(value, Mapping):
        return ", ".join(f"{name}: {'' if one is None else one}" for name, one in value.items())
    if isinstance(value, tuple | list):
        return ", ".join(map(str, value))
    return value if value is None or isinstance(value, int | float) else str(value)


def _shown(value: object) -> str:
    """A value as people read it, harmless for the terminal."""
    from reports import wording

    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return wording.moment(value)
    return "" if value is None else wording.shown(str(_plain(value)))
