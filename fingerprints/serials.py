"""Serial numbers: what they are made of, and the day of manufacture that they give.

Hikvision   the model, the channels of a recorder, the day, the region, then the short serial on the label:
            `DS-2CD2043G0-I 20190312 AAWR C12345678`, `DS-7616NI-K2 16 20200105 CCRR E12345678 WCVU`; on a door
            station `01` before the day and half a region, `DS-KV8213-WME1(C) 01 20230508 RR AB1234567`
            (issue 196 of maciej-or/hikvision_next)
Dahua       15 characters, of which the first two look like year and month: `6C 01E93 PAG 68A8D` would be of March 2020.
            No key of it was ever published: a hint beside the date of the firmware, never alone.
"""

from __future__ import annotations

import re
from datetime import date
from typing import Literal

import msgspec

from fingerprints.firmware import day

HIKVISION = re.compile(
    r"""(?P<made>20[0-3]\d[01]\d[0-3]\d)
        (?:(?P<region>[A-Z]{4})|(?P<half>WR|RR|CH)|V\d{6}[A-Z]{2})  # access control: its firmware and language
        (?P<short>[0-9A-Z]{2}\d{7})(?P<tail>[A-Z]{0,4})$""",
    re.VERBOSE,
)
SHORT = re.compile(r"[A-Z]{2}\d{7}|[A-Z]\d{8}")
DAHUA = re.compile(r"(?P<year>[1-9A-F])(?P<month>[A-HJ-M])[0-9A-F]{5}(?P<product>[A-Z]{3})[0-9A-Z]{5}")
FIRST_DAY = date(2008, 1, 1)  # neither maker's numbering is older
MONTHS = "ABCDEFGHJKLM"
RECORDER_TAIL = "WCVU"


class Serial(msgspec.Struct, frozen=True, kw_only=True):
    """A serial number whose structure is known."""

    style: Literal["hikvision", "dahua"]
    made: str = ""  # day or month of manufacture: `2019-03-12`, `2020-03`
    certainty: Literal["known", "expected", "unknown"] = "unknown"  # of `made`
    model: str = ""  # the relabeller's, on a relabel
    channels: int | None = None
    region: str = ""
    market: Literal["export", "china", ""] = ""  # of the firmware that it left the factory with
    short: str = ""  # as printed on the label


def read(
    serial: str | None, maker: str | None = None, model: str | None = None, today: date | None = None
) -> Serial | None:
    """Read a serial number; None when its structure is unknown.

    `model` is what the device states beside it. Without a maker only long numbers are told apart: the short one of a
    label is too plain.
    """
    text = (serial or "").strip().upper()[:100]
    latest = today or date.today()
    for style in (hikvision, dahua):
        if maker in (None, style.__name__) and (found := style(text, maker, (model or "").upper(), latest)):
            return found
    return None


def hikvision(serial: str, maker: str | None, model: str, today: date) -> Serial | None:
    found = HIKVISION.search(serial)
    if not found:
        return Serial(style="hikvision", short=serial) if maker and SHORT.fullmatch(serial) else None
    made = day(found["made"])
    if made is None or not FIRST_DAY <= made <= today:
        return None
    front, region = serial[: found.start()].rstrip(), found["region"] or found["half"] or ""
    stated, channels = _without_channels(front, model, found["tail"] == RECORDER_TAIL)
    if found["half"]:  # a door station: what its `01` counts is not known
        stated, channels = front.removesuffix("01"), None
    return Serial(
        style="hikvision", made=made.isoformat(), certainty="known", model=stated, channels=channels, region=region,
        market="china" if region.endswith("CH") else "export" if region.endswith(("WR", "RR")) else "",
        short=found["short"],
    )  # fmt: skip


def dahua(serial: str, maker: str | None, model: str, today: date) -> Serial | None:
    found = DAHUA.fullmatch(serial)
    if not found:
        return None
    month = date(2014 + int(found["year"], 16), MONTHS.index(found["month"]) + 1, 1)
    if month > today:
        return Serial(style="dahua")
    return Serial(style="dahua", made=f"{month:%Y-%m}", certainty="expected")


def _without_channels(front: str, model: str, recorder: bool) -> tuple[str, int | None]:
    """Part `DS-7616NI-K216` into model and channels: by the model stated elsewhere, or by the tail of recorders."""
    rest = front.removeprefix(model) if model else front
    if model and rest != front:
        return model, int(rest) if rest.isdigit() and rest.isascii() else None
    if recorder and re.fullmatch(r".+[0-9]{2}", front):
        return front[:-2], int(front[-2:])
    return front, None
