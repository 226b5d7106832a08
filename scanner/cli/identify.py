"""`camcensus identify`: name the makers behind recorded observations, without any network."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import BinaryIO

import click

from scanner.cli.options import fingerprints_option


@click.command()
@click.argument("file", type=click.File("rb"))
@fingerprints_option
def identify(file: BinaryIO, fingerprints: tuple[Path, ...]) -> None:
    """Name the makers behind recorded observations, without any network.

    Reads the JSON Lines that `scan --observations` writes from FILE, or from standard input when FILE is `-`, and
    prints one identification a line. A line that cannot be read is named on standard error with its number and the
    reason; the others are identified, and the exit status is 3.

    \b
    $ camcensus scan 10.20.0.0/22 --observations replies.jsonl
    $ camcensus identify replies.jsonl
    """
    from scanner.identify import identify_all, library
    from scanner.observations import Rejected, identification_line, read

    name = getattr(file, "name", "standard input")
    rejected: list[Rejected] = []

    def reject(line: Rejected) -> None:
        rejected.append(line)
        click.echo(f"{line}", err=True)

    for identification in identify_all(read(file, name=name, reject=reject), library(fingerprints)):
        sys.stdout.buffer.write(identification_line(identification))
    sys.stdout.buffer.flush()
    if rejected:
        sys.exit(3)
