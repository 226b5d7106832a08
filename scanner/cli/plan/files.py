"""`camcensus plan export` and `plan import`: the plan as a workbook that others edit, and back."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from scanner.cli.devices.placing import show_changes
from scanner.cli.options import inventory_option, where_option
from scanner.cli.sites import by_option
from scanner.errors import CamcensusError

if TYPE_CHECKING:
    from scanner.phase_out.changes import Changes
    from scanner.registers.entries import Problem

MISSING = 20  # devices without a row that are named; more are counted


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@where_option
@inventory_option
def export(file: Path, where: str, inventory: Path) -> None:
    """Write the plan as a workbook to edit.

    FILE ends with .xlsx, or with .csv. One row for each device. Yellow cells are to be asked, orange ones only
    expected. What the inventory says is grey, and not changed by editing. `plan import` reads the file back.

    \b
    $ camcensus plan export plan.xlsx
    $ camcensus plan export leeds.csv --where "site = leeds and state != verified"
    """
    from scanner.inventory import open_inventory
    from scanner.phase_out import plan, workbook

    if file.suffix.lower() not in (".xlsx", ".csv"):
        raise CamcensusError(f"{file} is no kind of file that is known", fix="name it plan.xlsx or plan.csv")
    with open_inventory(inventory, create=False) as opened:
        units = plan.of(opened, where).units
    content = workbook.as_xlsx(units) if file.suffix.lower() == ".xlsx" else workbook.as_csv(units).encode()
    try:
        with click.open_file(str(file), "wb", atomic=True) as out:
            out.write(content)
    except OSError as error:
        raise CamcensusError(f"{file} cannot be written", why=error.strerror or str(error)) from None
    click.echo(f"{len(units):,} devices. Read it back with: camcensus plan import {file}", err=True)


@click.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--encoding", metavar="NAME", help="The encoding of a CSV file, when it is taken wrongly.")
@click.option("--dry-run", is_flag=True, help="Show what would change; change nothing.")
@click.option("--yes", is_flag=True, help="Apply the changes without asking.")
@by_option
@inventory_option
def import_(file: Path, encoding: str | None, dry_run: bool, yes: bool, by: str, inventory: Path) -> None:
    """Read an edited workbook back.

    Shows what the workbook or CSV file changes, asks, and applies that. Rows that cannot be used are refused with
    file, sheet, row and column: unknown or repeated devices, forbidden steps, dates that may be two days, formulas,
    and items that somebody else changed since the export. All other rows are applied. A deleted row changes nothing.
    The exit status is 3 when a row was refused.

    \b
    $ camcensus plan import plan.xlsx --dry-run
    $ camcensus plan import plan.xlsx --yes --by "Facilities, Leeds"
    """
    from scanner.inventory import open_inventory, plan_items
    from scanner.phase_out import changes, plan

    with open_inventory(inventory, create=False) as opened:
        units = plan.of(opened).units
        found = changes.of(
            file,
            units,
            lambda device, version: opened.ask(plan_items.since, device, version),
            encoding=encoding,
        )
        lines = {one.edit.device: one.line for one in found.edits}
        edits = [one.edit for one in found.edits]
        rehearsed = opened.change(plan_items.edit, by, edits, rehearsal=True)
        for edit, wrong in rehearsed.refused:
            found.refuse(lines[edit.device], wrong)
        show_changes(rehearsed.changes)
        tell(found)
        refused = {edit.device for edit, _ in rehearsed.refused}
        good = [edit for edit in edits if edit.device not in refused]
        changed = len({one.device for one in rehearsed.changes})
        if dry_run:
            click.echo(f"{changed:,} items would be changed; nothing was.", err=True)
        elif rehearsed.changes and (yes or click.confirm(f"Change {changed:,} items?", err=True)):
            done = opened.change(plan_items.edit, by, good)
            for edit, wrong in done.refused:
                click.echo(f"refused  {edit.device}: {wrong}", err=True)
            click.echo(f"{len({one.device for one in done.changes}):,} items changed.", err=True)
        else:
            click.echo("Nothing was changed.", err=True)
    if found.problems:
        sys.exit(3)


def tell(found: Changes) -> None:
    """What of a file is not applied and why, row by row."""
    if found.sheets.ignored:
        from reports import wording

        click.echo(f"columns not used: {wording.shown(', '.join(found.sheets.ignored), 300)}", err=True)
    tell_rows("refused", found.problems)
    tell_rows("note   ", found.notes)
    if found.missing is None:
        click.echo(
            "Which rows were deleted cannot be told: the file has no list of what was exported.", err=True
        )
    elif found.missing:
        more = f" and {len(found.missing) - MISSING:,} more" if len(found.missing) > MISSING else ""
        named = ", ".join(found.missing[:MISSING])
        click.echo(
            f"{len(found.missing):,} rows were deleted; nothing happens to their devices: {named}{more}",
            err=True,
        )
    refused = len({(one.sheet, one.row) for one in found.problems})
    click.echo(f"{found.rows:,} rows: {refused:,} refused, {found.unchanged:,} change nothing.", err=True)


def tell_rows(label: str, problems: Iterable[Problem]) -> None:
    from reports import wording

    for one in sorted(problems, key=lambda one: (one.sheet or "", one.row)):
        click.echo(f"{label}  {wording.shown(str(one), 1_000)}", err=True)
