"""Known flaws of stated firmware: affected, fixed or unknown, from what the device states. Nothing is ever tried.

    flaws("hikvision", "DS-2CD2032F-I", "V5.3.0 build 150513")

The files in `flaws/` hold the published ranges. Where a record is vague, or the number is that of a brand that
relabels, the state is `unknown`; docs/explanation/flaws.md gives the rules.
"""

from __future__ import annotations

import calendar
import functools
import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Literal

import msgspec

from fingerprints.firmware import Firmware, day, parse
from fingerprints.models import decode, normal
from fingerprints.rules import Defect, line_of_error, text_of, toml

FOLDER = Path(__file__).parent / "flaws"
Certainty = Literal["high", "medium", "low"]
State = Literal["affected", "unknown", "fixed"]
Place = Literal["before", "inside", "after", "unclear"]
WORST_FIRST: tuple[State, ...] = ("affected", "unknown", "fixed")
CVE = re.compile(r"CVE-\d{4}-\d{4,}")

NO_FIRMWARE = "the device does not state a firmware that can be compared"
NO_RANGE = "the record gives no firmware for these models"
SOME = "the record means only some of these models"
UNCLEAR = "what the device states does not tell on which side of the bound it is"
SHARED = "the number is not one of the maker's own; units of other brands share this flaw"
NO_MODEL = "the device does not state its model"


class Range(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"first": "from", "last": "to"}):
    """Models, and which firmware of theirs is affected.

    A model is the beginning of a number. In it `x` is a letter or digit, `@` some letters, and `*` anything. A bound is
    a version, a day of building, or both: `V5.4.0 build 160530`, `build 210625`, `2019-08-18`. Where the record knows
    no more, it is a month (`2020-05`) or a year.
    """

    models: tuple[str, ...]
    first: str = ""  # affected from here on
    last: str = ""  # up to and with this
    before: str = ""  # up to, but not with this
    fixed: str = ""  # surely fixed from here on, where that is later than the end of what is affected
    older_unaffected: bool = False  # the record says so of what is older than `first`
    some: bool = False  # not all of these models: unknown at most
    note: str = ""

    @property
    def looked_at(self) -> bool:
        """Whether the record names a single version, and says nothing of any other."""
        return bool(self.first) and self.first == self.last


class Flaw(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"kind": "class"}):
    """One published flaw, or several that share everything that is said here."""

    cves: tuple[str, ...]
    title: str
    certainty: Certainty  # of the ranges
    source: str
    affected: tuple[Range, ...] = ()
    same_as: str = ""  # the CVE whose ranges these are too
    kind: Literal["device", "software"] = "device"  # software on a PC, a server or a phone is no device
    shared: bool = False  # units that other brands sell under their own numbers are known to have it
    fixed_in: str = ""
    cvss: float | None = None
    kev: date | None = None  # when CISA added it to its catalogue of known exploited vulnerabilities
    kev_due: date | None = None  # until when US federal agencies had to act
    note: str = ""


