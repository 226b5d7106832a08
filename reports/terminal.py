"""The census for a terminal of 80 columns: a table, one line per maker, and what was not seen."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, TextIO

from reports import unseen as words
from reports import wording
from reports.content import NAMED, Census, MakerCount
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


def summary(census: Census, file: TextIO | None = None) -> None:
    """Print the census to a file, or to stdout; in colour only where somebody reads it."""
    from rich.console import Console, Group

    Console(file=file, width=WIDTH, highlight=False, markup=False, emoji=False).print(Group(*parts(census)))


def parts(census: Census) -> Iterator[RenderableType]:
    if census.devices:
        yield table(census.devices[:ROWS])
    if (more := len(census.devices) - ROWS) > 0:
        yield line(f"and {wording.devices(more)} more: camcensus devices", "dim")
    yield line()
    yield makers(census)
    yield line()
    yield from conflicts(census)
    yield from unseen(census)


def table(devices: tuple[Device, ...]) -> Table:
    from rich.table import Table

    made = Table(box=None, padding=(0, 1, 0, 0), header_style="bold", width=WIDTH)
    made.add_column("Address", min_width=15, overflow="fold", ratio=5)
    made.add_column("Made by", overflow="fold", ratio=3)
    made.add_column("Shown as", overflow="fold", ratio=4)
    made.add_column("Model", overflow="fold", ratio=6)
    made.add_column("Category", overflow="fold", ratio=3)
    made.add_column("Confidence", min_width=10, no_wrap=True)
    for device in devices:
        address, made_by, *rest = cells(device)
        tone = TONES.get(device.maker or "", "")
        made.add_row(line(address), line(made_by, tone), *map(line, rest), style="" if tone else "dim")
    return made


def cells(device: Device) -> Iterator[str]:
    yield wording.shown(device.address or device.mac or "") + ("!" if device.conflicts else "")
    yield wording.made_by(device)
    yield wording.shown_as(device)
    yield wording.name(device.model or "")
    yield wording.category(device)
    yield device.confidence


def makers(census: Census) -> Table:
    """One line for each maker, as in `Hikvision  14 devices: 9 confirmed, 4 probable, 1 possible`."""
    from rich.table import Table

    made = Table.grid(padding=(0, 2, 0, 0))
    made.add_column(no_wrap=True)
    made.add_column(overflow="fold")
    for maker in census.makers:
        made.add_row(line(maker.name, weight(maker)), line(wording.tally(maker)))
    return made


def weight(maker: MakerCount) -> str:
    return f"bold {TONES[maker.maker]}" if maker.maker in TONES else "bold" if maker.maker in NAMED else ""


def conflicts(census: Census) -> Iterator[Text | Padding]:
    """What a person must settle, right below the counts that it makes uncertain."""
    if not census.in_conflict:
        return
    yield line(f"The evidence disagrees on {wording.devices(len(census.in_conflict))} (!)", "bold yellow")
    for device in census.in_conflict[:10]:
        reasons = wording.shown("; ".join(device.conflicts))
        yield indented(f"{wording.shown(device.address or device.mac or device.id)}  {reasons}")
    yield line()


def unseen(census: Census) -> Iterator[Text | Padding]:
    yield line("Not seen", "bold")
    yield from sites(census.unseen)
    yield indented("what no scan sees: units switched off, and cameras on a recorder's inner ports")


def sites(found: Sequence[BlindSpots]) -> Iterator[Text | Padding]:
    """The blind spots of each site, under its name where there are several."""
    for one in found:
        if len(found) > 1 or one.site:
            yield indented(words.site_name(one) + ": " + words.covered(one), "bold")
        spots = list(words.lines(one))
        for spot in spots:
            yield indented(
                wording.shown(spot.what) + (f": {wording.shown(spot.why, LONGEST)}" if spot.why else "")
            )
        if not spots:
            yield indented(words.NOTHING)
    if not found:
        yield indented("nothing was scanned, so nothing is known")


def indented(text: str, style: str = "") -> Padding:
    from rich.padding import Padding

    return Padding(line(text, style), (0, 0, 0, 2))


def line(text: str = "", style: str = "") -> Text:
    """Text as it is: nothing in it is read as markup."""
    from rich.text import Text

    return Text(text, style, overflow="fold")
