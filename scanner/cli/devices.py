"""`camcensus devices`: the inventory as a table, and one device with all that speaks for its identification."""

from __future__ import annotations

import shutil
import sys
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, get_args

import click

from scanner.cli.options import inventory_option
from scanner.model import Confidence

if TYPE_CHECKING:
    from rich.table import Table

    from scanner.inventory import Device, Inventory
    from scanner.model import Observation

WIDEST = 120  # columns
REPLY_LENGTH = 2_000  # characters of one reply that are shown without --full


@click.command()
@click.argument("device", required=False)
@click.option(
    "--maker", metavar="NAME", help="Only those made by this maker: hikvision, dahua, other, or a name."
)
@click.option("--brand", metavar="NAME", help="Only those shown as this brand.")
@click.option(
    "--confidence",
    type=click.Choice([level for level in get_args(Confidence) if level != "none"]),
    help="Only those whose maker is at least this sure.",
)
@click.option("--covered", is_flag=True, help="Only those whose maker a policy names.")
@click.option(
    "--search", metavar="TEXT", help="Only those with this text in an address, a name, a model, a serial…"
)
@click.option("--run", metavar="RUN", help="Only what this run saw.")
@click.option("--jsonl", is_flag=True, help="Write JSON Lines instead of a table.")
@click.option("--replies", is_flag=True, help="Write the raw replies behind them instead, as JSON Lines.")
@click.option("--full", is_flag=True, help="With DEVICE: show every reply to its end.")
@inventory_option
def devices(
    device: str | None,
    maker: str | None,
    brand: str | None,
    confidence: Confidence | None,
    covered: bool,
    search: str | None,
    run: str | None,
    jsonl: bool,
    replies: bool,
    full: bool,
    inventory: Path,
) -> None:
    """List the devices in the inventory, or show one with its evidence.

    DEVICE is its address, MAC address or serial number, or its id from the list or the beginning of that.

    \b
    $ camcensus devices --maker hikvision --confidence probable
    $ camcensus devices --search 10.20.0. --jsonl
    $ camcensus devices 10.20.0.32
    """
    from scanner.inventory import open_inventory

    with open_inventory(inventory, create=False) as opened:
        run = opened.run(run).id if run else None
        if device:
            found = [opened.device(device)]
        else:
            found = opened.devices(
                maker=maker,
                brand=brand,
                confidence=confidence or "none",
                covered=covered,
                text=search,
                run=run,
            )
        if replies:
            write_replies(opened, found, run)
        elif jsonl:
            write_lines(found)
        elif device:
            click.echo("\n".join(detail(opened, found[0], run, full)))
        else:
            show_list(found)


def write_lines(found: Sequence[Device]) -> None:
    """The contract, with the keys of the inventory, and then those that describe the device."""
    import msgspec

    from fingerprints.description import describe

    encode = msgspec.json.Encoder().encode
    for device in found:
        line = msgspec.structs.asdict(device) | describe(device).keys()
        sys.stdout.buffer.write(encode(line) + b"\n")


def write_replies(inventory: Inventory, found: Sequence[Device], run: str | None) -> None:
    from scanner.observations import write

    for device in found:
        for _, observation in inventory.observations(run, device.id):
            sys.stdout.buffer.write(write(observation))


def show_list(found: Sequence[Device]) -> None:
    from rich.console import Console

    from reports import wording

    if found:
        Console(highlight=False, markup=False, emoji=False).print(table(found))
    click.echo(f"{wording.devices(len(found))}. What was not seen: camcensus runs", err=True)


def table(found: Sequence[Device]) -> Table:
    from rich.table import Table
    from rich.text import Text

    from reports import wording

    made = Table(box=None, padding=(0, 1, 0, 0), header_style="bold", expand=True)
    made.add_column("Id", width=7)
    made.add_column("Address", width=16, overflow="fold")  # and its mark of a conflict
    for heading, share in (("Made by", 3), ("Shown as", 3), ("Model", 5), ("Category", 3)):
        made.add_column(heading, ratio=share, overflow="fold")
    made.add_column("Confidence", width=10)
    for device in found:
        cells = (
            device.id,
            wording.shown(device.address or device.mac or "") + ("!" if device.conflicts else ""),
            wording.made_by(device),
            wording.shown_as(device),
            wording.name(device.model or ""),
            wording.category(device),
            device.confidence,
        )
        made.add_row(*map(Text, cells))
    return made


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
        "first seen": wording.moment(device.first_seen),
        "last seen": f"{wording.moment(device.last_seen)}, {device.reachable or 'in a recording'}",
    }
    return (f"{label:<11} {text}" for label, text in known.items() if text)


def covered_in_short(device: Device) -> str:
    """The policy that names its maker, or how many do: they have a section of their own."""
    from reports import wording

    several = len(device.covered) > 1
    return f"by {len(device.covered)} policies" if several else wording.shown("".join(device.covered))


def reply(observation: Observation, full: bool) -> Iterator[str]:
    """One raw reply, made harmless for the terminal, and cut where it is long."""
    from reports import wording
    from scanner.printable import printable, printable_bytes

    place = f"{observation.transport or ''} {observation.port or ''}".strip()
    about = (observation.protocol, observation.request, place, wording.moment(observation.observed_at))
    size = f"{len(observation.payload):,} bytes, {observation.outcome}"
    yield "  " + click.style(printable("  ".join(filter(None, (*about, size)))), bold=True)
    text = printable_bytes(observation.payload)
    shown = text if full else text[:REPLY_LENGTH]
    yield from (f"    {line}" for line in shown.splitlines())
    if len(shown) < len(text):
        yield f"    … {len(text) - len(shown):,} more characters: --full"


def heading(text: str, about: str = "") -> str:
    return "\n" + click.style(text, bold=True) + (f"  ({about})" if about else "")
