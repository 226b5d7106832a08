"""The sheets that are tables: devices, plan, bill of materials, and what was not seen."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, NamedTuple

from openpyxl.utils import get_column_letter

from reports import sections, wording
from reports.content import Census
from reports.content.figures import exploited, made_of
from reports.language import Language
from reports.xlsx.cells import SAMPLE, Cells, Month, fit
from scanner.inventory.records import Device

HEADING = "33404D"
FORBIDDEN = str.maketrans(dict.fromkeys("[]:*?/\\", " "))  # in the name of a sheet
FIELDS = (
    "address", "mac", "maker_name", "brand", "relabelled", "confidence", "category", "model", "firmware", "serial",
    "made", "covered", "exploited", "site", "building", "floor", "room", "switch", "switch_port", "asset", "owner",
    "lease", "contract", "note", "first_seen", "last_seen", "last_run", "reachable", "conflicts", "id",
)  # fmt: skip
"""The columns of the devices, in the order in which people read them."""
MAY_BE_UNKNOWN = {
    "site", "building", "floor", "room", "switch", "switch_port", "asset", "owner", "lease", "contract", "note",
    "reachable", "conflicts",
}  # fmt: skip


class Table(NamedTuple):
    """A sheet to write. `rows` gives the same rows each time it is called."""

    name: str
    headings: Sequence[str]
    rows: Callable[[], Iterable[Sequence[object]]]
    unknown: Sequence[int] = ()  # columns in which nothing is known: there, and hidden
    totals: Sequence[Sequence[object]] = ()  # below the table, and no part of it


def write_table(book: Any, table: Table, say: Language) -> None:
    """Write a sheet with a heading that stays, a filter, and columns that fit."""
    sheet = book.create_sheet(sheet_name(table.name))
    fit(sheet, islice(table.rows(), SAMPLE), table.headings)
    for column in table.unknown:
        sheet.column_dimensions[get_column_letter(column)].hidden = True
    sheet.freeze_panes = "B2"
    prepare_for_paper(sheet)
    sheet.print_title_rows = "1:1"
    cells = Cells(sheet, say)
    sheet.append([cells.heading(heading, HEADING) for heading in table.headings])
    count = 0
    for row in table.rows():
        sheet.append(cells.row(row))
        count += 1
    if table.totals:
        sheet.append([])
    for totals in table.totals:
        sheet.append([cells.styled(value, bold=True) for value in totals])
    sheet.auto_filter.ref = f"A1:{get_column_letter(len(table.headings))}{count + 1}"


def prepare_for_paper(sheet: Any) -> None:
    sheet.page_setup.orientation, sheet.page_setup.paperSize = "landscape", 9  # A4
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    sheet.oddFooter.center.text = "&P / &N"


def sheet_name(text: str) -> str:
    return text.translate(FORBIDDEN).strip("' ")[:31] or "-"


def devices(census: Census, say: Language) -> Table:
    heading = {"exploited": "figures.exploited", "maker": "headings.maker_name"}
    headings = [say.say(heading.get(field, f"headings.{field}")) for field in FIELDS]
    return Table(
        say.say("report.devices"),
        headings,
        lambda: (device_row(device, census, say) for device in census.devices),
        unknown=[
            column
            for column, field in enumerate(FIELDS, 1)
            if census.devices
            and field in MAY_BE_UNKNOWN
            and not any(getattr(device, field) for device in census.devices)
        ],
    )


def device_row(device: Device, census: Census, say: Language) -> list[object]:
    special: dict[str, object] = {
        "maker_name": wording.made_by(device, say),
        "brand": device.brand or wording.shown_as(device, say),
        "relabelled": None if device.relabelled is None else yes_or_no(device.relabelled, say),
        "confidence": say.word("confidence", device.confidence),
        "category": wording.category(device, say),
        "made": made(device, census),
        "covered": ", ".join(device.covered),
        "exploited": yes_or_no(True, say) if exploited(device.maker, device.model, device.firmware) else None,
        "site": census.sites.get(device.site or "", device.site),
        "reachable": say.word("reachable", device.reachable) if device.reachable else None,
        "conflicts": "; ".join(device.conflicts),
    }
    return [special[field] if field in special else getattr(device, field) for field in FIELDS]


def made(device: Device, census: Census) -> object:
    """The day of manufacture, or the month where that is all that is known."""
    text = made_of(device.serial, device.maker, device.model, census.made_at.date())
    return Month(text) if len(text) == 7 else day(text) if text else None


def day(text: str) -> object:
    from datetime import date

    return date.fromisoformat(text)


def yes_or_no(it: bool, say: Language) -> str:
    return say.say("answer.yes" if it else "answer.no")


def plan(census: Census, say: Language) -> Table:
    fields = (
        "priority", "state", "phase", "due", "site", "address", "model", "category", "replacement", "asked", "cost",
        "currency", "reasons", "owner", "contractor", "ticket", "device",
    )  # fmt: skip
    headings = [say.say(f"headings.{f}" if say.knows(f"headings.{f}") else f"plan.{f}") for f in fields]

    def rows() -> Iterator[list[object]]:
        for item in census.plan.items if census.plan else ():
            special: dict[str, object] = {
                "state": say.word("state", item.state),
                "site": census.sites.get(item.site or "", item.site),
                "category": say.word("category", item.category) if item.category else None,
                "asked": "; ".join(item.asked),
                "reasons": "; ".join(item.reasons),
            }
            yield [special[field] if field in special else getattr(item, field) for field in fields]

    return Table(say.say("report.plan"), headings, rows)


def bill(census: Census, say: Language) -> Table:
    fields = (
        "site", "phase", "kind", "replacement", "spare", "quantity", "unit_price", "labour", "total", "currency",
    )  # fmt: skip
    headings = [say.say(f"headings.{f}" if say.knows(f"headings.{f}") else f"plan.{f}") for f in fields]
    known = census.plan

    def rows() -> Iterator[list[object]]:
        for line in known.bill if known else ():
            special: dict[str, object] = {
                "site": census.sites.get(line.site or "", line.site),
                "kind": say.word("category", line.kind),
                "spare": say.say("plan.spare") if line.spare else None,
                "total": say.say("plan.not_priced") if line.unit_price is None else line.total,
            }
            yield [special[field] if field in special else getattr(line, field) for field in fields]

    totals: list[list[object]] = []
    if known:
        space = [None] * 4
        totals = [[say.say("plan.total"), *space, known.units]] if known.bill else []
        totals += [
            [say.say("plan.total"), *space, None, None, None, amount, currency]
            for currency, amount in known.totals.items()
        ]
    return Table(say.say("report.bill"), headings, rows, totals=totals)


def not_seen(census: Census, say: Language) -> Table:
    fields = ("site", "kind", "what", "why", "count", "since", "run")
    headings = [say.say("plan.kind" if field == "kind" else f"headings.{field}") for field in fields]

    def rows() -> Iterator[list[object]]:
        for site in sections.not_seen(census, say):
            yield [site.site, None, site.covered]
            for spot in site.spots:
                kind = say.word("kind", spot.kind)
                yield [site.site, kind, spot.what, spot.why, spot.count or None, spot.since, spot.run]
            if not site.spots:
                yield [site.site, None, say.say("unseen.nothing")]
        yield [None, None, say.say("unseen.never_seen")]

    return Table(say.say("report.not_seen"), headings, rows)
