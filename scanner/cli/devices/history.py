"""`camcensus devices history`: all that happened to one device."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from scanner.cli import arranged
from scanner.cli.options import fingerprints_option, inventory_option
from scanner.errors import CamcensusError

if TYPE_CHECKING:
    from scanner.inventory import Device, Inventory
    from scanner.inventory.history import Event


@click.command()
@click.argument("device")
@click.option("--jsonl", is_flag=True, help="Write JSON Lines instead.")
@arranged.arranging
@inventory_option
@fingerprints_option
def history(
    device: str, jsonl: bool, columns: str, sort: str, inventory: Path, fingerprints: tuple[Path, ...]
) -> None:
    """Say all that happened to one device, in the order of time.

    DEVICE is named as in `devices show`; one that was merged into another is found by its old id too. What only the
    fingerprints say otherwise stands apart from what changed on the network.

    \b
    $ camcensus devices history 10.20.0.32
    $ camcensus devices history d4k --columns at,kind,before,after --sort=-at
    $ camcensus devices history d4k --jsonl
    """
    import msgspec

    from scanner.attribution import Again
    from scanner.identify import library
    from scanner.inventory import open_inventory
    from scanner.inventory.history import history as all_of

    with open_inventory(inventory, create=False) as opened:
        found = find(opened, device)
        events = all_of(opened, found.id, Again(opened, lambda: library(fingerprints)))
    fields = arranged.attributes(("at", "kind", "cause", "before", "after", "run", "by", "why"))
    events = arranged.ordered(events, fields, sort)
    if columns:
        arranged.write(events, fields, columns, "jsonl" if jsonl else "table")
    elif jsonl:
        sys.stdout.buffer.writelines(msgspec.json.encode(event) + b"\n" for event in events)
    else:
        click.echo("\n".join(lines(found, events)))


def find(inventory: Inventory, device: str) -> Device:
    """The device, also one that became a part of another."""
    while True:
        try:
            return inventory.device(device)
        except CamcensusError:
            gone = [
                one
                for one in inventory.identity_changes(device)
                if one.other == device and one.kind != "doubt" and not one.undone
            ]
            if not gone or gone[-1].kind != "merge":
                raise
            click.echo(f"{device} is part of {gone[-1].device} now.", err=True)
            device = gone[-1].device


def lines(device: Device, events: Sequence[Event]) -> Iterator[str]:
    from reports import wording
    from scanner.cli.changes import CAUSES, label

    yield f"{device.id}  {wording.shown(device.address or device.mac or '')}  {label(device)}".rstrip()
    for cause in ("network", "fingerprints", "unknown"):
        mine = [event for event in events if (event.cause if event.cause in CAUSES else "network") == cause]
        if mine:
            yield "\n" + click.style(f"Changed {CAUSES[cause]}", bold=True) if cause in CAUSES else ""
            yield from (line for event in mine for line in one(event))


def one(event: Event) -> Iterator[str]:
    """When, what, and by which run or by whom."""
    from reports import wording
    from scanner.cli.changes import what, wrapped

    because = event.why if event.cause == "fingerprints" else ""
    who = f"by {wording.name(event.by)}" if event.by else f"run {event.run}" if event.run else ""
    if event.cause not in ("network", "person", "unknown", "fingerprints"):
        who = " ".join(filter(None, (wording.name(event.cause), who)))
    about = ", ".join(filter(None, (wording.shown(because), who)))
    yield from wrapped(f"{event.at:%Y-%m-%d %H:%M}  ", what(event) + (f"  ({about})" if about else ""))
