"""`camcensus register`: asset registers and cable plans, beside what the network shows."""

from __future__ import annotations

import getpass
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from scanner.cli.arranged import arranging
from scanner.cli.options import inventory_option, table_options, where_option
from scanner.cli.sites import chosen_columns, format_option, show, tell_changed, tell_reading
from scanner.cli.sites import list_ as list_records
from scanner.errors import CamcensusError

if TYPE_CHECKING:
    from rich.table import Table

    from scanner.inventory.registers import Line, Reconciliation

by_option = click.option(
    "--by", metavar="NAME", default=getpass.getuser, show_default="you", help="Who says so."
)
TITLES = {
    "for-a-person": "For a person to decide (camcensus register match ROW DEVICE)",
    "not-in-register": "On the network, but not in the register",
    "not-seen": "In the register, but not seen",
    "matched": "Matched",
}


@click.group()
def register() -> None:
    """Compare asset registers and cable plans with what the network shows.

    \b
    $ camcensus register import cameras.xlsx
    $ camcensus register reconcile
    """


@register.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--name", metavar="NAME", help="The register's name.  [default: the file's, without its ending]"
)
@click.option("--site", metavar="SITE", help="The site of rows that name none.")
@table_options
@by_option
@inventory_option
def import_(
    file: Path,
    name: str | None,
    site: str | None,
    columns: tuple[str, ...],
    encoding: str | None,
    sheet: str | None,
    by: str,
    inventory: Path,
) -> None:
    """Read an asset register or a cable plan, CSV or XLSX, and match its rows with the devices.

    Importing it again replaces its rows; what people decided about them is kept. Rows that cannot be used are
    named with what is wrong, and the exit status is 3.

    \b
    $ camcensus register import cameras.xlsx --site hq
    $ camcensus register import old.csv --column serial="S/N (label)" --encoding mac_roman
    """
    from scanner.inventory import open_inventory, places, registers
    from scanner.registers.entries import read

    reading = read(file, columns=chosen_columns(columns), encoding=encoding, sheet=sheet)
    with open_inventory(inventory) as opened:
        known = opened.ask(places.known_site, site) if site else None
        name = name or file.stem
        changes = opened.change(registers.take_in, by, name, file.name, reading, known)
        lost = opened.ask(registers.forgotten, name)
    tell_reading(reading)
    if lost:
        click.echo(f"{lost:,} earlier decisions are about rows that {name} no longer has.", err=True)
    tell_changed(changes)
    click.echo("Compare with: camcensus register reconcile", err=True)
    if reading.rejected:
        sys.exit(3)


@register.command("list")
@arranging
@format_option
@inventory_option
def list_(columns: str, sort: str, form: str, inventory: Path) -> None:
    """List the registers that were imported.

    \b
    $ camcensus register list
    """
    from scanner.inventory import open_inventory, registers

    with open_inventory(inventory, create=False) as opened:
        found = opened.ask(registers.registers)
    names = ("name", "rows", "matched", "file", "at", "by")
    list_records(found, form, names, columns, sort, right=("rows", "matched"))


@register.command()
@click.argument("name")
@by_option
@inventory_option
def remove(name: str, by: str, inventory: Path) -> None:
    """Forget a register; devices lose what only it said of them.

    \b
    $ camcensus register remove cameras-2023
    """
    from scanner.inventory import open_inventory, registers

    with open_inventory(inventory, create=False) as opened:
        tell_changed(opened.change(registers.remove, by, name))


