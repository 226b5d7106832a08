"""What the inventory hands out: runs, devices and sightings, as they stand in its tables."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

import msgspec

from scanner.model import Coverage, Identification

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


class Sighting(msgspec.Struct, frozen=True, kw_only=True):
    """A device seen in a run, at an address."""

    device: str
    run: str
    address: str | None
    mac: str | None
    interface: str | None
    at: datetime
    reachable: Reachable | None
