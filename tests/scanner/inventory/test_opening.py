"""The file of the inventory: private, recognised, and never written over when it is not ours."""

from __future__ import annotations

import lzma
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from subprocess import PIPE

import pytest
from sqlite_utils import Database

from scanner.errors import CamcensusError
from scanner.inventory import Inventory, RunSettings, default_path, log, open_inventory
from scanner.inventory.care import opened
from scanner.inventory.schema import APPLICATION_ID, STEPS
from scanner.inventory.verifying import verify
from scanner.model import Observation

VERSIONS = Path(__file__).parent / "versions"  # an inventory as each earlier version of the schema left it
LASTING = {
    1: ("runs", "identifications", "sightings", "observations", "payloads"),
    2: (
        "journal",
        "sites",
        "networks",
        "registers",
        "register_rows",
        "register_decisions",
        "notices",
        "identifiers",
    ),
}
"""The tables of each version that lose nothing."""
SEEN = Observation(protocol="sadp", payload=b"<ProbeMatch/>", address="10.20.0.9")


def rights(path: Path) -> str:
    return oct(stat.S_IMODE(path.stat().st_mode))


@contextmanager
def plain(path: Path) -> Iterator[sqlite3.Connection]:
    """The same file, opened by another program."""
    with closing(sqlite3.connect(path)) as connection:
        yield connection


def test_only_its_owner_can_read_an_inventory_and_what_sqlite_puts_beside_it(
    path: Path, inventory: Inventory, run: str
) -> None:
    inventory.add(run, [SEEN])
    inventory.flush()
    assert rights(path.parent) == "0o700"
    assert {file.name: rights(file) for file in path.parent.iterdir()} == {
        "inventory.db": "0o600", "inventory.db-wal": "0o600", "inventory.db-shm": "0o600",
    }  # fmt: skip


def test_an_empty_file_made_ready_by_somebody_else_becomes_private_too(tmp_path: Path) -> None:
    (path := tmp_path / "made-ready.db").touch(mode=0o644)
    open_inventory(path).close()
    assert rights(path) == "0o600"


