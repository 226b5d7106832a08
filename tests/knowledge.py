"""The tables of the reference that are made from the fingerprints: fields, makers and brands."""

from __future__ import annotations

import collections
from collections.abc import Iterable, Iterator
from pathlib import Path

from fingerprints import Library
from fingerprints.check import VIRTUAL
from fingerprints.library import HERE, files
from fingerprints.rules import Maker, read
from scanner.probes import TABLE, probe


def fields() -> Iterator[str]:
    """Every field that a fingerprint may name, one table for each protocol."""
    for protocol in TABLE:
        said = (probe(protocol).__doc__ or "").partition("\n")[0].partition(": ")[2]
        yield f"### {protocol}\n"
        if said:
            yield f"{said[0].upper()}{said[1:]}\n"
        yield from _table("field", "what it is")
        yield from (_row(f"`{protocol}.{name}`", text) for name, text in probe(protocol).FIELDS.items())
        yield ""
    yield "### claim\n"
    yield "What other fingerprints claimed of the device, whatever the protocol.\n"
    yield from _table("field", "what it is")
    yield from (_row(f"`{name}`", text) for name, text in VIRTUAL.items())


def makers() -> Iterator[str]:
    """The makers of cameras and recorders as a table, and those of other devices as a list for each kind."""
    known = Library.load()
    claims = collections.Counter(one.claims.get("maker", "") for one in known.fingerprints)
    yield from _table("maker", "makes", "fingerprints", "named by")
    for maker in _by_name(one for path in _files_of("makers") for one in _makers_in(path)):
        policies = " ".join(f"`{policy.id}`" for policy in known.policies if maker.slug in policy.makers)
        yield _row(maker.name, maker.category or "", str(claims[maker.slug]), policies)
    yield "\n## Other devices of a building\n"
    yield "With the number of fingerprints that claim each maker.\n"
    for path in _files_of("devices"):
        if found := _by_name(_makers_in(path)):
            kind = path.stem.replace("-", " ").capitalize()
            yield f"- **{kind}**: " + ", ".join(f"{one.name} {claims[one.slug]}" for one in found)


def brands() -> Iterator[str]:
    """Every brand with what its file says."""
    known = Library.load()
    yield from _table("brand", "made by", "relation", "certainty", "source")
    for brand in sorted(known.brands.values(), key=lambda one: (one.name.casefold(), one.slug)):
        made_by = ", ".join(known.makers[slug].name for slug in brand.makers)
        yield _row(brand.name, made_by or "?", brand.relation, brand.certainty, brand.source)


def _files_of(folder: str) -> list[Path]:
    return [path for path in files(HERE) if path.parent.name == folder]


def _by_name(declared: Iterable[Maker]) -> list[Maker]:
    return sorted(declared, key=lambda maker: (maker.name.casefold(), maker.slug))


def _makers_in(path: Path) -> Iterator[Maker]:
    yield from read(path, tried=True)[1].all_makers


def _table(*heads: str) -> Iterator[str]:
    yield _row(*heads)
    yield _row(*("---" for _ in heads))


def _row(*cells: str) -> str:
    return "| " + " | ".join(cell.replace("|", r"\|") for cell in cells) + " |"
