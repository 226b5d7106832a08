"""Plan items: what becomes of one device, and what a change of one may be.

An edit is checked whole and applied whole: a state is reached by an allowed step, a date lies not before its state
and not in the future, and money has a currency.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal

import msgspec

from scanner.errors import CamcensusError
from scanner.phase_out import spelling
from scanner.phase_out.specification import Filled
from scanner.phase_out.states import DATED, STATES, State, refusal, state_named

LONGEST = 500  # characters of a text
PHASE = 64


class Reason(msgspec.Struct, frozen=True):
    """One line of what makes up a priority."""

    part: str  # site, flaws, end of life, dependence
    points: float  # of the hundred
    text: str


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """What becomes of one device."""

    device: str
    added: str  # the moment when it came into the plan
    state: State = "found"
    phase: str | None = None
    due: date | None = None  # the day by which it is to be gone
    ordered_on: date | None = None
    installed_on: date | None = None
    removed_on: date | None = None
    verified_on: date | None = None
    kept_on: date | None = None
    responsible: str | None = None
    contractor: str | None = None
    ticket: str | None = None
    replacement: str | None = None  # the product that takes its place
    cost: Decimal | None = None  # of that, when it is another than the price list says
    currency: str | None = None
    reason: str | None = None  # why it is kept
    remark: str | None = None
    filled: dict[str, Filled] = {}  # of its specification, by hand
    priority: int | None = None  # 0 to 100
    reasons: tuple[Reason, ...] = ()
    version: int = 0  # the number of the last change of what people say, in the journal


def _text(most: int) -> Callable[[str], str]:
    def read(text: str) -> str:
        plain = " ".join(text.split())
        if len(plain) > most:
            raise ValueError(f"it has more than {most} characters")
        return plain

    return read


def _day(text: str) -> str:
    return spelling.day(text).isoformat()


def _state(text: str) -> str:
    try:
        return state_named(text)
    except CamcensusError as error:
        raise ValueError(str(error)) from None


EDITABLE: dict[str, Callable[[str], str]] = {
    "state":        _state,
    "phase":        _text(PHASE),
    "due":          _day,
    "ordered_on":   _day,
    "installed_on": _day,
    "removed_on":   _day,
    "verified_on":  _day,
    "responsible":  _text(LONGEST),
    "contractor":   _text(LONGEST),
    "ticket":       _text(LONGEST),
    "replacement":  _text(LONGEST),
    "cost":         lambda text: str(spelling.amount(text)),
    "currency":     spelling.currency,
    "reason":       _text(LONGEST),
    "remark":       _text(LONGEST),
}  # fmt: skip
"""What people say of an item, and how each is read from text: the readers raise ValueError."""

DATES = ("ordered_on", "installed_on", "removed_on", "verified_on")
ORDER = {state: rank for rank, state in enumerate(STATES)}


class Wrong(ValueError):
    """An edit that cannot be: which field, why, and what to do."""

    def __init__(self, field: str, why: str, fix: str = "") -> None:
        super().__init__("; ".join(filter(None, (why, fix))))
        self.field, self.why, self.fix = field, why, fix


def read(said: Mapping[str, str | None]) -> dict[str, str | None]:
    """Texts as values: None and empty take back. Raises Wrong."""
    values: dict[str, str | None] = {}
    for field, text in said.items():
        try:
            values[field] = EDITABLE[field](text) if text and text.strip() else None
        except ValueError as error:
            raise Wrong(field, str(error)) from None
    if values.get("state", "found") is None:
        raise Wrong("state", "an item always has a state", f"choose of: {', '.join(STATES)}")
    return values


def plain(item: Item) -> dict[str, str | None]:
    """What people say of an item, as texts."""
    values = {field: getattr(item, field) for field in EDITABLE}
    return {field: None if value is None else str(value) for field, value in values.items()}


def edited(item: Item, said: Mapping[str, str | None], today: date, why: str = "") -> dict[str, str | None]:
    """The fields of an item that are another after an edit, with their new texts. `said` holds values as `read`
    gives them. Raises Wrong."""
    before = plain(item) | {"kept_on": str(item.kept_on) if item.kept_on else None}
    now = before | dict(said)
    if now["state"] != before["state"]:
        now |= _stepped(item, now, said, today, why)
    if now["state"] == "kept" and not now["reason"]:
        raise Wrong("reason", "a unit is kept for a reason, and none is given")
    _check_dates(item, now, before, today)
    if (field := DATED.get(state_named(now["state"] or ""))) and not now[field]:
        raise Wrong(field, f"it is {now['state']}, and that has a date", "write another date instead")
    if now["cost"] is not None and now["currency"] is None:
        raise Wrong("currency", "a cost has a currency, and none is given")
    return {field: value for field, value in now.items() if value != before[field]}


def _stepped(
    item: Item, now: Mapping[str, str | None], said: Mapping[str, str | None], today: date, why: str
) -> dict[str, str | None]:
    """What a step brings with it: the date of the state reached, no dates of those that it went back from."""
    state = state_named(now["state"] or "")
    reason = why or said.get("reason") or ""
    if refused := refusal(item.state, state, reason):
        raise Wrong("state", refused.why, refused.fix)
    follows: dict[str, str | None] = {}
    for name, field in DATED.items():
        if name != state and ORDER[state_named(name)] > ORDER[state] and field not in said:
            follows[field] = None
    if (field := DATED.get(state, "")) and not now.get(field):
        follows[field] = today.isoformat()
    if state == "kept":
        follows["reason"] = said.get("reason") or why
    elif item.state == "kept":
        follows["reason"] = None
    return follows


def _check_dates(
    item: Item, now: Mapping[str, str | None], before: Mapping[str, str | None], today: date
) -> None:
    state = state_named(now["state"] or "")
    for field in DATES:
        text = now[field]
        if text is None or text == before[field]:
            continue
        of = next(name for name, one in DATED.items() if one == field)
        if ORDER[state] < ORDER[state_named(of)] or state == "kept":
            raise Wrong(
                field, f"it is {state}, not {of}", f"set its state to {of} too, or plan with the date due"
            )
        if date.fromisoformat(text) > today:
            raise Wrong(field, f"{text} is still to come")
