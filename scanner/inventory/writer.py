"""Writing beside the work: rows are collected, and written at the latest a second after the first of them.

Whoever adds does not wait for the disk. A write that fails keeps its rows, is tried again, and is told to the next
one who adds or flushes, so that nothing is lost in silence.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

from scanner.errors import CamcensusError
from scanner.model import Attempt, Observation

INTERVAL = 1.0  # seconds; a killed process loses no more than this and the write under way
BATCH = 2_000  # rows that are written without waiting for the interval
MOST_WAITING = 10 * BATCH  # beyond this, whoever adds waits for the disk after all: bounds the memory


class Batch:
    """What waits to be written, by run."""

    def __init__(self) -> None:
        self.observations: list[tuple[str, Observation]] = []
        self.attempts: list[tuple[str, Attempt]] = []
        self.progress: dict[str, str] = {}  # JSON, the latest of each run

    def __len__(self) -> int:
        return len(self.observations) + len(self.attempts) + len(self.progress)

    def put_before(self, later: Batch) -> None:
        """Take in what was added later."""
        self.observations += later.observations
        self.attempts += later.attempts
        self.progress |= later.progress


class Writer:
    """Hands batches to `write`, one at a time and in order, from a thread of its own."""

    def __init__(self, write: Callable[[Batch], None], interval: float = INTERVAL) -> None:
        self._write, self._interval = write, interval
        self._waiting = Batch()
        self._changed = threading.Condition()  # guards what waits, the failure and the end
        self._turn = threading.Lock()  # one write at a time
        self._failure: CamcensusError | sqlite3.Error | None = None
        self._closing = False
        self._thread: threading.Thread | None = None

    def observations(self, run: str, observations: Iterable[Observation]) -> None:
        with self._adding() as waiting:
            waiting.observations.extend((run, observation) for observation in observations)

    def attempts(self, run: str, attempts: Iterable[Attempt]) -> None:
        with self._adding() as waiting:
            waiting.attempts.extend((run, attempt) for attempt in attempts)

    def progress(self, run: str, progress: str) -> None:
        with self._adding() as waiting:
            waiting.progress[run] = progress

    def flush(self) -> None:
        """Return once all that was added before is in the file."""
        with self._turn:
            with self._changed:
                batch, self._waiting = self._waiting, Batch()
            try:
                if batch:
                    self._write(batch)
            except BaseException:
                with self._changed:
                    batch.put_before(self._waiting)
                    self._waiting = batch
                raise
            with self._changed:
                self._failure = None

    def close(self) -> None:
        """Write what waits, and end the thread."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        if self._thread is not None:
            self._thread.join()
        self.flush()

    @contextmanager
    def _adding(self) -> Iterator[Batch]:
        with self._changed:
            if self._failure is not None:
                raise self._failure
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="inventory", daemon=True)
                self._thread.start()
            yield self._waiting
            self._changed.notify_all()
            too_fast = len(self._waiting) > MOST_WAITING
        if too_fast:
            self.flush()

    def _work(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting or self._closing)
                self._changed.wait_for(
                    lambda: self._closing or len(self._waiting) >= BATCH, timeout=self._interval
                )
                if self._closing:
                    return
            try:
                self.flush()
            except (CamcensusError, sqlite3.Error) as error:
                with self._changed:
                    self._failure = error
                    self._changed.wait_for(lambda: self._closing, timeout=self._interval)
