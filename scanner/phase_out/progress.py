"""How far the phase-out has come, and when it may end: the burn-down, and a forecast from the pace so far.

Units are taken out in batches, so the forecast reckons with weeks that differ more than chance alone would have it.
docs/explanation/progress.md gives the method, and how often the truth lay within.
"""

from __future__ import annotations

import bisect
import itertools
import random
import statistics
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any, Literal, NamedTuple

import msgspec

from scanner.phase_out.plan import Unit
from scanner.phase_out.states import GONE

Status = Literal["open", "gone", "kept"]

FEWEST_WEEKS = 4  # whole weeks since the first removal, and
FEWEST_GONE = 5  # removals in them: less tells no pace
RECENT = 26  # weeks that make the pace
DRAWS = 4_000
RANGE = (0.1, 0.5, 0.9)  # the ends of the interval and its middle: four times out of five the end lies within
FARTHEST = 52 * 20  # weeks; beyond that, no end is in sight


class Point(msgspec.Struct, frozen=True):
    """How things stood at the end of a day."""

    day: date
    open: int
    gone: int
    kept: int


class Forecast(msgspec.Struct, frozen=True):
    """When the last unit may be gone: as likely before `likely` as after, four times out of five between the ends."""

    early: date
    likely: date
    late: date | None  # None: no end is in sight
    pace: float  # units a week
    weeks: int  # that the pace is taken from


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    """The progress of a site, or of the whole."""

    site: str | None = None
    points: tuple[Point, ...] = ()  # the end of each week, and today
    open: int = 0
    gone: int = 0
    kept: int = 0
    forecast: Forecast | None = None
    why: str = ""  # there is no forecast

    @property
    def units(self) -> int:
        return self.open + self.gone + self.kept


class Event(NamedTuple):
    """A unit came to be something, on a day."""

    day: date
    device: str
    status: Status


def timeline(history: Iterable[Mapping[str, Any]], today: date, seen: Mapping[str, date] = {}) -> list[Event]:
    """What became of each unit and when, out of the changes of the plan in the order in which they were written.

    A removal counts from the day on which the unit was taken out, not from that on which somebody wrote so down. One
    that was taken out before it came into the plan was there since it was first `seen`, at the least since that day.
    """
    mine: dict[str, list[Event]] = defaultdict(list)
    for row in history:
        events, field = mine[row["device"]], row["field"]
        written = date.fromisoformat(row["at"][:10])
        if field == "state":
            status: Status = "gone" if row["after"] in GONE else "kept" if row["after"] == "kept" else "open"
            if not events or events[-1].status != status:
                events.append(Event(_after(events, written), row["device"], status))
        elif field == "removed_on" and row["after"] and events and events[-1].status == "gone":
            stated = date.fromisoformat(row["after"])
            if len(events) == 2 and stated < events[0].day:
                first = min(stated, seen.get(row["device"], stated))
                events[0] = events[0]._replace(day=first)
            events[-1] = events[-1]._replace(day=_after(events[:-1], stated))
    every = (one._replace(day=min(one.day, today)) for events in mine.values() for one in events)
    return sorted(every, key=lambda one: one.day)  # what became of a unit on one day stays in its order


def _after(events: Sequence[Event], day: date) -> date:
    """Nothing becomes of a unit before what became of it last."""
    return max(day, events[-1].day) if events else day


def points(events: Sequence[Event], today: date, start: date | None = None) -> tuple[Point, ...]:
    """How things stood at the end of each week, and stand today, from the first event on, or from `start` when that is
    later."""
    if not events:
        return ()
    first = min(max(events[0].day, start or events[0].day), today)
    status: dict[str, Status] = {}
    counts: Counter[Status] = Counter()
    made, at = [], 0
    day = first + timedelta(days=6 - first.weekday())
    while True:
        day = min(day, today)
        while at < len(events) and events[at].day <= day:
            one = events[at]
            if one.device in status:
                counts[status[one.device]] -= 1
            status[one.device] = one.status
            counts[one.status] += 1
            at += 1
        made.append(Point(day, counts["open"], counts["gone"], counts["kept"]))
        if day >= today:
            return tuple(made)
        day += timedelta(days=7)


