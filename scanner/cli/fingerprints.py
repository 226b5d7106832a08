"""`camcensus fingerprints`: check, list and explain the knowledge behind the verdicts."""

from __future__ import annotations

import difflib
import sys
import textwrap
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import click

from scanner.cli.options import fingerprints_option
from scanner.cli.record import record
from scanner.errors import CamcensusError
from scanner.printable import printable

if TYPE_CHECKING:
    from fingerprints import Library
    from fingerprints.rules import Example, Fingerprint
    from scanner.model import Claim, Observation

WIDTH = 80  # columns of what is meant for reading
LABEL = 12  # columns of the words before a text


@click.group()
def fingerprints() -> None:
    """Check, list and explain the fingerprints.

    \b
    $ camcensus fingerprints check
    $ camcensus fingerprints show dahua-dhdiscover
    $ camcensus fingerprints explain replies.jsonl
    """


fingerprints.add_command(record)


@fingerprints.command()
@click.argument("paths", nargs=-1, type=click.Path(exists=True, path_type=Path))
@fingerprints_option
def check(paths: tuple[Path, ...], fingerprints: tuple[Path, ...]) -> None:
    """Check files or folders of fingerprints; without PATHS, all those in use.

    Every file is read; every pattern is looked at for what could take for ever, every example is tried, and
    fingerprints that can never count are looked for. What is wrong is printed with its file and line, and the exit
    status is 2.

    \b
    $ camcensus fingerprints check
    $ camcensus fingerprints check acme.toml
    """
    from fingerprints import Library
    from fingerprints.check import check as findings_in
    from fingerprints.check import looked_at
    from fingerprints.library import HERE
    from scanner.identify import user_folder
    from scanner.probes import field_names

    own = (*([user_folder()] if user_folder().is_dir() else []), *fingerprints)
    chosen = tuple(dict.fromkeys(paths or (HERE, *own)))
    known = Library.load(own, refuse=lambda _: None)  # a finding, when that file is among those to check
    findings = list(findings_in(chosen, known, field_names()))
    for finding in findings:
        click.echo(printable(str(finding)))
    files = {path: looked_at(path) for path in chosen}
    for path in chosen:
        if not files[path] and not findings:
            raise CamcensusError(
                f"there are no fingerprints in {path}",
                why="they are files NAME.toml in the folder itself, or in its makers, brands or devices",
                fix="put a file there, or name another folder",
            )
    count = sum(map(len, files.values()))
    click.echo(f"{_count(count, 'file')} checked, {_count(len(findings), 'finding')}.", err=True)
    if not paths and not own:
        click.echo(f"Files of your own belong in {user_folder()}; there are none.", err=True)
    if findings:
        sys.exit(2)


@fingerprints.command("list")
@click.option(
    "--maker", metavar="NAME", help="Only those that claim this maker, or wait until it is claimed."
)
@click.option("--brand", metavar="NAME", help="Only those that claim this brand.")
@click.option("--field", metavar="NAME", help="Only those that look at this field, such as rtsp.realm.")
@click.option(
    "--protocol", metavar="NAME", help="Only those that look at fields of this protocol, such as rtsp."
)
@fingerprints_option
def list_(
    maker: str | None,
    brand: str | None,
    field: str | None,
    protocol: str | None,
    fingerprints: tuple[Path, ...],
) -> None:
    """List the fingerprints in use: id, strength, what they look at and what they claim.

    \b
    $ camcensus fingerprints list --brand LTS
    $ camcensus fingerprints list --maker dahua --protocol rtsp
    """
    from fingerprints.check import VIRTUAL
    from scanner.identify import library
    from scanner.probes import TABLE, field_names

    known = library(fingerprints)
    made_by = _slug("maker", maker, {one.slug: one.name for one in known.makers.values()})
    sold_as = _slug("brand", brand, {one.slug: one.name for one in known.brands.values()})
    looked_at = _slug("field", field, {name: name for name in (*field_names(), *VIRTUAL)})
    spoken = _slug("protocol", protocol, {name: name for name in (*TABLE, "claim")})

    def asked_for(name: str) -> bool:
        return looked_at in (None, name) and (spoken is None or name.startswith(f"{spoken}."))

    found = [
        one
        for one in known.fingerprints
        if (made_by is None or one.claims.get("maker") == made_by or made_by in one.after)
        and sold_as in (None, one.claims.get("brand"))
        and any(map(asked_for, one.fields))
    ]
    width = max((len(one.id) for one in found), default=0)
    for one in found:
        shown = next(filter(asked_for, one.fields))
        fields = shown + (f" and {len(one.fields) - 1} more" if len(one.fields) > 1 else "")
        click.echo(printable(f"{one.id:<{width}}  {one.strength:<10}  {fields}: {_claims(one)}"))
    click.echo(f"{len(found):,} of {_count(len(known.fingerprints), 'fingerprint')}.", err=True)


