"""The sweep by nmap, for sites where the approved scanner must be used; driven through python-nmap.

On the wire   what nmap sends for -sS (with privileges) or -sT, to one slice of the addresses after the other, kept to
              the pace by --max-rate and --scan-delay. A silent port is asked twice.
"""

from __future__ import annotations

import ipaddress
import os
import threading
from collections.abc import Iterator, Sequence
from typing import Any

from scanner.errors import CamcensusError
from scanner.net import gate
from scanner.net.pacing import Pace
from scanner.net.sweep.contract import Heard, Progress, Span, Swept
from scanner.net.sweep.plan import Spans
from scanner.net.sweep.tally import Tally

TRIES = 2  # the first question, and --max-retries 1
SLICE = 15.0  # seconds of probing in one call of nmap: between two calls a sweep can be stopped, and reports
LARGEST_SLICE = 4096  # addresses
REFUSED = "closed"


class Nmap:
    """The engine `nmap`."""

    def __init__(self, *, exclude: Sequence[str] = ()) -> None:
        self._exclude = tuple(exclude)
        self._nmap = scanner()

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
    ) -> Swept:
        """Sweep ranges of IPv4 addresses. `start` counts addresses times ports, as in the other engines."""
        for first, last in spans:
            gate.require_span(first, last)
        tally = Tally(heard, progress)
        size = int(pace.rate * SLICE / (len(ports) * TRIES))
        for begin, part in slices(spans, max(1, min(size, LARGEST_SLICE)), start // len(ports)):
            if stop.is_set():
                break
            count = sum(last - first + 1 for first, last in part)
            stop.wait(pace.reserve("connect", count=count * len(ports) * TRIES))
            self._scan(part, ports, pace, tally)
            tally.probes += count * len(ports) * TRIES  # at most; nmap does not tell
            tally.reached((begin + count) * len(ports))
        return tally.swept(finished=tally.done >= len(Spans(spans)) * len(ports))

    def _scan(self, part: Sequence[Span], ports: Sequence[int], pace: Pace, tally: Tally) -> None:
        from nmap import PortScannerError

        try:
            found = self._nmap.scan(
                " ".join(networks(part)), ",".join(map(str, ports)), " ".join(self.arguments(pace))
            )
        except PortScannerError as error:
            raise CamcensusError("nmap could not sweep", why=str(error.value).strip()) from None
        for address, seen in found["scan"].items():
            read(address, seen, tally)

    def arguments(self, pace: Pace) -> list[str]:
        """What nmap is told, besides addresses and ports."""
        given = ["-sS" if os.geteuid() == 0 else "-sT", "-n", "-Pn", "-T4", f"--max-retries={TRIES - 1}"]
        given += [f"--max-rate={pace.rate:g}", f"--scan-delay={1000 / pace.device_rate:g}ms"]
        return [*given, *([f"--exclude={','.join(self._exclude)}"] if self._exclude else [])]


def scanner() -> Any:
    """python-nmap's scanner, or what is missing for it."""
    try:
        import nmap
    except ImportError:
        raise CamcensusError(
            "the sweep engine nmap cannot be used",
            why="the Python package python-nmap is not installed",
            fix="pip install 'camcensus[nmap]'",
        ) from None
    try:
        return nmap.PortScanner()
    except nmap.PortScannerError:
        raise CamcensusError(
            "the sweep engine nmap cannot be used",
            why="the program nmap was not found",
            fix="install it (apt install nmap), or use --engine connect",
        ) from None


def slices(spans: Sequence[Span], size: int, start: int) -> Iterator[tuple[int, list[Span]]]:
    """The spans in parts of so many addresses, from the address number `start` on, with the number of the first."""
    addresses = Spans(spans)
    for begin in range(start, len(addresses), size):
        yield begin, addresses.part(begin, min(begin + size, len(addresses)))


def networks(part: Sequence[Span]) -> list[str]:
    """Ranges as nmap reads them."""
    ends = ((ipaddress.IPv4Address(first), ipaddress.IPv4Address(last)) for first, last in part)
    return [str(each) for first, last in ends for each in ipaddress.summarize_address_range(first, last)]


def read(address: str, seen: Any, tally: Tally) -> None:
    """Take over what nmap says about one address."""
    ports = {port: each["state"] for port, each in seen.get("tcp", {}).items()}
    if mac := seen.get("addresses", {}).get("mac"):
        tally.neighbour(address, mac.lower())
    for port, state in ports.items():
        if state in ("open", REFUSED):
            tally.answer(address, port, refused=state == REFUSED)
