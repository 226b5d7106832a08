"""The words that every format shares, so that a figure reads alike on the screen, in a page and on paper.

Each function takes the language last; without one it speaks English.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from reports.content import NAMED, BrandCount, Census, MakerCount
from reports.language import Language, english
from scanner.inventory.records import Device, Run
from scanner.printable import printable

NO_NAME = "not stated"
TEXT_LENGTH, NAME_LENGTH = 300, 60  # characters shown of what a device says; the whole is in the inventory
LEVELS = ("confirmed", "probable", "possible")


def title(census: Census, language: Language | None = None, own: str = "") -> str:
    """The heading of a report: that of its template or of the census, and which devices it is about."""
    say = language or english()
    named = own or census.title or say.say("report.untitled")
    return say.say("report.only", title=named, where=census.selection) if census.selection else named


def devices(number: int, language: Language | None = None) -> str:
    return (language or english()).say("counts.devices", n=number)


def shown(text: str, length: int = TEXT_LENGTH, language: Language | None = None) -> str:
    """A device's own text made harmless and short enough for a table."""
    if len(text) > length:
        rest = (language or english()).say("counts.longer", n=len(text) - length)
        text = f"{text[:length]}… {rest}"
    return printable(text)


def name(text: str, language: Language | None = None) -> str:
    """A name that a device gives itself: of its brand, its maker, its model."""
    return shown(text, NAME_LENGTH, language)


def made_by(device: Device, language: Language | None = None) -> str:
    known = device.maker_name or NAMED.get(device.maker or "", "") or device.maker
    return name(known, language) if known else (language or english()).say("maker.unknown")


def shown_as(device: Device, language: Language | None = None) -> str:
    """The brand on the device: a name, `not stated` when none was seen, and nothing when nothing is known."""
    if device.brand:
        return name(device.brand, language)
    return (language or english()).say("maker.not_stated") if device.maker in NAMED else ""


def category(device: Device, language: Language | None = None) -> str:
    return (language or english()).word("category", device.category) if device.category else ""


def covered(device: Device, language: Language | None = None) -> str:
    """Which policy names the maker, or how many do where they would not fit into a column."""
    say = language or english()
    if len(device.covered) > 1:
        return say.say("device.covered_many", n=len(device.covered))
    return say.say("device.covered_by", policy=shown(device.covered[0])) if device.covered else ""


def maker_name(maker: MakerCount, language: Language | None = None) -> str:
    return (language or english()).word("makers", maker.maker or "unknown")


def brand_name(maker: MakerCount, brand: BrandCount, language: Language | None = None) -> str:
    say = language or english()
    if brand.brand:
        return name(brand.brand, say)
    return say.say("maker.not_stated" if maker.maker in NAMED else "maker.not_named")


def moment(time: datetime | None) -> str:
    """A moment in UTC, to the minute."""
    return time.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC") if time else ""


def tally(maker: MakerCount, language: Language | None = None) -> str:
    """One maker in one line, as in `14 devices: 9 confirmed, 4 probable, 1 possible; 3 shown as another brand`."""
    say = language or english()
    if maker.maker not in NAMED:
        return devices(maker.devices, say) + brands_in_words(maker, language=say)
    if not maker.devices:
        return say.say("maker.not_seen")
    return say.say("maker.tally", devices=devices(maker.devices, say), levels=levels(maker, say))


def levels(maker: MakerCount, language: Language | None = None) -> str:
    """How sure the census is of a maker's devices, and how many of them another name hides."""
    say = language or english()
    text = ", ".join(
        f"{say.number(number)} {say.word('confidence', level)}"
        for level in LEVELS
        if (number := getattr(maker, level))
    )
    return say.say("maker.relabelled", levels=text, n=maker.relabelled) if maker.relabelled else text


def brands_in_words(maker: MakerCount, most: int = 5, language: Language | None = None) -> str:
    """The most frequent names of the other makers, as in `: Axis 3, Hanwha 2, 4 more`."""
    say = language or english()
    named = [brand for brand in maker.brands if brand.brand]
    parts = [f"{brand_name(maker, brand, say)} {say.number(brand.devices)}" for brand in named[:most]]
    if rest := sum(brand.devices for brand in named[most:]):
        parts.append(say.say("maker.more", n=rest))
    return ": " + ", ".join(parts) if parts else ""


def headline(census: Census, language: Language | None = None) -> str:
    """The result in one sentence, with what it leaves open."""
    say = language or english()
    if not census.runs:
        return say.say("headline.nothing")
    which = ("found" if census.proven else "none") + ("_leads" if census.leads else "")
    return say.say(
        f"headline.{which}",
        found=devices(census.proven, say),
        leads=census.leads,
        devices=devices(len(census.devices), say),
    )


def coverage(run: Run, language: Language | None = None) -> Iterator[tuple[str, str]]:
    """What a run did and could have seen, as labels and texts; what is not known is left out."""
    say, seen = language or english(), run.coverage
    asked = say.say("runs.asked", asked=seen.addresses, answered=seen.answered) if seen.addresses else ""
    facts = (
        ("command", run.command),
        ("operator", run.operator),
        ("authorisation", run.authorisation),
        ("started", say.moment(run.started)),
        ("ended", say.moment(run.ended)),
        ("outcome", outcome(run, say)),
        ("targets", ", ".join(seen.targets)),
        ("interfaces", ", ".join(seen.interfaces)),
        ("addresses", asked),
        ("ports", ", ".join(map(str, seen.ports))),
        ("protocols", ", ".join(seen.protocols)),
        ("packets", ", ".join(f"{say.number(number)} {kind}s" for kind, number in seen.sent.items())),
        (
            "attempts",
            ", ".join(f"{say.number(number)} {outcome}" for outcome, number in seen.outcomes.items()),
        ),
    )
    return ((say.say(f"runs.{label}"), text) for label, text in facts if text)


def outcome(run: Run, language: Language | None = None) -> str:
    say = language or english()
    return say.word("outcome", run.outcome) if run.outcome else say.say("runs.unfinished")


NEVER_SEEN = str(english().texts["unseen.never_seen"])
