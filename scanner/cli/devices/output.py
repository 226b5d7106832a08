"""Devices in every format of the list: a table to read, CSV, JSON Lines of the contract, and the raw replies."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from rich.table import Table

    from scanner.inventory import Device, Inventory
    from scanner.inventory.fields import Field

WHOLE = 16  # characters of a cell that stay in one piece, where it has so many


def write_devices(form: str, found: Iterable[Device]) -> None:
    """Devices whole, or what a table has room for."""
    if form == "jsonl":
        write_lines(found)
    elif form == "csv":
        from reports import csv

        write_csv(csv.COLUMNS, (csv.row(device) for device in found))
    else:
        show(table(devices := list(found)), len(devices))


def write_columns(form: str, fields: Sequence[Field], found: Iterable[Sequence[object]]) -> None:
    """Some fields of devices. The names of the fields are headings and keys."""
    names = [field.name for field in fields]
    if form == "jsonl":
        import msgspec

        encode = msgspec.json.Encoder().encode
        for row in found:
            sys.stdout.buffer.write(encode(dict(zip(names, row, strict=True))) + b"\n")
    elif form == "csv":
        from reports import csv

        write_csv(names, ([csv.harmless(csv.text(value)) for value in row] for row in found))
    else:
        cells = [[cell(value, field) for value, field in zip(row, fields, strict=True)] for row in found]
        show(grid(names, cells), len(cells))


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


def show(made: Table | str, count: int) -> None:
    from rich.console import Console

    from reports import wording

    if isinstance(made, str):
        click.echo(made, nl=False)
    elif count:
        Console(highlight=False, markup=False, emoji=False).print(made)
    click.echo(f"{wording.devices(count)}. What was not seen: camcensus runs", err=True)


def table(found: Sequence[Device]) -> Table:
    """What people look at first."""
    from rich.table import Table
    from rich.text import Text

    from reports import wording

    made = Table(box=None, padding=(0, 1, 0, 0), header_style="bold", expand=True)
    made.add_column("Id", width=7)
    made.add_column("Address", width=16, overflow="fold")  # and its mark of a conflict
    for heading, share in (("Made by", 3), ("Shown as", 3), ("Model", 5), ("Category", 3)):
        made.add_column(heading, ratio=share, overflow="fold")
    made.add_column("Confidence", width=10)
    for device in found:
        cells = (
            device.id,
            wording.shown(device.address or device.mac or "") + ("!" if device.conflicts else ""),
            wording.made_by(device),
            wording.shown_as(device),
            wording.name(device.model or ""),
            wording.category(device),
            device.confidence,
        )
        made.add_row(*map(Text, cells))
    return made


def grid(names: Sequence[str], rows: Sequence[Sequence[str]]) -> Table | str:
    """A table where the columns fit side by side; else every device as a block of lines, a field each."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    widest = [max(map(len, column)) for column in zip(names, *rows, strict=True)]
    least = [max(len(name), min(width, WHOLE)) for name, width in zip(names, widest, strict=True)]
    if sum(least) + len(least) > Console().width:
        label = max(map(len, names))
        return "".join(block(names, row, label) + "\n" for row in rows)
    made = Table(box=None, padding=(0, 1, 0, 0), header_style="bold")
    for name, width in zip(names, least, strict=True):
        made.add_column(name, min_width=width, overflow="fold")
    for row in rows:
        made.add_row(*map(Text, row))
    return made


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

    if isinstance(value, bool):
        return "yes" if value else "no"
    if field.kind == "moment" and isinstance(value, str):
        return wording.moment(datetime.fromisoformat(value))
    return wording.shown(csv.text(value))
