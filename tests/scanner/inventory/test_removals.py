"""Removals: records that are never changed, by hand and in bulk, and the plan that follows them."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from scanner.cli import camcensus
from scanner.errors import CamcensusError
from scanner.evidence.removals import LARGEST, Removal, Taken, gone_since, harmless_name, moment
from scanner.identifiers import Identifier
from scanner.inventory import Inventory, RunSettings, Seen, log, open_inventory, plan_items, removals
from scanner.inventory.removals import File
from scanner.model import Identification
from tests.scanner.inventory.logged import faults

NOW = datetime(2026, 3, 9, 12, tzinfo=UTC)
TAKEN = Taken(
    at="2026-03-02", removed_by="A. Fitter", witness="C. Porter", disposal="destroyed", media="destroy"
)
PHOTO = File("../../etc/label\x1b[2J<b>.jpg", "label", b"\xff\xd8 a photograph")


@pytest.fixture
def devices(path: Path, inventory: Inventory) -> list[str]:
    """Five cameras, 10.20.0.1 to 10.20.0.5."""
    run = inventory.begin_run(RunSettings())
    seen = [
        Seen(
            Identification(address=f"10.20.0.{n}", serial=f"C1234567{n}", maker="hikvision", confidence="confirmed"),
            (), "on-link", (Identifier("serial", f"hikvision C1234567{n}"),),
        )
        for n in range(1, 6)
    ]  # fmt: skip
    return inventory.record(run, seen)


def called(path: Path, *arguments: str) -> Result:
    result = CliRunner().invoke(camcensus, ["removal", *arguments, "--inventory", str(path)])
    if isinstance(result.exception, CamcensusError):
        raise result.exception
    return result


def recorded(inventory: Inventory, device: str, taken: Taken = TAKEN, *files: File) -> Removal:
    return inventory.change(removals.record, "jo", device, taken, files)


# Records


def test_a_record_keeps_what_was_said_what_was_known_and_what_was_attached(
    inventory: Inventory, devices: list[str], path: Path
) -> None:
    made = recorded(inventory, devices[0], TAKEN, PHOTO)
    (kept,) = inventory.ask(removals.removals)
    assert kept == made and kept.by == "jo" and kept.witness == "C. Porter"
    assert (kept.unit["serial"], kept.unit["address"]) == ("C12345671", "10.20.0.1")
    (photo,) = kept.attachments
    assert (photo.name, photo.role) == ("label_[2J_b_.jpg".replace("[", "_"), "label")
    assert photo.sha256 == sha256(PHOTO.content).hexdigest()
    assert inventory.ask(removals.attached, photo.sha256) == PHOTO.content
    assert [fault for fault in faults(path) if fault.kind != "unbound"] == []


def test_the_same_photograph_is_kept_once(inventory: Inventory, devices: list[str]) -> None:
    for device in devices[:2]:
        recorded(inventory, device, TAKEN, PHOTO, PHOTO)
    assert inventory._query("SELECT count(*) AS n FROM attachments") == [{"n": 1}]


def test_to_undo_is_another_record_and_the_device_may_then_be_removed_again(
    inventory: Inventory, devices: list[str]
) -> None:
    first = recorded(inventory, devices[0])
    with pytest.raises(CamcensusError, match="is recorded as removed already; by r"):
        recorded(inventory, devices[0])
    undone = inventory.change(removals.undo, "sam", first.id, "the wrong camera")
    assert inventory.ask(removals.standing, devices[0]) is None
    again = recorded(inventory, devices[0])
    assert inventory.ask(removals.removals) == [first, undone, again]
    assert inventory.ask(removals.all_standing) == {devices[0]: again}
    for record, why in ((first, "did that already"), (undone, "takes back another record itself")):
        with pytest.raises(CamcensusError, match=why):
            inventory.change(removals.undo, "sam", record.id, "again")
    with pytest.raises(CamcensusError, match="why is it undone"):
        inventory.change(removals.undo, "sam", again.id, " ")


def test_the_record_of_a_device_that_was_merged_is_that_of_the_other(
    inventory: Inventory, devices: list[str]
) -> None:
    made = recorded(inventory, devices[0])
    left = inventory.merge(devices[0], devices[1], by="jo", why="one unit")
    assert inventory.ask(removals.standing, left) == made


@pytest.mark.parametrize(
    ("taken", "files", "why"),
    [
        (Taken(at="2026-03-02", note="x" * 2_001), (), "note has more than 2,000 characters"),
        (TAKEN, (File("a.jpg", "label", b"x" * (LARGEST + 1)),), "more than 16 MB"),
        (TAKEN, (File("a.jpg", "label", b""),), "it is empty"),
        (TAKEN, (PHOTO,) * 51, "more than 50 attachments"),
    ],
)
def test_what_cannot_be_kept_is_refused_and_leaves_nothing(
    inventory: Inventory, devices: list[str], taken: Taken, files: tuple[File, ...], why: str
) -> None:
    before = inventory.ask(log.head_of)
    with pytest.raises(CamcensusError, match=why):
        recorded(inventory, devices[0], taken, *files)
    assert inventory.ask(log.head_of) == before
    assert inventory._query("SELECT count(*) AS n FROM attachments") == [{"n": 0}]


def test_a_day_is_over_when_it_is_over_everywhere() -> None:
    assert gone_since("2026-03-02") == datetime(2026, 3, 3, 12, tzinfo=UTC)
    assert gone_since("2026-03-02T14:30:00Z") == datetime(2026, 3, 2, 14, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("2026-03-09", "2026-03-09"),
        ("2026-03-02T14:30+01:00", "2026-03-02T13:30:00Z"),
        (" 2026-03-10 ", "2026-03-10"),
    ],
)
def test_times_are_kept_as_they_were_meant(said: str, kept: str) -> None:
    assert moment(said, NOW) == kept


@pytest.mark.parametrize(
    "said", ["2026-03-11", "2026-03-09T12:10:00+00:00", "yesterday", "", "02/03/2026", "2026-13-01"]
)
def test_what_is_no_time_or_is_still_to_come_is_refused(said: str) -> None:
    with pytest.raises(ValueError, match=r"is no day such as|is not over yet"):
        moment(said, NOW)


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("C:\\photos\\a.jpg", "a.jpg"), ("/etc/passwd", "passwd"), ("..", "attachment"), ("", "attachment"),
        ("a\nb.jpg", "a_b.jpg"), (".htaccess", "htaccess"), ("photo.jpg ", "photo.jpg"),
        ("x" * 300 + ".jpeg", "x" * 89 + ".jpeg"), ("Prüfung 1.pdf", "Prüfung 1.pdf"), ("\u202egpj.exe", "_gpj.exe"),
    ],
)  # fmt: skip
def test_names_of_attachments_are_harmless(name: str, kept: str) -> None:
    assert harmless_name(name) == kept


# The plan


WAYS = {
    # to a state  by way of, after confirmed
    "found":     ("found",),
    "confirmed": (),
    "kept":      ("kept",),
    "planned":   ("planned",),
    "ordered":   ("planned", "ordered"),
    "installed": ("planned", "ordered", "installed"),
}  # fmt: skip


@pytest.mark.parametrize("state", WAYS)
def test_the_plan_follows_a_removal_and_goes_back_when_it_is_undone(
    inventory: Inventory, devices: list[str], state: str
) -> None:
    (device, *_) = devices
    inventory.change(plan_items.build, "jo", [plan_items.Priced(device, 50, (), "confirmed")])
    for step in WAYS[state]:
        done = inventory.change(plan_items.edit, "jo", [plan_items.Edit(device, {"state": step}, why="so")])
        assert not done.refused
    made = recorded(inventory, device, Taken(at="2026-03-02"))
    (item,) = inventory.ask(plan_items.items)
    assert (item.state, str(item.removed_on)) == ("removed", "2026-03-02")
    inventory.change(removals.undo, "jo", made.id, "it hangs there still")
    (item,) = inventory.ask(plan_items.items)
    assert item.state == ("planned" if state in ("found", "confirmed", "kept") else state)
    assert item.removed_on is None


def test_a_device_that_is_not_in_the_plan_is_removed_without_one(
    inventory: Inventory, devices: list[str]
) -> None:
    recorded(inventory, devices[0])
    assert inventory.ask(plan_items.items) == []


# The command


def test_a_removal_is_recorded_listed_shown_and_undone(
    path: Path, inventory: Inventory, devices: list[str], tmp_path: Path
) -> None:
    (tmp_path / "label.jpg").write_bytes(b"\xff\xd8 label")
    words = ["--at", "2026-03-02T14:30:00+00:00", "--removed-by", "\x1b[1mFitter", "--disposal", "stored"]
    words += ["--replacement", "10.20.0.2", "--attach", f"label={tmp_path / 'label.jpg'}"]
    made = called(path, "record", "10.20.0.1", *words)
    id = made.stdout.strip()
    shown = called(path, "show", "10.20.0.1").stdout
    assert "\x1b" not in shown.replace("\x1b[1m", "").replace("\x1b[0m", "") and "\\e[1mFitter" in shown
    assert devices[1] in shown and "label.jpg  8 bytes  sha256" in shown and "C12345671" in shown
    listed = json.loads(called(path, "list", "--format", "jsonl").stdout)
    assert listed["id"] == id and listed["at"] == "2026-03-02T14:30:00Z"
    out = tmp_path / "out"
    assert (
        json.loads(called(path, "show", id, "--json", "--files", str(out)).stdout)["replacement"]
        == devices[1]
    )
    (file,) = out.iterdir()
    assert file.read_bytes() == b"\xff\xd8 label" and file.name.startswith(
        sha256(b"\xff\xd8 label").hexdigest()
    )
    called(path, "undo", id, "--why", "wrong one")
    assert called(path, "list", "--format", "csv").stdout.count("\n") == 1
    assert called(path, "list", "--all", "--format", "csv").stdout.count("\n") == 3


TABLE = """Device;Serial no;Removed on;Removed by;Disposal;Media;Attachments
;C12345671;2026-03-02;A. Fitter;destroyed;Not applicable;label=photos/a.jpg; after=photos/b.jpg
10.20.0.2;;2026-03-02;A. Fitter;stored;;
;C99999999;2026-03-02;A. Fitter;stored;;
;C12345673;02/03/2026;A. Fitter;thrown away;;
;C12345674;2026-03-02;A. Fitter;stored;;../../secret.jpg
;C12345671;2026-03-03;Somebody else;stored;;
;C12345675;;A. Fitter;stored;;
"""


def test_good_rows_are_recorded_and_the_others_are_named(
    path: Path, inventory: Inventory, devices: list[str], tmp_path: Path
) -> None:
    (folder := tmp_path / "in" / "photos").mkdir(parents=True)
    for name in ("a.jpg", "b.jpg"):
        (folder / name).write_bytes(name.encode())
    (tmp_path / "secret.jpg").write_bytes(b"not beside the file")
    lines = (
        TABLE.replace("10.20.0.2;;", ";C12345672;")
        .replace("b.jpg\n", 'b.jpg"\n')
        .replace(";label=", ';"label=')
    )
    (file := tmp_path / "in" / "removed.csv").write_text(lines)
    with pytest.raises(CamcensusError, match="2 removals were recorded, 5 rows were not") as raised:
        called(path, "import", str(file))
    assert raised.value.exit_status == 3
    standing = inventory.ask(removals.all_standing)
    assert set(standing) == {devices[0], devices[1]}
    assert [one.role for one in standing[devices[0]].attachments] == ["label", "after"]
    result = CliRunner().invoke(camcensus, ["removal", "import", str(file), "--inventory", str(path)])
    said = result.stderr
    for text in (
        "row 4, column Device: no device has serial C99999999",
        "row 5, column Removed on: '02/03/2026' is no day",
        "row 5, column Disposal: 'thrown away' is none of returned, destroyed, stored, resold",
        "row 6, column Attachments: '../../secret.jpg' is not in the folder of the file",
        "is recorded as removed already",
        "row 8, column Removed on: it does not say when the device was removed",
        "7 rows: 0 kept, 7 rejected",
    ):
        assert text in said, said
    assert len(inventory.ask(removals.removals)) == 2


def test_a_row_that_names_two_devices_is_for_a_person(inventory: Inventory, devices: list[str]) -> None:
    with pytest.raises(CamcensusError, match="it names several devices"):
        inventory.ask(removals.named, {"serial": "C12345671", "address": "10.20.0.2"})


def test_recording_takes_the_time_of_now_by_default_from_nobody(
    path: Path, inventory: Inventory, devices: list[str]
) -> None:
    ahead = (datetime.now(UTC) + timedelta(days=3)).date().isoformat()
    with pytest.raises(CamcensusError, match="is not over yet"):
        called(path, "record", "10.20.0.1", "--at", ahead)
    with open_inventory(path) as again:
        assert again.ask(removals.removals) == []
