"""Devices and plan items for tests, each with as little as it needs."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import msgspec

from scanner.identifiers import Identifier
from scanner.inventory import Device, Inventory, RunSettings, Seen
from scanner.model import Identification
from scanner.phase_out.items import Item
from scanner.phase_out.plan import Unit
from scanner.phase_out.specification import needed

SEEN = datetime(2026, 11, 2, tzinfo=UTC)


def device(id: str = "d2", **said: Any) -> Device:
    """A camera by Hikvision, unless said otherwise."""
    values = {"maker": "hikvision", "category": "camera", "confidence": "confirmed"} | said
    return Device(id=id, first_seen=SEEN, last_seen=SEEN, last_run="r", **values)


def record(inventory: Inventory, said: Iterable[dict[str, Any]]) -> list[str]:
    """File devices; each is covered, confirmed and at an address of its own unless said otherwise."""
    run = inventory.begin_run(RunSettings())
    seen = []
    for n, one in enumerate(said, 1):
        mac = f"44:19:b6:00:{n >> 8:02x}:{n & 255:02x}"
        usual = {
            "address": f"10.20.{n >> 8}.{n & 255}", "mac": mac, "maker": "hikvision", "maker_name": "Hikvision",
            "category": "camera", "model": "DS-2CD2143G2-I", "confidence": "confirmed", "covered": ("us-ndaa-889",),
        }  # fmt: skip
        it = msgspec.convert(usual | one, Identification)
        seen.append(Seen(it, identifiers=(Identifier("mac", mac),)))
    return inventory.record(run, seen)


def unit(id: str = "d2", *, item: dict[str, Any] | None = None, **said: Any) -> Unit:
    """A unit of the plan: a dome with 4 megapixels, confirmed, unless said otherwise."""
    one = device(id, **({"model": "DS-2CD2143G2-I"} | said))
    of = Item(**({"device": id, "added": "2026-11-01T00:00:00.000000Z", "state": "confirmed"} | (item or {})))
    return Unit(device=one, item=of, specification=needed(one, of.filled), decoded=needed(one))
