"""The plan as reports print it: what replaces which device, when, at what cost, and how far that has come."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

import msgspec

DONE = ("removed", "verified", "kept")
"""The states in which a device need not be replaced any more."""


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """One device of the plan. What nobody knows yet is None or empty, and never guessed."""

    device: str
    state: str
    address: str | None = None
    site: str | None = None
    model: str | None = None
    category: str | None = None
    priority: float | None = None
    reasons: tuple[str, ...] = ()
    phase: str | None = None
    replacement: str = ""  # its specification
    asked: tuple[str, ...] = ()  # what the specification lacks
    due: date | None = None
    cost: Decimal | None = None
    owner: str | None = None
    contractor: str | None = None
    ticket: str | None = None


class BillLine(msgspec.Struct, frozen=True, kw_only=True):
    """So many units of one kind, for a site and phase."""

    site: str | None = None
    phase: str | None = None
    kind: str = ""
    replacement: str = ""
    quantity: int
    spares: int = 0
    unit_price: Decimal | None = None
    labour: Decimal | None = None  # for all of them
    total: Decimal | None = None  # None: not priced


class Quarter(msgspec.Struct, frozen=True, kw_only=True):
    """What one quarter takes."""

    quarter: str  # `2026-Q4`
    units: int
    amount: Decimal | None = None


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


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """All that a report says about the replacement."""

    items: tuple[Item, ...] = ()  # the most urgent first
    bill: tuple[BillLine, ...] = ()
    currency: str = ""
    budget: tuple[Quarter, ...] = ()
    burn_down: tuple[Point, ...] = ()  # in the order of time
    forecast: Forecast | None = None
    forecasts: Mapping[str, Forecast] = {}  # by site
    scenario: str = ""

    @property
    def open(self) -> int:
        """How many devices are still to be replaced."""
        return sum(item.state not in DONE for item in self.items)

    @property
    def units(self) -> int:
        return sum(line.quantity + line.spares for line in self.bill)

    @property
    def total(self) -> Decimal:
        """What the priced lines cost together; `unpriced` says how many are not in it."""
        return sum((line.total for line in self.bill if line.total is not None), Decimal(0))

    @property
    def unpriced(self) -> int:
        return sum(line.total is None for line in self.bill)
