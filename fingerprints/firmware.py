"""Firmware as devices state it, in values that can be compared.

    parse("V5.4.5 build 170124") < parse("V5.5.0 build 170725")

Only versions of one style can be compared: the numbers of the two makers have nothing to do with each other.
"""

from __future__ import annotations

import functools
import re
from datetime import date
from typing import Literal

import msgspec

Style = Literal["hikvision", "dahua"]
Part = Literal["version", "build"]

HIKVISION = re.compile(
    r"""(?P<letter>V)?(?P<version>\d{1,2}(?:\.\d{1,4}){1,3}(?:-\d{1,3})?)    # V5.4.5; V2.3.8-6 of storage
        (?:[\s_,]*(?P<word>build)[\s:]*(?P<build>\d{8}|\d{6}))?""",
    re.VERBOSE | re.IGNORECASE,
)
DAHUA = re.compile(
    r"""V?(?P<major>\d{1,2})\.(?P<minor>\d{3})\.              # 2.800.
        (?P<oem>[0-9A-Z][0-9A-Z ]{0,15})\.                    # 0000016, AC00, 15OG003: its letters name a customer
        (?P<patch>\d{1,4})(?:\.(?P<kind>[RT]))?               # 0.R: release
        (?:[\s,._]*(?:build(?:\s*date)?)?[\s:]*(?P<build>\d{4}-\d\d-\d\d|\d{8}|\d{6}))?""",
    re.VERBOSE | re.IGNORECASE,
)


@functools.total_ordering
class Firmware(msgspec.Struct, frozen=True):
    """One version. It sorts by version, then by build; without a build first."""

    style: Style
    version: tuple[int, ...]
    build: date | None = None
    oem: str = ""  # letters of the customer for whom it was built

    def __lt__(self, other: Firmware) -> bool:
        if self.style != other.style:
            raise TypeError(f"firmware of {self.style} and of {other.style} cannot be compared")
        return (self.version, self.build or date.min) < (other.version, other.build or date.min)


def parse(text: str | None, maker: str | None = None) -> Firmware | None:
    """Read a version as a device states it; None when it is not of a known style, or not of the maker's."""
    stated = (text or "").strip()[:100]
    styles = [style for style in (dahua, hikvision) if maker in (None, style.__name__)]
    return next((found for style in styles if (found := style(stated))), None)


def hikvision(text: str) -> Firmware | None:
    """`V5.5.6build 180326`, `V5.7.18 build 240826`, `V4.62.210`."""
    found = HIKVISION.fullmatch(text)
    if not found or not (found["letter"] or found["word"]):
        return None  # bare numbers are anybody's
    return _made("hikvision", [int(part) for part in re.split(r"[.-]", found["version"])], found["build"])


def dahua(text: str) -> Firmware | None:
    """`2.800.0000016.0.R, build: 2020-06-05`, `2.420.AC00.18.R`, `2.400.0.8`."""
    found = DAHUA.fullmatch(text)
    if not found:
        return None
    digits = re.search(r"\d*$", found["oem"])
    numbers = [
        int(found["major"]),
        int(found["minor"]),
        int(digits[0] or 0) if digits else 0,
        int(found["patch"]),
    ]
    return _made("dahua", numbers, found["build"], "".join(re.findall("[A-Za-z]+", found["oem"])).upper())


def day(text: str) -> date | None:
    """`180326`, `20180326` or `2018-03-26`, when there is such a day."""
    digits = text.replace("-", "")
    try:
        return date.fromisoformat(digits if len(digits) == 8 else f"20{digits}")
    except ValueError:
        return None


def _made(style: Style, version: list[int], build: str | None, oem: str = "") -> Firmware | None:
    built = day(build) if build else None
    return None if build and built is None else Firmware(style, tuple(version), built, oem)
