"""`camcensus inventory`: care for the file in which everything is kept."""

from __future__ import annotations

import getpass
import sys
from datetime import UTC, datetime
from pathlib import Path

import click

from scanner.cli.options import inventory_option

MOST_SHOWN = 1_000  # findings; the rest is counted
FOUND = 1  # exit status


class Age(click.ParamType[str]):
    """A length of time, as its text: `90d`, `26w`, `6m`, `1y`; and the word for no end, where that may be said."""

    name = "age"

    def __init__(self, *words: str) -> None:
        self._words = words

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        from scanner.inventory.keeping import age

        text = value.strip().lower()
        if text in self._words:
            return text
        try:
            age(text)
        except ValueError as error:
            self.fail(f"{error}{''.join(f', or {word}' for word in self._words)}", param, ctx)
        return text


by_option = click.option(
    "--by", metavar="NAME", default=getpass.getuser, show_default="you", help="Who says so."
)


@click.group()
def inventory() -> None:
    """Back up, check, compact, export and measure the inventory.

    All of it may be done while a scan records.
    """


@inventory.command()
@click.argument("file", type=click.Path(path_type=Path))
@inventory_option
def backup(file: Path, inventory: Path) -> None:
    """Copy the inventory, as it is now, to FILE, and check the copy.

    FILE must not exist. A scan that is going on is not held up.

    \b
    $ camcensus inventory backup /srv/backup/camcensus-2026-03-01.db
    """
    from scanner.inventory import care

    size = care.backup(inventory, file)
    told(inventory, "backup", file)
    click.echo(f"{file}: {size:,} bytes, checked.", err=True)


@inventory.command()
@click.option(
    "--repair", is_flag=True, help="Say anew what follows from the rest: states, identifiers, indexes."
)
@inventory_option
def check(repair: bool, inventory: Path) -> None:
    """Check that the file is whole, and that what it holds agrees with itself.

    Prints one line for each finding: the table, the row and what is wrong with it. Exits 1 when something was found,
    mended or not.

    \b
    $ camcensus inventory check
    """
    from scanner.inventory.checking import check as findings
    from scanner.printable import printable

    count = left = lasting = 0
    for finding in findings(inventory, repair=repair):
        count += 1
        left += not finding.mended
        lasting += not finding.follows
        if count <= MOST_SHOWN:
            done = "  (mended)" if finding.mended else ""
            click.echo(printable(f"{finding.table}  {finding.row or '-'}  {finding.problem}{done}"))
    sys.stdout.flush()
    if not count:
        click.echo("Nothing is wrong.", err=True)
        return
    click.echo(f"{count:,} findings, of which {count - left:,} were mended.", err=True)
    if lasting:
        click.echo("What does not follow from the rest can only come from a backup.", err=True)
    elif left:
        click.echo("All of it follows from the rest: camcensus inventory check --repair", err=True)
    sys.exit(FOUND)


@inventory.command()
@inventory_option
def vacuum(inventory: Path) -> None:
    """Drop what nothing uses any more, and give the space back to the disk.

    Takes room for a second copy meanwhile, and waits until nobody else records.
    """
    from scanner.inventory import care

    freed = care.vacuum(inventory)
    click.echo(
        f"{freed.before:,} bytes before, {freed.after:,} after; "
        f"dropped {freed.statements:,} statements and {freed.payloads:,} replies that nothing used.",
        err=True,
    )


@inventory.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@inventory_option
def export(folder: Path, inventory: Path) -> None:
    """Write every row of every table to FOLDER, as JSON Lines.

    FOLDER must be new or empty. docs/how-to/care-for-the-inventory.md says how to read it back.

    \b
    $ camcensus inventory export census-2026-03
    """
    from scanner.inventory import care

    for table, count in care.export(inventory, folder).items():
        click.echo(f"{count:>12,}  {folder / table}.jsonl", err=True)
    told(inventory, "inventory export", folder)


def told(inventory: Path, what: str, where: Path) -> None:
    """Let the log say that all of the inventory was handed out. The copy itself cannot hold that."""
    from scanner.inventory import log, open_inventory

    with open_inventory(inventory, create=False) as opened:
        log.tell_export(opened, getpass.getuser(), what, file=where.name)


