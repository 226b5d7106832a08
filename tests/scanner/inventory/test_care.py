"""Care for the inventory: copies, checks, compacting, export, figures, and letting go of old replies."""

from __future__ import annotations

import base64
import json
import sqlite3
import stat
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner

from scanner.cli import camcensus
from scanner.cli.devices.show import detail
from scanner.errors import CamcensusError
from scanner.identifiers import Identifier
from scanner.inventory import Inventory, RunSettings, Seen, care, open_inventory
from scanner.inventory.checking import check
from scanner.inventory.retention import retain
from scanner.model import Claim, Identification, Observation

NOW = datetime(2026, 3, 1, tzinfo=UTC)
YEAR = timedelta(days=365)
REALM = "Login to 4K01234PAGABCDE"
EVIDENCE = (Claim("dahua-rtsp-realm", "maker", "dahua", "strong", "rtsp", REALM),)
RECORDS_FOR_EVER = """
import sys
from pathlib import Path
from scanner.inventory import RunSettings, open_inventory
from scanner.model import Observation

with open_inventory(Path(sys.argv[1])) as inventory:
    run = inventory.begin_run(RunSettings())
    for number in range(1_000_000):
        inventory.add(run, [Observation(protocol="http", payload=f"{number}".encode())])
        inventory.flush()
        print(number, flush=True)
"""


def rtsp(nonce: int, at: datetime, realm: str = REALM) -> Observation:
    reply = f'RTSP/1.0 401 Unauthorized\r\nWWW-Authenticate: Digest realm="{realm}", nonce="{nonce}"\r\n\r\n'
    return Observation(protocol="rtsp", payload=reply.encode(), address="10.20.0.9", port=554, transport="tcp",
                       observed_at=at)  # fmt: skip


def page(text: str, at: datetime) -> Observation:
    return Observation(protocol="html", payload=text.encode(), address="10.20.0.9", port=80, transport="tcp",
                       observed_at=at)  # fmt: skip


def week(inventory: Inventory, at: datetime, *seen: Observation, **said: object) -> str:
    """One run that hears some replies of one unit, and what it makes of them."""
    run = inventory.begin_run(RunSettings())
    inventory.add(run, seen)
    rows = [row for row, _ in inventory.observations(run)]
    facts: dict[str, object] = {"maker": "dahua", "confidence": "probable", "evidence": EVIDENCE} | said
    it = Identification(address="10.20.0.9", **facts)  # type: ignore[arg-type]
    inventory.record(run, [Seen(it, rows, "on-link", (Identifier("mac", "3c:ef:8c:00:00:01"),))])
    return run


def change(path: Path, statement: str, values: tuple[object, ...] = ()) -> None:
    """Somebody edits the file behind our back."""
    with closing(sqlite3.connect(path)) as file:
        assert file.execute(statement, values).rowcount != 0
        file.commit()


