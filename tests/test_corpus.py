"""Every recording in tests/corpus is identified as the file beside it says, and holds nothing private any more."""

from __future__ import annotations

from pathlib import Path

import pytest

from scanner.identify import identify, library
from scanner.recording import expected, read_recording, redact

CORPUS = Path(__file__).parent / "corpus"
RECORDINGS = sorted(CORPUS.glob("*/*.jsonl"))
KNOWN = library()


def test_there_are_recordings_of_both_makers_and_of_others() -> None:
    assert {path.parent.name for path in RECORDINGS} >= {"hikvision", "dahua", "other", "unknown"}


@pytest.mark.parametrize("path", RECORDINGS, ids=lambda path: path.stem)
def test_a_recording_is_identified_as_the_device_was(path: Path) -> None:
    observations, said = read_recording(path)
    assert expected(identify(observations, KNOWN), said.source) == said
    assert path.parent.name == (said.maker or "unknown")


@pytest.mark.parametrize("path", RECORDINGS, ids=lambda path: path.stem)
def test_a_recording_of_a_recording_is_the_same(path: Path) -> None:
    observations, said = read_recording(path)
    assert redact(observations, KNOWN, said.brand or "").observations == tuple(observations)
