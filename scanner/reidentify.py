"""Identify devices again from the replies that a run kept of them: a few here, many on all cores.

The readers of replies and the fingerprints are pure functions, so they may run anywhere; what they say is filed in one
place, by whoever asked, in the order of the replies.
"""

from __future__ import annotations

import multiprocessing
import os
from collections import deque
from collections.abc import Generator, Iterable
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from itertools import chain, islice

import msgspec

from fingerprints import Library
from scanner.errors import CamcensusError
from scanner.identifiers import identifiers
from scanner.inventory import Said, Seen
from scanner.probes import read_fields

ALONE = 3_000  # devices; fewer are done before another process has compiled its patterns
HELPERS = 4  # processes at most: whoever files what they say keeps up with no more
AT_ONCE = 50  # devices that go to a process in one piece
AHEAD = 3  # pieces for each process that are on their way: none waits, and the memory is bounded


def identify_again(said: Said, known: Library) -> Seen:
    """What is identified now from the replies that a run kept of a device."""
    readings = [read_fields(observation) for _, observation in said.observations]
    before = said.identification
    after = msgspec.structs.replace(
        known.identify(readings), subject=before.subject, address=before.address, mac=before.mac
    )
    rows = [row for row, _ in said.observations]
    return Seen(after, rows, said.reachable, identifiers(after, readings))


def identify_all_again(replies: Iterable[Said], known: Library) -> Generator[tuple[Said, Seen]]:
    """Each device of a run with what is identified now, in order. Raises `CamcensusError` when a process dies."""
    replies = iter(replies)
    helpers = min(cores(), HELPERS)
    few = list(islice(replies, ALONE + 1)) if helpers > 1 else []
    if helpers == 1 or len(few) <= ALONE:
        for said in chain(few, replies):
            yield said, identify_again(said, known)
        return
    # Started anew and not forked: a copy of a process with threads and an open database may hang or harm it.
    begun_anew = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(helpers, begun_anew, initializer=_begin, initargs=(known,))
    under_way: deque[tuple[list[Said], Future[list[Seen]]]] = deque()
    waiting = chain(few, replies)
    try:
        while True:
            while len(under_way) < AHEAD * helpers and (some := list(islice(waiting, AT_ONCE))):
                under_way.append((some, pool.submit(_identify, msgspec.msgpack.encode(some))))
            if not under_way:
                return
            some, seen = under_way.popleft()
            yield from zip(some, seen.result(), strict=True)
    except BrokenProcessPool:
        raise CamcensusError(
            "a process that identified devices ended before its time",
            why="it was ended from outside, perhaps for lack of memory; what was done before is kept",
            fix="free some memory, or try again one run at a time",
        ) from None
    finally:
        pool.shutdown(cancel_futures=True)


def cores() -> int:
    """How many processes can work at the same time here."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


_known: Library  # of a process that helps


def _begin(known: Library) -> None:
    global _known
    _known = known


def _identify(some: bytes) -> list[Seen]:
    """What is identified from packed replies: to pack takes whoever files a tenth of the time of pickling."""
    return [identify_again(said, _known) for said in msgspec.msgpack.decode(some, type=list[Said])]
