"""`camcensus report`: the census as a file, for people and for other programs."""

from __future__ import annotations

import functools
import getpass
from collections.abc import Callable, Iterable
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from scanner.cli.options import inventory_option, where_option
from scanner.errors import CamcensusError

if TYPE_CHECKING:
    from reports.content import Census
    from reports.language import Language
    from reports.template import Template


class Asked(NamedTuple):
    """What every format takes: which part of the inventory, in whose name and language, and where to write it."""

    inventory: Path
    run_id: str | None
    site: str | None
    where: str
    title: str
    template: Path | None
    language: str
    output: str

    def census(self, *, evidence: bool = True, light_from: int | None = None) -> Census:
        from reports.content import Census
        from scanner.inventory import open_inventory

        with open_inventory(self.inventory, create=False) as opened:
            return Census.from_inventory(
                opened, self.run_id, title=self.title, where=self.where, site=self.site, evidence=evidence,
                light_from=light_from,
            )  # fmt: skip

    def hand_out(self, kind: str, content: Iterable[bytes]) -> None:
        """Write the report, and an entry of the log that says so, with the SHA-256 of what was handed out."""
        from scanner.inventory import log, open_inventory

        written = write(self.output, content)
        file = "" if self.output == "-" else Path(self.output).name
        with open_inventory(self.inventory, create=False) as opened:
            log.tell_export(opened, getpass.getuser(), f"report {kind}", content=written, file=file)

    def look(self) -> tuple[Language, Template]:
        """The language and the template, checked before anything is read."""
        from reports.template import Template, read

        template = read(self.template) if self.template else Template()
        if self.title:
            template = template.named(self.title)
        return template.speaks(self.language), template


def report_options(command: Callable[..., None]) -> Callable[..., None]:
    """What every format takes, handed over as one `Asked`."""

    @functools.wraps(command)
    def with_asked(**told: Any) -> None:
        asked = Asked(**{name: told.pop(name) for name in Asked._fields})
        command(asked, **told)

    made: Callable[..., None] = with_asked
    for option in (
        inventory_option,
        where_option,
        click.option("--site", metavar="SITE", help="Only the devices and blind spots of this site."),
        click.option(
            "--run", "run_id", metavar="RUN", help="Only the devices that this run saw. [default: all runs]"
        ),
        click.option("--title", default="", help="Its heading. [default: the template's, or the targets]"),
        click.option(
            "--template",
            type=click.Path(exists=True, path_type=Path),
            metavar="FOLDER",
            help="Title, logo, colour and language from the report.toml in this folder.",
        ),
        click.option(
            "--language", default="", metavar="CODE", help="Of the headings and words: en, de. [default: en]"
        ),
        click.option(
            "--output",
            type=click.Path(dir_okay=False, allow_dash=True),
            default="-",
            metavar="FILE",
            help="Where to write it. [default: standard output]",
        ),
    ):
        made = option(made)
    return made


@click.group()
def report() -> None:
    """Write the census as text, CSV, JSON, a workbook, a page or a PDF.

    All formats say the same, of the whole inventory, one site, or the devices that a condition chooses.

    \b
    $ camcensus report html --output census.html
    $ camcensus report xlsx --site leeds --output leeds.xlsx
    $ camcensus report pdf --where 'maker = dahua' --template our-house --output dahua.pdf
    """


@report.command(short_help="Text, for a terminal or a mail.")
@report_options
def terminal(asked: Asked) -> None:
    """Print the census as text: devices, counts, what was not seen, and the plan."""
    import io

    from reports.terminal import summary

    language, template = asked.look()
    census = asked.census(evidence=False)
    if asked.output == "-":
        return summary(census, language=language, title=template.title)
    text = io.StringIO()
    summary(census, text, language, template.title)
    return asked.hand_out("terminal", [text.getvalue().encode()])


@report.command(short_help="The devices, one row each.")
@click.option(
    "--excel", is_flag=True, help="Begin with a byte order mark, without which Excel misreads accents."
)
@click.option(
    "--blind-spots",
    metavar="FILE",
    help="Where to write what was not seen: a file for itself, of other columns.",
)
@report_options
def csv(asked: Asked, excel: bool, blind_spots: str | None) -> None:
    """Write the devices as CSV, one row each, with the keys of the JSON as columns.

    Cells that a spreadsheet would run as a formula are made harmless. What was not seen has columns of its own:
    --blind-spots writes it beside the devices.
    """
    from reports import csv

    language, _ = asked.look()
    made = asked.census()
    asked.hand_out("csv", csv.pieces(made, byte_order_mark=excel))
    if blind_spots:
        write(blind_spots, [csv.render_blind_spots(made.unseen, byte_order_mark=excel, language=language)])
    else:
        click.echo("What was not seen is not in this file: --blind-spots FILE writes it.", err=True)
    if made.log_head:
        click.echo(f"Head of the log: {made.log_head}", err=True)


@report.command(short_help="Everything, for programs.")
@report_options
def json(asked: Asked) -> None:
    """Write one JSON document: figures, blind spots, runs, the plan, and each device with its evidence."""
    from reports import json

    asked.look()
    asked.hand_out("json", json.pieces(asked.census()))


@report.command(short_help="A workbook with charts and filters.")
@report_options
def xlsx(asked: Asked) -> None:
    """Write a workbook: summary with charts, devices, plan, bill of materials, and what was not seen.

    Dates and numbers are real ones, and no cell is a formula.
    """
    from reports import xlsx

    language, template = asked.look()
    asked.hand_out("xlsx", [xlsx.render(asked.census(evidence=False), language, template)])


@report.command(short_help="A page to read and filter, offline.")
@report_options
def html(asked: Asked) -> None:
    """Write the census as one HTML page that works offline: charts, blind spots, and the evidence of each device.

    A page of more than 20,000 devices leaves their evidence out, and says so.
    """
    from reports import page

    language, template = asked.look()
    census = asked.census(light_from=page.LIGHT_FROM)
    asked.hand_out("html", [page.render(census, language, template).encode()])


@report.command(short_help="One page to decide on, all behind it.")
@report_options
def pdf(asked: Asked) -> None:
    """Write a PDF: one page for who decides, and the full report behind it.

    Characters that no font of this machine has are written as their numbers, and named.
    """
    from reports import pdf

    language, template = asked.look()
    made = pdf.render(
        asked.census(evidence=False),
        language,
        template,
        tell=lambda note: click.echo(f"note   {note}", err=True),
    )
    asked.hand_out("pdf", [made])


def write(output: str, content: Iterable[bytes]) -> str:
    """Write a file whole or not at all, or to standard output when it is `-`. Returns the SHA-256 of what it holds."""
    written = sha256()
    try:
        with click.open_file(output, "wb", atomic=True) as file:
            for piece in content:
                file.write(piece)
                written.update(piece)
    except BrokenPipeError:  # whoever read has seen enough: click ends quietly
        raise
    except OSError as error:
        raise CamcensusError(
            f"the report {output} cannot be written",
            why=error.strerror or str(error),
            fix="choose a place you may write to with --output",
        ) from None
    return written.hexdigest()
