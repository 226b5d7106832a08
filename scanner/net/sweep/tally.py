"""What a sweep has heard so far: each answer once, and who is worth asking again."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence

from scanner.model import Outcome
from scanner.net.sweep.contract import Answer, Heard, Progress, Swept

TELL_EVERY = 0.2  # seconds between two reports of progress


class Tally:
    """Counts, and passes on each answer once. It grows with the devices that are there, not with the targets."""

    def __init__(self, heard: Heard, progress: Progress | None = None) -> None:
        self._heard, self._progress = heard, progress
        self._tell_at = 0.0
        self._answered: dict[str, set[int]] = {}  # device to the ports that it answered for
        self.macs: dict[str, str] = {}
        self.probes = self.lost = self.open = self.refused = self.done = 0
        self.problem = ""

    def neighbour(self, address: str, mac: str) -> None:
        """A device proved itself on the link, whatever its ports will say."""
        self.macs.setdefault(address, mac)
        self._answered.setdefault(address, set())
        self._heard(Answer(address, 0, Outcome.ANSWERED, mac))

    def answer(self, address: str, port: int, *, refused: bool) -> None:
        """A port is open or closed; what is heard again was retransmitted, and is not counted."""
        known = self._answered.setdefault(address, set())
        if port in known:
            return
        known.add(port)
        self.refused += refused
        self.open += not refused
        outcome = Outcome.REFUSED if refused else Outcome.ANSWERED
        self._heard(Answer(address, port, outcome, self.macs.get(address)))

    def unanswered(self, ports: Sequence[int]) -> Iterator[tuple[int, list[str]]]:
        """The ports of live devices that kept silent, port by port: only these are worth a second question."""
        for port in ports:
            if silent := [address for address, known in self._answered.items() if port not in known]:
                yield port, silent

    def lose(self, count: int, problem: str) -> None:
        self.lost += count
        self.problem = self.problem or problem

    def reached(self, index: int) -> None:
        """All before this index has been asked and has had its time to answer."""
        self.done = index
        if self._progress and time.monotonic() >= self._tell_at:
            self._tell_at = time.monotonic() + TELL_EVERY
            self._progress(index)

    def swept(self, *, finished: bool) -> Swept:
        if self._progress:
            self._progress(self.done)
        return Swept(
            probes=self.probes,
            answered=self.open,
            refused=self.refused,
            lost=self.lost,
            finished=finished,
            next_index=self.done,
            problem=self.problem,
        )
