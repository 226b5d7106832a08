"""Devices for programs: JSON Lines of the contract, and the raw replies behind them."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from scanner.inventory import Device, Inventory


def write_lines(found: Sequence[Device]) -> None:
    """The contract, with the keys of the inventory, and then those that describe the device."""
    import msgspec

    from fingerprints.description import describe

    encode = msgspec.json.Encoder().encode
    for device in found:
        line = msgspec.structs.asdict(device) | describe(device).keys()
        sys.stdout.buffer.write(encode(line) + b"\n")


def write_replies(inventory: Inventory, found: Sequence[Device], run: str | None) -> None:
    from scanner.observations import write

    for device in found:
        for _, observation in inventory.observations(run, device.id):
            sys.stdout.buffer.write(write(observation))
