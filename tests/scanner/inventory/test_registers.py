"""Registers beside the network: what is one unit is matched, what leaves a choice waits for a person."""

from __future__ import annotations

import pytest

from scanner.errors import CamcensusError
from scanner.identifiers import Identifier
from scanner.inventory import Inventory, RunSettings, Seen, places, registers
from scanner.model import Identification
from scanner.registers.entries import Entry, Reading

MODEL = "DS-2CD2143G0-I"


@pytest.fixture
def cameras(inventory: Inventory) -> list[str]:
    """Three cameras, C12345671 to C12345673, at 10.20.0.1 to .3."""
    run = inventory.begin_run(RunSettings())
    seen = []
    for n in (1, 2, 3):
        mac, serial = f"44:19:b6:00:00:0{n}", f"{MODEL}20190312AAWRC1234567{n}"
        it = Identification(
            address=f"10.20.0.{n}", mac=mac, maker="hikvision", category="camera", model=MODEL, serial=serial,
        )  # fmt: skip
        known = (Identifier("serial", f"hikvision c1234567{n}"), Identifier("mac", mac))
        seen.append(Seen(it, identifiers=known))
    return inventory.record(run, seen)


def take_in(inventory: Inventory, *rows: dict[str, str], name: str = "cameras") -> Reading:
    entries = [Entry(None, number, row) for number, row in enumerate(rows, 2)]
    reading = Reading(entries, [], [], len(rows), ["by hand"])
    inventory.change(registers.take_in, "jo", name, f"{name}.csv", reading)
    return reading


def lists(inventory: Inventory) -> dict[str, list[str]]:
    """The four lists: rows as they are named, devices where there is no row."""
    found: dict[str, list[str]] = {}
    for line in inventory.ask(registers.reconcile).lines:
        found.setdefault(line.list, []).append(line.row or line.device or "")
    return found


def matches(inventory: Inventory) -> dict[str, tuple[str | None, str | None]]:
    found = inventory.ask(registers.reconcile).lines
    return {line.row: (line.device, line.rule) for line in found if line.row}


def test_each_rule_finds_its_device_and_what_is_left_stands_in_its_list(
    inventory: Inventory, cameras: list[str]
) -> None:
    take_in(
        inventory,
        {"serial": "c12345671", "mac": "44:19:b6:00:00:01"},
        {"mac": "44:19:b6:00:00:02"},
        {"serial": "C99999999"},
    )
    one, two, three = cameras
    assert matches(inventory) == {
        "cameras:2": (one, "serial"), "cameras:3": (two, "mac"), "cameras:4": (None, None),
    }  # fmt: skip
    assert lists(inventory) == {
        "matched": ["cameras:2", "cameras:3"], "not-seen": ["cameras:4"], "not-in-register": [three],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("row", "found"),
    [
        ({"address": "10.20.0.1", "model": "Hikvision DS-2CD2143G0-I (2.8mm)"}, True),
        ({"address": "10.20.0.1", "name": f"Kamera {MODEL}"}, True),
        ({"address": "10.20.0.1"}, False),
        ({"address": "10.20.0.1", "model": "DS-2CD2085FWD-I"}, False),
        ({"address": "10.20.0.1", "model": MODEL, "serial": "C99999999"}, False),
        ({"address": "10.20.0.1", "model": MODEL, "mac": "44:19:b6:00:00:99"}, False),
        ({"address": "10.20.0.9", "model": MODEL}, False),
        ({"serial": f"{MODEL}20190312AAWRC12345671"}, True),
        ({"serial": "ANOTHER20200101CCRRC12345671"}, True),
        ({"serial": "12345671"}, False),
        ({"serial": "000000000"}, False),
    ],
)  # fmt: skip
def test_an_address_counts_only_with_the_model_and_nothing_against_it(
    inventory: Inventory, cameras: list[str], row: dict[str, str], found: bool
) -> None:
    take_in(inventory, row)
    assert (matches(inventory)["cameras:2"][0] == cameras[0]) is found


@pytest.mark.parametrize(
    ("rows", "why"),
    [
        ([{"serial": "C12345671", "mac": "44:19:b6:00:00:02"}], "its serial is that of"),
        ([{"serial": "C99999999", "mac": "44:19:b6:00:00:02"}], "whose serial number is"),
        (
            [{"serial": "C12345671", "asset": "A1"}, {"serial": "C12345671", "asset": "A2"}],
            "but so may cameras:3",
        ),
        ([{"address": "10.20.0.1", "asset": "A1"}], "and no model says whether it is"),
    ],
)
def test_what_contradicts_itself_waits_for_a_person_and_gives_nothing_to_a_device(
    inventory: Inventory, cameras: list[str], rows: list[dict[str, str]], why: str
) -> None:
    take_in(inventory, *({**row, "owner": "ACME"} for row in rows))
    lines = [line for line in inventory.ask(registers.reconcile).lines if line.list == "for-a-person"]
    assert len(lines) == len(rows) and why in lines[0].why
    assert all(inventory.device(one).owner is None for one in cameras)


