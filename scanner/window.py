"""When a run may send: a daily window such as 20:00-06:00, in local time."""

from __future__ import annotations

import re
from datetime import datetime, time, timedelta

import msgspec

from scanner.errors import CamcensusError

FORM = re.compile(r"(\d{1,2}:\d{2})-(\d{1,2}:\d{2})")


class Window(msgspec.Struct, frozen=True):
    """From when until when, every day; it may cross midnight."""

    opens: time
    closes: time

    def __str__(self) -> str:
        return f"{self.opens:%H:%M}-{self.closes:%H:%M}"

    def closed_for(self, now: datetime) -> float:
        """Seconds until the window is open; 0 while it is."""
        at = now.time()
        if self.opens < self.closes:
            inside = self.opens <= at < self.closes
        else:
            inside = at >= self.opens or at < self.closes
        if inside:
            return 0.0
        opening = datetime.combine(now.date(), self.opens, now.tzinfo)
        if opening <= now:
            opening += timedelta(days=1)
        return (opening - now).total_seconds()


def window(text: str) -> Window:
    """Read `20:00-06:00`. Raises `CamcensusError`."""
    try:
        found = FORM.fullmatch(text.strip())
        opens, closes = (
            (datetime.strptime(part, "%H:%M").time() for part in found.groups()) if found else (None, None)
        )
    except ValueError:
        opens = closes = None
    if opens is None or closes is None or opens == closes:
        raise CamcensusError(
            f'the window "{text}" cannot be used',
            why="it is not two different times of day",
            fix="write for example --window 20:00-06:00",
        )
    return Window(opens, closes)
