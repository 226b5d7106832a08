"""What came of a discovery: what it could have heard, what it could not, and why."""

from __future__ import annotations

import errno
from pathlib import Path

import msgspec

from scanner.model import Outcome, Protocol
from scanner.net.interfaces import Interface
from scanner.net.occupied import holders

DIRECT = Interface("", 0, addresses=("0.0.0.0/0",))  # stands for the ways that the kernel routes
CONTAINER_MARKS = (Path("/.dockerenv"), Path("/run/.containerenv"))


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What came of one protocol on one interface (empty for addresses asked directly)."""

    interface: str
    protocol: Protocol
    port: int
    sent: int = 0  # datagrams
    answered: int = 0  # addresses
    outcome: Outcome = Outcome.SILENT
    problem: str = ""  # why it could not do its work, and what to do


class DiscoveryReport(msgspec.Struct, frozen=True, kw_only=True):
    """What a discovery could have heard, and what it could not."""

    asked: tuple[Asked, ...] = ()
    seconds: float = 0.0
    lost: int = 0  # datagrams that came and could not be kept
    notes: tuple[str, ...] = ()  # why it was silent where nothing was wrong on our side

    @property
    def problems(self) -> tuple[str, ...]:
        """Everything that kept this discovery from hearing all there is, each once."""
        lost = (f"{self.lost} datagrams were lost: too many came at once",) if self.lost else ()
        return tuple(dict.fromkeys(each.problem for each in self.asked if each.problem)) + lost


def explain(error: OSError, interface: str, protocol: Protocol, port: int) -> str:
    """What the system refused, in the operator's words, with what to do."""
    what = f"{protocol} (UDP {port})"
    match error.errno:
        case errno.EADDRINUSE:
            who = ", ".join(holders(port)) or "another program"
            return (
                f"{what}: the port is held by {who}, so replies to the group are missed: close that program"
            )
        case errno.ENETUNREACH | errno.EHOSTUNREACH if interface:
            fix = f"`ip route add 224.0.0.0/4 dev {interface}`, for IPv6 ff00::/8"
            return f"{what}: no multicast route on {interface}: add one with {fix}"
        case errno.EACCES | errno.EPERM:
            return f"{what}: the firewall or sandbox of this machine forbids sending on {interface or 'this way'}"
        case errno.EMFILE | errno.ENFILE:
            return f"{what}: too many open files: raise the limit with `ulimit -n 4096`"
        case _:
            return f"{what}: {error.strerror or error} on {interface or 'the way there'}"


def silence(interface: Interface) -> str:
    """Why nobody may have answered on an interface that could be asked."""
    if interface is DIRECT:
        return "no address answered a discovery datagram: none speaks these protocols, or a firewall is on the way"
    said = f"nobody answered on {interface.name}: "
    if interface.loopback:
        return said + "nothing but this machine is behind it"
    if any(mark.exists() for mark in CONTAINER_MARKS):
        return said + "multicast seldom leaves a container; run it with the host's network (`--network host`)"
    if all(each.network.prefixlen >= 31 for each in interface.addresses4):
        return said + "it is a point-to-point link, so there is no group of neighbours to ask"
    return said + "no camera is there, or the switch or the wireless network keeps multicast back"
