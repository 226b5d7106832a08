"""One run from targets to inventory: the stages wired together.

    discovery ─┐
    sweep ─────┼─► grabs ─► observations ─► inventory ─► digest: devices and identifications
    asking ────┘

Whatever is heard goes to the inventory first; devices are made of what the inventory holds. So an interrupted run
loses nothing that was seen, and a resumed one goes on as if it had never stopped.
"""

from __future__ import annotations

import asyncio
import collections
import contextlib
import threading
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from functools import partial
from ipaddress import IPv4Address
from typing import Protocol
from urllib.parse import urlsplit

import msgspec

from fingerprints import Library
from scanner import spans as ranges
from scanner.digest import Digest
from scanner.inventory import Ending, Inventory
from scanner.model import Attempt, Coverage, Endpoint, Exclusion, Identification, Observation, Outcome
from scanner.net import sweep
from scanner.net.discover import ask_directly, discover
from scanner.net.discovery_report import DiscoveryReport
from scanner.net.grab import fetch_description, grab
from scanner.net.neighbours import neighbours
from scanner.net.pacing import Pace
from scanner.net.sweep.connect import Connect
from scanner.net.sweep.contract import LINK_LAYER, Answer, Swept
from scanner.probes import datagrams, read_fields
from scanner.probes.ports import service
from scanner.run_plan import ASK_EVERYBODY, RunPlan, addresses_of
from scanner.spans import Span

DIGEST_EVERY = (
    0.5  # s: the first device is on the screen, and all that was heard on the disk, within a second or two
)
STATED_PORTS = ("sadp.HttpPort", "dhdiscover.HttpPort")
SWEPT, ASKED = (
    "tcp",
    "asked",
)  # what an attempt records for a resumed run: an answer to the sweep, a device done
QUIET_AFTER = 3.0  # s into discovery: who has not answered the groups by then may be deaf to them
STATED_URLS = ("ws-discovery.xaddr", "ssdp.location")


class Tell(Protocol):
    """How a run speaks to whoever watches it."""

    def stage(self, name: str, total: int) -> None:
        """A stage begins that has so many addresses to do."""

    def advance(self, count: int) -> None:
        """So many more of them are done."""

    def sent(self, packets: int) -> None:
        """So many packets have left in all."""

    def found(self, device: str, identification: Identification) -> None:
        """A device was identified, or identified better. Called from a thread of its own."""

    def problem(self, text: str) -> None:
        """Something could not be done; it will also stand in the coverage."""


async def carry_out(
    plan: RunPlan,
    run: str,
    inventory: Inventory,
    known: Library,
    tell: Tell,
    keep: Callable[[Observation], None] = lambda observation: None,
) -> Ending:
    """Carry out a run that `inventory.begin_run` has begun, or go on with it, and return how it ended.

    `keep` gets every observation besides. Cancelling ends the run cleanly, with all that was seen recorded.
    """
    survey = Survey(plan, run, inventory, known, tell, keep)
    ending: Ending = "interrupted"
    digesting = asyncio.create_task(survey.keep_digesting())
    try:
        await survey.stages()
        ending = "complete" if survey.complete else "incomplete"
    finally:
        digesting.cancel()
        await asyncio.wait([digesting])
        survey.digest.update()
        inventory.finish_run(run, ending, survey.coverage())
    if not digesting.cancelled():
        digesting.result()  # it failed: say so instead of an empty census
    return ending


