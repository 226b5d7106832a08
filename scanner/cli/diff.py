"""`camcensus diff`: what changed between two runs, or since a day."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from scanner.cli.options import fingerprints_option, inventory_option, where_option
from scanner.errors import CamcensusError

if TYPE_CHECKING:
    from scanner.attribution import Again
    from scanner.diff import Diff, Ground, Side
    from scanner.inventory import Device, Inventory
    from scanner.inventory.history import Event

CAUSES = ("network", "fingerprints", "unknown")
PLACES = ("new", "came-back", "gone-quiet", "moved", "first-looked-at", "not-looked-at")
COLUMNS = (
    "kind", "cause", "at", "device", "address", "site", "maker_name", "brand", "model", "before", "after", "run", "by",
    "why",
)  # fmt: skip
RANGES = 20  # that a line names; --format jsonl has all


@click.command()
@click.argument("runs", nargs=-1, metavar="[RUN RUN]")
@click.option(
    "--since",
    metavar="DATE",
    help="What the runs since then changed of what was known: 2026-03-01, or with a time, in UTC.",
)
@click.option("--site", metavar="SITE", help="Only devices at this site, by its id or its name.")
@click.option("--covered", is_flag=True, help="Only devices whose maker a policy names.")
@where_option
@click.option(
    "--format", "form", type=click.Choice(["text", "csv", "jsonl"]), default="text", show_default=True
)
@inventory_option
@fingerprints_option
def diff(
    runs: tuple[str, ...],
    since: str | None,
    site: str | None,
    covered: bool,
    where: str,
    form: str,
    inventory: Path,
    fingerprints: tuple[Path, ...],
) -> None:
    """Say what changed between two runs, or since a day.

    A device is gone only where the later run looked for it; what nobody looked at is listed as that. What only the
    fingerprints say otherwise stands apart from what changed on the network.

    \b
    $ camcensus diff 20260301-0930 20260308-0930
    $ camcensus diff --since 2026-03-01 --covered
    $ camcensus diff --since 2026-03-01 --format csv > changes.csv
    """
    import msgspec

    from scanner.attribution import Again
    from scanner.identify import library
    from scanner.inventory import open_inventory, places
    from scanner.inventory.search import in_short

    if (len(runs) == 2) == bool(since) or len(runs) not in (0, 2):
        raise click.UsageError("name two runs, or --since DATE")
    with open_inventory(inventory, create=False) as opened:
        site = opened.ask(places.known_site, site) if site else None
        found = _between(opened, runs, since, Again(opened, lambda: library(fingerprints)))
        chosen = in_short(covered=covered, where=where)
        devices = {device.id: device for device in opened.each_device(chosen, evidence=False)}
        events = [
            event
            for event in found.events()
            if event.device in devices and (not site or site in found.sites(event.device))
        ]
        ground = [one for one in found.ground() if not site or one.site == site]
    if form == "jsonl":
        sys.stdout.buffer.writelines(msgspec.json.encode(one) + b"\n" for one in (*events, *ground))
    elif form == "csv":
        from scanner.cli.devices.output import write_csv

        write_csv(COLUMNS, (cells(event, devices[event.device]) for event in events))
    else:
        click.echo("\n".join(lines(found, events, ground, devices)))


def cells(event: Event, device: Device) -> Iterator[str]:
    """A row of CSV, in the order of COLUMNS; what could not be compared has no columns here."""
    from reports.csv import harmless, text

    for name in COLUMNS:
        value = getattr(event if name in event.__struct_fields__ else device, name)
        if isinstance(value, Mapping):
            value = "; ".join(f"{key} {text(one)}" for key, one in value.items() if one is not None)
        yield harmless(text(value))


def _between(inventory: Inventory, runs: Sequence[str], since: str | None, again: Again) -> Diff:
    from scanner.diff import between
    from scanner.diff import since as changed_since

    return (
        changed_since(inventory, day(since), again) if since else between(inventory, runs[0], runs[1], again)
    )


def day(text: str) -> datetime:
    """A day or a moment, in UTC unless it says otherwise."""
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        raise CamcensusError(f"{text!r} is no date", fix="write one such as 2026-03-01") from None
    return read if read.tzinfo else read.replace(tzinfo=UTC)


def lines(
    found: Diff, events: Sequence[Event], ground: Sequence[Ground], devices: Mapping[str, Device]
) -> Iterator[str]:
    """The changes by kind, the clearest first; what could not be compared stands last."""
    from scanner.cli.changes import CAUSES as WORDS
    from scanner.cli.changes import TITLES
    from scanner.inventory.rows import address_order

    yield f"Before  {side(found.before)}"
    yield f"After   {side(found.after)}"
    ordered = sorted(events, key=lambda event: (address_order(devices[event.device].address), event.device))
    for kind, title in TITLES.items():
        for cause in CAUSES:
            mine = [event for event in ordered if event.kind == kind and event.cause == cause]
            if mine:
                about = (
                    f", {WORDS[cause]}" if kind in ("firmware", "identification") and cause in WORDS else ""
                )
                yield "\n" + click.style(f"{title}{about} ({len(mine):,})", bold=True)
                yield from (line for event in mine for line in one(event, devices[event.device]))
    if not events:
        yield "\nNothing changed."
    if ground:
        yield "\n" + click.style("Not compared, because only one side covered it", bold=True)
        for part in ground:
            yield from uncompared(part)


def side(it: Side) -> str:
    """Which runs one side is."""
    from reports import wording

    if not it.runs:
        return "no run"
    first, last = it.runs[0], it.runs[-1]
    if first is last:
        return f"run {first.id}, {wording.moment(first.started)}, {first.outcome or 'did not finish'}"
    return f"{len(it.runs):,} runs, {wording.moment(first.started)} to {wording.moment(last.started)}"


def one(event: Event, device: Device) -> Iterator[str]:
    from reports import wording
    from scanner.cli.changes import label, steps, where, wrapped

    place = event.after or event.before or {}
    at = where(place) if event.kind in PLACES else wording.shown(device.address or device.mac or "")
    yield from wrapped(f"  {device.id}  ", f"{at}  {label(device)}")
    if event.kind not in PLACES or event.kind == "moved":
        yield from wrapped(" " * 11, steps(event.before or {}, event.after or {}))
    elif event.why:
        yield from wrapped(" " * 11, wording.shown(event.why))


def uncompared(part: Ground) -> Iterator[str]:
    from scanner.cli.changes import wrapped

    for which, ranges in (("before", part.before), ("after", part.after)):
        if ranges:
            head = f"  {f'site {part.site}, ' if part.site else ''}only {which}: "
            some = ", ".join(ranges[:RANGES]) + (
                f" and {len(ranges) - RANGES:,} more" if ranges[RANGES:] else ""
            )
            yield from wrapped(head, some)
