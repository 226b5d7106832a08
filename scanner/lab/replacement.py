"""A plan for the simulated building: its covered devices, invented prices, recorders first, four devices a week."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from scanner.inventory import Inventory

PRICES = Path(__file__).parent / "prices.csv"  # of products that do not exist
PER_WEEK = 4
WHO = "camcensus demo"


def plan_the_building(inventory: Inventory, start: date) -> int:
    """Take what is covered into the plan, price it, and give it phases and dates; how many devices that are."""
    from scanner.inventory import plan_items, plan_prices
    from scanner.phase_out import plan, prices, scenarios
    from scanner.phase_out.priority import DEFAULT, weights

    plan.build(inventory, WHO, weights(DEFAULT))
    listed, _ = prices.read(PRICES)
    inventory.change(plan_prices.take_prices, WHO, PRICES.name, listed)
    units = plan.of(inventory).units
    states = {one.device.id: one.item.state for one in units}
    edits = []
    for device, slot in scenarios.schedule(units, "recorders-first", start, PER_WEEK).items():
        said: dict[str, str | None] = {"phase": slot.phase, "due": slot.due.isoformat()}
        if states[device] == "confirmed":
            said["state"] = "planned"
        edits.append(plan_items.Edit(device, said, {}, "recorders first"))
    inventory.change(plan_items.edit, WHO, edits)
    return len(units)
