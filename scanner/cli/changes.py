"""Changes in words: what `devices history` and `diff` print."""

from __future__ import annotations

import shutil
import textwrap
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from reports import wording

if TYPE_CHECKING:
    from scanner.inventory import Device
    from scanner.inventory.history import Event

WIDEST = 120  # columns
ATTRIBUTES = {"maker_name": "maker", "switch_port": "port"}  # others read as they are spelt
WITHOUT_NAME = ("first-looked-at", "not-looked-at")
TITLES = {
    "new": "New",
    "came-back": "Came back",
    "gone-quiet": "Gone quiet",
    "moved": "Moved",
    "firmware": "Changed firmware",
    "identification": "Changed identification",
    "first-looked-at": "Seen where nobody had looked before",
    "not-looked-at": "Not looked at",
}
CAUSES = {
    "fingerprints": "by other fingerprints, not by the network",
    "unknown": "by the network or by other fingerprints: it cannot be told",
}


def what(event: Event) -> str:
    """What happened, without when and to whom."""
    before, after = event.before or {}, event.after or {}
    match event.kind:
        case "new":
            return f"first seen at {where(after)}"
        case "came-back":
            return f"came back at {where(after)}"
        case "gone-quiet":
            return f"went quiet at {where(before)}"
        case "moved":
            return f"moved: {steps(before, after)}"
        case "merged":
            return f"merged with {after['other']}: {wording.shown(event.why)}"
        case "split":
            return f"parted from {after['other']}: {wording.shown(event.why)}"
        case "doubted":
            return f"may be the same unit as {after['other']}: {wording.shown(event.why)}"
        case "set":
            return steps(before, after, "not set") + (f": {wording.shown(event.why)}" if event.why else "")
        case "identification":
            return f"identified otherwise: {steps(before, after)}"
        case _:
            return steps(before, after)


def where(place: Mapping[str, Any]) -> str:
    address = wording.shown(place.get("address") or "no address")
    return address + (f", site {wording.shown(place['site'])}" if place.get("site") else "")


def steps(before: Mapping[str, Any], after: Mapping[str, Any], nothing: str = "not known") -> str:
    """Each attribute from its old value to its new one; a maker by its name alone."""
    names = [name for name in after if before.get(name) != after[name]]
    if "maker_name" in names and "maker" in names:
        names.remove("maker")
    return "; ".join(
        f"{ATTRIBUTES.get(name, name)} {value(before.get(name), nothing)} -> {value(after[name], nothing)}"
        for name in names
    )


def value(it: object, nothing: str) -> str:
    if isinstance(it, bool):
        return "yes" if it else "no"
    return nothing if it is None or it == "" else wording.name(str(it))


def label(device: Device) -> str:
    """A device in a line: what it is called, and what it is."""
    brand = wording.shown_as(device)
    other = f" as {brand}" if brand and brand not in (wording.NO_NAME, wording.made_by(device)) else ""
    parts = (wording.made_by(device) + other, wording.name(device.model or ""), wording.category(device))
    return ", ".join(filter(None, parts)) + (" [covered]" if device.covered else "")


def wrapped(head: str, text: str) -> Iterator[str]:
    """A text beside its head, in the width of the terminal."""
    width = min(shutil.get_terminal_size().columns, WIDEST)
    yield from textwrap.wrap(
        text, width, initial_indent=head, subsequent_indent=" " * len(head), break_on_hyphens=False
    ) or [head]
