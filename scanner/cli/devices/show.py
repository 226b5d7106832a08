"""`camcensus devices show`: one device with all that speaks for its identification."""

from __future__ import annotations

import shutil
import textwrap
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from scanner.cli.devices.output import write_lines, write_replies
from scanner.cli.options import inventory_option

if TYPE_CHECKING:
    from scanner.inventory import Device, Inventory
    from scanner.model import Observation

WIDEST = 120  # columns
REPLY_LENGTH = 2_000  # characters of one reply that are shown without --full


@click.command()
@click.argument("device")
@click.option("--run", metavar="RUN", help="The replies of this run.  [default: the last that saw it]")
@click.option("--full", is_flag=True, help="Show every reply to its end.")
@click.option("--jsonl", is_flag=True, help="Write JSON Lines instead.")
@click.option("--replies", is_flag=True, help="Write the raw replies behind it instead, as JSON Lines.")
@inventory_option
def show(device: str, run: str | None, full: bool, jsonl: bool, replies: bool, inventory: Path) -> None:
    """Show one device with its evidence.

    DEVICE is its address, MAC address or serial number, or its id from the list or the beginning of that. `devices
    DEVICE` is short for this.

    \b
    $ camcensus devices 10.20.0.32
    $ camcensus devices show d4k --full
    """
    from scanner.inventory import open_inventory

    with open_inventory(inventory, create=False) as opened:
        run = opened.run(run).id if run else None
        found = opened.device(device)
        if replies:
            write_replies(opened, [found], run)
        elif jsonl:
            write_lines([found])
        else:
            click.echo("\n".join(detail(opened, found, run, full)))


def detail(inventory: Inventory, device: Device, run: str | None, full: bool) -> Iterator[str]:
    """One device, line by line: what is known, why, where it was seen, and what it answered."""
    from reports import wording

    yield from facts(device)
    if device.conflicts:
        yield heading("The evidence disagrees")
        yield from (f"  {wording.shown(conflict)}" for conflict in device.conflicts)
    yield from description(device)
    yield heading("Evidence")
    for claim in device.evidence:
        yield f"  {claim.strength:<10} {claim.attribute}: {wording.shown(claim.value)}"
        yield f"{'':<13}{claim.protocol}, {wording.shown(claim.fingerprint)}: {wording.shown(claim.excerpt)}"
    if not device.evidence:
        yield "  none"
    yield heading("Sightings")
    for seen in inventory.sightings(device.id):
        where = (seen.address, seen.mac, seen.interface, seen.reachable)
        yield f"  {wording.moment(seen.at)}  run {seen.run}  {wording.shown('  '.join(filter(None, where)))}"
    chosen = run or device.last_run
    yield heading(f"Replies in run {chosen}")
    for _, observation in inventory.observations(chosen, device.id):
        yield from reply(observation, full)
    for since, observation in inventory.not_kept(chosen, device.id):
        yield f"  {about(observation)}  not kept since {wording.moment(since)}"


def description(device: Device) -> Iterator[str]:
    """What the device is: a section for each part of which something is known."""
    from fingerprints.description import describe
    from reports import description as words

    one = describe(device)
    if one.specification:
        yield heading("Specification", "read from the model; expected: usual for the line, not stated")
        yield from lines(words.specification(one.specification, device.category))
    if one.firmware:
        yield heading("Firmware")
        yield from lines(words.firmware(one.firmware))
    if one.serial:
        yield heading("Serial number")
        yield from lines(words.serial(one.serial, device.model))
    if one.flaws:
        yield heading("Known flaws")
        yield from wrapped("  ", words.flaws_in_short(one.flaws))
        for flaw in words.flaws(one.flaws):
            yield from wrapped(f"  {flaw.state:<9} ", flaw.name)
            for text in flaw.lines:
                yield from wrapped(" " * 12, text)
        yield from wrapped("  ", words.basis(one.flaws))
    if device.covered:
        yield heading("Policies", "that name its maker")
        yield from lines(words.policies(device.covered, one.policies), 20)


def lines(pairs: Iterable[tuple[str, str]], width: int = 12) -> Iterator[str]:
    for label, text in pairs:
        yield from wrapped(f"  {label:<{width}} ", text)


def wrapped(head: str, text: str) -> list[str]:
    """A text beside its head, in the width of the terminal, and no wider than reads well."""
    width = min(shutil.get_terminal_size().columns, WIDEST)
    return textwrap.wrap(text, width, initial_indent=head, subsequent_indent=" " * len(head)) or [head]


def facts(device: Device) -> Iterator[str]:
    from reports import wording

    brand = wording.shown_as(device)
    known = {
        "device": device.id,
        "address": wording.shown(device.address or ""),
        "mac": device.mac or "",
        "made by": f"{wording.made_by(device)} ({device.confidence})",
        "shown as": brand + (", another name than its maker's" if device.relabelled else ""),
        "covered": covered_in_short(device),
        "category": wording.category(device),
        "model": wording.shown(device.model or ""),
        "firmware": wording.shown(device.firmware or ""),
        "serial": wording.shown(device.serial or ""),
        "place": place(device),
        "asset": wording.shown(device.asset or ""),
        "owner": wording.shown(", ".join(filter(None, (device.owner, device.lease, device.contract)))),
        "note": wording.shown(device.note or ""),
        "first seen": wording.moment(device.first_seen),
        "last seen": f"{wording.moment(device.last_seen)}, {device.reachable or 'in a recording'}",
    }
    return (f"{label:<11} {text}" for label, text in known.items() if text)


def place(device: Device) -> str:
    """Where it is, from the site down to the port of the switch, as far as anybody said."""
    from reports import wording

    port = f"port {device.switch_port}" if device.switch_port else None
    where = (device.site, device.building, device.floor, device.room, device.switch, port)
    return wording.shown(", ".join(filter(None, where)))


def covered_in_short(device: Device) -> str:
    """The policy that names its maker, or how many do: they have a section of their own."""
    from reports import wording

    several = len(device.covered) > 1
    return f"by {len(device.covered)} policies" if several else wording.shown("".join(device.covered))


def reply(observation: Observation, full: bool) -> Iterator[str]:
    """One raw reply, made harmless for the terminal, and cut where it is long."""
    from scanner.printable import printable_bytes

    size = f"{len(observation.payload):,} bytes, {observation.outcome}"
    yield "  " + click.style(f"{about(observation)}  {size}", bold=True)
    text = printable_bytes(observation.payload)
    shown = text if full else text[:REPLY_LENGTH]
    yield from (f"    {line}" for line in shown.splitlines())
    if len(shown) < len(text):
        yield f"    … {len(text) - len(shown):,} more characters: --full"


def about(observation: Observation) -> str:
    """What was asked, where and when, made harmless for the terminal."""
    from reports import wording
    from scanner.printable import printable

    place = f"{observation.transport or ''} {observation.port or ''}".strip()
    known = (observation.protocol, observation.request, place, wording.moment(observation.observed_at))
    return printable("  ".join(filter(None, known)))


def heading(text: str, note: str = "") -> str:
    return "\n" + click.style(text, bold=True) + (f"  ({note})" if note else "")
