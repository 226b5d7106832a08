"""One unit stays one device, whatever address it has and however little a run sees; two units stay two."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from scanner.identifiers import identifiers
from scanner.inventory import Inventory, RunSettings, Seen
from scanner.inventory.fold import fold
from scanner.model import Claim, Identification, Observation

DAY = timedelta(days=1)
FIRST = datetime(2026, 3, 1, 12, tzinfo=UTC)
MAC, OTHER_MAC = "44:19:b6:00:00:01", "44:19:b6:00:00:02"
SERIAL = "DS-2CD2385G1-I20200414AAWRE11094754"


def claim(attribute: str, value: str, fingerprint: str = "sadp") -> Claim:
    return Claim(fingerprint, attribute, value, "decisive", "sadp", value)


def hikvision(**known: Any) -> Identification:
    return Identification(
        **{"address": "10.20.0.9", "maker": "hikvision", "maker_name": "Hikvision", "confidence": "confirmed"} | known
    )  # fmt: skip


def found(it: Identification, *rows: int) -> Seen:
    return Seen(it, rows, "on-link", identifiers(it))


class Census:
    """Runs one after the other, a day apart, each given as what it identified."""

    def __init__(self, inventory: Inventory) -> None:
        self.inventory, self.day = inventory, 0

    def run(self, *seen: Identification, at: datetime | None = None) -> list[str]:
        run = self.inventory.begin_run(RunSettings())
        when = at or FIRST + self.day * DAY
        self.day += 1
        replies = [
            Observation(protocol="sadp", payload=b"%d" % n, observed_at=when) for n in range(len(seen))
        ]
        self.inventory.add(run, replies)
        rows = [row for row, _ in self.inventory.observations(run)]
        return self.inventory.record(run, [found(one, row) for one, row in zip(seen, rows, strict=True)])


@pytest.fixture
def census(inventory: Inventory) -> Census:
    return Census(inventory)


def file(inventory: Inventory, run: str, seen: Identification, *rows: int) -> str:
    (device,) = inventory.record(run, [found(seen, *rows)])
    return device


# One device


def test_a_unit_that_moved_is_known_by_its_mac_address(census: Census) -> None:
    (before,), (after,) = census.run(hikvision(mac=MAC)), census.run(hikvision(mac=MAC, address="10.20.0.77"))
    assert before == after
    assert [seen.address for seen in census.inventory.sightings(before)] == ["10.20.0.9", "10.20.0.77"]
    assert census.inventory.device(before).address == "10.20.0.77"


def test_a_unit_that_moved_behind_a_router_is_known_by_its_serial(census: Census) -> None:
    (before,) = census.run(hikvision(mac=MAC, serial=SERIAL))
    (after,) = census.run(hikvision(serial=SERIAL, address="10.30.0.5"))
    assert before == after


def test_a_recorder_with_two_network_ports_is_one_device_by_either_of_them(census: Census) -> None:
    (one,) = census.run(hikvision(mac=MAC, serial=SERIAL))
    (two,) = census.run(hikvision(mac=OTHER_MAC, serial=SERIAL, address="10.30.0.5"))
    (three,) = census.run(hikvision(mac=MAC, maker=None))
    assert one == two == three


def test_a_unit_without_mac_or_serial_is_known_by_its_address(census: Census) -> None:
    assert census.run(hikvision()) == census.run(hikvision())


def test_a_serial_given_in_full_or_by_its_tail_is_the_same_unit(census: Census) -> None:
    (full,), (tail,) = census.run(hikvision(serial=SERIAL)), census.run(hikvision(serial="E11094754"))
    assert full == tail
    assert census.inventory.device(full).serial == SERIAL


def test_two_groups_of_replies_with_one_serial_are_one_device_with_the_facts_of_both(census: Census) -> None:
    one, two = census.run(
        hikvision(serial=SERIAL, model="DS-2CD2385G1-I"), hikvision(serial=SERIAL, firmware="V5.6.2")
    )
    assert one == two
    device = census.inventory.device(one)
    assert (device.model, device.firmware) == ("DS-2CD2385G1-I", "V5.6.2")


def test_a_first_guess_at_the_maker_leaves_no_ghost_when_a_later_run_knows_better(census: Census) -> None:
    (guessed,) = census.run(hikvision(confidence="possible"))
    uniview = Identification(address="10.20.0.9", maker="other", maker_name="Uniview", confidence="confirmed")
    assert census.run(uniview) == [guessed]
    assert [device.maker for device in census.inventory.devices()] == ["other"]


# Two devices


def test_a_new_unit_at_the_address_of_an_old_one_is_another_device(census: Census) -> None:
    (old,), (new,) = census.run(hikvision(mac=MAC)), census.run(hikvision(mac=OTHER_MAC))
    assert old != new
    assert census.inventory.device(old).mac == MAC


def test_the_unit_of_another_maker_at_an_address_is_another_device(census: Census) -> None:
    (old,) = census.run(hikvision())
    (new,) = census.run(hikvision(maker="dahua", maker_name="Dahua"))
    assert old != new and len(census.inventory.devices()) == 2


def test_units_that_share_their_factory_address_stay_apart_in_every_run(census: Census) -> None:
    twins = [hikvision(address="192.168.1.64"), hikvision(address="192.168.1.64")]
    first, again = census.run(*twins), census.run(*twins)
    assert len(set(first)) == 2 and set(first) == set(again)


@pytest.mark.parametrize("serial", ["1234", "000000000000", "FFFFFFFF"])
def test_a_serial_that_many_units_share_joins_nobody(census: Census, serial: str) -> None:
    units = [hikvision(address=f"10.20.0.{n}", serial=serial) for n in range(3)]
    assert len(set(census.run(*units))) == 3


def test_a_mac_address_that_says_nothing_joins_nobody(census: Census) -> None:
    units = [hikvision(address=f"10.20.0.{n}", mac="00:00:00:00:00:00") for n in range(3)]
    assert len(set(census.run(*units))) == 3


def test_one_serial_at_two_makers_is_two_devices(census: Census) -> None:
    (one,) = census.run(hikvision(serial="AB1234567"))
    (two,) = census.run(
        Identification(address="10.20.0.10", maker="other", maker_name="Axis", serial="AB1234567")
    )
    assert one != two


# What is known of a device


def test_a_run_that_saw_less_takes_nothing_away(census: Census) -> None:
    full = hikvision(
        mac=MAC, brand="LTS", relabelled=True, category="nvr", model="LTN8916", firmware="V4.1", serial="LTN12345678",
        covered=("us-ndaa-889",), evidence=(claim("maker", "hikvision"), claim("model", "LTN8916")),
    )  # fmt: skip
    block = claim("maker", "hikvision", "address-block")
    (device,) = census.run(full)
    census.run(hikvision(mac=MAC, confidence="possible", evidence=(block,)))
    now = census.inventory.device(device)
    assert {field: getattr(now, field) for field in full.__struct_fields__ if field != "evidence"} == {
        field: getattr(full, field) for field in full.__struct_fields__ if field != "evidence"
    }
    assert set(now.evidence) == {block, *full.evidence}


def test_a_firmware_upgrade_is_seen(census: Census) -> None:
    (device,) = census.run(hikvision(mac=MAC, firmware="V5.5.0", evidence=(claim("firmware", "V5.5.0"),)))
    census.run(hikvision(mac=MAC, firmware="V5.7.3", evidence=(claim("firmware", "V5.7.3"),)))
    now = census.inventory.device(device)
    assert now.firmware == "V5.7.3" and now.evidence == (claim("firmware", "V5.7.3"),)


def test_an_old_recording_imported_late_does_not_undo_what_is_known(census: Census) -> None:
    (device,) = census.run(hikvision(mac=MAC, firmware="V5.7.3"))
    census.run(hikvision(mac=MAC, firmware="V5.5.0", address="10.1.1.1"), at=FIRST - 300 * DAY)
    now = census.inventory.device(device)
    assert (now.firmware, now.address) == ("V5.7.3", "10.20.0.9")
    assert (now.first_seen, now.last_seen) == (FIRST - 300 * DAY, FIRST)


def test_runs_that_disagree_on_the_maker_are_a_conflict_for_a_person() -> None:
    other = Identification(maker="other", maker_name="Uniview", confidence="probable", model="IPC322")
    told = fold([hikvision(model="DS-2CD2385G1"), other])
    assert (told.maker, told.model) == ("hikvision", "DS-2CD2385G1")  # the surer one stands, whole
    assert told.conflicts == ("runs disagree on who made it: Hikvision (confirmed), Uniview (probable)",)


def test_a_mere_address_block_is_no_conflict_with_what_the_unit_itself_says() -> None:
    block = hikvision(confidence="possible")
    said = Identification(maker="other", maker_name="Uniview", confidence="confirmed")
    assert fold([block, said]).maker == fold([said, block]).maker == "other"
    assert fold([block, said]).conflicts == fold([said, block]).conflicts == ()


def test_a_conflict_stays_until_a_run_that_saw_as_well_no_longer_has_it() -> None:
    doubtful = hikvision(conflicts=("two models",))
    assert fold([doubtful, hikvision(confidence="possible")]).conflicts == ("two models",)
    assert fold([doubtful, hikvision()]).conflicts == ()


# Recording while a run goes on


def test_recording_again_doubles_nothing(inventory: Inventory, run: str) -> None:
    inventory.add(run, [Observation(protocol="http", payload=b"%d" % n, observed_at=FIRST) for n in range(4)])
    rows = [row for row, _ in inventory.observations(run)]
    seen = [found(hikvision(address="192.168.1.64"), row) for row in rows]
    first = inventory.record(run, seen)
    known = inventory.devices()
    assert inventory.record(run, seen) == first
    assert inventory.devices() == known and len(known) == 4
    assert [len(inventory.sightings(device)) for device in first] == [1, 1, 1, 1]


def test_a_device_of_which_more_is_learnt_in_a_run_stays_the_same_and_is_said_anew(
    inventory: Inventory, run: str
) -> None:
    inventory.add(
        run, [Observation(protocol="mac", payload=b"a"), Observation(protocol="http", payload=b"b")]
    )
    one, two = (row for row, _ in inventory.observations(run))
    early = file(inventory, run, hikvision(confidence="possible"), one)
    uniview = Identification(address="10.20.0.9", maker="other", maker_name="Uniview", confidence="confirmed")
    assert file(inventory, run, uniview, one, two) == early
    assert inventory.identifications(early) == [(run, uniview)]
    assert inventory.device(early).maker == "other"


def test_two_devices_that_turn_out_to_be_one_become_one(inventory: Inventory, run: str) -> None:
    inventory.add(
        run, [Observation(protocol="http", payload=b"a"), Observation(protocol="sadp", payload=b"b")]
    )
    one, two = (row for row, _ in inventory.observations(run))
    web = file(inventory, run, hikvision(), one)
    group = file(inventory, run, hikvision(address="192.168.1.64", mac=MAC), two)
    assert web != group
    whole = file(inventory, run, hikvision(mac=MAC), one, two)
    assert [device.id for device in inventory.devices()] == [whole]
    assert {row for row, _ in inventory.observations(device=whole)} == {one, two}


def test_one_device_that_turns_out_to_be_two_becomes_two(inventory: Inventory, run: str) -> None:
    inventory.add(
        run, [Observation(protocol="http", payload=b"a"), Observation(protocol="sadp", payload=b"b")]
    )
    one, two = (row for row, _ in inventory.observations(run))
    file(inventory, run, hikvision(evidence=(claim("model", "b"),)), one, two)
    devices = inventory.record(run, [found(hikvision(maker=None), one), found(hikvision(mac=MAC), two)])
    assert len(set(devices)) == 2
    assert [inventory.identifications(device) for device in devices] == [
        [(run, hikvision(maker=None))],
        [(run, hikvision(mac=MAC))],
    ]


def test_the_unit_of_an_earlier_run_survives_when_its_replies_of_this_run_are_filed_elsewhere(
    inventory: Inventory, census: Census
) -> None:
    (moved,) = census.run(hikvision(mac=MAC, address="10.20.0.50"))
    (old,) = census.run(hikvision(model="DS-1"))
    run = inventory.begin_run(RunSettings())
    inventory.add(run, [Observation(protocol="http", payload=b"a", observed_at=FIRST + 9 * DAY)])
    ((row, _),) = inventory.observations(run)
    assert file(inventory, run, hikvision(), row) == old
    assert file(inventory, run, hikvision(mac=MAC), row) == moved
    assert inventory.device(old).last_run != run and len(inventory.sightings(old)) == 1


def test_units_that_share_their_factory_address_stay_apart_though_found_one_after_the_other(
    inventory: Inventory, run: str
) -> None:
    inventory.add(
        run, [Observation(protocol="http", payload=b"a"), Observation(protocol="http", payload=b"b")]
    )
    one, two = (row for row, _ in inventory.observations(run))
    factory = hikvision(address="192.168.1.64")
    assert file(inventory, run, factory, one) != file(inventory, run, factory, two)


# Asking for devices


@pytest.fixture
def building(census: Census) -> Inventory:
    census.run(
        hikvision(address="10.20.0.100", brand="LTS", relabelled=True, model="LTN8916", covered=("us-ndaa-889",)),
        hikvision(address="10.20.0.9", confidence="possible"),
        Identification(address="fd00::1", maker="dahua", maker_name="Dahua", confidence="probable", serial="4K01%4"),
        Identification(address=None, mac=MAC, maker="other", maker_name="Axis", brand="AXIS", confidence="confirmed"),
    )  # fmt: skip
    return census.inventory


def test_devices_come_in_the_order_of_their_addresses_as_numbers(building: Inventory) -> None:
    assert [device.address for device in building.devices()] == ["10.20.0.9", "10.20.0.100", "fd00::1", None]


@pytest.mark.parametrize(
    ("filters", "addresses"),
    [
        ({"where": "maker = Hikvision"}, ["10.20.0.9", "10.20.0.100"]),
        ({"where": "maker = axis"}, [None]),
        ({"where": "brand = lts"}, ["10.20.0.100"]),
        ({"where": "confidence >= probable"}, ["10.20.0.100", "fd00::1", None]),
        ({"where": "covered"}, ["10.20.0.100"]),
        ({"where": "any ~ ltn89"}, ["10.20.0.100"]),
        ({"where": "any ~ 10.20."}, ["10.20.0.9", "10.20.0.100"]),
        ({"where": "any ~ 1%4"}, ["fd00::1"]),
        ({"where": "any ~ %"}, ["fd00::1"]),
        ({"where": "maker = hikvision and confidence = confirmed"}, ["10.20.0.100"]),
        ({"run": "another"}, []),
    ],
)
def test_devices_are_found_by_what_is_known_of_them(
    building: Inventory, filters: dict[str, Any], addresses: list[str | None]
) -> None:
    assert [device.address for device in building.devices(**filters)] == addresses
