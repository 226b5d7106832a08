"""What the inventory hands out: runs, devices and sightings, as they stand in its tables."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

import msgspec

from scanner.identifiers import Identifier
from scanner.model import Coverage, Identification, Observation

Ending = Literal["complete", "incomplete", "interrupted"]
"""How a run ended; a run that never said so was killed, or is still going on."""

Reachable = Literal["on-link", "routed", "not-routable"]
"""Where a device was seen: on our own network, behind a router, or at an address that does not belong there."""


class RunSettings(msgspec.Struct, frozen=True, kw_only=True):
    """What a run is asked to do, by whom, and by whose leave."""

    command: str = ""  # the command line
    targets: tuple[str, ...] = ()
    operator: str = ""
    authorisation: str = ""
    settings: Mapping[str, Any] = {}
    fingerprints: str = ""  # the version of the fingerprints in use
    site: str | None = None  # where it is done: private ranges of two sites may overlap


class Run(RunSettings, frozen=True, kw_only=True):
    """One scan or import, with what it could have seen."""

    id: str
    started: datetime
    ended: datetime | None = None
    outcome: Ending | None = None
    coverage: Coverage = Coverage()
    version: str = ""  # of camcensus


class Device(Identification, frozen=True, kw_only=True):
    """One physical unit: all that its runs together say about it, newest first where they differ."""

    id: str
    first_seen: datetime
    last_seen: datetime
    last_run: str
    reachable: Reachable | None = None
    site: str | None = None
    building: str | None = None
    floor: str | None = None
    room: str | None = None
    switch: str | None = None
    switch_port: str | None = None
    asset: str | None = None  # its number in an asset register
    owner: str | None = None
    lease: str | None = None
    contract: str | None = None
    note: str | None = None


class Sighting(msgspec.Struct, frozen=True, kw_only=True):
    """A device seen in a run, at an address."""

    device: str
    run: str
    address: str | None
    mac: str | None
    interface: str | None
    at: datetime
    reachable: Reachable | None
    site: str | None = None


class Said(msgspec.Struct, frozen=True):
    """What one run said about a device, and the replies that it said it from."""

    device: str
    identification: Identification  # the last, when it said several things
    identifiers: tuple[Identifier, ...]
    whole: bool  # it said only this
    reachable: Reachable | None
    observations: tuple[tuple[int, Observation], ...]  # each with its row id


class IdentityChange(msgspec.Struct, frozen=True, kw_only=True):
    """Two devices became one, one became two, a part of one turned out to be another's, or nobody can tell whether a
    new device is one that was known."""

    id: int
    at: datetime
    kind: Literal["merge", "split", "move", "doubt"]
    device: str  # that stays, lost a part, or is in doubt
    other: str  # that is gone, new, has it now, or may be the same
    why: str
    rule: str  # the kind of identifier that showed it; `person` when somebody decided
    by: str = ""
    run: str | None = None
    undone: datetime | None = None
