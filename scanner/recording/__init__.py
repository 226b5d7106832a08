"""Recordings of devices that may be shown to anybody: redacted, kept as files, and turned into a brand's first file."""

from __future__ import annotations

from scanner.recording.corpus import Expected, expected, read_recording
from scanner.recording.redact import Redacted, redact
from scanner.recording.skeleton import skeleton

__all__ = ["Expected", "Redacted", "expected", "read_recording", "redact", "skeleton"]
