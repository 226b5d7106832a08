"""What a file of fingerprints may say, and the errors when it says something else.

A folder of fingerprints holds `makers/*.toml`, `brands/*.toml` and `devices/*.toml`. Each file may have one `[maker]`
or one `[brand]` table, and any number of `[[fingerprint]]` tables; docs/reference/fingerprints.md describes the keys.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import msgspec

from fingerprints.literals import literals
from scanner.model import CATEGORIES, Category, Strength

Relation = Literal["own", "subsidiary", "oem", "former-oem"]
ATTRIBUTES = ("maker", "brand", "category", "model", "firmware", "serial", "mac")
COVERED_MAKERS = ("hikvision", "dahua")
LONGEST = 1_000  # characters of a pattern; the longest of ours has a quarter of that
BRACKETS = 100  # that a pattern may open: the compiler takes them apart by recursion
Example = str | dict[str, str]  # the text alone, or `text` with other fields and with the values expected


class Defect(Exception):
    """A fingerprint file cannot be used: where, and why."""

    def __init__(self, file: str, line: int, why: str) -> None:
        super().__init__(f"{file}:{line}: {why}")
        self.file, self.line, self.why = file, line, why


class Maker(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who builds hardware and firmware."""

    slug: str
    name: str
    brandless: bool = False  # builds for others only: its name is never the brand
    byword: bool = False  # its name is a word that other texts use too: alone it names nobody
    category: Category | None = None  # what nearly all its devices are


