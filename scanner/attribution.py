"""What changed on the network, and what only the fingerprints now say otherwise.

When two identifications of a device were made with different fingerprints, the replies behind both are identified
with those of today. What still differs then has changed on the network; the rest is due to the fingerprints. Where
replies were not kept, or those of today read nothing any more, nobody can tell.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING, Literal, NamedTuple

from scanner.inventory import timeline
from scanner.inventory.fold import RANK, fold
from scanner.inventory.timeline import Known, Step
from scanner.model import Identification, Observation

if TYPE_CHECKING:
    from fingerprints import Library
    from scanner.inventory import Inventory

Cause = Literal["network", "fingerprints", "unknown"]
Value = str | bool | None

IDENTIFIED = (
    "maker", "maker_name", "brand", "relabelled", "category", "model", "serial", "confidence"
)  # fmt: skip
ATTRIBUTES = (*IDENTIFIED, "firmware")


class Part(NamedTuple):
    """One attribute that changed, or that part of its change which has one cause."""

    attribute: str
    before: Value
    after: Value
    cause: Cause


class Again:
    """Identifies what runs kept of a device with the fingerprints of today. They are loaded when they are needed."""

    def __init__(self, inventory: Inventory, library: Callable[[], Library]) -> None:
        self._inventory, self._library = inventory, library
        self._made: dict[tuple[str, str], Identification | None] = {}

    @cached_property
    def known(self) -> Library:
        return self._library()

    def identification(self, device: str, step: Step) -> Identification | None:
        """What today's fingerprints say of a device as a run saw it; None when its replies are gone."""
        if step.fingerprints == self.known.version:
            return step.identification
        key = device, step.run
        if key not in self._made:
            kept = self._inventory.ask(timeline.replies_kept, device, step.run)
            self._made[key] = self._identify(device, step.run) if kept else None
        return self._made[key]

    def _identify(self, device: str, run: str) -> Identification:
        """A unit with several addresses was identified at each: its replies are not mixed here either."""
        from scanner.identify import identify

        replies: dict[str | None, list[Observation]] = {}
        for _, observation in self._inventory.observations(run, device):
            replies.setdefault(observation.address, []).append(observation)
        several = self._inventory.ask(timeline.separate, device, run)
        groups = list(replies.values()) if several else [[one for some in replies.values() for one in some]]
        return fold(identify(group, self.known) for group in groups)


def parts(device: str, before: Known, after: Known, again: Again) -> list[Part]:
    """How what is known of a device changed, each attribute with the cause of its change."""
    return [
        part
        for attribute in ATTRIBUTES
        if getattr(before.identification, attribute) != getattr(after.identification, attribute)
        for part in _parts(device, attribute, before, after, again)
    ]


def _parts(device: str, attribute: str, before: Known, after: Known, again: Again) -> list[Part]:
    was, now = getattr(before.identification, attribute), getattr(after.identification, attribute)
    first, second = before.said(attribute), after.said(attribute)
    if first.fingerprints == second.fingerprints:
        return [Part(attribute, was, now, "network")]
    old, new = again.identification(device, first), again.identification(device, second)
    if old is None or new is None:
        return [Part(attribute, was, now, "unknown")]
    earlier, later = getattr(old, attribute), getattr(new, attribute)
    if later is None and now is not None:  # those of today do not read it any more
        return [Part(attribute, was, now, "unknown")]
    if attribute == "confidence" and RANK[later] < RANK[earlier]:
        later = earlier  # a run that saw less is no change of the device
    if earlier == later:
        return [Part(attribute, was, now, "fingerprints")]
    stages: tuple[tuple[Value, Value, Cause], ...] = (
        (was, earlier, "fingerprints"), (earlier, later, "network"), (later, now, "fingerprints"),
    )  # fmt: skip
    return [Part(attribute, one, other, cause) for one, other, cause in stages if one != other]
