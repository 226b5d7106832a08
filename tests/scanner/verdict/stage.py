"""A building of a few devices, week after week, for the verdicts: no inventory, only what they rest on."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from scanner.identifiers import Identifier
from scanner.inventory.records import Run
from scanner.model import Coverage, Exclusion
from scanner.verdict.judging import Told, Verdict, find
from scanner.verdict.looks import Seen, Taken, Unit
from scanner.verdict.rule import Rule

NETWORK = "10.20.0.0/24"
START = datetime(2026, 1, 5, 3, tzinfo=UTC)
WEEK = timedelta(days=7)
ALL = frozenset({"sadp", "link", "tcp"})


def serial(text: str) -> tuple[Identifier, ...]:
    return (Identifier("serial", f"hikvision {text}"),)


class Stage:
    """Who is there; each call of `week` is a run that sees them."""

    def __init__(self, others: int = 6) -> None:
        self.units: dict[str, Unit] = {}
        self.runs: list[Run] = []
        self.removals: dict[str, Taken] = {}
        self.networks: list[tuple[str | None, str]] = []
        self.stirred: dict[str, frozenset[str]] = {}
        self.where: dict[str, dict[str, Any]] = {}
        for number in range(others):
            self.add(f"other{number}", f"10.20.0.{100 + number}")
        self.add("camera", "10.20.0.9")

    def add(self, id: str, address: str, **known: Any) -> None:
        mac = Identifier("mac", f"44:19:b6:00:{len(self.units):02x}:00")
        known.setdefault("identifiers", (*serial(id), mac))
        self.units[id] = Unit(id=id, maker=known.pop("maker", "hikvision"), **known)
        self.where[id] = {"address": address}

    def week(
        self, *missing: str, only: Iterable[str] | None = None, days: int | None = None, **run: Any
    ) -> str:
        """A run, and its id. `missing` are not seen; `run` is what is else to say of it."""
        number = len(self.runs)
        coverage = {"targets": (NETWORK,), "interfaces": ("eth0",), "addresses": 256} | run.pop(
            "coverage", {}
        )
        values: dict[str, Any] = {"outcome": "complete", "site": None} | run
        started = START + (number * WEEK if days is None else timedelta(days=days))
        made = Run(id=f"week{number}", started=started, coverage=Coverage(**coverage), **values)
        self.runs.append(made)
        for id in self.where if only is None else only:
            if id not in missing:
                self.see(id, made)
        return made.id

    def see(self, id: str, run: Run) -> None:
        known: dict[str, Any] = {
            "interface": "eth0", "reachable": "on-link", "site": run.site, "channels": ALL,
            "by": frozenset({"sadp", "link"}),
        } | self.where[id]  # fmt: skip
        one = Seen(run=run.id, at=run.started, **known)
        self.units[id] = msgspec.structs.replace(self.units[id], seen=(*self.units[id].seen, one))

    def gone(self, id: str = "camera", **taken: Any) -> None:
        """It is taken out now, and somebody records that."""
        self.removals[id] = Taken(id=f"r-{id}", gone=self.runs[-1].started + timedelta(days=1), **taken)
        self.where.pop(id, None)

    def verdict(self, id: str = "camera", rule: Rule | None = None) -> Verdict:
        [found] = find(self.told(), rule or Rule(), [id])
        return found

    def told(self) -> Told:
        return Told(
            runs=self.runs,
            units=self.units,
            removals=self.removals,
            networks=self.networks,
            stirred=self.stirred,
        )


def excluding(*what: str) -> dict[str, Any]:
    return {"excluded": tuple(map(Exclusion, what))}


def removed(weeks: int = 4, after: int = 4, **run: Any) -> Stage:
    """A camera that was seen for some weeks, was removed, and missed for some weeks."""
    stage = Stage()
    for _ in range(weeks):
        stage.week()
    stage.gone()
    for _ in range(after):
        stage.week(**run)
    return stage
