"""Where devices are: networks give it, registers and people correct it, and who outranks whom stays so."""

from __future__ import annotations

import pytest

from scanner.errors import CamcensusError
from scanner.identifiers import Identifier
from scanner.inventory import Inventory, RunSettings, Seen, places
from scanner.inventory.places import Network
from scanner.model import Identification


def see(
    inventory: Inventory, address: str, *, site: str | None = None, mac: str = "44:19:b6:00:00:01"
) -> str:
    run = inventory.begin_run(RunSettings(site=site))
    seen = Seen(Identification(address=address, mac=mac), identifiers=(Identifier("mac", mac),))
    return inventory.record(run, [seen])[0]


def place(inventory: Inventory, device: str) -> tuple[str | None, ...]:
    it = inventory.device(device)
    return it.site, it.building, it.room


@pytest.fixture
def two_sites(inventory: Inventory) -> Inventory:
    for site in ("north", "south"):
        inventory.change(places.add_site, "jo", site)
    inventory.change(
        places.add_networks,
        "jo",
        [
            Network(site="north", cidr="10.1.0.0/16", building="A"),
            Network(site="north", cidr="10.1.7.0/24", building="A", room="7"),
            Network(site="north", cidr="192.168.0.0/24", building="N"),
            Network(site="south", cidr="192.168.0.0/24", building="S"),
        ],
    )
    return inventory


def test_the_longest_prefix_says_where_a_device_is(two_sites: Inventory) -> None:
    assert place(two_sites, see(two_sites, "10.1.7.9")) == ("north", "A", "7")
    assert place(two_sites, see(two_sites, "10.1.8.9")) == ("north", "A", None)


def test_private_ranges_of_two_sites_are_kept_apart_by_the_site_of_the_run(two_sites: Inventory) -> None:
    north = see(two_sites, "192.168.0.5", site="north")
    south = see(two_sites, "192.168.0.5", site="south", mac="44:19:b6:00:00:02")
    assert place(two_sites, north) == ("north", "N", None) and place(two_sites, south) == ("south", "S", None)


def test_without_the_site_of_the_run_an_address_of_two_sites_says_nothing_and_that_is_told(
    two_sites: Inventory,
) -> None:
    assert place(two_sites, see(two_sites, "192.168.0.5")) == (None, None, None)
    assert two_sites.ask(places.ambiguous) == {"192.168.0.5": ("north", "south")}


def test_a_unit_at_its_factory_address_has_not_left_its_room(two_sites: Inventory) -> None:
    device = see(two_sites, "10.1.7.9")
    assert see(two_sites, "172.16.0.64") == device
    assert place(two_sites, device) == ("north", "A", "7")


def test_a_unit_seen_at_another_site_has_left(two_sites: Inventory) -> None:
    device = see(two_sites, "10.1.7.9")
    assert see(two_sites, "172.16.0.64", site="south") == device
    assert place(two_sites, device) == ("south", None, None)


def test_a_person_outranks_the_network_until_taken_back_and_stands_in_the_journal(
    two_sites: Inventory,
) -> None:
    device = see(two_sites, "10.1.7.9")
    two_sites.change(places.assign, "kim", [device], {"room": "8"}, "went there")
    see(two_sites, "10.1.7.10")
    assert place(two_sites, device) == ("north", "A", "8")
    two_sites.change(places.assign, "jo", [device], {"room": None})
    assert place(two_sites, device) == ("north", "A", "7")
    entries = two_sites.ask(lambda db: list(db.query("SELECT * FROM journal WHERE device IS NOT NULL")))
    assert [(one["by"], one["field"], one["before"], one["after"], one["why"]) for one in entries] == [
        ("kim", "room", "7", "8", "went there"),
        ("jo", "room", "8", "7", ""),
    ]


def test_no_room_of_one_building_is_shown_under_another(two_sites: Inventory) -> None:
    device = see(two_sites, "10.1.7.9")
    two_sites.change(places.assign, "kim", [device], {"building": "B"})
    assert place(two_sites, device) == ("north", "B", None)


def test_a_rehearsal_tells_the_same_and_changes_nothing(two_sites: Inventory) -> None:
    device = see(two_sites, "10.1.7.9")
    told = two_sites.change(places.assign, "kim", [device], {"room": "8"}, rehearsal=True)
    assert [(one.before, one.after) for one in told] == [("7", "8")]
    assert place(two_sites, device) == ("north", "A", "7")
    assert not two_sites.ask(lambda db: list(db.query("SELECT 1 FROM journal WHERE device IS NOT NULL")))


def test_a_site_with_devices_stays_and_an_unknown_one_lists_those_that_exist(two_sites: Inventory) -> None:
    see(two_sites, "10.1.7.9")
    with pytest.raises(CamcensusError, match="1 device is there"):
        two_sites.change(places.remove_site, "jo", "north")
    assert two_sites.change(places.remove_site, "jo", "SOUTH") == "south"
    with pytest.raises(CamcensusError, match="the sites are: north"):
        two_sites.ask(places.known_site, "west")


def test_a_network_that_is_taken_away_takes_what_it_said(two_sites: Inventory) -> None:
    device = see(two_sites, "10.1.7.9")
    two_sites.change(places.remove_network, "jo", "north", "10.1.7.0/24")
    assert place(two_sites, device) == ("north", "A", None)


def test_a_merge_keeps_what_people_said_of_either_and_its_undoing_gives_it_back(two_sites: Inventory) -> None:
    one, other = see(two_sites, "10.1.7.9"), see(two_sites, "10.1.7.10", mac="44:19:b6:00:00:02")
    two_sites.change(places.assign, "kim", [other], {"room": "8", "owner": "ACME"})
    kept = two_sites.merge(one, other, by="kim", why="two ports")
    gone = other if kept == one else one
    it = two_sites.device(kept)
    assert (it.room, it.owner) == ("8", "ACME")
    two_sites.unmerge(gone, by="kim", why="wrong")
    assert (two_sites.device(one).room, two_sites.device(one).owner) == ("7", None)
    assert (two_sites.device(other).room, two_sites.device(other).owner) == ("8", "ACME")
