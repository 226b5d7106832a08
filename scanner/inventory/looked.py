"""Whether a run looked where a device was seen: only then does its silence mean anything.

docs/explanation/changes.md explains the rules. Every answer is a reason why not, and empty when it did look.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import NamedTuple

from scanner.inventory.records import Run, Sighting
from scanner.model import Exclusion
from scanner.spans import Spans, holds, merged, number_of, read, without


class Way(NamedTuple):
    """How replies of a device came: a run that cannot be answered so cannot see it."""

    protocol: str
    transport: str | None
    port: int | None
    interface: str | None


class Evidence(NamedTuple):
    """What the inventory is asked about a sighting, when the addresses alone do not decide."""

    ways: Callable[[Sighting], Sequence[Way]]
    same_link: Callable[[Sighting, Run], bool]


def why_not(run: Run, seen: Sighting, evidence: Evidence) -> str:
    """Why a run could not have seen a device where it was seen before; empty when it could."""
    if run.site != seen.site:
        return f"another site was scanned: {run.site or 'none was named'}"
    if run.outcome is None:
        return "the run never ended"
    number = number_of(seen.address or "")
    near = seen.reachable == "not-routable" or number is None
    if number is not None and (excluded := _exclusion(run, number)):
        return f"excluded{': ' + excluded.reason if excluded.reason else ''}"
    within = number is not None and not near and holds(ground(run), number)
    if not within and (why := _why_not_on_the_link(run, seen, number, evidence)):
        return why
    return _why_not_so(run, seen, evidence.ways(seen), within)


def ground(run: Run) -> Spans:
    """The addresses that a run swept to the end."""
    it = run.coverage
    finished = run.outcome == "complete" and not it.lost
    return _ground(it.asked, it.targets if finished else (), tuple(one.what for one in it.excluded))


@lru_cache(maxsize=1_000)  # the same scope week after week
def _ground(asked: tuple[str, ...], targets: tuple[str, ...], excluded: tuple[str, ...]) -> Spans:
    """Runs before `asked` was recorded tell their targets; which addresses a host name meant is lost."""
    swept = merged(span for text in asked or targets for span in read(text))
    return without(swept, merged(span for text in excluded for span in read(text)))


def _exclusion(run: Run, number: int) -> Exclusion | None:
    return next((one for one in run.coverage.excluded if holds(read(one.what), number)), None)


def _why_not_on_the_link(run: Run, seen: Sighting, number: int | None, evidence: Evidence) -> str:
    """Why discovery did not reach it either. `eth0` of two machines is not one network: a unit that both heard is."""
    if seen.interface and seen.interface in run.coverage.interfaces and run.outcome == "complete":
        return "" if evidence.same_link(seen, run) else "nothing shows that it was on the same network"
    if number is None or seen.reachable == "not-routable":
        return "it answers discovery alone, which did not reach it"
    targeted = any(holds(read(text), number) for text in run.coverage.targets)
    if targeted:
        return f"the run was {run.outcome}, and did not get to this address"
    return "the address is not among its targets"


def _why_not_so(run: Run, seen: Sighting, ways: Sequence[Way], within: bool) -> str:
    """Why it would not have been heard in any of the ways in which it was heard before."""
    if not ways or any(_usable(run, way, within) for way in ways):
        return ""
    ports = sorted({str(way.port) for way in ways if way.transport == "tcp" and way.port})
    names = sorted({way.protocol for way in ways if way.transport != "tcp"})
    parts = [f"port {', '.join(ports)}"] if ports else []
    return f"it answered by {' and '.join([*parts, *names])} alone, which could not be asked"


def _usable(run: Run, way: Way, within: bool) -> bool:
    it = run.coverage
    if way.transport == "tcp":
        return within and (not it.ports or way.port in it.ports)
    if way.protocol in it.unusable:
        return False
    heard = way.interface in it.interfaces if way.interface else run.settings.get("unicast_discovery", True)
    return bool(heard) or (within and way.transport == "l2")
