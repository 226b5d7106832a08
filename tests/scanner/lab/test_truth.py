"""A census is held against what the building is really made of."""

from __future__ import annotations

import msgspec

from scanner.lab.truth import Comparison, Expected, compare, expected_of
from scanner.lab.unit import load_units
from scanner.model import Identification

TRUTH = {unit.address: expected_of(unit) for unit in load_units("127.77.0.0/24")}
JUDGED = ("maker", "brand", "relabelled", "category", "model", "firmware", "serial")


def right(unit: Expected) -> Identification:
    told = {field: getattr(unit, field) for field in JUDGED}
    confidence = "none" if unit.maker is None else "confirmed"
    return msgspec.convert({"address": unit.address, "confidence": confidence, **told}, Identification)


def census(**changes: Identification | None) -> Comparison:
    """A perfect census of the building, but for the units named."""
    told = {unit.name.replace("-", "_"): right(unit) for unit in TRUTH.values()} | changes
    return compare(TRUTH, [it for it in told.values() if it is not None])


def at(name: str) -> Expected:
    return next(unit for unit in TRUTH.values() if unit.name == name)


def test_a_perfect_census_is_flawless() -> None:
    comparison = census()
    assert comparison.flawless and not comparison.unseen and not comparison.strangers
    assert len(comparison.found) == sum(unit.maker in {"hikvision", "dahua"} for unit in TRUTH.values())


def test_a_unit_that_was_not_seen_is_missed() -> None:
    assert census(till_1=None).missed == ("till-1",) and not census(till_1=None).flawless


def test_a_unit_whose_maker_stayed_unknown_is_missed() -> None:
    unknown = Identification(address=at("till-1").address)
    assert census(till_1=unknown).missed == ("till-1",)


def test_a_page_that_mentions_a_maker_and_is_taken_for_a_camera_is_accused() -> None:
    taken = Identification(address=at("shop-page").address, maker="hikvision", confidence="possible")
    assert census(shop_page=taken).accused == ("shop-page",) and not census(shop_page=taken).flawless


def test_the_wrong_maker_is_missed_and_wrong() -> None:
    swapped = Identification(address=at("till-1").address, maker="dahua", confidence="confirmed")
    comparison = census(till_1=swapped)
    assert comparison.missed == ("till-1",)
    assert [(each.field, each.got) for each in comparison.wrong] == [("maker", "dahua")]


def test_a_field_that_was_not_told_is_unseen_and_no_flaw() -> None:
    vague = msgspec.structs.replace(right(at("till-1")), firmware=None)
    assert [each.field for each in census(till_1=vague).unseen] == ["firmware"] and census(
        till_1=vague
    ).flawless


def test_what_a_unit_hides_is_not_judged() -> None:
    assert at("yard-ptz").serial is None and at("yard-ptz").relabelled is None
    assert at("till-1").relabelled is True and at("lobby-turret").relabelled is False


def test_a_unit_is_known_by_its_mac_its_stated_address_or_its_serial_number() -> None:
    unit = at("unpacked-yesterday")
    for key in ({"mac": unit.mac}, {"address": "192.168.1.64"}, {"serial": unit.serial}):
        told = msgspec.convert({"maker": "hikvision", "confidence": "confirmed", **key}, Identification)
        assert "unpacked-yesterday" in census(unpacked_yesterday=told).found


def test_one_unit_counted_twice_is_told() -> None:
    again = msgspec.structs.replace(right(at("till-1")), address=None, mac=at("till-1").mac)
    assert census(again=again).doubled == ("till-1",)


def test_somebody_who_is_not_of_the_building_is_a_stranger() -> None:
    assert census(somebody=Identification(address="127.9.9.9")).strangers == ("127.9.9.9",)
