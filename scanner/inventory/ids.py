"""Names for runs and devices: short, sortable where that helps, and fit to be read aloud and retyped."""

from __future__ import annotations

import secrets
from datetime import datetime

LETTERS = "23456789abcdefghjkmnpqrstuvwxyz"  # without 0, 1, i, l and o, which are taken for one another


def run_id(now: datetime) -> str:
    """Begins with the time, so that runs sort by it."""
    return f"{now:%Y%m%d-%H%M%S}-{letters(4)}"


def device_id() -> str:
    """Begins with a letter, so that no spreadsheet takes it for a number."""
    return "d" + letters(6)


def letters(count: int) -> str:
    return "".join(secrets.choice(LETTERS) for _ in range(count))
