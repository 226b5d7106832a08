"""`camcensus plan build`: take the covered devices into the plan, and say how urgent each is."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import click

from scanner.cli.options import inventory_option, where_option
from scanner.cli.sites import by_option


@click.command()
@where_option
@click.option(
    "--weights",
    "weights_file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="What makes a replacement urgent, as a TOML file.  [default: the file that comes with camcensus]",
)
@click.option("--dry-run", is_flag=True, help="Say what would change; change nothing.")
@by_option
@inventory_option
def build(where: str, weights_file: Path | None, dry_run: bool, by: str, inventory: Path) -> None:
    """Take the covered devices into the plan, and reckon how urgent each replacement is.

    To be repeated after each scan: new devices are added, priorities reckoned anew, and nothing that people said is
    changed. A device whose maker its own replies confirm enters as confirmed, all others as found.

    \b
    $ camcensus plan build
    $ camcensus plan build --where "site = leeds" --weights weights.toml --dry-run
    """
    from scanner.inventory import open_inventory
    from scanner.phase_out import plan
    from scanner.phase_out.priority import DEFAULT, weights

    chosen = weights(weights_file or DEFAULT)
    with open_inventory(inventory, create=False) as opened:
        changes = plan.build(opened, by, chosen, where, rehearsal=dry_run)
        units = plan.of(opened, where).units
    counted = Counter(
        "added" if one.before is None and one.field == "plan state" else one.field for one in changes
    )
    would = "would be " if dry_run else ""
    click.echo(f"{counted['added']:,} devices {would}added to the plan.", err=True)
    click.echo(f"{counted['plan priority']:,} priorities {would}changed.", err=True)
    click.echo(f"{counted['plan state']:,} items {would}confirmed by better evidence.", err=True)
    for unit in plan.no_longer_covered(units):
        click.echo(
            f"{unit.device.id} is covered by no policy any more: keep it with --why, or leave it in the plan.",
            err=True,
        )
    click.echo("See it with: camcensus plan show", err=True)
