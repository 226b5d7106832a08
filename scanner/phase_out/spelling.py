"""Dates and amounts as people write them. What may mean two things is refused, never guessed."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal, InvalidOperation

YEARS = range(2000, 2101)
MONTHS = {
    "jan": 1, "january": 1, "januar": 1, "janvier": 1, "feb": 2, "february": 2, "februar": 2, "février": 2,
    "mar": 3, "march": 3, "märz": 3, "mrz": 3, "mars": 3, "apr": 4, "april": 4, "avril": 4, "may": 5, "mai": 5,
    "jun": 6, "june": 6, "juni": 6, "juin": 6, "jul": 7, "july": 7, "juli": 7, "juillet": 7, "aug": 8, "august": 8,
    "août": 8, "sep": 9, "sept": 9, "september": 9, "septembre": 9, "oct": 10, "october": 10, "okt": 10,
    "oktober": 10, "octobre": 10, "nov": 11, "november": 11, "novembre": 11, "dec": 12, "december": 12, "dez": 12,
    "dezember": 12, "déc": 12, "décembre": 12,
}  # fmt: skip
ISO = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ]\d\d:\d\d.*)?")
YEAR_FIRST = re.compile(r"(\d{4})[./](\d{1,2})[./](\d{1,2})")
DOTTED = re.compile(r"(\d{1,2})\.\s?(\d{1,2})\.\s?(\d{4})")  # day first wherever dots are used
SLASHED = re.compile(r"(\d{1,2})[/-](\d{1,2})[/-](\d{4})")
DAY_MONTH = re.compile(r"(\d{1,2})(?:st|nd|rd|th|er)?[. -]*([^\W\d]+)\.?[, -]*(\d{4})")
MONTH_DAY = re.compile(r"([^\W\d]+)\.?[ -]*(\d{1,2})(?:st|nd|rd|th)?,?[ -]+(\d{4})")
ADVICE = "write it as 2027-03-31"
CENTS = 2  # decimals that an amount has at most
LARGEST = Decimal(10) ** 12
SIGNIFICANT = 15  # digits that a spreadsheet keeps; beyond them stands what binary fractions leave over


def day(text: str) -> date:
    """A day. Raises ValueError, whose text is for whoever wrote it."""
    plain = " ".join(text.split())
    if found := ISO.fullmatch(plain) or YEAR_FIRST.fullmatch(plain):
        return _day(plain, *map(int, found.groups()))
    if found := DOTTED.fullmatch(plain):
        return _day(plain, *reversed([int(one) for one in found.groups()]))
    if found := SLASHED.fullmatch(plain):
        one, other, year = map(int, found.groups())
        if one > 12 >= other or one == other:
            return _day(plain, year, other, one)
        if other > 12 >= one:
            return _day(plain, year, one, other)
        raise ValueError(f"{plain!r} may be a day in two months: {ADVICE}")
    if (found := DAY_MONTH.fullmatch(plain)) and (month := MONTHS.get(found[2].casefold())):
        return _day(plain, int(found[3]), month, int(found[1]))
    if (found := MONTH_DAY.fullmatch(plain)) and (month := MONTHS.get(found[1].casefold())):
        return _day(plain, int(found[3]), month, int(found[2]))
    if re.fullmatch(r"\d{4,6}([.,]\d+)?", plain):
        raise ValueError(f"{plain!r} is a number, not a date: format the cell as a date, or {ADVICE}")
    raise ValueError(f"{plain[:40]!r} is no date that can be read: {ADVICE}")


def _day(text: str, year: int, month: int, number: int) -> date:
    if year not in YEARS:
        raise ValueError(f"the year of {text!r} is not between {YEARS[0]} and {YEARS[-1]}")
    try:
        return date(year, month, number)
    except ValueError:
        raise ValueError(f"there is no day {text!r}: {ADVICE}") from None


def amount(text: str) -> Decimal:
    """An amount of money, at most two decimals. Raises ValueError."""
    plain = re.sub(r"[\s'\u2019\u00a0\u202f]", "", text)
    if not re.fullmatch(r"\d[\d.,]*", plain):
        raise ValueError(
            f"{text.strip()[:40]!r} is no amount: write 1234.50, and the currency in its own column"
        )
    marks = [one for one in plain if one in ".,"]
    if len(set(marks)) == 2:
        last = marks[-1]
        if marks.count(last) > 1:
            raise ValueError(f"{text.strip()[:40]!r} may mean two amounts: write 1234.50")
        plain = plain.replace("," if last == "." else ".", "").replace(last, ".")
    elif len(marks) == 1 and len(plain.partition(marks[0])[2]) == 3:
        raise ValueError(f"{text.strip()[:40]!r} may be thousands or a fraction: write 1234.50")
    elif len(marks) > 1:
        if not re.fullmatch(r"\d{1,3}([.,]\d{3})+", plain):
            raise ValueError(f"{text.strip()[:40]!r} may mean two amounts: write 1234.50")
        plain = plain.replace(marks[0], "")
    else:
        plain = plain.replace(",", ".")
    return _exact(plain, text)


def _exact(plain: str, text: str) -> Decimal:
    try:
        number = Decimal(plain)
    except InvalidOperation:
        raise ValueError(f"{text.strip()[:40]!r} is no amount") from None
    if len(number.as_tuple().digits) > SIGNIFICANT:  # 0.1 + 0.2 in a spreadsheet is 0.30000000000000004
        number = Decimal(f"{number:.{SIGNIFICANT - 1}e}").normalize()
    if -int(number.as_tuple().exponent) > CENTS and number != round(number, CENTS):
        raise ValueError(f"{text.strip()[:40]!r} has more than {CENTS} decimals")
    if number >= LARGEST:
        raise ValueError(f"{text.strip()[:40]!r} is too large")
    return round(number, CENTS)


def currency(text: str) -> str:
    """The three letters of ISO 4217. Raises ValueError."""
    plain = text.strip().upper()
    if re.fullmatch(r"[A-Z]{3}", plain):
        return plain
    known = {"€": "EUR", "£": "GBP"}
    if plain in known:
        return known[plain]
    raise ValueError(f"{text.strip()[:20]!r} is no currency: write its three letters, as EUR, GBP or USD")
