"""The states of a plan item, and the steps between them that are allowed."""

from __future__ import annotations

from typing import Literal, get_args

import msgspec

from scanner.errors import CamcensusError

State = Literal["found", "confirmed", "planned", "ordered", "installed", "removed", "verified", "kept"]
STATES: tuple[State, ...] = get_args(State)

ABOUT: dict[State, str] = {
    "found":     "the census found it; somebody has to confirm that it is what it seems to be",
    "confirmed": "it is to be replaced or removed",
    "planned":   "it is decided when, in which phase",
    "ordered":   "its replacement is ordered",
    "installed": "its replacement is in place; it may still be there itself",
    "removed":   "it was taken out",
    "verified":  "there is evidence that it is gone: a verdict, see camcensus removal verdict --plan",
    "kept":      "it stays, for a reason that is written down",
}  # fmt: skip

FORWARD: dict[State, tuple[State, ...]] = {
    # from        to, without a reason
    "found":     ("confirmed",),
    "confirmed": ("planned",),
    "planned":   ("ordered", "removed"),    # removed: nothing replaces it, or what does comes later
    "ordered":   ("installed", "removed"),  # removed: the new one hangs in the place of the old one
    "installed": ("removed",),
    "removed":   (),
    "verified":  (),
    "kept":      (),
}  # fmt: skip
WITH_REASON: dict[State, tuple[State, ...]] = {
    # from        to, when somebody says why
    "found":     ("kept",),
    "confirmed": ("found", "kept"),
    "planned":   ("confirmed", "kept"),
    "ordered":   ("planned", "kept"),
    "installed": ("ordered", "kept"),
    "removed":   ("verified", "installed", "ordered", "planned", "kept"),  # back: it is still there
    "verified":  ("removed", "planned"),                                   # it came back
    "kept":      ("found", "confirmed", "planned"),
}  # fmt: skip

OPEN: tuple[State, ...] = ("found", "confirmed", "planned", "ordered", "installed")  # the unit is still there
GONE: tuple[State, ...] = ("removed", "verified")
TO_BUY: tuple[State, ...] = ("found", "confirmed", "planned")  # nothing was ordered yet
DATED: dict[State, str] = {
    "ordered": "ordered_on", "installed": "installed_on", "removed": "removed_on", "verified": "verified_on",
    "kept": "kept_on",
}  # fmt: skip
"""The date that tells when a state was reached."""


class Refused(msgspec.Struct, frozen=True):
    """Why a step is not taken, and what would be."""

    why: str
    fix: str


def refusal(before: State, after: State, reason: str = "") -> Refused | None:
    """Why an item cannot go from one state to another; None when it can."""
    if before == after or after in FORWARD[before] or (reason.strip() and after in WITH_REASON[before]):
        return None
    allowed = f"from {before} it goes to: {steps(before)}"
    if after in WITH_REASON[before]:
        return Refused(f"from {before} to {after} takes a reason", "say why")
    return Refused(f"it cannot go from {before} to {after}", allowed)


def steps(before: State) -> str:
    """The steps from a state, in words."""
    reasoned = [f"{state} (with a reason)" for state in WITH_REASON[before]]
    return ", ".join([*FORWARD[before], *reasoned]) or "nowhere"


def state_named(text: str) -> State:
    """The state with this name. Raises CamcensusError."""
    for state in STATES:
        if text.strip().casefold() in (state, "kept-with-reason" if state == "kept" else state):
            return state
    raise CamcensusError(f"there is no state {text[:40]!r}", fix=f"choose of: {', '.join(STATES)}")
