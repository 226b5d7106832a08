"""The daily window in which a run may send."""

from __future__ import annotations

from datetime import datetime

import pytest

from scanner.errors import CamcensusError
from scanner.window import window


@pytest.mark.parametrize(
    ("text", "now", "seconds"),
    [
        ("20:00-06:00", "2026-11-22T21:00:00", 0),
        ("20:00-06:00", "2026-11-22T05:59:59", 0),
        ("20:00-06:00", "2026-11-22T06:00:00", 14 * 3600),
        ("20:00-06:00", "2026-11-22T19:59:00", 60),
        ("09:30-17:00", "2026-11-22T17:00:00", 16.5 * 3600),
        ("09:30-17:00", "2026-11-22T09:30:00", 0),
    ],
)
def test_a_window_says_how_long_it_stays_closed(text: str, now: str, seconds: float) -> None:
    assert window(text).closed_for(datetime.fromisoformat(now)) == seconds


@pytest.mark.parametrize("text", ["", "20:00", "20:00-20:00", "25:00-06:00", "8pm-6am", "20:00-06:60"])
def test_what_is_no_window_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(CamcensusError) as caught:
        window(text)
    assert "20:00-06:00" in caught.value.fix
