"""How many of what, and what that costs: the bill of materials and the budget, which add up to the same.

Money is decimal, each currency for itself. A unit without a price is counted as such, never as nothing. Spares are
reckoned over the whole selection, rounded up per product, and stand in lines of their own.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal

import msgspec

from scanner.phase_out.money import Money, Totals, added, together
from scanner.phase_out.plan import Unit
from scanner.phase_out.prices import Price, Quote, quote
from scanner.phase_out.states import GONE, TO_BUY


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """So many of one product, at one site, in one phase; or spares of it."""

    site: str | None
    phase: str | None
    kind: str
    product: str | None
    needs: str = ""  # where no product is chosen: what it has to be able to do
    price: Money | None = None  # of one
    labour: Money | None = None  # for one
    why: str = ""  # there is no price
    quantity: int = 0
    ordered: int = 0  # of these
    unconfirmed: int = 0  # of these: the census found them, and nobody has confirmed them yet
    doubtful: int = 0  # of these: the product rests on what is only expected
    spare: bool = False

    @property
    def material_cost(self) -> Money | None:
        return self.price.times(self.quantity) if self.price else None

    @property
    def labour_cost(self) -> Money | None:
        return self.labour.times(self.quantity) if self.labour and not self.spare else None


class Sum(msgspec.Struct, frozen=True, kw_only=True):
    """What some lines come to."""

    units: int = 0  # spares not among them
    spares: int = 0
    material: Totals = {}
    labour: Totals = {}
    no_price: int = 0  # units and spares
    no_labour: int = 0  # units

    @property
    def total(self) -> Totals:
        return together(self.material, self.labour)


class Bill(msgspec.Struct, frozen=True, kw_only=True):
    """The bill of materials."""

    lines: tuple[Line, ...]
    total: Sum
    by_site: dict[str | None, Sum]  # without spares, which belong to no site
    by_phase: dict[str | None, Sum]
    spares: Sum
    kept: int  # units that stay
    not_replaced: int  # units that are gone, and nothing takes their place


class Quarter(msgspec.Struct, frozen=True):
    """What falls due in a quarter of a year; None: nobody said when, and spares."""

    name: str | None  # 2027-Q1
    sum: Sum


def replaced(unit: Unit) -> bool:
    """Whether something is, or was, bought for a unit."""
    item = unit.item
    if item.state == "kept":
        return False
    bought = item.ordered_on or item.installed_on or item.replacement
    return item.state not in GONE or bool(bought)


def bill(units: Iterable[Unit], prices: Sequence[Price]) -> Bill:
    """The bill of materials for some units."""
    everything = list(units)
    wanted = [one for one in everything if replaced(one)]
    quotes = [quote(one, prices) for one in wanted]
    lines = _lines(wanted, quotes)
    spares = _spares(wanted, quotes)
    kept = sum(one.item.state == "kept" for one in everything)
    return Bill(
        lines=(*lines, *spares),
        total=summed((*lines, *spares)),
        by_site=_grouped(lines, lambda one: one.site),
        by_phase=_grouped(lines, lambda one: one.phase),
        spares=summed(spares),
        kept=kept,
        not_replaced=len(everything) - len(wanted) - kept,
    )


def budget(units: Iterable[Unit], prices: Sequence[Price]) -> tuple[Quarter, ...]:
    """What falls due in each quarter, what has no date and the spares last. It adds up to the bill."""
    by_quarter: dict[str | None, list[tuple[Unit, Quote]]] = defaultdict(list)
    wanted = [(one, quote(one, prices)) for one in units if replaced(one)]
    for unit, offer in wanted:
        by_quarter[quarter(unit)].append((unit, offer))
    made = []
    for name in sorted(by_quarter, key=lambda name: (name is None, name)):
        mine = by_quarter[name]
        lines = _lines([unit for unit, _ in mine], [offer for _, offer in mine])
        if name is None:
            lines += _spares([unit for unit, _ in wanted], [offer for _, offer in wanted])
        made.append(Quarter(name, summed(lines)))
    spares = _spares([unit for unit, _ in wanted], [offer for _, offer in wanted])
    if spares and None not in by_quarter:
        made.append(Quarter(None, summed(spares)))
    return tuple(made)


def quarter(unit: Unit) -> str | None:
    """The quarter in which a unit is due, or else was installed or removed."""
    day = unit.item.due or unit.item.installed_on or unit.item.removed_on
    return f"{day.year}-Q{(day.month + 2) // 3}" if day else None


def summed(lines: Iterable[Line]) -> Sum:
    """What lines come to."""
    every = list(lines)
    return Sum(
        units=sum(one.quantity for one in every if not one.spare),
        spares=sum(one.quantity for one in every if one.spare),
        material=added(one.material_cost for one in every),
        labour=added(one.labour_cost for one in every),
        no_price=sum(one.quantity for one in every if one.price is None),
        no_labour=sum(one.quantity for one in every if one.labour is None and not one.spare),
    )


def _grouped(lines: Sequence[Line], by: Callable[[Line], str | None]) -> dict[str | None, Sum]:
    groups: dict[str | None, list[Line]] = defaultdict(list)
    for one in lines:
        groups[by(one)].append(one)
    return {name: summed(groups[name]) for name in sorted(groups, key=lambda name: (name is None, name))}


def _lines(units: Sequence[Unit], quotes: Sequence[Quote]) -> list[Line]:
    """Units of one site and phase that get the same for the same price are one line."""
    groups: dict[Line, list[tuple[Unit, Quote]]] = defaultdict(list)
    for unit, offer in zip(units, quotes, strict=True):
        head = Line(
            site=unit.device.site,
            phase=unit.item.phase,
            kind=unit.specification.kind,
            product=offer.product,
            needs="" if offer.product else unit.specification.text,
            price=offer.material,
            labour=offer.labour,
            why=offer.why,
        )
        groups[head].append((unit, offer))
    made = [
        msgspec.structs.replace(
            head,
            quantity=len(members),
            ordered=sum(unit.item.state not in TO_BUY for unit, _ in members),
            unconfirmed=sum(unit.item.state == "found" for unit, _ in members),
            doubtful=sum(bool(offer.doubts) for _, offer in members),
        )
        for head, members in groups.items()
    ]
    return sorted(made, key=_order)


def _order(line: Line) -> tuple[object, ...]:
    return (
        line.site is None, line.site or "", line.phase is None, line.phase or "", line.kind,
        line.product is None, line.product or "", line.needs, str(line.price), str(line.labour), line.why,
    )  # fmt: skip


def _spares(units: Sequence[Unit], quotes: Sequence[Quote]) -> list[Line]:
    """Of each product a share of all that are needed, rounded up."""
    counts: dict[tuple[str, str], list[Quote]] = defaultdict(list)
    for unit, offer in zip(units, quotes, strict=True):
        if offer.product and offer.spares:
            counts[unit.specification.kind, offer.product].append(offer)
    made = []
    for (kind, product), offers in sorted(counts.items()):
        share = max(one.spares for one in offers)
        listed = [one.listed for one in offers if one.listed]
        number = math.ceil(len(offers) * share / Decimal(100))
        price = max(listed) if listed and len({one.currency for one in listed}) == 1 else None
        why = "" if price else "no one price of it is known"
        made.append(
            Line(
                site=None,
                phase=None,
                kind=kind,
                product=product,
                price=price,
                why=why,
                quantity=number,
                spare=True,
            )
        )
    return made
