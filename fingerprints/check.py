"""Check files of fingerprints: everything that is wrong with them, each with its file and line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import msgspec

from fingerprints.backtracking import dangers
from fingerprints.examples import failures
from fingerprints.library import STATED, Library, files
from fingerprints.rules import Defect, Fingerprint, line_of, read

VIRTUAL = frozenset(f"claim.{attribute}" for attribute in STATED)  # fields that other fingerprints fill


class Finding(msgspec.Struct, frozen=True):
    """One thing that is wrong."""

    file: Path
    line: int
    what: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.what}"


def check(paths: Iterable[Path], known: Library, fields: Mapping[str, str]) -> Iterator[Finding]:
    """Everything wrong with some files or folders. `fields` are those that probes fill, `known` the makers and brands.

    What a file declares itself counts as known, so a new brand needs nothing but its file.
    """
    read_files: list[tuple[Path, str, tuple[Fingerprint, ...]]] = []
    makers, brands = set(known.makers), set(known.brands)
    for path in (found for given in paths for found in (files(given) if given.is_dir() else [given])):
        try:
            text, file = read(path)
        except Defect as defect:
            yield Finding(path, defect.line, defect.why)
            continue
        makers |= {maker.slug for maker in (*([file.maker] if file.maker else []), *file.makers)}
        brands |= {file.brand.slug} if file.brand else set()
        read_files.append((path, text, file.fingerprint))
    seen: dict[str, Path] = {}
    rules: dict[tuple[object, ...], str] = {}
    for path, text, found in read_files:
        for one in found:
            line = line_of(text, one.id)
            if one.id in seen:
                yield Finding(path, line, f'"{one.id}" stands in {seen[one.id]} too')
            seen.setdefault(one.id, path)
            rule = (one.fields, one.pattern, *map(_frozen, (one.also, one.unless, one.claims)), one.after)
            if rules.setdefault(rule, one.id) != one.id:
                yield Finding(path, line, f'"{one.id}" can never add anything: "{rules[rule]}" says the same')
            for what in wrong(one, fields, makers, brands):
                yield Finding(path, line, what)


def wrong(one: Fingerprint, fields: Mapping[str, str], makers: set[str], brands: set[str]) -> Iterator[str]:
    """Everything wrong with one fingerprint by itself."""
    for field in (*one.fields, *one.also, *one.unless):
        if field not in fields and field not in VIRTUAL:
            yield f'"{one.id}" looks at {field}, which no probe fills'
    for slug, known, kind in (
        (one.claims.get("maker"), makers, "maker"),
        (one.claims.get("brand"), brands, "brand"),
        *((slug, makers, "maker") for slug in one.after),
    ):
        if slug and "{" not in slug and slug not in known:
            yield f'"{one.id}" names the {kind} "{slug}", of whom there is no file'
    if not one.source.strip():
        yield f'"{one.id}" has no source: why should anybody believe it?'
    yield from failures(one)
    for pattern in (one.pattern, *one.also.values(), *one.unless.values()):
        for danger in dangers(pattern):
            yield f'"{one.id}" can be kept busy by a hostile reply: {danger}'


def _frozen(table: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    return tuple(sorted(table.items()))
