"""From what a run has stored to the devices it found: sort the observations out, identify, and record.

The digest runs again and again while a run goes on, and once at its end; it looks only at what is new, and at devices
to which something was added.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Mapping, Sequence

import msgspec

from fingerprints import Library
from scanner.devices import Trace, ports, sort_out, trace
from scanner.identifiers import Identifier, identifiers
from scanner.inventory import Inventory, Reachable, Seen
from scanner.inventory.identity import cloned
from scanner.model import Identification, Reading
from scanner.probes import read_fields
from scanner.run_plan import RunPlan

STATED_ADDRESS = ("sadp.IPv4Address", "dhdiscover.IPAddress")
Found = Callable[[str, Identification], None]
MAC = re.compile(r"(?:[0-9a-f]{2}:){5}[0-9a-f]{2}")
KEPT_READINGS = 5_000  # in memory, without their payloads; the rest is read again when it is needed


def tell(
    known: Library, key: str, readings: Sequence[Reading], ports: Mapping[str, Sequence[str]]
) -> tuple[Identification, tuple[Identifier, ...]]:
    """What the replies of one device say, that were sorted out under a key, and what tells it from others."""
    mac = key[:17] if MAC.match(key) else None  # one that was seen may be a relay's
    it = msgspec.structs.replace(known.identify(readings), mac=mac)
    return it, identifiers(it, readings, ports.get(mac or "", ()))


class Digest:
    """The devices of one run so far."""

    def __init__(self, inventory: Inventory, run: str, known: Library, plan: RunPlan, found: Found) -> None:
        self._inventory, self._run, self._known, self._plan, self._found = inventory, run, known, plan, found
        self._traces: list[Trace] = []
        self._readings: dict[int, Reading] = {}
        self._cloned = inventory.ask(cloned)
        self._ports: Mapping[str, Sequence[str]] = {}
        self._recorded: dict[str, tuple[int, ...]] = {}
        self._turn = threading.Lock()

    def update(self) -> None:
        """Identify and record the devices about which something new was stored since the last time.

        May be called from several threads, which take turns.
        """
        with self._turn:
            self._update()

    def _update(self) -> None:
        self._inventory.flush()
        after = self._traces[-1].row if self._traces else 0
        for row, observation in self._inventory.observations(self._run, after=after):
            reading = read_fields(observation)
            self._traces.append(trace(row, reading))
            if len(self._readings) < KEPT_READINGS:
                bare = msgspec.structs.replace(observation, payload=b"")
                self._readings[row] = Reading(bare, reading.fields)
        self._ports = ports(self._traces)
        changed = [
            (key, rows)
            for key, rows in (
                (key, tuple(rows)) for key, rows in sort_out(self._traces, self._cloned).items()
            )
            if self._recorded.get(key) != rows
        ]
        identified = [self._identify(key, rows) for key, rows in changed]
        devices = self._inventory.record(self._run, identified)
        for device, (key, rows), seen in zip(devices, changed, identified, strict=True):
            self._recorded[key] = rows
            self._found(device, seen.identification)

    def _identify(self, key: str, rows: Sequence[int]) -> Seen:
        readings = [self._readings.get(row) or read_fields(self._inventory.observation(row)) for row in rows]
        it, named = tell(self._known, key, readings, self._ports)
        it = msgspec.structs.replace(it, address=self._address(readings) or it.address)
        return Seen(it, rows, self._reachable(it), named)

    def _address(self, readings: Sequence[Reading]) -> str | None:
        """The address that a unit states where it could not be reached at the one its reply came from.

        A reply of a unit with a foreign address may have come through a relay, or with a borrowed sender.
        """
        if any(reading.observation.transport == "tcp" for reading in readings):
            return None
        stated = (
            address
            for reading in readings
            for name in STATED_ADDRESS
            for address in reading.fields.get(name, ())
        )
        return next((address for address in stated if not self._plan.on_link(address)), None)

    def _reachable(self, it: Identification) -> Reachable:
        if it.address is None or self._plan.on_link(it.address):
            return "on-link"
        return "routed" if it.address in self._plan.scope else "not-routable"