def called(*arguments: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(camcensus, ["inventory", *arguments])
    if isinstance(result.exception, CamcensusError):
        raise result.exception
    return result.exit_code, result.stdout, result.stderr


@pytest.fixture
def kept(path: Path, inventory: Inventory) -> Path:
    """An inventory of two weeks."""
    for number in (1, 2):
        at = NOW + timedelta(weeks=number)
        week(inventory, at, rtsp(number, at), page(f"Welcome, it is week {number}", at))
    return path


# Backup


def test_a_backup_holds_all_and_only_its_owner_can_read_it(
    kept: Path, inventory: Inventory, tmp_path: Path
) -> None:
    copy = tmp_path / "copy.db"
    assert called("backup", str(copy), "--inventory", str(kept))[0] == 0
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    assert [file.name for file in tmp_path.glob("copy*")] == ["copy.db"]
    with open_inventory(copy, create=False) as opened:
        assert opened.runs() == inventory.runs() and opened.devices() == inventory.devices()
        assert list(opened.observations()) == list(inventory.observations())
    assert list(check(copy)) == []


@pytest.mark.parametrize("there", ["copy.db", "copy.db.part", "kept/inventory.db"])
def test_a_backup_writes_over_nothing(kept: Path, tmp_path: Path, there: str) -> None:
    if there.startswith("copy"):
        (tmp_path / there).write_text("precious")
    before = (tmp_path / there).read_bytes()
    with pytest.raises(CamcensusError, match="nothing is ever written over"):
        care.backup(kept, tmp_path / there.removesuffix(".part"))
    assert (tmp_path / there).read_bytes() == before


def test_a_backup_to_nowhere_says_so(kept: Path, tmp_path: Path) -> None:
    with pytest.raises(CamcensusError, match="choose a place you may write to"):
        care.backup(kept, tmp_path / "no" / "such" / "folder.db")


def test_a_backup_of_a_damaged_inventory_is_not_made(
    kept: Path, inventory: Inventory, tmp_path: Path
) -> None:
    inventory.close()
    with kept.open("r+b") as file:  # a page in the middle of the file
        file.seek(4096 * 3)
        file.write(b"\xff" * 4096)
    with pytest.raises(CamcensusError):
        care.backup(kept, tmp_path / "copy.db")
    assert not list(tmp_path.glob("copy*"))


def test_a_backup_is_made_while_a_scan_records(path: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-c", RECORDS_FOR_EVER, str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as scan:
        assert scan.stdout is not None
        try:
            acknowledged = [int(scan.stdout.readline()) for _ in range(50)]
            care.backup(path, tmp_path / "copy.db")
            later = [int(scan.stdout.readline()) for _ in range(50)]  # it goes on
        finally:
            scan.kill()
    assert later[-1] == 99
    with open_inventory(tmp_path / "copy.db", create=False) as copy:
        held = {int(one.payload) for _, one in copy.observations()}
        assert set(acknowledged) <= held and held == set(range(len(held)))


def test_all_care_is_taken_while_a_scan_records(path: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-c", RECORDS_FOR_EVER, str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as scan:
        assert scan.stdout is not None
        try:
            last = -1
            for asked in (
                ("check",), ("vacuum",), ("stats",), ("export", str(tmp_path / "out")), ("policy", "--replies", "1d"),
                ("retain",), ("check", "--repair"), ("vacuum",),
            ):  # fmt: skip
                numbers = [int(scan.stdout.readline()) for _ in range(20)]
                assert numbers == list(range(last + 1, last + 21)), f"before {asked[0]}"
                last = numbers[-1]
                assert called(*asked, "--inventory", str(path))[0] == 0, asked[0]
            last = [int(scan.stdout.readline()) for _ in range(20)][-1]
        finally:
            scan.kill()
    with open_inventory(path, create=False) as kept:
        held = [int(one.payload) for _, one in kept.observations()]
    assert held == list(range(len(held))) and len(held) > last and list(check(path)) == []


# Check


def test_nothing_is_wrong_with_an_inventory_that_only_camcensus_wrote(kept: Path) -> None:
    assert called("check", "--inventory", str(kept))[:2] == (0, "")


DAMAGE = {
    "UPDATE payloads SET bytes = 'other'": ("payloads", "its bytes are not those", False),
    "UPDATE payloads SET dropped = '2026'": ("payloads", "it was dropped on 2026, and there are bytes", False),
    "UPDATE statements SET identification = replace(identification, 'dahua', 'other')":
        ("statements", "its text is not what was recorded", False),
    "UPDATE devices SET maker = 'hikvision'": ("devices", "maker is 'hikvision', its history says 'dahua'", True),
    "UPDATE devices SET last_seen = '2020'": ("devices", "last_seen is '2020'", True),
    "UPDATE devices SET evidence = '[]'": ("devices", "evidence is '[]'", True),
    "DELETE FROM identifiers": ("devices", "disagree on mac 3c:ef:8c:00:00:01", True),
    "INSERT INTO identifiers SELECT id, 'serial', 'x' FROM devices": ("devices", "disagree on serial x", True),
    "DELETE FROM identifications": ("devices", "it has no identifications", False),
    "DELETE FROM sightings": ("devices", "it has no sightings", False),
    "DELETE FROM runs": ("observations", "it refers to a row of runs that is not there", False),
    "DELETE FROM payloads": ("observations", "it refers to a row of payloads that is not there", False),
    "DELETE FROM statements": ("devices", "what was said of it cannot be read", False),
}  # fmt: skip


@pytest.mark.parametrize("damage", DAMAGE)
def test_what_was_changed_behind_its_back_is_found_and_only_what_follows_is_mended(
    kept: Path, damage: str
) -> None:
    table, problem, follows = DAMAGE[damage]
    change(kept, damage)
    found = [one for one in check(kept) if one.table == table and problem in one.problem]
    assert found and all(one.row and not one.mended for one in found)
    assert called("check", "--inventory", str(kept))[0] == 1
    code, out, _ = called("check", "--repair", "--inventory", str(kept))
    assert code == 1 and ("(mended)" in out) >= follows
    again = [one for one in check(kept) if problem in one.problem]
    assert bool(again) is not follows
    if follows:
        assert list(check(kept)) == []


def test_an_index_that_does_not_fit_its_table_is_made_anew(kept: Path, inventory: Inventory) -> None:
    inventory.close()
    with closing(sqlite3.connect(kept)) as file:
        file.execute("PRAGMA writable_schema = ON")
        (made,) = file.execute("SELECT sql FROM sqlite_master WHERE name = 'idx_devices_serial'").fetchone()
        other = "CREATE INDEX idx_devices_serial ON devices (firmware)"
        file.execute("UPDATE sqlite_master SET sql = ? WHERE name = 'idx_devices_serial'", (other,))
        file.commit()
    with closing(sqlite3.connect(kept)) as file:
        file.execute("UPDATE devices SET serial = 'X1', firmware = 'V9'")
        file.execute("PRAGMA writable_schema = ON")
        file.execute("UPDATE sqlite_master SET sql = ? WHERE name = 'idx_devices_serial'", (made,))
        file.commit()
    assert any(one.table == "file" and one.follows for one in check(kept))
    assert any(one.table == "file" and one.mended for one in list(check(kept, repair=True)))
    assert list(check(kept)) == []


def test_an_index_that_somebody_dropped_is_missed_and_made_anew(kept: Path) -> None:
    with closing(sqlite3.connect(kept)) as file:
        file.execute("DROP INDEX one_observation")
    assert [(one.problem, one.follows) for one in check(kept)] == [
        ("the index one_observation is missing", True)
    ]
    assert [one.mended for one in check(kept, repair=True)] == [True]
    assert list(check(kept)) == []


def test_a_table_or_column_that_somebody_dropped_is_an_error_everywhere_and_named_by_the_check(
    kept: Path, inventory: Inventory, tmp_path: Path
) -> None:
    inventory.close()
    with closing(sqlite3.connect(kept)) as file:
        file.execute("DROP TABLE identifications")
        file.execute("ALTER TABLE devices DROP COLUMN subject")
    found = called("check", "--inventory", str(kept))[1]
    assert "the table identifications is missing" in found and "the column subject is missing" in found
    before = kept.read_bytes()
    for command in (("vacuum",), ("retain", "--replies-older-than", "1y")):
        with pytest.raises(CamcensusError, match=r"somebody changed it: no such|was not compacted"):
            called(*command, "--inventory", str(kept))
    with pytest.raises(CamcensusError, match=r"somebody changed it: no such .*restore a backup"):
        open_inventory(kept).devices()
    assert kept.read_bytes() == before


def test_a_page_that_is_damaged_is_found(path: Path) -> None:
    with open_inventory(path) as inventory:
        for number in range(30):
            week(inventory, NOW, page(f"{number} " * 500, NOW))
    whole = path.read_bytes()
    for number in range(2, len(whole) // 4096):
        path.write_bytes(whole[: number * 4096] + b"\xa5" * 64 + whole[number * 4096 + 64 :])
        try:
            found = list(check(path))
        except CamcensusError:
            continue
        assert found, f"page {number + 1}"


# Vacuum


def test_compacting_drops_what_nothing_uses_and_loses_nothing(path: Path, inventory: Inventory) -> None:
    run = week(inventory, NOW, page("x" * 200_000, NOW), rtsp(1, NOW))
    rows = [row for row, _ in inventory.observations(run)]
    better = Identification(address="10.20.0.9", maker="dahua", model="DHI-NVR5216", confidence="confirmed")
    inventory.record(run, [Seen(better, rows)])  # what was said before is nobody's statement now
    week(inventory, NOW, page("a", NOW), firmware="V4.001")
    known = inventory.devices()
    change(path, "INSERT INTO payloads (hash, bytes) VALUES ('unused', randomblob(300000))")
    freed = care.vacuum(path)
    assert (freed.statements, freed.payloads) == (1, 1) and freed.after < freed.before - 250_000
    assert inventory.devices() == known and list(check(path)) == []
    assert care.vacuum(path).payloads == 0


def test_what_seems_unused_for_rows_that_are_lost_is_not_dropped(kept: Path) -> None:
    change(kept, "DELETE FROM runs")
    before = kept.read_bytes()
    with pytest.raises(CamcensusError, match=r"was not compacted.*rows are missing"):
        care.vacuum(kept)
    assert kept.read_bytes() == before


def test_a_merge_can_be_undone_after_compacting(path: Path, inventory: Inventory) -> None:
    run = inventory.begin_run(RunSettings())
    units = [Identification(address=f"10.20.0.{number}", confidence="possible") for number in range(1, 9)]
    found = inventory.record(run, [Seen(one) for one in units])
    inventory.record(run, [Seen(units[0])])  # its first identification is gone: a gap in the numbers
    before = {device.id: inventory.identifications(device.id) for device in inventory.devices()}
    inventory.merge(found[3], found[6], by="jo", why="one unit")
    gone = next(iter(set(found) - {device.id for device in inventory.devices()}))
    care.vacuum(path)
    inventory.unmerge(gone, by="jo", why="two units")
    assert {device.id: inventory.identifications(device.id) for device in inventory.devices()} == before


# Export


def test_an_export_can_be_read_back_row_by_row(kept: Path, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    assert called("export", str(folder), "--inventory", str(kept))[0] == 0
    assert {stat.S_IMODE(file.stat().st_mode) for file in folder.iterdir()} == {0o600}
    with closing(sqlite3.connect(tmp_path / "back.db")) as back:
        back.executescript((folder / "schema.sql").read_text())
        for file in folder.glob("*.jsonl"):
            for line in file.read_text().splitlines():
                row = json.loads(line)
                if file.stem == "payloads":
                    row["bytes"] = base64.b64decode(row["bytes"])
                names, marks = ", ".join(f"[{name}]" for name in row), ", ".join("?" * len(row))
                back.execute(f"INSERT INTO [{file.stem}] ({names}) VALUES ({marks})", list(row.values()))
        back.commit()
    with open_inventory(kept) as was, open_inventory(tmp_path / "back.db", create=False) as now:
        assert now.devices() == was.devices() and now.runs() == was.runs()
        assert list(now.observations()) == list(was.observations())
    assert list(check(tmp_path / "back.db")) == []


def test_text_that_is_none_is_an_error_that_says_so_and_the_check_names_it(
    kept: Path, inventory: Inventory, tmp_path: Path
) -> None:
    inventory.close()
    change(kept, "UPDATE devices SET model = CAST(x'ff41' AS TEXT)")
    with pytest.raises(CamcensusError, match="the file is damaged"):
        care.export(kept, tmp_path / "out")
    with pytest.raises(CamcensusError, match="the file is damaged"), open_inventory(kept) as opened:
        opened.devices()
    assert any("could not be read" in one.problem for one in check(kept))


def test_an_export_writes_over_nothing(kept: Path, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "notes.txt").write_text("precious")
    with pytest.raises(CamcensusError, match="nothing is ever written over"):
        care.export(kept, tmp_path / "out")
    assert [file.name for file in (tmp_path / "out").iterdir()] == ["notes.txt"]


# Stats


def test_the_figures_are_those_of_the_tables(kept: Path, inventory: Inventory) -> None:
    code, out, _ = called("stats", "--json", "--inventory", str(kept))
    found = json.loads(out)
    assert code == 0 and found["size"] == care.size(kept)
    assert (found["rows"]["runs"], found["rows"]["observations"], found["rows"]["devices"]) == (2, 4, 1)
    assert sum(month["observations"] for month in found["months"]) == 4
    assert found["last_run"].startswith(f"{inventory.runs()[0].started:%Y-%m-%dT%H:%M}")
    assert "observations" in called("stats", "--inventory", str(kept))[1]


# Retention


def contents(inventory: Inventory) -> list[bytes]:
    return [one.payload for _, one in inventory.observations()]


def test_only_replies_that_support_nothing_are_let_go(path: Path, inventory: Inventory) -> None:
    old, recent = NOW - 2 * YEAR, NOW
    first = week(inventory, old, rtsp(1, old), page("Welcome", old))
    week(inventory, recent, rtsp(2, recent), page("Hello", recent))
    gone = retain(path, NOW - YEAR, by="jo", why="one year")
    assert gone.runs == {first: 1} and gone.bytes == len("Welcome")
    assert contents(inventory) == [rtsp(1, old).payload, rtsp(2, recent).payload, b"Hello"]
    (device,) = inventory.devices()
    ((_, dropped),) = inventory.not_kept(first, device.id)
    assert (dropped.protocol, dropped.observed_at, dropped.payload) == ("html", old, b"")
    (note,) = inventory._query("SELECT * FROM journal")
    assert (note["run"], note["cause"], note["before"], note["by"]) == (first, "retention", "1", "jo")
    assert list(check(path)) == [] and retain(path, NOW - YEAR).runs == {}


def test_the_last_conclusive_look_at_a_device_stays_however_old_it_is(
    path: Path, inventory: Inventory
) -> None:
    old = NOW - 2 * YEAR
    week(inventory, old, page("the last that told anything", old))
    week(inventory, NOW, Observation(protocol="http", address="10.20.0.9", observed_at=NOW), confidence="none",
         maker=None, evidence=())  # fmt: skip
    assert retain(path, NOW - YEAR).runs == {}


def test_the_latest_run_of_each_site_stays_however_old_it_is(path: Path, inventory: Inventory) -> None:
    old = NOW - 2 * YEAR
    for site, text in (("leeds", "first"), ("leeds", "second"), ("york", "only")):
        run = inventory.begin_run(RunSettings(site=site))
        inventory.add(run, [page(text, old)])
        inventory.flush()
        change(path, "UPDATE runs SET started = ? || started WHERE id = ?", ("2" * (text == "second"), run))
    retain(path, NOW - YEAR)
    assert contents(inventory) == [b"second", b"only"]


def test_a_reply_that_somebody_still_gives_stays_and_one_that_comes_again_is_whole_again(
    path: Path, inventory: Inventory
) -> None:
    old = NOW - 2 * YEAR
    first = week(inventory, old, rtsp(1, old), page("Welcome", old), page("same", old))
    week(inventory, NOW, rtsp(2, NOW), page("same", NOW))
    assert retain(path, NOW - YEAR).runs == {first: 1}
    week(inventory, NOW, page("Welcome", NOW))
    assert contents(inventory).count(b"Welcome") == 2  # the old one too: it is the same
    assert list(check(path)) == []


def test_a_claim_that_can_no_longer_be_read_keeps_all_replies_of_its_protocol(
    path: Path, inventory: Inventory
) -> None:
    old = NOW - 2 * YEAR
    claim = Claim("own", "model", "X", "weak", "html", "as an earlier version read it")
    week(inventory, old, page("Welcome", old), rtsp(1, old), evidence=(*EVIDENCE, claim))
    week(inventory, NOW, rtsp(2, NOW))
    assert claim in inventory.devices()[0].evidence
    assert retain(path, NOW - YEAR).runs == {}


def test_both_sides_of_a_conflict_keep_their_replies_until_a_person_decides(
    path: Path, inventory: Inventory
) -> None:
    old = NOW - 2 * YEAR
    other = Claim("hikvision-server", "maker", "hikvision", "strong", "html", "App-webs")
    week(inventory, old, page("Server: App-webs", old), page("Welcome", old), maker="hikvision",
         evidence=(other,))  # fmt: skip
    week(inventory, NOW, rtsp(1, NOW))
    (device,) = inventory.devices()
    assert device.conflicts and other not in device.evidence  # the surer, later one stands
    assert sum(retain(path, NOW - YEAR).runs.values()) == 1
    assert contents(inventory) == [b"Server: App-webs", rtsp(1, NOW).payload]


def test_each_part_of_a_merged_device_keeps_what_it_rests_on(path: Path, inventory: Inventory) -> None:
    """What a merge brought can be given back: then it has evidence, and a last look, of its own."""
    old, older = NOW - 2 * YEAR, NOW - 3 * YEAR
    week(inventory, older, rtsp(1, older), page("never mind", older))
    week(inventory, old, page("the last look at it", old), rtsp(2, old))
    mac = (Identifier("mac", "3c:ef:8c:00:00:02"),)
    run = inventory.begin_run(RunSettings())
    inventory.add(run, [msgspec.structs.replace(rtsp(3, NOW), address="10.20.0.10")])
    rows = [row for row, _ in inventory.observations(run)]
    it = Identification(address="10.20.0.10", maker="dahua", confidence="probable", evidence=EVIDENCE)
    inventory.record(run, [Seen(it, rows, "on-link", mac)])
    one, two = inventory.devices()
    inventory.merge(one.id, two.id, by="jo", why="one unit")
    (kept,) = inventory.devices()
    gone = ({one.id, two.id} - {kept.id}).pop()
    assert sum(retain(path, NOW - YEAR).runs.values()) == 1
    assert b"never mind" not in contents(inventory) and b"the last look at it" in contents(inventory)
    inventory.unmerge(gone, by="jo", why="two units")
    for device in inventory.devices():
        replies = [reply for _, reply in inventory.observations(device=device.id)]
        assert any(REALM.encode() in reply.payload for reply in replies), device.address
    assert list(check(path)) == []


def test_a_dry_run_counts_and_changes_nothing(path: Path, inventory: Inventory) -> None:
    old = datetime.now(UTC) - 2 * YEAR
    run = week(inventory, old, page("Welcome", old))
    week(inventory, NOW, rtsp(1, NOW))
    asked = ("retain", "--replies-older-than", "1y", "--inventory", str(path))
    code, out, err = called(*asked, "--dry-run")
    assert (code, out) == (0, f"{run}  1\n") and "would go" in err and b"Welcome" in contents(inventory)
    assert called(*asked)[1] == out and b"Welcome" not in contents(inventory)


def test_what_a_run_said_from_replies_that_are_gone_stays_as_it_was_said(
    path: Path, inventory: Inventory
) -> None:
    old = NOW - 2 * YEAR
    first = week(inventory, old, rtsp(1, old), page("Welcome", old))
    week(inventory, NOW, rtsp(2, NOW))
    assert [said.device for said in inventory.said(first)]
    retain(path, NOW - YEAR)
    assert list(inventory.said(first)) == []  # nothing to identify anew from
    (device,) = inventory.devices()
    shown = "\n".join(detail(inventory, device, first, False))
    assert "html  tcp 80" in shown and "not kept since 20" in shown and "Welcome" not in shown


def test_for_how_long_replies_are_kept_is_said_once_and_followed(path: Path, inventory: Inventory) -> None:
    old = datetime.now(UTC) - 2 * YEAR
    week(inventory, old, page("Welcome", old))
    week(inventory, NOW, rtsp(1, NOW))
    at = ("--inventory", str(path))
    with pytest.raises(CamcensusError, match=r"nothing says for how long.*inventory policy --replies 1y"):
        called("retain", *at)
    assert "every reply is kept" in called("policy", *at)[1]
    called("policy", "--replies", "forever", "--by", "kim", *at)
    assert "kept for ever" in called("retain", *at)[2] and b"Welcome" in contents(inventory)
    called("policy", "--replies", "1y", "--by", "jo", "--why", "directive 7", *at)
    shown = called("policy", *at)[1]
    assert "kept for 1y" in shown and "said by jo" in shown and "directive 7" in shown
    assert "1 reply of 1 run," in called("retain", *at)[2] and b"Welcome" not in contents(inventory)
    notes = inventory._query("SELECT field, before, after, by FROM journal ORDER BY id")
    assert [tuple(note.values()) for note in notes[:2]] == [
        ("policy", None, "forever", "kim"), ("policy", "forever", "1y", "jo"),
    ]  # fmt: skip
    found = json.loads(called("stats", "--json", *at)[1])
    assert found["policy"]["replies"] == "1y" and found["last_let_go"] and found["dropped"] == 1
    assert "kept for 1y" in called("stats", *at)[1]


@pytest.mark.parametrize("age", ["1", "year", "1 month", "-1y", "1.5y", ""])
def test_an_age_that_is_none_is_refused(age: str) -> None:
    code, _, err = called("retain", "--replies-older-than", age)
    assert code == 2 and "write it as 90d, 26w, 6m or 1y" in err


def test_what_is_chosen_while_somebody_writes_is_chosen_again(
    path: Path, inventory: Inventory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A scan hears the very reply again that was just chosen to go."""
    from scanner.inventory import retention

    old = NOW - 2 * YEAR
    chosen: list[bool] = []
    week(inventory, old, page("Welcome", old))
    week(inventory, NOW, rtsp(1, NOW))
    choose = retention.choose

    def choose_and_be_overtaken(*given: object) -> None:
        choose(*given)  # type: ignore[arg-type]
        if not chosen:
            week(inventory, NOW, page("Welcome", NOW))
        chosen.append(True)

    monkeypatch.setattr(retention, "choose", choose_and_be_overtaken)
    assert retain(path, NOW - YEAR).runs == {} and len(chosen) == 2
    assert b"Welcome" in contents(inventory)


def test_a_finding_is_one_line_even_when_the_file_holds_tricks(kept: Path) -> None:
    change(kept, "UPDATE devices SET model = ?", ("a\n\x1b[2Jb",))
    out = called("check", "--inventory", str(kept))[1]
    assert "\x1b" not in out and len(out.splitlines()) == len(list(check(kept)))