@pytest.mark.parametrize("against", [{"model": "DS-2CD9999"}, {"mac": "44:19:b6:00:00:09"}, {"site": "york"}])
def test_a_row_at_an_address_where_something_else_stands_was_not_seen(
    inventory: Inventory, cameras: list[str], against: dict[str, str]
) -> None:
    for site in ("york", "leeds"):
        inventory.change(places.add_site, "jo", site)
    inventory.change(places.assign, "jo", cameras, {"site": "leeds"})
    take_in(inventory, {"address": "10.20.0.1"} | against)
    assert lists(inventory)["not-seen"] == ["cameras:2"]


def test_a_person_decides_and_may_take_it_back_and_a_later_import_keeps_it(
    inventory: Inventory, cameras: list[str]
) -> None:
    rows = ({"asset": "A1", "owner": "ACME"}, {"serial": "C12345672"})
    take_in(inventory, *rows)
    inventory.change(registers.decide, "kim", "A1", cameras[0], "read the label")
    inventory.change(registers.decide, "kim", "cameras:3", None, "sold")
    take_in(inventory, {"serial": "C99999999"}, *rows)
    assert matches(inventory)["cameras:3"] == (cameras[0], "person")
    assert matches(inventory)["cameras:4"] == (None, "person")
    assert inventory.device(cameras[0]).owner == "ACME"
    inventory.change(registers.undecide, "kim", "A1")
    assert matches(inventory)["cameras:3"] == (None, None) and inventory.device(cameras[0]).owner is None
    with pytest.raises(CamcensusError, match="nobody decided"):
        inventory.change(registers.undecide, "kim", "A1")


def test_a_match_gives_place_and_owner_below_what_a_person_says(
    inventory: Inventory, cameras: list[str]
) -> None:
    inventory.change(places.add_site, "jo", "hq")
    inventory.change(places.assign, "kim", [cameras[0]], {"room": "8"})
    said = {
        "serial": "C12345671",
        "site": "HQ",
        "room": "7",
        "owner": "ACME",
        "lease": "2027",
        "contract": "K1",
    }
    take_in(inventory, said | {"asset": "A1"})
    it = inventory.device(cameras[0])
    assert (it.site, it.room, it.owner, it.lease, it.contract, it.asset) == (
        "hq",
        "8",
        "ACME",
        "2027",
        "K1",
        "A1",
    )
    inventory.change(registers.remove, "jo", "cameras")
    it = inventory.device(cameras[0])
    assert (it.site, it.room, it.owner, it.asset) == (None, "8", None, None)


def test_a_row_of_an_unknown_site_is_rejected_and_the_others_are_kept(
    inventory: Inventory, cameras: list[str]
) -> None:
    reading = take_in(inventory, {"serial": "C12345671", "site": "nowhere"}, {"serial": "C12345672"})
    assert [one.row for one in reading.entries] == [3]
    assert "camcensus sites add nowhere" in str(reading.rejected[0])


def test_an_asset_number_that_one_register_explains_is_understood_in_another(
    inventory: Inventory, cameras: list[str]
) -> None:
    take_in(inventory, {"asset": "A1", "serial": "C12345671"})
    take_in(inventory, {"asset": "a1", "switch": "sw1", "switch_port": "7"}, name="cables")
    assert matches(inventory)["cables:2"] == (cameras[0], "asset")
    assert inventory.device(cameras[0]).switch_port == "7"


def test_a_cable_plan_says_where_a_port_is_and_so_where_its_device_is(
    inventory: Inventory, cameras: list[str]
) -> None:
    take_in(inventory, {"switch": "SW1", "switch_port": "7", "building": "A", "room": "1.07"}, name="cables")
    inventory.change(places.assign, "kim", [cameras[0]], {"switch": "sw1", "switch_port": "7"})
    it = inventory.device(cameras[0])
    assert (it.building, it.room) == ("A", "1.07")
    assert inventory.ask(registers.reconcile).ports == 1


def test_registers_that_contradict_each_other_say_nothing_of_that(
    inventory: Inventory, cameras: list[str]
) -> None:
    take_in(inventory, {"serial": "C12345671", "room": "1", "owner": "ACME"})
    take_in(inventory, {"serial": "C12345671", "room": "2", "owner": "ACME"}, name="other")
    it = inventory.device(cameras[0])
    assert (it.room, it.owner) == (None, "ACME")


def test_a_match_follows_a_device_into_the_one_that_it_was_merged_into(
    inventory: Inventory, cameras: list[str]
) -> None:
    take_in(inventory, {"asset": "A1", "owner": "ACME"})
    inventory.change(registers.decide, "kim", "A1", cameras[1], "")
    kept = inventory.merge(cameras[0], cameras[1], by="kim", why="two ports")
    assert inventory.device(kept).owner == "ACME"
    inventory.change(registers.rematch, "kim")
    assert inventory.device(kept).owner == "ACME"
