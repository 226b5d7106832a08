"""`camcensus sites`: the places that networks and devices belong to."""

from __future__ import annotations

import getpass
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from scanner.cli import arranged
from scanner.cli.options import inventory_option, table_options
from scanner.errors import CamcensusError

if TYPE_CHECKING:
    from scanner.inventory.journal import Change

by_option = click.option(
    "--by", metavar="NAME", default=getpass.getuser, show_default="you", help="Who says so."
)
format_option = click.option(
    "--format", "form", type=click.Choice(["table", "csv", "jsonl"]), default="table", show_default=True
)


@click.group(invoke_without_command=True)
@arranged.arranging
@format_option
@inventory_option
@click.pass_context
def sites(context: click.Context, columns: str, sort: str, form: str, inventory: Path) -> None:
    """Say where networks are: sites, buildings, floors, rooms.

    Without a command, the sites are listed.

    \b
    $ camcensus sites add hq --name "Head office"
    $ camcensus sites networks hq 10.20.0.0/22 --building "Block A"
    $ camcensus sites
    """
    if context.invoked_subcommand:
        context.obj = inventory
        return
    from scanner.inventory import open_inventory, places

    with open_inventory(inventory, create=False) as opened:
        found = opened.ask(places.sites)
        several = opened.ask(places.ambiguous)
    names = ("id", "name", "sensitivity", "networks", "devices", "note")
    list_(found, form, names, columns, sort, right=("networks", "devices"))
    click.echo(f"{len(found):,} site{'' if len(found) == 1 else 's'}.", err=True)
    tell_ambiguous(several)


@sites.command()
@click.argument("site")
@click.option("--name", metavar="TEXT", help="What people call it.  [default: SITE]")
@click.option("--note", metavar="TEXT", help="Anything else.")
@click.option(
    "--sensitivity",
    type=click.Choice(["low", "normal", "high", "critical"]),
    help="How much it matters what its cameras see; the plan to replace them begins where it matters most.",
)
@by_option
@inventory_option
def add(
    site: str, name: str | None, note: str | None, sensitivity: str | None, by: str, inventory: Path
) -> None:
    """Add a site, or give one that exists another name, note or sensitivity. SITE is its id, short and lasting.

    \b
    $ camcensus sites add hq --name "Head office"
    """
    from scanner.inventory import open_inventory, places

    with open_inventory(inventory) as opened:
        new = opened.change(places.add_site, by, site, name, note, sensitivity)
    click.echo(f"{site} {'added' if new else 'is up to date'}.", err=True)


@sites.command()
@click.argument("site")
@by_option
@inventory_option
def remove(site: str, by: str, inventory: Path) -> None:
    """Remove a site with its networks. Refused while devices are there.

    \b
    $ camcensus sites remove annexe
    """
    from scanner.inventory import open_inventory, places

    with open_inventory(inventory, create=False) as opened:
        gone = opened.change(places.remove_site, by, site)
    click.echo(f"{gone} removed.", err=True)


@sites.command()
@click.argument("site")
@click.argument("cidr", required=False)
@click.option("--building", metavar="TEXT", help="The building that the addresses are in.")
@click.option("--floor", metavar="TEXT", help="The floor.")
@click.option("--room", metavar="TEXT", help="The room.")
@click.option("--note", metavar="TEXT", help="Anything else.")
@click.option("--remove", "gone", is_flag=True, help="Take the network off the site instead.")
@arranged.arranging
@format_option
@by_option
@inventory_option
def networks(
    site: str,
    cidr: str | None,
    gone: bool,
    columns: str,
    sort: str,
    form: str,
    by: str,
    inventory: Path,
    **where: str | None,
) -> None:
    """Say which addresses belong to a site, or to a part of it. Without CIDR, list its networks.

    The longest prefix that holds an address counts. Devices in the inventory get their place at once.

    \b
    $ camcensus sites networks hq 10.20.0.0/22 --building "Block A"
    $ camcensus sites networks hq
    """
    from scanner.inventory import open_inventory, places
    from scanner.registers import entries

    with open_inventory(inventory, create=False) as opened:
        site = opened.ask(places.known_site, site)
        if cidr is None:
            found = opened.ask(places.networks, site)
            list_(found, form, ("cidr", "building", "floor", "room", "note"), columns, sort)
            return
        try:
            cidr = entries.cidr(cidr)
        except ValueError as error:
            raise CamcensusError(str(error)) from None
        if gone:
            changes = opened.change(places.remove_network, by, site, cidr)
        else:
            changes = opened.change(places.add_networks, by, [places.Network(site=site, cidr=cidr, **where)])
        several = opened.ask(places.ambiguous)
    tell_changed(changes)
    tell_ambiguous(several)


