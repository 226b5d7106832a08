"""The last state of the plan, `verified`, which follows from verdicts and from nothing else."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from scanner.inventory.journal import Change
from scanner.inventory.plan_items import Edit, apply
from scanner.inventory.removals import plan_item

if TYPE_CHECKING:
    from sqlite_utils import Database

    from scanner.verdict.judging import Verdict

STILL_THERE = ("still-present", "returned", "moved")


def follow(db: Database, at: str, by: str, verdicts: Iterable[Verdict]) -> list[Change]:
    """Take items that are removed to `verified` where the verdict says so, and back where the unit was seen again.

    A verdict of not-seen takes nothing back: what was verified once was verified.
    """
    done: list[Change] = []
    for one in verdicts:
        item = plan_item(db, one.device)
        state = None if item is None else item.state
        why = f"{one.verdict} by rule {one.rule.name}"
        if item and state == "removed" and one.verdict == "verified-removed":
            done += apply(db, at, by, item, Edit(one.device, {"state": "verified"}, why=why))
        elif item and state == "verified" and one.verdict in STILL_THERE:
            done += apply(db, at, by, item, Edit(one.device, {"state": "removed"}, why=why))
    return done
