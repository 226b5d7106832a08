"""Which device something seen is about: identifiers find it, shared ones decide nothing, joins are undone whole."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from scanner.errors import CamcensusError
from scanner.identifiers import Identifier, Kind, contradict, identifiers
from scanner.inventory import Inventory, RunSettings, Seen, looks
from scanner.inventory.identity import cloned
from scanner.model import Claim, Identification, Observation, Protocol, Reading
from scanner.realms import own_realm, shape

FIRST = datetime(2026, 3, 1, 12, tzinfo=UTC)
KEY: tuple[Kind, str] = ("certificate", "9f" * 32)
ENDPOINT: tuple[Kind, str] = ("endpoint", "a3c1e0de-5d3f-4d1a-9f5e-4419b6000001")
REALM: tuple[Kind, str] = ("realm", "Login to 3b5f0d8c9a7e1f22")
OWN: tuple[Kind, str] = ("wording", "http.realm own")
COMMON: tuple[Kind, str] = ("wording", "http.realm common")
MAC: tuple[Kind, str] = ("mac", "44:19:b6:00:00:01")
SERIAL: tuple[Kind, str] = ("serial", "hikvision e11094754")


class Weeks:
    """Runs a week apart, each given as (address, identifiers) pairs."""

    def __init__(self, inventory: Inventory) -> None:
        self.inventory, self.week = inventory, 0

    def run(
        self,
        *units: tuple[str, list[tuple[Kind, str]]],
        site: str | None = None,
        more: Sequence[dict[str, Any]] = (),
    ) -> list[str]:
        run = self.inventory.begin_run(RunSettings(site=site))
        at = FIRST + self.week * timedelta(days=7)
        self.week += 1
        self.inventory.add(
            run,
            [
                Observation(protocol="http", payload=b"%d" % n, address=address, observed_at=at)
                for n, (address, _) in enumerate(units)
            ],
        )
        rows = [row for row, _ in self.inventory.observations(run)]
        seen = [
            Seen(
                Identification(
                    address=address, maker="hikvision", maker_name="Hikvision", confidence="probable", **it
                ),
                [row],
                "on-link",
                tuple(Identifier(*one) for one in told),
            )
            for (address, told), row, it in zip(units, rows, more or [{}] * len(units), strict=True)
        ]
        return self.inventory.record(run, seen)

    def doubts(self, device: str) -> set[str]:
        """Devices that this one may be after all."""
        changes = self.inventory.identity_changes(device)
        return {one.other for one in changes if one.kind == "doubt" and one.device == device}

    def rule(self, device: str) -> str:
        query = "SELECT rule FROM identifications WHERE device = ? ORDER BY at DESC LIMIT 1"
        return str(self.inventory._query(query, (device,))[0]["rule"])


@pytest.fixture
def weeks(inventory: Inventory) -> Weeks:
    return Weeks(inventory)


@pytest.mark.parametrize("one", [SERIAL, MAC, KEY, ENDPOINT, REALM], ids=lambda one: one[0])
def test_each_identifier_finds_a_unit_that_moved(weeks: Weeks, one: tuple[Kind, str]) -> None:
    (before,), (after,) = weeks.run(("10.1.0.5", [one])), weeks.run(("10.9.0.77", [one]))
    assert before == after and weeks.rule(after) == one[0]


@pytest.mark.parametrize("one", [KEY, ENDPOINT, REALM], ids=lambda one: one[0])
def test_what_came_with_the_firmware_of_many_units_joins_none(weeks: Weeks, one: tuple[Kind, str]) -> None:
    units = [(f"10.1.0.{n}", [one]) for n in range(5)]
    assert len(set(weeks.run(*units))) == 5
    assert len(set(weeks.run(*units))) == 5
    assert len(weeks.inventory.devices()) == 5


def test_units_that_swap_their_addresses_stay_themselves(weeks: Weeks) -> None:
    other: tuple[Kind, str] = ("realm", "Login to 77777777deadbeef")
    one, two = weeks.run(("10.1.0.1", [REALM]), ("10.1.0.2", [other]))
    assert weeks.run(("10.1.0.1", [other]), ("10.1.0.2", [REALM])) == [two, one]


def test_a_unit_that_took_over_an_address_is_another_though_it_says_little(weeks: Weeks) -> None:
    (old,) = weeks.run(("10.1.0.1", [("realm", "IP Camera(C1214)")]))
    (new,) = weeks.run(("10.1.0.1", [("realm", "IP Camera(D7777)")]))
    assert old != new


def test_a_unit_without_identifiers_does_not_take_the_place_of_a_sure_one(weeks: Weeks) -> None:
    (camera,) = weeks.run(("10.1.0.1", [REALM]))
    printer = Identification(address="10.1.0.1", maker="other", maker_name="HP", confidence="possible")
    run = weeks.inventory.begin_run(RunSettings())
    assert weeks.inventory.record(run, [Seen(printer)]) != [camera]


def test_two_identifiers_that_changed_at_once_are_another_unit(weeks: Weeks) -> None:
    (old,) = weeks.run(("10.1.0.1", [REALM, KEY]))
    changed: list[tuple[Kind, str]] = [("realm", "588fcf000001"), ("certificate", "11" * 32)]
    assert weeks.run(("10.1.0.1", changed)) != [old]


def test_a_unit_found_by_its_address_makes_room_for_the_one_that_shows_its_identifiers(weeks: Weeks) -> None:
    """Filed in the order of addresses, a silent unit is met before the one whose old address it has."""
    (known,) = weeks.run(("10.1.0.1", [REALM]))
    silent, moved = weeks.run(("10.1.0.1", []), ("10.1.0.9", [REALM]))
    assert moved == known
    (at_old,) = [one for one in weeks.inventory.devices() if one.address == "10.1.0.1"]
    assert at_old.id != known and len(list(weeks.inventory.observations(device=at_old.id))) == 1
    assert [seen.address for seen in weeks.inventory.sightings(known)] == ["10.1.0.1", "10.1.0.9"]
    assert silent in (known, at_old.id)


def test_a_short_realm_speaks_together_with_a_shared_certificate(weeks: Weeks) -> None:
    units: list[tuple[str, list[tuple[Kind, str]]]] = [
        (f"10.1.0.{n}", [KEY, ("realm", f"IP Camera(C121{n})")]) for n in range(4)
    ]
    before = weeks.run(*units)
    after = weeks.run(*((f"10.2.0.{n}", told) for n, (_, told) in enumerate(units)))
    assert before == after


def test_an_update_that_words_its_realm_otherwise_is_no_new_unit(weeks: Weeks) -> None:
    (old,) = weeks.run(("10.1.0.1", [("realm", "IP Camera(C1214)")]))
    assert weeks.run(("10.1.0.1", [("realm", "fe12f37bd00000bccbbd35f1")])) == [old]


def test_a_reset_makes_a_new_key_but_no_new_unit(weeks: Weeks) -> None:
    (old,) = weeks.run(("10.1.0.1", [MAC, KEY]))
    assert weeks.run(("192.168.1.64", [MAC, ("certificate", "77" * 32)])) == [old]


def test_clones_of_a_mac_address_stay_two_by_their_serial_numbers(weeks: Weeks) -> None:
    clones = [("10.1.0.1", [MAC, SERIAL]), ("10.1.0.2", [MAC, ("serial", "hikvision e22222222")])]
    one, two = weeks.run(*clones)
    assert one != two
    assert weeks.run(*reversed(clones)) == [two, one]


def test_one_address_at_two_sites_is_two_units(weeks: Weeks) -> None:
    (leeds,) = weeks.run(("10.1.0.1", []), site="leeds")
    (york,) = weeks.run(("10.1.0.1", []), site="york")
    assert leeds != york
    assert weeks.run(("10.1.0.1", []), site="leeds") == [leeds]


def test_a_unit_that_shows_two_known_devices_to_be_one_joins_them_and_says_why(weeks: Weeks) -> None:
    (routed,) = weeks.run(("10.1.0.1", [SERIAL]))
    (linked,) = weeks.run(("169.254.7.7", [MAC]))
    assert routed != linked
    assert weeks.run(("10.1.0.1", [SERIAL, MAC])) == [routed]
    (change,) = weeks.inventory.identity_changes(linked)
    assert (change.kind, change.device, change.other) == ("merge", routed, linked)
    assert "serial" in change.why and "mac" in change.why
    assert len(weeks.inventory.sightings(routed)) == 3


def test_devices_that_a_person_parted_are_not_joined_again(weeks: Weeks) -> None:
    (routed,) = weeks.run(("10.1.0.1", [SERIAL]))
    (linked,) = weeks.run(("169.254.7.7", [MAC]))
    weeks.run(("10.1.0.1", [SERIAL, MAC]))
    assert weeks.inventory.unmerge(linked, by="jo", why="a bridge") == linked
    weeks.run(("10.1.0.1", [SERIAL, MAC]))
    assert {device.id for device in weeks.inventory.devices()} == {routed, linked}


# An address passes on


def test_a_camera_whose_realm_was_its_own_is_another_when_the_realm_is_nobodys_and_the_doubt_is_kept(
    weeks: Weeks,
) -> None:
    (named,) = weeks.run(("10.1.0.1", [REALM, OWN]))
    (nameless,) = weeks.run(("10.1.0.1", [COMMON]))
    assert nameless != named and weeks.doubts(nameless) == {named}
    assert weeks.run(("10.1.0.1", [COMMON])) == [nameless]
    assert weeks.run(("10.1.0.1", [REALM, OWN])) == [named]


def test_a_camera_of_which_another_protocol_is_heard_is_no_other(weeks: Weeks) -> None:
    (before,) = weeks.run(("10.1.0.1", [REALM, OWN]))
    assert weeks.run(("10.1.0.1", [("wording", "rtsp.realm common")])) == [before]


@pytest.mark.parametrize(
    ("protocol", "fingerprints", "another"),
    [
        ("http", "1", True),
        ("rtsp", "1", False),  # another question, another first guess
        ("http", "2", False),  # the fingerprints may only know better
    ],
)
def test_a_page_that_names_another_maker_is_that_of_a_unit_in_the_printers_place(
    inventory: Inventory, protocol: Protocol, fingerprints: str, another: bool
) -> None:
    def week(maker: str, name: str, protocol: Protocol, fingerprints: str) -> list[str]:
        evidence = (Claim(maker, "maker", name, "supporting", protocol, ""),)
        it = Identification(
            address="10.1.0.1", maker=maker, maker_name=name, confidence="possible", evidence=evidence
        )
        return inventory.record(inventory.begin_run(RunSettings()), [Seen(it)], fingerprints=fingerprints)

    printer = week("other", "HP", "http", "1")
    assert (week("hikvision", "Hikvision", protocol, fingerprints) != printer) is another


def test_a_reset_camera_with_a_new_address_is_found_by_the_digits_of_its_realm_when_it_alone_has_them(
    weeks: Weeks,
) -> None:
    digits: tuple[Kind, str] = ("realm", "IP Camera(C1214)")
    (before,) = weeks.run(("10.1.0.1", [KEY, digits]), site="leeds")
    (after,) = weeks.run(("10.1.0.9", [("certificate", "77" * 32), digits]), site="leeds")
    assert before == after and weeks.rule(after) == "digits"
    (elsewhere,) = weeks.run(("10.1.0.1", [("certificate", "55" * 32), digits]), site="york")
    assert elsewhere != before


@pytest.mark.parametrize("first", [True, False])
def test_digits_of_a_realm_find_no_camera_that_is_seen_itself(weeks: Weeks, first: bool) -> None:
    digits: tuple[Kind, str] = ("realm", "IP Camera(C1214)")
    (known,) = weeks.run(("10.1.0.5", [KEY, digits]))
    other = ("10.1.0.2" if first else "10.1.0.9", [("certificate", "77" * 32), digits])
    weeks.run(*sorted([other, ("10.1.0.5", [KEY, digits])]))
    at = {device.address: device.id for device in weeks.inventory.devices()}
    assert at["10.1.0.5"] == known != at[other[0]]


def test_a_silent_unit_is_not_taken_for_one_that_left_the_address_before_another_came(weeks: Weeks) -> None:
    (first,) = weeks.run(("10.1.0.1", []))
    printer = Identification(address="10.1.0.1", maker="other", maker_name="HP", confidence="probable")
    weeks.inventory.record(weeks.inventory.begin_run(RunSettings()), [Seen(printer)])
    assert weeks.run(("10.1.0.1", [])) != [first]


def test_a_serial_number_at_an_address_where_two_were_known_is_given_to_neither(weeks: Weeks) -> None:
    other_mac: tuple[Kind, str] = ("mac", "44:19:b6:00:00:02")
    known = weeks.run(("192.168.1.64", [MAC]), ("192.168.1.64", [other_mac]))
    (told,) = weeks.run(("192.168.1.64", [SERIAL]))
    assert told not in known and weeks.doubts(told) == set(known)
    assert weeks.run(("192.168.1.64", [SERIAL, MAC])) == [known[0]]
    assert {one.id for one in weeks.inventory.devices()} == set(known)


# Clones

CLONE: tuple[Kind, str] = ("serial", "hikvision e22222222")


def test_a_shared_mac_address_alone_is_no_clone_s_unless_it_is_where_that_was(weeks: Weeks) -> None:
    one, two = weeks.run(("10.1.0.1", [MAC, SERIAL]), ("10.1.0.2", [MAC, CLONE]))
    assert weeks.inventory.ask(cloned) == {MAC[1]}
    here, (away,) = weeks.run(("10.1.0.2", [MAC])), weeks.run(("10.1.0.7", [MAC]))
    assert here == [two] and away not in (one, two) and weeks.doubts(away) == {one, two}


def test_a_clone_that_moved_is_known_again_as_soon_as_it_gives_its_serial_number(weeks: Weeks) -> None:
    one, two = weeks.run(("10.1.0.1", [MAC, SERIAL]), ("10.1.0.2", [MAC, CLONE]))
    weeks.run(("10.1.0.7", [MAC]))
    assert weeks.run(("10.1.0.7", [MAC, CLONE])) == [two]
    assert {device.id for device in weeks.inventory.devices()} == {one, two}
    assert [seen.address for seen in weeks.inventory.sightings(two)] == ["10.1.0.2", "10.1.0.7", "10.1.0.7"]


def test_what_was_filed_under_the_other_clone_moves_when_the_serial_number_is_heard_there(
    weeks: Weeks,
) -> None:
    one, again = weeks.run(("10.1.0.1", [MAC, SERIAL]), site="a"), weeks.run(("10.1.0.2", [MAC]), site="b")
    assert one == again  # nobody knows yet that there are two
    (two,) = weeks.run(("10.1.0.2", [MAC, CLONE]), site="b")
    assert [[s.address for s in weeks.inventory.sightings(d)] for d in (*one, two)] == [
        ["10.1.0.1"],
        ["10.1.0.2", "10.1.0.2"],
    ]
    (moved,) = [change for change in weeks.inventory.identity_changes(two) if change.kind == "move"]
    assert moved.device == one[0] and "mac" in moved.why


def test_the_mac_address_of_a_device_leaves_it_when_it_turns_out_to_be_anothers(weeks: Weeks) -> None:
    (known,) = weeks.run(("192.168.1.64", [MAC]))
    (same,) = weeks.run(("192.168.1.64", [CLONE]))
    assert known == same  # by its address: nothing contradicts
    (owner,) = weeks.run(("10.1.0.8", [MAC, SERIAL]))
    assert owner != known
    assert [seen.address for seen in weeks.inventory.sightings(owner)] == ["192.168.1.64", "10.1.0.8"]
    assert len(weeks.inventory.sightings(known)) == 1


# One serial number, several units

NEXT: tuple[Kind, str] = ("mac", "44:19:b6:00:00:02")
FAR: tuple[Kind, str] = ("mac", "00:1b:21:55:66:77")
OTHER_REALM: tuple[Kind, str] = ("realm", "Login to 77777777deadbeef")
Told = dict[str, Any]


def told(address: str, *own: tuple[Kind, str], **it: str) -> Told:
    return {"address": address, "own": own, **it}


def heard(weeks: Weeks, *units: Told, site: str | None = None) -> list[str]:
    """One run, with more about each unit than its identifiers."""
    return weeks.run(
        *((unit["address"], list(unit["own"])) for unit in units),
        site=site,
        more=[{name: unit[name] for name in unit.keys() - {"address", "own"}} for unit in units],
    )


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"model": "DS-2CD2143G2-I"}, {"model": "DS-2CD2385G1-I"}),
        ({"firmware": "V5.5.0 build 170725"}, {"firmware": "V5.6.3 build 190923"}),
        ({"own": (KEY,)}, {"own": (("certificate", "55" * 32),)}),
        ({"own": (REALM,)}, {"own": (OTHER_REALM,)}),
    ],
    ids=["model", "firmware", "certificate", "realm"],
)
@pytest.mark.parametrize("linked", [True, False])
def test_units_that_state_one_serial_number_and_answer_otherwise_are_two_for_sure(
    weeks: Weeks, one: Told, other: Told, linked: bool
) -> None:
    units = [
        told(address, SERIAL, *([mac] if linked else []), *each.get("own", ()))
        | {k: each[k] for k in each if k != "own"}
        for address, mac, each in (("10.1.0.1", MAC, one), ("10.1.0.2", FAR, other))
    ]
    first, second = heard(weeks, *units)
    assert first != second and not weeks.doubts(second)
    assert heard(weeks, *units) == [first, second]
    assert heard(weeks, *reversed(units)) == [second, first]


def test_units_of_which_only_their_mac_addresses_tell_that_they_are_two_are_in_doubt(weeks: Weeks) -> None:
    units = told("10.1.0.1", SERIAL, MAC), told("10.1.0.2", SERIAL, FAR)
    one, two = heard(weeks, *units)
    assert one != two and weeks.doubts(two) == {one}
    heard(weeks, *units)
    assert [row["other"] for row in weeks.inventory.ask(looks.doubts)] == [one], (
        "seeing both again settles nothing"
    )
    assert heard(weeks, told("10.1.0.9", FAR)) == [two]
    assert heard(weeks, told("10.1.0.9", SERIAL)) == [two], "where one of them was last"
    (away,) = heard(weeks, told("10.1.0.7", SERIAL))
    assert weeks.doubts(away) == {one, two}
    assert heard(weeks, told("10.1.0.7", SERIAL, MAC)) == [one]
    assert {device.id for device in weeks.inventory.devices()} == {one, two}


def test_whoever_says_that_they_are_one_is_believed(weeks: Weeks) -> None:
    units = told("10.1.0.1", SERIAL, MAC), told("10.1.0.2", SERIAL, FAR)
    one, two = heard(weeks, *units)
    kept = weeks.inventory.merge(one, two, by="jo", why="a recorder with a second board")
    assert heard(weeks, *units) == [kept, kept]
    assert not weeks.inventory.ask(looks.doubts)


@pytest.mark.parametrize(
    ("category", "mac", "own", "devices"),
    [
        ("nvr", NEXT, (), 1),  # consecutive MAC addresses
        ("camera", NEXT, (), 2),  # of a camera they are its neighbour's in the box
        ("nvr", FAR, (), 2),
        ("camera", FAR, (KEY,), 1),  # a certificate that nobody else has
        ("nvr", FAR, (MAC,), 1),  # both are seen in one look
    ],
    ids=["consecutive", "neighbours", "nothing", "certificate", "one look"],
)
def test_a_unit_with_two_ports_is_one_device_where_more_than_its_serial_number_says_so(
    weeks: Weeks, category: str, mac: tuple[Kind, str], own: tuple[tuple[Kind, str], ...], devices: int
) -> None:
    shared = [one for one in own if one == KEY]
    units = [
        told("10.1.0.1", SERIAL, MAC, *shared, category=category),
        told("10.2.0.1", SERIAL, mac, *own, category=category),
    ]
    for some in (units, units[::-1], units):
        assert len(set(heard(weeks, *some))) == devices
    assert len(weeks.inventory.devices()) == devices


def test_three_with_one_serial_number_are_a_batch_though_their_mac_addresses_follow_one_another(
    weeks: Weeks,
) -> None:
    macs = [MAC, NEXT, ("mac", "44:19:b6:00:00:03")]
    units = [told(f"10.1.0.{n}", SERIAL, mac, category="nvr") for n, mac in enumerate(macs)]
    heard(weeks, *units)
    assert len(weeks.inventory.devices()) == 3
    first = heard(weeks, *units)
    assert len(set(first)) == 3 and heard(weeks, *units[::-1]) == first[::-1]


def test_a_certificate_that_others_have_too_makes_no_two_cameras_one(weeks: Weeks) -> None:
    heard(weeks, told("10.1.0.9", KEY, ("mac", "44:19:b6:00:00:99")))
    one, two = heard(weeks, told("10.1.0.1", SERIAL, MAC, KEY), told("10.1.0.2", SERIAL, FAR, KEY))
    assert one != two


def test_what_was_one_device_by_its_serial_number_is_parted_with_its_past_once_both_answer(
    weeks: Weeks,
) -> None:
    """A unit was seen in March, its double in April: nobody could know."""
    (march,) = heard(weeks, told("10.1.0.1", SERIAL, MAC, REALM))
    (april,) = heard(weeks, told("10.1.0.2", SERIAL, FAR, OTHER_REALM))
    heard(weeks, told("10.1.0.2"))  # says nothing, where the double was
    assert march == april
    heard(weeks, told("10.1.0.2", SERIAL, FAR, OTHER_REALM), told("10.1.0.1", SERIAL, MAC, REALM))
    devices = {device.address: device.id for device in weeks.inventory.devices()}
    assert devices["10.1.0.1"] == march != devices["10.1.0.2"], "who came first keeps the device"
    where = {id: [seen.address for seen in weeks.inventory.sightings(id)] for id in devices.values()}
    assert where == {march: ["10.1.0.1"] * 2, devices["10.1.0.2"]: ["10.1.0.2"] * 3}
    replies = {id: len(list(weeks.inventory.observations(device=id))) for id in devices.values()}
    assert replies == {march: 2, devices["10.1.0.2"]: 3}
    (moved,) = [change for change in weeks.inventory.identity_changes(march) if change.kind == "move"]
    assert (moved.rule, moved.other) == ("serial", devices["10.1.0.2"])


def test_a_serial_number_at_another_site_with_another_mac_address_is_another_unit_in_doubt(
    weeks: Weeks,
) -> None:
    (leeds,) = heard(weeks, told("10.1.0.1", SERIAL, MAC), site="leeds")
    (york,) = heard(weeks, told("10.1.0.1", SERIAL, FAR), site="york")
    assert leeds != york and weeks.doubts(york) == {leeds}
    assert heard(weeks, told("10.1.0.1", SERIAL, MAC), site="leeds") == [leeds]
    assert heard(weeks, told("10.1.0.5", SERIAL, FAR), site="york") == [york]
    (moved,) = heard(weeks, told("10.1.0.77", SERIAL, MAC), site="york")
    assert moved == leeds, "its MAC address it takes along"


@pytest.mark.parametrize(
    ("own", "it"), [((OTHER_REALM,), {}), ((), {"model": "DS-7616NI-K2"})], ids=["realm", "model"]
)
def test_what_answers_otherwise_at_the_other_site_is_another_unit_for_sure(
    weeks: Weeks, own: tuple[tuple[Kind, str], ...], it: dict[str, str]
) -> None:
    (leeds,) = heard(weeks, told("10.1.0.1", SERIAL, MAC, REALM, model="DS-2CD2143G2-I"), site="leeds")
    (york,) = heard(weeks, told("10.1.0.1", SERIAL, FAR, *own, **it), site="york")
    assert leeds != york and not weeks.doubts(york)


def test_a_unit_that_got_another_board_is_known_by_its_serial_number(weeks: Weeks) -> None:
    (before,) = heard(weeks, told("10.1.0.1", SERIAL, MAC))
    assert heard(weeks, told("10.1.0.1", SERIAL, FAR)) == [before]


def test_a_second_port_that_was_a_device_joins_the_recorder_once_it_states_its_serial_number(
    weeks: Weeks,
) -> None:
    recorder, port = heard(weeks, told("10.1.0.1", SERIAL, MAC, category="nvr"), told("10.2.0.1", NEXT))
    assert recorder != port
    heard(
        weeks, told("10.1.0.1", SERIAL, MAC, category="nvr"), told("10.2.0.1", SERIAL, NEXT, category="nvr")
    )
    (device,) = weeks.inventory.devices()
    assert device.id in (recorder, port)
    assert len(weeks.inventory.sightings(device.id)) == 4


def test_two_devices_seen_side_by_side_are_one_when_one_look_gives_the_ports_of_both(weeks: Weeks) -> None:
    heard(weeks, told("10.1.0.1", SERIAL, MAC), told("10.2.0.1", FAR))
    heard(weeks, told("10.1.0.1", SERIAL, MAC), told("10.2.0.1", FAR))
    heard(weeks, told("10.2.0.1", SERIAL, MAC, FAR))
    (device,) = weeks.inventory.devices()
    assert len(weeks.inventory.sightings(device.id)) == 5


def test_a_port_in_whose_replies_another_unit_speaks_joins_nothing(weeks: Weeks) -> None:
    units = told("10.1.0.1", SERIAL, MAC), told("10.2.0.1", CLONE, FAR)
    heard(weeks, *units)
    heard(weeks, told("10.2.0.1", MAC, FAR))
    assert len(weeks.inventory.devices()) == 2


# By hand


def test_a_merge_undone_leaves_all_as_it_was(weeks: Weeks) -> None:
    inventory = weeks.inventory
    one, two = weeks.run(("10.1.0.1", [SERIAL]), ("10.1.0.2", [MAC]))
    before = inventory.devices(), inventory.sightings(one), inventory.sightings(two)
    kept = inventory.merge(one, two, by="jo", why="one recorder, two ports")
    gone = two if kept == one else one
    assert [device.id for device in inventory.devices()] == [kept]
    assert len(inventory.sightings(kept)) == 2 and len(list(inventory.observations(device=kept))) == 2
    assert inventory.unmerge(gone, by="kim", why="two recorders after all") == gone
    assert (inventory.devices(), inventory.sightings(one), inventory.sightings(two)) == before
    assert [change.kind for change in inventory.identity_changes(one)] == ["merge", "split"]
    assert weeks.run(("10.1.0.9", [SERIAL]), ("10.1.0.8", [MAC])) == [one, two]


def test_a_device_is_split_by_where_it_was_seen(weeks: Weeks) -> None:
    inventory = weeks.inventory
    (device,) = weeks.run(("10.1.0.1", []))
    weeks.run(("10.1.0.1", []))
    weeks.run(("10.1.0.1", [REALM]))
    late = inventory.runs()[0].id
    new = inventory.split(device, lambda run, it: run == late, by="jo", why="replaced in March")
    assert [len(inventory.sightings(one)) for one in (device, new)] == [2, 1]
    assert [len(list(inventory.observations(device=one))) for one in (device, new)] == [2, 1]
    assert weeks.run(("10.1.0.40", [REALM])) == [new]
    assert inventory.device(new).first_seen == FIRST + timedelta(days=14)


@pytest.mark.parametrize("belongs", [True, False])
def test_a_split_that_leaves_one_half_empty_is_refused(weeks: Weeks, belongs: bool) -> None:
    (device,) = weeks.run(("10.1.0.1", []))
    with pytest.raises(CamcensusError, match="was not split"):
        weeks.inventory.split(device, lambda run, it: belongs, by="jo", why="?")


def test_a_device_cannot_be_merged_with_itself_or_brought_back_when_it_never_was(weeks: Weeks) -> None:
    (device,) = weeks.run(("10.1.0.1", []))
    with pytest.raises(CamcensusError, match="one device already"):
        weeks.inventory.merge(device, "10.1.0.1", by="jo", why="?")
    with pytest.raises(CamcensusError, match="was merged into another"):
        weeks.inventory.unmerge(device, by="jo", why="?")


# Identifiers


def test_identifiers_are_read_from_what_a_unit_said() -> None:
    it = Identification(
        maker="hikvision", maker_name="Hikvision", model="DS-2CD2043G0-I", mac=MAC[1],
        serial="DS-2CD2043G0-I20190312AAWRC12345678",
    )  # fmt: skip
    fields = {
        "https-cert.key-hash": (KEY[1],),
        "ws-discovery.endpoint": (f"urn:uuid:{ENDPOINT[1].upper()}",),
        "rtsp.realm": ("IP Camera(C4567)",),
        "http.realm": ("DVRNVRDVS",),
    }
    found = identifiers(it, [Reading(Observation(protocol="http"), fields)])
    assert found == (
        Identifier("serial", "hikvision c12345678"), Identifier(*MAC), Identifier(*KEY), Identifier(*ENDPOINT),
        Identifier("realm", "IP Camera(C4567)"),
        Identifier("wording", "http.realm common"), Identifier("wording", "rtsp.realm own"),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("realm", "own", "alike"),
    [
        ("Login to 3b5f0d8c9a7e1f22", True, "Login to #16"),
        ("IP Camera(C1214)", True, "IP Camera(#)"),
        ("588fcf000001", True, "#12"),
        ("DVRNVRDVS", False, "DVRNVRDVS"),
        ("IP Camera", False, "IP Camera"),
        ("", False, ""),
    ],
)
def test_a_realm_is_a_units_own_when_a_number_in_it_is(realm: str, own: bool, alike: str) -> None:
    assert (own_realm(realm), shape(realm)) == (own, alike)


@pytest.mark.parametrize(
    "serial",
    [
        "00000", "000000000", "FFFFFFFF", "SN-0000000", "0000000PAG00000", "123456789", "0123456789", "987654321",
        "C12345678", "ABCDEFGH", "123123123", "Default string", "To be filled by O.E.M.", "N/A", "TEST0001",
    ],
)  # fmt: skip
def test_what_a_factory_writes_into_every_unit_is_no_serial_number(serial: str) -> None:
    it = Identification(maker="hikvision", maker_name="Hikvision", serial=serial)
    assert identifiers(it) == ()


@pytest.mark.parametrize(
    "serial", ["E11094754", "SN0000001", "6C01E93PAG68A8D", "00408C123456", "2007-05-01", "E10000001"]
)
def test_a_serial_number_with_many_zeros_or_a_day_in_it_may_be_one_units(serial: str) -> None:
    it = Identification(maker="hikvision", maker_name="Hikvision", serial=serial)
    assert [one.kind for one in identifiers(it)] == ["serial"]


def test_only_what_both_state_contradicts() -> None:
    serial, mac = Identifier(*SERIAL), Identifier(*MAC)
    assert not contradict([serial], [mac])
    assert contradict([serial], [Identifier("serial", "hikvision e22222222")])
    assert not contradict([serial], [Identifier("serial", "hikvision ds-2cd2043g0-i20190312aawre11094754")])
    assert not contradict([Identifier("certificate", "a")], [Identifier("certificate", "b")])
    assert not contradict([mac], [mac, Identifier("mac", "44:19:b6:00:00:02")])