class Survey:
    """The state of one run."""

    def __init__(
        self,
        plan: RunPlan,
        run: str,
        inventory: Inventory,
        known: Library,
        tell: Tell,
        keep: Callable[[Observation], None],
    ) -> None:
        self.plan, self.run, self.inventory, self.tell, self.keep = plan, run, inventory, tell, keep
        closed_for = plan.window.closed_for if plan.window else None
        self.pace = Pace(
            plan.rate,
            plan.device_rate,
            closed=(lambda: closed_for(datetime.now())) if closed_for else lambda: 0.0,
        )
        self.digest = Digest(inventory, run, known, plan, tell.found)
        progress = inventory.progress(run)
        self.parts_done: int = progress.get("parts", 0)
        self.patchy: list[Span] = progress.get("patchy", [])  # of these some probes were lost
        self.v6_done = False
        self.grabbed: set[str] = set()
        self.problems: dict[str, None] = {}
        self.complete = not self.patchy
        self.unusable: dict[str, str] = {}
        self.outcomes: collections.Counter[str] = collections.Counter()
        self.open: dict[str, set[int]] = {}  # address -> open ports; no ports where it only showed life
        self.stated: dict[str, set[int]] = collections.defaultdict(set)  # ports that units say they have
        self.macs: dict[str, str] = {}
        self.places = asyncio.Semaphore(plan.devices_at_once)
        self.stop = threading.Event()
        self.asked_alone: set[str] = set()
        self.spoke: set[str] = set()  # addresses of which a reply was heard
        asked = datagrams() if plan.interfaces else ()
        self.protocols = tuple(dict.fromkeys([*(one.protocol for one in asked), "tcp"]))

    async def stages(self) -> None:
        """Discover and sweep side by side; ask each device once its part of the network is swept."""
        self.remember()
        if self.plan.window and (closed := self.plan.window.closed_for(datetime.now())):
            self.tell.stage(f"waiting for {self.plan.window}", 0)
            await asyncio.sleep(closed)
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self.discover())
                group.create_task(self.sweep_and_ask())
            await self.follow_up()
        finally:
            self.stop.set()

    def remember(self) -> None:
        """Take up what an interrupted run already knew: who answered the sweep, and who was asked."""
        for attempt in self.inventory.attempts(self.run):
            if attempt.protocol == ASKED:
                self.grabbed.add(attempt.address)
            else:
                ports = self.open.setdefault(attempt.address, set())
                if attempt.outcome is Outcome.ANSWERED and attempt.protocol == SWEPT:
                    ports.add(attempt.port)

    async def discover(self) -> None:
        """Ask everybody on the chosen interfaces at once."""
        if self.plan.interfaces:
            report = await discover(
                self.plan.interfaces,
                pace=self.pace,
                hear=self.hear,
                describe=self.describe,
            )
            self.note(report)
            for silence in report.notes:  # why nobody answered, which leaves the run complete
                self.trouble(silence, grave=False)

    async def describe(self, url: str) -> Observation | None:
        """Fetch the description that a unit points to, when that unit may be asked at all."""
        if not self.may_ask(urlsplit(url).hostname or ""):
            return None
        return await fetch_description(url, pace=self.pace)

    def may_ask(self, address: str) -> bool:
        """Whether an address that discovery brought up belongs to the targets; with an interface alone, to it."""
        if len(self.plan.scope):
            return address in self.plan.scope
        return self.plan.on_link(address) and not self.plan.scope.excludes(address)

    async def sweep_and_ask(self) -> None:
        """Sweep the targets; where that is done before discovery is, ask the quiet ones while it goes on listening."""
        began = asyncio.get_running_loop().time()
        await self.sweep_and_grab()
        if self.plan.interfaces:
            await asyncio.sleep(began + QUIET_AFTER - asyncio.get_running_loop().time())
            await self.ask_quiet()

    async def sweep_and_grab(self) -> None:
        """Sweep the targets part by part; while one part is swept, the devices of the one before are asked."""
        parts, done = self.plan.chunks(), self.parts_done
        self.tell.stage("sweep", len(self.plan.scope))
        self.tell.advance(sum(map(size, parts[:done])))
        engine = sweep.choose(self.plan.engine)
        async with asyncio.TaskGroup() as group:
            group.create_task(self.grab_all(list(self.open)))
            for part in parts[done:]:
                if not await self.sweep(partial(engine.sweep, part), size(part)):
                    self.patchy += part
                heard = [address for address in self.open if within(address, part)]
                group.create_task(self.ask_and_grab(list(addresses_of(part)), heard))
                self.parts_done += 1
                self.inventory.save_progress(self.run, {"parts": self.parts_done, "patchy": self.patchy})
            if self.plan.scope.v6:
                self.v6_done = await self.sweep(
                    partial(Connect().sweep_addresses, self.plan.scope.v6), len(self.plan.scope.v6)
                )
                heard = [address for address in self.plan.scope.v6 if address in self.open]
                group.create_task(self.ask_and_grab(list(self.plan.scope.v6), heard))

    async def sweep(self, engine: Callable[..., Swept], addresses: int) -> bool:
        """Sweep some addresses, in a thread of its own. False when some probes were lost."""
        loop = asyncio.get_running_loop()

        def heard(answer: Answer) -> None:
            loop.call_soon_threadsafe(self.answered, answer)

        swept = await asyncio.to_thread(engine, self.plan.ports, pace=self.pace, heard=heard, stop=self.stop)
        self.tell.advance(addresses)
        self.outcomes[Outcome.SILENT] += max(0, swept.probes - swept.answered - swept.refused - swept.lost)
        if swept.problem:
            self.trouble(swept.problem)
        return not swept.problem

    def answered(self, answer: Answer) -> None:
        """The sweep says that somebody is there."""
        ports = self.open.setdefault(answer.address, set())
        if answer.mac:
            self.macs[answer.address] = answer.mac
        if answer.port == LINK_LAYER:
            if answer.mac:
                self.hear_neighbour(answer.address, answer.mac)
            return
        self.settle(Attempt(answer.address, answer.port, "tcp", SWEPT, answer.outcome))
        if answer.outcome is Outcome.ANSWERED:
            ports.add(answer.port)

    async def ask_and_grab(self, asked: list[str], heard: list[str]) -> None:
        """Ask the addresses of one part directly where multicast does not reach, and grab from those that answer."""
        far = [address for address in asked if not self.plan.on_link(address)]
        if len(self.plan.scope) > ASK_EVERYBODY:
            far = [address for address in heard if not self.plan.on_link(address)]
        async with asyncio.TaskGroup() as group:
            if far and self.plan.unicast_discovery:
                group.create_task(self.ask(far))
            group.create_task(self.grab_all(heard))

    async def ask(self, addresses: list[str]) -> None:
        """Put the questions of discovery directly to addresses."""
        self.note(await ask_directly(addresses, pace=self.pace, hear=self.hear, describe=self.describe))

    async def grab_all(self, addresses: Iterable[str]) -> None:
        """Ask devices what they are, each once in a run, on the ports the sweep found open."""
        async with asyncio.TaskGroup() as group:
            for address in addresses:
                if address not in self.grabbed:
                    group.create_task(self.grab(address, self.open[address]))

    async def grab(self, address: str, ports: set[int]) -> None:
        """Ask one device on some of its open ports."""
        wanted = [port for port in sorted(ports) if self.worth_asking(port)]
        async with self.places:
            await grab(
                self.endpoint(address),
                wanted,
                pace=self.pace,
                hear=self.hear,
                settle=self.settle,
                deep=self.plan.deep,
            )
        self.grabbed.add(address)
        self.inventory.attempted(self.run, [Attempt(address, 0, "tcp", ASKED, Outcome.ANSWERED)])

    def worth_asking(self, port: int) -> bool:
        """Whether an open port would tell more than that it is open, which the sweep has told."""
        spoken = service(port)
        return spoken != "listen" and (spoken != "dvrip" or self.plan.deep)

    async def follow_up(self) -> None:
        """Go where units said they can be found: a web port of their own, an address that discovery alone showed."""
        if not len(self.plan.scope):  # only an interface was named: its units are the targets
            near = [address for address in self.stated if self.may_ask(address)]
            self.tell.stage("ask the units that discovery found", len(near))
            spans = tuple((number, number) for number in map(number_of, near) if number is not None)
            await self.sweep(partial(sweep.choose(self.plan.engine).sweep, spans), len(near))
            await self.grab_all([address for address in near if address in self.open])
        await self.ask_quiet()
        extra = {
            address: ports - self.open.get(address, set()) - set(self.plan.ports)
            for address, ports in self.stated.items()
            if self.may_ask(address)
        }
        async with asyncio.TaskGroup() as group:
            for address, ports in extra.items():
                if ports:
                    group.create_task(self.grab(address, ports))

    async def ask_quiet(self) -> None:
        """Put the questions of discovery directly, once, to units that are deaf to groups, or may be."""
        quiet = [
            address
            for address in self.open
            if address not in self.stated and address not in self.asked_alone and self.plan.on_link(address)
        ]
        if quiet and self.plan.interfaces and self.plan.unicast_discovery:
            self.asked_alone.update(quiet)
            await self.ask(quiet)

    def hear(self, observation: Observation) -> None:
        """Whatever was heard is kept, whatever it is."""
        if observation.mac is None and observation.address in self.macs:
            observation = msgspec.structs.replace(observation, mac=self.macs[observation.address])
        self.inventory.add(self.run, [observation])
        self.keep(observation)
        self.outcomes[observation.outcome] += 1
        if observation.address and observation.protocol != "mac":
            self.spoke.add(observation.address)
        if observation.transport == "udp" and observation.address:
            self.stated[observation.address] |= stated_ports(observation)

    def hear_neighbour(self, address: str, mac: str) -> None:
        """The link layer says who is at an address."""
        self.hear(
            Observation(
                protocol="mac",
                payload=mac.encode(),
                request="neighbour",
                observed_at=datetime.now(UTC),
                address=address,
                mac=mac,
                transport="l2",
            )
        )

    def settle(self, attempt: Attempt) -> None:
        """Note how an attempt ended that brought no reply to keep."""
        self.outcomes[attempt.outcome] += 1
        self.inventory.attempted(self.run, [attempt])

    def endpoint(self, address: str) -> Endpoint:
        """Where to reach an address, with the MAC address that this machine has just learnt for it, if any."""
        if address not in self.macs and self.plan.on_link(address):
            known = {one.address: one.mac for one in neighbours() if one.mac}
            for found in known.keys() & self.open.keys() - self.macs.keys():
                self.macs[found] = known[found]
                self.hear_neighbour(found, known[found])
        return Endpoint(address, self.macs.get(address), routed=not self.plan.on_link(address))

    def note(self, report: DiscoveryReport) -> None:
        """Take what a discovery could not do into the coverage."""
        self.unusable |= {one.protocol: one.problem for one in report.asked if one.problem}
        for problem in report.problems:
            self.trouble(problem)

    def trouble(self, text: str, *, grave: bool = True) -> None:
        """Something could not be done. When it is grave, the run is not complete."""
        self.complete = self.complete and not grave
        if text not in self.problems:
            self.problems[text] = None
            self.tell.problem(text)

    async def keep_digesting(self) -> None:
        """Turn what was heard into devices, again and again while the run goes on."""
        while True:
            await asyncio.sleep(DIGEST_EVERY)
            # In a thread: a thousand devices take longer than a reply may wait.
            await asyncio.to_thread(self.digest.update)
            self.tell.sent(sum(self.pace.sent.values()))

    def coverage(self) -> Coverage:
        """What this run could have seen, and what it could not."""
        scope = self.plan.scope
        left = self.plan.chunks()[self.parts_done :]
        return Coverage(
            targets=scope.targets,
            interfaces=tuple(interface.name for interface in self.plan.interfaces),
            ports=self.plan.ports,
            protocols=self.protocols,
            addresses=len(scope),
            answered=len(self.open.keys() | self.stated.keys()),
            lost=sum(map(size, left)),
            asked=self.asked(),
            outcomes={str(outcome): count for outcome, count in sorted(self.outcomes.items()) if count},
            sent={str(kind): count for kind, count in sorted(self.pace.sent.items())},
            excluded=tuple(
                Exclusion(one.block.text, one.reason, one.until.isoformat() if one.until else "")
                for one in scope.exclusions
            ),
            unusable=self.unusable,
            mute=tuple(
                sorted(address for address, ports in self.open.items() if ports and address not in self.spoke)
            ),
            problems=tuple(problem for problem in self.problems if problem not in self.unusable.values()),
        )

    def asked(self) -> tuple[str, ...]:
        """The addresses that were asked on every port, as ranges."""
        done = ranges.merged(span for part in self.plan.chunks()[: self.parts_done] for span in part)
        v6 = [span for address in self.plan.scope.v6 for span in ranges.read(address)] if self.v6_done else []
        patchy = ranges.merged((first, last) for first, last in self.patchy)
        return ranges.texts(ranges.merged([*ranges.without(done, patchy), *v6]))


def stated_ports(observation: Observation) -> set[int]:
    """The web ports that a unit says it has, where it can be reached."""
    fields = read_fields(observation).fields
    texts = [text for name in STATED_PORTS for text in fields.get(name, ())]
    ports = {int(text) for text in texts if text.isdecimal() and 0 < int(text) < 65536}
    for url in (url for name in STATED_URLS for url in fields.get(name, ())):
        with contextlib.suppress(ValueError):  # a port that is none
            parts = urlsplit(url)
            if parts.hostname == observation.address and parts.port:
                ports.add(parts.port)
    return ports


def within(address: str, spans: Iterable[Span]) -> bool:
    """Whether an IPv4 address lies in one of the spans."""
    number = number_of(address)
    return number is not None and any(first <= number <= last for first, last in spans)


def number_of(address: str) -> int | None:
    """An IPv4 address as a number; None for IPv6."""
    return None if ":" in address else int(IPv4Address(address))


def size(spans: Iterable[Span]) -> int:
    """How many addresses some spans have."""
    return sum(last - first + 1 for first, last in spans)
