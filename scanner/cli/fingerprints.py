"""`camcensus fingerprints`: check, list and explain the knowledge behind the verdicts."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import click

from scanner.cli.options import fingerprints_option
from scanner.cli.record import record
from scanner.errors import CamcensusError
from scanner.printable import printable

if TYPE_CHECKING:
    from fingerprints import Library
    from fingerprints.rules import Fingerprint
    from scanner.model import Observation


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
def check(paths: tuple[Path, ...]) -> None:
    """Check files or folders of fingerprints; without PATHS, those of camcensus and your own.

    Every file is read, every pattern is looked at for what could take for ever, and every example is tried. What is
    wrong is printed with its file and line, and the exit status is 2.

    \b
    $ camcensus fingerprints check
    """
    from fingerprints.check import check as findings_in
    from fingerprints.library import HERE, Library, files
    from scanner.identify import user_folder
    from scanner.probes import field_names

    chosen = paths or tuple(folder for folder in (HERE, user_folder()) if folder.is_dir())
    findings = list(findings_in(chosen, Library.load(), field_names()))
    for finding in findings:
        click.echo(printable(str(finding)))
    count = sum(len(files(path)) if path.is_dir() else 1 for path in chosen)
    click.echo(f"{count} files checked, {len(findings)} findings.", err=True)
    if findings:
        sys.exit(2)


@fingerprints.command("list")
@click.option(
    "--maker", metavar="SLUG", help="Only those that claim this maker, or count only after it is claimed."
)
@click.option("--brand", metavar="SLUG", help="Only those that claim this brand.")
@click.option("--field", metavar="NAME", help="Only those that look at this field, such as rtsp.realm.")
@fingerprints_option
def list_(maker: str | None, brand: str | None, field: str | None, fingerprints: tuple[Path, ...]) -> None:
    """List the fingerprints in use: id, strength, what they look at and what they claim.

    \b
    $ camcensus fingerprints list --brand lts
    """
    from scanner.identify import library

    for one in library(fingerprints).fingerprints:
        if (
            (not maker or one.claims.get("maker") == maker or maker in one.after)
            and (not brand or one.claims.get("brand") == brand)
            and (not field or field in one.fields)
        ):
            claims = ", ".join(f"{attribute} {value}" for attribute, value in one.claims.items())
            fields = one.fields[0] + (f" and {len(one.fields) - 1} more" if len(one.fields) > 1 else "")
            click.echo(f"{one.id:<40} {one.strength:<10} {fields}: {claims}")


@fingerprints.command()
@click.argument("id")
@fingerprints_option
def show(id: str, fingerprints: tuple[Path, ...]) -> None:
    """Show the fingerprint ID with its source and its examples.

    \b
    $ camcensus fingerprints show dahua-dhdiscover
    """
    from scanner.identify import library

    found = next((one for one in library(fingerprints).fingerprints if one.id == id), None)
    if found is None:
        raise CamcensusError(
            f"there is no fingerprint {id!r}", fix="list them with: camcensus fingerprints list"
        )
    click.echo("\n".join(_described(found)))


@fingerprints.command()
@click.argument("observations", type=click.File("rb"))
@click.option("--subject", metavar="NAME", help="Only this device: its subject, MAC address or address.")
@fingerprints_option
def explain(observations: BinaryIO, subject: str | None, fingerprints: tuple[Path, ...]) -> None:
    """Say why the devices in OBSERVATIONS (JSON Lines, `-` for standard input) are identified as they are.

    For each device: the verdict, who speaks for which maker, every claim with the text behind it, and the
    fingerprints that matched and still do not count, with the reason.

    \b
    $ camcensus devices 10.20.0.32 --replies | camcensus fingerprints explain -
    """
    from scanner.identify import group, library
    from scanner.observations import read

    known = library(fingerprints)
    for name, observed in group(
        read(observations, name=getattr(observations, "name", "standard input"))
    ).items():
        if subject in (None, name):
            click.echo("\n".join(_explained(name, observed, known)) + "\n")


def _described(one: Fingerprint) -> Iterator[str]:
    rows = {
        "id": one.id,
        "looks at": ", ".join(one.fields),
        "pattern": one.pattern,
        "and": ", ".join(f"{field} matches {pattern}" for field, pattern in one.also.items()),
        "unless": ", ".join(f"{field} matches {pattern}" for field, pattern in one.unless.items()),
        "only after": ", ".join(one.after),
        "claims": ", ".join(f"{attribute} {value}" for attribute, value in one.claims.items()),
        "strength": one.strength,
        "source": one.source,
        "note": one.note,
    }
    yield from (f"{label:<10} {printable(text)}" for label, text in rows.items() if text)
    for kind in ("matches", "rejects"):
        for example in getattr(one, kind):
            yield f"{kind:<10} {printable(example if isinstance(example, str) else example['text'])}"


def _explained(name: str, observed: list[Observation], known: Library) -> Iterator[str]:
    from fingerprints.explain import near_misses, weights
    from scanner.probes import read_fields

    readings = [read_fields(observation) for observation in observed]
    it = known.identify(readings)
    yield f"{printable(name)}: {it.maker_name or 'nobody named'} ({it.confidence})"
    yield from (f"  {line}" for line in weights(it.evidence))
    yield from (f"  conflict: {printable(conflict)}" for conflict in it.conflicts)
    for claim in it.evidence:
        yield f"  {claim.strength:<10} {claim.attribute} {printable(claim.value)}"
        yield f"             {claim.protocol}, {claim.fingerprint}: {printable(claim.excerpt[:60])}"
    for near in dict.fromkeys(near_misses(known, readings, it.evidence)):
        yield f"  not counted {near.fingerprint}: matched {printable(near.excerpt)} in {near.field},"
        yield f"             but {printable(near.why)}"
