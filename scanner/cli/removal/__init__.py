"""`camcensus removal`: what was taken out, and what the evidence says of it.

Each command of the group lives in a file of its own, imported on first use.
"""

from __future__ import annotations

from importlib import import_module

import click

COMMANDS: dict[str, tuple[str, str]] = {
    # command  module in this folder and name in it
    "record":  ("record", "record"),
    "import":  ("record", "import_"),
    "list":    ("show", "list_"),
    "show":    ("show", "show"),
    "undo":    ("record", "undo"),
    "check":   ("check", "check"),
    "policies": ("check", "policies"),
    "document": ("document", "document"),
    "verdict": ("verdict", "verdict"),
}  # fmt: skip


class RemovalCommands(click.Group):
    """Commands imported on first use."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, name = COMMANDS[cmd_name]
        command: click.Command = getattr(import_module(f"scanner.cli.removal.{module}"), name)
        return command


@click.group(cls=RemovalCommands)
def removal() -> None:
    """Record what was taken out, and say what the evidence for it is worth.

    \b
    $ camcensus removal record 10.20.0.32 --at 2026-03-02 --removed-by "A. Fitter, Example Ltd" --disposal destroyed
    $ camcensus removal list
    $ camcensus removal verdict
    $ camcensus removal verdict 10.20.0.32 --rule strict.toml
    """
