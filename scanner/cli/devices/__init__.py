"""`camcensus devices`: what the inventory holds, and what people know about it.

Each command of the group lives in a file of its own. Without the name of a command, `devices` lists, and `devices
DEVICE` shows one.
"""

from __future__ import annotations

import click

from scanner.cli.groups import ImportedOnUse

COMMANDS = {
    # command  module, and name in it
    "list":    ("scanner.cli.devices.listing",  "list_"),
    "show":    ("scanner.cli.devices.show",     "show"),
    "merge":   ("scanner.cli.devices.identity", "merge"),
    "split":   ("scanner.cli.devices.identity", "split"),
    "set":     ("scanner.cli.devices.placing",  "set_"),
    "history": ("scanner.cli.devices.history",  "history"),
}  # fmt: skip


class DeviceCommands(ImportedOnUse):
    """Commands of which two need not be named."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if not args or (args[0] not in COMMANDS and args[0] not in ctx.help_option_names):
            args = ["list" if not args or self._only_options(ctx, args) else "show", *args]
        return super().parse_args(ctx, args)

    def _only_options(self, ctx: click.Context, args: list[str]) -> bool:
        """Whether these are options of the list, and name no device."""
        listing = self.get_command(ctx, "list")
        if listing is None or not args[0].startswith("-"):
            return False
        try:
            _, named, _ = listing.make_parser(click.Context(listing)).parse_args(list(args))
        except click.UsageError:  # of the list; an option of its own makes it the other command's
            return "--full" not in args
        return not named


@click.group(
    cls=DeviceCommands, places=COMMANDS, options_metavar="", subcommand_metavar="[COMMAND | DEVICE] [OPTIONS]"
)
def devices() -> None:
    """List the devices in the inventory, or show one with its evidence.

    \b
    $ camcensus devices --maker hikvision --confidence probable
    $ camcensus devices 10.20.0.32
    """
