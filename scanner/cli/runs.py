"""`camcensus runs`: what was scanned, by whom, how it ended, and what could not be seen."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from scanner.cli import arranged
from scanner.cli.options import inventory_option

if TYPE_CHECKING:
    from rich.table import Table

    from scanner.blind_spots import BlindSpots
    from scanner.inventory import Run

UNFINISHED = "unfinished"  # killed, or still going on: it never said how it ended

FIELDS: arranged.Fields[Run] = {
    "id":            lambda run: run.id,
    "started":       lambda run: run.started,
    "ended":         lambda run: run.ended,
    "outcome":       lambda run: run.outcome,
    "site":          lambda run: run.site,
    "asked":         lambda run: run.coverage.addresses,
    "answered":      lambda run: run.coverage.answered,
    "lost":          lambda run: run.coverage.lost,
    "operator":      lambda run: run.operator,
    "authorisation": lambda run: run.authorisation,
    "targets":       lambda run: run.targets,
    "version":       lambda run: run.version,
    "fingerprints":  lambda run: run.fingerprints,
}  # fmt: skip


@click.command()
@click.argument("run", required=False)
@click.option("--jsonl", is_flag=True, help="Write JSON Lines instead of a table.")
@arranged.arranging
@inventory_option
def runs(run: str | None, jsonl: bool, columns: str, sort: str, inventory: Path) -> None:
    """List the runs, with what each could have seen.

    With RUN, the id of one or the beginning of it, that run in full.

    \b
    $ camcensus runs
    $ camcensus runs --columns id,started,site,answered --sort=-answered
    $ camcensus runs 20260301-0930
    """
    import msgspec

    from scanner import blind_spots
    from scanner.inventory import open_inventory

    with open_inventory(inventory, create=False) as opened:
        found = [opened.run(run)] if run else opened.runs()
        unseen = blind_spots.of(opened, run=run) if run and not jsonl else ()
    if columns or sort:
        found = arranged.ordered(found, FIELDS, sort)
    if columns:
        arranged.write(found, FIELDS, columns, "jsonl" if jsonl else "table")
    elif jsonl:
        sys.stdout.buffer.writelines(msgspec.json.encode(one) + b"\n" for one in found)
    elif run:
        click.echo("\n".join(detail(found[0], unseen)))
    else:
        show_list(found)


def show_list(found: Sequence[Run]) -> None:
    from rich.console import Console

    if found:
        Console(highlight=False, markup=False, emoji=False).print(table(found))
    click.echo(
        f"{len(found):,} run{'' if len(found) == 1 else 's'}. What was not seen: camcensus blind-spots",
        err=True,
    )


def table(found: Sequence[Run]) -> Table:
    from rich.table import Table
    from rich.text import Text

    from reports.wording import name, shown

    made = Table(box=None, padding=(0, 1, 0, 0), header_style="bold")
    made.add_column("Run", no_wrap=True)
    made.add_column("Outcome", no_wrap=True)
    made.add_column("Asked", justify="right")
    made.add_column("Answered", justify="right")
    made.add_column("Operator", overflow="fold")
    made.add_column("Targets", overflow="fold")
    for run in found:
        cells = (
            run.id,
            run.outcome or UNFINISHED,
            f"{run.coverage.addresses:,}",
            f"{run.coverage.answered:,}",
            name(run.operator),
            shown(", ".join(run.targets)),
        )
        made.add_row(*map(Text, cells))
    return made


def detail(run: Run, unseen: Sequence[BlindSpots]) -> Iterator[str]:
    """One run, line by line: what was asked, and what was not seen."""
    import msgspec

    from reports import unseen as words
    from reports import wording
    from scanner.printable import printable

    known = {"run": run.id, "targets": ", ".join(run.targets)} | dict(wording.coverage(run))
    known |= {"camcensus": run.version, "fingerprints": run.fingerprints}
    known["settings"] = msgspec.json.encode(run.settings).decode() if run.settings else ""
    yield from (f"{label:<14} {printable(text)}" for label, text in known.items() if text)
    yield "\n" + click.style("Not seen", bold=True)
    for spot in (spot for site in unseen for spot in words.lines(site)):
        yield "  " + wording.shown(spot.what) + (f": {wording.shown(spot.why)}" if spot.why else "")
    yield "  what no scan sees: units switched off, and cameras on a recorder's inner ports"
