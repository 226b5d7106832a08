"""`camcensus log`: the append-only log of all that changed, and whether it holds."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from scanner.cli.options import inventory_option

if TYPE_CHECKING:
    from scanner.evidence.log import Entry, Fault, Head, Secret

HEAD = re.compile(r"(\d{1,15}):([0-9a-f]{32,64})")
MOST_SHOWN = 1_000  # faults; the rest is counted
FOUND = 1  # exit status


class HeadType(click.ParamType["Head"]):
    """The head of a log as reports print it: `17:6b86b273…`, the hash whole or at least half of it."""

    name = "head"

    def convert(self, value: str | Head, param: click.Parameter | None, ctx: click.Context | None) -> Head:
        from scanner.evidence.log import Head

        if isinstance(value, Head):
            return value
        if not (found := HEAD.fullmatch("".join(value.split()).lower())):
            self.fail(
                f"{value!r} is no head of a log; copy it as a report prints it: 17:6b86b273…", param, ctx
            )
        return Head(int(found[1]), found[2])


@click.group()
def log() -> None:
    """Show the append-only log of all that changed, and verify that it holds.

    \b
    $ camcensus log show
    $ camcensus log verify
    """


@log.command()
@click.argument("subjects", metavar="[DEVICE|RUN|REMOVAL]...", nargs=-1)
@click.option("--after", metavar="N", default=0, help="Only entries after the one with this number.")
@click.option(
    "--jsonl", is_flag=True, help="Write JSON Lines, from which others can compute the hashes anew."
)
@click.option("--redact", metavar="WHAT,…", default="",
              help="Keep back addresses, names or serials; what is left is still proved. With --jsonl.")  # fmt: skip
@inventory_option
def show(subjects: tuple[str, ...], after: int, jsonl: bool, redact: str, inventory: Path) -> None:
    """List the entries of the log, all or those about some devices, runs or removals.

    \b
    $ camcensus log show
    $ camcensus log show 10.20.0.32
    $ camcensus log show --jsonl --redact addresses,names > log.jsonl
    """
    import msgspec

    from scanner.evidence.log import without
    from scanner.inventory import log, open_inventory

    secrets = chosen_secrets(redact)
    with open_inventory(inventory, create=False) as opened:
        named = opened.ask(log.subjects, subjects) if subjects else None
        for entry in log.entries(opened, named, after=after):
            if jsonl:
                sys.stdout.buffer.write(msgspec.json.encode(without(entry, secrets)) + b"\n")
            else:
                click.echo(line(entry))
        end = log.head(opened)
    sys.stdout.flush()
    click.echo(f"head  {end}", err=True)


def chosen_secrets(text: str) -> tuple[Secret, ...]:
    from scanner.errors import CamcensusError
    from scanner.evidence.log import SECRETS

    named = tuple(filter(None, (one.strip() for one in text.split(","))))
    if wrong := [one for one in named if one not in SECRETS]:
        raise CamcensusError(f"{wrong[0]!r} cannot be kept back", fix=f"choose of: {', '.join(SECRETS)}")
    return tuple(one for one in SECRETS if one in named)


def line(entry: Entry) -> str:
    """One entry for a person; `--jsonl` tells all of it."""
    import msgspec

    from reports.wording import shown

    values = (f"{name} {value if isinstance(value, str) else msgspec.json.encode(value).decode()}"
              for name, value in entry.values.items())  # fmt: skip
    about, said = shown(" ".join(entry.subjects)), shown("; ".join(values), 300)
    return f"{entry.seq:>7}  {entry.at[:19]}Z  {entry.kind:<16}  {about}  {said}".rstrip()


@log.command()
@click.option("--head", "heads", type=HeadType(), multiple=True, metavar="N:HASH",
              help="A head that was printed with a report: is it in this log?")  # fmt: skip
@inventory_option
def verify(heads: tuple[Head, ...], inventory: Path) -> None:
    """Follow the chain from its first entry, and compare what it binds with what the inventory holds.

    Names every entry that was changed, taken out, put in or moved, and whatever is not as the log says: runs, their
    replies, devices, removals, attachments. Exits 1 when there is any. With the head that an old report prints, it says
    whether this log is still the one of that day.

    \b
    $ camcensus log verify
    $ camcensus log verify --head 17:0f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a69788796a5b4c3d2e1f0
    """
    from scanner.inventory import log
    from scanner.inventory.care import opened
    from scanner.inventory.verifying import verify as faults

    count = 0
    with opened(inventory) as db:
        for fault in faults(db, heads):
            count += fault.kind != "unbound"
            if count <= MOST_SHOWN:
                click.echo(told(fault))
        end = log.head_of(db)
    sys.stdout.flush()
    if count:
        click.echo(
            f"{count:,} faults: this log, or what it binds, was changed by something else than camcensus.",
            err=True,
        )
        sys.exit(FOUND)
    click.echo(f"{end.seq:,} entries, each follows from the one before it; all is as they say.", err=True)
    for one in heads:
        click.echo(f"The head of entry {one.seq:,} is in it: nothing before it was changed since.", err=True)
    click.echo(f"head  {end}")


def told(fault: Fault) -> str:
    from scanner.printable import printable

    return printable(f"{fault.kind:<9}  {fault.text}")
