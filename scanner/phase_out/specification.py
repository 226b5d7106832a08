"""What a replacement has to be able to do: decoded from model, replies and place, or asked for; never guessed.

    needed(device).of("lens")      # Requirement("lens", "fixed", "known", "the model number DS-2CD2032-I")

Each field says how sure it is and where it comes from. docs/explanation/specification.md gives the rules.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Literal

import msgspec

from fingerprints import models
from scanner.inventory.records import Device

Certainty = Literal["known", "expected", "asked", "filled"]
Kind = Literal["camera", "recorder", "doorbell", "encoder", "other"]
Value = str | int | float | bool

KINDS: dict[str, Kind] = {
    "camera": "camera", "nvr": "recorder", "dvr": "recorder", "doorbell": "doorbell", "encoder": "encoder",
}  # fmt: skip
ASKED: dict[Kind, tuple[str, ...]] = {
    "camera":   ("form_factor", "megapixels", "lens", "night_vision", "setting", "audio_in", "poe"),
    "recorder": ("channels", "poe_ports", "drive_bays"),
    "doorbell": ("setting", "poe"),
    "encoder":  ("analog_channels", "poe"),
    "other":    (),
}  # fmt: skip
"""What must be known before something can be bought instead; of a hybrid recorder its coax inputs too."""

ALSO: dict[Kind, tuple[str, ...]] = {
    "camera":   ("ir_range", "audio_out", "deterrence", "wifi", "mount"),
    "recorder": ("analog_channels", "poe", "audio_in", "retention_days"),
    "doorbell": ("form_factor", "megapixels", "lens", "night_vision", "audio_in", "audio_out", "wifi", "mount"),
    "encoder":  ("channels",),
    "other":    ("form_factor", "megapixels", "channels", "poe", "mount"),
}  # fmt: skip
"""What is said where it is known, and not asked for."""

NUMBERS = frozenset({"channels", "analog_channels", "poe_ports", "drive_bays", "ir_range", "retention_days"})
YES_OR_NO = frozenset({"audio_in", "audio_out", "deterrence", "wifi"})
SETTINGS = ("indoor", "outdoor")
MOST = 100_000  # of anything that is counted
LONGEST = 100  # characters of a value
POSSIBLE = "; its maker is only possible"


class Requirement(msgspec.Struct, frozen=True):
    """One field of a specification. `value` is None exactly when it is asked for."""

    field: str
    value: Value | None
    certainty: Certainty
    source: str

    @property
    def text(self) -> str:
        """As a person writes it; empty when it is asked for."""
        return "" if self.value is None else spelt(self.value)


class Filled(msgspec.Struct, frozen=True):
    """What somebody filled in by hand."""

    value: Value
    by: str
    at: str  # the moment, as the journal has it


class Specification(msgspec.Struct, frozen=True):
    """The requirements of one unit, those that are asked for included."""

    kind: Kind
    requirements: tuple[Requirement, ...]
    category: str = ""  # of the unit; empty when it is not known

    def of(self, field: str) -> Requirement | None:
        return next((one for one in self.requirements if one.field == field), None)

    @property
    def asked(self) -> tuple[str, ...]:
        """The fields that somebody has to look up."""
        return tuple(one.field for one in self.requirements if one.certainty == "asked")

    @property
    def doubtful(self) -> tuple[str, ...]:
        """The fields that are usual for such a unit, and stated by nothing."""
        return tuple(one.field for one in self.requirements if one.certainty == "expected")

    def values(self) -> dict[str, Value]:
        """What is not asked for."""
        return {one.field: one.value for one in self.requirements if one.value is not None}

    @property
    def text(self) -> str:
        """In one line, without what is asked for: `camera, dome, 4 MP, lens fixed`."""
        said = [worded(one) for one in self.requirements]
        return ", ".join([self.category or self.kind, *filter(None, said)])


Stated = Mapping[str, Requirement]
"""What a unit's own replies say, by field."""


def needed(
    device: Device, filled: Mapping[str, Filled] | None = None, replies: Stated | None = None
) -> Specification:
    """The specification of what replaces a device."""
    decoded = models.decode(device.model, device.maker, device.brand)
    category = device.category or decoded.category or ""
    kind = KINDS.get(category, "other")
    asked = (*ASKED[kind], "analog_channels") if category == "dvr" else ASKED[kind]
    fields = dict.fromkeys((*asked, *ALSO[kind], *(filled or {})))
    found = (_requirement(field, device, decoded, filled or {}, replies or {}) for field in fields)
    said = tuple(one for one in found if one.certainty != "asked" or one.field in asked)
    return Specification(kind, said, category)


