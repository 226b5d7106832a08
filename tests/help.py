"""The help of every command, as docs/reference/cli.md shows it."""

from __future__ import annotations

from collections.abc import Iterator

import click

from scanner.cli import camcensus

WIDTH = 100


def pages() -> Iterator[tuple[str, str]]:
    """Each command with what its `--help` prints: the command line itself first, then its commands in order."""
    top = click.Context(camcensus, info_name="camcensus", **camcensus.context_settings)
    for name, command, context in commands(camcensus, top):
        yield name, command.get_help(context) + "\n"


def commands(
    command: click.Command, context: click.Context
) -> Iterator[tuple[str, click.Command, click.Context]]:
    """The command and all below it, with the context that its help is written in."""
    context.max_content_width = context.terminal_width = WIDTH
    context.color = False
    yield context.command_path, command, context
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            inner = command.get_command(context, name)
            assert inner is not None
            yield from commands(inner, click.Context(inner, parent=context, info_name=name))
