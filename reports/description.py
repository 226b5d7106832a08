"""What a device is, in words: labels and texts that a terminal, a page and a sheet of paper lay out alike.

Each function takes a part of a `Description` and gives lines; what is not known gives no line.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from fingerprints.firmware import Firmware
from fingerprints.flaws import Exposure
from fingerprints.models import Specification
from fingerprints.policies import Policy
from fingerprints.serials import Serial
from reports import wording

Line = tuple[str, str]  # label, text

LABELS = {
    # field             label           unit
    "category":        ("category",     ""),
    "form_factor":     ("form",         ""),
    "megapixels":      ("resolution",   "megapixels"),
    "lens":            ("lens",         ""),
    "night_vision":    ("night vision", ""),
    "ir_range":        ("infrared",     "m"),
    "audio_in":        ("audio in",     ""),
    "audio_out":       ("audio out",    ""),
    "deterrence":      ("siren, light", ""),
    "setting":         ("made for",     ""),
    "wifi":            ("Wi-Fi",        ""),
    "poe":             ("PoE",          ""),
    "channels":        ("channels",     ""),
    "analog_channels": ("coax inputs",  ""),
    "poe_ports":       ("PoE ports",    ""),
    "drive_bays":      ("drive bays",   ""),
}  # fmt: skip
"""Infrared and white light have no line: night vision is made of them."""

SPELT = {  # others read as they are spelt
    ("category", "nvr"): "NVR",
    ("category", "dvr"): "DVR",
    ("night_vision", "ir"): "infrared",
}
MARKETS = {"export": "for export", "china": "for China", "": ""}
FORMS = {
    "hikvision": "as Hikvision's: model, day, region or firmware, the number on the label",
    "dahua": "as Dahua's: 15 characters",
}
SHORT_FORM = "as Hikvision's on a label"
HINT = "expected: no key of this numbering was ever published"
EXPECTED = "expected"


class Flaw(msgspec.Struct, frozen=True):
    """The flaws of one record to print, or all that are fixed."""

    state: str
    name: str
    lines: tuple[str, ...] = ()


def specification(one: Specification, category: str | None = None) -> Iterator[Line]:
    """What the model number says; `expected` marks what is usual for the line and not stated.

    `category` is what is shown of the device already: only another one has a line.
    """
    for field, (label, unit) in LABELS.items():
        if field in one.said and (field, one.category) != ("category", category):
            value = _value(field, getattr(one, field))
            mark = EXPECTED if field in one.expected else ""
            yield label, ", ".join(filter(None, (f"{value} {unit}".strip(), mark)))
    if one.rest:
        yield "not read", wording.name(one.rest)


def firmware(one: Firmware) -> Iterator[Line]:
    """Version and build, without what is not compared."""
    yield "version", _version(one)
    if one.build:
        yield "built", one.build.isoformat()
    if one.oem:
        yield "built for", f"a customer with the letters {one.oem}"


def serial(one: Serial, model: str | None = None) -> Iterator[Line]:
    """What a serial number is made of. `model` is what the device states: another one in the number is shown."""
    yield "form", SHORT_FORM if one.style == "hikvision" and not one.made else FORMS[one.style]
    if one.made:
        yield "made", one.made if one.certainty == "known" else f"{one.made}, {HINT}"
    if one.model and one.model != (model or "").upper():
        yield "model", wording.name(one.model)
    if one.channels is not None:
        yield "channels", str(one.channels)
    if one.region:
        yield "region", ", ".join(filter(None, (one.region, MARKETS[one.market])))
    if one.short:
        yield "label", wording.name(one.short)


def flaws(exposures: Iterable[Exposure]) -> Iterator[Flaw]:
    """The flaws in the order given, those of one record together; those that are fixed only by name."""
    records: dict[tuple[str, ...], list[str]] = {}
    for one in exposures:
        record = ("fixed",) if one.state == "fixed" else (one.state, one.title, _rank(one), _why(one))
        records.setdefault(record, []).append(one.cve)
    for (state, *about), cves in records.items():
        title, *lines = about or [""]
        yield Flaw(state, "  ".join(filter(None, (", ".join(cves), title))), tuple(filter(None, lines)))


def flaws_in_short(exposures: Iterable[Exposure]) -> str:
    """As in `2 affect its firmware, 1 of them exploited; 3 unknown; 4 fixed`."""
    states: dict[str, int] = {}
    exploited = 0
    for one in exposures:
        states[one.state] = states.get(one.state, 0) + 1
        exploited += one.state == "affected" and one.kev is not None
    affected = states.get("affected", 0)
    parts = (
        f"{affected} affect{'s' * (affected == 1)} its firmware" if affected else "",
        f"{states.get('unknown', 0)} unknown" if states.get("unknown") else "",
        f"{states.get('fixed', 0)} fixed" if states.get("fixed") else "",
    )
    first = f", {exploited} of them known to be exploited" if exploited else ""
    return "; ".join(part + (first if at == 0 else "") for at, part in enumerate(parts) if part)


def basis(exposures: Iterable[Exposure]) -> str:
    """What the states rest on, and how old the knowledge is."""
    known = max((one.kev_known for one in exposures), default=None)
    return f"From what the device states; nothing was tried. CISA KEV as of {known}." if known else ""


def policies(covered: Iterable[str], known: Iterable[Policy]) -> Iterator[Line]:
    """Each policy that names the maker, by its id; one that is no longer known has only that."""
    texts = {one.id: f"{one.name}, since {one.since.isoformat()}" for one in known}
    return ((wording.name(id), texts.get(id, "")) for id in covered)


def _value(field: str, value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:g}"
    if value == 0:
        return "none"
    return SPELT.get((field, str(value)), str(value))


def _version(one: Firmware) -> str:
    """Dahua's second number has three digits by custom: `2.420.0.18`, and `4.001.5.0`."""
    parts = [str(part) for part in one.version]
    if one.style == "dahua":
        parts[1] = parts[1].zfill(3)
    return ".".join(parts)


def _rank(one: Exposure) -> str:
    """How much a flaw weighs: whether it is exploited, and its score."""
    exploited = f"known to be exploited (CISA KEV, {one.kev.isoformat()})" if one.kev else ""
    return ", ".join(filter(None, (exploited, f"CVSS {one.cvss:g}" if one.cvss is not None else "")))


def _why(one: Exposure) -> str:
    return one.why + (f"; fixed in {one.fixed_in}" if one.fixed_in else "")
