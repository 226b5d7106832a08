"""Policies as data: which of them name a maker."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import msgspec

from fingerprints.rules import toml

FILE = Path(__file__).parent / "policies.toml"


class Policy(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One rule of a government or an owner that names makers."""

    id: str
    name: str
    makers: tuple[str, ...]
    since: date
    source: str


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    policy: tuple[Policy, ...]


def policies(file: Path = FILE) -> tuple[Policy, ...]:
    """All policies of a file."""
    return msgspec.convert(toml(file.read_text(encoding="utf-8")), _File).policy
