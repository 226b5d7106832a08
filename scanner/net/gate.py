"""The gate: the last word on what may be sent where, below everything that plans or decides.

Two rules hold whatever the caller asked for: a network named in CAMCENSUS_CONFINE is never left, and a payload that
`scanner.probes.forbidden` names never leaves at all.
"""

from __future__ import annotations

import functools
import ipaddress
import os

from scanner.errors import CamcensusError

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
CONFINE = "CAMCENSUS_CONFINE"  # comma-separated networks, for example 127.0.0.0/8,::1/128


class Refused(CamcensusError):
    """The gate did not let a packet out. A defect or a deliberate limit, never a network's doing."""


def confinement() -> tuple[Network, ...] | None:
    """The networks of CAMCENSUS_CONFINE; None when it is not set."""
    text = os.environ.get(CONFINE)
    return networks(text) if text else None


@functools.cache
def networks(text: str) -> tuple[Network, ...]:
    """The networks of a comma-separated list; read once, because every packet asks."""
    try:
        return tuple(ipaddress.ip_network(part.strip()) for part in text.split(","))
    except ValueError as error:
        raise CamcensusError(
            f"{CONFINE} cannot be read: {error}", fix=f"set it to networks, such as {CONFINE}=10.20.0.0/16"
        ) from None


def permits(address: str) -> bool:
    """Whether the confinement, if there is one, holds this address (multicast groups are judged by interface)."""
    limits = confinement()
    if limits is None:
        return True
    it = ipaddress.ip_address(address.partition("%")[0])
    return any(it in limit for limit in limits)


def require(address: str) -> None:
    """Raise `Refused` when the confinement does not hold this address."""
    if not permits(address):
        raise Refused(
            f"nothing is sent to {address}",
            why=f"{CONFINE} confines this process to {os.environ[CONFINE]}",
            fix="leave that address out, or widen the confinement",
        )


def require_span(first: int, last: int) -> None:
    """Raise `Refused` unless one network of the confinement holds this whole range of IPv4 addresses."""
    limits = confinement()
    ends = ipaddress.IPv4Address(first), ipaddress.IPv4Address(last)
    if limits is None or any(all(end in limit for end in ends) for limit in limits):
        return
    raise Refused(
        f"nothing is sent to {ends[0]}-{ends[1]}",
        why=f"{CONFINE} confines this process to {os.environ[CONFINE]}",
        fix="leave that range out, or widen the confinement",
    )
