"""`camcensus devices set`: say where devices are, and whose, one or many at a time."""

from __future__ import annotations

import getpass
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from scanner.cli.options import inventory_option
from scanner.errors import CamcensusError

if TYPE_CHECKING:
    from scanner.inventory import Inventory
    from scanner.inventory.journal import Change

FIELDS = {
    "site": "The site; camcensus sites lists them.",
    "building": "The building.",
    "floor": "The floor.",
    "room": "The room, or whatever else finds the device.",
    "switch": "The switch that it hangs on.",
    "switch-port": "The port of that switch.",
    "asset": "Its number in the asset register.",
    "owner": "Whose it is: a landlord may own the camera.",
    "lease": "Until when it is leased, or under which lease.",
    "contract": "The contract that it belongs to.",
    "note": "Anything else.",
}
SHOWN = 20  # changes that are listed; more are counted


def field_options(command: Any) -> Any:
    for name, about in reversed(FIELDS.items()):
        command = click.option(f"--{name}", metavar="TEXT", help=about)(command)
    return command


@click.command("set")
@click.argument("devices", nargs=-1)
@click.option(
    "--where", metavar="CONDITION", help="All devices of which this is true, in the query language."
)
@field_options
@click.option(
    "--clear",
    multiple=True,
    type=click.Choice(list(FIELDS)),
    help="Take back what was set; registers and networks speak again. May be repeated.",
)
@click.option("--why", default="", metavar="TEXT", help="How it is known; kept with the change.")
@click.option("--by", metavar="NAME", default=getpass.getuser, show_default="you", help="Who says so.")
@click.option("--dry-run", is_flag=True, help="Show what would change; change nothing.")
@inventory_option
def set_(
    devices: tuple[str, ...],
    where: str | None,
    clear: tuple[str, ...],
    why: str,
    by: str,
    dry_run: bool,
    inventory: Path,
    **fields: str | None,
) -> None:
    """Say where devices are, and whose.

    DEVICES are named as in `devices show`. What a person says here stands above what registers and networks say, and
    is kept in the journal with who said it and when.

    \b
    $ camcensus devices set 10.20.0.32 --building "Block C" --room C2.07
    $ camcensus devices set --where "address in 10.20.0.0/24" --owner "City Estates" --dry-run
    $ camcensus devices set 10.20.0.32 --clear room
    """
    from scanner.inventory import open_inventory, places

    said: dict[str, str | None] = {name: value for name, value in fields.items() if value is not None}
    if empty := [name for name, value in said.items() if value is not None and not value.strip()]:
        raise CamcensusError(f"--{empty[0]} is empty", fix=f"to take it back: --clear {empty[0]}")
    said |= {name.replace("-", "_"): None for name in clear}
    if not said:
        raise CamcensusError("nothing to set", fix="name at least one of: --" + ", --".join(FIELDS))
    if bool(devices) == bool(where):
        raise CamcensusError("which devices?", fix="name them, or choose them with --where")
    with open_inventory(inventory, create=False) as opened:
        chosen = where_true(opened, where) if where else [opened.device(one).id for one in devices]
        changes = opened.change(places.assign, by, chosen, said, why, rehearsal=dry_run)
    show_changes(changes)
    changed = len({change.device for change in changes})
    would = "would be changed" if dry_run else "changed"
    click.echo(
        f"{changed:,} of {len(set(chosen)):,} devices {would}, {len(changes):,} fields in all.", err=True
    )


def where_true(inventory: Inventory, where: str) -> list[str]:
    from scanner.inventory.query import condition

    expression, values = condition(where)
    query = f"SELECT id FROM devices WHERE {expression}"
    return inventory.ask(lambda db: [row[0] for row in db.execute(query, values).fetchall()])


def show_changes(changes: Sequence[Change]) -> None:
    from reports import wording

    def value(text: str | None) -> str:
        return "nothing" if text is None else repr(wording.shown(text))

    for change in changes[:SHOWN]:
        name = change.field.replace("_", " ")
        click.echo(f"{change.device}  {name:<11}  {value(change.before)} → {value(change.after)}")
    if left := changes[SHOWN:]:
        click.echo(f"… and {counted(change.field for change in left)}")


def counted(fields: Iterable[str]) -> str:
    return ", ".join(
        f"{name.replace('_', ' ')} of {number:,} more" for name, number in Counter(fields).items()
    )
