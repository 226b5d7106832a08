"""`camcensus plan candidates`: products that may replace something, with the file that says so."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from scanner.cli.options import inventory_option
from scanner.cli.plan.money import show_rows, tell_problems
from scanner.cli.sites import by_option, format_option
from scanner.errors import CamcensusError

if TYPE_CHECKING:
    from scanner.phase_out.candidates import Candidate, Match


@click.command()
@click.argument("files", nargs=-1, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--device", metavar="DEVICE", help="Show how the candidates fit what replaces this device.")
@click.option("--forget", metavar="FILE", help="Remove the candidates that this file gave.")
@click.option("--encoding", metavar="NAME", help="The encoding of a CSV file, when it is taken wrongly.")
@format_option
@by_option
@inventory_option
def candidates(
    files: tuple[Path, ...],
    device: str | None,
    forget: str | None,
    encoding: str | None,
    form: str,
    by: str,
    inventory: Path,
) -> None:
    """Read, list or match candidates for replacement.

    FILES are NetBox device types (YAML), or camera databases (CSV, XLSX) with the columns Model, Maker, Kind and those
    of the specification. What they say is a candidate with its source, never a fact: look into the datasheet before
    anything is bought. Brands that also sell units of covered makers are marked.

    \b
    $ camcensus plan candidates P3265-LVE.yaml cameras.csv
    $ camcensus plan candidates --device 10.20.0.32
    """
    from scanner.inventory import open_inventory, plan_prices
    from scanner.inventory.query import quoted
    from scanner.phase_out import candidates, plan

    read = [(file, *candidates.read(file, encoding=encoding)) for file in files]
    problems = [problem for _, _, wrong in read for problem in wrong]
    with open_inventory(inventory, create=False) as opened:
        if forget:
            if not opened.change(plan_prices.forget_candidates, by, forget):
                raise CamcensusError(
                    f"no candidate came from {forget}", fix="list them with: camcensus plan candidates"
                )
            return
        for file, made, _ in read:
            opened.change(plan_prices.take_candidates, by, file.name, made)
            click.echo(f"{file.name}: {len(made):,} candidates", err=True)
        if files:
            tell_problems(problems)
            if problems:
                sys.exit(3)
            return
        known = opened.ask(plan_prices.candidates)
        if device is None:
            show_rows([row_of(one) for one in known], form)
            return
        id = opened.device(device).id
        units = plan.of(opened, f"id = {quoted(id)}").units
    if not units:
        raise CamcensusError(f"{id} is not in the plan", fix="take it in with: camcensus plan build")
    found = candidates.matches(units[0].specification, known, cautions())
    if form == "table":
        from reports.wording import shown

        click.echo(f"Needed: {shown(units[0].specification.text, 300)}")
        if asked := units[0].specification.asked:
            click.echo(f"To be asked first: {', '.join(asked)}")
    show_rows([row_of(one.candidate) | fit_of(one) for one in found], form)
    click.echo(
        "Candidates as their sources describe them: look into the datasheet before anything is bought.",
        err=True,
    )


def cautions() -> dict[str, str]:
    from fingerprints.rules import COVERED_MAKERS
    from scanner.identify import library
    from scanner.phase_out import candidates

    known = library()
    names = {slug: maker.name for slug, maker in known.makers.items()}
    return candidates.cautions(known.brands.values(), names, COVERED_MAKERS)


def row_of(one: Candidate) -> dict[str, Any]:
    from scanner.phase_out.specification import spelt

    says = ", ".join(f"{field} {spelt(value)}" for field, value in one.says.items())
    return {
        "maker": one.maker,
        "model": one.model,
        "kind": one.kind,
        "says": says or None,
        "source": one.source,
    }


def fit_of(one: Match) -> dict[str, Any]:
    return {
        "fits": ", ".join(one.fits) or None, "fails": "; ".join(one.fails) or None,
        "not_said": ", ".join(one.silent) or None, "caution": one.caution or None,
    }  # fmt: skip
