"""One row for each unit of a plan: the columns of the table, of CSV and of the workbook, and the keys of JSON.

Columns that people may edit have the names of `items.EDITABLE`, or of a field of the specification.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import msgspec

from scanner.phase_out.items import EDITABLE
from scanner.phase_out.plan import Unit
from scanner.phase_out.specification import known_fields

Cell = str | int | float | date | Decimal | None

ABOUT: dict[str, tuple[str, Callable[[Unit], Cell]]] = {
    # column     heading          of a unit
    "device":    ("Device",       lambda one: one.device.id),
    "site":      ("Site",         lambda one: one.device.site),
    "building":  ("Building",     lambda one: one.device.building),
    "floor":     ("Floor",        lambda one: one.device.floor),
    "room":      ("Room",         lambda one: one.device.room),
    "address":   ("Address",      lambda one: one.device.address),
    "mac":       ("MAC address",  lambda one: one.device.mac),
    "made_by":   ("Made by",      lambda one: one.device.maker_name or one.device.maker),
    "shown_as":  ("Shown as",     lambda one: one.device.brand),
    "category":  ("Category",     lambda one: one.device.category),
    "model":     ("Model",        lambda one: one.device.model),
    "serial":    ("Serial",       lambda one: one.device.serial),
    "priority":  ("Priority",     lambda one: one.item.priority),
    "why":       ("Why",          lambda one: why(one)),
    "asked":     ("To be asked",  lambda one: ", ".join(map(worded, one.specification.asked)) or None),
    "ties":      ("Depends on",   lambda one: ties(one) or None),
}  # fmt: skip
"""What stands beside an item, and is not edited here."""

HEADINGS: dict[str, str] = {
    "state": "State", "phase": "Phase", "due": "Due", "ordered_on": "Ordered on", "installed_on": "Installed on",
    "removed_on": "Removed on", "verified_on": "Verified on", "responsible": "Responsible",
    "contractor": "Contractor", "ticket": "Ticket", "replacement": "Replacement", "cost": "Cost",
    "currency": "Currency", "reason": "Kept because", "remark": "Remark",
}  # fmt: skip
"""What people say of an item."""

NEEDED: dict[str, str] = {
    "form_factor": "Form", "megapixels": "Megapixels", "lens": "Lens", "night_vision": "Night vision",
    "ir_range": "Infrared range", "setting": "Indoor or outdoor", "audio_in": "Microphone",
    "audio_out": "Loudspeaker", "deterrence": "Siren or strobe", "wifi": "Wi-Fi", "mount": "Mount", "poe": "PoE class",
    "channels": "Channels", "analog_channels": "Coax inputs", "poe_ports": "PoE ports",
    "drive_bays": "Drive bays", "retention_days": "Days kept",
}  # fmt: skip
"""What a replacement needs. A field that is only expected has a question mark behind it in the table of doubts."""


def about(unit: Unit) -> dict[str, Cell]:
    """What stands beside an item."""
    return {name: of(unit) for name, (_, of) in ABOUT.items()}


def said(unit: Unit) -> dict[str, Cell]:
    """What people say of an item."""
    return {name: getattr(unit.item, name) for name in HEADINGS}


def required(unit: Unit, *, decoded: bool = False) -> dict[str, Cell]:
    """What its replacement needs; None where that is asked for, or means nothing. `decoded` is without what people
    filled in."""
    found = {one.field: one for one in (unit.decoded if decoded else unit.specification).requirements}
    values = {name: found[name].value if name in found else None for name in NEEDED}
    return {
        name: ("yes" if value else "no") if isinstance(value, bool) else value
        for name, value in values.items()
    }


def record(unit: Unit) -> dict[str, Any]:
    """A unit for other programs: all that the table has, with its reasons and its specification in full."""
    requirements = unit.specification.requirements
    return about(unit) | said(unit) | {
        "reasons": msgspec.to_builtins(unit.item.reasons),
        "specification": [msgspec.to_builtins(one) for one in requirements],
        "hangs_on": [msgspec.to_builtins(one) for one in unit.hangs_on],
        "hanging": [msgspec.to_builtins(one) for one in unit.hanging],
        "added": unit.item.added,
        "kept_on": unit.item.kept_on,
    }  # fmt: skip


def row(unit: Unit) -> dict[str, Cell]:
    """A unit as one row."""
    return about(unit) | said(unit) | required(unit)


def why(unit: Unit) -> str:
    return "; ".join(f"{one.points:g} {one.part}: {one.text}" for one in unit.item.reasons)


def ties(unit: Unit) -> str:
    """The recorder of a camera, and in which order they may change."""
    said = [
        f"{'together with ' if one.order == 'with' else ''}{one.recorder}{'?' * (one.certainty == 'expected')}"
        for one in unit.hangs_on
    ]
    return ", ".join(said)


def worded(field: str) -> str:
    """The name of a field of a specification, for people."""
    return NEEDED[field].lower() if NEEDED[field][1:2].islower() and field != "wifi" else NEEDED[field]


assert HEADINGS.keys() == EDITABLE.keys()
assert NEEDED.keys() == set(known_fields()), NEEDED.keys() ^ set(known_fields())
