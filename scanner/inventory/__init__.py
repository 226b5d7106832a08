"""The inventory: what was seen, in which run, and which devices that makes. One SQLite file, kept by its owner."""

from __future__ import annotations

from scanner.inventory.identity import Seen
from scanner.inventory.opening import default_path
from scanner.inventory.records import (
    Device,
    Ending,
    IdentityChange,
    Reachable,
    Run,
    RunSettings,
    Said,
    Sighting,
)  # fmt: skip
from scanner.inventory.store import Inventory, open_inventory

__all__ = [
    "Device", "Ending", "IdentityChange", "Inventory", "Reachable", "Run", "RunSettings", "Said", "Seen", "Sighting",
    "default_path", "open_inventory",
]  # fmt: skip
