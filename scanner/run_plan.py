"""What a run will do: where, how hard, and for how long. A dry run prints it; scanner.survey carries it out."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from pathlib import Path

import msgspec

from scanner.errors import CamcensusError
from scanner.net.interfaces import Interface, interfaces, local_networks
from scanner.net.names import resolve
from scanner.net.pacing import PROFILES
from scanner.probes.ports import DEFAULT_PORTS
from scanner.spans import Span
from scanner.targets import Scope, scope
from scanner.window import Window
from scanner.window import window as read_window

CHUNK_SECONDS = 20  # of sweeping, before the devices of these addresses are asked what they are
SMALLEST_CHUNK = 256  # addresses
ASK_EVERYBODY = (
    4096  # addresses behind routers; in larger ranges only those that showed life are asked directly
)
FAR = (
    0.5  # of the profile's rate where a router lies between: every probe takes a place in its table of states
)
DISCOVERY_SECONDS = 6
REQUESTS_PER_DEVICE = (
    25  # connects and requests to one recorder with web, RTSP and ONVIF, measured in the lab
)


class RunPlan(msgspec.Struct, frozen=True, kw_only=True):
    """One run, before it starts. Rates are probes (datagrams, connects, requests) a second."""

    scope: Scope
    interfaces: tuple[Interface, ...] = ()
    ports: tuple[int, ...] = DEFAULT_PORTS
    engine: str = "connect"
    rate: float = PROFILES["gentle"].rate
    device_rate: float = PROFILES["gentle"].device_rate
    devices_at_once: int = PROFILES["gentle"].devices_at_once
    unicast_discovery: bool = True
    deep: bool = False
    window: Window | None = None

    def on_link(self, address: str) -> bool:
        """Whether an address belongs to a network of a chosen interface."""
        return any(interface.holds(address) for interface in self.interfaces)

    def chunks(self) -> tuple[tuple[Span, ...], ...]:
        """The addresses in parts that are swept one after the other, each in about CHUNK_SECONDS."""
        size = max(SMALLEST_CHUNK, int(self.rate * CHUNK_SECONDS / max(1, len(self.ports))))
        return tuple(_cut(self.scope.spans, size))


class Step(msgspec.Struct, frozen=True):
    """One line of a dry run: what is sent where, how much at most, and how long that takes at most."""

    what: str
    where: str
    packets: int
    seconds: float


def make(
    *,
    targets: Iterable[str] = (),
    targets_file: Iterable[Path] = (),
    exclude: Iterable[str] = (),
    exclude_file: Iterable[Path] = (),
    interface: Iterable[str] = (),
    local: bool = False,
    confirm: Callable[[Sequence[str]], bool] = lambda _: True,
    allow_public: bool = False,
    ports: str | None = None,
    profile: str = "gentle",
    rate: float | None = None,
    device_rate: float | None = None,
    engine: str = "connect",
    unicast_discovery: bool = True,
    deep: bool = False,
    window: str | None = None,
) -> RunPlan:
    """Work a run out from what the user asked for; the names are those of the options of `camcensus scan`.

    `confirm` is asked whether the networks that `local` found may be scanned. Raises `CamcensusError`.
    """
    here = interfaces()
    if local:
        found = local_networks(here)
        if not found:
            raise CamcensusError(
                "this machine is on no private network", fix="name the targets instead of --local"
            )
        if not confirm([f"{network} on {name}" for name, network in found]):
            raise CamcensusError(
                "nothing was scanned", why="the networks were not confirmed", fix="name the targets"
            )
        targets = [*targets, *(str(network) for _, network in found)]
    within = scope(
        targets,
        targets_files=targets_file,
        exclude=exclude,
        exclude_files=exclude_file,
        allow_public=allow_public,
        resolve=resolve,
        today=date.today(),
    )
    chosen = _named(here, interface) if interface else _touching(here, within)
    if not len(within) and not interface:
        raise CamcensusError(
            "there is nothing to scan",
            why="every target is excluded" if within.targets else "no target was given",
            fix="name a network such as 10.20.0.0/22, an --interface, or --local",
        )
    kind = PROFILES[profile]
    far = any(not any(one.holds(address) for one in chosen) for address in _ends(within))
    return RunPlan(
        scope=within,
        interfaces=chosen,
        ports=read_ports(ports) if ports else DEFAULT_PORTS,
        engine=engine,
        rate=rate or kind.rate * (FAR if far else 1),
        device_rate=device_rate or kind.device_rate,
        devices_at_once=kind.devices_at_once,
        unicast_discovery=unicast_discovery,
        deep=deep,
        window=read_window(window) if window else None,
    )


def _ends(within: Scope) -> Iterator[str]:
    """The first and last address of each span, which tell whether all of it is near."""
    for span in within.spans:
        yield from (str(ipaddress.IPv4Address(number)) for number in span)
    yield from within.v6


def read_ports(text: str) -> tuple[int, ...]:
    """Read `80,443,8000-8010`. Raises `CamcensusError` that names the part that is wrong."""
    ports: dict[int, None] = {}
    for part in text.split(","):
        first, dash, last = part.strip().partition("-")
        if not (first.isdecimal() and (last.isdecimal() or not dash)):
            raise _wrong_port(part, "it is no number and no range of numbers")
        numbers = range(int(first), int(last or first) + 1)
        if not numbers or numbers[0] < 1 or numbers[-1] > 65535:
            raise _wrong_port(part, "ports go from 1 to 65535, the lower one first")
        ports |= dict.fromkeys(numbers)
    return tuple(ports)


def _wrong_port(part: str, why: str) -> CamcensusError:
    return CamcensusError(
        f'the port "{part.strip()}" cannot be used', why=why, fix="write --ports 80,443,8000-8010"
    )


def _named(here: Iterable[Interface], names: Iterable[str]) -> tuple[Interface, ...]:
    by_name = {interface.name: interface for interface in here}
    for name in names:
        if name not in by_name:
            raise CamcensusError(
                f'the interface "{name}" cannot be used',
                why="this machine has none of that name",
                fix=f"choose from {', '.join(by_name)}",
            )
    return tuple(by_name[name] for name in dict.fromkeys(names))


def _touching(here: Iterable[Interface], within: Scope) -> tuple[Interface, ...]:
    """The interfaces on whose own networks some of the targets lie."""
    return tuple(
        interface
        for interface in here
        if any(
            first <= int(address.network[-1]) and last >= int(address.network[0])
            for address in interface.addresses4
            for first, last in within.spans
        )
        or any(interface.holds(address) for address in within.v6)
    )


def steps(plan: RunPlan) -> Iterator[Step]:
    """What a run would send. Upper bounds: an address that answers nothing is asked no further."""
    from scanner.net.discover import DIRECT_ROUNDS
    from scanner.net.questions import fresh_token
    from scanner.net.questions import plan as questions
    from scanner.probes import datagrams

    if plan.interfaces:
        sends = questions(plan.interfaces, datagrams())
        names = ", ".join(interface.name for interface in plan.interfaces)
        yield Step(
            "discovery by multicast and broadcast",
            names,
            sum(len(s.destinations) for s in sends),
            DISCOVERY_SECONDS,
        )
    if not len(plan.scope):
        return
    where = ", ".join(plan.scope.targets)
    addresses, probes = len(plan.scope), len(plan.scope) * len(plan.ports)
    yield Step(f"sweep of {len(plan.ports)} TCP ports ({plan.engine})", where, probes, probes / plan.rate)
    if plan.unicast_discovery:
        questions_each = sum(len(one.questions(fresh_token())) for one in datagrams() if one.unicast)
        asked = addresses if addresses <= ASK_EVERYBODY else 0
        direct = asked * questions_each * DIRECT_ROUNDS
        who = (
            "each address that multicast does not reach"
            if asked
            else "each device that multicast does not reach"
        )
        yield Step(f"discovery put directly to {who}", where, direct, direct / plan.rate)
    each = REQUESTS_PER_DEVICE
    yield Step(f"about {each} requests to each device that answers", where, each, each / plan.device_rate)


def _cut(spans: tuple[Span, ...], size: int) -> Iterator[tuple[Span, ...]]:
    chunk: list[Span] = []
    room = size
    for first, last in spans:
        while first <= last:
            end = min(last, first + room - 1)
            chunk.append((first, end))
            room -= end - first + 1
            first = end + 1
            if not room:
                yield tuple(chunk)
                chunk, room = [], size
    if chunk:
        yield tuple(chunk)


def addresses_of(spans: tuple[Span, ...]) -> Iterator[str]:
    """Every address of some spans."""
    for first, last in spans:
        for number in range(first, last + 1):
            yield str(ipaddress.IPv4Address(number))
