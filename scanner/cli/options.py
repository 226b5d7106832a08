"""Options that several commands share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

Command = TypeVar("Command", bound=Callable[..., Any])


def inventory_option(command: Command) -> Command:
    """Add `--inventory PATH`: handed over as `inventory`, a Path, the usual place unless told otherwise."""
    return click.option(
        "--inventory",
        type=click.Path(dir_okay=False, path_type=Path),
        envvar="CAMCENSUS_INVENTORY",
        show_envvar=True,
        default=usual_path,
        metavar="PATH",
        help="The inventory to use.",
    )(command)


def usual_path() -> Path:
    from scanner.inventory import default_path

    return default_path()


def fingerprints_option(command: Command) -> Command:
    """Add `--fingerprints DIR`, which may be repeated: handed over as `fingerprints`, a tuple of Paths."""
    return click.option(
        "--fingerprints",
        type=click.Path(exists=True, file_okay=False, path_type=Path),
        multiple=True,
        metavar="DIR",
        help="Also use the fingerprints in this folder; they may replace those that come with camcensus.",
    )(command)


def where_option(command: Command) -> Command:
    """Add `--where CONDITION`: handed over as `where`, a text of the query language, empty for every device."""
    return click.option(
        "--where",
        default="",
        metavar="CONDITION",
        help="Only devices for which this holds, as in: maker = dahua and site = leeds.",
    )(command)


def table_options(command: Command) -> Command:
    """Add what says how a CSV or XLSX file is to be read: handed over as `columns` (texts `FIELD=HEADING`),
    `encoding` and `sheet`."""
    sheet = click.option("--sheet", metavar="NAME", help="Read this sheet only.")
    encoding = click.option(
        "--encoding", metavar="NAME", help="The encoding of a CSV file, when it is taken wrongly."
    )
    columns = click.option(
        "--column",
        "columns",
        multiple=True,
        metavar="FIELD=HEADING",
        help="Which heading a field has in this file.",
    )
    return columns(encoding(sheet(command)))
