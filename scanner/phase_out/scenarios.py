"""Scenarios: phases and dates for all that is not ordered yet, from a first day and what can be done in a week.

The most urgent come first; what has to change together stays together. A scenario is a proposal until it is applied.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import Literal, get_args

import msgspec

from scanner.phase_out.dependence import together
from scanner.phase_out.plan import Unit
from scanner.phase_out.states import TO_BUY

Scenario = Literal["all-at-once", "by-site", "recorders-first"]
SCENARIOS: tuple[Scenario, ...] = get_args(Scenario)
ABOUT: dict[Scenario, str] = {
    "all-at-once":     "one phase, the most urgent first",
    "by-site":         "a phase for each site, that with the most urgent unit first",
    "recorders-first": "recorders with what has to change with them, then all cameras",
}  # fmt: skip


class Slot(msgspec.Struct, frozen=True):
    """When a unit is to be gone."""

    phase: str
    due: date


class Phase(msgspec.Struct, frozen=True):
    """What a scenario makes of a phase."""

    name: str
    units: int
    first: date
    last: date


def schedule(units: Sequence[Unit], scenario: Scenario, start: date, per_week: int) -> dict[str, Slot]:
    """The phase and the date of each unit of which nothing was ordered yet. Phases come one after the other."""
    groups = _groups([one for one in units if one.item.state in TO_BUY])
    phases = _phases(groups, scenario)
    slots: dict[str, Slot] = {}
    done = 0
    for number, (name, members) in enumerate(phases, 1):
        label = f"{number}-{name}" if name else str(number)
        for group in members:
            done += len(group)
            due = week_end(start, (done - 1) // per_week)
            slots |= {unit.device.id: Slot(label, due) for unit in group}
    return slots


def week_end(start: date, number: int) -> date:
    """The last working day of the n-th week from a day on, the first being 0."""
    last = start + timedelta(days=7 * number + 6)
    back = max(0, last.weekday() - 4)
    return max(start, last - timedelta(days=back))


def phases(slots: Iterable[Slot]) -> tuple[Phase, ...]:
    """The phases of a schedule, in the order of their first dates."""
    by_name: dict[str, list[date]] = defaultdict(list)
    for slot in slots:
        by_name[slot.phase].append(slot.due)
    found = [Phase(name, len(days), min(days), max(days)) for name, days in by_name.items()]
    return tuple(sorted(found, key=lambda one: (one.first, one.last, one.name)))


def applied(units: Iterable[Unit], slots: dict[str, Slot]) -> tuple[Unit, ...]:
    """The units as a schedule would make them."""
    replace = msgspec.structs.replace
    return tuple(
        replace(one, item=replace(one.item, phase=slot.phase, due=slot.due))
        if (slot := slots.get(one.device.id))
        else one
        for one in units
    )


def _urgency(unit: Unit) -> tuple[int, str]:
    return -(unit.item.priority or 0), unit.device.id


def _groups(units: Sequence[Unit]) -> list[tuple[Unit, ...]]:
    """Units that change together, recorder first; all others alone; the most urgent first."""
    known = {one.device.id: one for one in units}
    ties = together(tie for one in units for tie in one.hangs_on)
    groups: dict[str, list[Unit]] = {}
    for camera, recorder in ties.items():
        if recorder in known:
            groups.setdefault(recorder, [known[recorder]]).append(known[camera])
    grouped = {one.device.id for members in groups.values() for one in members}
    alone = [(one,) for one in units if one.device.id not in grouped]
    bound = [(first, *sorted(rest, key=_urgency)) for first, *rest in groups.values()]
    return sorted([*alone, *bound], key=lambda group: min(map(_urgency, group)))


def _phases(
    groups: Sequence[tuple[Unit, ...]], scenario: Scenario
) -> list[tuple[str, list[tuple[Unit, ...]]]]:
    """Names and groups of the phases; the groups come in the order of urgency, and so do the sites."""
    if scenario == "all-at-once":
        return [("", list(groups))]
    named: dict[str, list[tuple[Unit, ...]]] = {}
    if scenario == "recorders-first":
        named = {"recorders": [], "cameras": [], "others": []}
    for group in groups:
        if scenario == "by-site":
            name = group[0].device.site or "no site"
        else:
            kind = group[0].specification.kind
            name = "recorders" if kind == "recorder" else "cameras" if kind == "camera" else "others"
        named.setdefault(name, []).append(group)
    return [(name, members) for name, members in named.items() if members]
