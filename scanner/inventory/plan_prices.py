"""The price list of the plan and the candidates for replacement, as they were read: each import replaces the last."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from scanner.inventory.journal import Change, journal
from scanner.inventory.plan_items import CAUSE

if TYPE_CHECKING:
    from sqlite_utils import Database

    from scanner.phase_out.prices import Price


def prices(db: Database) -> list[Price]:
    """The price list, in the order of its rows."""
    from scanner.phase_out.prices import Price

    rows = db.query("SELECT * FROM plan_prices ORDER BY id")
    return [
        msgspec.convert({k: v for k, v in row.items() if v is not None and k != "id"}, Price) for row in rows
    ]


def take_prices(db: Database, at: str, by: str, file: str, made: Sequence[Price]) -> None:
    """Replace the price list."""
    before = db.execute("SELECT file FROM plan_prices LIMIT 1").fetchone()
    db.execute("DELETE FROM plan_prices")
    for one in made:
        row: dict[str, Any] = {
            name: None if value is None else value if isinstance(value, int) else str(value)
            for name, value in msgspec.structs.asdict(one).items()
        }
        db.table("plan_prices").insert(row)
    change = Change("", "price list", before[0] if before else None, file)
    journal(db, at, by, CAUSE, [change], f"{len(made)} rows")