class Brand(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whose name is on a unit, and who is known to have made units with that name."""

    slug: str
    name: str
    makers: tuple[str, ...] = ()  # empty: not known
    relation: Relation = "oem"
    certainty: Literal["high", "medium", "low"] = "low"  # of the link from brand to maker
    source: str = ""
    note: str = ""


class Fingerprint(msgspec.Struct, frozen=True, forbid_unknown_fields=True, gc=False):
    """A pattern over one field of an observation, and the claims it supports.

    `field` may name several fields; the pattern is tried on the values of each. `also` and `unless` name further
    fields of the same observation that must, or must not, match their pattern. `after` lists makers of which one
    must be claimed by other evidence before this fingerprint counts. A claim's value may use the named groups of
    the pattern as `{name}`. `matches` and `rejects` are its tests: see `fingerprints.examples`.
    """

    id: str
    field: str | tuple[str, ...]
    pattern: str
    claims: dict[str, str]
    strength: Strength
    source: str
    also: dict[str, str] = {}
    unless: dict[str, str] = {}
    after: tuple[str, ...] = ()
    matches: tuple[Example, ...] = ()
    rejects: tuple[Example, ...] = ()
    note: str = ""

    @property
    def fields(self) -> tuple[str, ...]:
        return (self.field,) if isinstance(self.field, str) else self.field


class File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One file of fingerprints: about one maker or one brand, or about many makers of one kind of thing."""

    maker: Maker | None = None
    makers: tuple[Maker, ...] = ()
    brand: Brand | None = None
    fingerprint: tuple[Fingerprint, ...] = ()

    @property
    def all_makers(self) -> tuple[Maker, ...]:
        """The makers that it is about, however it states them."""
        return (*([self.maker] if self.maker else []), *self.makers)


def parse(text: str, name: str, *, tried: bool = False) -> File:
    """Read one file. Raises `Defect` with the line of what is wrong.

    The patterns of a file that was `tried` before are not compiled until they are first needed.
    """
    try:
        file = msgspec.convert(toml(text), File)
    except (ValueError, RecursionError) as error:  # a table may be nested for ever
        raise Defect(name, line_of_error(text, error), str(error)) from None
    for number, fingerprint in enumerate(file.fingerprint):
        if wrong := _wrong_in(fingerprint, tried):
            line = lines_of(text, file.fingerprint)[number]
            raise Defect(name, line, f'fingerprint "{fingerprint.id}" {wrong}')
    return file


def toml(text: str) -> Any:
    """Parse TOML with the compiled parser: five times as fast as the standard library's."""
    import tomli

    return tomli.loads(text)


def lines_of(text: str, fingerprints: Sequence[Fingerprint]) -> list[int]:
    """The lines on which the fingerprints of a file state their ids, in their order; 1 where that cannot be told."""
    tables = _tables(text, "fingerprint")
    if len(tables) != len(fingerprints):  # written as one inline list
        return [1] * len(fingerprints)
    return [_line_of_key(text, table, "id") for table in tables]


def line_of(text: str, table: str, key: str) -> int:
    """The line on which the first table of a name states a key; 1 when it does not."""
    tables = _tables(text, table)
    return _line_of_key(text, tables[0], key) if tables else 1


def lines_with_slug(text: str, slug: str) -> list[int]:
    """The lines on which a slug is stated."""
    stated = re.finditer(rf"""\bslug["']?\s*=\s*["']{re.escape(slug)}["']""", text)
    return [text.count("\n", 0, found.start()) + 1 for found in stated] or [1]


def line_of_error(text: str, error: Exception) -> int:
    """The line of what the TOML parser or msgspec says of a text; 1 when neither tells."""
    if found := re.search(r"\(at line (\d+)", str(error)):  # the TOML parser tells
        return int(found[1])
    unknown = re.search(r"unknown field `(\w+)`", str(error))
    if found := re.search(r"`\$\.(\w+)(?:\[(\d+)\])?(?:\.(\w+))?", str(error)):  # msgspec tells which table
        tables, number = _tables(text, found[1]), int(found[2] or 0)
        if number < len(tables):
            return _line_of_key(text, tables[number], unknown[1] if unknown else found[3] or "")
    elif unknown and (tables := _tables(text, unknown[1])):
        return _line_of_key(text, tables[0], "")
    return 1


def read(path: Path, *, tried: bool = False) -> tuple[str, File]:
    """The text of one file, and what it says; see `parse`. Raises `Defect`."""
    text = text_of(path)
    return text, parse(text, str(path), tried=tried)


def text_of(path: Path) -> str:
    """The text of a file. Raises `Defect` when it cannot be read, or is no UTF-8."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise Defect(str(path), 1, f"it cannot be read: {error.strerror}") from None
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise Defect(str(path), line, f"it is not UTF-8: byte 0x{content[error.start]:02x}") from None


def unusable(pattern: str, *, tried: bool = False) -> str:
    """Why a pattern cannot be used, in a few words; empty when it can. One that was `tried` is not compiled."""
    if len(pattern) > LONGEST:
        return f"it has {len(pattern):,} characters, and may have {LONGEST:,}"
    if pattern.count("(") > BRACKETS:
        return f"it opens {pattern.count('('):,} brackets, and may open {BRACKETS}"
    if tried:
        return ""
    try:
        literals(pattern)
        with (
            warnings.catch_warnings()
        ):  # the compiler finds more than the parser: a look-behind of no fixed width
            warnings.simplefilter("error")
            re.compile(pattern)
    except (re.error, OverflowError, Warning) as error:
        return str(error)
    return ""


def _wrong_in(fingerprint: Fingerprint, tried: bool) -> str:
    for pattern in (fingerprint.pattern, *fingerprint.also.values(), *fingerprint.unless.values()):
        if why := unusable(pattern, tried=tried):
            return f"has a pattern that cannot be used: {why}"
    for attribute, value in fingerprint.claims.items():
        if attribute not in ATTRIBUTES:
            return f'claims "{attribute}"; it may claim {", ".join(ATTRIBUTES)}'
        if attribute == "category" and "{" not in value and value not in CATEGORIES:
            return f'claims the category "{value}"; the categories are {", ".join(CATEGORIES)}'
        for group in re.findall(r"\{(\w+)\}", value):
            if f"(?P<{group}>" not in fingerprint.pattern:
                return f'uses the group "{group}", which its pattern does not have'
        if "{" in (rest := re.sub(r"\{\w+\}", "", value)) or "}" in rest:
            return f'claims {attribute} "{value}", whose braces hold no name of a group'
    for kind, examples in (("matches", fingerprint.matches), ("rejects", fingerprint.rejects)):
        if any("text" not in example for example in examples if not isinstance(example, str)):
            return f"has an example in `{kind}` without `text`"
    return ""


def _tables(text: str, name: str) -> list[re.Match[str]]:
    """The headers of the tables of one name, each with all that follows up to the next header."""
    return list(
        re.finditer(rf"^[ \t]*\[{{1,2}}\s*{name}\s*\]{{1,2}}.*(?:\n(?![ \t]*\[).*)*", text, re.MULTILINE)
    )


def _line_of_key(text: str, table: re.Match[str], key: str) -> int:
    """The line on which a table states a key; that of its header when it does not."""
    found = re.search(rf"^[ \t]*[\"']?{key}[\"']?\s*=", table[0], re.MULTILINE) if key else None
    return text.count("\n", 0, table.start() + (found.start() if found else 0)) + 1
