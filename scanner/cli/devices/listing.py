"""`camcensus devices list`: the inventory as a table."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, get_args

import click

from scanner.cli.devices.output import write_lines, write_replies
from scanner.cli.options import inventory_option
from scanner.model import Confidence

if TYPE_CHECKING:
    from rich.table import Table

    from scanner.inventory import Device


@click.command("list")
@click.option(
    "--maker", metavar="NAME", help="Only those made by this maker: hikvision, dahua, other, or a name."
)
@click.option("--brand", metavar="NAME", help="Only those shown as this brand.")
@click.option(
    "--confidence",
    type=click.Choice([level for level in get_args(Confidence) if level != "none"]),
    help="Only those whose maker is at least this sure.",
)
@click.option("--covered", is_flag=True, help="Only those whose maker a policy names.")
@click.option(
    "--search", metavar="TEXT", help="Only those with this text in an address, a name, a model, a serial…"
)
@click.option("--run", metavar="RUN", help="Only what this run saw.")
@click.option("--jsonl", is_flag=True, help="Write JSON Lines instead of a table.")
@click.option("--replies", is_flag=True, help="Write the raw replies behind them instead, as JSON Lines.")
@inventory_option
def list_(
    maker: str | None,
    brand: str | None,
    confidence: Confidence | None,
    covered: bool,
    search: str | None,
    run: str | None,
    jsonl: bool,
    replies: bool,
    inventory: Path,
) -> None:
    """List the devices in the inventory. `devices` alone is short for this.

    \b
    $ camcensus devices --maker hikvision --confidence probable
    $ camcensus devices list --search 10.20.0. --jsonl
    """
    from scanner.inventory import open_inventory

    with open_inventory(inventory, create=False) as opened:
        run = opened.run(run).id if run else None
        found = opened.devices(
            maker=maker,
            brand=brand,
            confidence=confidence or "none",
            covered=covered,
            text=search,
            run=run,
        )
        if replies:
            write_replies(opened, found, run)
        elif jsonl:
            write_lines(found)
        else:
            show_list(found)


def show_list(found: Sequence[Device]) -> None:
    from rich.console import Console

    from reports import wording

    if found:
        Console(highlight=False, markup=False, emoji=False).print(table(found))
    click.echo(f"{wording.devices(len(found))}. What was not seen: camcensus runs", err=True)


def table(found: Sequence[Device]) -> Table:
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
