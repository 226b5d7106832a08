"""mDNS: browse for the services that cameras announce by name, through the zeroconf library.

On the wire   udp 5353, 224.0.0.251: PTR questions for all types together, repeated by the library; then SRV and TXT
              of a service whose answer left them out.
Standard      RFC 6762, RFC 6763.

Each service found becomes one observation, whose payload is the line that `scanner.probes.mdns` describes.
"""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from scanner.model import Observation, Outcome
from scanner.net import gate, occupied
from scanner.net.discovery_report import Asked, explain
from scanner.net.hearing import Hear
from scanner.net.interfaces import Interface
from scanner.net.neighbours import macs
from scanner.net.pacing import Pace
from scanner.net.questions import unusable
from scanner.probes import mdns

if TYPE_CHECKING:
    from zeroconf import Zeroconf
    from zeroconf.asyncio import AsyncServiceInfo

PORT = 5353
BROWSE = 3.0  # seconds; a device may wait half a second before it answers, and the library asks three times
DETAILS = 1.5  # more seconds for the services that were announced without their details

TYPES = {
    # service         announced by
    "_arec._tcp":       "Arecont",
    "_axis-nvr._tcp":   "Axis recorders",
    "_axis-video._tcp": "Axis cameras, DoorBird",
    "_CGI._tcp":        "Hikvision, older firmware",
    "_http._tcp":       "nearly everybody with a web page",
    "_onvif._tcp":      "a few",
    "_psia._tcp":       "Hikvision, older firmware",
    "_rtsp._tcp":       "Axis and others",
}  # fmt: skip


async def browse(
    chosen: Iterable[Interface], *, pace: Pace, hear: Hear, seconds: float = BROWSE
) -> tuple[Asked, ...]:
    """Browse on all chosen interfaces at once, and call `hear` with each service as soon as it is known."""
    usable = tuple(each for each in chosen if not unusable(each))
    own = {address: each.name for each in usable for address in own_addresses(each)}
    if not own:
        return ()
    browsing = Browsing(usable, own, pace, hear)
    try:
        engine = open_engine(list(own), browsing.count)
    except OSError as error:
        return browsing.report(explain(error, "", "mdns", PORT))
    await browsing.carry_out(engine, seconds)
    return browsing.report()


class Browsing:
    """One browse over several interfaces."""

    def __init__(self, usable: tuple[Interface, ...], own: dict[str, str], pace: Pace, hear: Hear) -> None:
        self._usable, self._own, self._pace, self._hear = usable, own, pace, hear
        self._sent: Counter[str] = Counter()
        self._answered: defaultdict[str, set[str]] = defaultdict(set)

    def count(self, own_address: str, packets: int) -> None:
        """The library decides when it sends; that is booked, so that the other stages give way."""
        self._pace.reserve("datagram", count=packets)
        self._sent[self._own.get(own_address, "")] += packets

    async def carry_out(self, engine: Zeroconf, seconds: float) -> None:
        from zeroconf import ServiceStateChange
        from zeroconf.asyncio import AsyncServiceBrowser, AsyncZeroconf

        services: set[asyncio.Task[None]] = set()

        def found(zeroconf: Zeroconf, service_type: str, name: str, state_change: ServiceStateChange) -> None:
            if state_change is ServiceStateChange.Added:
                services.add(asyncio.create_task(self._learn(zeroconf, service_type, name)))

        async with AsyncZeroconf(zc=engine) as zeroconf:
            types = [f"{each}.local." for each in TYPES]
            async with AsyncServiceBrowser(zeroconf.zeroconf, types, handlers=[found]):
                await asyncio.sleep(seconds)
            await asyncio.gather(*services)

    async def _learn(self, engine: Zeroconf, service_type: str, name: str) -> None:
        """Get the details of a service that was announced; what stays unknown is left out of its line."""
        from zeroconf.asyncio import AsyncServiceInfo

        info = AsyncServiceInfo(service_type, service_type)
        info.name = (
            name  # set, not handed over: the library would refuse control characters, but a device sent them
        )
        await info.async_request(engine, DETAILS * 1000)
        addresses = sorted(info.parsed_scoped_addresses(), key=lambda each: ":" in each)  # IPv4 first
        address = addresses[0] if addresses else None
        interface = next((each.name for each in self._usable if address and each.holds(address)), None)
        self._answered[interface or self._usable[0].name].add(address or name)
        self._hear(
            Observation(
                protocol="mdns",
                payload=payload(info),
                request=f"PTR {service_type}",
                observed_at=datetime.now(UTC),
                address=address,
                mac=macs().get(address) if address else None,
                port=PORT,
                transport="udp",
                interface=interface,
            )
        )

    def report(self, problem: str = "") -> tuple[Asked, ...]:
        return tuple(
            Asked(
                interface=each.name,
                protocol="mdns",
                port=PORT,
                sent=self._sent[each.name],
                answered=len(self._answered[each.name]),
                outcome=self._outcome(each.name),
                problem=problem,
            )
            for each in self._usable
        )

    def _outcome(self, interface: str) -> Outcome:
        if self._answered[interface]:
            return Outcome.ANSWERED
        return Outcome.SILENT if self._sent[interface] else Outcome.UNREACHABLE


def payload(info: AsyncServiceInfo) -> bytes:
    """The line that stands for a service."""
    pairs = ((as_text(key), as_text(value or b"")) for key, value in info.properties.items())
    instance, service = info.name.removesuffix(f".{info.type}"), info.type.removesuffix(".local.")
    found = mdns.Service(service, instance, info.server or "", info.port, tuple(pairs))
    return mdns.line(found)


def as_text(raw: bytes) -> str:
    return raw.decode(errors="replace")


def own_addresses(interface: Interface) -> tuple[str, ...]:
    own = (str(each.ip) for each in interface.addresses4)
    return tuple(address for address in own if gate.permits(address))


def open_engine(addresses: list[str], count: Callable[[str, int], None]) -> Zeroconf:
    """The library's engine, counted. Where one program holds port 5353 for itself, it asks from a port of its own."""
    from zeroconf import IPVersion, Zeroconf

    class Counted(Zeroconf):
        def async_send(self, out: Any, *more: Any, **named: Any) -> None:
            for sender in self.engine.senders:
                count(sender.sock_name[0], len(out.packets()))
            super().async_send(out, *more, **named)

    return Counted(addresses, ip_version=IPVersion.V4Only, unicast=not occupied.free(PORT))
