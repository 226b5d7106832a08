"""Discovery: ask everybody on the link, or single addresses across routers, and hear all who answer.

Neither needs privileges. `discover` asks by multicast and broadcast on every chosen interface at once, and so finds
units whose address does not even belong to the network. `ask_directly` puts the same questions to known addresses.
"""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import time
from collections.abc import AsyncIterator, Iterable

from scanner.net.asking import Asking
from scanner.net.discovery_report import DIRECT, DiscoveryReport
from scanner.net.hearing import Describe, Hear, Hearing
from scanner.net.interfaces import Interface
from scanner.net.mdns import browse
from scanner.net.pacing import Pace
from scanner.net.questions import fresh_token, plan
from scanner.probes import Datagram, datagrams

DIRECT_ROUNDS = 2
DIRECT_PATIENCE = 2.0
DESCRIPTION_PATIENCE = 1.0  # for descriptions still being fetched when all else is done


async def discover(
    chosen: Iterable[Interface],
    *,
    pace: Pace,
    hear: Hear,
    protocols: Iterable[Datagram] | None = None,
    patience: float | None = None,
    describe: Describe | None = None,
) -> DiscoveryReport:
    """Ask all protocols on all chosen interfaces, and call `hear` with each observation as it comes.

    Without `protocols` all are asked, mDNS among them. `describe` fetches the description that an SSDP reply
    points to; it is called only when that is on the sender itself.
    """
    chosen, asked = tuple(chosen), datagrams() if protocols is None else tuple(protocols)
    started = time.monotonic()
    async with hearing(hear, describe) as heard:
        asking = Asking(pace, heard)
        asking.join_groups(chosen, asked)
        services, _ = await asyncio.gather(
            browse(chosen if protocols is None else (), pace=pace, hear=hear),
            asking.ask_groups(plan(chosen, asked), patience),
        )
    return asking.report(chosen, asked, time.monotonic() - started, services=services)


async def ask_directly(
    addresses: Iterable[str],
    *,
    pace: Pace,
    hear: Hear,
    protocols: Iterable[Datagram] | None = None,
    patience: float = DIRECT_PATIENCE,
    describe: Describe | None = None,
) -> DiscoveryReport:
    """Put the same questions to single addresses, twice, until each has answered in each protocol.

    Public addresses are left out whatever the targets are: a discovery reply is up to thirty times as long as the
    question, and who asks across the internet looks like an attack, or becomes part of one.
    """
    addresses, protocols = tuple(addresses), datagrams() if protocols is None else tuple(protocols)
    protocols = tuple(each for each in protocols if each.unicast)
    started = time.monotonic()
    async with hearing(hear, describe) as heard:
        asking = Asking(pace, heard)
        near = [each for each in addresses if not ipaddress.ip_address(each.partition("%")[0]).is_global]
        for _ in range(DIRECT_ROUNDS):
            for datagram in protocols:
                for question in datagram.questions(fresh_token()):
                    await asking.ask_each(near, datagram, question)
        await asyncio.sleep(patience)
    left_out = len(addresses) - len(near)
    notes = (f"{left_out} public addresses were not asked by datagram",) if left_out else ()
    return asking.report((DIRECT,), protocols, time.monotonic() - started, notes)


@contextlib.asynccontextmanager
async def hearing(hear: Hear, describe: Describe | None) -> AsyncIterator[Hearing]:
    """Hear as long as the block lasts; what has arrived by its end, even by Ctrl-C, is still observed."""
    heard = Hearing(hear, describe)
    observing = asyncio.create_task(heard.observe())
    try:
        yield heard
        await heard.descriptions(DESCRIPTION_PATIENCE)
    finally:
        observing.cancel()
        await asyncio.wait([observing])
        heard.close()
    if not observing.cancelled():
        observing.result()  # `hear` failed: say so instead of an empty result
