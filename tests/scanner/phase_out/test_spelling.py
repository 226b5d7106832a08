"""Dates and amounts as people write them: read when they mean one thing, refused when they may mean two."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.phase_out.spelling import YEARS, amount, currency, day

MARCH = date(2027, 3, 31)


@pytest.mark.parametrize(
    "text",
    [
        "2027-03-31", "2027-3-31", "2027/03/31", "2027.03.31", "31.03.2027", "31.3.2027", "31. 3. 2027", "31/03/2027",
        "03/31/2027", "31-03-2027", "31 March 2027", "31st of March 2027".replace(" of", ""), "31 Mar 2027",
        "31-Mar-2027", "March 31, 2027", "Mar 31st 2027", "31. März 2027", "31 mars 2027", "2027-03-31T00:00:00",
    ],
)  # fmt: skip
def test_a_day_is_read_in_many_spellings(text: str) -> None:
    assert day(f" {text} ") == MARCH


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("03/04/2027", "may be a day in two months"),
        ("3-4-2027", "may be a day in two months"),
        ("31/03/27", "no date that can be read"),
        ("46477", "is a number, not a date"),
        ("46477.5", "is a number, not a date"),
        ("30.02.2027", "there is no day"),
        ("2027-13-01", "there is no day"),
        ("13/13/2027", "there is no day"),
        ("1927-03-31", "is not between 2000 and 2100"),
        ("soon", "no date that can be read"),
        ("=TODAY()", "no date that can be read"),
        ("31 Smarch 2027", "no date that can be read"),
    ],
)
def test_a_day_that_means_two_or_none_is_refused(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        day(text)


def test_a_day_written_alike_in_both_orders_is_no_question() -> None:
    assert day("05/05/2027") == date(2027, 5, 5)


@given(st.dates(date(YEARS[0], 1, 1), date(YEARS[-1], 12, 31)))
def test_what_is_written_out_is_read_again(one: date) -> None:
    assert day(one.isoformat()) == day(f"{one.day} {one:%B} {one.year}") == day(f"{one:%d.%m.%Y}") == one


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1234.50", "1234.50"), ("1.234,50", "1234.50"), ("1,234.50", "1234.50"), ("1 234,5", "1234.50"),
        ("1'234.50", "1234.50"), ("1.234.567", "1234567.00"), ("0.30000000000000004", "0.30"), ("120", "120.00"),
        ("1,234,567.8", "1234567.80"), ("129.9", "129.90"), ("0", "0.00"),
    ],
)  # fmt: skip
def test_an_amount_is_read_as_it_is_written(text: str, number: str) -> None:
    assert amount(text) == Decimal(number)


@pytest.mark.parametrize(
    "text", ["1,234", "1.234", "1.2.34", "1.234,5,6", "-5", "€ 12", "12 EUR", "", "=1+1", "1e9", "0.125"]
)
def test_an_amount_that_may_mean_two_things_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        amount(text)


@given(st.decimals(0, 10**11, places=2))
def test_no_cent_is_lost(number: Decimal) -> None:
    assert amount(str(number)) == number


def test_a_currency_has_three_letters() -> None:
    assert (currency(" eur "), currency("£")) == ("EUR", "GBP")
    with pytest.raises(ValueError, match="write its three letters"):
        currency("$")
