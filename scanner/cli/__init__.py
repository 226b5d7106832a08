"""The command line: `main` is what the installed `camcensus` runs.

Each command lives in a file of its own and is imported only when it is asked for, so that `camcensus --help`
answers at once; `COMMANDS` therefore carries the one-line help too, and a test compares the two.
"""

from __future__ import annotations

import sys

import click

from scanner.cli.groups import ImportedOnUse
from scanner.errors import CamcensusError

COMMANDS: dict[str, tuple[str, str]] = {
    # command        module in this folder, one line of help
    "blind-spots":  ("blind_spots",  "Say what nobody has looked at, site by site."),
    "demo":         ("demo",         "Scan a simulated building, show its census, and plan the replacement."),
    "devices":      ("devices",      "List the devices in the inventory, or show one with its evidence."),
    "diff":         ("diff",         "Say what changed between two runs, or since a day."),
    "doctor":       ("doctor",       "Say what this machine can do, and how to get what is missing."),
    "evidence":     ("evidence",     "Hand over evidence that an auditor can check without us."),
    "fingerprints": ("fingerprints", "Check, list and explain the fingerprints."),
    "identify":     ("identify",     "Name the makers behind recorded observations, without any network."),
    "inventory":    ("inventory",    "Back up, check, compact, export and measure the inventory."),
    "log":          ("log",          "Show the append-only log of all that changed, and verify that it holds."),
    "plan":         ("plan",         "Plan the replacement of covered devices: what, in which order, when, by whom."),
    "register":     ("register",     "Compare asset registers and cable plans with what the network shows."),
    "rematch":      ("rematch",      "Identify everything in the inventory again from its raw replies."),
    "removal":      ("removal",      "Record what was taken out, and say what the evidence for it is worth."),
    "report":       ("report",       "Write the census as text, CSV, JSON, a workbook, a page or a PDF."),
    "runs":         ("runs",         "List the runs, with what each could have seen."),
    "scan":         ("scan",         "Look for cameras and recorders, and record them in the inventory."),
    "sites":        ("sites",        "Say where networks are: sites, buildings, floors, rooms."),
}  # fmt: skip


class Commands(ImportedOnUse):
    """The commands, each with its line of help, which is therefore not imported either."""

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, about) for name, (_, about) in COMMANDS.items()])


@click.group(
    cls=Commands,
    places={
        name: (f"scanner.cli.{module}", name.replace("-", "_")) for name, (module, _) in COMMANDS.items()
    },
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.version_option(package_name="camcensus")
def camcensus() -> None:
    """Find every Hikvision- and Dahua-made camera and recorder on a building's networks,
    whatever name is on them.

    Read-only: no passwords are tried and nothing is changed on any device.
    """


def show_error(error: CamcensusError) -> None:
    """Print an error to stderr as what happened, why, and what to do."""
    for label, text in (("error", error.what), ("why", error.why), ("fix", error.fix)):
        if text:
            click.echo(f"{click.style(f'{label:<6}', bold=True)} {text}", err=True)


def main() -> None:
    """Run the command line, and turn errors that a user can act on into text and an exit status."""
    try:
        camcensus(standalone_mode=True)
    except CamcensusError as error:
        show_error(error)
        sys.exit(error.exit_status)
