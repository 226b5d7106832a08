"""Tell changes to a command or a webhook, each once.

What is to be told is first written into the inventory. What could not be told stays there, and is tried again at the
end of the next run. A device that moves back and forth is told once in WINDOW, for each kind of change.
"""

from __future__ import annotations

import http.client
import os
import shlex
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, NamedTuple, Protocol

import msgspec

from scanner.errors import CamcensusError
from scanner.inventory.fold import RANK
from scanner.inventory.history import Event
from scanner.inventory.rows import digest, json_text, stamp
from scanner.inventory.timeline import Known, known, steps
from scanner.model import Confidence

if TYPE_CHECKING:
    from sqlite_utils import Database

    from scanner.inventory import Device, Inventory

WINDOW = timedelta(days=7)  # one notice about one kind of change of one device
SECONDS = 10.0  # for one notice
SECONDS_IN_ALL = 120.0  # for one destination, at the end of one run
FAILURES = 3  # in a row: a destination that fails so often is left alone until the next run
QUIET_KINDS = ("not-looked-at",)  # no change: nobody looked

QUEUED = """
    INSERT INTO notices (at, run, device, kind, destination, change)
    SELECT :at, :run, :device, :kind, :destination, :change WHERE NOT EXISTS (
        SELECT 1 FROM notices WHERE destination = :destination AND device = :device AND kind = :kind
            AND (run = :run OR at > :since))
"""
PENDING = "SELECT id, device, kind, change FROM notices WHERE destination = ? AND told IS NULL ORDER BY id"


class Failed(Exception):
    """A notice did not arrive: the text says why."""


class Failure(NamedTuple):
    """A change that could not be told, and why."""

    device: str
    kind: str
    why: str
    waiting: int = 0  # others that were not tried because of it


class Destination(NamedTuple):
    """Where changes are told: `key` knows it again, `name` may be shown."""

    key: str
    name: str
    send: Callable[[bytes], None]  # raises `Failed`


class About(Protocol):
    """What a notice says of the device besides its change."""

    def __call__(self, device: str) -> Mapping[str, object]: ...


def destination(text: str) -> Destination:
    """A URL that starts with http:// or https://, else a command line. Raises `CamcensusError`."""
    key = digest(text.encode())  # a URL often holds a secret, which the inventory must not
    if "://" in text.split(" ", 1)[0]:
        from scanner.net import webhook

        webhook.split(text)
        return Destination(key, webhook.shown(text), partial(_post, text))
    try:
        words = shlex.split(text)
    except ValueError as error:
        raise _unusable(text, f"its quotes do not match: {error}") from None
    if not words or not shutil.which(words[0]):
        raise _unusable(text, "there is no such program" if words else "it is empty")
    return Destination(key, words[0], partial(_run, words))


def tell(inventory: Inventory, to: Destination, events: Iterable[Event] = ()) -> list[Failure]:
    """Tell these changes and those still to be told from earlier runs. Returns what failed; raises nothing for it."""
    inventory.change(queue, "", to.key, [(event, _notice(inventory, event)) for event in events])
    waiting = inventory.ask(pending, to.key)
    failures: list[Failure] = []
    end = time.monotonic() + SECONDS_IN_ALL
    in_a_row = 0
    for number, (row, device, kind, change) in enumerate(waiting):
        if in_a_row == FAILURES or time.monotonic() > end:
            why = "it failed too often" if in_a_row == FAILURES else "the time for all of them is over"
            failures.append(Failure(device, kind, why, len(waiting) - number - 1))
            break
        try:
            to.send(change.encode())
        except Failed as error:
            in_a_row += 1
            failures.append(Failure(device, kind, str(error)))
            inventory.change(settle, "", row, str(error))
        else:
            in_a_row = 0
            inventory.change(settle, "", row)
    return failures


def worth_telling(events: Iterable[Event], device: Callable[[str], Device]) -> list[Event]:
    """Changes of the network and of what is known. Where nobody had looked before, only what a policy names."""
    return [
        event
        for event in events
        if event.kind not in QUIET_KINDS
        and (event.kind != "first-looked-at" or concerns(device(event.device), "probable"))
    ]


def new_covered(inventory: Inventory, run: str, least: Confidence) -> list[Device]:
    """The devices that a run saw which a policy names, and that were not known as such before it began."""
    this = inventory.run(run)
    began = {one.id: (one.started, one.id) for one in inventory.runs()}
    found = [device for device in inventory.devices(run=this.id) if concerns(device, least)]
    said = inventory.ask(steps, [device.id for device in found])
    return [
        device
        for device in found
        if not _covered_before(
            known(
                (step for step in said.get(device.id, ()) if began[step.run] < (this.started, this.id)), ()
            ),
            least,
        )
    ]


def concerns(device: Device, least: Confidence) -> bool:
    """Whether a policy names the maker of a device, and that is at least so sure."""
    return bool(device.covered) and RANK[device.confidence] >= RANK[least]


def queue(db: Database, at: str, by: str, to: str, notices: Iterable[tuple[Event, str]]) -> None:
    """Note what is to be told, unless that was told of the device within WINDOW, or at an earlier end of this run."""
    for event, change in notices:
        row = {"at": stamp(event.at), "since": stamp(event.at - WINDOW), "run": event.run, "destination": to}
        db.execute(QUEUED, row | {"device": event.device, "kind": event.kind, "change": change})


def pending(db: Database, to: str) -> list[tuple[int, str, str, str]]:
    return list(db.execute(PENDING, (to,)).fetchall())


def settle(db: Database, at: str, by: str, row: int, problem: str | None = None) -> None:
    """Note that a change was told, or why not."""
    told = None if problem else at
    db.execute("UPDATE notices SET told = ?, problem = ? WHERE id = ?", (told, problem, row))


def _covered_before(before: Known | None, least: Confidence) -> bool:
    return (
        before is not None
        and bool(before.identification.covered)
        and (RANK[before.identification.confidence] >= RANK[least])
    )


def _notice(inventory: Inventory, event: Event) -> str:
    """The change, and who it is about, so that the receiver need not ask."""
    device = inventory.device(event.device)
    about = {
        "address": device.address, "mac": device.mac, "maker_name": device.maker_name, "brand": device.brand,
        "model": device.model, "confidence": device.confidence, "covered": device.covered,
    }  # fmt: skip
    return json_text(msgspec.structs.asdict(event) | about)


def _post(url: str, body: bytes) -> None:
    from scanner.net import webhook

    try:
        status = webhook.post(url, body, seconds=SECONDS)
    except (OSError, http.client.HTTPException, CamcensusError) as error:
        raise Failed(f"{webhook.shown(url)} did not answer: {error or type(error).__name__}") from None
    if not 200 <= status < 300:
        raise Failed(f"{webhook.shown(url)} answered with HTTP status {status}")


def _run(words: list[str], body: bytes) -> None:
    """Run a command, never through a shell, in a group of its own: what it started ends with it."""
    try:
        process = subprocess.Popen(
            words, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, start_new_session=True
        )
    except OSError as error:
        raise Failed(f"{words[0]} could not be started: {error.strerror}") from None
    try:
        process.communicate(body, timeout=SECONDS)
    except subprocess.TimeoutExpired:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        raise Failed(f"{words[0]} took longer than {SECONDS:g} s") from None
    if process.returncode:
        raise Failed(f"{words[0]} ended with exit status {process.returncode}")


def _unusable(text: str, why: str) -> CamcensusError:
    return CamcensusError(
        f"changes cannot be told to: {text}",
        why=why,
        fix="name a program with its arguments, or an http(s) URL",
    )
