"""Weekly runs made through the inventory's own door, with a clock of their own."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Self

import msgspec

from fingerprints import Library
from scanner.attribution import Again
from scanner.identifiers import Identifier
from scanner.inventory import Ending, Inventory, RunSettings, Seen
from scanner.inventory.opening import connect
from scanner.inventory.records import Reachable
from scanner.model import Coverage, Exclusion, Identification, Observation

WEEK = timedelta(days=7)
NETWORK = "10.1.0.0/24"


class Unit(msgspec.Struct, frozen=True):
    """A unit as one run sees it; its serial number tells it from others."""

    serial: str
    address: str
    says: dict[str, Any] = {}
    replies: tuple[tuple[str, bytes], ...] = ()  # protocol and payload; without any, one that says nothing
    port: int = 80
    interface: str | None = None
    mac: str | None = None
    reachable: Reachable = "on-link"

    def at(self, address: str) -> Unit:
        return msgspec.structs.replace(self, address=address)

    def saying(self, **says: Any) -> Unit:
        return msgspec.structs.replace(self, says={**self.says, **says})


class Weeks:
    """An inventory in which a week passes before each run."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.now = datetime(2026, 3, 1, 9, tzinfo=UTC)
        self.inventory = Inventory(path, connect(path, create=True), self._tick)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.inventory.close()

    def _tick(self) -> datetime:
        self.now += timedelta(seconds=1)
        return self.now

    def run(
        self,
        *units: Unit,
        targets: Sequence[str] = (NETWORK,),
        excluded: Sequence[Exclusion] = (),
        outcome: Ending | None = "complete",
        ports: Sequence[int] = (80,),
        fingerprints: str = "one",
        site: str | None = None,
        known: Library | None = None,
        **coverage: Any,
    ) -> str:
        """One run, and its id. `known` identifies the units from their replies; else they are what they say."""
        self.now += WEEK
        version = known.version if known else fingerprints
        run = self.inventory.begin_run(RunSettings(targets=tuple(targets), fingerprints=version, site=site))
        self.inventory.record(run, [self._seen(run, unit, known) for unit in units])
        if outcome:
            seen = Coverage(
                targets=tuple(targets),
                ports=tuple(ports),
                excluded=tuple(excluded),
                addresses=254,
                **coverage,
            )
            self.inventory.finish_run(run, outcome, seen)
        return run

    def _seen(self, run: str, unit: Unit, known: Library | None) -> Seen:
        from scanner.identify import identify

        said = unit.replies or (("http", b"HTTP/1.1 200 OK\r\nX: " + unit.serial.encode()),)
        replies = [
            Observation(
                protocol=protocol,  # type: ignore[arg-type]
                payload=payload,
                address=unit.address,
                port=unit.port,
                transport="udp" if unit.interface else "tcp",
                interface=unit.interface,
                mac=unit.mac,
                observed_at=self.now,
            )
            for protocol, payload in said
        ]
        after = max((row for row, _ in self.inventory.observations(run)), default=0)
        self.inventory.add(run, replies)
        rows = [row for row, _ in self.inventory.observations(run, after=after)]
        if known:
            it = msgspec.structs.replace(identify(replies, known), address=unit.address, mac=unit.mac)
        else:
            it = Identification(address=unit.address, mac=unit.mac, **unit.says)
        return Seen(it, rows, unit.reachable, (Identifier("serial", f"hikvision {unit.serial}"),))

    def again(self, known: Library | None = None) -> Again:
        def library() -> Library:
            assert known is not None, "nothing here needs fingerprints"
            return known

        return Again(self.inventory, library)

    def device(self, unit: Unit) -> str:
        query = "SELECT device FROM identifiers WHERE value = ?"
        (row,) = self.inventory._query(query, (f"hikvision {unit.serial}",))
        return str(row["device"])


def camera(number: int, address: str | None = None, **says: Any) -> Unit:
    """A covered camera."""
    maker = {
        "maker": "hikvision",
        "maker_name": "Hikvision",
        "confidence": "probable",
        "covered": ("us-ndaa-889",),
    }
    return Unit(f"e{number:08}", address or f"10.1.0.{number}", maker | says)


def kinds(events: Iterable[Any]) -> list[tuple[str, str]]:
    return sorted((event.kind, event.device) for event in events)
