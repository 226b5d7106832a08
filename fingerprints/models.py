"""What a model number says: form factor, resolution, lens, night vision, channels, ports and bays.

    decode("DS-2CD2143G2-IZS", maker="hikvision").lens      # "motorised varifocal"

The naming of each maker and brand is a file in `models/`. A number is read from left to right and given up at the first
token that its grammar does not know: what was read before stands, the rest is kept as `rest`, and nothing is guessed.
docs/explanation/models.md describes the files.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Literal

import msgspec

from fingerprints.rules import Defect, line_of_error, text_of, toml
from scanner.model import Category

FOLDER = Path(__file__).parent / "models"
LONGEST = 64  # characters: no maker's number is longer, and a hostile device may send a novel
Certainty = Literal["known", "expected", "unknown"]
Value = str | int | float | bool
Says = dict[str, Value]  # field to value; text that ends with `?` is expected, not known


class Specification(msgspec.Struct, frozen=True, kw_only=True):
    """What a model number says about a device; None where it says nothing.

    `expected` names the fields that are a convention of the line, not stated: they need a look before money is spent.
    """

    category: Category | None = None
    form_factor: str | None = None  # bullet, dome, turret, cube, box, fisheye, panoramic, ptz, pan-tilt…
    megapixels: float | None = None
    lens: str | None = None  # fixed, motorised varifocal, fixed fisheye, dual fixed, 25x zoom…
    ir: bool | None = None
    ir_range: int | None = None  # metres
    white_light: bool | None = None
    night_vision: str | None = None  # ir, white light, hybrid light, thermal, laser, none
    audio_in: bool | None = None
    audio_out: bool | None = None
    deterrence: bool | None = None  # a siren, a strobe
    setting: Literal["indoor", "outdoor"] | None = None
    wifi: bool | None = None
    poe: str | None = None  # the class that its port needs: 802.3af, 802.3at, Hi-PoE, ePoE, none
    channels: int | None = None
    analog_channels: int | None = None
    poe_ports: int | None = None
    drive_bays: int | None = None
    expected: frozenset[str] = frozenset()
    grammar: str = ""  # which one read it; empty when none knows such a number
    own: bool = False  # it is the maker's own naming, not that of a brand which relabels
    rest: str = ""  # what could not be read

    @property
    def said(self) -> tuple[str, ...]:
        """The fields of which the number says something."""
        return tuple(field for field in SAID if getattr(self, field) is not None)

    def certainty(self, field: str) -> Certainty:
        """How sure one field is."""
        if getattr(self, field) is None:
            return "unknown"
        return "expected" if field in self.expected else "known"


SAID = tuple(
    name for name in Specification.__struct_fields__ if name not in ("expected", "grammar", "own", "rest")
)


class Grammar(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How one line of models is named.

    `pattern` is the head of the number. Its named groups are looked up in the tables of `at`, in their order; a group
    without a table whose name is a field is the value of that field. What follows the head is read token by token:
    `then` maps patterns to what they say, and of those that fit the longest counts.
    """

    id: str
    pattern: str
    source: str
    says: Says = {}  # what the head alone says
    at: dict[str, dict[str, Says]] = {}  # `*` stands for any other value
    then: dict[str, Says] = {}
    otherwise: Says = {}  # when all was read, of what nothing was said
    bare: Says = {}  # instead, when nothing follows the head: a number that was perhaps cut short
    tentative: bool = False  # a custom that not every model keeps: all but the category is expected
    distinct: bool = True  # no other brand numbers so: enough without knowing maker or brand
    examples: dict[str, Says] = {}  # its tests: a number, and all that it says


