"""How urgent a replacement is: one number from 0 to 100, and the lines that it is made of.

What is not known gives no points and says so. docs/explanation/priority.md explains the parts and the weights.
"""

from __future__ import annotations

import fnmatch
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path

import msgspec

from fingerprints.flaws import Exposure
from fingerprints.models import normal
from fingerprints.rules import toml
from scanner.errors import CamcensusError
from scanner.inventory.records import Device
from scanner.phase_out.dependence import Tie, hanging, together
from scanner.phase_out.items import Reason

DEFAULT = Path(__file__).parent / "weights.toml"
CRITICAL = 9.0  # CVSS


class OfSite(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    low: float
    normal: float
    high: float
    critical: float


class OfFlaws(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    exploited: float
    critical: float
    affected: float
    unknown_exploited: float
    unknown: float


class OfEnd(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    over: float
    a_year: float


class OfDependence(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    recorder: float
    full_at: int


class End(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """When a maker ends its support of some models, and who says so."""

    maker: str
    models: str
    on: date
    source: str


class Weights(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The file of weights."""

    site: OfSite
    flaws: OfFlaws
    end_of_life: OfEnd
    dependence: OfDependence
    ends: tuple[End, ...] = ()

    @property
    def most(self) -> float:
        """What the worst unit gets."""
        parts = (self.site, self.flaws, self.end_of_life)
        worst: list[float] = [max(msgspec.structs.astuple(part)) for part in parts]
        return sum(worst) + self.dependence.recorder


class Priority(msgspec.Struct, frozen=True):
    number: int
    reasons: tuple[Reason, ...]


def weights(path: Path = DEFAULT) -> Weights:
    """Read a file of weights. Raises CamcensusError."""
    try:
        found = msgspec.convert(toml(path.read_text(encoding="utf-8")), Weights)
        _check(found)
    except (OSError, ValueError) as error:
        raise CamcensusError(
            f"the weights {path} cannot be used", why=str(error), fix=f"begin with a copy of {DEFAULT}"
        ) from None
    return found


def _check(found: Weights) -> None:
    for part in (found.site, found.flaws, found.end_of_life, found.dependence):
        if any(number < 0 for number in msgspec.structs.astuple(part)):
            raise ValueError("a weight is negative")
    if not found.most or found.dependence.full_at < 1:
        raise ValueError("something must have a weight, and full_at is at least 1")
    if missing := [one.models for one in found.ends if not one.source.strip()]:
        raise ValueError(f"the end of {missing[0]} has no source")


def priorities(
    devices: Sequence[Device],
    flaws: Mapping[str, Iterable[Exposure]],
    ties: Sequence[Tie],
    sensitivity: Mapping[str, str | None],
    weights: Weights,
    today: date,
) -> dict[str, Priority]:
    """The priority of each device. A camera that has to change with its recorder is as urgent as the more urgent of
    all that change together."""
    loads = hanging(ties)
    own = {
        one.id: tuple(
            _reasons(one, flaws.get(one.id, ()), loads.get(one.id, []), sensitivity, weights, today)
        )
        for one in devices
    }
    numbers = {id: round(sum(reason.points for reason in reasons)) for id, reasons in own.items()}
    groups: dict[str, set[str]] = {}
    for camera, recorder in together(ties).items():
        if camera in own and recorder in own:
            groups.setdefault(recorder, {recorder}).add(camera)
    found = {id: Priority(numbers[id], reasons) for id, reasons in own.items()}
    for members in groups.values():
        first = max(sorted(members), key=lambda id: numbers[id])
        for id in members:
            if numbers[id] < numbers[first]:
                text = f"raised from {numbers[id]}: it changes together with {first}"
                line = Reason("dependence", numbers[first] - numbers[id], text)
                found[id] = Priority(numbers[first], (*own[id], line))
    return found


def _reasons(
    device: Device,
    exposures: Iterable[Exposure],
    hanging: Sequence[Tie],
    sensitivity: Mapping[str, str | None],
    weights: Weights,
    today: date,
) -> Iterable[Reason]:
    scale = 100 / weights.most
    for part, points, text in (
        _of_site(device, sensitivity, weights),
        _of_flaws(exposures, weights),
        _of_end(device, weights, today),
    ):
        yield Reason(part, round(points * scale, 1), text)
    if hanging:
        share = min(1.0, len(hanging) / weights.dependence.full_at)
        sure = sum(one.certainty == "known" for one in hanging)
        text = f"{len(hanging)} cameras hang on it" + (f", {sure} of them for sure" * (sure < len(hanging)))
        yield Reason("dependence", round(weights.dependence.recorder * share * scale, 1), text)


def _of_site(
    device: Device, sensitivity: Mapping[str, str | None], weights: Weights
) -> tuple[str, float, str]:
    known = sensitivity.get(device.site or "")
    points: float = getattr(weights.site, known or "normal")
    if device.site is None:
        return "site", points, "it is at no known site: taken as normal"
    if known is None:
        return "site", points, f"how sensitive {device.site} is was not said: taken as normal"
    return "site", points, f"{device.site} is a site of {known} sensitivity"


def _of_flaws(exposures: Iterable[Exposure], weights: Weights) -> tuple[str, float, str]:
    found = list(exposures)
    affected = [one for one in found if one.state == "affected"]
    unknown = [one for one in found if one.state == "unknown"]
    if kev := [one for one in affected if one.kev]:
        text = f"{_named(kev)} affects its firmware and is known to be exploited (CISA KEV)"
        return "flaws", weights.flaws.exploited, text
    if grave := [one for one in affected if (one.cvss or 0) >= CRITICAL]:
        return (
            "flaws",
            weights.flaws.critical,
            f"{_named(grave)} affects its firmware, CVSS {CRITICAL:g} or more",
        )
    if affected:
        return "flaws", weights.flaws.affected, f"{_named(affected)} affects its firmware"
    if kev := [one for one in unknown if one.kev]:
        text = f"{_named(kev)}, known to be exploited, may affect it: {kev[0].why}"
        return "flaws", weights.flaws.unknown_exploited, text
    if unknown:
        return "flaws", weights.flaws.unknown, f"{_named(unknown)} may affect it: {unknown[0].why}"
    return "flaws", 0, "no published flaw is known to affect what it states"


def _named(exposures: Sequence[Exposure]) -> str:
    more = f" and {len(exposures) - 1} more" if len(exposures) > 1 else ""
    return exposures[0].cve + more


def _of_end(device: Device, weights: Weights, today: date) -> tuple[str, float, str]:
    model = normal(device.model or "")
    fitting = [
        one
        for one in weights.ends
        if one.maker == device.maker and model and fnmatch.fnmatchcase(model, normal(one.models))
    ]
    if not fitting:
        return "end of life", 0, "not known: no source says when its support ends"
    one = min(fitting, key=lambda end: end.on)
    text = f"support ends on {one.on} ({one.source})"
    if one.on <= today:
        return "end of life", weights.end_of_life.over, text.replace("ends", "ended", 1)
    return "end of life", weights.end_of_life.a_year * (one.on <= today + timedelta(days=365)), text
