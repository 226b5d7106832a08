"""`camcensus devices merge` and `split`: when two devices are one unit, or one device is two."""

from __future__ import annotations

import getpass
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from scanner.cli.options import inventory_option

if TYPE_CHECKING:
    from scanner.model import Identification

why_option = click.option(
    "--why", required=True, metavar="TEXT", help="How it is known; kept with the decision."
)
by_option = click.option(
    "--by", metavar="NAME", default=getpass.getuser, show_default="you", help="Who says so."
)


@click.command()
@click.argument("one")
@click.argument("other")
@why_option
@by_option
@inventory_option
def merge(one: str, other: str, why: str, by: str, inventory: Path) -> None:
    """Make one device of two that are one unit. The one that was seen first keeps its id.

    Both are named as in `devices show`. `devices split ID`, with the id of the one that is gone, undoes it.

    \b
    $ camcensus devices merge d4kx7ab 10.20.0.33 --why "one recorder with two network ports"
    """
    from scanner.inventory import open_inventory

    with open_inventory(inventory, create=False) as opened:
        first, second = opened.device(one).id, opened.device(other).id
        kept = opened.merge(first, second, by=by, why=why)
    gone = second if kept == first else first
    click.echo(f"{gone} is now part of {kept}. To undo: camcensus devices split {gone} --why …", err=True)


@click.command()
@click.argument("device")
@click.option("--address", help="Move what was seen at this address to a new device.")
@click.option("--mac", help="Move what was seen with this MAC address to a new device.")
@click.option("--run", "runs", multiple=True, metavar="RUN", help="Move what this run saw; may be repeated.")
@why_option
@by_option
@inventory_option
def split(
    device: str,
    address: str | None,
    mac: str | None,
    runs: tuple[str, ...],
    why: str,
    by: str,
    inventory: Path,
) -> None:
    """Part a device that is two units, or undo a merge. No later run joins the two again.

    Without a choice, DEVICE is the id of a device that was merged into another. With one or several, all of them must
    hold for what moves.

    \b
    $ camcensus devices split d9wq2fc --why "a bridge answered for it"
    $ camcensus devices split 10.20.0.32 --mac 44:19:b6:00:00:02 --why "two clones"
    """
    from scanner.inventory import open_inventory

    with open_inventory(inventory, create=False) as opened:
        if not (address or mac or runs):
            new = opened.unmerge(device, by=by, why=why)
        else:
            chosen = frozenset(opened.run(run).id for run in runs)
            belongs = chooser(address, mac and mac.lower().replace("-", ":"), chosen)
            new = opened.split(opened.device(device).id, belongs, by=by, why=why)
    click.echo(f"{new} is a device of its own.", err=True)


def chooser(
    address: str | None, mac: str | None, runs: frozenset[str]
) -> Callable[[str, Identification], bool]:
    """Whether an identification of a run fits all that was asked for."""
    return lambda run, it: (
        (not address or it.address == address) and (not mac or it.mac == mac) and (not runs or run in runs)
    )