class Naming(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One file: whose naming it is. Without a brand, it is the maker's own."""

    makers: tuple[str, ...]
    grammar: tuple[Grammar, ...]
    brand: str = ""
    then: dict[str, Says] = {}  # tokens that all its grammars share


def decode(model: str | None, maker: str | None = None, brand: str | None = None) -> Specification:
    """Read a model number. `maker` and `brand` decide whose naming counts; without them only distinct numbers do."""
    return _decode(normal(model or ""), maker, _plain(brand or ""))


def normal(model: str) -> str:
    """A model number as grammars see it: upper case, no spaces."""
    return re.sub(r"\s+", "", model[:LONGEST]).upper()


@functools.cache
def namings(folder: Path = FOLDER) -> tuple[Naming, ...]:
    """All files of a folder. Raises `Defect` with the file and line of what cannot be used."""
    return tuple(naming(path) for path in sorted(folder.glob("*.toml")))


def naming(path: Path) -> Naming:
    """One file. Raises `Defect`."""
    text = text_of(path)
    try:
        return msgspec.convert(toml(text), Naming)
    except (ValueError, RecursionError) as error:
        raise Defect(str(path), line_of_error(text, error), str(error)) from None


@functools.lru_cache(maxsize=4096)
def _decode(model: str, maker: str | None, brand: str) -> Specification:
    for naming, grammar in _candidates(maker, brand):
        if found := _compiled(grammar.pattern).match(model):
            return _read(naming, grammar, found)
    return Specification(rest=model)


def _candidates(maker: str | None, brand: str) -> Iterator[tuple[Naming, Grammar]]:
    """The grammars that may apply: the brand's, then the maker's own, then the distinct ones of others."""
    agreeing = [one for one in namings() if maker is None or maker in one.makers]

    def rank(naming: Naming) -> int:
        if naming.brand and brand.startswith(_plain(naming.brand)):
            return 0
        return 1 if not naming.brand else 2

    for naming in sorted(agreeing, key=rank):
        for grammar in naming.grammar:
            sure = rank(naming) == 0 or (maker is not None and (not naming.brand or not brand))
            if sure or grammar.distinct:
                yield naming, grammar


def _read(naming: Naming, grammar: Grammar, found: re.Match[str]) -> Specification:
    notes = _Notes(found.groupdict(), grammar.tentative)
    notes.add(grammar.says)
    model = found.string
    stop = _read_head(grammar, found, notes)
    at = stop if stop is not None else found.end()
    if stop is None:
        at = _read_tokens(grammar.then | naming.then, model, at, notes)
    if at == len(model):
        notes.add(grammar.bare if at == found.end() and grammar.bare else grammar.otherwise, replace=False)
    notes.add(_night_vision(notes), replace=False)
    said = {
        "grammar": grammar.id,
        "own": not naming.brand,
        "expected": frozenset(notes.expected),
        "rest": model[at:],
    }
    return msgspec.convert(notes.values | said, Specification, strict=False)


def _read_head(grammar: Grammar, found: re.Match[str], notes: _Notes) -> int | None:
    """Note what the groups of the head say; where an unknown one begins, if any."""
    for name, text in found.groupdict().items():
        if text is None:
            continue
        table = grammar.at.get(name)
        if table is not None:
            row = table.get(text, table.get("*"))
            if row is None:
                return found.start(name)
            notes.add(row)
        elif name in SAID:
            notes.add({name: int(text)})
    return None


def _read_tokens(tokens: Mapping[str, Says], model: str, at: int, notes: _Notes) -> int:
    """Note what the tokens from `at` on say; where the first unknown one begins."""
    while at < len(model):
        fitting = [
            (hit, says) for token, says in tokens.items() if (hit := _compiled(token).match(model, at))
        ]
        if not fitting:
            break
        hit, says = max(fitting, key=lambda one: one[0].end())
        if hit.end() == at:
            break
        notes.groups.update(hit.groupdict())
        notes.add({name: int(text) for name, text in hit.groupdict().items() if text and name in SAID})
        notes.add(says)
        at = hit.end()
    return at


class _Notes:
    """What has been read so far. A later token says more than an earlier one."""

    def __init__(self, groups: dict[str, str | None], tentative: bool) -> None:
        self.groups = groups
        self.tentative = tentative
        self.values: dict[str, Value] = {}
        self.expected: set[str] = set()

    def add(self, says: Mapping[str, Value], replace: bool = True) -> None:
        for field, value in says.items():
            if replace or field not in self.values:
                text = self._filled(value) if isinstance(value, str) else ""
                plain = text.removesuffix("?")
                self.values[field] = {"true": True, "false": False}.get(plain, plain or value)
                doubtful = plain != text or (self.tentative and field != "category")
                (self.expected.add if doubtful else self.expected.discard)(field)

    def _filled(self, template: str) -> str:
        """`{zoom}x zoom` with the group of that name, without leading zeros."""
        return re.sub(
            r"\{(\w+)\}", lambda name: (self.groups.get(name[1]) or "").lstrip("0") or "0", template
        )


NIGHT_VISION: dict[tuple[Value | None, Value | None], str] = {
    # infrared, white light
    (True, True):   "hybrid light",
    (True, False):  "ir",
    (True, None):   "ir",
    (False, True):  "white light",
    (None, True):   "white light?",
    (False, False): "none",
    (False, None):  "none?",
}  # fmt: skip


def _night_vision(notes: _Notes) -> Says:
    """What infrared and white light together make."""
    made = NIGHT_VISION.get((notes.values.get("ir"), notes.values.get("white_light")), "")
    doubt = "?" if notes.expected & {"ir", "white_light"} else ""
    return {"night_vision": made.removesuffix("?") + doubt if doubt else made} if made else {}


def _plain(name: str) -> str:
    return "".join(letter for letter in name.casefold() if letter.isalnum())


@functools.cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)
