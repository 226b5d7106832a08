"""What the building is really made of, and how near a census came to it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from scanner.lab.unit import Unit
from scanner.model import Category, Identification

COVERED = {"hikvision": "Hikvision", "dahua": "Dahua"}
JUDGED = ("maker", "brand", "relabelled", "category", "model", "firmware", "serial")


class Expected(msgspec.Struct, frozen=True, kw_only=True):
    """What a census should say of one unit; None where nothing it answers settles it, and nothing is judged."""

    name: str
    address: str
    stated_address: str
    mac: str
    maker: str | None = None
    brand: str | None = None
    relabelled: bool | None = None
    category: Category | None = None
    model: str | None = None
    firmware: str | None = None
    serial: str | None = None


class Difference(msgspec.Struct, frozen=True):
    """One field of one unit: what it is, and what the census says (None: nothing)."""

    unit: str
    field: str
    expected: str
    got: str | None


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """A census held against the truth, by the names of the units."""

    found: tuple[str, ...]  # made by Hikvision or Dahua, and named so
    missed: tuple[str, ...]  # made by them, and not named so, or not seen at all
    accused: tuple[str, ...]  # not made by them, and named so nevertheless
    wrong: tuple[Difference, ...]
    unseen: tuple[Difference, ...]  # stated by the unit, and not told by the census
    doubled: tuple[str, ...]  # one unit, counted as several
    strangers: tuple[str, ...]  # subjects of identifications that are no unit of the building

    @property
    def flawless(self) -> bool:
        """Nothing missed, nobody accused, nothing wrong; details that went unseen are no flaw."""
        return not (self.missed or self.accused or self.wrong or self.doubled)


def expected_of(unit: Unit) -> Expected:
    """The truth about a unit, save what it hides."""
    row = unit.row
    covered = COVERED.get(row.maker or "")
    shown = {
        field: getattr(row, field) for field in JUDGED if field != "relabelled" and field not in row.hides
    }
    return Expected(
        name=row.name,
        address=unit.address,
        stated_address=unit.words["address"],
        mac=row.mac,
        relabelled=row.brand != covered if covered and shown.get("brand") else None,
        **shown,
    )


def compare(truth: Mapping[str, Expected], identifications: Iterable[Identification]) -> Comparison:
    """Hold identifications against the truth; a unit is known by its MAC address, its address or its serial number."""
    known: dict[str, Expected] = {}
    for unit in truth.values():
        known |= {key: unit for key in (unit.serial, unit.stated_address, unit.address, unit.mac) if key}
    seen: dict[str, list[Identification]] = {}
    strangers = []
    for it in identifications:
        keys = (key for key in (it.mac, it.address, it.serial, it.subject) if key in known)
        if (key := next(keys, None)) is None:
            strangers.append(it.subject or it.address or it.mac or "?")
        else:
            seen.setdefault(known[key].name, []).append(it)
    units = {unit.name: unit for unit in truth.values()}
    named = {name for name, them in seen.items() for it in them if it.maker == units[name].maker}
    accused = {
        name for name, them in seen.items() for it in them if it.maker in COVERED and it.confidence != "none"
    }
    theirs = {name for name, unit in units.items() if unit.maker in COVERED}
    differences = [
        each for name, them in seen.items() for it in them for each in _differences(units[name], it)
    ]
    return Comparison(
        found=tuple(sorted(theirs & named)),
        missed=tuple(sorted(theirs - named)),
        accused=tuple(sorted(accused - theirs)),
        wrong=tuple(each for each in differences if each.got is not None),
        unseen=tuple(each for each in differences if each.got is None),
        doubled=tuple(sorted(name for name, them in seen.items() if len(them) > 1)),
        strangers=tuple(strangers),
    )


def _differences(unit: Expected, it: Identification) -> Iterable[Difference]:
    for field in JUDGED:
        expected, got = getattr(unit, field), getattr(it, field)
        if expected is not None and got != expected:
            yield Difference(unit.name, field, str(expected), None if got is None else str(got))