def progress(
    units: Sequence[Unit], history: Sequence[Mapping[str, Any]], today: date
) -> tuple[Progress, tuple[Progress, ...]]:
    """The progress of the whole, and of each site."""
    site = {one.device.id: one.device.site for one in units}
    seen = {one.device.id: one.device.first_seen.date() for one in units}
    events = [one for one in timeline(history, today, seen) if one.device in site]
    # What was taken out before there was a plan counts for the pace; how many were open then nobody knows.
    start = min((date.fromisoformat(one.item.added[:10]) for one in units), default=today)
    by_site: dict[str | None, list[Event]] = defaultdict(list)
    for event in events:
        by_site[site[event.device]].append(event)
    order = sorted(by_site, key=lambda name: (name is None, name))
    return _of(None, events, today, start), tuple(_of(name, by_site[name], today, start) for name in order)


def _of(site: str | None, events: Sequence[Event], today: date, start: date) -> Progress:
    stood = points(events, today, start)
    last = stood[-1] if stood else Point(today, 0, 0, 0)
    forecast, why = foresee(weekly(events, today), last.open, today)
    return Progress(
        site=site, points=stood, open=last.open, gone=last.gone, kept=last.kept, forecast=forecast, why=why
    )


def weekly(events: Sequence[Event], today: date) -> list[int]:
    """How many units were gone for good in each whole week since the first, returns taken off: at most RECENT weeks.

    Weeks are counted back from today, so that the last one is whole.
    """
    now: dict[str, Event] = {one.device: one for one in events}
    days = sorted(one.day for one in now.values() if one.status == "gone")
    if not days:
        return []
    weeks = min((today - days[0]).days // 7, RECENT)
    starts = [today - timedelta(days=7 * (weeks - n)) for n in range(weeks + 1)]
    marks = [bisect.bisect_right(days, start) for start in starts]
    return [later - earlier for earlier, later in itertools.pairwise(marks)]


def foresee(
    counts: Sequence[int], remaining: int, today: date, draws: int = DRAWS
) -> tuple[Forecast | None, str]:
    """When the rest will be gone at the pace of these weeks, or why that cannot be said.

    The pace is drawn from its posterior under a Poisson process whose events come in batches as large as the weeks
    show, and the time for the rest from the process itself. The draws are always the same.
    """
    if remaining == 0:
        return None, "nothing is left to remove"
    if len(counts) < FEWEST_WEEKS or sum(counts) < FEWEST_GONE:
        seen = f"{len(counts)} whole week{'' if len(counts) == 1 else 's'}"
        return None, (
            f"it cannot be said yet: {sum(counts)} removals in {seen}; it takes {FEWEST_GONE} in {FEWEST_WEEKS}"
        )
    mean = statistics.fmean(counts)
    batch = max(1.0, statistics.variance(counts) / mean)
    chance = random.Random(f"{list(counts)} {remaining}")
    weeks = sorted(
        chance.gammavariate(max(1.0, remaining / batch), 1)
        / chance.gammavariate(sum(counts) / batch + 0.5, 1 / len(counts))
        for _ in range(draws)
    )
    early, likely, late = (weeks[int(share * draws)] for share in RANGE)
    if likely > FARTHEST:
        return None, f"no end is in sight: {mean:.1f} a week, and {remaining:,} are left"
    return Forecast(
        early=_in(today, early),
        likely=_in(today, likely),
        late=_in(today, late) if late <= FARTHEST else None,
        pace=round(mean, 2),
        weeks=len(counts),
    ), ""


def _in(today: date, weeks: float) -> date:
    return today + timedelta(days=max(1, round(weeks * 7)))