class Catalogue(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One file: the flaws of one maker. Until `kev_known` the whole KEV catalogue was looked through."""

    maker: Literal["hikvision", "dahua"]
    kev_known: date
    flaw: tuple[Flaw, ...]


class Exposure(msgspec.Struct, frozen=True, kw_only=True):
    """What a published flaw means for one device."""

    cve: str
    title: str
    state: State
    why: str
    kev: date | None
    kev_due: date | None
    kev_known: date
    cvss: float | None
    certainty: Certainty
    fixed_in: str
    source: str


def flaws(maker: str | None, model: str | None, firmware: str | None) -> list[Exposure]:
    """The flaws that matter to a device, the worst first. Where nothing links a flaw to it, the flaw is left out."""
    found = [
        _exposure(catalogue, flaw, cve, *verdict)
        for catalogue in catalogues()
        if catalogue.maker == maker
        for flaw in catalogue.flaw
        if (verdict := _verdict(flaw, maker, model or "", parse(firmware, maker)))
        for cve in flaw.cves
    ]
    return sorted(
        found, key=lambda one: (WORST_FIRST.index(one.state), one.kev is None, -(one.cvss or 0), one.cve)
    )


@functools.cache
def catalogues(folder: Path = FOLDER) -> tuple[Catalogue, ...]:
    """All files of a folder. Raises `Defect` with the file and line of what cannot be used."""
    return tuple(catalogue(path) for path in sorted(folder.glob("*.toml")))


# ---- one flaw, one device --------------------------------------------------------------------------------------------


def _verdict(flaw: Flaw, maker: str, model: str, firmware: Firmware | None) -> tuple[State, str] | None:
    named = [one for one in flaw.affected if names(one, model)]
    if named:
        verdicts = [verdict for one in named if (verdict := _state(one, firmware))]
        return min(verdicts, key=lambda one: WORST_FIRST.index(one[0]), default=None)
    if (
        flaw.shared
        and not decode(model, maker).own
        and any(_possible(one, firmware) for one in flaw.affected)
    ):
        return "unknown", SHARED if model else NO_MODEL
    return None


def names(one: Range, model: str) -> bool:
    """Whether a model is one of those that a range names."""
    return any(_pattern(pattern).match(normal(model)) for pattern in one.models)


def _state(one: Range, firmware: Firmware | None) -> tuple[State, str] | None:
    """What a range says of the firmware of a model that it names; None when it does not concern it."""
    if firmware is None:
        return "unknown", NO_FIRMWARE
    if not _end(one):
        return "unknown", one.note or NO_RANGE
    match place(one, firmware):
        case "inside":
            return ("unknown", one.note or SOME) if one.some else ("affected", f"within {_words(one)}")
        case "after":
            return None if one.some else ("fixed", f"newer than {_words(one)}")
        case "before":
            return None if one.older_unaffected else ("unknown", f"older than {_words(one)}")
        case "unclear":
            return "unknown", f"{UNCLEAR}: {_words(one)}"


def _possible(one: Range, firmware: Firmware | None) -> bool:
    """Whether a model that no range names may have the flaw: its firmware is inside, or states no day to tell."""
    if firmware is None or not _end(one):
        return firmware is None
    where = place(one, firmware)
    return where == "inside" or (where == "unclear" and firmware.build is None)


# ---- one range, one firmware -----------------------------------------------------------------------------------------


def place(one: Range, firmware: Firmware) -> Place:
    """Where a firmware of the maker stands to a range that has an end."""
    if one.fixed and _order(firmware, one.fixed) in (0, 1):
        return "after"
    start = _order(firmware, one.first) if one.first else 1
    end = _order(firmware, _end(one))
    if end == 0 and one.before:
        end = (
            1 if _bound(one.before).exact else None
        )  # before May 2020: nobody says on which day the fix came
    if end == 1 and (one.fixed or one.looked_at):
        end = None  # newer than what is known to be affected is not yet fixed
    match start, end:
        case _, 1:
            return "after"
        case -1, _:
            return "before"
        case (None, _) | (_, None):
            return "unclear"
    return "inside"


class Bound(msgspec.Struct, frozen=True):
    """A version, a span of days of building, or both."""

    version: Firmware | None
    earliest: date | None
    latest: date | None

    @property
    def exact(self) -> bool:
        """Whether it is no longer than a day."""
        return self.earliest == self.latest


def _order(firmware: Firmware, text: str) -> Literal[-1, 0, 1] | None:
    """Whether a firmware is older than a bound, at it, or newer; None when nobody can tell."""
    bound = _bound(text)
    signs = set()
    if bound.version:
        signs.add(_sign(firmware.version > bound.version.version, firmware.version < bound.version.version))
    if bound.earliest and bound.latest:
        if firmware.build:
            signs.add(_sign(firmware.build > bound.latest, firmware.build < bound.earliest))
        elif signs <= {0}:
            return None  # only the day of building could tell, and it is not stated
    if signs >= {-1, 1}:
        return None  # an old version that was built late: the fix may have been carried back to it, or not
    return 1 if 1 in signs else -1 if -1 in signs else 0


def _sign(newer: bool, older: bool) -> Literal[-1, 0, 1]:
    return 1 if newer else -1 if older else 0


@functools.cache
def _bound(text: str) -> Bound:
    """Read a bound. Raises ValueError."""
    if found := re.fullmatch(r"(\d{4})(?:-(\d\d))?", text):
        year, months = int(found[1]), (int(found[2]),) * 2 if found[2] else (1, 12)
        days = calendar.monthrange(year, months[1])[1]
        return Bound(None, date(year, months[0], 1), date(year, months[1], days))
    version = parse(text)
    built = version.build if version else day(text.removeprefix("build "))
    if version is None and built is None:
        raise ValueError(f'"{text}" is neither a version nor a day, a month or a year')
    return Bound(version, built, built)


def _end(one: Range) -> str:
    return one.last or one.before


def _words(one: Range) -> str:
    """The range, as a sentence names it."""
    if one.looked_at:
        return f"{one.last}, the only firmware that the record names"
    start = f"from {one.first} on, " if one.first else ""
    return f"the affected range ({start}{'up to' if one.last else 'before'} {_end(one)})"


@functools.cache
def _pattern(models: str) -> re.Pattern[str]:
    """`DS-76xxNI-Mx` fits `DS-7608NI-M2/8P`, and not `DS-7608NI-M16`: a number does not end within its digits."""
    wildcards = {"x": "[0-9A-Z]", "@": "[A-Z]+", "*": ".*"}
    pattern = "".join(wildcards.get(letter) or re.escape(letter.upper()) for letter in models)
    prefix = "(?:DHI?-)?" if not models.startswith("DS") else ""  # Dahua writes it, or leaves it out
    return re.compile(prefix + pattern + "(?![0-9])")


# ---- the files -------------------------------------------------------------------------------------------------------


def catalogue(path: Path) -> Catalogue:
    """One file. Raises `Defect` with the line of what cannot be used."""
    text = text_of(path)
    try:
        found = msgspec.convert(toml(text), Catalogue)
    except (ValueError, RecursionError) as error:
        raise Defect(str(path), line_of_error(text, error), str(error)) from None
    seen: set[str] = set()
    for number, flaw in enumerate(found.flaw):
        for wrong in _wrong(flaw, found, seen):
            raise Defect(str(path), _line_of(text, number), f"{', '.join(flaw.cves) or 'a flaw'}: {wrong}")
        seen.update(flaw.cves)
    ranges = {cve: flaw.affected for flaw in found.flaw for cve in flaw.cves}
    filled = [
        msgspec.structs.replace(flaw, affected=ranges[flaw.same_as]) if flaw.same_as else flaw
        for flaw in found.flaw
    ]
    return msgspec.structs.replace(found, flaw=tuple(filled))


def _wrong(flaw: Flaw, catalogue: Catalogue, seen: set[str]) -> Iterator[str]:
    """Everything wrong with one flaw, after those that were `seen` before it."""
    if not flaw.cves or not all(CVE.fullmatch(cve) for cve in flaw.cves):
        yield "`cves` holds numbers like CVE-2021-36260"
    if again := seen.intersection(flaw.cves):
        yield f"{', '.join(sorted(again))} stands in this file twice"
    if not flaw.title or not flaw.source:
        yield "it needs a title and a source"
    if flaw.same_as and (flaw.affected or flaw.same_as not in seen):
        yield "`same_as` names an earlier CVE of this file, and stands instead of `affected`"
    if (flaw.kind == "device") != bool(flaw.affected or flaw.same_as):
        yield "a flaw of devices names models, one of software names none"
    if flaw.cvss is not None and not 0 <= flaw.cvss <= 10:
        yield "`cvss` lies between 0 and 10"
    if flaw.kev_due and not (flaw.kev and flaw.kev <= flaw.kev_due):
        yield "`kev_due` is not before `kev`"
    for one in flaw.affected:
        for wrong in _wrong_range(one, catalogue.maker):
            yield f"models {', '.join(one.models)}: {wrong}"


def _wrong_range(one: Range, maker: str) -> Iterator[str]:
    if not one.models or not all(re.fullmatch(r"[A-Za-z0-9@*()/-]+", model) for model in one.models):
        yield "a model has letters, digits, -, / and (), and x, @ and * to stand for others"
    if one.last and one.before:
        yield "`to` and `before` are two ends"
    if (one.first or one.fixed) and not _end(one):
        yield "`from` and `fixed` need an end, `to` or `before`"
    for text in filter(None, (one.first, one.last, one.before, one.fixed)):
        try:
            bound = _bound(text)
        except ValueError as error:
            yield str(error)
            return
        if bound.version and bound.version.style != maker:
            yield f'"{text}" is not how {maker} writes its versions'
    if one.first and (_bound(one.first).earliest or date.min) > (_bound(_end(one)).latest or date.max):
        yield "it ends before it begins"


def _line_of(text: str, number: int) -> int:
    """The line on which a flaw begins; 1 when that cannot be told."""
    starts = [found.start() for found in re.finditer(r"^\[\[flaw\]\]", text, re.MULTILINE)]
    return text.count("\n", 0, starts[number]) + 1 if number < len(starts) else 1


def _exposure(catalogue: Catalogue, flaw: Flaw, cve: str, state: State, why: str) -> Exposure:
    return Exposure(
        cve=cve,
        title=flaw.title,
        state=state,
        why=why,
        kev=flaw.kev,
        kev_due=flaw.kev_due,
        kev_known=catalogue.kev_known,
        cvss=flaw.cvss,
        certainty=flaw.certainty,
        fixed_in=flaw.fixed_in,
        source=flaw.source,
    )
