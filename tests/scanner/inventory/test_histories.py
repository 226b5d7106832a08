"""Whatever happens to the units of a building, each stays one device, and no device is two units."""

from __future__ import annotations

import collections
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from scanner.identifiers import Identifier, Kind
from scanner.inventory import Inventory, RunSettings, Seen, open_inventory
from scanner.model import Identification, Observation

START = datetime(2026, 1, 5, tzinfo=UTC)
UNITS = 5
CLONED = "44:19:b6:ff:ff:ff"


@dataclass
class Unit:
    """One unit of the building, with all that it could say about itself."""

    number: int
    address: str
    made: int = 0  # how often its key and its realm were made anew

    @property
    def identifiers(self) -> dict[Kind, Identifier]:
        clone = self.number in (0, 1)
        return {
            "serial": Identifier("serial", f"hikvision e{self.number:08d}"),
            "mac": Identifier("mac", CLONED if clone else f"44:19:b6:00:00:{self.number:02x}"),
            "certificate": Identifier("certificate", f"{self.number:02d}-{self.made}"),
            "realm": Identifier("realm", f"Login to {self.number:08d}{self.made:08d}"),
        }

    def says(self, kinds: frozenset[Kind]) -> tuple[Identifier, ...]:
        """Some of it; a clone always gives its serial number, which alone tells it from the other."""
        sure: set[Kind] = {"serial"} if self.number in (0, 1) or "mac" not in kinds else {"mac"}
        return tuple(self.identifiers[kind] for kind in sorted(kinds | sure))


class Event(collections.namedtuple("Event", "what unit other")):
    """`move`, `swap`, `reset`, `replace` or `miss`, of one unit, with another where that matters."""


events = st.builds(
    Event,
    st.sampled_from(["move", "swap", "reset", "factory", "replace", "miss"]),
    st.integers(0, UNITS - 1),
    st.integers(0, UNITS - 1),
)
kinds = st.frozensets(st.sampled_from(["serial", "mac", "certificate", "realm"]))
weeks = st.lists(
    st.tuples(st.lists(events, max_size=4), st.lists(kinds, min_size=UNITS, max_size=UNITS), st.randoms()),
    min_size=1,
    max_size=6,
)
EVERYTHING: frozenset[Kind] = frozenset({"serial", "mac", "certificate", "realm"})


class Building:
    """The truth: who is where, and what was heard from whom."""

    def __init__(self) -> None:
        self.units = [Unit(number, f"10.0.0.{number}") for number in range(UNITS)]
        self.next_address, self.next_number = UNITS, UNITS
        self.whose: dict[int, int] = {}  # row id to the number of a unit
        self.known: set[int] = set()  # units that once gave their serial number and MAC address together

    def happens(self, event: Event) -> None:
        unit, other = self.units[event.unit], self.units[event.other]
        if event.what == "move":
            unit.address = f"10.0.0.{self.next_address}"
            self.next_address += 1
        elif event.what == "swap":
            unit.address, other.address = other.address, unit.address
        elif event.what == "reset":
            unit.made += 1
        elif event.what == "factory":
            unit.made += 1
            unit.address = "192.168.1.64"
        elif event.what == "replace":
            self.units[event.unit] = Unit(self.next_number, unit.address)
            self.next_number += 1

    def scan(self, inventory: Inventory, week: int, heard: list[tuple[Unit, frozenset[Kind]]]) -> None:
        run = inventory.begin_run(RunSettings())
        at = START + week * timedelta(days=7)
        inventory.add(
            run,
            [
                Observation(
                    protocol="http",
                    payload=f"{week} {unit.number}".encode(),
                    address=unit.address,
                    observed_at=at,
                )
                for unit, _ in heard
            ],
        )
        rows = [row for row, _ in inventory.observations(run)]
        self.whose |= {row: unit.number for row, (unit, _) in zip(rows, heard, strict=True)}
        seen = [
            Seen(
                Identification(
                    address=unit.address, maker="hikvision", maker_name="Hikvision", confidence="probable"
                ),
                [row],
                "on-link",
                unit.says(said),
            )
            for row, (unit, said) in zip(rows, heard, strict=True)
        ]
        self.known |= {
            unit.number for unit, said in heard if {"serial", "mac"} <= {one.kind for one in unit.says(said)}
        }
        inventory.record(run, seen)

    def devices_of(self, inventory: Inventory) -> dict[int, set[str]]:
        """The devices that the replies of each unit are filed under."""
        found: dict[int, set[str]] = collections.defaultdict(set)
        for device in inventory.devices():
            for row, _ in inventory.observations(device=device.id):
                found[self.whose[row]].add(device.id)
        return found


@settings(max_examples=150, deadline=None)
@given(weeks)
def test_each_unit_is_one_device_through_every_history(history: list) -> None:  # type: ignore[type-arg]
    building = Building()
    with tempfile.TemporaryDirectory() as folder, open_inventory(Path(folder) / "inventory.db") as inventory:
        for week, (happened, says, chance) in enumerate(history):
            missed = set()
            for event in happened:
                building.happens(event)
                missed |= {event.unit} if event.what == "miss" else set()
            heard = [
                (unit, said)
                for place, (unit, said) in enumerate(zip(building.units, says, strict=True))
                if place not in missed
            ]
            chance.shuffle(heard)
            building.scan(inventory, week, heard)
        building.scan(inventory, len(history), [(unit, EVERYTHING) for unit in building.units])
        found = building.devices_of(inventory)
        here = {unit.number for unit in building.units}
        # One that gave its serial number only, and then one that gave its MAC address only, at one address: nobody can
        # tell two such units apart until one gives both.
        owners = collections.Counter(device for number in building.known for device in found[number])
        assert max(owners.values()) == 1, "a device has replies of two units"
        assert {number: len(found[number]) for number in here} == dict.fromkeys(here, 1), (
            "a unit is two devices"
        )
        assert set().union(*found.values()) == {
            device.id for device in inventory.devices()
        }  # none without a reply
        for device in inventory.devices():
            assert len(inventory.sightings(device.id)) == len(
                {run for run, _ in inventory.identifications(device.id)}
            )
