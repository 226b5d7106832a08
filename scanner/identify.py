"""From observations to identifications: group them by device, read them, and ask the fingerprints."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from fingerprints import Library
from scanner.model import Identification, Observation
from scanner.probes import read_fields


def group(observations: Iterable[Observation]) -> dict[str, list[Observation]]:
    """Observations by device: by subject, else MAC address, else address; one that has none stands alone."""
    groups: dict[str, list[Observation]] = {}
    for number, observation in enumerate(observations):
        groups.setdefault(observation.groups_by or f"#{number}", []).append(observation)
    return groups


def identify(observations: Iterable[Observation], library: Library) -> Identification:
    """Identify one device from everything that was seen of it."""
    return library.identify([read_fields(observation) for observation in observations])


def identify_all(observations: Iterable[Observation], library: Library) -> Iterator[Identification]:
    """Identify every device among the observations, in the order in which they first appear."""
    for observed in group(observations).values():
        yield identify(observed, library)
