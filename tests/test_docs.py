"""The documentation says what the program does: generated parts are fresh, commands and options exist, links lead."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from scanner.cli import COMMANDS, camcensus
from scanner.cli.devices import DeviceCommands
from scanner.errors import EXIT_STATUSES, CamcensusError
from tests.help import commands

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
CONSOLE = re.compile(r"```console\n(.*?)```", re.DOTALL)
LINK = re.compile(r"\[[^\]]*\]\((?!https?:)([^)#]+)(?:#[^)]*)?\)")


def all_commands() -> dict[str, click.Command]:
    context = click.Context(camcensus, info_name="camcensus")
    return {name: command for name, command, _ in commands(camcensus, context)}


def examples(page: Path) -> Iterator[list[str]]:
    """The words of each `$ camcensus …` line in the console blocks of a page, as a shell would cut them."""
    for block in CONSOLE.findall(page.read_text("utf-8")):
        for line in block.replace("\\\n", " ").splitlines():
            if line.startswith("$ camcensus "):
                yield shlex.split(line.removeprefix("$ "), comments=True)


@pytest.mark.parametrize("page", [page for page in PAGES if "[[[cog" in page.read_text("utf-8")], ids=str)
def test_what_is_generated_is_fresh(page: Path) -> None:
    """To refresh it: make docs."""
    # In a process of its own: click remembers the help options of whoever asked a command first.
    command = [sys.executable, "-m", "cogapp", "--check", "-I", str(ROOT), str(page)]
    checked = subprocess.run(command, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_the_reference_mentions_every_command_and_every_option() -> None:
    sections = dict(
        section.split("\n", 1)
        for section in (ROOT / "docs/reference/cli.md").read_text("utf-8").split("\n## ")[1:]
    )
    for name, command in all_commands().items():
        assert name in sections
        for parameter in command.params:
            if isinstance(parameter, click.Option) and not parameter.hidden:
                assert max(parameter.opts, key=len) in sections[name]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_the_examples_of_a_page_name_only_commands_and_options_that_exist(page: Path) -> None:
    known = all_commands()
    for words in examples(page):
        depth = max(depth for depth in range(1, len(words) + 1) if " ".join(words[:depth]) in known)
        command = known[" ".join(words[:depth])]
        if isinstance(command, DeviceCommands):  # which of its commands need not be named
            named = any(not word.startswith("-") for word in words[depth : depth + 1])
            command = known[f"camcensus devices {'show' if named else 'list'}"]
        if isinstance(command, click.Group):
            assert all(word.startswith("-") for word in words[depth:]), f"no such command: {' '.join(words)}"
        options = {option for parameter in command.params for option in parameter.opts} | {"--help", "-h"}
        used = {word.partition("=")[0] for word in words[depth:] if word.startswith("-") and word != "-"}
        assert used <= options | ({"--version"} if depth == 1 else set()), " ".join(words)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_the_links_of_a_page_lead_somewhere(page: Path) -> None:
    for link in LINK.findall(page.read_text("utf-8")):
        assert (page.parent / link).exists(), link


@pytest.mark.parametrize("name", COMMANDS)
def test_the_list_of_commands_says_of_each_what_its_own_help_says(name: str) -> None:
    first_line = (all_commands()[f"camcensus {name}"].help or "").partition("\n")[0]
    assert first_line.strip() == COMMANDS[name][1]


def test_every_error_ends_with_a_documented_exit_status() -> None:
    def below(error: type[CamcensusError]) -> Iterator[type[CamcensusError]]:
        yield error
        for child in error.__subclasses__():
            yield from below(child)

    assert {error.exit_status for error in below(CamcensusError)} <= EXIT_STATUSES.keys()
