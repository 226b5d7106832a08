"""The append-only log: what is written to it, and what an entry proves."""

from __future__ import annotations

import multiprocessing
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

import msgspec
import pytest
from sqlite_utils import Database

from scanner.evidence.log import FIELDS, KINDS, SECRETS, Event, Head, problem_of, without
from scanner.evidence.seals import is_whole, leaf, leaf_digest
from scanner.inventory import Inventory, RunSettings, Seen, log, open_inventory, places
from scanner.inventory.retention import retain
from scanner.model import Identification
from tests.scanner.inventory.logged import MAC, NOW, entries, faults, kinds, two_weeks, week


@pytest.fixture
def kept(path: Path) -> Path:
    two_weeks(path)
    return path


# What is written


def test_what_happens_is_told_in_order(kept: Path) -> None:
    with open_inventory(kept) as inventory:
        assert kinds(inventory) == [
            "began", "run-begun", "device-found", "run-ended", "run-begun", "device-changed", "run-ended", "journal",
            "removal-recorded", "journal",
        ]  # fmt: skip
        every = entries(inventory)
        assert log.head(inventory) == Head(10, every[-1].hash)
        runs = {run.id for run in inventory.runs()}
        (device,) = inventory.devices()
    assert all(set(entry.subjects) <= {device.id, *runs} for entry in every if "removal" not in entry.kind)
    assert every[5].values["said"]["firmware"] == "V5.7.1"
    assert every[7].values == {
        "by": "Morgan", "cause": "person", "field": "room", "after": "2.14", "why": "seen there",
    }  # fmt: skip
    assert every[8].values["attachments"][0]["name"] == "label.jpg"
    assert all(entry.at.endswith("Z") and entry.kind in KINDS for entry in every)
    assert {name for entry in every for name in entry.fields} <= FIELDS.keys()
    assert faults(kept) == []


def test_a_run_that_hears_the_same_again_says_nothing_of_devices(inventory: Inventory) -> None:
    for number in (1, 2, 3):
        week(inventory, number)
    assert kinds(inventory).count("device-found") == 1
    assert "device-changed" not in kinds(inventory)


def test_merging_parting_and_new_fingerprints_are_told(inventory: Inventory, path: Path) -> None:
    week(inventory, 1)
    run = inventory.begin_run(RunSettings())
    inventory.record(run, [Seen(Identification(address="10.20.0.10", maker="dahua"), ())])
    one, other = (device.id for device in inventory.devices())
    kept = inventory.merge(one, other, by="jo", why="one unit")
    (gone,) = {one, other} - {kept}
    told = [entry for entry in log.entries(inventory, [gone]) if entry.kind.endswith(("merged", "gone"))]
    assert [entry.kind for entry in told] == ["devices-merged", "device-gone"]
    inventory.unmerge(gone, by="jo", why="it was not")
    back = [entry.kind for entry in log.entries(inventory, [gone], after=told[-1].seq)]
    assert sorted(back) == ["device-found", "device-split"]
    assert [entry.values["why"] for entry in log.entries(inventory, [gone]) if "why" in entry.values] == [
        "one unit", "it was not",
    ]  # fmt: skip
    assert [fault for fault in faults(path) if fault.kind != "unbound"] == []


def test_a_rehearsal_is_not_told(kept: Path) -> None:
    with open_inventory(kept) as inventory:
        before = log.head(inventory)
        (device,) = inventory.devices()
        inventory.change(places.assign, "jo", [device.id], {"room": "9.99"}, rehearsal=True)
        assert log.head(inventory) == before


def test_a_change_that_fails_leaves_no_entry(kept: Path) -> None:
    def half_done(db: Database, at: str, by: str) -> None:
        log.append(db, at, [Event("exported", (), {"what": "csv"})])
        raise ValueError("half done")

    with open_inventory(kept) as inventory:
        before = log.head(inventory)
        with pytest.raises(ValueError, match="half done"):
            inventory.change(half_done, "jo")
        assert log.head(inventory) == before