@inventory.command()
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
@inventory_option
def stats(as_json: bool, inventory: Path) -> None:
    """Count what the inventory holds, and say how it grows."""
    from scanner.inventory import care, keeping

    found = care.stats(inventory)
    said, last = keeping.policy(inventory), keeping.last_time(inventory)
    if as_json:
        import msgspec

        line = msgspec.structs.asdict(found) | {"policy": said, "last_let_go": last}
        sys.stdout.buffer.write(msgspec.json.encode(line) + b"\n")
        return
    click.echo(f"{inventory}: {found.size:,} bytes")
    click.echo(f"first run  {found.first_run or 'none'}\nlast run   {found.last_run or 'none'}\n")
    click.echo(f"{'table':<20}{'rows':>14}{'bytes':>18}")
    for table, rows in found.rows.items():
        size = f"{found.sizes[table]:,}" if table in found.sizes else "not known"
        click.echo(f"{table:<20}{rows:>14,}{size:>18}")
    click.echo(f"\n{in_words(said.replies) if said else 'Every raw reply is kept.'}")
    if found.dropped:
        when = f", last on {last[:10]}" if last else ""
        click.echo(f"{found.dropped:,} observations whose replies are not kept any more{when}")
    click.echo(f"\n{'month':<10}{'runs':>8}{'observations':>16}{'new devices':>14}")
    for month in found.months:
        click.echo(f"{month.month:<10}{month.runs:>8,}{month.observations:>16,}{month.new_devices:>14,}")


@inventory.command()
@click.option("--replies", type=Age("forever"), metavar="AGE|forever",
              help="Keep raw replies for this long: 90d, 26w, 6m or 1y.")  # fmt: skip
@click.option("--why", default="", metavar="TEXT", help="Kept with it.")
@by_option
@inventory_option
def policy(replies: str | None, why: str, by: str, inventory: Path) -> None:
    """Say once for how long raw replies are kept; without an option, show what was said.

    `inventory retain` follows it, by hand or each week from a timer.

    \b
    $ camcensus inventory policy --replies 1y --why "data protection, directive 7"
    """
    from scanner.inventory import keeping
    from scanner.printable import printable

    said = keeping.state(inventory, replies, by=by, why=why) if replies else keeping.policy(inventory)
    if said is None:
        click.echo("Nothing was said yet: every reply is kept.")
        return
    click.echo(printable(in_words(said.replies)))
    click.echo(printable(f"said by {said.by} on {said.at[:10]}" + (f": {said.why}" if said.why else "")))


def in_words(replies: str) -> str:
    kept = "for ever" if replies == "forever" else f"for {replies}, and longer where they support something"
    return f"Raw replies are kept {kept}."


@inventory.command()
@click.option("--replies-older-than", "older", type=Age(), metavar="AGE",
              help="Let go of what is older than this, whatever the policy says: 90d, 26w, 6m or 1y.")  # fmt: skip
@click.option("--dry-run", is_flag=True, help="Count what would go, and change nothing.")
@by_option
@inventory_option
def retain(older: str | None, dry_run: bool, by: str, inventory: Path) -> None:
    """Let go of old raw replies that support nothing that is known of any device.

    How old is what `inventory policy` said. Kept whatever its age is what supports a claim that stands, the last
    conclusive look at each device, what recorders tell of their channels, and the latest run of each site. Of the rest,
    time, place and hash stay.

    \b
    $ camcensus inventory retain --dry-run
    $ camcensus inventory retain --replies-older-than 2y
    """
    from scanner.errors import CamcensusError
    from scanner.inventory import keeping
    from scanner.inventory.retention import retain as let_go

    said = None if older else keeping.policy(inventory)
    if not older and not said:
        raise CamcensusError(
            "no reply was let go of",
            why="nothing says for how long replies are kept",
            fix="say it once, as in: camcensus inventory policy --replies 1y",
        )
    if said and said.replies == keeping.FOR_EVER:
        click.echo(in_words(said.replies), err=True)
        return
    kept = older or (said.replies if said else "")
    before = datetime.now(UTC) - keeping.age(kept)
    why = f"replies before {before:%Y-%m-%d} are not kept"
    why += f", by the policy of {said.by}" if said else ""
    gone = let_go(inventory, before, by=by, why=why, dry_run=dry_run)
    for run, count in gone.runs.items():
        click.echo(f"{run}  {count:,}")
    sys.stdout.flush()
    would = "would go" if dry_run else "let go of"
    count, runs = sum(gone.runs.values()), len(gone.runs)
    replies = "1 reply" if count == 1 else f"{count:,} replies"
    click.echo(
        f"{replies} of {runs:,} run{'s' * (runs != 1)}, {gone.bytes:,} bytes, {would}.",
        err=True,
    )
    if gone.runs and not dry_run:
        click.echo("To give the space back to the disk: camcensus inventory vacuum", err=True)
