"""What a device is, beyond who made it: everything that its own statements say, read by the rules of their maker.

describe(identification).specification.lens      # "motorised varifocal"
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from fingerprints import firmware, models, serials
from fingerprints.flaws import Exposure, flaws
from fingerprints.policies import Policy, policies
from scanner.model import Identification

DOUBTED = "the maker is only possible; if it is right: "


class Description(msgspec.Struct, frozen=True, kw_only=True):
    """What an identification says about a device, read; None and empty where it says nothing that is understood."""

    specification: models.Specification | None = None
    firmware: firmware.Firmware | None = None
    serial: serials.Serial | None = None
    flaws: tuple[Exposure, ...] = ()  # affected first, then unknown, then fixed
    policies: tuple[Policy, ...] = ()  # that name its maker

    def keys(self) -> dict[str, Any]:
        """The keys that docs/reference/json.md adds to an identification, in values that JSON has."""
        return {
            "specification": _specification(self.specification) if self.specification else None,
            "firmware_parsed": msgspec.to_builtins(self.firmware) if self.firmware else None,
            "serial_parsed": msgspec.to_builtins(self.serial) if self.serial else None,
            "flaws": [msgspec.to_builtins(one) for one in self.flaws],
        }


def describe(identification: Identification) -> Description:
    """Read all that an identification states.

    Firmware, serial numbers and flaws are read by the rules of the maker, so never without one; of a maker who is
    only possible no flaw is more than `unknown`.
    """
    one = identification
    specification = models.decode(one.model, one.maker, one.brand)
    return Description(
        specification=specification if specification.said else None,
        firmware=firmware.parse(one.firmware, one.maker) if one.maker else None,
        serial=serials.read(one.serial, one.maker, one.model) if one.maker else None,
        flaws=_flaws(one.maker, one.model, one.firmware, one.confidence == "possible") if one.maker else (),
        policies=tuple(_policies()[id] for id in one.covered if id in _policies()),
    )


def doubted(exposures: Iterable[Exposure]) -> Iterator[Exposure]:
    """The flaws of a maker who is only possible: none affects for sure."""
    for one in exposures:
        if one.state == "affected":
            yield msgspec.structs.replace(one, state="unknown", why=DOUBTED + one.why)
        else:
            yield one


@functools.lru_cache(maxsize=4096)  # a building has hundreds of one model with one firmware
def _flaws(maker: str, model: str | None, stated: str | None, doubt: bool) -> tuple[Exposure, ...]:
    found = flaws(maker, model, stated)
    return tuple(doubted(found) if doubt else found)


@functools.cache
def _policies() -> dict[str, Policy]:
    return {policy.id: policy for policy in policies()}


def _specification(specification: models.Specification) -> dict[str, Any]:
    """Only what is said: a field that the number says nothing about has no key."""
    read = {field: getattr(specification, field) for field in specification.said}
    expected = [field for field in specification.said if field in specification.expected]
    return read | {"expected": expected, "unread": specification.rest, "naming": specification.grammar}
