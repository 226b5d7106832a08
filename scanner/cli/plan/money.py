"""`camcensus plan prices`, `quantities` and `budget`: how many of what, and what that costs."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from scanner.cli.options import inventory_option, where_option
from scanner.cli.sites import by_option, format_option
from scanner.errors import CamcensusError

if TYPE_CHECKING:
    from scanner.phase_out.quantities import Bill, Sum
    from scanner.registers.entries import Problem


@click.command()
@click.argument("file", required=False, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--spares", metavar="PERCENT", help="Spares to buy of each product whose row says none; rounded up."
)
@click.option("--encoding", metavar="NAME", help="The encoding of a CSV file, when it is taken wrongly.")
@format_option
@by_option
@inventory_option
def prices(
    file: Path | None, spares: str | None, encoding: str | None, form: str, by: str, inventory: Path
) -> None:
    """Read a price list, or show it.

    FILE, CSV or XLSX, replaces the last list. Columns: Kind (camera, recorder, doorbell, encoder, other, any), When
    (a condition, as `form_factor = dome and megapixels >= 4`), Product, Price, Currency, Labour hours, Hourly rate,
    Labour, Spares %. The first row that fits a unit counts; a row without a product is about the work. Rows that
    cannot be used are named, and the exit status is 3.

    \b
    $ camcensus plan prices prices.xlsx --spares 5
    $ camcensus plan prices
    """
    from scanner.inventory import open_inventory, plan_prices
    from scanner.phase_out import prices
    from scanner.phase_out.spelling import amount

    with open_inventory(inventory, create=False) as opened:
        if file is None:
            show_rows([plain_price(row) for row in opened.ask(plan_prices.prices)], form)
            return
        try:
            share = amount(spares.removesuffix("%")) if spares else None
        except ValueError as error:
            raise CamcensusError(f"--spares: {error}", fix="write --spares 5") from None
        made, problems = prices.read(file, spares=share, encoding=encoding)
        tell_problems(problems)
        if not made:
            raise CamcensusError(f"{file} has no row that can be used", why="the earlier price list stays")
        opened.change(plan_prices.take_prices, by, file.name, made)
    click.echo(
        f"{len(made):,} rows taken, {len({(one.sheet, one.row) for one in problems}):,} rejected.", err=True
    )
    if problems:
        sys.exit(3)


def plain_price(one: Any) -> dict[str, Any]:
    names = (
        "row",
        "kind",
        "fits",
        "product",
        "price",
        "currency",
        "labour_hours",
        "hourly_rate",
        "labour",
        "spares",
    )
    return {name: getattr(one, name) for name in names} | {"file": one.file, "sheet": one.sheet}


def tell_problems(problems: Iterable[Problem]) -> None:
    from reports import wording

    for one in sorted(problems, key=lambda one: (one.sheet or "", one.row)):
        click.echo(f"rejected  {wording.shown(str(one), 1_000)}", err=True)


@click.command()
@where_option
@format_option
@inventory_option
def quantities(where: str, form: str, inventory: Path) -> None:
    """Show the bill of materials.

    How many of what, per site and phase, and in total. What has no price is listed as such, and is part of no sum.
    Amounts in several currencies stay apart. Spares are reckoned over all that is chosen, rounded up per product, and
    stand in lines of their own.

    \b
    $ camcensus plan quantities --where "site = leeds"
    $ camcensus plan quantities --format csv > bill.csv
    """
    from scanner.inventory import open_inventory
    from scanner.phase_out import plan
    from scanner.phase_out.quantities import bill

    with open_inventory(inventory, create=False) as opened:
        whole = plan.of(opened, where)
    made = bill(whole.units, whole.prices)
    show_rows([line_of(one) for one in made.lines], form)
    if form == "table":
        show_sums(made)


def line_of(one: Any) -> dict[str, Any]:
    """A line of the bill for people and programs."""
    price, labour = one.price, one.labour
    return {
        "site": one.site, "phase": one.phase, "kind": one.kind, "product": one.product or one.needs,
        "quantity": one.quantity, "spare": "spare" if one.spare else None, "ordered": one.ordered,
        "unconfirmed": one.unconfirmed, "doubtful": one.doubtful,
        "price": price and price.amount, "labour": labour and labour.amount,
        "material_cost": one.material_cost and one.material_cost.amount,
        "labour_cost": one.labour_cost and one.labour_cost.amount,
        "currency": ", ".join(sorted({each.currency for each in (price, labour) if each})) or None,
        "no_price": one.why or None,
    }  # fmt: skip


def show_sums(made: Bill) -> None:
    """The sums by site, by phase and in all."""
    from reports.wording import shown

    for title, sums in (("Site", made.by_site), ("Phase", made.by_phase)):
        click.echo()
        for name, one in sums.items():
            click.echo(f"{title} {shown(name) if name else 'not known'}: {in_words(one)}")
    if made.spares.spares:
        click.echo(f"\nSpares: {in_words(made.spares)}")
    click.echo(f"\nTotal: {in_words(made.total)}")
    if made.kept or made.not_replaced:
        click.echo(f"{made.kept:,} units are kept; {made.not_replaced:,} are gone without a replacement.")


def in_words(one: Sum) -> str:
    """A sum with what it leaves out."""
    from scanner.phase_out.money import worded

    parts = [f"{one.units:,} units"] if one.units else []
    parts += [f"{one.spares:,} spares"] if one.spares else []
    parts += [f"material {worded(one.material)}"] if one.material else []
    parts += [f"labour {worded(one.labour)}"] if one.labour else []
    parts += [f"no price for {one.no_price:,}"] if one.no_price else []
    parts += [f"no labour for {one.no_labour:,}"] if one.no_labour else []
    return "; ".join(parts) or "nothing"


@click.command()
@where_option
@format_option
@inventory_option
def budget(where: str, form: str, inventory: Path) -> None:
    """Show what falls due in each quarter, by the dates of the plan.

    It adds up to the bill of materials; what nobody has given a date stands in a line of its own, with the spares.

    \b
    $ camcensus plan budget
    """
    from scanner.inventory import open_inventory
    from scanner.phase_out import plan
    from scanner.phase_out.quantities import budget

    with open_inventory(inventory, create=False) as opened:
        whole = plan.of(opened, where)
    show_budget(budget(whole.units, whole.prices), form)


def show_budget(quarters: Iterable[Any], form: str) -> None:
    rows = []
    for one in quarters:
        currencies = sorted({*one.sum.material, *one.sum.labour}) or [None]
        for number, currency in enumerate(currencies):
            rows.append(
                {
                    "quarter": one.name or "no date, and spares",
                    "units": one.sum.units if number == 0 else None,
                    "spares": one.sum.spares if number == 0 else None,
                    "material": one.sum.material.get(currency), "labour": one.sum.labour.get(currency),
                    "total": one.sum.total.get(currency), "currency": currency,
                    "no_price": one.sum.no_price if number == 0 else None,
                    "no_labour": one.sum.no_labour if number == 0 else None,
                }
            )  # fmt: skip
    show_rows(rows, form)


def show_rows(rows: Sequence[dict[str, Any]], form: str) -> None:
    """Rows as a table without empty columns, as CSV that runs nothing, or as JSON Lines."""
    if form == "jsonl":
        import msgspec

        sys.stdout.buffer.writelines(msgspec.json.encode(row) + b"\n" for row in rows)
    elif form == "csv":
        from scanner.registers.tables import csv_text

        click.echo(csv_text([list(rows[0]) if rows else [], *(row.values() for row in rows)]), nl=False)
    elif rows:
        from decimal import Decimal

        from rich.console import Console
        from rich.table import Table
        from rich.text import Text

        from reports.wording import shown

        names = [name for name in rows[0] if any(row[name] not in (None, 0) for row in rows)]
        made = Table(box=None, padding=(0, 1, 0, 0), header_style="bold")
        for name in names:
            numbers = any(isinstance(row[name], int | Decimal) for row in rows)
            heading = name.replace("_", " ").capitalize()
            made.add_column(heading, overflow="fold", justify="right" if numbers else "left")
        for row in rows:
            cells = (
                f"{row[name]:,}" if isinstance(row[name], int | Decimal) else row[name] for name in names
            )
            made.add_row(*(Text("" if cell is None else shown(str(cell), 200)) for cell in cells))
        Console(highlight=False, markup=False, emoji=False).print(made)