@sites.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@table_options
@by_option
@inventory_option
def import_(
    file: Path, columns: tuple[str, ...], encoding: str | None, sheet: str | None, by: str, inventory: Path
) -> None:
    """Read sites and their networks from a CSV or XLSX file.

    Columns: site, cidr, building, floor, room, note; only site is needed. Sites that are not known are added.

    \b
    $ camcensus sites import networks.xlsx
    """
    from scanner.inventory import open_inventory, places
    from scanner.registers.entries import read

    reading = read(file, "networks", columns=chosen_columns(columns), encoding=encoding, sheet=sheet)
    with open_inventory(inventory) as opened:
        added, changes = opened.change(places.import_networks, by, [one.fields for one in reading.entries])
    tell_reading(reading)
    click.echo(f"{added:,} site{'' if added == 1 else 's'} added.", err=True)
    tell_changed(changes)
    if reading.rejected:
        sys.exit(3)


def chosen_columns(columns: Sequence[str]) -> dict[str, str]:
    """FIELD=HEADING pairs. Raises CamcensusError."""
    if wrong := [one for one in columns if not one.partition("=")[2]]:
        raise CamcensusError(
            f"--column {wrong[0]} names no heading", fix="write it as --column FIELD=HEADING"
        )
    return {one.partition("=")[0].strip().replace("-", "_"): one.partition("=")[2] for one in columns}


def tell_reading(reading: Any) -> None:
    """How a file was read, and what of it was not used and why, row by row."""
    from reports import wording

    for line in reading.about:
        click.echo(wording.shown(line, 1_000), err=True)
    for problem in reading.rejections():
        click.echo(f"rejected  {wording.shown(str(problem), 1_000)}", err=True)
    for problem in reading.notices:
        click.echo(f"note      {wording.shown(str(problem), 1_000)}", err=True)
    rejected = len({(one.sheet, one.row) for one in reading.rejected})
    click.echo(f"{reading.rows:,} rows: {len(reading.entries):,} kept, {rejected:,} rejected.", err=True)


def tell_changed(changes: Sequence[Change]) -> None:
    changed = len({change.device for change in changes})
    click.echo(f"{changed:,} device{'' if changed == 1 else 's'} changed.", err=True)


def tell_ambiguous(several: dict[str, tuple[str, ...]]) -> None:
    """Devices that get no site, because networks of several sites hold their addresses."""
    if several:
        address, named = next(iter(several.items()))
        click.echo(
            f"{len(several):,} address{'' if len(several) == 1 else 'es'} may belong to several sites "
            f"({address}: {' or '.join(named)}), so their devices have none. Scan with --site, or: "
            "camcensus devices set DEVICE --site SITE",
            err=True,
        )


def list_(
    found: Sequence[Any],
    form: str,
    names: Sequence[str],
    columns: str,
    sort: str,
    right: Sequence[str] = (),
) -> None:
    """Records with these fields, in the order and with the columns that were asked for."""
    fields = arranged.attributes(names)
    found = arranged.ordered(found, fields, sort)
    if columns:
        arranged.write(found, fields, columns, form)
    else:
        show(found, form, names, right)


def show(found: Sequence[Any], form: str, columns: Sequence[str], right: Sequence[str] = ()) -> None:
    """Records as a table, as CSV that runs nothing, or as JSON Lines."""
    import msgspec

    if form == "jsonl":
        sys.stdout.buffer.writelines(msgspec.json.encode(one) + b"\n" for one in found)
    elif form == "csv":
        from scanner.registers.tables import csv_text

        names = found[0].__struct_fields__ if found else columns
        click.echo(csv_text([names, *([getattr(one, name) for name in names] for one in found)]), nl=False)
    elif found:
        from rich.console import Console
        from rich.table import Table
        from rich.text import Text

        from reports.wording import shown

        made = Table(box=None, padding=(0, 1, 0, 0), header_style="bold")
        for name in columns:
            made.add_column(name.capitalize(), overflow="fold", justify="right" if name in right else "left")
        for one in found:
            values = (getattr(one, name) for name in columns)
            made.add_row(*(Text("" if value is None else shown(str(value))) for value in values))
        Console(highlight=False, markup=False, emoji=False).print(made)
