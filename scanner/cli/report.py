"""`camcensus report`: the census as a file, for people and for other programs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from scanner.cli.options import inventory_option, where_option
from scanner.errors import CamcensusError

if TYPE_CHECKING:
    from reports.content import Census

Command = TypeVar("Command", bound=Callable[..., Any])


def report_options(command: Command) -> Command:
    """What every format takes: where to write, and which part of the inventory."""
    for option in (
        inventory_option,
        where_option,
        click.option("--title", default="", help="Its heading. [default: the targets]"),
        click.option(
            "--run", "run_id", metavar="RUN", help="Only the devices that this run saw. [default: all runs]"
        ),
        click.option(
            "--output",
            type=click.Path(dir_okay=False, allow_dash=True),
            default="-",
            metavar="FILE",
            help="Where to write it. [default: standard output]",
        ),
    ):
        command = option(command)
    return command


@click.group()
def report() -> None:
    """Write the census as CSV or as a page to read.

    \b
    $ camcensus report html --output census.html
    $ camcensus report csv --output census.csv
    """


@report.command()
@click.option(
    "--excel", is_flag=True, help="Begin with a byte order mark, without which Excel misreads accents."
)
@click.option(
    "--blind-spots",
    metavar="FILE",
    help="Where to write what was not seen: a file for itself, of other columns.",
)
@report_options
def csv(
    output: str,
    run_id: str | None,
    title: str,
    where: str,
    inventory: Path,
    excel: bool,
    blind_spots: str | None,
) -> None:
    """Write the devices as CSV, one row each, with the keys of the JSON as columns.

    Cells that a spreadsheet would run as a formula are made harmless.
    """
    from reports import csv

    made = census(inventory, run_id, title, where)
    write(output, csv.render(made, byte_order_mark=excel))
    if blind_spots:
        write(blind_spots, csv.render_blind_spots(made.unseen, byte_order_mark=excel))


@report.command()
@report_options
def html(output: str, run_id: str | None, title: str, where: str, inventory: Path) -> None:
    """Write the census as one HTML page that works offline: counts, blind spots, and the evidence of each device."""
    from reports import page

    write(output, page.render(census(inventory, run_id, title, where)).encode())


def census(inventory: Path, run_id: str | None, title: str, where: str) -> Census:
    from reports.content import Census
    from scanner.inventory import open_inventory

    with open_inventory(inventory, create=False) as opened:
        return Census.from_inventory(opened, run_id, title=title, where=where)


def write(output: str, content: bytes) -> None:
    """Write a file whole or not at all, or to standard output when it is `-`."""
    try:
        with click.open_file(output, "wb", atomic=True) as file:
            file.write(content)
    except OSError as error:
        raise CamcensusError(
            f"the report {output} cannot be written",
            why=error.strerror or str(error),
            fix="choose a place you may write to with --output",
        ) from None
