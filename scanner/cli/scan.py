"""`camcensus scan`: look for cameras and recorders, and record them in the inventory."""

from __future__ import annotations

import getpass
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple

import click

from scanner.cli.options import fingerprints_option, inventory_option
from scanner.errors import CamcensusError
from scanner.model import Confidence

if TYPE_CHECKING:
    from fingerprints import Library
    from scanner.inventory import Device, Inventory
    from scanner.notify import Destination
    from scanner.run_plan import RunPlan

FILES = ("targets_file", "exclude_file")
MOST_NAMED = 10  # devices that a line names
STATUS = {"complete": 0, "incomplete": 3, "interrupted": 130}


class After(NamedTuple):
    """What is done with the result of a run."""

    fail_on: str | None
    fail_from: Confidence
    tell: Destination | None


@click.command()
@click.argument("targets", nargs=-1)
@click.option(
    "--targets-file",
    type=click.Path(path_type=Path),
    multiple=True,
    help="Read targets, one a line (as @FILE).",
)
@click.option(
    "--interface", "-i", multiple=True, metavar="NAME", help="Discover on this interface; may be repeated."
)
@click.option(
    "--local", is_flag=True, help="Take the private networks of this machine's interfaces as targets."
)
@click.option("--yes", is_flag=True, help="Do not ask before scanning what --local found.")
@click.option(
    "--exclude", multiple=True, metavar="TARGET", help="Never touch these addresses; may be repeated."
)
@click.option(
    "--exclude-file",
    type=click.Path(path_type=Path),
    multiple=True,
    help="Read exclusions: TARGET [until YYYY-MM-DD] [# reason].",
)
@click.option("--allow-public", is_flag=True, help="Scan public addresses too. They must be yours to scan.")
@click.option("--ports", metavar="LIST", help="TCP ports to sweep, such as 80,443,8000-8010.")
@click.option(
    "--profile", type=click.Choice(["gentle", "normal", "fast"]), default="gentle", show_default=True
)
@click.option(
    "--rate", type=click.FloatRange(min=0.1), help="Probes a second over all, instead of the profile's."
)
@click.option("--device-rate", type=click.FloatRange(min=0.1), help="Probes a second to one device.")
@click.option(
    "--engine", type=click.Choice(["connect", "half-open", "nmap"]), default="connect", show_default=True
)
@click.option(
    "--unicast-discovery/--no-unicast-discovery",
    default=True,
    show_default=True,
    help="Put the discovery questions directly to addresses behind routers.",
)
@click.option(
    "--deep", is_flag=True, help="Also ask Dahua's own port for its challenge, and sites on port 8443."
)
@click.option(
    "--window", metavar="HH:MM-HH:MM", help="Send only in these hours, every day, until all is done."
)
@click.option(
    "--dry-run", is_flag=True, help="Print what would be sent where, how much and how long; send nothing."
)
@click.option("--observations", type=click.File("wb"), help="Also write every raw reply, as JSON Lines.")
@click.option("--jsonl", is_flag=True, help="Print the identifications as JSON Lines instead of a table.")
@click.option(
    "--fail-on",
    type=click.Choice(["covered", "new-covered"]),
    help="Exit with status 1 when a device was found that a policy names; or one that was not known as such before.",
)
@click.option(
    "--fail-from",
    type=click.Choice(["confirmed", "probable", "possible"]),
    default="probable",
    show_default=True,
    help="How sure its maker must be for --fail-on.",
)
@click.option(
    "--notify",
    metavar="COMMAND|URL",
    envvar="CAMCENSUS_NOTIFY",
    show_envvar=True,
    help="Tell each change, as JSON, to the standard input of a command or to a webhook.",
)
@click.option("--resume", metavar="RUN", help="Go on with a run that was interrupted.")
@click.option("--operator", default=getpass.getuser, show_default="you", help="Who answers for this run.")
@click.option(
    "--authorisation", default="", metavar="TEXT", help="By whose leave: a ticket, a letter, a name."
)
@click.option(
    "--site", metavar="SITE", help="Where the targets are: sites may use the same private addresses."
)
@inventory_option
@fingerprints_option
def scan(
    observations: BinaryIO | None,
    jsonl: bool,
    fail_on: str | None,
    fail_from: Confidence,
    notify: str | None,
    dry_run: bool,
    yes: bool,
    inventory: Path,
    fingerprints: tuple[Path, ...],
    **asked: Any,
) -> None:
    """Look for cameras and recorders, and record them in the inventory.

    A target is an address, a network (10.20.0.0/22), a range (10.20.0.5-90), a host name, or @FILE. With
    --interface alone, only the units that discovery finds on that interface are asked.

    \b
    $ camcensus scan 10.20.0.0/22 --authorisation "ticket 4711"
    $ camcensus scan --interface eth0
    $ camcensus scan 10.20.0.0/16 --dry-run
    $ camcensus scan 10.20.0.0/22 --fail-on new-covered --notify /usr/local/bin/alert
    """
    from scanner.inventory import open_inventory
    from scanner.notify import destination

    ending = After(fail_on, fail_from, destination(notify) if notify else None)
    command = " ".join(sys.argv)
    if notify and ending.tell:
        command = command.replace(notify, ending.tell.name)  # a URL may hold a secret
    if asked["resume"]:
        with open_inventory(inventory, create=False) as opened:
            asked = _settings_of(opened, asked["resume"])
    plan = _plan(asked, yes)
    if dry_run:
        _show_steps(plan)
        return
    with open_inventory(inventory) as opened:
        sys.exit(_run(plan, asked, opened, fingerprints, observations, jsonl, command, ending))


