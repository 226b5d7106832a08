"""Check files of fingerprints: everything that is wrong with them, each with its file and line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import msgspec

from fingerprints.backtracking import dangers
from fingerprints.examples import failures
from fingerprints.flaws import catalogue
from fingerprints.library import HERE, STATED, Library, data, files
from fingerprints.models import Naming, naming
from fingerprints.policies import FILE, TEMPLATE, policies
from fingerprints.rules import Brand, Defect, File, Fingerprint, line_of, lines_of, read, unusable
from scanner.model import STRENGTHS

VIRTUAL = {f"claim.{one}": f"each {one} that was claimed" for one in STATED}  # filled by other fingerprints


class Finding(msgspec.Struct, frozen=True):
    """One thing that is wrong."""

    file: Path
    line: int
    what: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.what}"


class Stated(msgspec.Struct, frozen=True):
    """One fingerprint, and where it is stated."""

    one: Fingerprint
    file: Path
    line: int


def check(paths: Iterable[Path], known: Library, fields: Mapping[str, str]) -> Iterator[Finding]:
    """Everything wrong with some files or folders, taken together. `fields` are those that probes fill.

    What the files declare counts together with what is `known`, so a new brand needs nothing but its file. A
    fingerprint with the id of a known one replaces it; two of one folder, or of the files named, may not share an id.
    """
    stated: list[Stated] = []
    makers, brands = set(known.makers), set(known.brands)
    rules = {one.id: one for one in known.fingerprints}
    named: dict[str, Stated] = {}
    linked: list[tuple[Path, int, Brand]] = []
    for path in paths:
        seen = {} if path.is_dir() else named
        if _ours(path):
            yield from wrong_data()
        unread: list[Defect] = []
        names = files(path, unread.append) if path.is_dir() else [path]
        yield from (Finding(Path(defect.file), defect.line, defect.why) for defect in unread)
        for name in names:
            try:
                text, file = read(name)
            except Defect as defect:
                yield Finding(name, defect.line, defect.why)
                continue
            makers.update(_makers(file))
            if file.brand:
                brands.add(file.brand.slug)
                linked.append((name, line_of(text, "brand", "makers"), file.brand))
            for one, line in zip(file.fingerprint, lines_of(text, file.fingerprint), strict=True):
                here = Stated(one, name, line)
                if other := seen.get(one.id):
                    yield Finding(name, line, f'"{one.id}" stands in {other.file}:{other.line} too')
                    continue
                seen[one.id] = here
                rules[one.id] = one
                stated.append(here)
    for name, line, brand in linked:
        for slug in sorted(set(brand.makers) - makers):
            yield Finding(
                name, line, f'brand "{brand.slug}" names the maker "{slug}", of whom there is no file'
            )
    idle = dict(unreachable(tuple(rules.values())))
    for here in stated:
        if rules[here.one.id] is here.one:  # else a later folder replaces it
            told = [*wrong(here.one, fields, makers, brands)]
            told += [idle[here.one.id]] if here.one.id in idle else []
            yield from (Finding(here.file, here.line, f'"{here.one.id}" {what}') for what in told)


def looked_at(path: Path) -> list[Path]:
    """The files that `check` reads for a file or folder, as far as that can be looked into."""
    found = files(path, lambda _: None) if path.is_dir() else [path]
    return [*found, *_data()] if _ours(path) else found


def wrong_data() -> Iterator[Finding]:
    """What cannot be used of the files that come with camcensus and hold no fingerprints."""
    for path in _data():
        try:
            if path in (FILE, TEMPLATE):
                policies(path)
            elif path.parent.name == "flaws":
                catalogue(path)
            else:
                yield from (Finding(path, 1, what) for what in _wrong_patterns(naming(path)))
        except Defect as defect:
            yield Finding(path, defect.line, defect.why)


def wrong(one: Fingerprint, fields: Mapping[str, str], makers: set[str], brands: set[str]) -> Iterator[str]:
    """Everything wrong with one fingerprint by itself."""
    for field in (*one.fields, *one.also, *one.unless):
        if field not in fields and field not in VIRTUAL:
            yield f"looks at {field}, which no probe fills"
    for slug, known, kind in (
        (one.claims.get("maker"), makers, "maker"),
        (one.claims.get("brand"), brands, "brand"),
        *((slug, makers, "maker") for slug in one.after),
    ):
        if slug and "{" not in slug and slug not in known:
            yield f'names the {kind} "{slug}", of whom there is no file'
    if not one.source.strip():
        yield "has no source: why should anybody believe it?"
    yield from failures(one)
    for pattern in (one.pattern, *one.also.values(), *one.unless.values()):
        for danger in dangers(pattern):
            yield f"can be kept busy by a hostile reply: {danger}"


def unreachable(rules: Sequence[Fingerprint]) -> Iterator[tuple[str, str]]:
    """The ids of fingerprints that can never count or never add anything, and why; all the others may."""
    claimable = _claimable_makers(rules)
    anybody = any("{" in slug for slug in claimable)  # a device may name any maker
    twins: dict[tuple[object, ...], list[Fingerprint]] = {}
    for one in rules:
        alike = twins.setdefault((one.pattern, *map(_frozen, (one.also, one.unless))), [])
        alike.append(one)
        if not any(one.claims.values()):
            yield one.id, "can never add anything: it claims nothing"
        elif one.after and not anybody and claimable.isdisjoint(one.after):
            who = " or ".join(f'"{slug}"' for slug in one.after)
            yield one.id, f"can never count: nothing that does not wait itself claims the maker {who}"
        elif apart := _never_together(one):
            yield one.id, f"can never count: {apart} stands in no reply that has {' or '.join(one.fields)}"
    for alike in twins.values():
        for at, one in enumerate(alike):
            for other in alike[:at] + alike[at + 1 :]:
                if _adds_nothing(one, other) and not (_adds_nothing(other, one) and other in alike[at:]):
                    yield one.id, f'can never add anything: "{other.id}" says the same'
                    break


def _claimable_makers(rules: Sequence[Fingerprint]) -> set[str]:
    """The makers that some fingerprint can claim strongly enough for those that wait for them."""
    claiming = [one for one in rules if one.claims.get("maker") and one.strength != "weak"]
    claimable: set[str] = set()
    while True:
        ready = (one for one in claiming if not one.after or not claimable.isdisjoint(one.after))
        more = {one.claims["maker"] for one in ready}
        if more == claimable:
            return claimable
        claimable = more


def _never_together(one: Fingerprint) -> str:
    """A field in `also` that no reply can have which has a field of this fingerprint; empty when there is none."""
    for needed in one.also:
        if not any(_of_one_reply(field, needed) for field in one.fields):
            return needed
    return ""


def _of_one_reply(field: str, other: str) -> bool:
    """Whether two fields are of one protocol; each claimed value is looked at by itself."""
    return field == other if field in VIRTUAL else field.partition(".")[0] == other.partition(".")[0]


def _adds_nothing(one: Fingerprint, other: Fingerprint) -> bool:
    """Whether another fingerprint of the same patterns says all of what one says, wherever one says it."""
    return (
        set(one.fields) <= set(other.fields)
        and one.claims.items() <= other.claims.items()
        and STRENGTHS.index(one.strength) >= STRENGTHS.index(other.strength)
        and (not other.after or (bool(one.after) and set(one.after) <= set(other.after)))
    )


def _ours(path: Path) -> bool:
    return path.resolve() == HERE


def _data() -> list[Path]:
    return [FILE, TEMPLATE, *data()]


def _wrong_patterns(naming: Naming) -> Iterator[str]:
    for grammar in naming.grammar:
        for pattern in dict.fromkeys((grammar.pattern, *grammar.then, *naming.then)):
            if why := unusable(pattern):
                yield f'"{grammar.id}" has a pattern that cannot be used: {why}'


def _makers(file: File) -> Iterator[str]:
    yield from (maker.slug for maker in file.all_makers)


def _frozen(table: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    return tuple(sorted(table.items()))
