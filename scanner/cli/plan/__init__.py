"""`camcensus plan`: what replaces each device, in which order, at what cost, and how far that has come.

Each command of the group lives in a file of its own, imported on first use.
"""

from __future__ import annotations

from importlib import import_module

import click

COMMANDS: dict[str, tuple[str, str]] = {
    # command  module in this folder and name in it
    "build":   ("build", "build"),
    "show":    ("show", "show"),
    "set":     ("set", "set_"),
    "export":  ("files", "export"),
    "import":  ("files", "import_"),
    "prices":  ("money", "prices"),
    "candidates": ("candidates", "candidates"),
    "quantities": ("money", "quantities"),
    "budget":  ("money", "budget"),
    "progress": ("progress", "progress"),
}  # fmt: skip


class PlanCommands(click.Group):
    """Commands imported on first use."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, name = COMMANDS[cmd_name]
        command: click.Command = getattr(import_module(f"scanner.cli.plan.{module}"), name)
        return command


@click.group(cls=PlanCommands)
def plan() -> None:
    """Plan the replacement of covered devices: what, in which order, when, by whom.

    \b
    $ camcensus plan build
    $ camcensus plan show
    $ camcensus plan set 10.20.0.32 --state planned --due 2027-03-31
    """