def test_the_place_follows_the_environment_and_else_the_platform(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert default_path() == tmp_path / "home" / "camcensus" / "inventory.db"
    monkeypatch.setenv("CAMCENSUS_INVENTORY", "/srv/census.db")
    assert default_path() == Path("/srv/census.db")


def test_the_file_says_whose_it_is_and_which_version(path: Path, inventory: Inventory) -> None:
    with plain(path) as file:
        assert file.execute("PRAGMA application_id").fetchone() == (APPLICATION_ID,)
        assert file.execute("PRAGMA user_version").fetchone() == (len(STEPS),)
        assert file.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_to_look_is_not_to_create(path: Path) -> None:
    with pytest.raises(CamcensusError, match=r"there is no inventory at .*; run camcensus scan first"):
        open_inventory(path, create=False)
    assert not path.parent.exists()


def test_opening_again_changes_nothing(path: Path) -> None:
    with open_inventory(path) as first:
        run = first.begin_run(RunSettings(operator="jo"))
    with open_inventory(path, create=False) as again:
        assert [(kept.id, kept.operator) for kept in again.runs()] == [(run, "jo")]


def test_a_database_of_another_program_is_refused_and_left_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "history.db"
    with plain(path) as other:
        other.execute("CREATE TABLE visits (url)")
        other.commit()
    before = path.read_bytes()
    with pytest.raises(CamcensusError, match="is not an inventory of camcensus"):
        open_inventory(path)
    assert path.read_bytes() == before and list(tmp_path.iterdir()) == [path]


def test_a_file_that_is_no_database_is_refused_and_left_as_it_was(tmp_path: Path) -> None:
    (path := tmp_path / "notes.txt").write_text("10.20.0.9 is the lobby\n" * 100)
    with pytest.raises(CamcensusError, match="the file is no SQLite database"):
        open_inventory(path)
    assert path.read_text() == "10.20.0.9 is the lobby\n" * 100


def test_an_inventory_of_a_later_version_is_refused_and_left_as_it_was(path: Path) -> None:
    open_inventory(path).close()
    with plain(path) as later:
        later.execute(f"PRAGMA user_version = {len(STEPS) + 1}")
    before = path.read_bytes()
    with pytest.raises(CamcensusError, match="is newer than this camcensus"):
        open_inventory(path)
    assert path.read_bytes() == before


def test_an_inventory_of_an_earlier_version_is_brought_up_to_date(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def next_step(db: Database) -> None:
        db.table("runs").add_column("weather", str)

    with open_inventory(path) as earlier:
        run = earlier.begin_run(RunSettings(operator="jo"))
    steps = (*STEPS, next_step)
    monkeypatch.setattr("scanner.inventory.schema.STEPS", steps)
    monkeypatch.setattr("scanner.inventory.opening.STEPS", steps)
    open_inventory(path).close()
    with plain(path) as now:
        assert now.execute("SELECT id, operator, weather FROM runs").fetchall() == [(run, "jo", None)]
        assert now.execute("PRAGMA user_version").fetchone() == (len(steps),)


@pytest.mark.parametrize("version", range(1, len(STEPS)))
def test_a_file_of_each_earlier_version_keeps_all_that_it_holds(path: Path, version: int) -> None:
    path.parent.mkdir()
    path.write_bytes(lzma.decompress((VERSIONS / f"{version}.db.xz").read_bytes()))
    with plain(path) as before:
        assert before.execute("PRAGMA user_version").fetchone() == (version,)
        lasting = [name for added in range(1, version + 1) for name in LASTING[added]]
        counts = {name: before.execute(f"SELECT count(*) FROM {name}").fetchone() for name in lasting}
        assert all(count for (count,) in counts.values())
    with open_inventory(path) as inventory:
        every = list(log.entries(inventory))
        (latest, first) = inventory.runs()
        devices = inventory.devices()
        said = {device.id: inventory.identifications(device.id) for device in devices}
        lts = inventory.device("10.20.0.17")
        assert (lts.maker, lts.brand, lts.model, lts.site) == ("hikvision", "LTS", "LTN8916-P16", None)
        assert {run for run, _ in said[lts.id]} == {first.id, latest.id}
        assert said[lts.id][1][1].evidence == lts.evidence
        assert inventory.merge(devices[0].id, devices[1].id, by="jo", why="the same unit")
    with plain(path) as after:
        assert after.execute("PRAGMA user_version").fetchone() == (len(STEPS),)
        assert after.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert after.execute("PRAGMA foreign_key_check").fetchall() == []
        assert {name: after.execute(f"SELECT count(*) FROM {name}").fetchone() for name in lasting} == counts
    bound = {name: (table["rows"],) for name, table in every[0].values["tables"].items()}
    assert every[0].kind == "began" and bound | counts == bound
    assert [entry.subjects for entry in every if entry.kind == "run-adopted"] == [(first.id,), (latest.id,)]
    with opened(path) as db:
        assert list(verify(db)) == []


@pytest.mark.parametrize("earlier", ["1.db.xz", None])
def test_processes_that_open_an_earlier_version_or_none_at_once_all_get_the_present_one(
    path: Path, earlier: str | None
) -> None:
    path.parent.mkdir()
    if earlier:
        path.write_bytes(lzma.decompress((VERSIONS / earlier).read_bytes()))
    opens = (
        "import sys; from pathlib import Path; from scanner.inventory import open_inventory; "
        "print('ready', flush=True); sys.stdin.readline(); "
        "print(len(open_inventory(Path(sys.argv[1])).devices()))"
    )
    command = [sys.executable, "-c", opens, str(path)]
    some = [subprocess.Popen(command, stdin=PIPE, stdout=PIPE, stderr=PIPE, text=True) for _ in range(4)]
    for one in some:
        assert one.stdout is not None and one.stdout.readline() == "ready\n"
    said = [one.communicate("go\n", timeout=60) for one in some]
    assert {out for out, _ in said} == {said[0][0]} and bool(int(said[0][0])) is bool(earlier), said
    with plain(path) as after:
        assert after.execute("PRAGMA user_version").fetchone() == (len(STEPS),)
        assert after.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_a_step_that_fails_leaves_the_earlier_version_whole(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing_step(db: Database) -> None:
        db.execute("DROP TABLE attempts")
        raise ValueError("half done")

    open_inventory(path).close()
    with monkeypatch.context() as patched:
        patched.setattr("scanner.inventory.schema.STEPS", (*STEPS, failing_step))
        patched.setattr("scanner.inventory.opening.STEPS", (*STEPS, failing_step))
        with pytest.raises(ValueError, match="half done"):
            open_inventory(path)
    with open_inventory(path) as still:
        assert still.attempts(still.begin_run(RunSettings())) == []


def test_a_file_that_another_program_holds_is_an_error_that_says_so(path: Path) -> None:
    with open_inventory(path, patience=0.1) as inventory, plain(path) as browser:
        run = inventory.begin_run(RunSettings())
        browser.execute("BEGIN IMMEDIATE")
        inventory.add(run, [SEEN])
        with pytest.raises(CamcensusError, match="another program holds it"):
            inventory.flush()
        browser.rollback()
        assert [seen for _, seen in inventory.observations(run)] == [SEEN]  # nothing was lost meanwhile


def test_a_full_disk_is_an_error_that_says_so_and_loses_nothing_that_was_written(path: Path) -> None:
    with open_inventory(path) as inventory:
        run = inventory.begin_run(RunSettings())
        inventory.add(run, [SEEN])
        inventory.flush()
        pages = inventory._db.execute("PRAGMA page_count").fetchone()[0]
        inventory._db.execute(f"PRAGMA max_page_count = {pages + 2}").fetchone()
        inventory.add(run, [Observation(protocol="html", payload=b"x" * 100_000)])
        with pytest.raises(CamcensusError, match="the disk is full; free some space"):
            inventory.flush()
        inventory._db.execute(f"PRAGMA max_page_count = {pages + 1_000}").fetchone()
        assert len(list(inventory.observations(run))) == 2


def test_a_place_that_cannot_be_written_is_an_error_that_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(CamcensusError, match="choose a place you may write to with --inventory"):
        open_inventory(tmp_path / "file" / "inventory.db")


def refused(path: Path, why: str) -> None:
    """Opening is an error, for whoever looks and for whoever records; and the file stays as it was."""
    before = path.read_bytes() if path.is_file() else None
    for create in (False, True):
        with pytest.raises(CamcensusError, match=why):
            open_inventory(path, create=create)
    assert before is None or path.read_bytes() == before


@pytest.fixture
def whole(path: Path) -> bytes:
    """The bytes of an inventory that holds something."""
    with open_inventory(path) as inventory:
        run = inventory.begin_run(RunSettings())
        inventory.add(run, [Observation(protocol="html", payload=bytes([n]) * 9_000) for n in range(20)])
    return path.read_bytes()


@pytest.mark.parametrize("length", [1, 99, 100, 511, 4095, 4097, 20_000])
def test_a_file_that_was_cut_off_is_an_error_and_left_as_it_was(
    path: Path, whole: bytes, length: int
) -> None:
    path.write_bytes(whole[:length])
    refused(path, "the file is damaged|the file is no SQLite database|is not an inventory")


def test_a_header_of_which_any_bit_flipped_is_an_error_or_means_no_harm(path: Path, whole: bytes) -> None:
    for place in range(100):
        for bit in (1, 0x80):
            damaged = bytearray(whole)
            damaged[place] ^= bit
            path.write_bytes(damaged)
            try:
                with open_inventory(path, create=False) as inventory:
                    assert len(inventory.runs()) == 1, f"byte {place}"
            except CamcensusError as error:
                assert error.why, f"byte {place}"
                assert path.read_bytes() == bytes(damaged), (
                    f"byte {place}: an error, and the file was changed"
                )


def test_to_look_into_an_empty_file_is_no_census_of_nothing(tmp_path: Path) -> None:
    (path := tmp_path / "cut-off.db").touch()
    with pytest.raises(CamcensusError, match="the file is empty"):
        open_inventory(path, create=False)
    assert path.read_bytes() == b""


def test_a_folder_is_no_inventory(tmp_path: Path) -> None:
    refused(tmp_path, "cannot be used; it cannot be opened")


@pytest.mark.parametrize("pragma", ["application_id = 1", "user_version = 2"])
def test_a_database_that_only_looks_like_one_is_refused(tmp_path: Path, pragma: str) -> None:
    path = tmp_path / "other.db"
    with plain(path) as other:
        other.execute(f"PRAGMA {pragma}")
        other.execute("CREATE TABLE devices (id)")
        other.commit()
    refused(path, "is not an inventory of camcensus")


def test_there_is_a_stored_file_of_each_earlier_version() -> None:
    assert {file.name for file in VERSIONS.glob("*.db.xz")} == {f"{n}.db.xz" for n in range(1, len(STEPS))}