def _requirement(
    field: str, device: Device, decoded: models.Specification, filled: Mapping[str, Filled], replies: Stated
) -> Requirement:
    if by_hand := filled.get(field):
        return Requirement(field, by_hand.value, "filled", f"filled in by {by_hand.by} on {by_hand.at[:10]}")
    value: Value | None = getattr(decoded, field, None)
    number = f"the model number {device.model}"
    stated = replies.get(field)
    if stated and (value is None or (stated.certainty == "known" and stated.value == value)):
        return stated
    if stated and stated.certainty == "known":
        why = f"{stated.source}, but {spelt(value or 0)} by {number}"
        return Requirement(field, stated.value, "expected", why)
    if value is None:
        return Requirement(field, None, "asked", _silent(device, decoded))
    if device.confidence in ("possible", "none"):
        return Requirement(field, value, "expected", number + POSSIBLE)
    if field in decoded.expected:
        return Requirement(field, value, "expected", f"usual for {number}, which does not state it")
    return Requirement(field, value, "known", number)


def _silent(device: Device, decoded: models.Specification) -> str:
    if not device.model:
        return "it states no model"
    if not decoded.grammar:
        return f"no naming that is known has the number {device.model}"
    if decoded.rest:
        return f"{decoded.rest} of {device.model} cannot be read"
    return f"the model number {device.model} does not say"


def read(field: str, text: str) -> Value:
    """What somebody writes for a field, as its value. Raises ValueError."""
    plain = " ".join(text.split())
    if field not in known_fields():
        raise ValueError(f"there is no field {field[:40]!r}: choose of {', '.join(known_fields())}")
    if not plain or len(plain) > LONGEST or not plain.isprintable():
        raise ValueError(f"it has 1 to {LONGEST} printable characters")
    if field in YES_OR_NO:
        if plain.casefold() not in ("yes", "no", "true", "false"):
            raise ValueError(f"{plain!r} is neither yes nor no")
        return plain.casefold() in ("yes", "true")
    if field in NUMBERS:
        if not plain.isascii() or not plain.isdigit() or int(plain) > MOST:
            raise ValueError(f"{plain!r} is no number from 0 to {MOST:,}")
        return int(plain)
    if field == "megapixels":
        try:
            number = float(plain.removesuffix("MP").strip().replace(",", "."))
        except ValueError:
            number = 0
        if not 0 < number < 1000:
            raise ValueError(f"{plain!r} is no number of megapixels")
        return int(number) if number.is_integer() else number
    if field == "setting" and plain.casefold() not in SETTINGS:
        raise ValueError(f"{plain!r} is neither indoor nor outdoor")
    return plain.casefold() if field == "setting" else plain


def known_fields() -> tuple[str, ...]:
    """Every field that a specification may have."""
    return tuple(dict.fromkeys(_all_fields()))


def _all_fields() -> Iterator[str]:
    for kind in ASKED:
        yield from ASKED[kind]
        yield from ALSO[kind]


def spelt(value: Value) -> str:
    """A value as a person writes it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, float) else str(value)


WORDS: dict[str, str] = {
    "megapixels": "{} MP", "ir_range": "infrared {} m", "channels": "{} channels", "poe": "PoE {}",
    "analog_channels": "{} on coax", "poe_ports": "{} PoE ports", "drive_bays": "{} drive bays",
    "retention_days": "keeps {} days", "night_vision": "night: {}", "lens": "lens {}", "mount": "mount {}",
}  # fmt: skip
SWITCHES = {
    "audio_in": "microphone",
    "audio_out": "loudspeaker",
    "deterrence": "siren or strobe",
    "wifi": "Wi-Fi",
}


def worded(one: Requirement) -> str:
    """A requirement in a list of them: `4 MP`, `microphone?` where it is only expected."""
    if one.value is None or one.value is False or one.value == 0:
        return ""
    said = SWITCHES[one.field] if one.field in SWITCHES else WORDS.get(one.field, "{}").format(one.text)
    return said + "?" * (one.certainty == "expected")
