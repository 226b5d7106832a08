"""The words that every format shares, so that a figure reads alike on the screen, in a page and on paper."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from reports.content import NAMED, BrandCount, Census, MakerCount
from scanner.inventory.records import Device, Run
from scanner.printable import printable

CATEGORIES = {"nvr": "NVR", "dvr": "DVR", "access-control": "access control"}  # others read as they are spelt
NO_NAME = "not stated"
NEVER_SEEN = (
    "No scan sees cameras on the inner ports of a recorder, units that are switched off, or networks that "
    "nobody named as a target. A device that is not in this census was not seen; that does not show it is absent."
)
TEXT_LENGTH, NAME_LENGTH = 300, 60  # characters shown of what a device says; the whole is in the inventory


def devices(number: int) -> str:
    return f"{number:,} device" + ("" if number == 1 else "s")


def shown(text: str, length: int = TEXT_LENGTH) -> str:
    """A device's own text made harmless and short enough for a table."""
    if len(text) > length:
        text = f"{text[:length]}… (+{len(text) - length:,} characters)"
    return printable(text)


def name(text: str) -> str:
    """A name that a device gives itself: of its brand, its maker, its model."""
    return shown(text, NAME_LENGTH)


def made_by(device: Device) -> str:
    return name(device.maker_name or NAMED.get(device.maker or "", "")) or (device.maker or "unknown")


def shown_as(device: Device) -> str:
    """The brand on the device: a name, `not stated` when none was seen, and nothing when nothing is known."""
    if device.brand:
        return name(device.brand)
    return NO_NAME if device.maker in NAMED else ""


def category(device: Device) -> str:
    return CATEGORIES.get(device.category or "", device.category or "")


def covered(device: Device) -> str:
    """Which policy names the maker, or how many do where they would not fit into a column."""
    if len(device.covered) > 1:
        return f"covered by {len(device.covered)} policies"
    return f"covered by {shown(device.covered[0])}" if device.covered else ""


def brand_name(maker: MakerCount, brand: BrandCount) -> str:
    return name(brand.brand) if brand.brand else NO_NAME if maker.maker in NAMED else "not named"


def moment(time: datetime | None) -> str:
    """A moment in UTC, to the minute."""
    return time.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC") if time else ""


def tally(maker: MakerCount) -> str:
    """One maker in one line, as in `14 devices: 9 confirmed, 4 probable, 1 possible; 3 shown as another brand`."""
    if maker.maker not in NAMED:
        return devices(maker.devices) + brands_in_words(maker)
    return f"{devices(maker.devices)}: {levels(maker)}" if maker.devices else "not seen"


def levels(maker: MakerCount) -> str:
    """How sure the census is of a maker's devices, and how many of them another name hides."""
    by_confidence = (
        (maker.confirmed, "confirmed"),
        (maker.probable, "probable"),
        (maker.possible, "possible"),
    )
    text = ", ".join(f"{number:,} {level}" for number, level in by_confidence if number)
    return text + (f"; {maker.relabelled:,} shown as another brand" if maker.relabelled else "")


def brands_in_words(maker: MakerCount, most: int = 5) -> str:
    """The most frequent names of the other makers, as in `: Axis 3, Hanwha 2, 4 more`."""
    named = [brand for brand in maker.brands if brand.brand]
    parts = [f"{brand_name(maker, brand)} {brand.devices:,}" for brand in named[:most]]
    if rest := sum(brand.devices for brand in named[most:]):
        parts.append(f"{rest:,} more")
    return ": " + ", ".join(parts) if parts else ""


def headline(census: Census) -> str:
    """The result in one sentence, with what it leaves open."""
    if not census.runs:
        return "Nothing has been scanned or imported yet."
    leads = f", and {census.leads:,} more that may be" if census.leads else ""
    seen = f"among {devices(len(census.devices))} seen."
    if not census.proven:
        return f"No device was found to be made by Hikvision or Dahua{leads}, {seen}"
    return f"{devices(census.proven)} made by Hikvision or Dahua{leads}, {seen}"


def coverage(run: Run) -> Iterator[tuple[str, str]]:
    """What a run did and could have seen, as labels and texts; what is not known is left out."""
    seen = run.coverage
    asked = f"{seen.addresses:,} asked, {seen.answered:,} answered" if seen.addresses else ""
    facts = (
        ("command", run.command),
        ("operator", run.operator),
        ("authorisation", run.authorisation),
        ("started", moment(run.started)),
        ("ended", moment(run.ended)),
        ("outcome", run.outcome or "did not finish"),
        ("targets", ", ".join(seen.targets)),
        ("interfaces", ", ".join(seen.interfaces)),
        ("addresses", asked),
        ("ports", ", ".join(map(str, seen.ports))),
        ("protocols", ", ".join(seen.protocols)),
        ("packets sent", ", ".join(f"{number:,} {kind}s" for kind, number in seen.sent.items())),
        ("attempts", ", ".join(f"{number:,} {outcome}" for outcome, number in seen.outcomes.items())),
    )
    return ((label, text) for label, text in facts if text)
