"""The first file of a brand, filled in from a recording: a beginning, to be read and completed by a person."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from fingerprints import Library
from fingerprints.library import plain
from scanner.model import Identification, Reading
from scanner.recording.corpus import toml_value

LONG_FIELDS = ("body", "text", "pair", "header", "meta", "script", "sdp", "root")  # too much else is in them
LONGEST_NAME = 64  # characters of a value that is mostly a name
BRAND = """[brand]
slug      = {slug}
name      = {name}
makers    = [{makers}]
relation  = "oem"  # or "own", "subsidiary", "former-oem"
certainty = "low"  # "medium" or "high" once a source says so
source    = {source}
"""
FINGERPRINT = """
{comment}
[[fingerprint]]
id       = {id}
field    = {field}
pattern  = {pattern}
claims   = {{ brand = {slug} }}
strength = "supporting"
source   = {source}
matches  = [{matches}]
rejects  = [{rejects}]
"""


def skeleton(name: str, it: Identification, readings: Sequence[Reading], known: Library, source: str) -> str:
    """A file of fingerprints for the brand `name`, as far as the replies of one device suggest it."""
    slug = slug_of(name, known)
    maker = next((one.slug for one in known.makers.values() if one.name == it.maker_name), "")
    parts = []
    if slug not in known.brands:
        makers = toml_value(maker) if maker else ""
        parts.append(
            BRAND.format(
                slug=toml_value(slug), name=toml_value(name), makers=makers, source=toml_value(source)
            )
        )
    taken = {one.id for one in known.fingerprints}
    for word, comment, field, pattern, matches, reject in (*_named(name, readings), *_modelled(it, known)):
        id = next(
            id
            for number in range(1, 1000)
            if (id := f"{slug}-{word}-{number}".removesuffix("-1")) not in taken
        )
        parts.append(
            FINGERPRINT.format(
                comment=comment, id=toml_value(id), slug=toml_value(slug), source=toml_value(source),
                field=field, pattern=_pattern(pattern), matches=", ".join(map(toml_value, matches)),
                rejects=toml_value(reject),
            )
        )  # fmt: skip
    if len(parts) < 2:
        parts.append(
            f"\n# Nothing in these replies is like {name!r}: what gives the brand away is for you to find.\n"
        )
    return "".join(parts).lstrip("\n")


def slug_of(name: str, known: Library) -> str:
    """The slug of a brand that is known by this name, or else a new one."""
    same = (slug for slug, brand in known.brands.items() if plain(name) in (plain(slug), plain(brand.name)))
    return next(same, re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") or "unnamed")


Suggestion = tuple[
    str, str, str, str, list[str], str
]  # word of the id, comment, field, pattern, matches, reject


def _named(name: str, readings: Sequence[Reading]) -> Iterator[Suggestion]:
    """Where the device states the name itself."""
    spelt = re.escape(name).replace(r"\ ", " ").replace(r"\-", "-")
    whole, inside = f"^(?i:{spelt})$", rf"(?i:\b{spelt}\b)"
    for word, pattern, reject in (
        ("named", whole, f"{name} dealer"),
        ("mentioned", inside, f"un{name.lower()}ed"),
    ):
        found: dict[str, set[str]] = {}
        for field, value in _short_values(readings):
            if re.search(pattern, value) and (word == "named" or not re.search(whole, value)):
                found.setdefault(field, set()).add(value)
        if found:
            fields = ", ".join(map(toml_value, sorted(found)))
            matches = sorted({value for values in found.values() for value in values})
            comment = "# Is it stated by the firmware, or did somebody type it in?"
            yield word, comment, f"[{fields}]", pattern, matches, reject


def _short_values(readings: Sequence[Reading]) -> Iterator[tuple[str, str]]:
    for reading in readings:
        for field, values in reading.fields.items():
            if field.partition(".")[2] not in LONG_FIELDS:
                yield from ((field, value) for value in values if len(value) <= LONGEST_NAME)


def _modelled(it: Identification, known: Library) -> Iterator[Suggestion]:
    """How the brand names its models, unless somebody is known to name them so."""
    rules = {one.id: one for one in known.fingerprints}
    taken = {claim.fingerprint for claim in it.evidence if claim.fingerprint in rules}
    named = any(rules[id].fields == ("claim.model",) for id in taken)
    found = re.match(r"([A-Za-z]{2,}(?:[- ][A-Za-z]+)*[- ]?)(\d+)", it.model or "")
    if found and it.model and not named:
        prefix = re.escape(found[1]).replace(r"\ ", " ").replace(r"\-", "-")
        digits = r"\d" if len(found[2]) == 1 else rf"\d{{{len(found[2])}}}"
        comment = "# Do other brands name their models so too? Then leave it out."
        yield (
            "model",
            comment,
            '"claim.model"',
            f"^{prefix}{digits}",
            [it.model],
            f"X{it.model}",
        )


def _pattern(pattern: str) -> str:
    return toml_value(pattern) if "'" in pattern else f"'{pattern}'"
