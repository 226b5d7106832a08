"""`camcensus log verify`: nothing can be changed unseen."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from scanner.cli import camcensus
from scanner.evidence.log import NOWHERE, Event, Head, chained
from scanner.inventory import RunSettings, log, open_inventory, places
from scanner.model import Coverage, Observation
from tests.scanner.inventory.logged import edit, entries, faults, two_weeks, week


@pytest.fixture
def kept(path: Path) -> Path:
    two_weeks(path)
    return path


def test_nothing_is_changed_or_dropped_by_mistake(kept: Path) -> None:
    with closing(sqlite3.connect(kept)) as file:
        for statement in (
            "UPDATE log SET at = '' WHERE seq = 3", "DELETE FROM log", "DELETE FROM removals",
            "UPDATE removals SET witness = 'x'", "DELETE FROM attachments",
        ):  # fmt: skip
            with pytest.raises(sqlite3.IntegrityError, match="are only ever added"):
                file.execute(statement)


@pytest.mark.parametrize("column", ["at", "kind", "subjects", "fields", "previous", "hash"])
@pytest.mark.parametrize("seq", [1, 6, 10])
def test_an_entry_of_which_any_part_was_changed_is_named(kept: Path, column: str, seq: int) -> None:
    edit(
        kept,
        f"UPDATE log SET {column} = replace(replace({column}, '0', '1'), 'e', 'a') || ' ' WHERE seq = {seq}",
    )
    first = faults(kept)[0]
    assert (first.kind, first.seq) == ("changed", seq)


def test_any_single_character_that_flips_in_the_fields_is_found(kept: Path) -> None:
    with closing(sqlite3.connect(kept)) as file:
        (text,) = file.execute("SELECT fields FROM log WHERE kind = 'device-found'").fetchone()
    edit(kept, "UPDATE log SET seq = seq WHERE seq = 1")  # without triggers from here on
    for place in range(len(text)):
        flipped = text[:place] + chr(ord(text[place]) ^ 1) + text[place + 1 :]
        with closing(sqlite3.connect(kept)) as file:
            file.execute("UPDATE log SET fields = ? WHERE seq = 3", (flipped,))
            file.commit()
        assert ("changed", 3) in {(fault.kind, fault.seq) for fault in faults(kept)}, place


@pytest.mark.parametrize("value", ["7", "x'00ff'", "'{'", "'[]'", "''"])
def test_an_entry_that_is_no_entry_any_more_is_named(kept: Path, value: str) -> None:
    edit(kept, f"UPDATE log SET fields = {value} WHERE seq = 5")
    assert ("changed", 5) in {(fault.kind, fault.seq) for fault in faults(kept)}


@pytest.mark.parametrize(("seq", "named"), [(1, 1), (5, 5), (9, 9)])
def test_a_missing_entry_is_named(kept: Path, seq: int, named: int) -> None:
    edit(kept, f"DELETE FROM log WHERE seq = {seq}")
    first = faults(kept)[0]
    assert (first.kind, first.seq, first.text) == ("missing", named, f"entry {named} is missing")


def test_a_missing_entry_is_named_when_the_later_ones_were_numbered_anew(kept: Path) -> None:
    edit(kept, "DELETE FROM log WHERE seq = 5", "UPDATE log SET seq = -seq WHERE seq > 5",
         "UPDATE log SET seq = -seq - 1 WHERE seq < 0", "UPDATE log_head SET seq = 9")  # fmt: skip
    first = faults(kept)[0]
    assert (first.kind, first.seq) == ("reordered", 5) and "was written as entry 6" in first.text


def test_reordered_entries_are_named(kept: Path) -> None:
    edit(kept, "UPDATE log SET seq = -5 WHERE seq = 5", "UPDATE log SET seq = 5 WHERE seq = 6",
         "UPDATE log SET seq = 6 WHERE seq = -5")  # fmt: skip
    assert [(fault.kind, fault.seq) for fault in faults(kept)][:2] == [("reordered", 5), ("reordered", 6)]


def test_a_log_that_was_cut_off_is_named(kept: Path) -> None:
    edit(kept, "DELETE FROM log WHERE seq > 8")
    first = faults(kept)[0]
    assert (first.kind, first.seq) == ("cut-off", 9) and "entries 9 to 10 are missing" in first.text


def test_an_entry_that_was_put_in_is_named(kept: Path) -> None:
    edit(
        kept, "INSERT INTO log SELECT 11, at, kind, subjects, fields, previous, hash FROM log WHERE seq = 10"
    )
    assert [(fault.kind, fault.seq) for fault in faults(kept)][:2] == [("reordered", 11), ("cut-off", 11)]


def forge(path: Path) -> None:
    """Write the whole chain anew, as somebody can who knows how, without the second week."""
    with closing(sqlite3.connect(path)) as file:
        secret = bytes.fromhex(file.execute("SELECT salt_key FROM log_head").fetchone()[0])
        rows = file.execute(
            "SELECT at, kind, subjects, fields FROM log WHERE seq <= 4 ORDER BY seq"
        ).fetchall()
        events = [(at, Event(kind, tuple(json.loads(subjects)), json.loads(fields) | {"note": "forged"}))
                  for at, kind, subjects, fields in rows]  # fmt: skip
        file.execute("DELETE FROM log")
        made = list(chained(events, NOWHERE, secret))
        file.executemany("INSERT INTO log VALUES (?, ?, ?, ?, ?, ?, ?)", made)
        file.execute("UPDATE log_head SET seq = ?, hash = ?", (made[-1].seq, made[-1].hash))
        file.commit()


def test_a_printed_head_proves_an_old_state_against_a_chain_that_was_written_anew(kept: Path) -> None:
    with open_inventory(kept) as inventory:
        every = entries(inventory)
        early, late = Head(3, every[2].hash), log.head(inventory)
    assert faults(kept, early, late, Head(3, every[2].hash[:32])) == []
    edit(kept, "UPDATE log SET seq = seq WHERE seq = 1")
    forge(kept)
    chain = {
        (fault.kind, fault.seq)
        for fault in faults(kept, early, late)
        if fault.kind not in ("state", "unbound")
    }
    assert chain == {("head", 3), ("cut-off", None)}


@pytest.mark.parametrize(
    ("statement", "text"),
    [
        ("UPDATE devices SET maker = 'other'", "is not what entry 6 says of it"),
        ("UPDATE devices SET serial = 'C99999999'", "is not what entry 6 says of it"),
        ("UPDATE devices SET covered = 'nonsense'", "is not what entry 6 says of it"),
        ("UPDATE runs SET operator = 'somebody else'", "is not the one that entry"),
        ("UPDATE runs SET started = '2020-01-01T00:00:00.000000Z'", "is not the one that entry"),
        ("UPDATE runs SET coverage = '{}'", "did not end as entry"),
        ("UPDATE runs SET outcome = 'incomplete'", "did not end as entry"),
        ("UPDATE observations SET address = '10.20.0.10' WHERE id = 2", "heard is not what entry 4 binds"),
        ("UPDATE observations SET protocol = 'onvif' WHERE id = 4", "heard is not what entry 7 binds"),
        ("UPDATE payloads SET bytes = x'00'", "heard is not what entry 4 binds: others than then"),
        ("DELETE FROM observations WHERE id = 2", "binds: 1 instead of 2"),
        ("UPDATE removals SET witness = 'Pat'", "is not what entry 9 says was recorded"),
        ("UPDATE removals SET at = '2026-01-09'", "is not what entry 9 says was recorded"),
        ("DELETE FROM removals", "of entry 9 is not there"),
        ("UPDATE attachments SET bytes = x'00'", "is not what was attached"),
        ("DELETE FROM attachments", "is not what was attached"),
        ("INSERT INTO runs (id, started) VALUES ('20200101-000000-aaaa', '')", "does not say that it began"),
        ("INSERT INTO devices (id, first_seen, last_seen, confidence) VALUES ('dxxxxxx', '', '', 'none')",
         "device dxxxxxx is there, and the log does not say how it came"),
        ("INSERT INTO removals (id, recorded, by, device, attachments) VALUES ('rxxxxxx', '', '', '', '[]')",
         "removal rxxxxxx is there"),
    ],
)  # fmt: skip
def test_what_was_changed_behind_the_log_is_named(kept: Path, statement: str, text: str) -> None:
    edit(kept, "PRAGMA foreign_keys = OFF", statement)
    assert any(text in fault.text for fault in faults(kept)), faults(kept)


def test_a_device_that_was_changed_by_hand_stays_found_out_after_the_next_scan(kept: Path) -> None:
    edit(kept, "UPDATE devices SET model = 'Something else'")
    with open_inventory(kept) as inventory:
        week(inventory, 3, firmware="V5.7.3")
    assert any("was changed between entries 6 and" in fault.text for fault in faults(kept))


def test_a_run_that_has_not_ended_and_replies_after_the_end_are_said_to_be_unbound(kept: Path) -> None:
    with open_inventory(kept) as inventory:
        ended = inventory.runs()[0].id
        going_on = inventory.begin_run(RunSettings())
        inventory.add(ended, [Observation(protocol="ssh", payload=b"later")])
    unbound = faults(kept)
    assert {fault.kind for fault in unbound} == {"unbound"}
    assert any(going_on in fault.text for fault in unbound)
    assert any(f"run {ended} holds 1 more than entry 7 binds" in fault.text for fault in unbound)


def test_a_run_that_was_resumed_is_bound_anew(kept: Path) -> None:
    with open_inventory(kept) as inventory:
        run = inventory.runs()[0].id
        inventory.add(run, [Observation(protocol="ssh", payload=b"later")])
        inventory.finish_run(run, "complete", Coverage(addresses=256))
    assert faults(kept) == []


# The command


def called(*arguments: str) -> Result:
    return CliRunner().invoke(camcensus, ["log", *arguments], catch_exceptions=False)


def test_verify_tells_the_head_or_the_faults(kept: Path) -> None:
    with open_inventory(kept) as inventory:
        told = str(log.head(inventory))
    good = called("verify", "--inventory", str(kept), "--head", told)
    assert (good.exit_code, good.stdout) == (0, f"head  {told}\n")
    assert "The head of entry 10 is in it" in good.stderr
    edit(kept, "DELETE FROM log WHERE seq = 5")
    bad = called("verify", "--inventory", str(kept))
    assert bad.exit_code == 1 and bad.stdout.startswith("missing    entry 5 is missing\n")


def test_show_lists_entries_of_a_device_and_runs_no_terminal_escape(kept: Path) -> None:
    with open_inventory(kept) as inventory:
        (device,) = inventory.devices()
        inventory.change(places.assign, "jo", [device.id], {"note": "\x1b[2Jgone"})
    shown = called("show", "10.20.0.9", "--inventory", str(kept))
    assert len(shown.stdout.splitlines()) == 6 and "\x1b" not in shown.stdout and "\\e[2Jgone" in shown.stdout


def test_lines_of_json_keep_back_what_is_asked(kept: Path) -> None:
    lines = called("show", "--jsonl", "--redact", "addresses, serials", "--inventory", str(kept)).stdout
    assert len(lines.splitlines()) == 10
    assert "10.20.0.9" not in lines and "C12345678" not in lines and '"Jolene"' in lines
