"""`camcensus plan`: what replaces each device, in which order, at what cost, and how far that has come.

Each command of the group lives in a file of its own, imported on first use.
"""

from __future__ import annotations

import click

from scanner.cli.groups import ImportedOnUse

COMMANDS = {
    # command     module, and name in it
    "build":      ("scanner.cli.plan.build",      "build"),
    "show":       ("scanner.cli.plan.show",       "show"),
    "set":        ("scanner.cli.plan.set",        "set_"),
    "export":     ("scanner.cli.plan.files",      "export"),
    "import":     ("scanner.cli.plan.files",      "import_"),
    "prices":     ("scanner.cli.plan.money",      "prices"),
    "candidates": ("scanner.cli.plan.candidates", "candidates"),
    "quantities": ("scanner.cli.plan.money",      "quantities"),
    "budget":     ("scanner.cli.plan.money",      "budget"),
    "progress":   ("scanner.cli.plan.progress",   "progress"),
}  # fmt: skip


@click.group(cls=ImportedOnUse, places=COMMANDS)
def plan() -> None:
    """Plan the replacement of covered devices: what, in which order, when, by whom.

    \b
    $ camcensus plan build
    $ camcensus plan show
    $ camcensus plan set 10.20.0.32 --state planned --due 2027-03-31
    """
