"""What a file of fingerprints may say, and the errors when it says something else.

A folder of fingerprints holds `makers/*.toml`, `brands/*.toml` and `devices/*.toml`. Each file may have one `[maker]`
or one `[brand]` table, and any number of `[[fingerprint]]` tables; docs/reference/fingerprints.md describes the keys.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Literal

import msgspec

from fingerprints.literals import literals
from scanner.model import CATEGORIES, Category, Strength

Relation = Literal["own", "subsidiary", "oem", "former-oem"]
ATTRIBUTES = ("maker", "brand", "category", "model", "firmware", "serial", "mac")
COVERED_MAKERS = ("hikvision", "dahua")
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


class Fingerprint(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
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


def parse(text: str, name: str) -> File:
    """Read one file. Raises `Defect` with the line of what is wrong."""
    try:
        file = msgspec.convert(toml(text), File)
    except ValueError as error:
        raise Defect(name, _line_of_error(text, error), str(error)) from None
    for fingerprint in file.fingerprint:
        if wrong := _wrong_in(fingerprint):
            raise Defect(name, line_of(text, fingerprint.id), f'fingerprint "{fingerprint.id}" {wrong}')
    return file


def toml(text: str) -> Any:
    """Parse TOML with the compiled parser: five times as fast as the standard library's."""
    import tomli

    return tomli.loads(text)


def line_of(text: str, identifier: str) -> int:
    """The line on which a fingerprint states its id; 1 when it does not."""
    found = re.search(rf'^id\s*=\s*["\']{re.escape(identifier)}["\']', text, re.MULTILINE)
    return text.count("\n", 0, found.start()) + 1 if found else 1


def read(path: Path) -> tuple[str, File]:
    """The text of one file, and what it says. Raises `Defect`."""
    text = path.read_text(encoding="utf-8")
    return text, parse(text, str(path))


def _wrong_in(fingerprint: Fingerprint) -> str:
    for pattern in (fingerprint.pattern, *fingerprint.also.values(), *fingerprint.unless.values()):
        try:
            literals(pattern)
        except re.error as error:
            return f"has a pattern that cannot be used: {error}"
    for attribute, value in fingerprint.claims.items():
        if attribute not in ATTRIBUTES:
            return f'claims "{attribute}"; it may claim {", ".join(ATTRIBUTES)}'
        if attribute == "category" and "{" not in value and value not in CATEGORIES:
            return f'claims the category "{value}"; the categories are {", ".join(CATEGORIES)}'
        for group in re.findall(r"\{(\w+)\}", value):
            if f"(?P<{group}>" not in fingerprint.pattern:
                return f'uses the group "{group}", which its pattern does not have'
    return ""


def _line_of_error(text: str, error: ValueError) -> int:
    if found := re.search(r"\(at line (\d+)", str(error)):  # the TOML parser tells
        return int(found[1])
    if found := re.search(r"\$\.fingerprint\[(\d+)\]", str(error)):  # msgspec tells which table
        starts = [match.start() for match in re.finditer(r"^\[\[fingerprint\]\]", text, re.MULTILINE)]
        if int(found[1]) < len(starts):
            return text.count("\n", 0, starts[int(found[1])]) + 1
    return 1
