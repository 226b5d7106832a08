"""Products that may replace something, out of files that somebody made: never facts, always with their source.

A NetBox device type (YAML) says what interfaces and bays a product has, a camera database (CSV, XLSX) what its columns
say. What a file does not say is not known: it neither fits nor fails.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from scanner.errors import CamcensusError
from scanner.phase_out import columns, sheets, specification
from scanner.phase_out.specification import KINDS, NUMBERS, Specification, Value, spelt
from scanner.registers.entries import Problem

LARGEST = 2**20  # bytes of a YAML file; a device type has a few thousand
DEEPEST = 30  # structures within each other
PARTS = 2_000  # interfaces or bays that are looked at
TEXT = 200  # characters of a name

POE_CLASSES = {
    "type1-ieee802.3af": "802.3af", "type2-ieee802.3at": "802.3at", "type3-ieee802.3bt": "802.3bt",
    "type4-ieee802.3bt": "802.3bt",
}  # fmt: skip
POWER = ("none", "802.3af", "802.3at", "802.3bt")  # a port of each class feeds units of those before it
ADDRESS = re.compile(r"https?://[^\s()\[\]<>|\"']{1,300}")  # of a datasheet, in the comments
DRIVE = re.compile(r"\b(hdd|disk|drive|sata|hard)\b", re.IGNORECASE)
AT_LEAST = NUMBERS | {"megapixels"}
HEADINGS: sheets.Headings = {
    "model": ("Model", "Product", "Name", "Part number", "Camera", "Article"),
    "maker": ("Maker", "Manufacturer", "Brand", "Vendor", "Make"),
    "kind":  ("Kind", "Category", "Type of unit"),
    **{field: (heading, field) for field, heading in columns.NEEDED.items()},
}  # fmt: skip
ALSO_CALLED = {
    "form_factor": ("Form factor", "Housing", "Body"), "megapixels": ("MP", "Resolution MP", "Resolution"),
    "lens": ("Lens type",), "night_vision": ("Illumination",), "poe": ("PoE", "PoE type"),
    "drive_bays": ("HDD bays", "Bays"), "setting": ("Environment",), "audio_in": ("Audio in",),
    "audio_out": ("Audio out",),
}  # fmt: skip


class Candidate(msgspec.Struct, frozen=True, kw_only=True):
    """A product as a file describes it."""

    source: str  # the file, and where in it
    read_as: str
    maker: str | None = None
    model: str
    kind: str | None = None
    says: dict[str, Value] = {}


class Match(msgspec.Struct, frozen=True):
    """A candidate beside what is needed."""

    candidate: Candidate
    fits: tuple[str, ...]
    fails: tuple[str, ...]  # `megapixels: 2, needed 4`
    silent: tuple[str, ...]  # needed, and the file does not say
    caution: str = ""


def matches(
    made: Specification, candidates: Iterable[Candidate], cautions: Mapping[str, str] | None = None
) -> list[Match]:
    """The candidates of a kind that may be right, those that fail least first, and then those that fit most."""
    found = []
    for one in candidates:
        if one.kind is not None and one.kind != made.kind:
            continue
        needed = {need.field: need.value for need in made.requirements if need.value is not None}
        fits = [field for field, value in needed.items() if enough(field, value, one.says.get(field)) is True]
        silent = [field for field in needed if field not in one.says]
        fails = [
            f"{field}: {spelt(one.says[field])}, needed {spelt(value)}"
            for field, value in needed.items()
            if enough(field, value, one.says.get(field)) is False
        ]
        caution = (cautions or {}).get(plain(one.maker or ""), "")
        found.append(Match(one, tuple(fits), tuple(fails), tuple(silent), caution))
    return sorted(
        found, key=lambda one: (bool(one.caution), len(one.fails), -len(one.fits), one.candidate.model)
    )


def enough(field: str, needed: Value, has: Value | None) -> bool | None:
    """Whether a product has what is needed; None when its file does not say."""
    if has is None:
        return None
    if field in AT_LEAST:
        return float(has) >= float(needed)
    if isinstance(needed, bool):
        return has is True or not needed
    if field == "poe" and has in POWER and needed in POWER:  # it may need less than its port gives
        return POWER.index(str(has)) <= POWER.index(str(needed))
    one, other = spelt(needed).casefold(), spelt(has).casefold()
    return one in other or other in one


def plain(name: str) -> str:
    return "".join(letter for letter in name.casefold() if letter.isalnum())


def read(path: Path, *, encoding: str | None = None) -> tuple[list[Candidate], list[Problem]]:
    """Read a file of candidates, and what is wrong with it. Raises CamcensusError when it cannot be read at all."""
    if path.suffix.lower() in (".yaml", ".yml"):
        return [device_type(path)], []
    return _table(path, encoding)


def device_type(path: Path) -> Candidate:
    """A NetBox device type. Raises CamcensusError."""
    it = _yaml(path)
    maker, model = it.get("manufacturer"), it.get("model")
    if not isinstance(model, str) or not isinstance(maker, str) or not model.strip():
        raise CamcensusError(
            f"{path} is no NetBox device type", why="it has no manufacturer and model, both as text"
        )
    says: dict[str, Value] = {}
    interfaces = _parts(it, "interfaces")
    powered = [one for one in interfaces if one.get("poe_mode") == "pd"]
    if powered and (known := POE_CLASSES.get(str(powered[0].get("poe_type")))):
        says["poe"] = known
    if feeding := sum(one.get("poe_mode") == "pse" for one in interfaces):
        says["poe_ports"] = feeding
    bays = [*_parts(it, "module-bays"), *_parts(it, "device-bays")]
    if drives := sum(bool(DRIVE.search(str(one.get("name", "")))) for one in bays):
        says["drive_bays"] = drives
    datasheet = ADDRESS.search(str(it.get("comments", ""))[:5_000])
    return Candidate(
        source=", ".join(filter(None, (path.name, datasheet and datasheet[0]))),
        read_as="NetBox device type",
        maker=maker.strip()[:TEXT],
        model=model.strip()[:TEXT],
        says=says,
    )


def _parts(it: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    listed = it.get(name)
    return [one for one in listed[:PARTS] if isinstance(one, dict)] if isinstance(listed, list) else []


def _yaml(path: Path) -> dict[str, Any]:
    import yaml

    class Loader(yaml.SafeLoader):
        """Without aliases, and not deeper than anything sensible."""

        depth = 0

        def compose_node(self, parent: Any, index: Any) -> Any:
            if self.check_event(yaml.AliasEvent):
                raise yaml.YAMLError("it uses an alias, which no device type needs")
            self.depth += 1
            if self.depth > DEEPEST:
                raise yaml.YAMLError(f"it is nested more than {DEEPEST} deep")
            node = super().compose_node(parent, index)
            self.depth -= 1
            return node

    try:
        with path.open("rb") as file:
            content = file.read(LARGEST + 1)
        if len(content) > LARGEST:
            raise ValueError(f"it is larger than {LARGEST >> 20} MB")
        found = yaml.load(content, Loader)
    except (OSError, ValueError, RecursionError, yaml.YAMLError) as error:
        why = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise CamcensusError(f"{path} cannot be read as a device type", why=why[:300]) from None
    if not isinstance(found, dict):
        raise CamcensusError(f"{path} is no NetBox device type", why="it is no mapping of keys to values")
    return found


def _table(path: Path, encoding: str | None) -> tuple[list[Candidate], list[Problem]]:
    known = {field: (*names, *ALSO_CALLED.get(field, ())) for field, names in HEADINGS.items()}
    found = sheets.read(path, known, "model", encoding=encoding)
    made, problems = [], list(found.problems)
    for line in found.lines:
        wrong = [
            found.problem(line, field, "it holds a formula: put its value there instead")
            for field, text in line.cells.items()
            if text.startswith("=") or field in line.formulas
        ]
        if not wrong and not line.cells["model"]:
            wrong = [found.problem(line, "model", "it names no product")]
        says: dict[str, Value] = {}
        for field in columns.NEEDED:
            if wrong or not line.cells.get(field):
                continue
            try:
                says[field] = specification.read(field, line.cells[field])
            except ValueError as error:
                wrong = [found.problem(line, field, str(error))]
        kind, text = None, line.cells.get("kind", "").casefold()
        if text and not wrong:
            kind = KINDS.get(text, text)
            if kind not in specification.ASKED:
                wrong = [
                    found.problem(
                        line, "kind", f"{text[:40]!r} is no kind of unit: {', '.join(specification.ASKED)}"
                    )
                ]
        if wrong:
            problems += wrong
            continue
        sheet = f"sheet {line.sheet}, " if line.sheet else ""
        made.append(
            Candidate(
                source=f"{path.name}, {sheet}row {line.row}", read_as="camera database", kind=kind, says=says,
                maker=line.cells.get("maker", "")[:TEXT] or None, model=line.cells["model"][:TEXT],
            )
        )  # fmt: skip
    return made, problems


def cautions(brands: Iterable[Any], names: Mapping[str, str], covered: Sequence[str]) -> dict[str, str]:
    """What to mind about makers by their plain name: brands that sell units of covered makers, and these themselves.

    `brands` are those of the fingerprints, `names` the makers' names by their slug.
    """
    found = {
        plain(word): f"its maker is {names.get(slug, slug)}"
        for slug in covered
        for word in (slug, names.get(slug, slug))
    }
    for brand in brands:
        if theirs := [names.get(slug, slug) for slug in brand.makers if slug in covered]:
            found.setdefault(
                plain(brand.name), f"{brand.name} also sells units made by {' and '.join(theirs)}"
            )
    return found
