"""`camcensus removal list` and `show`: the removals that were recorded."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from scanner.cli import arranged
from scanner.cli.options import inventory_option
from scanner.cli.sites import format_option
from scanner.cli.sites import show as show_table
from scanner.errors import CamcensusError

if TYPE_CHECKING:
    from scanner.evidence.removals import Removal


@click.command("list")
@click.option(
    "--all", "everything", is_flag=True, help="Also records that were undone, and those that undo them."
)
@arranged.arranging
@format_option
@inventory_option
def list_(everything: bool, columns: str, sort: str, form: str, inventory: Path) -> None:
    """List the removals that stand.

    \b
    $ camcensus removal list
    $ camcensus removal list --format csv
    $ camcensus removal list --columns device,at,removed_by,disposal --sort=-at
    """
    from scanner.inventory import open_inventory, removals

    with open_inventory(inventory, create=False) as opened:
        found = (
            opened.ask(removals.removals) if everything else list(opened.ask(removals.all_standing).values())
        )
    fields: arranged.Fields[Removal] = {
        name: lambda one, name=name: getattr(brief(one), name)  # type: ignore[misc]
        for name in removals.Brief.__struct_fields__
    }
    found = arranged.ordered(found, fields, sort)
    if columns:
        arranged.write(found, fields, columns, form)
    elif form == "jsonl":
        show_table(found, form, ())
    else:
        rows = [brief(one) for one in found]
        show_table(
            rows,
            form,
            ("id", "device", "at", "removed_by", "disposal", "media", "files", "undoes"),
            right=("files",),
        )


def brief(it: Removal) -> Any:
    from scanner.inventory.removals import Brief

    return Brief.of(it)


@click.command()
@click.argument("removal", metavar="REMOVAL|DEVICE")
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
@click.option(
    "--files",
    metavar="FOLDER",
    type=click.Path(file_okay=False, path_type=Path),
    help="Also write its attachments to this folder, by the SHA-256 of each.",
)
@inventory_option
def show(removal: str, as_json: bool, files: Path | None, inventory: Path) -> None:
    """Show one removal: what was said of it, and what was known of the device then.

    \b
    $ camcensus removal show 10.20.0.32
    """
    import msgspec

    from scanner.inventory import open_inventory, removals

    with open_inventory(inventory, create=False) as opened:
        it = opened.ask(removals.one, removal)
        if files is not None:
            for one in it.attachments:
                write(files / f"{one.sha256}-{one.name}", opened.ask(removals.attached, one.sha256))
    if as_json:
        sys.stdout.buffer.write(msgspec.json.encode(it) + b"\n")
    else:
        click.echo("\n".join(detail(it)))


def detail(it: Removal) -> Iterator[str]:
    from reports.wording import shown
    from scanner.evidence.removals import SAID

    yield f"{'removal':<14} {it.id}" + (f", which undoes {it.undoes}" if it.undoes else "")
    yield f"{'device':<14} {it.device}"
    yield f"{'recorded':<14} {it.recorded} by {shown(it.by)}"
    for name in SAID:
        if text := getattr(it, name):
            yield f"{name.replace('_', ' '):<14} {shown(text, 1_000)}"
    for one in it.attachments:
        yield f"{one.role:<14} {shown(one.name)}  {one.size:,} bytes  sha256 {one.sha256}"
    if it.unit:
        yield "\n" + click.style("The device, as it was known then", bold=True)
    for name, value in it.unit.items():
        said = {True: "yes", False: "no"}.get(value) if isinstance(value, bool) else str(value)
        text = ", ".join(value) if isinstance(value, list) else str(said)
        if text:
            yield f"{name.replace('_', ' '):<14} {shown(text, 300)}"


def write(path: Path, content: bytes) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    except OSError as error:
        raise CamcensusError(f"{path} cannot be written", why=error.strerror or str(error)) from None
