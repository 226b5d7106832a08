"""`camcensus removal record`, `import` and `undo`: what people say of removals."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from scanner.cli.options import inventory_option, table_options
from scanner.cli.sites import by_option, chosen_columns, tell_reading
from scanner.errors import CamcensusError, Incomplete
from scanner.evidence.removals import DISPOSALS, LARGEST, MEDIA, ROLES

if TYPE_CHECKING:
    from scanner.evidence.removals import Role
    from scanner.inventory import Inventory
    from scanner.inventory.removals import File

Command = TypeVar("Command", bound=Callable[..., Any])


def said_options(command: Command) -> Command:
    """What is said of a removal."""
    for option in reversed((
        click.option("--at", required=True, metavar="WHEN", help="When: 2026-03-02, or 2026-03-02T14:30."),
        click.option("--removed-by", default="", metavar="NAME", help="Who took it out: name and firm."),
        click.option("--witness", default="", metavar="NAME", help="Who saw it."),
        click.option("--isolated", default="", metavar="WHEN", help="Since when it was cut off from the network."),
        click.option("--why", default="", metavar="TEXT", help="By whose decision, or for which policy."),
        click.option("--disposal", type=click.Choice(DISPOSALS), help="What became of it."),
        click.option("--disposed-to", default="", metavar="NAME", help="Who has it now."),
        click.option("--receipt", default="", metavar="NUMBER", help="Of the receipt or the waste note."),
        click.option("--media", type=click.Choice(MEDIA),
                     help="What was done to its disks and cards: a category of NIST SP 800-88, `none` for nothing, "
                          "`not-applicable` when it has none."),
        click.option("--media-serials", default="", metavar="TEXT", help="Their serial numbers."),
        click.option("--media-method", default="", metavar="TEXT", help="The method and the tool."),
        click.option("--certificate", default="", metavar="NUMBER", help="Of the certificate about that."),
        click.option("--replacement", default="", metavar="DEVICE", help="The device that hangs there now."),
        click.option("--note", default="", metavar="TEXT", help="Anything else."),
    )):  # fmt: skip
        command = option(command)
    return command


@click.command()
@click.argument("device")
@said_options
@click.option(
    "--attach",
    "attach",
    multiple=True,
    metavar="[ROLE=]FILE",
    help=f"A photograph or document, of at most {LARGEST >> 20} MB. ROLE says what it shows: {', '.join(ROLES)}.",
)
@by_option
@inventory_option
def record(device: str, attach: tuple[str, ...], by: str, inventory: Path, **said: str | None) -> None:
    """Record that DEVICE was taken out. A record is never changed: `removal undo` takes it back by another.

    \b
    $ camcensus removal record 10.20.0.32 --at 2026-03-02T14:30 --removed-by "A. Fitter, Example Ltd" \\
        --witness "C. Porter" --disposal destroyed --receipt WTN-4711 --media destroy --certificate D-0815 \\
        --attach label=label.jpg --attach after=wall.jpg
    """
    from scanner.inventory import open_inventory, removals
    from scanner.registers.removals import attachment

    try:
        files = [read(*attachment(text)) for text in attach]
    except ValueError as error:
        raise CamcensusError(str(error)) from None
    with open_inventory(inventory, create=False) as opened:
        taken = taken_of(opened, said)
        made = opened.change(removals.record, by, opened.device(device).id, taken, files)
    click.echo(made.id)
    click.echo(
        f"{made.device} is recorded as removed. To take it back: camcensus removal undo {made.id} --why …",
        err=True,
    )


def read(role: Role, path: Path) -> File:
    from scanner.inventory.removals import File
    from scanner.registers.removals import content

    return File(path.name, role, content(path, LARGEST))


def taken_of(opened: Inventory, said: dict[str, str | None]) -> Any:
    """What was said on the command line, or in a row. Raises CamcensusError."""
    import msgspec

    from scanner.evidence.removals import Taken, moment

    kept = {name: text for name, text in said.items() if text}
    for name in ("at", "isolated"):
        if name in kept:
            try:
                kept[name] = moment(str(kept[name]), datetime.now(UTC))
            except ValueError as error:
                raise CamcensusError(f"--{name}: {error}") from None
    if "replacement" in kept:
        kept["replacement"] = opened.device(str(kept["replacement"])).id
    return msgspec.convert(kept, Taken)


@click.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@table_options
@by_option
@inventory_option
def import_(
    file: Path, columns: tuple[str, ...], encoding: str | None, sheet: str | None, by: str, inventory: Path
) -> None:
    """Record the removals of a CSV or XLSX file, one a row.

    A row names its device by id, serial number, MAC address or address. Good rows are recorded; the others are named
    with what is wrong, and the exit status is 3. Attachments are files beside FILE: `label=a.jpg; after=b.jpg`.

    \b
    $ camcensus removal import removed.csv
    """
    from scanner.inventory import open_inventory, removals
    from scanner.registers import entries
    from scanner.registers.removals import NAMING, planned, problem

    reading = entries.read(file, "removals", columns=chosen_columns(columns), encoding=encoding, sheet=sheet)
    done = 0
    with open_inventory(inventory, create=False) as opened:
        for row in planned(reading, file.name, file.parent, datetime.now(UTC)):
            try:
                device = opened.ask(removals.named, {name: row.entry.fields.get(name) for name in NAMING})
                taken = taken_of(opened, {**as_said(row.taken), "replacement": row.replacement})
                opened.change(removals.record, by, device, taken, [read(*one) for one in row.files])
                done += 1
            except CamcensusError as error:
                why = "; ".join(filter(None, (error.what, error.why)))
                reading.rejected.append(problem(reading, file.name, row.entry, "device", why))
    rejected = {(one.sheet, one.row) for one in reading.rejected}
    reading.entries = [one for one in reading.entries if (one.sheet, one.row) not in rejected]
    tell_reading(reading)
    if rejected:
        raise Incomplete(
            f"{done:,} removals were recorded, {len(rejected):,} rows were not",
            fix="correct these rows, and import them alone",
        )


def as_said(taken: Any) -> dict[str, str | None]:
    import msgspec

    said: dict[str, str | None] = msgspec.structs.asdict(taken)
    return said


@click.command()
@click.argument("removal")
@click.option("--why", required=True, metavar="TEXT", help="What was wrong with it.")
@by_option
@inventory_option
def undo(removal: str, why: str, by: str, inventory: Path) -> None:
    """Take a record back, by another that says why. Both stay.

    \b
    $ camcensus removal undo r4kdm2p --why "the wrong camera: it hangs there still"
    """
    from scanner.inventory import open_inventory, removals

    with open_inventory(inventory, create=False) as opened:
        made = opened.change(removals.undo, by, removal, why)
    click.echo(made.id)
    click.echo(f"{made.device} is not recorded as removed any more.", err=True)
