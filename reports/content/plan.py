"""The plan as reports print it: what replaces which device, when, at what cost, and how far that has come."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from scanner.inventory import Device, Inventory
    from scanner.phase_out.plan import Unit
    from scanner.phase_out.prices import Price
    from scanner.phase_out.progress import Progress
    from scanner.phase_out.quantities import Line

Totals = Mapping[str, Decimal]
"""Currency to amount: amounts in two currencies are two amounts."""


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """One device of the plan. What nobody knows yet is None or empty, and never guessed."""

    device: str
    state: str
    address: str | None = None
    site: str | None = None
    model: str | None = None
    category: str | None = None
    priority: int | None = None
    reasons: tuple[str, ...] = ()
    phase: str | None = None
    replacement: str = ""  # the product, or else what it has to be able to do
    asked: tuple[str, ...] = ()  # what the specification lacks
    due: date | None = None
    cost: Decimal | None = None  # of the product, without labour
    currency: str | None = None
    owner: str | None = None
    contractor: str | None = None
    ticket: str | None = None


class BillLine(msgspec.Struct, frozen=True, kw_only=True):
    """So many units of one product, for a site and phase; or spares of it."""

    site: str | None = None
    phase: str | None = None
    kind: str = ""
    replacement: str = ""
    quantity: int
    spare: bool = False
    unit_price: Decimal | None = None
    labour: Decimal | None = None  # for all of them
    total: Decimal | None = None  # None: not priced, or in two currencies
    currency: str | None = None  # of all three


class Quarter(msgspec.Struct, frozen=True, kw_only=True):
    """What one quarter takes. `quarter` is None for what nobody has given a date, and for spares."""

    quarter: str | None  # `2026-Q4`
    units: int
    amounts: Totals = {}


class Point(msgspec.Struct, frozen=True):
    """How many devices were still to be replaced at the end of a day."""

    day: date
    open: int


class Forecast(msgspec.Struct, frozen=True, kw_only=True):
    """When the last device will be replaced, at the pace so far."""

    likely: date | None = None
    early: date | None = None
    late: date | None = None  # None: nobody can say
    why: str = ""  # there is none


class SiteProgress(msgspec.Struct, frozen=True, kw_only=True):
    """How far one site has come."""

    site: str | None
    open: int
    gone: int
    kept: int
    forecast: Forecast


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """All that a report says about the replacement."""

    items: tuple[Item, ...] = ()  # the most urgent first
    open: int = 0  # devices that are still to be replaced
    bill: tuple[BillLine, ...] = ()
    totals: Totals = {}
    units: int = 0  # of the bill, spares among them
    no_price: int = 0  # of these
    no_labour: int = 0
    budget: tuple[Quarter, ...] = ()
    burn_down: tuple[Point, ...] = ()  # in the order of time
    forecast: Forecast | None = None
    sites: tuple[SiteProgress, ...] = ()

    @property
    def currencies(self) -> str:
        return ", ".join(self.totals)


def plan_of(
    inventory: Inventory,
    where: str,
    today: date,
    chosen: Container[str] | None = None,
    known: Sequence[Device] = (),
) -> Plan | None:
    """The plan for the devices for which a condition holds, or for those chosen; None when there is none for them.
    `known` are all devices, where they were read before."""
    from scanner.inventory import plan_items

    if not inventory.ask(plan_items.items, where):
        return None
    from scanner.phase_out import plan, quantities
    from scanner.phase_out.progress import progress

    whole = plan.of(inventory, where, known)
    units = [one for one in whole.units if chosen is None or one.device.id in chosen]
    if not units:
        return None
    bill = quantities.bill(units, whole.prices)
    total, sites = progress(units, inventory.ask(plan_items.history, where), today)
    return Plan(
        items=tuple(_item(one, whole.prices) for one in units),
        open=total.open,
        bill=tuple(map(_line, bill.lines)),
        totals=bill.total.total,
        units=bill.total.units + bill.total.spares,
        no_price=bill.total.no_price,
        no_labour=bill.total.no_labour,
        budget=tuple(
            Quarter(quarter=one.name, units=one.sum.units + one.sum.spares, amounts=one.sum.total)
            for one in quantities.budget(units, whole.prices)
        ),
        burn_down=tuple(Point(one.day, one.open) for one in total.points),
        forecast=_forecast(total),
        sites=tuple(
            SiteProgress(site=one.site, open=one.open, gone=one.gone, kept=one.kept, forecast=_forecast(one))
            for one in sites
        ),
    )


def _item(unit: Unit, prices: tuple[Price, ...]) -> Item:
    from scanner.phase_out.columns import worded
    from scanner.phase_out.prices import quote

    device, item, offer = unit.device, unit.item, quote(unit, prices)
    return Item(
        device=device.id,
        state=item.state,
        address=device.address,
        site=device.site,
        model=device.model,
        category=device.category,
        priority=item.priority,
        reasons=tuple(f"{one.points:g} {one.part}: {one.text}" for one in item.reasons),
        phase=item.phase,
        replacement=offer.product or unit.specification.text,
        asked=tuple(map(worded, unit.specification.asked)),
        due=item.due,
        cost=offer.material.amount if offer.material else None,
        currency=offer.material.currency if offer.material else None,
        owner=item.responsible,
        contractor=item.contractor,
        ticket=item.ticket,
    )


def _line(line: Line) -> BillLine:
    costs = [cost for cost in (line.material_cost, line.labour_cost) if cost]
    currencies = {cost.currency for cost in costs}
    alike = len(currencies) == 1
    return BillLine(
        site=line.site,
        phase=line.phase,
        kind=line.kind,
        replacement=line.product or line.needs,
        quantity=line.quantity,
        spare=line.spare,
        unit_price=line.price.amount if line.price else None,
        labour=line.labour_cost.amount if line.labour_cost else None,
        total=sum((cost.amount for cost in costs), Decimal(0)) if alike and line.price else None,
        currency=" + ".join(sorted(currencies)) or None,
    )


def _forecast(progress: Progress) -> Forecast:
    it = progress.forecast
    return (
        Forecast(why=progress.why) if it is None else Forecast(likely=it.likely, early=it.early, late=it.late)
    )
