"""Flaws to show, made up."""

from __future__ import annotations

from datetime import date
from typing import Any

import msgspec

from fingerprints.flaws import Exposure

PLAIN = {
    "cve": "CVE-2020-0001", "title": "a flaw", "state": "affected", "why": "in the range", "kev": None, "kev_due": None,
    "kev_known": date(2026, 5, 1), "cvss": None, "certainty": "high", "fixed_in": "", "source": "an advisory",
}  # fmt: skip


def exposure(**stated: Any) -> Exposure:
    """A flaw of which only `stated` matters."""
    return msgspec.convert(PLAIN | stated, Exposure)
