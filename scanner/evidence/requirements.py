"""What a record of a removal has to hold, by name: the words in which policies ask for it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

from scanner.errors import CamcensusError
from scanner.evidence.removals import ROLES, Removal

LEFT = ("returned", "destroyed", "resold")  # somebody else has it, or had it
TREATED = ("clear", "purge", "destroy")
FINDINGS = ("confirmed", "probable")


class Requirement(NamedTuple):
    """One thing that a record holds or lacks. `when` says of which records it is asked; none is asked of all."""

    name: str
    about: str
    holds: Callable[[Removal], Any]
    when: Callable[[Removal], bool] = lambda record: True


def of_unit(name: str) -> Callable[[Removal], Any]:
    return lambda record: record.unit.get(name)


def said(name: str) -> Callable[[Removal], Any]:
    return lambda record: getattr(record, name)


def attached(role: str) -> Callable[[Removal], Any]:
    return lambda record: any(one.role == role for one in record.attachments)


def left(record: Removal) -> bool:
    return record.disposal in LEFT


def treated(record: Removal) -> bool:
    return record.media in TREATED


REQUIREMENTS = {
    one.name: one
    for one in (
        Requirement("maker", "who built it, as a finding and not a lead",
                    lambda record: record.unit.get("maker") and record.unit.get("confidence") in FINDINGS),
        Requirement("brand", "the name on it", of_unit("brand")),
        Requirement("model", "its model", of_unit("model")),
        Requirement("serial", "its serial number", of_unit("serial")),
        Requirement("mac", "its MAC address", of_unit("mac")),
        Requirement("site", "the site where it was", of_unit("site")),
        Requirement("place", "where on the site: building, floor, room, or switch and port",
                    lambda record: any(record.unit.get(name) for name in ("building", "floor", "room", "switch_port"))),
        Requirement("owner", "whose it was", of_unit("owner")),
        Requirement("asset", "its number in an asset register", of_unit("asset")),
        Requirement("at", "when it was taken out", said("at")),
        Requirement("removed-by", "who took it out", said("removed_by")),
        Requirement("witness", "who saw it", said("witness")),
        Requirement("isolated", "since when it was cut off from the network", said("isolated")),
        Requirement("why", "by whose decision, or for which policy", said("why")),
        Requirement("replacement", "the device that hangs there now", said("replacement")),
        Requirement("disposal", "what became of it", said("disposal")),
        Requirement("disposed-to", "who has it now, when it left", said("disposed_to"), left),
        Requirement("receipt", "the receipt or waste note, when it left", said("receipt"), left),
        Requirement("media", "what was done to its disks and cards; `none` is not enough",
                    lambda record: record.media not in (None, "none")),
        Requirement("media-serials", "their serial numbers, when they were treated", said("media_serials"), treated),
        Requirement("media-method", "the method, when they were treated", said("media_method"), treated),
        Requirement("certificate", "the certificate about that, when they were treated", said("certificate"), treated),
        *(Requirement(f"attached-{role}", f"an attachment of the role `{role}`", attached(role)) for role in ROLES),
    )
}  # fmt: skip
"""Every name that a policy may ask for."""


def missing(record: Removal, asked: Iterable[str]) -> Iterator[Requirement]:
    """What a record lacks of what is asked. Raises CamcensusError for a name that nobody knows."""
    for name in asked:
        requirement = named(name)
        if requirement.when(record) and not requirement.holds(record):
            yield requirement


def named(name: str) -> Requirement:
    if name in REQUIREMENTS:
        return REQUIREMENTS[name]
    raise CamcensusError(
        f"nobody knows what {name[:40]!r} asks of a removal", fix=f"choose of: {', '.join(REQUIREMENTS)}"
    )
