"""Errors that an operator can act on.

CamcensusError      what happened, why, and how to mend it; rendered in one place, `scanner.cli.main`
└── Incomplete      the work was done in part; the rest is named

What a network does is no exception but an `Outcome`; see scanner.model.
"""

from __future__ import annotations

EXIT_STATUSES = {
    0: "done",
    1: "done, and what `--fail-on` named, or a check looks for, was found",
    2: "wrong usage, or something to put right first: the error says what",
    3: "incomplete: a part was done and kept, and the rest is named",
    130: "interrupted, with all that was seen saved",
}


class CamcensusError(Exception):
    """Something the user can act on: `what` happened, `why`, and the `fix`."""

    exit_status = 2

    def __init__(self, what: str, *, why: str = "", fix: str = "") -> None:
        super().__init__(what)
        self.what, self.why, self.fix = what, why, fix

    def __str__(self) -> str:
        return "; ".join(part for part in (self.what, self.why, self.fix) if part)


class Incomplete(CamcensusError):
    """A part was done and kept; a part could not be."""

    exit_status = 3