@fingerprints.command()
@click.argument("id")
@fingerprints_option
def show(id: str, fingerprints: tuple[Path, ...]) -> None:
    """Show the fingerprint ID: where it is stated, its source and its examples.

    \b
    $ camcensus fingerprints show dahua-dhdiscover
    """
    from scanner.identify import library

    known = library(fingerprints)
    if row := _of_table(id, known):
        click.echo("\n".join(_rows(row.items())))
        return
    found = next((one for one in known.fingerprints if one.id == id), None)
    if found is None:
        raise CamcensusError(
            f"there is no fingerprint {id!r}",
            why=_close(id, [one.id for one in known.fingerprints]),
            fix="list them with: camcensus fingerprints list",
        )
    click.echo("\n".join(_rows(_described(found, known))))


@fingerprints.command()
@click.argument("observations", type=click.File("rb"))
@click.option("--subject", metavar="NAME", help="Only this device: its subject, MAC address or address.")
@fingerprints_option
def explain(observations: BinaryIO, subject: str | None, fingerprints: tuple[Path, ...]) -> None:
    """Say why the devices in OBSERVATIONS (JSON Lines, `-` for standard input) are identified as they are.

    For each device: the verdict, who speaks for which maker, every claim with the text behind it, and the
    fingerprints that matched and still do not count, with the reason. A line that cannot be read is named on
    standard error; the others are used, and the exit status is 3.

    \b
    $ camcensus devices 10.20.0.32 --replies | camcensus fingerprints explain -
    """
    from scanner.identify import group, library
    from scanner.observations import Rejected, read

    known = library(fingerprints)
    rejected: list[Rejected] = []

    def reject(line: Rejected) -> None:
        rejected.append(line)
        click.echo(f"{line}", err=True)

    source = getattr(observations, "name", "standard input")
    devices = group(read(observations, name=source, reject=reject))
    chosen = {
        name: seen
        for name, seen in devices.items()
        if subject is None or subject.lower() in _names(name, seen)
    }
    if not chosen and not rejected:
        raise CamcensusError(
            f"{source} holds no observations" + (f" of {subject}" if subject else ""),
            why=f"the devices in it are {', '.join(list(devices)[:10])}" if devices else "",
            fix="leave --subject away to see them all"
            if devices
            else "record some with: camcensus scan TARGETS --observations FILE",
        )
    for name, observed in chosen.items():
        click.echo("\n".join(_explained(name, observed, known)) + "\n")
    if rejected:
        sys.exit(3)


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def _slug(kind: str, given: str | None, names: dict[str, str]) -> str | None:
    """What a user means by a slug or a name. Raises CamcensusError when it is none that is known."""
    from fingerprints.library import plain

    if given is None:
        return None
    for slug, name in names.items():
        if plain(given) in (plain(slug), plain(name)):
            return slug
    raise CamcensusError(f"there is no {kind} {given!r}", why=_close(given, names))


def _close(given: str, known: Iterable[str]) -> str:
    close = difflib.get_close_matches(given.lower(), list(known), cutoff=0.5)
    return f"the nearest are {', '.join(close)}" if close else "nothing has a name like it"


def _claims(one: Fingerprint) -> str:
    return ", ".join(f"{attribute} {value}" for attribute, value in one.claims.items())


def _rows(rows: Iterable[tuple[str, str]]) -> Iterator[str]:
    """Labelled texts; those that are made of words are wrapped, patterns stay in one piece."""
    for label, text in rows:
        if text:
            yield from _wrapped(f"{label:<{LABEL}}", printable(text))


def _wrapped(label: str, text: str) -> list[str]:
    return textwrap.wrap(
        text, WIDTH, initial_indent=label, subsequent_indent=" " * len(label),
        break_long_words=False, break_on_hyphens=False, drop_whitespace=True,
    )  # fmt: skip


