"""The live display of a run, on stderr: stage, addresses done, devices found, rate, time left."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import Self

import click

from scanner.model import Identification
from scanner.printable import printable


class Display:
    """Shows a run to whoever watches: a live line on a terminal, plain lines elsewhere."""

    def __init__(self, run: str) -> None:
        from rich.console import Console
        from rich.progress import (
            BarColumn,
            MofNCompleteColumn,
            Progress,
            SpinnerColumn,
            TextColumn,
            TimeRemainingColumn,
        )

        self._console = Console(stderr=True, highlight=False)
        self._progress = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(bar_width=16),
            MofNCompleteColumn(),
            TextColumn("{task.fields[devices]} devices  {task.fields[sent]}"),
            TimeRemainingColumn(),
            console=self._console,
            disable=not sys.stderr.isatty(),
        )
        self._task = self._progress.add_task("starting", total=None, devices=0, sent="")
        self._shown: dict[str, str] = {}
        self._run = run
        self._started = time.monotonic()

    def __enter__(self) -> Self:
        click.echo(f"Run {self._run}", err=True)
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()

    def stage(self, name: str, total: int) -> None:
        """A stage begins that has so many addresses to do."""
        self._progress.update(self._task, description=name, total=total or None, completed=0)
        if not sys.stderr.isatty():
            click.echo(f"{name}: {total} addresses" if total else name, err=True)

    def advance(self, count: int) -> None:
        """So many more addresses are done."""
        self._progress.advance(self._task, count)

    def sent(self, packets: int) -> None:
        """So many packets have left in all."""
        seconds = time.monotonic() - self._started
        self._progress.update(self._task, sent=f"{packets:,} packets, {packets / seconds:.0f}/s")

    def found(self, device: str, identification: Identification) -> None:
        """A device was identified, or identified better: say so once for each new verdict."""
        line = describe(identification)
        if self._shown.get(device) != line:
            self._shown[device] = line
            self._progress.update(self._task, devices=len(self._shown))
            if identification.maker is not None:
                self._console.print(line, markup=False, overflow="ellipsis", no_wrap=True)

    def problem(self, text: str) -> None:
        """Something could not be done."""
        self._console.print(f"attention: {text}", markup=False, style="yellow")


def describe(identification: Identification) -> str:
    """One device in one line."""
    shown_as = f", shown as {identification.brand}" if identification.relabelled else ""
    words = (
        f"{identification.address or identification.mac or 'no address':<15} ",
        f"{identification.maker_name} {identification.model or identification.category or ''}".strip(),
        f"{shown_as}  ({identification.confidence})",
    )
    return printable("".join(words))
