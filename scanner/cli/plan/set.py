"""`camcensus plan set`: say what becomes of devices, one or many at a time."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from scanner.cli.devices.placing import show_changes, where_true
from scanner.cli.options import inventory_option
from scanner.cli.sites import by_option
from scanner.errors import CamcensusError

if TYPE_CHECKING:
    from scanner.inventory.plan_items import Edit, Outcome
    from scanner.phase_out.specification import Value

FIELDS = {
    "state": "found, confirmed, planned, ordered, installed, removed, verified or kept; one step at a time.",
    "phase": "The phase of the work that it belongs to.",
    "due": "The day by which it is to be gone.",
    "ordered-on": "The day on which its replacement was ordered.  [default: the day of the step]",
    "installed-on": "The day on which its replacement was put in place.",
    "removed-on": "The day on which it was taken out.",
    "verified-on": "The day on which it was verified that it is gone.",
    "responsible": "Who sees to it.",
    "contractor": "Who does the work.",
    "ticket": "The ticket of the work.",
    "replacement": "The product that takes its place.",
    "cost": "What that costs, when it is another than the price list says.",
    "currency": "The currency of the cost, as EUR.",
    "remark": "Anything else.",
}
REFUSALS = 20  # that are told one by one


def field_options(command: Any) -> Any:
    for name, about in reversed(FIELDS.items()):
        command = click.option(f"--{name}", metavar="TEXT", help=about)(command)
    return command


@click.command("set")
@click.argument("devices", nargs=-1)
@click.option("--where", metavar="CONDITION", help="All devices of the plan of which this is true.")
@field_options
@click.option(
    "--spec",
    multiple=True,
    metavar="FIELD=VALUE",
    help="What its replacement needs, as in lens='fixed 2.8 mm'; without a value, what was decoded speaks again.",
)
@click.option("--clear", multiple=True, metavar="FIELD", help="Take back what was set. May be repeated.")
@click.option("--why", default="", metavar="TEXT", help="The reason: needed to keep a unit, and to go back.")
@click.option("--dry-run", is_flag=True, help="Show what would change; change nothing.")
@by_option
@inventory_option
def set_(
    devices: tuple[str, ...],
    where: str | None,
    spec: tuple[str, ...],
    clear: tuple[str, ...],
    why: str,
    dry_run: bool,
    by: str,
    inventory: Path,
    **fields: str | None,
) -> None:
    """Say what becomes of devices.

    State, dates, who does the work, and what their replacement needs. DEVICES are named as in `devices show`. Only
    allowed steps are taken; an error names them. When some of many devices are refused, the others are changed, and
    the exit status is 3.

    \b
    $ camcensus plan set 10.20.0.32 --state planned --phase 1 --due 2027-03-31 --contractor "Ada & Sons"
    $ camcensus plan set --where "model ~ DS-2CD20*" --spec lens="fixed 2.8 mm" --dry-run
    $ camcensus plan set 10.20.0.17 --state kept --why "leased until 2028"
    """
    from scanner.inventory import open_inventory, plan_items
    from scanner.inventory.query import condition
    from scanner.phase_out.items import EDITABLE, Wrong, read

    said = {name: value for name, value in fields.items() if value is not None}
    taken_back = [name.replace("-", "_") for name in clear]
    if unknown := [name for name in taken_back if name not in EDITABLE or name == "state"]:
        raise CamcensusError(f"{unknown[0]} cannot be taken back", fix=f"choose of: {', '.join(FIELDS)}")
    try:
        values = read(said) | dict.fromkeys(taken_back)
    except Wrong as wrong:
        raise CamcensusError(f"--{wrong.field.replace('_', '-')}: {wrong.why}", fix=wrong.fix) from None
    filled = requirements(spec)
    if not values and not filled:
        raise CamcensusError("nothing to set", fix=f"name at least one of: --{', --'.join(FIELDS)}, --spec")
    if bool(devices) == bool(where):
        raise CamcensusError("which devices?", fix="name them, or choose them with --where")
    with open_inventory(inventory, create=False) as opened:
        if where:
            condition(
                where
            )  # errors point at what was written, and nothing reaches out of the parentheses below
            chosen = where_true(opened, f"({where}) and state is set")
        else:
            chosen = list(dict.fromkeys(opened.device(one).id for one in devices))
        edits = [plan_items.Edit(id, values, filled, why) for id in chosen]
        done = opened.change(plan_items.edit, by, edits, rehearsal=dry_run)
    tell(done, len(chosen), dry_run)


def requirements(spec: Iterable[str]) -> dict[str, Value | None]:
    """FIELD=VALUE pairs as values. Raises CamcensusError."""
    from scanner.phase_out import specification

    found: dict[str, Value | None] = {}
    for one in spec:
        name, sign, text = one.partition("=")
        field = name.strip().replace("-", "_")
        try:
            if not sign:
                raise ValueError("write it as --spec FIELD=VALUE")
            if text.strip() or field not in specification.known_fields():
                found[field] = specification.read(field, text)
            else:
                found[field] = None
        except ValueError as error:
            raise CamcensusError(f"--spec {one}: {error}") from None
    return found


def tell(done: Outcome, chosen: int, dry_run: bool) -> None:
    """What was changed, and what was refused and why. Exits with 3 when something was, 2 when nothing else was done."""
    show_changes(done.changes)
    changed = len({one.device for one in done.changes})
    would = "would be changed" if dry_run else "changed"
    click.echo(f"{changed:,} of {chosen:,} items {would}, {len(done.changes):,} fields in all.", err=True)
    if not done.refused:
        return
    if chosen == 1:
        edit, wrong = done.refused[0]
        raise CamcensusError(f"{edit.device} was not changed", why=wrong.why, fix=wrong.fix)
    show_refused(done.refused)
    sys.exit(3 if changed else 2)


def show_refused(refused: Sequence[tuple[Edit, Exception]]) -> None:
    for edit, wrong in refused[:REFUSALS]:
        click.echo(f"refused  {edit.device}: {wrong}", err=True)
    if left := refused[REFUSALS:]:
        click.echo(f"refused  {len(left):,} more", err=True)
