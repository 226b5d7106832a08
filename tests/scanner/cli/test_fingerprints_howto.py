"""The worked example of docs/how-to/own-fingerprints.md: every command does what the page says that it does."""

from __future__ import annotations

import re
import shlex
from fnmatch import fnmatchcase
from pathlib import Path

import pytest
from click.testing import CliRunner

from scanner.cli import camcensus

PAGE = Path(__file__).parents[3] / "docs/how-to/own-fingerprints.md"
BLOCK = re.compile(r"```(\w+)\n(.*?)```", re.DOTALL)
COMMAND = re.compile(r"^\$ camcensus (.*)\n((?:(?!\$ ).*\n)*)", re.MULTILINE)


def test_the_worked_example_works(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    file = Path("own/acme.toml")
    file.parent.mkdir()
    ran = 0
    for language, block in BLOCK.findall(PAGE.read_text("utf-8")):
        if language == "json":
            Path("replies.jsonl").write_text(block)
        elif language == "toml" and not file.exists():
            file.write_text(block)
        elif language == "toml":  # the line that takes the place of the pattern
            old = next(line for line in file.read_text().splitlines(True) if line.startswith("pattern "))
            assert old != block
            file.write_text(file.read_text().replace(old, block))
        else:
            for words, shown in COMMAND.findall(block):
                told = CliRunner().invoke(camcensus, shlex.split(words)).output.strip()
                assert matches(told, shown.strip()), f"{words} printed\n{told}"
                ran += 1
    assert ran == 5


def matches(told: str, shown: str) -> bool:
    """Whether an output is what a page shows, where a line `…` stands for any lines, or none."""
    wanted = "\n".join(
        re.sub(r"([*?\[])", r"[\1]", line) if line != "…" else "*" for line in shown.splitlines()
    )
    return fnmatchcase(told + "\n", wanted.replace("\n*", "*") + "\n")


def test_an_output_that_differs_is_told_apart() -> None:
    assert matches("a\nb\nc", "a\n…\nc") and matches("a\nb", "a\n…") and matches("a [b]?", "a [b]?")
    assert not matches("a\nb", "a") and not matches("a\nb\nc", "a\n…\nd") and not matches("a b", "a [b]")
