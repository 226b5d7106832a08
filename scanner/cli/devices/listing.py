"""`camcensus devices list`: which devices, which columns, in which order and format."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, get_args

import click

from scanner.cli.devices import output
from scanner.cli.options import inventory_option, where_option
from scanner.model import Confidence

Format = Literal["table", "csv", "jsonl"]


@click.command("list")
@where_option
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
@click.option(
    "--columns", metavar="FIELD,…", help="What to show of each; `all` shows everything that is known."
)
@click.option(
    "--sort",
    default="",
    metavar="FIELD,…",
    help="Their order; -FIELD begins with the greatest. [default: address]",
)
@click.option(
    "--format", "form", type=click.Choice(get_args(Format)), help="How to write them. [default: table]"
)
@click.option("--jsonl", is_flag=True, help="Short for --format jsonl.")
@click.option("--limit", type=click.IntRange(1), metavar="N", help="Only the first N of them.")
@click.option("--skip", type=click.IntRange(0), default=0, metavar="N", help="All but the first N of them.")
@click.option("--replies", is_flag=True, help="Write the raw replies behind them instead, as JSON Lines.")
@inventory_option
def list_(
    where: str,
    maker: str | None,
    brand: str | None,
    confidence: Confidence | None,
    covered: bool,
    search: str | None,
    run: str | None,
    columns: str | None,
    sort: str,
    form: Format | None,
    jsonl: bool,
    limit: int | None,
    skip: int,
    replies: bool,
    inventory: Path,
) -> None:
    """List the devices in the inventory. `devices` alone is short for this.

    docs/reference/query.md has every field that --where, --columns and --sort know.

    \b
    $ camcensus devices --maker hikvision --confidence probable
    $ camcensus devices --where "covered and last_seen < 30 days ago" --sort=-last_seen
    $ camcensus devices list --columns address,model,firmware --format csv
    $ camcensus devices --limit 50 --skip 50
    """
    from scanner.inventory import open_inventory
    from scanner.inventory.search import columns_of, in_short

    if form not in (None, "jsonl") and jsonl:
        raise click.UsageError(f"--jsonl and --format {form} exclude each other.")
    if replies and (columns or form or jsonl):
        raise click.UsageError("--replies has a format of its own: raw replies, as JSON Lines.")
    where = in_short(
        maker=maker, brand=brand, confidence=confidence, covered=covered, text=search, where=where
    )
    fields = columns_of(columns) if columns else []
    form = "jsonl" if jsonl else form or "table"
    with open_inventory(inventory, create=False) as opened:
        run = opened.run(run).id if run else None
        if replies:
            found = opened.each_device(where, run=run, sort=sort, evidence=False, limit=limit, skip=skip)
            output.write_replies(opened, found, run)
            return
        if fields:
            rows = opened.listed(fields, where, run=run, sort=sort, limit=limit, skip=skip)
            count = output.write_columns(form, fields, rows)
        else:
            whole = form != "table"
            found = opened.each_device(where, run=run, sort=sort, evidence=whole, limit=limit, skip=skip)
            count = output.write_devices(form, found)
        if form == "table":
            of = opened.count(where, run=run) if limit or skip else count
            click.echo(f"{which(count, skip, of)} What was not seen: camcensus blind-spots", err=True)


def which(count: int, skip: int, of: int) -> str:
    """How many devices were shown, and how to see the next."""
    from reports import wording

    if count == of:
        return f"{wording.devices(of)}."
    if not count:
        return f"{wording.devices(of)}, none after the first {skip:,}."
    last = skip + count
    more = f" More: --skip {last}" if last < of else ""
    return f"{skip + 1:,} to {last:,} of {wording.devices(of)}.{more}"
