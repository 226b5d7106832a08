"""`camcensus plan show`: the plan in short and as a list, or the item of one device with its reasons."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from scanner.cli import arranged
from scanner.cli.options import inventory_option, where_option
from scanner.cli.sites import format_option
from scanner.cli.table import Column
from scanner.errors import CamcensusError

if TYPE_CHECKING:
    from scanner.inventory.rows import Row
    from scanner.phase_out.dependence import Tie
    from scanner.phase_out.plan import Unit

COLUMNS = (
    Column("Prio", 4), Column("Device", 7), Column("Site", 8, 1), Column("Address", 15), Column("Model", 16, 2),
    Column("State", 9), Column("Phase", 10, 1), Column("Due", 10),
)  # fmt: skip
INDENT = 5  # of what stands below the line of a unit


@click.command()
@click.argument("device", required=False)
@where_option
@arranged.arranging
@format_option
@inventory_option
def show(device: str | None, where: str, columns: str, sort: str, form: str, inventory: Path) -> None:
    """Show the plan, or one device of it.

    The most urgent come first, unless --sort says otherwise; --sort and --columns know the headings of --format csv.
    Of one DEVICE: why it is urgent, what its replacement needs, what hangs on what, and who changed what.

    \b
    $ camcensus plan show --where "site = leeds and state != verified"
    $ camcensus plan show --columns device,address,due,contractor --sort due
    $ camcensus plan show 10.20.0.32
    """
    from scanner.inventory import open_inventory, plan_items
    from scanner.inventory.query import quoted
    from scanner.phase_out import plan

    with open_inventory(inventory, create=False) as opened:
        id = opened.device(device).id if device else None
        units = plan.of(opened, f"id = {quoted(id)}" if id else where).units
        history = opened.ask(plan_items.history, f"id = {quoted(id)}") if id else []
    if id and not units:
        raise CamcensusError(f"{id} is not in the plan", fix="take it in with: camcensus plan build")
    if columns or sort:
        units = tuple(arranged.ordered(units, fields(), sort))
    if columns:
        arranged.write(units, fields(), columns, form)
    elif form != "table":
        write(units, form)
    elif id:
        click.echo("\n".join(detail(units[0], history)))
    else:
        for line in (*summary(units), *(table(units) if units else ())):
            click.echo(line)
        if not units:
            click.echo("Nothing is planned yet. Begin with: camcensus plan build", err=True)


def fields() -> arranged.Fields[Unit]:
    """What may be shown of a unit: what its row in a file has."""
    from scanner.phase_out import columns as of

    said: arranged.Fields[Unit] = {name: lambda one, name=name: of.said(one)[name] for name in of.HEADINGS}  # type: ignore[misc]
    needed: arranged.Fields[Unit] = {
        name: lambda one, name=name: of.required(one)[name]  # type: ignore[misc]
        for name in of.NEEDED
    }
    return {name: get for name, (_, get) in of.ABOUT.items()} | dict(said) | dict(needed)


def write(units: Sequence[Unit], form: str) -> None:
    from scanner.phase_out import columns

    if form == "jsonl":
        import msgspec

        sys.stdout.buffer.writelines(msgspec.json.encode(columns.record(one)) + b"\n" for one in units)
        return
    from scanner.registers.tables import csv_text

    headings = [*columns.ABOUT, *columns.HEADINGS, *columns.NEEDED]
    click.echo(csv_text([headings, *(columns.row(one).values() for one in units)]), nl=False)


def summary(units: Sequence[Unit]) -> Iterator[str]:
    """How many units are in which state, and how much is still to be asked."""
    from scanner.phase_out.states import ABOUT

    states = Counter(one.item.state for one in units)
    yield f"{len(units):,} device{'' if len(units) == 1 else 's'} in the plan"
    for state, about in ABOUT.items():
        if states[state]:
            yield f"  {state:<10} {states[state]:>6,}  {about}"
    asking = sum(bool(one.specification.asked) for one in units)
    doubtful = sum(bool(one.specification.doubtful) for one in units)
    yield f"  of {asking:,} something has to be asked before a replacement can be bought"
    yield f"  of {doubtful:,} something is only expected, and needs a look"
    yield ""


def table(units: Sequence[Unit]) -> Iterator[str]:
    """Each unit on a line, and below it what its replacement needs."""
    from reports.wording import name, shown
    from scanner.cli.table import room, side_by_side, widths

    several = any(one.device.site for one in units)
    drawn = [column for column in COLUMNS if several or column.heading != "Site"]
    given = widths(drawn, room())
    yield from (click.style(line, bold=True) for line in side_by_side([one.heading for one in drawn], given))
    for one in units:
        item, device = one.item, one.device
        site = [device.site] if several else []
        cells = (
            item.priority,
            device.id,
            *site,
            device.address,
            device.model,
            item.state,
            item.phase,
            item.due,
        )
        yield from side_by_side(["" if cell is None else name(str(cell)) for cell in cells], given)
        asked = f"; {len(one.specification.asked)} to ask" if one.specification.asked else ""
        needs = shown(one.specification.text, 200) + asked
        for line in side_by_side([needs], [room() - INDENT]):
            yield " " * INDENT + click.style(line, dim=True)


def detail(unit: Unit, history: Sequence[Row]) -> Iterator[str]:
    """One unit: its item, why it is urgent, what its replacement needs, what hangs on what, and what was changed."""
    from reports import wording
    from scanner.phase_out import columns
    from scanner.phase_out.states import steps

    device, item = unit.device, unit.item
    name = " ".join(filter(None, (device.maker_name, device.model, device.address)))
    yield wording.shown(f"{device.id}  {name}")
    for field, heading in columns.HEADINGS.items():
        if (value := getattr(item, field)) is not None:
            yield f"  {heading.lower():<14} {wording.shown(str(value))}"
    yield f"  {'next':<14} {steps(item.state)}"
    yield f"\nPriority {item.priority}"
    yield from (f"  {one.points:>5g}  {one.part}: {wording.shown(one.text, 300)}" for one in item.reasons)
    yield "\nWhat its replacement needs"
    for need in unit.specification.requirements:
        value = need.text or "to be asked"
        yield (
            f"  {columns.worded(need.field):<18} {wording.shown(value):<22} "
            f"{need.certainty if need.value is not None else '':<9} {wording.shown(need.source, 200)}"
        )
    yield from tied(unit)
    yield "\nWhat was changed"
    for row in history:
        before, after = (
            "nothing" if row[one] is None else wording.shown(repr(row[one])) for one in ("before", "after")
        )
        at, who, why = (
            row["at"][:16].replace("T", " "),
            wording.shown(row["by"]),
            wording.shown(row["why"] or ""),
        )
        yield f"  {at}  {row['field']}: {before} → {after}, by {who}" + (f": {why}" if why else "")


def tied(unit: Unit) -> Iterator[str]:
    """What hangs on what, as far as that is known."""
    if unit.specification.kind == "recorder":
        yield "\nWhat hangs on it"
        yield f"  {told(unit)}"
        yield from (f"  {tie.camera}  {tie_in_words(tie)}" for tie in unit.hanging)
        if not unit.hanging:
            yield "  no camera is known to hang on it; that says nothing about cameras on its own ports"
    elif unit.hangs_on:
        yield "\nWhat it hangs on"
        yield from (f"  {tie.recorder}  {tie_in_words(tie)}" for tie in unit.hangs_on)


def told(unit: Unit) -> str:
    """What a recorder itself says of its cameras."""
    if not unit.channels:
        return "it did not tell how many cameras it records"
    meaning = (
        "cameras are on its list" if unit.channels.meaning == "in use" else "channels at most for IP cameras"
    )
    return f"{unit.channels.number} {meaning}, as it told in {unit.channels.protocol}"


def tie_in_words(tie: Tie) -> str:
    order = "change them together" if tie.order == "with" else "either may change first"
    return f"{tie.certainty}: {tie.basis}; {order}: {tie.why}"
