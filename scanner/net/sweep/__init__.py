"""The sweep: which addresses of a range answer, and on which ports.

Three engines behind one interface. `connect` needs no privileges and is the default; `half-open` needs raw sockets
and is the fast one; `nmap` is for sites where the approved scanner must be used.
"""

from __future__ import annotations

from collections.abc import Sequence

from scanner.errors import CamcensusError
from scanner.net.sweep.contract import LINK_LAYER, Answer, Engine, Heard, Progress, Span, Swept

__all__ = ["ENGINES", "LINK_LAYER", "Answer", "Engine", "Heard", "Progress", "Span", "Swept", "choose"]

ENGINES = ("connect", "half-open", "nmap")


def choose(name: str = "connect", *, exclude: Sequence[str] = ()) -> Engine:
    """The engine of this name, or an error that says what it lacks.

    `exclude` is handed on to a scanner that plans its own targets; our own engines are never given them at all.
    """
    if name == "connect":
        from scanner.net.sweep.connect import Connect

        return Connect()
    if name == "half-open":
        from scanner.net.sweep.half_open import HalfOpen

        return HalfOpen()
    if name == "nmap":
        from scanner.net.sweep.nmap import Nmap

        return Nmap(exclude=exclude)
    raise CamcensusError(f"there is no sweep engine {name!r}", fix=f"choose one of: {', '.join(ENGINES)}")
