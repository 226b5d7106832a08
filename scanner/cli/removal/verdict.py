"""`camcensus removal verdict`: gone, or only not seen; with the reasons, and the rule."""

from __future__ import annotations

import collections
import getpass
import sys
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from scanner.cli.options import inventory_option, where_option
from scanner.cli.removal.check import policies_option

if TYPE_CHECKING:
    from scanner.inventory import Device, Inventory
    from scanner.verdict.judging import Verdict


@click.command()
@click.argument("devices", nargs=-1, metavar="[DEVICE]...")
@where_option
@click.option(
    "--rule",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Judge by the section [verification] of this file.  [default: the rule that comes with camcensus]",
)
@click.option(
    "--policy", "named_policy", metavar="ID", help="Judge by the rule with the numbers of this policy."
)
@policies_option
@click.option(
    "--format", "form", type=click.Choice(["table", "jsonl"]), default="table", show_default=True,
    help="To read, or one JSON object for each device.",
)  # fmt: skip
@click.option(
    "--plan", is_flag=True, help="Also take the items of the plan to the state `verified`, or back from it."
)
@click.option("--by", default=getpass.getuser, show_default="you", help="Who does that, for the journal.")
@inventory_option
def verdict(
    devices: tuple[str, ...],
    where: str,
    rule: Path | None,
    named_policy: str | None,
    files: tuple[Path, ...],
    form: str,
    plan: bool,
    by: str,
    inventory: Path,
) -> None:
    """Say of removed and quiet devices what the evidence proves.

    Without a DEVICE, of all that are recorded as removed, and of those that were not seen when they should have been.
    Each verdict is one of verified-removed, not-seen, still-present, returned, moved and replaced, with its reasons and
    the runs that they rest on. Not seen is never taken for gone: a look counts only when other devices of the same
    network did answer. With --plan, the plan follows: its state `verified` comes from here, and never from a person.

    \b
    $ camcensus removal verdict
    $ camcensus removal verdict 10.20.0.32 --rule strict.toml
    $ camcensus removal verdict --policy us-ndaa-889
    $ camcensus removal verdict --where 'site = leeds' --format jsonl
    """
    import msgspec

    from scanner.inventory import open_inventory, plan_verified
    from scanner.inventory.log import head
    from scanner.obligations import policy, rule_of
    from scanner.verdict import rule as rules
    from scanner.verdict.told import verdicts

    if rule and named_policy:
        raise click.UsageError("--rule and --policy exclude each other.")
    chosen = rules.read(rule) if rule else rules.usual()
    if named_policy:
        chosen = rule_of(policy(named_policy, files))
    with open_inventory(inventory, create=False) as opened:
        found = verdicts(opened, chosen, [opened.device(named).id for named in devices] or None)
        if where:
            wanted = {device.id for device in opened.each_device(where, evidence=False)}
            found = (one for one in found if one.device in wanted)
        if plan:
            found = iter(judged := list(found))
            changes = opened.change(plan_verified.follow, by, judged)
            moved = sum(change.field == "plan state" for change in changes)
            click.echo(f"{moved} items of the plan changed their state", err=True)
        if form == "jsonl":
            for one in found:
                sys.stdout.buffer.write(msgspec.json.encode(one) + b"\n")
            return
        said = list(found)
        about = {device.id: device for device in named(opened, [one.device for one in said])}
        for one in said:
            click.echo("\n".join(block(one, about.get(one.device))) + "\n")
        click.echo("\n".join(summary(said)))
        click.echo(f"by {chosen}")
        click.echo(f"state of the log: {head(opened)}")


def named(inventory: Inventory, ids: Collection[str]) -> Iterator[Device]:
    chosen = set(ids)
    return (device for device in inventory.each_device(evidence=False) if device.id in chosen)


def block(verdict: Verdict, device: Device | None) -> Iterator[str]:
    """One verdict, line by line."""
    from reports import wording

    what = [] if device is None else [device.brand or wording.made_by(device), device.model, device.serial]
    about = wording.shown("  ".join(filter(None, [verdict.device, *what])))
    yield f"{click.style(verdict.verdict, bold=True)}  {about}"
    for reason in verdict.reasons:
        runs = f"  [{shortened(reason.runs)}]" if reason.runs else ""
        yield f"  {wording.shown(reason.text)}{runs}"
    for text in verdict.missing:
        yield f"  missing: {wording.shown(text)}"


def shortened(runs: Sequence[str]) -> str:
    return ", ".join(runs) if len(runs) < 4 else f"{runs[0]}, … {len(runs) - 2} more …, {runs[-1]}"


def summary(said: Sequence[Verdict]) -> Iterator[str]:
    from scanner.verdict.judging import OUTCOMES

    counts = collections.Counter(one.verdict for one in said)
    if not said:
        yield "no device is recorded as removed, and none is quiet"
    yield from (f"{counts[outcome]:>6}  {outcome}" for outcome in OUTCOMES if counts[outcome])
