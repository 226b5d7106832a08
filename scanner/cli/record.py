"""`camcensus fingerprints record`: make a recording that may be shown, and a brand's first file."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import click

from scanner.cli.options import fingerprints_option, inventory_option
from scanner.errors import CamcensusError
from scanner.printable import printable

if TYPE_CHECKING:
    from fingerprints import Library
    from scanner.model import Identification, Observation
    from scanner.recording import Redacted


@click.command()
@click.argument("device")
@click.option("--brand", metavar="NAME", help="The name on the unit; none for a unit that shows no name.")
@click.option("--output", required=True, type=click.Path(file_okay=False, path_type=Path), metavar="FOLDER",
              help="Where the recording and the fingerprints go.")  # fmt: skip
@click.option("--name", help="Name of the recording.  [default: brand and model]")
@click.option("--source", default="", help="Where the unit was seen, as far as anybody may know.")
@click.option(
    "--subject", metavar="NAME", help="Which device in a file: its subject, MAC address or address."
)
@inventory_option
@fingerprints_option
def record(
    device: str, brand: str | None, output: Path, name: str | None, source: str, subject: str | None, inventory: Path,
    fingerprints: tuple[Path, ...],
) -> None:  # fmt: skip
    """Redact what DEVICE replied, and write it down as a recording with suggested fingerprints.

    DEVICE is a device in the inventory, or a file of observations (JSON Lines). Addresses, serial numbers, names and
    what was made for one session are replaced by others of the same shape, alike everywhere; the recording is
    identified as the device was, or nothing is written. In FOLDER come

    \b
      corpus/MAKER/NAME.jsonl  the recording
      corpus/MAKER/NAME.toml   what it must be identified as
      brands/BRAND.toml        fingerprints to begin with, unless the brand is recognised already

    Read the files before you show them to anybody.

    \b
    $ camcensus fingerprints record 10.20.0.32 --brand Acme --output acme
    """
    from scanner.identify import library
    from scanner.probes import read_fields
    from scanner.recording import expected, redact, skeleton
    from scanner.recording.corpus import write_recording
    from scanner.recording.skeleton import slug_of

    known = library(fingerprints)
    redacted = redact(_observed(device, subject, inventory), known, public=brand or "")
    readings = [read_fields(one) for one in redacted.observations]
    it = known.identify(readings)
    slug = slug_of(brand or it.maker_name or "unknown", known)
    file_name = _file_name(name or f"{slug} {it.model or it.category or ''}")
    recording = output / "corpus" / (it.maker or "unknown") / f"{file_name}.jsonl"
    suggested = output / "brands" / f"{slug}.toml"
    files = [recording, recording.with_suffix(".toml")]
    if brand and not (
        it.brand == it.maker_name == brand or (_shows(it, slug, known) and slug in known.brands)
    ):
        files.append(suggested)
    _refuse_to_replace(files)
    try:
        if suggested in files:
            suggested.parent.mkdir(parents=True, exist_ok=True)
            where = source or f"corpus/{recording.relative_to(output / 'corpus')}"
            suggested.write_text(skeleton(brand or "", it, readings, known, where), encoding="utf-8")
            known = library((*fingerprints, output))
            it = known.identify(readings)
        write_recording(recording, redacted.observations, expected(it, source))
    except OSError as error:
        raise CamcensusError(
            f"{output} cannot be written to", why=error.strerror or str(error), fix="choose another --output"
        ) from None
    _tell(redacted)
    if brand and not _shows(it, slug, known):
        shown = printable(it.brand or "no brand")
        click.echo(f"Identified as {shown}, not as {brand}: find what gives the brand away.", err=True)
    click.echo("\n".join(map(str, files)))


def _shows(it: Identification, slug: str, known: Library) -> bool:
    from scanner.recording.skeleton import slug_of

    return slug_of(it.brand or "", known) == slug


def _refuse_to_replace(files: list[Path]) -> None:
    if there := next((path for path in files if path.exists()), None):
        raise CamcensusError(
            f"{there} exists already",
            why="a recording replaces nothing",
            fix="choose another --name or --output",
        )


def _observed(device: str, subject: str | None, inventory: Path) -> list[Observation]:
    from scanner.identify import group
    from scanner.inventory import open_inventory
    from scanner.observations import read

    if not Path(device).is_file():
        with open_inventory(inventory, create=False) as opened:
            found = opened.device(device)
            replies = [one for _, one in opened.observations(found.last_run, found.id)]
    else:
        with Path(device).open("rb") as lines:
            groups = group(read(lines, name=device))
        if subject is None and len(groups) > 1:
            raise CamcensusError(
                f"{device} holds the replies of {len(groups)} devices",
                why="a recording is of one device",
                fix=f"choose one with --subject: {printable(', '.join(list(groups)[:8]))}",
            )
        replies = next(iter(groups.values()), []) if subject is None else groups.get(subject, [])
    if not replies:
        raise CamcensusError(
            f"there is no reply of {printable(subject or device)}",
            why="nothing that it answered is in the file, or in the inventory's last run that saw it",
            fix="name another device, or scan it again",
        )
    return replies


def _file_name(text: str) -> str:
    """Part of a path, made of what a device calls its model."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:60] or "unnamed"


def _tell(redacted: Redacted) -> None:
    replaced = ", ".join(f"{kind} {count}" for kind, count in redacted.replaced.items())
    click.echo(
        f"{len(redacted.observations)} replies redacted: {replaced or 'nothing was private'}.", err=True
    )
    if redacted.kept:
        kept = printable(", ".join(redacted.kept))
        click.echo(f"Kept, because the identification rests on it; may it be shown? {kept}", err=True)
    if redacted.left_out:
        click.echo(
            f"{redacted.left_out} replies left out: compressed, or with something private in another encoding.",
            err=True,
        )
    click.echo("Read every line before you show it to anybody.", err=True)
