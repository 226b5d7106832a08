"""The census as one JSON document: its figures, what was not seen, the plan, and each device with all its evidence.

The keys are those of the contract (docs/reference/json.md) and never translated. It is written device by device, so
that a hundred thousand take no more memory than they do already.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib.metadata import version
from typing import Any

import msgspec

from reports import unseen, wording
from reports.content import Census, figures
from reports.content.figures import made_of
from reports.unseen import site_name


def render(census: Census) -> bytes:
    return b"".join(pieces(census))


def pieces(census: Census) -> Iterator[bytes]:
    """The document, one device a line."""
    yield msgspec.json.encode(head(census))[:-1] + b',"devices":['
    today = census.made_at.date()
    for number, device in enumerate(census.devices):
        known = msgspec.to_builtins(device)
        known["made"] = made_of(device.serial, device.maker, device.model, today) or None
        yield (b",\n" if number else b"\n") + msgspec.json.encode(known)
    yield b"\n]}\n"


def head(census: Census) -> dict[str, Any]:
    """All but the devices."""
    return {
        "title": wording.title(census),
        "made_at": census.made_at,
        "version": version("camcensus"),
        "selection": census.selection,
        "log_head": census.log_head,
        "figures": figures(census),
        "not_seen": [
            {
                "site": one.site,
                "name": site_name(one),
                "known": one.known,
                "covered": one.covered,
                "blind_spots": list(unseen.lines(one)),
            }
            for one in census.unseen
        ],
        "never_seen": wording.NEVER_SEEN,
        "runs": census.runs,
        "plan": census.plan,
    }
