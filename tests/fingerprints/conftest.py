"""What the fingerprints say about a few short replies."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from fingerprints import Library
from scanner.identify import identify
from scanner.model import Identification, Observation, Protocol

Reply = tuple[Protocol, str]
Told = Callable[..., Identification]


@pytest.fixture(scope="session")
def library() -> Library:
    return Library.load()


@pytest.fixture(scope="session")
def told(library: Library) -> Told:
    """Identify one device from replies: `told(("rtsp", "…"), ("http", "…"))`."""

    def from_replies(*replies: Reply) -> Identification:
        return identify(
            [Observation(protocol=protocol, payload=text.encode()) for protocol, text in replies], library
        )

    return from_replies
