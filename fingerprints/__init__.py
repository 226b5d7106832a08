"""Who made it: fingerprints as data, matched against readings and fused into identifications."""

from __future__ import annotations

from fingerprints.library import Library
from fingerprints.rules import Defect

__all__ = ["Defect", "Library"]
