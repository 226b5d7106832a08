"""Devices in every format of the list: a table to read, CSV, JSON Lines of the contract, and the raw replies."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import chain, islice
from typing import TYPE_CHECKING, Generic, TypeVar

import click

from scanner.cli import table
from scanner.cli.table import Column

if TYPE_CHECKING:
    from scanner.inventory import Device, Inventory
    from scanner.inventory.fields import Field

WHOLE = 16  # characters of a cell that stay in one piece, where it has so many
LOOKED_AT = 1_000  # rows that decide on the widths of columns
LINES_AT_ONCE = 100
COLUMNS = (
    Column("Id", 7), Column("Address", 16), Column("Made by", 9, share=3), Column("Shown as", 9, share=3),
    Column("Model", 14, share=5), Column("Category", 8, share=3), Column("Confidence", 10),
)  # fmt: skip

Row = TypeVar("Row")


def write_devices(form: str, found: Iterable[Device]) -> int:
    """Write devices whole, or what a table has room for, and return how many there were."""
    rows = Counted(found)
    if form == "jsonl":
        write_lines(rows)
    elif form == "csv":
        from reports import csv

        write_csv(csv.COLUMNS, (csv.row(device) for device in rows))
    else:
        headings = [column.heading for column in COLUMNS]
        echo(table.lines(headings, table.widths(COLUMNS, table.room()), map(in_short, rows)))
    return rows.count


def write_columns(form: str, fields: Sequence[Field], found: Iterable[Sequence[object]]) -> int:
    """Write some fields of devices, and return how many there were. The names of the fields are headings and keys."""
    names = [field.name for field in fields]
    rows = Counted(found)
    if form == "jsonl":
        import msgspec

        encode = msgspec.json.Encoder().encode
        for row in rows:
            sys.stdout.buffer.write(encode(dict(zip(names, row, strict=True))) + b"\n")
    elif form == "csv":
        from reports import csv

        write_csv(names, ([csv.harmless(csv.text(value)) for value in row] for row in rows))
    else:
        echo(
            grid(
                names,
                ([cell(value, field) for value, field in zip(row, fields, strict=True)] for row in rows),
            )
        )
    return rows.count


class Counted(Generic[Row]):
    """Rows that are handed on, and how many there were."""

    def __init__(self, rows: Iterable[Row]) -> None:
        self._rows, self.count = rows, 0

    def __iter__(self) -> Iterator[Row]:
        for row in self._rows:
            self.count += 1
            yield row


def write_lines(found: Iterable[Device]) -> None:
    """The contract, with the keys of the inventory, and then those that describe the device."""
    import msgspec

    from fingerprints.description import describe

    encode = msgspec.json.Encoder().encode
    for device in found:
        line = msgspec.structs.asdict(device) | describe(device).keys()
        sys.stdout.buffer.write(encode(line) + b"\n")


def write_replies(inventory: Inventory, found: Iterable[Device], run: str | None) -> None:
    from scanner.observations import write

    for device in found:
        for _, observation in inventory.observations(run, device.id):
            sys.stdout.buffer.write(write(observation))


def write_csv(names: Iterable[str], lines: Iterable[Iterable[str]]) -> None:
    import csv
    import io

    file = io.TextIOWrapper(sys.stdout.buffer, encoding="utf-8", newline="", write_through=True)
    writer = csv.writer(file)
    writer.writerow(names)
    writer.writerows(lines)
    file.detach()


def echo(lines: Iterator[str]) -> None:
    """Print lines as they come, a page or so at a time."""
    while some := list(islice(lines, LINES_AT_ONCE)):
        click.echo("\n".join(some))


def in_short(device: Device) -> tuple[str, ...]:
    """What people look at first, in the order of COLUMNS."""
    from reports import wording

    return (
        device.id,
        wording.shown(device.address or device.mac or "") + ("!" if device.conflicts else ""),
        wording.made_by(device),
        wording.shown_as(device),
        wording.name(device.model or ""),
        wording.category(device),
        device.confidence,
    )


def grid(names: Sequence[str], rows: Iterator[Sequence[str]]) -> Iterator[str]:
    """A table where the columns fit side by side; else every device as a block of lines, a field each."""
    first = list(islice(rows, LOOKED_AT))
    widest = [max(map(table.cells, column)) for column in zip(names, *first, strict=True)]
    least = [max(len(name), min(width, WHOLE)) for name, width in zip(names, widest, strict=True)]
    left = table.room() - sum(least) - table.GAP * len(least)
    if left < 0:
        label = max(map(len, names))
        return (block(names, row, label) for row in chain(first, rows))
    more_to_come = WHOLE if len(first) == LOOKED_AT else 0  # what comes later may be longer
    widths = []
    for width, wanted in zip(least, (max(one, more_to_come) for one in widest), strict=True):
        more = min(left, max(0, wanted - width))
        left -= more
        widths.append(width + more)
    return table.lines(names, widths, chain(first, rows))


def block(names: Sequence[str], row: Sequence[str], label: int) -> str:
    """What is known of one device, and nothing of the rest."""
    import shutil
    import textwrap

    width = shutil.get_terminal_size().columns
    return "".join(
        textwrap.fill(text, width, initial_indent=f"{name:<{label}}  ", subsequent_indent=" " * (label + 2))
        + "\n"
        for name, text in zip(names, row, strict=True)
        if text
    )


def cell(value: object, field: Field) -> str:
    """A value as people read it, harmless for the terminal."""
    from reports import csv, wording

    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if field.kind == "moment" and isinstance(value, str):
        return wording.moment(datetime.fromisoformat(value))
    return wording.shown(csv.text(value))
