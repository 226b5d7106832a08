"""What is handed out is an entry of the log, and care for the inventory leaves the log whole."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from hashlib import sha256
from pathlib import Path

import pytest
from click.testing import CliRunner

from scanner.cli import camcensus
from scanner.evidence.log import Head
from scanner.inventory import log, open_inventory
from tests.scanner.inventory.logged import faults, two_weeks


@pytest.fixture
def path(tmp_path: Path) -> Path:
    two_weeks(made := tmp_path / "inventory.db")
    return made


def called(path: Path, *arguments: str) -> bytes:
    result = CliRunner().invoke(camcensus, [*arguments, "--inventory", str(path)], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.stdout_bytes


def last(path: Path) -> dict[str, str]:
    with open_inventory(path) as inventory:
        entry = list(log.entries(inventory))[-1]
    assert entry.kind == "exported"
    return entry.values


@pytest.mark.parametrize("kind", ["csv", "json", "html", "xlsx", "pdf"])
def test_a_report_is_an_entry_with_the_digest_of_what_was_handed_out(
    path: Path, tmp_path: Path, kind: str
) -> None:
    out = tmp_path / f"census.{kind}"
    called(path, "report", kind, "--output", str(out))
    told = last(path)
    assert (told["what"], told["file"]) == (f"report {kind}", f"census.{kind}")
    assert told["content"] == sha256(out.read_bytes()).hexdigest()


def test_a_report_on_standard_output_is_one_too(path: Path) -> None:
    written = called(path, "report", "csv")
    assert last(path)["content"] == sha256(written).hexdigest() and "file" not in last(path)


def test_looking_is_no_entry(path: Path) -> None:
    with open_inventory(path) as inventory:
        before = log.head(inventory)
    for words in (
        ["devices"],
        ["runs"],
        ["report", "terminal"],
        ["removal", "list"],
        ["log", "show"],
        ["blind-spots"],
    ):
        called(path, *words)
    with open_inventory(path) as inventory:
        assert log.head(inventory) == before


def test_a_copy_holds_the_whole_log_and_goes_on_with_it_by_itself(path: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy.db"
    called(path, "inventory", "backup", str(copy))
    assert last(path)["what"] == "backup"
    called(copy, "report", "csv", "--output", str(tmp_path / "census.csv"))
    assert faults(path) == [] and faults(copy) == []
    with open_inventory(path) as one, open_inventory(copy) as other:
        assert log.head(one).seq == log.head(other).seq and log.head(one) != log.head(other)


def test_compacting_and_checking_leave_the_log_whole(path: Path) -> None:
    with open_inventory(path) as inventory:
        before = log.head(inventory)
    called(path, "inventory", "vacuum")
    called(path, "inventory", "check")
    assert faults(path, before) == []


def test_an_export_read_back_is_the_same_log(path: Path, tmp_path: Path) -> None:
    with open_inventory(path) as inventory:
        before = log.head(inventory)
    called(path, "inventory", "export", str(tmp_path / "out"))
    entries = [json.loads(line) for line in (tmp_path / "out" / "log.jsonl").read_text().splitlines()]
    assert Head(len(entries), entries[-1]["hash"]) == before
    with closing(sqlite3.connect(tmp_path / "back.db")) as back:
        back.executescript((tmp_path / "out" / "schema.sql").read_text())
        back.executemany(
            "INSERT INTO log VALUES (?, ?, ?, ?, ?, ?, ?)", [tuple(one.values()) for one in entries]
        )
        assert back.execute("SELECT max(seq) FROM log").fetchone() == (before.seq,)
