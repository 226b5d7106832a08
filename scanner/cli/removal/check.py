"""`camcensus removal check` and `policies`: what a policy asks of removals, and what is missing."""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path

import click

from scanner.cli.options import inventory_option, where_option
from scanner.cli.sites import format_option
from scanner.cli.sites import show as show_table

FOUND = 1  # exit status


def policies_option(command: click.decorators.FC) -> click.decorators.FC:
    return click.option(
        "--policies", "files", multiple=True, metavar="FILE",
        type=click.Path(exists=True, dir_okay=False, path_type=Path),
        help="Also use the policies in this file; they may replace those that come with camcensus.",
    )(command)  # fmt: skip


@click.command()
@click.option("--policy", "named", required=True, metavar="ID", help="Whose demands.")
@click.option("--all", "everything", is_flag=True, help="Also the devices of which no removal is recorded.")
@policies_option
@where_option
@format_option
@inventory_option
def check(
    named: str, everything: bool, files: tuple[Path, ...], where: str, form: str, inventory: Path
) -> None:
    """Say what is missing, per device, until its removal shows what a policy asks for.

    Besides what its record lacks, `verified` is missing as long as no verdict says that it is gone. Exits 1 when
    anything is missing. It says nothing of whether you comply with a law: that is for you and your lawyers.

    \b
    $ camcensus removal check --policy us-ndaa-889
    $ camcensus removal check --policy my-organisation --policies ours.toml --where 'site = leeds'
    """
    import msgspec

    from scanner.evidence.requirements import REQUIREMENTS
    from scanner.inventory import open_inventory
    from scanner.inventory.log import head
    from scanner.obligations import policy, rule_of, standings

    chosen = policy(named, files)
    with open_inventory(inventory, create=False) as opened:
        found = list(standings(opened, chosen, where))
        end = head(opened)
    recorded = [one for one in found if one.removal]
    shown = found if everything else recorded
    if form == "table":
        rows = [msgspec.structs.replace(one, missing=", ".join(one.missing) or "nothing") for one in shown]
        show_table(rows, form, ("device", "site", "model", "serial", "removal", "verdict", "missing"))
        lacking = Counter(name for one in recorded for name in one.missing)
        for name, count in lacking.most_common():
            about = REQUIREMENTS[name].about if name in REQUIREMENTS else "a verdict that it is gone"
            click.echo(f"{count:>6}  {name}: {about}", err=True)
    else:
        show_table(shown, form, ("device", "removal", "verdict", "missing"))
    sys.stdout.flush()
    whole = sum(not one.missing for one in recorded)
    click.echo(f"{len(found):,} devices are covered by {chosen.id}.", err=True)
    click.echo(f"{len(found) - len(recorded):,} of them have no record of a removal.", err=True)
    click.echo(f"{len(recorded):,} have one, of which {whole:,} lack nothing.", err=True)
    click.echo(f"verified by {rule_of(chosen)}\nstate of the log: {end}", err=True)
    if whole < len(found):
        sys.exit(FOUND)


@click.command()
@click.argument("named", metavar="[ID]", required=False)
@click.option("--template", is_flag=True, help="Print a policy file of your own to begin with.")
@policies_option
def policies(named: str | None, template: bool, files: tuple[Path, ...]) -> None:
    """List the policies that ask something of removals, or say what one asks.

    \b
    $ camcensus removal policies
    $ camcensus removal policies us-ndaa-889
    $ camcensus removal policies --template > ours.toml
    """
    from fingerprints.policies import TEMPLATE
    from scanner.obligations import asking, policy

    if template:
        click.echo(TEMPLATE.read_text("utf-8"), nl=False)
    elif named is None:
        for one in asking(files):
            click.echo(f"{one.id:<22} {one.name}, known as of {one.known}")
    else:
        from scanner.evidence.requirements import named as requirement

        chosen = policy(named, files)
        assert chosen.removal is not None
        wants = chosen.removal
        click.echo(f"{click.style(chosen.name, bold=True)} ({chosen.jurisdiction}), since {chosen.since}")
        click.echo(f"{chosen.demands}\n\ncovers  {wants.covers}")
        for part in wants.parts:
            click.echo(f"        {part.cites}, since {part.since}: {part.demands}")
        for notice in wants.notices:
            click.echo(f"report  within {notice.within} ({notice.cites}): {'; '.join(notice.holds)}")
        click.echo(f"\nA record holds ({wants.certainty} certainty; {wants.basis})")
        for name in wants.record:
            click.echo(f"  {name:<20} {requirement(name).about}")
        click.echo(
            f"\nsource  {chosen.source}\nknown   as of {chosen.known}; rules change. None of this is legal advice."
        )
