"""The census for a terminal of 80 columns: a table, one line per maker, and what was not seen."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, TextIO

from reports import sections, wording
from reports import unseen as words
from reports.content import NAMED, Census, MakerCount
from reports.content.figures import by_state
from reports.language import Language, english
from scanner.blind_spots import BlindSpots
from scanner.inventory.records import Device

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.padding import Padding
    from rich.table import Table
    from rich.text import Text

WIDTH = 80
LONGEST = 800  # characters of a reason
ROWS = 200  # a table longer than this is for `camcensus devices` and the page
TONES = {"hikvision": "red", "dahua": "cyan"}


def summary(
    census: Census, file: TextIO | None = None, language: Language | None = None, title: str = ""
) -> None:
    """Print the census to a file, or to stdout; in colour only where somebody reads it."""
    from rich.console import Console, Group

    say = language or english()
    shown = Console(file=file, width=WIDTH, highlight=False, markup=False, emoji=False)
    shown.print(Group(*heading(census, say, title), *parts(census, say)))


def heading(census: Census, say: Language, title: str) -> Iterator[RenderableType]:
    """Nothing, unless somebody gave a title or chose the devices."""
    if title or census.selection:
        yield line(wording.shown(wording.title(census, say, title)), "bold")
        yield line()


def parts(census: Census, say: Language) -> Iterator[RenderableType]:
    if census.devices:
        yield table(census.devices[:ROWS], say)
    if (more := len(census.devices) - ROWS) > 0:
        yield line(
            say.say("counts.beyond", devices=wording.devices(more, say)) + ": camcensus devices", "dim"
        )
    yield line()
    yield makers(census, say)
    yield line()
    yield from conflicts(census, say)
    yield from unseen(census, say)
    yield from plan(census, say)
    if census.log_head:
        yield line()
        yield line(say.say("report.log_head"), "dim")
        yield indented(wording.shown(census.log_head), "dim")


def table(devices: tuple[Device, ...], say: Language) -> Table:
    from rich.table import Table

    made = Table(box=None, padding=(0, 1, 0, 0), header_style="bold", width=WIDTH)
    made.add_column(say.say("headings.address"), min_width=15, overflow="fold", ratio=5)
    made.add_column(say.say("headings.maker_name"), overflow="fold", ratio=3)
    made.add_column(say.say("headings.brand"), overflow="fold", ratio=4)
    made.add_column(say.say("headings.model"), overflow="fold", ratio=6)
    made.add_column(say.say("headings.category"), overflow="fold", ratio=3)
    made.add_column(say.say("headings.confidence"), min_width=10, no_wrap=True)
    for device in devices:
        address, made_by, *rest = cells(device, say)
        tone = TONES.get(device.maker or "", "")
        made.add_row(line(address), line(made_by, tone), *map(line, rest), style="" if tone else "dim")
    return made


def cells(device: Device, say: Language) -> Iterator[str]:
    yield wording.shown(device.address or device.mac or "") + ("!" if device.conflicts else "")
    yield wording.made_by(device, say)
    yield wording.shown_as(device, say)
    yield wording.name(device.model or "")
    yield wording.category(device, say)
    yield say.word("confidence", device.confidence)


def makers(census: Census, say: Language) -> Table:
    """One line for each maker, as in `Hikvision  14 devices: 9 confirmed, 4 probable, 1 possible`."""
    from rich.table import Table

    made = Table.grid(padding=(0, 2, 0, 0))
    made.add_column(no_wrap=True)
    made.add_column(overflow="fold")
    for maker in census.makers:
        made.add_row(line(wording.maker_name(maker, say), weight(maker)), line(wording.tally(maker, say)))
    return made


def weight(maker: MakerCount) -> str:
    return f"bold {TONES[maker.maker]}" if maker.maker in TONES else "bold" if maker.maker in NAMED else ""


def conflicts(census: Census, say: Language) -> Iterator[Text | Padding]:
    """What a person must settle, right below the counts that it makes uncertain."""
    if not census.in_conflict:
        return
    found = wording.devices(len(census.in_conflict), say)
    yield line(f"{say.say('terminal.conflicts', devices=found)} (!)", "bold yellow")
    for device in census.in_conflict[:10]:
        reasons = wording.shown("; ".join(device.conflicts))
        yield indented(f"{wording.shown(device.address or device.mac or device.id)}  {reasons}")
    yield line()


def unseen(census: Census, say: Language) -> Iterator[Text | Padding]:
    yield line(say.say("terminal.not_seen"), "bold")
    yield from sites(census.unseen, say)
    yield indented(say.say("terminal.never_seen"))


def sites(found: Sequence[BlindSpots], language: Language | None = None) -> Iterator[Text | Padding]:
    """The blind spots of each site, under its name where there are several."""
    say = language or english()
    for one in found:
        if len(found) > 1 or one.site:
            yield indented(
                say.say("unseen.site", site=words.site_name(one, say), covered=words.covered(one, say)),
                "bold",
            )
        spots = list(words.lines(one, say))
        for spot in spots:
            yield indented(
                wording.shown(spot.what) + (f": {wording.shown(spot.why, LONGEST)}" if spot.why else "")
            )
        if not spots:
            yield indented(say.say("unseen.nothing"))
    if not found:
        yield indented(say.say("unseen.nothing_known"))


def plan(census: Census, say: Language) -> Iterator[Text | Padding]:
    """How far the replacement has come, and what it will cost."""
    known = census.plan
    if known is None:
        return
    yield line()
    yield line(say.say("report.plan"), "bold")
    yield indented(sections.plan_headline(census, say))
    if states := ", ".join(
        f"{say.number(one.count)} {say.word('state', one.key or '')}" for one in by_state(census)
    ):
        yield indented(states)
    if text := sections.forecast(known.forecast, say):
        yield indented(wording.shown(text))
    if known.totals:
        yield indented(f"{say.say('plan.total')}: {sections.totals(known.totals, say)}")
    if text := sections.not_priced(known, say):
        yield indented(text)
    if known.totals:
        for one in known.budget:
            units, amount = say.say("plan.so_many", n=one.units), sections.totals(one.amounts, say)
            yield indented(f"{sections.quarter(one, say)}: {units}  {amount}".rstrip())


def indented(text: str, style: str = "") -> Padding:
    from rich.padding import Padding

    return Padding(line(text, style), (0, 0, 0, 2))


def line(text: str = "", style: str = "") -> Text:
    """Text as it is: nothing in it is read as markup."""
    from rich.text import Text

    return Text(text, style, overflow="fold")
