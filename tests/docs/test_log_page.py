"""The script of the page about the log computes the head of a real log, without camcensus."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from scanner.cli import camcensus
from scanner.inventory import log, open_inventory
from tests.scanner.inventory.logged import two_weeks

PAGE = Path(__file__).parents[2] / "docs/reference/log.md"
SCRIPT = re.findall(r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)[0]
Ran = subprocess.CompletedProcess[str]


def run(lines: str, tmp_path: Path) -> Ran:
    (script := tmp_path / "check.py").write_text(SCRIPT)
    (file := tmp_path / "log.jsonl").write_text(lines, "utf-8")
    command = [sys.executable, "-I", "-S", str(script), str(file)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.fixture
def inventory(tmp_path: Path) -> Path:
    two_weeks(path := tmp_path / "inventory.db")
    return path


def lines_of(inventory: Path, *options: str) -> str:
    shown = CliRunner().invoke(camcensus, ["log", "show", "--jsonl", *options, "--inventory", str(inventory)])
    assert shown.exit_code == 0
    return shown.stdout


@pytest.mark.parametrize("kept_back", ["", "addresses", "addresses,names,serials"])
def test_the_script_computes_the_head_also_of_what_is_kept_back(
    inventory: Path, tmp_path: Path, kept_back: str
) -> None:
    with open_inventory(inventory) as opened:
        head = str(log.head(opened))
    ran = run(lines_of(inventory, "--redact", kept_back), tmp_path)
    assert (ran.stdout, ran.stderr) == (f"{head}\n", "")
    assert len(SCRIPT.splitlines()) <= 30


FORGED: dict[str, Any] = {
    "seq": 6, "at": "2026-01-01T00:00:00.000000Z", "kind": "journal", "subjects": ["dxxxxxx"], "fields": {},
    "hash": "0" * 64, "open": {"operator": ["00" * 16, "Somebody else"]},
}  # fmt: skip


@pytest.mark.parametrize("key", FORGED)
def test_the_script_finds_an_entry_of_which_any_part_was_changed(
    inventory: Path, tmp_path: Path, key: str
) -> None:
    entries = [json.loads(line) for line in lines_of(inventory).splitlines()]
    entries[4][key] = FORGED[key]
    ran = run("".join(json.dumps(entry) + "\n" for entry in entries), tmp_path)
    assert ran.returncode == 1 and ran.stderr.startswith("entry 5: ")


@pytest.mark.parametrize("order", [[0, 1, 3, 4, 5], [0, 1, 3, 2, 4], [1, 2, 3], [0, 1, 1, 2]])
def test_the_script_finds_entries_that_are_missing_moved_or_put_in(
    inventory: Path, tmp_path: Path, order: list[int]
) -> None:
    lines = lines_of(inventory).splitlines(keepends=True)
    ran = run("".join(lines[at] for at in order), tmp_path)
    assert ran.returncode == 1 and "another stood here" in ran.stderr


def test_a_link_of_the_chain_is_what_sha256sum_says(inventory: Path) -> None:
    with open_inventory(inventory) as opened:
        entry = list(log.entries(opened))[4]
    command = f"printf '%s %s' {entry.previous} {entry.digest} | sha256sum"
    told = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=True).stdout
    assert told.split()[0] == entry.hash
