"""The languages of reports: their words are data files, and numbers and dates follow their customs.

A catalogue is a TOML file of `languages/`, or of the folder of a template, named by its language: `fr.toml`. What a
catalogue does not say is said in English, so that half a translation makes a whole report.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, NamedTuple

from scanner.errors import CamcensusError

FOLDER = files("reports") / "languages"
NAME = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})?")
PLACE = re.compile(r"\{(\w+)\}")
CUSTOMS = ("code", "name", "direction", "decimal", "thousands", "day", "moment", "excel_day", "excel_moment")

Text = str | Mapping[str, str]


class Language(NamedTuple):
    """The words and customs of one language. Its texts are by key, as in `counts.devices`."""

    code: str
    customs: Mapping[str, str]
    texts: Mapping[str, Text]

    def say(self, key: str, /, **values: object) -> str:
        """The text of a key with the values in their places; `n` chooses between one and many.

        Only our own text is looked through for places: nothing in a value is ever read as one.
        """
        text = self.texts[key]
        if not isinstance(text, str):
            text = text["one" if values.get("n") == 1 else "other"]
        return PLACE.sub(lambda place: self.spell(values[place[1]]), text)

    def knows(self, key: str) -> bool:
        return key in self.texts

    def word(self, group: str, value: str) -> str:
        """The word for one of a closed set of values (`confidence`, `confirmed`); another value as it is."""
        text = self.texts.get(f"{group}.{value}", value)
        return text if isinstance(text, str) else value

    def spell(self, value: object) -> str:
        """A value as people read it."""
        match value:
            case bool() | None:
                return str(value)
            case int() | Decimal() | float():
                return self.number(value)
            case datetime():
                return self.moment(value)
            case date():
                return self.day(value)
            case _:
                return str(value)

    def number(self, number: int | float | Decimal) -> str:
        """As in `1,234` and `1.234,50`: whole numbers without, others with two places."""
        text = f"{number:,}" if isinstance(number, int) else f"{number:,.2f}"
        marks = {",": self.customs["thousands"], ".": self.customs["decimal"]}
        return "".join(marks.get(letter, letter) for letter in text)

    def money(self, amount: Decimal | float, currency: str = "") -> str:
        """An amount to the unit, as in `12,300 EUR`: cents in a budget would say more than is known."""
        return f"{self.number(round(amount))} {currency}".rstrip()

    def day(self, day: date) -> str:
        return day.strftime(self.customs["day"])

    def moment(self, time: datetime | None) -> str:
        """A moment in UTC, to the minute."""
        return time.astimezone(UTC).strftime(self.customs["moment"]) if time else ""


def english() -> Language:
    return language("en")


def language(code: str, folder: Path | None = None) -> Language:
    """The language of a catalogue, of the folder given if it has one. Raises CamcensusError when there is none."""
    own = folder / f"{code}.toml" if folder and NAME.fullmatch(code) else None
    if own is not None and own.is_file():
        return _language(code, own.read_text("utf-8"), str(own))
    return _built_in(code)


def codes() -> list[str]:
    """The languages that come with camcensus."""
    return sorted(file.name.removesuffix(".toml") for file in FOLDER.iterdir() if file.name.endswith(".toml"))


@cache
def _built_in(code: str) -> Language:
    file = FOLDER / f"{code}.toml"
    if not NAME.fullmatch(code) or not file.is_file():
        raise CamcensusError(
            f"there are no words for the language {code!r}",
            why=f"camcensus speaks {', '.join(codes())}",
            fix="put a catalogue into the folder of the template: see docs/how-to/make-reports.md",
        )
    return _language(code, file.read_text("utf-8"), code)


def _language(code: str, text: str, where: str) -> Language:
    import tomli

    try:
        known = tomli.loads(text)
    except tomli.TOMLDecodeError as error:
        raise CamcensusError(
            f"the catalogue {where} cannot be read", why=str(error), fix="mend the file"
        ) from None
    customs, texts = _flat(known.pop("language", {})), _flat(known)
    if code != "en":
        base = english()
        if strange := sorted({*texts} - {*base.texts} | {*customs} - {*CUSTOMS}):
            raise CamcensusError(
                f"the catalogue {where} has words that no report uses: {', '.join(map(str, strange[:5]))}",
                why="a key is spelt otherwise than in reports/languages/en.toml",
                fix="compare the keys with that file",
            )
        customs, texts = {**base.customs, **customs}, {**base.texts, **texts}
    return Language(code, {key: str(value) for key, value in customs.items()}, texts)


def _flat(table: Mapping[str, Any], before: str = "") -> dict[str, Text]:
    """Nested tables as one, its keys joined by dots; a table of `one` and `other` is a text."""
    made: dict[str, Text] = {}
    for key, value in table.items():
        if isinstance(value, dict) and {*value} != {"one", "other"}:
            made |= _flat(value, f"{before}{key}.")
        else:
            made[before + key] = value
    return made
