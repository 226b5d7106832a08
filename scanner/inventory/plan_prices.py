"""The price list of the plan and the candidates for replacement, as they were read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from scanner.inventory.journal import Change, journal
from scanner.inventory.plan_items import CAUSE
from scanner.inventory.rows import json_text

if TYPE_CHECKING:
    from sqlite_utils import Database

    from scanner.phase_out.candidates import Candidate
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


def candidates(db: Database) -> list[Candidate]:
    """The candidates for replacement, in the order in which they were read."""
    from scanner.phase_out.candidates import Candidate

    query = "SELECT source, read_as, maker, model, kind, says FROM plan_candidates ORDER BY id"
    return [
        msgspec.convert(row | {"says": msgspec.json.decode(row["says"])}, Candidate)
        for row in db.query(query)
    ]


def take_candidates(db: Database, at: str, by: str, file: str, made: Sequence[Candidate]) -> None:
    """Add the candidates of a file, instead of those that it gave before."""
    forget_candidates(db, at, by, file)
    for one in made:
        row = msgspec.structs.asdict(one) | {"says": json_text(one.says), "at": at, "by": by}
        db.table("plan_candidates").insert(row)
    journal(db, at, by, CAUSE, [Change("", "candidates", None, file)], f"{len(made)} products")


def forget_candidates(db: Database, at: str, by: str, file: str) -> int:
    """Remove the candidates of a file; how many there were."""
    gone = "DELETE FROM plan_candidates WHERE source = :file OR substr(source, 1, length(:file) + 2) = :file || ', '"
    number = int(db.execute(gone, {"file": file}).rowcount)
    if number:
        journal(db, at, by, CAUSE, [Change("", "candidates", file, None)], f"{number} products")
    return number
