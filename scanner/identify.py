"""From observations to identifications: group them by device, read them, and ask the fingerprints."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import platformdirs

from fingerprints import Defect, Library
from scanner.errors import CamcensusError
from scanner.model import Identification, Observation
from scanner.probes import read_fields


def user_folder() -> Path:
    """Where a user's own fingerprints lie, by the convention of the platform."""
    return platformdirs.user_config_path("camcensus") / "fingerprints"


def library(folders: Sequence[Path] = ()) -> Library:
    """The fingerprints of camcensus, then the user's own, then those of `folders`; later ones replace earlier ones."""
    own = user_folder()
    try:
        return Library.load([*([own] if own.is_dir() else []), *folders])
    except Defect as defect:
        raise CamcensusError(
            f"{defect.file}, line {defect.line} cannot be used",
            why=defect.why,
            fix=f"mend it, then run: camcensus fingerprints check {defect.file}",
        ) from None


def group(observations: Iterable[Observation]) -> dict[str, list[Observation]]:
    """Observations by device: by subject, else MAC address, else address; one that has none stands alone."""
    groups: dict[str, list[Observation]] = {}
    for number, observation in enumerate(observations):
        groups.setdefault(observation.groups_by or f"#{number}", []).append(observation)
    return groups


def identify(observations: Iterable[Observation], known: Library) -> Identification:
    """Identify one device from everything that was seen of it."""
    return known.identify([read_fields(observation) for observation in observations])


def identify_all(observations: Iterable[Observation], known: Library) -> Iterator[Identification]:
    """Identify every device among the observations, in the order in which they first appear."""
    for observed in group(observations).values():
        yield identify(observed, known)
