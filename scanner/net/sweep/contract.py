"""What a sweep engine is: it asks every address for every port, and tells who answered.

An engine blocks, and is run in a thread of its own beside the event loop. `Engine` is the whole of it:

    spans       inclusive ranges of IPv4 addresses as integers; what is excluded has been taken out
    heard       called once for each answer, from the thread of the sweep
    progress    called a few times a second with the index at which the sweep could go on after a crash
    stop        when set, the sweep ends within a fraction of a second, with all that was heard
    start       the `next_index` of an earlier sweep of the same spans and ports; devices that still answer are also
                asked again for earlier ports, because a crash may have swallowed what they said
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Protocol

import msgspec

from scanner.model import Outcome
from scanner.net.pacing import Pace

Span = tuple[int, int]
LINK_LAYER = 0  # the port of an answer that proves a device by its MAC address alone


class Answer(msgspec.Struct, frozen=True):
    """Somebody is there. Port 0 stands for an answer below TCP: the device resolved its address."""

    address: str
    port: int
    outcome: Outcome  # ANSWERED: open; REFUSED: closed
    mac: str | None = None


class Swept(msgspec.Struct, frozen=True, kw_only=True):
    """How a sweep ended. `lost` counts probes that could not leave and answers that could not be read."""

    probes: int
    answered: int
    refused: int
    lost: int
    finished: bool
    next_index: int
    problem: str = ""


Heard = Callable[[Answer], None]
Progress = Callable[[int], None]


class Engine(Protocol):
    """One way to sweep; see the text above."""

    def sweep(
        self,
        spans: Sequence[Span],
        ports: Sequence[int],
        *,
        pace: Pace,
        heard: Heard,
        stop: threading.Event,
        start: int = 0,
        progress: Progress | None = None,
    ) -> Swept: ...
