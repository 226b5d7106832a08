from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from reports.content import Census, in_order
from scanner.errors import CamcensusError
from scanner.inventory import Inventory, RunSettings, Seen, open_inventory
from scanner.model import Claim, Coverage, Identification
from tests.reports.samples import census, dahua, device, hikvision, other


@pytest.fixture
def inventory(tmp_path: Path) -> Iterator[Inventory]:
    with open_inventory(tmp_path / "inventory.db") as opened:
        yield opened


def scanned(inventory: Inventory, target: str, *seen: Identification) -> str:
    run = inventory.begin_run(RunSettings(targets=(target,)))
    inventory.record(run, [Seen(identification, (), "on-link") for identification in seen])
    inventory.finish_run(run, "complete", Coverage(targets=(target,), addresses=254, answered=len(seen)))
    return run


CAMERA = Identification(
    address="10.1.0.7", mac="02:00:5e:10:00:01", maker="hikvision", confidence="confirmed"
)
RECORDER = Identification(address="10.2.0.7", mac="02:00:5e:10:00:02", maker="dahua", confidence="probable")


def test_a_census_holds_the_devices_of_all_runs_and_the_coverage_of_each_network(
    inventory: Inventory,
) -> None:
    scanned(inventory, "10.1.0.0/24", CAMERA)
    scanned(inventory, "10.2.0.0/24", RECORDER)
    made = Census.from_inventory(inventory)
    assert {device.address for device in made.devices} == {"10.1.0.7", "10.2.0.7"}
    assert {run.targets for run in made.runs} == {("10.1.0.0/24",), ("10.2.0.0/24",)}
    assert made.proven == 2 and [spots.known for spots in made.unseen] == [512]


def test_only_the_last_run_over_the_same_network_speaks_for_it(inventory: Inventory) -> None:
    scanned(inventory, "10.1.0.0/24", CAMERA)
    scanned(inventory, "10.1.0.0/24")
    assert [run.coverage.answered for run in Census.from_inventory(inventory).runs] == [0]


def test_the_census_of_one_run_holds_only_what_that_run_saw(inventory: Inventory) -> None:
    first = scanned(inventory, "10.1.0.0/24", CAMERA)
    scanned(inventory, "10.2.0.0/24", RECORDER)
    made = Census.from_inventory(inventory, first)
    assert [device.address for device in made.devices] == ["10.1.0.7"]
    assert [run.id for run in made.runs] == [first] and made.title == "10.1.0.0/24"


def test_evidence_is_left_in_the_inventory_when_there_are_too_many_devices(inventory: Inventory) -> None:
    claims = (Claim("lab", "maker", "hikvision", "strong", "http", "Server: x"),)
    scanned(inventory, "10.1.0.0/24", msgspec.structs.replace(CAMERA, evidence=claims), RECORDER)
    whole = Census.from_inventory(inventory, light_from=3)
    light = Census.from_inventory(inventory, light_from=2)
    assert whole.evidence and whole.devices[0].evidence == claims
    assert not light.evidence and not light.devices[0].evidence and light.proven == whole.proven


def test_a_run_that_does_not_exist_is_an_error_for_people(inventory: Inventory) -> None:
    with pytest.raises(CamcensusError):
        Census.from_inventory(inventory, "20990101")


def test_a_possible_device_is_a_lead_and_never_counted_as_found() -> None:
    made = census((hikvision(1), dahua(2, confidence="possible"), other(3, "Axis", "P3245-V")))
    assert (made.proven, made.leads) == (1, 1)


def test_both_makers_are_counted_even_when_none_of_their_devices_was_seen() -> None:
    assert [(maker.name, maker.devices) for maker in census(()).makers] == [("Hikvision", 0), ("Dahua", 0)]


def test_the_brands_of_a_maker_add_up_to_its_devices() -> None:
    for maker in census().makers:
        assert sum(brand.devices for brand in maker.brands) == maker.devices
        assert maker.proven + maker.possible <= maker.devices


def test_named_makers_come_first_and_addresses_are_ordered_as_numbers() -> None:
    ordered = in_order(
        (
            other(1, "Axis", "P3245-V", address="10.0.0.1"),
            device(2, address="10.0.0.2"),
            dahua(3, address="10.0.0.10"),
            hikvision(4, address="10.0.0.9"),
            hikvision(5, address="fe80::1"),
            hikvision(6, address=None),
        )
    )
    assert [row.id for row in ordered] == ["d0004", "d0003", "d0005", "d0006", "d0002", "d0001"]
