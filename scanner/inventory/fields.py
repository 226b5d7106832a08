"""What can be asked about a device: the closed table of fields behind every condition, column and order.

The SQL of a field stands here and nowhere else; no text of a user ever becomes a part of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple, get_args

from fingerprints.models import SAID
from scanner.inventory.looks import LAST_CONCLUSIVE
from scanner.inventory.records import Reachable
from scanner.inventory.rows import PLACED
from scanner.model import CATEGORIES, Confidence
from scanner.phase_out.states import STATES

if TYPE_CHECKING:
    from sqlite_utils import Database

Kind = Literal[
    "text", "version", "level", "number", "moment", "day", "address", "yes or no", "list", "any text"
]  # fmt: skip


class Field(NamedTuple):
    """One field. `sql` is its value, `order` what it sorts by where that is something else."""

    name: str
    kind: Kind
    about: str
    sql: str
    order: str = ""
    words: tuple[str, ...] = ()  # all its values, where they are few
    reads: tuple[str, ...] = ()  # the columns that it is made of, where that takes a function


LEVELS: tuple[Confidence, ...] = tuple(reversed(get_args(Confidence)))  # the least sure first
RANKED = (
    "CASE confidence " + " ".join(f"WHEN '{name}' THEN {rank}" for rank, name in enumerate(LEVELS)) + " END"
)
LAST_LOOK = f"({LAST_CONCLUSIVE.format(what='at')})"
SEARCHED = ("id", "address", "mac", "maker", "maker_name", "brand", "category", "model", "firmware", "serial")

STATED = (
    Field("id", "text", "of the device, stable from run to run", "id"),
    Field("address", "address", "its last address, or the network that it is in", "address", "address_order"),
    Field("mac", "text", "its MAC address, as `44:19:b6:00:00:01`", "mac"),
    Field("maker", "text", "who built it", "maker", words=("hikvision", "dahua", "other")),
    Field("maker_name", "text", "the maker's full name", "maker_name"),
    Field("brand", "text", "the name on it", "brand"),
    Field("relabelled", "yes or no", "whether another name than its maker's is on it", "relabelled"),
    Field("category", "text", "what it is", "category", words=CATEGORIES),
    Field("model", "text", "as it states it", "model"),
    Field("firmware", "version", "as it states it; `<` and `>` compare versions of one maker's style", "firmware"),
    Field("serial", "text", "as it states it", "serial"),
    Field("confidence", "level", "how sure its maker is", "confidence", RANKED, LEVELS),
    Field("covered", "list", "the policies that name its maker; alone: whether any does", "covered"),
    Field("conflicts", "list", "where the evidence disagrees; alone: whether it does", "conflicts"),
    Field("evidence", "list", "the fingerprints behind its identification", "evidence"),
    Field("first_seen", "moment", "when it was seen first", "first_seen"),
    Field("last_seen", "moment", "when it was seen last", "last_seen"),
    Field("last_look", "moment", "when it last answered so that its maker was sure", LAST_LOOK),
    Field("last_run", "text", "the run that saw it last", "last_run"),
    Field("reachable", "text", "where it was seen last", "reachable", words=get_args(Reachable)),
    Field("seen_at_site", "text", "the site of the run that saw it last", "seen_at_site"),
)  # fmt: skip
ABOUT_PLACED = {
    "site": "the site where it is", "building": "the building", "floor": "the floor", "room": "the room",
    "switch": "the switch that it is plugged into", "switch_port": "the port of that switch",
    "asset": "its number in an asset register", "owner": "whose it is", "lease": "the lease it belongs to",
    "contract": "the contract it belongs to", "note": "what somebody wrote about it",
}  # fmt: skip
NUMBERS = ("megapixels", "ir_range", "channels", "analog_channels", "poe_ports", "drive_bays")
YES_OR_NO = ("ir", "white_light", "audio_in", "audio_out", "deterrence", "wifi")
ABOUT_MODEL = {
    "form_factor": "bullet, dome, turret, ptz, …", "megapixels": "its resolution", "lens": "what lens it has",
    "ir": "whether it sees in infra-red", "ir_range": "how far, in metres", "white_light": "whether it has a lamp",
    "night_vision": "how it sees at night", "audio_in": "whether it hears", "audio_out": "whether it speaks",
    "deterrence": "whether it has a siren or a strobe", "setting": "indoor or outdoor",
    "wifi": "whether it has Wi-Fi", "poe": "the class that its port needs", "channels": "how many cameras it records",
    "analog_channels": "how many of these are analogue", "poe_ports": "how many cameras it feeds itself",
    "drive_bays": "how many drives it holds",
}  # fmt: skip


ABOUT_PLAN: dict[str, tuple[Kind, str]] = {
    "state":       ("text", "how far its replacement is; empty when it is not in the plan"),
    "phase":       ("text", "the phase in which it is replaced"),
    "priority":    ("number", "how urgent that is, from 0 to 100"),
    "due":         ("day", "the day by which it is to be gone"),
    "responsible": ("text", "who sees to it"),
    "contractor":  ("text", "who does the work"),
    "ticket":      ("text", "the ticket of the work"),
    "replacement": ("text", "the product that takes its place"),
}  # fmt: skip


def planned(name: str) -> Field:
    kind, about = ABOUT_PLAN[name]
    sql = f"(SELECT {name} FROM plan_items WHERE device = devices.id)"
    return Field(name, kind, about, sql, words=STATES if name == "state" else ())


def decoded(name: str) -> Field:
    kind: Kind = "number" if name in NUMBERS else "yes or no" if name in YES_OR_NO else "text"
    sql = f"specified('{name}', model, maker, brand)"
    return Field(name, kind, ABOUT_MODEL[name], sql, reads=("model", "maker", "brand"))


FIELDS: dict[str, Field] = {
    field.name: field
    for field in (
        *STATED,
        *(Field(name, "text", ABOUT_PLACED[name], name) for name in PLACED),
        *(decoded(name) for name in SAID if name != "category"),
        *(planned(name) for name in ABOUT_PLAN),
    )
}
"""Every field by its name, in the order in which `all` shows them."""

ANY = Field("any", "any text", "the text in an address, a name, a model, a serial number, …", "")
"""A field to look in, that is no column."""


def provide(db: Database) -> None:
    """Give a connection the functions that fields are made of. Other programs read the file without them."""
    db.register_function(specified, deterministic=True)
    db.register_function(firmware_order, deterministic=True)


def specified(field: str, model: str | None, maker: str | None, brand: str | None) -> object:
    """One field of what a model number says."""
    from fingerprints.models import decode

    return getattr(decode(model, maker, brand), field) if model else None


def firmware_order(stated: str | None, maker: str | None) -> str | None:
    """A text that sorts as versions do, and begins with their style: only those of one style compare."""
    from fingerprints.firmware import parse

    found = parse(stated, maker)
    if found is None:
        return None
    version = "".join(f"{number:016}" for number in found.version)
    return f"{found.style}:{version}/{found.build or ''}"  # the slash sorts before every digit
