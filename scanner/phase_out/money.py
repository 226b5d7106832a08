"""Amounts with their currency: decimal, never rounded on the way, and never added across currencies."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal

import msgspec

CENT = Decimal("0.01")

Totals = dict[str, Decimal]
"""Currency to amount."""


class Money(msgspec.Struct, frozen=True, order=True):
    """An amount in one currency."""

    amount: Decimal
    currency: str

    def times(self, number: int | Decimal) -> Money:
        """So many of it, to the cent."""
        return Money((self.amount * number).quantize(CENT, ROUND_HALF_UP), self.currency)

    def __str__(self) -> str:
        return f"{self.amount:,.2f} {self.currency}"


def added(amounts: Iterable[Money | None]) -> Totals:
    """The sum in each currency; what is None is not there, so count it beside."""
    totals: dict[str, Decimal] = defaultdict(Decimal)
    for one in amounts:
        if one is not None:
            totals[one.currency] += one.amount
    return dict(sorted(totals.items()))


def together(*several: Totals) -> Totals:
    """The sums of several totals."""
    return added(Money(amount, currency) for one in several for currency, amount in one.items())


def worded(totals: Totals) -> str:
    """`1,200.00 EUR + 300.00 GBP`; empty when there is nothing."""
    return " + ".join(str(Money(amount, currency)) for currency, amount in totals.items())
