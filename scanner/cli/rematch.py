"""`camcensus rematch`: identify what the inventory holds again, with the fingerprints of today."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from scanner.cli.options import fingerprints_option, inventory_option, where_option
from scanner.printable import printable

MOST_NAMED = 3  # fingerprints behind one change that a line names


@click.command()
@click.option("--run", metavar="RUN", help="Only what this run saw.")
@click.option("--dry-run", is_flag=True, help="Print what would change, and change nothing.")
@click.option("--jsonl", is_flag=True, help="Print the changes as JSON Lines.")
@where_option
@inventory_option
@fingerprints_option
def rematch(
    run: str | None,
    dry_run: bool,
    jsonl: bool,
    where: str,
    inventory: Path,
    fingerprints: tuple[Path, ...],
) -> None:
    """Identify everything in the inventory again from its raw replies.

    Prints what the fingerprints in use now say otherwise, and which of them say so. No device is asked anything.

    \b
    $ camcensus rematch --dry-run
    $ camcensus rematch --where "maker is empty"
    """
    import msgspec

    from scanner.identify import library
    from scanner.inventory import open_inventory
    from scanner.rematch import rematch as identify_again

    count = 0
    with open_inventory(inventory, create=False) as opened:
        again = identify_again(opened, library(fingerprints), run, where=where, record=not dry_run)
        for change in again:
            count += 1
            if jsonl:
                sys.stdout.buffer.write(msgspec.json.encode(change) + b"\n")
                continue
            named = ", ".join(change.fingerprints[:MOST_NAMED])
            line = f"{change.device}  {change.attribute}: {_shown(change.before)} -> {_shown(change.after)}"
            click.echo(printable(line + (f"  ({named})" if named else "")))
    sys.stdout.flush()
    click.echo(f"{count} changes{' would be made' if dry_run else ''}.", err=True)


def _shown(value: str | bool | None) -> str:
    return {None: "not known", True: "yes", False: "no"}.get(value) or str(value)  # type: ignore[arg-type]
