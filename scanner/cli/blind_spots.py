"""`camcensus blind-spots`: what nobody has looked at, site by site."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from scanner.cli.options import inventory_option
from scanner.errors import CamcensusError

if TYPE_CHECKING:
    from scanner.blind_spots import BlindSpots


@click.command()
@click.option("--site", metavar="SITE", help="Only this site, by its id or its name.")
@click.option(
    "--older-than",
    type=click.IntRange(min=0),
    default=90,
    show_default=True,
    metavar="DAYS",
    help="What was not looked at for so many days counts as not covered.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "jsonl", "csv"]),
    default="text",
    show_default=True,
    help="One line for each, or whole: one JSON object for each site.",
)
@inventory_option
def blind_spots(site: str | None, older_than: int, form: str, inventory: Path) -> None:
    """Say what nobody has looked at, site by site.

    \b
    $ camcensus blind-spots
    $ camcensus blind-spots --site hq --format jsonl
    """
    import msgspec

    from scanner import blind_spots
    from scanner.inventory import open_inventory

    with open_inventory(inventory, create=False) as opened:
        found = blind_spots.of(opened, old_after=older_than)
    if site is not None:
        found = only(site, found)
    if form == "jsonl":
        sys.stdout.buffer.writelines(msgspec.json.encode(one) + b"\n" for one in found)
    elif form == "csv":
        from reports.csv import render_blind_spots

        sys.stdout.buffer.write(render_blind_spots(found))
    else:
        show(found)


def only(site: str, found: Sequence[BlindSpots]) -> tuple[BlindSpots, ...]:
    chosen = tuple(one for one in found if one.site and site in (one.site, one.name))
    if not chosen:
        raise CamcensusError(
            f"there is no site {site!r}",
            why="the inventory knows: " + (", ".join(one.site for one in found if one.site) or "no site"),
            fix="leave --site out to see all",
        )
    return chosen


def show(found: Sequence[BlindSpots]) -> None:
    from rich.console import Console

    from reports.terminal import sites

    Console(highlight=False, markup=False, emoji=False).print(*sites(found), sep="\n")