def test_fractions_have_no_place_in_the_log(inventory: Inventory) -> None:
    def half(db: Database, at: str, by: str) -> None:
        log.append(db, at, [Event("exported", (), {"rows": 0.5})])

    with pytest.raises(ValueError, match="not spelt alike"):
        inventory.change(half, "jo")


def append_many(path: Path, name: str) -> None:
    def one(db: Database, at: str, by: str, number: int) -> None:
        log.append(db, at, [Event("exported", (), {"what": by, "rows": number})])

    with open_inventory(path) as inventory:
        for number in range(100):
            inventory.change(one, name, number)


def test_two_processes_at_once_make_one_chain(path: Path) -> None:
    open_inventory(path).close()
    context = multiprocessing.get_context("spawn")
    both = [context.Process(target=append_many, args=(path, name)) for name in ("jo", "sam")]
    for process in both:
        process.start()
    for process in both:
        process.join(60)
    assert [process.exitcode for process in both] == [0, 0]
    with open_inventory(path) as inventory:
        assert log.head(inventory).seq == 201
    assert faults(path) == []


# What an entry proves


def test_what_is_kept_back_leaves_the_rest_proved(kept: Path) -> None:
    with open_inventory(kept) as inventory:
        for entry in log.entries(inventory):
            assert problem_of(entry) is None
            bare = without(entry, SECRETS)
            assert bare.digest == entry.digest and problem_of(bare) is None
            told = msgspec.json.encode(bare).decode()
            for secret in ("10.20.0", MAC, "Jolene", "Morgan", "Sam", "2.14", "C12345678", "label.jpg"):
                assert secret not in told, (entry.kind, secret)


def test_a_field_that_says_something_else_is_named(kept: Path) -> None:
    with open_inventory(kept) as inventory:
        entry = next(entry for entry in log.entries(inventory) if entry.kind == "device-found")
    salt, _ = entry.open["mac"]
    forged = msgspec.structs.replace(entry, open=entry.open | {"mac": (salt, "00:00:00:00:00:01")})
    assert problem_of(forged) == "its field mac is not what was written"
    assert (
        problem_of(msgspec.structs.replace(entry, at="2026-01-01T00:00:00Z")) == "it is not what was written"
    )


def test_a_seal_is_the_sha256_of_its_leaves_and_each_leaf_can_be_shown_alone(kept: Path) -> None:
    with open_inventory(kept) as inventory:
        run = inventory.runs()[0].id
        secret = inventory.ask(log.secret_of)
        heard = list(log.heard(inventory, run))
        ended = [entry for entry in log.entries(inventory, [run]) if entry.kind == "run-ended"]
    leaves = [leaf(one, secret) for one in heard]
    assert [one.digest for one in leaves] == [leaf_digest(one, secret) for one in heard]
    text = "".join(f"{one.digest}\n" for one in leaves).encode()
    assert ended[0].values["observations"] == {
        "count": 2, "last": heard[-1].id, "sha256": sha256(text).hexdigest(),
    }  # fmt: skip
    assert leaves[0].open["payload"][1] == sha256(b"2").hexdigest()
    assert all(is_whole(one) and is_whole(msgspec.structs.replace(one, open={})) for one in leaves)
    forged = msgspec.structs.replace(leaves[0], open={"where": leaves[1].open["where"]})
    assert not is_whole(forged)


def test_replies_that_were_let_go_are_still_bound(kept: Path) -> None:
    with open_inventory(kept) as inventory:
        run = inventory.runs()[1].id
        before = list(log.heard(inventory, run))
    assert retain(kept, NOW + timedelta(weeks=1, days=3), by="jo").runs == {run: 2}
    with open_inventory(kept) as inventory:
        assert list(log.heard(inventory, run)) == before
        last = list(log.entries(inventory, [run]))[-1]
        assert (last.values["cause"], last.values["before"]) == ("retention", "2")
    assert faults(kept) == []
