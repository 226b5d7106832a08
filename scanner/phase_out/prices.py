"""The price list: what a replacement costs, and the work, by kind of unit and by what it has to be able to do.

The first row that fits a unit counts. A row that may fit, because what it asks is not known of the unit, stops the
search: a price that might be another one is none. docs/how-to/plan-the-replacement.md shows a list.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, get_args

import msgspec

from scanner.phase_out import sheets
from scanner.phase_out.money import Money
from scanner.phase_out.specification import NUMBERS, Kind, Specification, Value, known_fields, spelt
from scanner.phase_out.spelling import amount, currency
from scanner.registers.entries import Problem

if TYPE_CHECKING:
    from scanner.phase_out.plan import Unit

HEADINGS: sheets.Headings = {
    "kind":         ("Kind", "Kind of unit", "Category", "Art"),
    "fits":         ("When", "If", "Condition", "Fits", "Bedingung"),
    "product":      ("Product", "Article", "Item", "Replacement", "Produkt", "Artikel"),
    "price":        ("Price", "Unit price", "Preis", "Stückpreis", "Einzelpreis"),
    "currency":     ("Currency", "Währung"),
    "labour_hours": ("Labour hours", "Labor hours", "Hours", "Stunden"),
    "hourly_rate":  ("Hourly rate", "Rate", "Stundensatz"),
    "labour":       ("Labour", "Labor", "Labour price", "Installation", "Montage"),
    "spares":       ("Spares %", "Spares", "Spare parts", "Reserve"),
}  # fmt: skip
KINDS: tuple[str, ...] = get_args(Kind)
TEST = re.compile(r"\s*([\w-]+)\s*(!=|<=|>=|=|<|>|~)\s*(.+?)\s*")
JOINED = re.compile(r"\s+and\s+|\s*;\s*", re.IGNORECASE)
COMPARE: dict[str, Callable[[float, float], bool]] = {
    "=": operator.eq, "!=": operator.ne, "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}  # fmt: skip
MOST_SPARES = 100  # percent


class Comparison(msgspec.Struct, frozen=True):
    """One comparison of a field of a specification with a value."""

    field: str
    sign: str
    value: str

    def holds(self, value: Value) -> bool:
        if self.sign == "~":
            return self.value.casefold() in spelt(value).casefold()
        if numeric(self.field):
            return COMPARE[self.sign](float(value), float(self.value))
        return COMPARE[self.sign](0 if spelt(value).casefold() == self.value.casefold() else 1, 0)


class Price(msgspec.Struct, frozen=True, kw_only=True):
    """One row of a price list."""

    file: str
    sheet: str | None = None
    row: int
    kind: str | None = None  # None: any
    fits: str = ""  # the condition as it was written
    product: str | None = None  # None: only the work of such a unit
    price: Decimal | None = None
    currency: str | None = None
    labour_hours: Decimal | None = None
    hourly_rate: Decimal | None = None
    labour: Decimal | None = None
    spares: Decimal | None = None  # percent

    @property
    def material(self) -> Money | None:
        return None if self.price is None or self.currency is None else Money(self.price, self.currency)

    @property
    def work(self) -> Money | None:
        """What the work for one unit costs."""
        if self.currency is None:
            return None
        if self.labour is not None:
            return Money(self.labour, self.currency)
        if self.labour_hours is not None and self.hourly_rate is not None:
            return Money(self.hourly_rate, self.currency).times(self.labour_hours)
        return None

    def said(self) -> str:
        sheet = f" of sheet {self.sheet}" if self.sheet else ""
        return f"row {self.row}{sheet} of {self.file}"


class Quote(msgspec.Struct, frozen=True, kw_only=True):
    """What the replacement of one unit costs, as far as that is known."""

    product: str | None = None
    material: Money | None = None
    listed: Money | None = (
        None  # the price on the list, which `material` is unless somebody gave the unit a cost
    )
    labour: Money | None = None
    spares: Decimal = Decimal(0)  # percent
    why: str = ""  # there is no price
    doubts: tuple[str, ...] = ()  # fields that are only expected, on which the choice of the product rests


def numeric(field: str) -> bool:
    return field in NUMBERS or field == "megapixels"


def condition(text: str) -> tuple[Comparison, ...]:
    """Read a condition, as `form_factor = dome and megapixels >= 4`. Raises ValueError."""
    found = []
    for part in filter(str.strip, JOINED.split(text)):
        if not (cut := TEST.fullmatch(part)):
            raise ValueError(f"{part.strip()[:60]!r} is no comparison such as megapixels >= 4")
        field, sign, value = cut[1].replace("-", "_").casefold(), cut[2], cut[3].strip("\"'")
        if field not in known_fields():
            raise ValueError(f"there is no field {field[:40]!r}: choose of {', '.join(known_fields())}")
        if numeric(field) and sign != "~":
            try:
                float(value)
            except ValueError:
                raise ValueError(f"{field} is compared with a number, not with {value[:40]!r}") from None
        elif sign not in ("=", "!=", "~"):
            raise ValueError(f"{field} is a text: it takes = != ~")
        found.append(Comparison(field, sign, value))
    return tuple(found)


def fit(asked: Iterable[Comparison], made: Specification) -> tuple[bool | None, tuple[str, ...]]:
    """Whether a specification fits; None when that depends on fields that are to be asked, which come with it, or
    else those that are only expected."""
    missing, doubts = [], []
    for test in asked:
        need = made.of(test.field)
        if need is None or need.value is None:
            missing.append(test.field)
        elif not test.holds(need.value):
            return False, ()
        elif need.certainty == "expected":
            doubts.append(test.field)
    return (None, tuple(missing)) if missing else (True, tuple(doubts))


def quote(unit: Unit, prices: Sequence[Price]) -> Quote:
    """What the replacement of a unit costs."""
    made, item = unit.specification, unit.item
    row, why, doubts = _row(unit, prices)
    work = row.work if row else None
    if work is None:
        work = _work(made, prices)
    material = row.material if row else None
    if item.cost is not None and item.currency is not None:
        material, why = Money(item.cost, item.currency), ""
    elif row and material is None:
        why = f"{row.said()} has no price"
    return Quote(
        product=item.replacement or (row.product if row else None),
        material=material,
        listed=row.material if row else None,
        labour=work,
        spares=(row.spares or Decimal(0)) if row else Decimal(0),
        why=why,
        doubts=doubts,
    )


def _work(made: Specification, prices: Sequence[Price]) -> Money | None:
    """The work of a kind of unit, from the first row without a product that fits; None where one only may fit."""
    for one in prices:
        if one.product is None and one.kind in (None, made.kind):
            fits, _ = fit(condition(one.fits), made)
            if fits is not False:
                return one.work if fits else None
    return None


def _row(unit: Unit, prices: Sequence[Price]) -> tuple[Price | None, str, tuple[str, ...]]:
    """The row of the product that replaces a unit, or why there is none, and what that rests on."""
    if named := unit.item.replacement:
        for one in prices:
            if (one.product or "").casefold() == named.casefold():
                return one, "", ()
        return None, f"the price list has no {named}", ()
    for one in prices:
        if one.product is None or one.kind not in (None, unit.specification.kind):
            continue
        fits, fields = fit(condition(one.fits), unit.specification)
        if fits is None:
            return None, f"it depends on {', '.join(fields)}, which is to be asked", ()
        if fits:
            return one, "", fields
    return None, "no row of the price list fits" if prices else "there is no price list", ()


def read(
    path: Path, *, spares: Decimal | None = None, encoding: str | None = None
) -> tuple[list[Price], list[Problem]]:
    """Read a price list, and what is wrong with it by row. `spares` counts for rows that say none."""
    found = sheets.read(path, HEADINGS, "price", encoding=encoding)
    made, problems = [], list(found.problems)
    for line in found.lines:
        values: dict[str, str | Decimal] = {}
        wrong = []
        for field, text in line.cells.items():
            try:
                if text.startswith("=") or field in line.formulas:
                    raise ValueError("it holds a formula: put its value there instead")
                if text:
                    values[field] = _value(field, text)
            except ValueError as error:
                wrong.append(found.problem(line, field, str(error)))
        wrong += [found.problem(line, field, text) for field, text in _lacks(values)] if not wrong else []
        if wrong:
            problems += wrong
            continue
        if values.get("kind") == "any":
            del values["kind"]
        if spares is not None and values.get("product"):
            values.setdefault("spares", spares)
        about = {"file": path.name, "sheet": line.sheet, "row": line.row}
        made.append(msgspec.convert(about | values, Price))
    return made, problems


def _value(field: str, text: str) -> str | Decimal:
    if field == "kind":
        kind = text.casefold()
        kind = {"nvr": "recorder", "dvr": "recorder", "cameras": "camera", "recorders": "recorder"}.get(
            kind, kind
        )
        if kind not in (*KINDS, "any"):
            raise ValueError(f"{text[:40]!r} is no kind of unit: choose of {', '.join(KINDS)}, any")
        return kind
    if field == "fits":
        condition(text)
        return text
    if field == "currency":
        return currency(text)
    if field == "product":
        if len(text) > 200:
            raise ValueError("it has more than 200 characters")
        return text
    if field == "spares":
        share = amount(text.removesuffix("%"))
        if share > MOST_SPARES:
            raise ValueError(f"spares are at most {MOST_SPARES} percent")
        return share
    return amount(text)


def _lacks(values: dict[str, str | Decimal]) -> Iterable[tuple[str, str]]:
    """What a row would need to be of use."""
    money = [field for field in ("price", "labour", "hourly_rate") if field in values]
    if money and "currency" not in values:
        yield "currency", "it has a price and no currency"
    if "price" in values and "product" not in values:
        yield "product", "it has a price and no product"
    if "labour_hours" in values and "hourly_rate" not in values and "labour" not in values:
        yield "hourly_rate", "it has hours and no hourly rate"
    if not money and not values.keys() & {"product", "labour_hours"}:
        yield "price", "it has neither a product nor a price"
