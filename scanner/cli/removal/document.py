"""`camcensus removal document`: certificates and returns as PDF, for people to sign."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click

from scanner.cli.options import inventory_option, where_option
from scanner.cli.removal.check import policies_option
from scanner.cli.sites import by_option
from scanner.errors import CamcensusError

if TYPE_CHECKING:
    from fingerprints.policies import Policy
    from reports.documents import Sheet
    from scanner.inventory import Inventory
    from scanner.obligations import Case

KINDS = {
    # kind         policy that it goes by unless told otherwise
    "certificate": "my-organisation",
    "site":        "my-organisation",
    "section-889": "us-ndaa-889",
    "uk-return":   "uk-sensitive-sites",
}  # fmt: skip


@click.command()
@click.argument("kind", type=click.Choice(list(KINDS)))
@click.argument("devices", nargs=-1, metavar="[DEVICE]...")
@click.option("--policy", "named", metavar="ID", help="By whose demands. [default: that of the document]")
@click.option("--site", metavar="SITE", help="Only devices of this site.")
@click.option("--organisation", default="", metavar="NAME", help="Whose document it is.")
@click.option(
    "--output",
    required=True,
    type=click.Path(dir_okay=False, allow_dash=True),
    metavar="FILE",
    help="Where to write it.",
)
@policies_option
@where_option
@by_option
@inventory_option
def document(
    kind: str, devices: tuple[str, ...], named: str | None, site: str | None, organisation: str, output: str,
    files: tuple[Path, ...], where: str, by: str, inventory: Path,
) -> None:  # fmt: skip
    """Write a document about removals as a PDF: facts, verdicts and gaps, with the head of the log.

    `certificate` is one page for each DEVICE, or for each that is recorded as removed; `site` one for each site;
    `section-889` a worksheet for the representation of FAR 52.204-24 and the reports of 52.204-25; `uk-return` a return
    of removals by site. None says that you comply with anything.

    \b
    $ camcensus removal document certificate 10.20.0.32 --output certificate.pdf
    $ camcensus removal document site --site leeds --output leeds.pdf
    $ camcensus removal document section-889 --organisation "Example Ltd" --output worksheet.pdf
    """
    from reports.documents import Document, render
    from scanner.cli.report import write
    from scanner.inventory import log, open_inventory, places
    from scanner.obligations import policy

    chosen = policy(named or KINDS[kind], files)
    with open_inventory(inventory, create=False) as opened:
        at = opened.ask(places.known_site, site) if site else None
        head = log.head(opened)
        chosen_ones = [opened.device(one).id for one in devices]
        sheets = sheets_of(opened, kind, chosen, Choice(where, at, chosen_ones))
        if not sheets:
            raise CamcensusError(
                "there is nothing to write about", why="no device is chosen, or none is recorded as removed"
            )
        made = Document(
            title=sheets[0].title,
            sheets=sheets,
            head=str(head),
            organisation=organisation,
            made_at=datetime.now(UTC),
        )
        pdf = render(made, tell=lambda note: click.echo(f"note   {note}", err=True))
        content = write(output, [pdf])
        log.tell_export(
            opened, by, f"document {kind}", content=content, file=Path(output).name if output != "-" else ""
        )
    click.echo(f"state of the log: {head}", err=True)


class Choice(NamedTuple):
    """Which devices a document is about."""

    where: str
    site: str | None
    devices: list[str]

    def cases(self, opened: Inventory, policy: Policy, devices: list[str] | None) -> list[Case]:
        from reports.documents.certificates import unit
        from scanner.obligations import cases

        found = cases(opened, policy, self.where, devices)
        return [case for case in found if self.site is None or unit(case).get("site") == self.site]


def sheets_of(opened: Inventory, kind: str, policy: Policy, choice: Choice) -> list[Sheet]:
    from reports.documents import certificates, returns
    from scanner.evidence.requirements import REQUIREMENTS
    from scanner.inventory import places, removals

    about = {name: one.about for name, one in REQUIREMENTS.items()}
    about |= {"record": "no removal is recorded", "verified": "a verdict that it is gone"}
    if kind == "certificate":
        removed = choice.devices or list(opened.ask(removals.all_standing))
        return [certificates.device(case, policy, about) for case in choice.cases(opened, policy, removed)]
    found = choice.cases(opened, policy, choice.devices or None)
    sites = opened.ask(places.sites)
    if kind == "site":
        here: dict[str | None, list[Case]] = {}
        for case in found:
            here.setdefault(certificates.unit(case).get("site"), []).append(case)
        names = {site.id: site.name for site in sites}
        return [
            certificates.site(names.get(id or "", id or "no site is known"), some, policy, about)
            for id, some in here.items()
        ]
    if kind == "uk-return":
        return [returns.uk(found, sites, policy, about)]
    return [returns.section_889(found, opened.runs(), unseen(opened), policy, about)]


def unseen(opened: Inventory) -> list[str]:
    """What nobody has looked at, in words."""
    from reports.unseen import lines
    from scanner import blind_spots

    return [
        f"{one.what}: {one.why}" if one.why else one.what
        for site in blind_spots.of(opened)
        for one in lines(site)
    ]