def _plan(asked: dict[str, Any], yes: bool) -> RunPlan:
    """Work out the run from the options. Raises `CamcensusError`."""
    from scanner.run_plan import make

    def confirm(networks: Sequence[str]) -> bool:
        click.echo("Private networks of this machine: " + ", ".join(networks), err=True)
        return yes or click.confirm("Scan them?", err=True)

    wanted = {
        key: value
        for key, value in asked.items()
        if key not in ("resume", "operator", "authorisation", "site")
    }
    return make(confirm=confirm, **wanted)


def _show_steps(plan: RunPlan) -> None:
    """Print what a run would do, for the change ticket."""
    from scanner.run_plan import steps

    packets = seconds = 0.0
    for step in steps(plan):
        packets, seconds = packets + step.packets, seconds + step.seconds
        click.echo(f"{step.packets:>9,} packets  {step.seconds:>7,.0f} s  {step.what}: {step.where}")
    click.echo(
        f"{packets:>9,.0f} packets  {seconds:>7,.0f} s  at most, at {plan.rate:g} probes a second in all"
    )
    click.echo(f"and {plan.device_rate:g} to one device; at most 2 connections to a device at a time.")
    for exclusion in plan.scope.exclusions:
        until = f" until {exclusion.until}" if exclusion.until else ""
        click.echo(f"Excluded{until}: {exclusion.block.text}  {exclusion.reason}".rstrip())
    for exclusion in plan.scope.expired:
        click.echo(
            f"No longer excluded since {exclusion.until}: {exclusion.block.text}  {exclusion.reason}".rstrip()
        )
    click.echo("Nothing was sent.")


def _settings_of(inventory: Inventory, run: str) -> dict[str, Any]:
    stored = inventory.run(run)
    if stored.outcome == "complete":
        raise CamcensusError(f"the run {run} is complete", fix="start a new run with: camcensus scan")
    asked = {"site": stored.site} | dict(stored.settings) | {"resume": stored.id}
    return asked | {name: [Path(text) for text in asked.get(name, ())] for name in FILES}


def _as_stored(value: object) -> object:
    """A setting as a resumed run finds it again, wherever that is started."""
    if isinstance(value, tuple):
        return [_as_stored(one) for one in value]
    return str(value.absolute()) if isinstance(value, Path) else value


def _run(
    plan: RunPlan,
    asked: dict[str, Any],
    inventory: Inventory,
    fingerprints: tuple[Path, ...],
    observations: BinaryIO | None,
    jsonl: bool,
    command: str,
    after: After,
) -> int:
    """Carry the plan out, show what it found, and return the exit status."""
    import asyncio

    from reports.content import Census
    from reports.terminal import summary
    from scanner.cli.progress import Display
    from scanner.cli.sites import tell_ambiguous
    from scanner.identify import library
    from scanner.inventory import RunSettings, places
    from scanner.observations import identification_line, write
    from scanner.survey import carry_out

    known = library(fingerprints)
    if asked["site"]:
        asked["site"] = inventory.ask(places.known_site, asked["site"])
    run = asked["resume"] or inventory.begin_run(
        RunSettings(
            command=command,
            targets=plan.scope.targets,
            operator=asked["operator"],
            authorisation=asked["authorisation"],
            settings={key: _as_stored(value) for key, value in asked.items()},
            fingerprints=known.version,
            site=asked["site"],
        )
    )

    def keep(observation: object) -> None:
        if observations:
            observations.write(write(observation))  # type: ignore[arg-type]

    ending = "interrupted"
    try:
        with Display(run) as display:
            ending = asyncio.run(carry_out(plan, run, inventory, known, display, keep))
    except KeyboardInterrupt:
        click.echo(f"\nInterrupted. Go on with: camcensus scan --resume {run}", err=True)
    found = inventory.devices(run=run)
    if jsonl:
        for device in found:
            sys.stdout.buffer.write(identification_line(device))
        sys.stdout.buffer.flush()
    else:
        summary(Census.from_inventory(inventory, run))
    tell_ambiguous(inventory.ask(places.ambiguous, run))
    if after.tell:
        _tell(inventory, run, after.tell, known)
    alarming = _alarming(inventory, run, found, after)
    return STATUS[ending] or int(alarming)


def _tell(inventory: Inventory, run: str, to: Destination, known: Library) -> None:
    """Tell what this run changed, and what could not be told earlier. A failure is reported, and changes nothing."""
    from scanner import diff, notify
    from scanner.attribution import Again
    from scanner.printable import printable

    events = diff.by_run(inventory, run, Again(inventory, lambda: known)).events()
    for failure in notify.tell(inventory, to, notify.worth_telling(events, inventory.device)):
        others = f", and {failure.waiting:,} others" if failure.waiting else ""
        text = (
            f"Not told: {failure.kind} of {failure.device}{others}: {failure.why}. The next run tries again."
        )
        click.echo(printable(text), err=True)


def _alarming(inventory: Inventory, run: str, found: Sequence[Device], after: After) -> bool:
    """Whether what --fail-on names was found; says which devices these are."""
    from scanner import notify

    if after.fail_on == "new-covered":
        devices = notify.new_covered(inventory, run, after.fail_from)
    elif after.fail_on:
        devices = [device for device in found if notify.concerns(device, after.fail_from)]
    else:
        return False
    if devices:
        named = ", ".join(device.address or device.mac or device.id for device in devices[:MOST_NAMED])
        more = f" and {len(devices) - MOST_NAMED:,} more" if len(devices) > MOST_NAMED else ""
        click.echo(f"Found, as --fail-on {after.fail_on} asks: {named}{more}", err=True)
    return bool(devices)