@register.command()
@click.option("--site", metavar="SITE", help="Only what is at this site.")
@click.option(
    "--all", "everything", is_flag=True, help="Also devices that are no cameras, recorders and the like."
)
@where_option
@format_option
@by_option
@inventory_option
def reconcile(site: str | None, everything: bool, where: str, form: str, by: str, inventory: Path) -> None:
    """Say what the registers and the network have in common, and what only one of them has.

    Rows are matched anew by serial number, MAC address, asset number, or address with model. What leaves a choice is
    listed for a person. Matched devices get their place, owner, lease, contract and asset number. With --where, rows
    that no device was found for stay in the lists.

    \b
    $ camcensus register reconcile --site hq
    $ camcensus register reconcile --where "covered and owner is empty"
    $ camcensus register reconcile --format csv
    """
    from scanner.inventory import open_inventory, places, registers
    from scanner.inventory.fields import FIELDS

    with open_inventory(inventory, create=False) as opened:
        known = opened.ask(places.known_site, site) if site else None
        opened.change(registers.rematch, by)
        chosen = {str(id) for (id,) in opened.listed([FIELDS["id"]], where)} if where else None
        found = opened.ask(registers.reconcile, known, everything, chosen)
    if form == "table":
        show_lists(found)
    else:
        show(found.lines, form, ())
    tell_left_out(found)


def show_lists(found: Reconciliation) -> None:
    from rich.console import Console

    console = Console(highlight=False, markup=False, emoji=False)
    for name, title in TITLES.items():
        lines = [line for line in found.lines if line.list == name]
        click.echo(click.style(f"{title}: {len(lines):,}", bold=True))
        if lines:
            console.print(table(lines))
        click.echo()


def table(lines: list[Line]) -> Table:
    from rich.table import Table
    from rich.text import Text

    from reports.wording import shown

    made = Table(box=None, padding=(0, 1, 0, 0), header_style="bold")
    for name in ("Row", "Device", "Known by", "Address", "What it is", "Remark"):
        made.add_column(name, overflow="fold")
    for one in lines:
        number = one.serial or one.mac or one.asset
        what = " ".join(filter(None, (one.model or one.name, number)))
        cells = (one.row, one.device, one.rule, one.address, what, one.why)
        made.add_row(*(Text(shown(cell or "")) for cell in cells))
    return made


def tell_left_out(found: Reconciliation) -> None:
    for number, text in (
        (found.ports, "rows are about switch ports and name no device"),
        (found.elsewhere, "rows name no site, and no device was found for them: they are in no site's list"),
        (
            found.not_surveillance,
            "devices that are no cameras or recorders are in no register; --all lists them",
        ),
    ):
        if number:
            click.echo(f"{number:,} {text}.", err=True)


@register.command()
@click.argument("row")
@click.argument("device", required=False)
@click.option(
    "--none", "nothing", is_flag=True, help="It is no device that was seen, whatever the rules say."
)
@click.option("--why", default="", metavar="TEXT", help="How it is known; kept with the decision.")
@by_option
@inventory_option
def match(row: str, device: str | None, nothing: bool, why: str, by: str, inventory: Path) -> None:
    """Decide that a row is a device. The decision outlives later imports; `register unmatch` takes it back.

    ROW is named as in `register reconcile`, or by its asset or serial number; DEVICE as in `devices show`.

    \b
    $ camcensus register match cameras:14 10.20.0.32 --why "read the label"
    $ camcensus register match cameras:15 --none
    """
    from scanner.inventory import open_inventory, registers

    if bool(device) == nothing:
        raise CamcensusError("which device is it?", fix="name one, or say --none")
    with open_inventory(inventory, create=False) as opened:
        chosen = opened.device(device).id if device else None
        changes = opened.change(registers.decide, by, row, chosen, why)
    click.echo(f"{row} is {chosen or 'no device'}. To undo: camcensus register unmatch {row}", err=True)
    tell_changed(changes)


@register.command()
@click.argument("row")
@by_option
@inventory_option
def unmatch(row: str, by: str, inventory: Path) -> None:
    """Take back a decision of `register match`.

    \b
    $ camcensus register unmatch cameras:14
    """
    from scanner.inventory import open_inventory, registers

    with open_inventory(inventory, create=False) as opened:
        changes = opened.change(registers.undecide, by, row)
    click.echo(f"{row} is matched by the rules again.", err=True)
    tell_changed(changes)