def _of_table(id: str, known: Library) -> dict[str, str] | None:
    """What is to be said of a row of the tables: a block, an enterprise number or a name; None for any other id."""
    if id.startswith("block-") and (block := known.blocks.find(id.removeprefix("block-"))):
        return {
            "id": id,
            "file": f"{block.file}",
            "looks at": "the MAC address of the device, wherever it is stated",
            "block": f"{block.prefix}, registered to {block.registrant}",
            "claims": ", ".join(f"{a} {v}" for a, v in (("maker", block.maker), ("brand", block.brand)) if v),
            "strength": "weak",
            "source": block.source,
        }
    number = id.removeprefix("enterprise-")
    if number != id and (organisation := known.enterprises.find(number)):
        return {
            "id": id,
            "file": f"{known.enterprises.file}",
            "looks at": "snmp.enterprise",
            "number": f"{number}, registered by {organisation}",
            "claims": f"maker {organisation}",
            "strength": "weak",
            "source": "IANA private enterprise numbers",
        }
    if id.startswith("name-") and (name := known.names.find(id)):
        return {
            "id": id,
            "file": f"{known.names.file}, or the file of the maker",
            "looks at": ", ".join(sorted(name.fields)),
            "name": name.text,
            "claims": ", ".join(
                ([f"maker {name.maker}"] if name.maker else [])
                + ["model and firmware, as stated behind the name"]
            ),
            "strength": f"{name.strength}; what stands behind it weak",
            "source": "the name as its maker writes it",
        }
    return None


def _described(one: Fingerprint, known: Library) -> Iterator[tuple[str, str]]:
    """All that is known of a fingerprint, as labels and texts."""
    from fingerprints.rules import lines_of, read

    places = []
    for path in known.origins[one.id]:
        text, file = read(path)
        ids = [other.id for other in file.fingerprint]
        places.append(f"{path}:{lines_of(text, file.fingerprint)[ids.index(one.id)]}")
    yield "id", one.id
    yield "file", places[-1]
    yield from (("replaces", place) for place in places[:-1])
    yield "looks at", ", ".join(one.fields)
    yield "pattern", one.pattern
    yield from (("and", f"{field} matches {pattern}") for field, pattern in one.also.items())
    yield from (("unless", f"{field} matches {pattern}") for field, pattern in one.unless.items())
    yield "only after", " or ".join(one.after)
    yield "claims", _claims(one)
    yield "strength", one.strength
    yield "source", one.source
    yield "note", one.note
    yield from (("matches", _example(example)) for example in one.matches)
    yield from (("rejects", _example(example)) for example in one.rejects)


def _example(example: Example) -> str:
    if isinstance(example, str):
        return example
    others = ", ".join(f"{name} {value}" for name, value in example.items() if name != "text")
    return f"{example['text']}  ({others})" if others else example["text"]


def _names(group: str, observed: Iterable[Observation]) -> set[str]:
    """What a device may be called, in lower case."""
    names = {group} | {name for one in observed for name in (one.subject, one.mac, one.address) if name}
    return {name.lower() for name in names}


def _explained(name: str, observed: list[Observation], known: Library) -> Iterator[str]:
    from fingerprints.explain import near_misses, weights
    from scanner.model import STRENGTHS
    from scanner.probes import read_fields

    readings = [read_fields(observation) for observation in observed]
    it = known.identify(readings)
    shown = f", shown as {it.brand}" if it.relabelled else ""
    yield from _wrapped("", printable(f"{name}: {it.maker_name or 'nobody named'}{shown} ({it.confidence})"))
    stated = ((one, getattr(it, one)) for one in ("category", "model", "firmware", "serial"))
    if facts := ", ".join(f"{attribute} {value}" for attribute, value in stated if value):
        yield from _wrapped("  ", printable(facts))
    for line in weights(it.evidence):
        yield from _wrapped("  ", printable(line))
    for conflict in it.conflicts:
        yield from _wrapped("  conflict: ", printable(conflict))
    together: dict[tuple[str, ...], list[Claim]] = {}
    for claim in it.evidence:
        by = (claim.strength, claim.fingerprint, claim.protocol, claim.excerpt)
        together.setdefault(by, []).append(claim)
    for (strength, fingerprint, protocol, excerpt), claims in sorted(
        together.items(), key=lambda one: STRENGTHS.index(one[1][0].strength)
    ):
        said = ", ".join(f"{claim.attribute} {claim.value}" for claim in claims)
        yield from _wrapped(f"  {strength:<{LABEL}}", printable(said))
        yield _cut(f"{fingerprint}, in {protocol}: {excerpt}")
    for near in near_misses(known, readings, it.evidence):
        yield from _wrapped("  not counted ", printable(f"{near.fingerprint}: {near.why}"))
        yield _cut(f"in {near.field}: {near.excerpt}")


def _cut(text: str) -> str:
    """A text of a device below what is made of it, on one line."""
    text = " " * (LABEL + 2) + printable(text)
    return text if len(text) <= WIDTH else text[: WIDTH - 1] + "…"
