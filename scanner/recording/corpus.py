"""Recordings as files: NAME.jsonl holds the replies, NAME.toml beside it what they must be identified as."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec

from scanner.errors import CamcensusError
from scanner.model import Identification, Observation
from scanner.observations import read, write


class Expected(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the replies of a device say about it; what is missing, they do not say."""

    maker: str | None = None
    maker_name: str | None = None
    brand: str | None = None
    relabelled: bool | None = None
    category: str | None = None
    model: str | None = None
    firmware: str | None = None
    serial: str | None = None
    confidence: str = "none"
    source: str = ""  # where the recording comes from


def expected(it: Identification, source: str = "") -> Expected:
    """What a recording says today, to be kept as what it must say from now on."""
    values = {name: getattr(it, name) for name in Expected.__struct_fields__ if name != "source"}
    return Expected(**values, source=source)


def read_recording(path: Path) -> tuple[list[Observation], Expected]:
    """The replies in PATH, a .jsonl, and what is expected of them."""
    with path.open("rb") as lines:
        observations = list(read(lines, name=str(path)))
    beside = path.with_suffix(".toml")
    try:
        return observations, msgspec.toml.decode(beside.read_bytes(), type=Expected)
    except (OSError, ValueError) as error:
        raise CamcensusError(
            f"{beside} does not say what {path.name} must be identified as", why=str(error)
        ) from None


def write_recording(path: Path, observations: tuple[Observation, ...], said: Expected) -> None:
    """Write both files, and the folders above them."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"".join(map(write, observations)))
    values = {name: value for name, value in msgspec.structs.asdict(said).items() if value not in (None, "")}
    width = max(map(len, values))
    lines = (f"{name:<{width}} = {toml_value(value)}\n" for name, value in values.items())
    path.with_suffix(".toml").write_text("".join(lines), encoding="utf-8")


def toml_value(value: str | bool) -> str:
    """A text or a truth value as TOML spells it: as JSON does, but for one character."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
