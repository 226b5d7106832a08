"""`camcensus demo`: scan a simulated building on loopback, and hold the census against the truth."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from scanner.errors import CamcensusError

if TYPE_CHECKING:
    from reports.content import Census
    from scanner.lab.truth import Comparison

LOOPBACK = "127.0.0.0/8"  # nothing of the demo may leave this machine, whatever happens
STANDS = 300  # s: the building closes by itself, whatever becomes of the scan


@click.command()
@click.option(
    "--output",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("demo"),
    show_default=True,
    help="Where the inventory and the reports go; an earlier demo there is replaced.",
)
@click.option("--profile", type=click.Choice(["gentle", "normal", "fast"]), default="fast", show_default=True)
def demo(output: Path, profile: str) -> None:
    """Scan a simulated building, show its census, and plan the replacement.

    The building stands on loopback addresses of this machine: nothing is sent to any network, and no privileges are
    needed. Exits with status 3 when the census and the truth about the building differ.

    \b
    $ camcensus demo --output demo
    """
    import asyncio

    from reports.content import Census
    from reports.terminal import summary
    from scanner.cli.progress import Display
    from scanner.identify import library
    from scanner.inventory import RunSettings, open_inventory
    from scanner.lab.building import NETWORK, Building
    from scanner.lab.replacement import plan_the_building
    from scanner.lab.truth import compare
    from scanner.net.gate import CONFINE
    from scanner.run_plan import make
    from scanner.survey import carry_out

    os.environ[CONFINE] = LOOPBACK
    output.mkdir(parents=True, exist_ok=True)
    for old in output.glob("building.inventory*"):
        old.unlink()
    known = library()
    plan = make(targets=[NETWORK], interface=["lo"], profile=profile)
    with simulated_building(), open_inventory(output / "building.inventory") as inventory:
        run = inventory.begin_run(
            RunSettings(command="camcensus demo", targets=plan.scope.targets, fingerprints=known.version)
        )
        with Display(run) as display:
            asyncio.run(carry_out(plan, run, inventory, known, display))
        plan_the_building(inventory, datetime.now(UTC).date())
        census = Census.from_inventory(inventory, run, title="A simulated building")
        devices = inventory.devices(run=run)
    summary(census)
    comparison = compare(Building.loopback().truth(), devices)
    show(comparison)
    click.echo("\nThe prices of this plan are invented. All of it, to look at:")
    for label, path in (*reports(census, output), ("inventory", output / "building.inventory")):
        click.echo(f"  {label:<10} {path.resolve()}")
    if not comparison.flawless:
        sys.exit(3)


@contextlib.contextmanager
def simulated_building() -> Iterator[None]:
    """Let the building stand in a process of its own, so that it does not slow the scan down."""
    command = [sys.executable, "-m", "scanner.lab", "--seconds", str(STANDS)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as building:
        assert building.stdout is not None and building.stderr is not None
        try:
            if not any(line.startswith("ready") for line in building.stdout):
                raise CamcensusError(
                    "the simulated building could not be set up",
                    why=building.stderr.read().strip().splitlines()[-1:][0] if building.stderr else "",
                    fix="end other programs that use the ports of cameras on this machine; camcensus doctor names them",
                )
            yield
        finally:
            building.terminate()
            building.communicate()


def reports(census: Census, folder: Path) -> Iterator[tuple[str, Path]]:
    """Write the census in every format, and say where each is."""
    from reports import csv, json, page, pdf, xlsx

    for label, name, content in (
        ("page", "census.html", page.render(census).encode()),
        ("PDF", "census.pdf", pdf.render(census, tell=lambda note: click.echo(f"note   {note}", err=True))),
        ("workbook", "census.xlsx", xlsx.render(census)),
        ("table", "census.csv", csv.render(census)),
        ("not seen", "not-seen.csv", csv.render_blind_spots(census.unseen)),
        ("JSON", "census.json", json.render(census)),
    ):
        (folder / name).write_bytes(content)
        yield label, folder / name


def show(comparison: Comparison) -> None:
    """Print how the census compares with the building."""
    click.echo("\nCompared with the truth about the building:")
    click.echo(f"  {len(comparison.found)} units made by Hikvision or Dahua named rightly")
    for label, names in (
        ("missed", comparison.missed),
        ("wrongly named Hikvision or Dahua", comparison.accused),
        ("counted twice", comparison.doubled),
    ):
        click.echo(f"  {len(names)} {label}" + (f": {', '.join(names)}" if names else ""))
    for each in comparison.wrong:
        click.echo(f"  {each.unit}: {each.field} is {each.expected}, the census says {each.got}")
    for each in comparison.unseen:
        click.echo(f"  {each.unit}: {each.field} {each.expected} was not told")
