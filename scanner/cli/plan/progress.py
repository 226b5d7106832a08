"""`camcensus plan progress`: how far the phase-out has come, and when it may end."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from scanner.cli.options import inventory_option, where_option
from scanner.cli.plan.money import show_rows
from scanner.cli.sites import format_option


@click.command()
@where_option
@click.option("--weeks", is_flag=True, help="Show how things stood at the end of each week: the burn-down.")
@format_option
@inventory_option
def progress(where: str, weeks: bool, form: str, inventory: Path) -> None:
    """Show how far the phase-out has come.

    Site by site and in all, and when it may end. The forecast goes by the pace so far: four times out of five the end
    lies between early and late. With too little history it says so. docs/explanation/progress.md gives the method.

    \b
    $ camcensus plan progress
    $ camcensus plan progress --weeks --format csv > burn-down.csv
    """
    from scanner.inventory import open_inventory, plan_items
    from scanner.phase_out import plan
    from scanner.phase_out.progress import progress as reckon

    with open_inventory(inventory, create=False) as opened:
        units = plan.of(opened, where).units
        history = opened.ask(plan_items.history, where)
    whole, sites = reckon(units, history, datetime.now(UTC).date())
    if weeks:
        points = [
            (one.site or ("all" if one is whole else "no site"), each)
            for one in (whole, *sites)
            for each in one.points
        ]
        show_rows([{"site": site} | as_row(point) for site, point in points], form)
        return
    rows = []
    for one in (whole, *sites):
        forecast = one.forecast
        rows.append(
            {
                "site": "all" if one is whole else one.site or "no site",
                "units": one.units, "open": one.open, "gone": one.gone, "kept": one.kept,
                "pace": f"{forecast.pace:g} a week" if forecast else None,
                "early": forecast and forecast.early, "likely": forecast and forecast.likely,
                "late": (forecast.late or "no end in sight") if forecast else None,
                "remark": one.why or None,
            }
        )  # fmt: skip
    show_rows(rows, form)


def as_row(point: Any) -> dict[str, Any]:
    return {"day": point.day, "open": point.open, "gone": point.gone, "kept": point.kept}
