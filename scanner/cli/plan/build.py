"""`camcensus plan build`: take the covered devices into the plan, and say how urgent each is."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import click

from scanner.cli.options import inventory_option, where_option
from scanner.cli.sites import by_option
from scanner.errors import CamcensusError

if TYPE_CHECKING:
    from scanner.inventory import Inventory
    from scanner.phase_out.plan import Plan


@click.command()
@where_option
@click.option(
    "--weights",
    "weights_file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="What makes a replacement urgent, as a TOML file.  [default: the file that comes with camcensus]",
)
@click.option(
    "--scenario",
    type=click.Choice(["all-at-once", "by-site", "recorders-first"]),
    help="Also give phases and dates to all that is not ordered yet.",
)
@click.option("--start", metavar="DAY", help="The first day of the work, for --scenario.")
@click.option("--per-week", type=click.IntRange(1, 100_000), help="Units done in a week, for --scenario.")
@click.option("--dry-run", is_flag=True, help="Say what would change; change nothing.")
@by_option
@inventory_option
def build(
    where: str,
    weights_file: Path | None,
    scenario: str | None,
    start: str | None,
    per_week: int | None,
    dry_run: bool,
    by: str,
    inventory: Path,
) -> None:
    """Take covered devices into the plan.

    Reckons how urgent each replacement is, with reasons. To be repeated after each scan: new devices are added,
    priorities reckoned anew, and nothing that people said is changed. A device whose maker its own replies confirm
    enters as confirmed, all others as found.

    A scenario puts the most urgent first and keeps together what has to change together: all-at-once in one phase,
    by-site in a phase for each site, recorders-first with recorders before cameras. What is confirmed becomes planned.
    With --dry-run scenarios can be compared: phases, dates and the budget that they lead to.

    \b
    $ camcensus plan build
    $ camcensus plan build --scenario by-site --start 2027-01-04 --per-week 20 --dry-run
    $ camcensus plan build --where "site = leeds" --weights weights.toml --dry-run
    """
    from scanner.inventory import open_inventory
    from scanner.phase_out import plan
    from scanner.phase_out.priority import DEFAULT, weights

    if bool(scenario) != bool(start and per_week):
        raise CamcensusError(
            "a scenario takes a first day and what is done in a week",
            fix="--scenario … --start 2027-01-04 --per-week 20",
        )
    chosen = weights(weights_file or DEFAULT)
    with open_inventory(inventory, create=False) as opened:
        changes = plan.build(opened, by, chosen, where, rehearsal=dry_run)
        whole = plan.of(opened, where)
        if scenario and start and per_week:
            schedule(opened, whole, scenario, start, per_week, by, dry_run)
    counted = Counter(
        "added" if one.before is None and one.field == "plan state" else one.field for one in changes
    )
    would = "would be " if dry_run else ""
    click.echo(f"{counted['added']:,} devices {would}added to the plan.", err=True)
    click.echo(f"{counted['plan priority']:,} priorities {would}changed.", err=True)
    click.echo(f"{counted['plan state']:,} items {would}confirmed by better evidence.", err=True)
    for unit in plan.no_longer_covered(whole.units):
        click.echo(
            f"{unit.device.id} is covered by no policy any more: keep it with --why, or leave it in the plan.",
            err=True,
        )
    for unit in plan.seen_again(whole.units):
        days = f"was removed on {unit.item.removed_on}, and answered on {unit.device.last_seen:%Y-%m-%d}"
        click.echo(f"{unit.device.id} {days}: look at camcensus removal verdict", err=True)
    click.echo("See it with: camcensus plan show", err=True)


def schedule(
    inventory: Inventory, whole: Plan, scenario: str, start: str, per_week: int, by: str, dry_run: bool
) -> None:
    """Give phases and dates to units, or show which and what they would lead to."""
    import msgspec

    from scanner.cli.plan.money import show_budget, show_rows
    from scanner.inventory import plan_items
    from scanner.phase_out import scenarios
    from scanner.phase_out.quantities import budget
    from scanner.phase_out.spelling import day

    try:
        first = day(start)
    except ValueError as error:
        raise CamcensusError(f"--start: {error}") from None
    name: scenarios.Scenario = msgspec.convert(scenario, scenarios.Scenario)
    slots = scenarios.schedule(whole.units, name, first, per_week)
    show_rows([msgspec.structs.asdict(one) for one in scenarios.phases(slots.values())], "table")
    click.echo()
    show_budget(budget(scenarios.applied(whole.units, slots), whole.prices), "table")
    if dry_run:
        return
    states = {one.item.device: one.item.state for one in whole.units}
    why = f"scenario {name} from {first}, {per_week} a week"
    edits = []
    for device, slot in slots.items():
        said = {"phase": slot.phase, "due": slot.due.isoformat()}
        edits.append(
            plan_items.Edit(
                device, said | ({"state": "planned"} if states[device] == "confirmed" else {}), {}, why
            )
        )
    done = inventory.change(plan_items.edit, by, edits)
    click.echo(f"{len({one.device for one in done.changes}):,} items have a phase and a date.", err=True)
