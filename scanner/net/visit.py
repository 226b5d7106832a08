"""One device being visited: what is told of it, and what is still to ask."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from urllib.parse import urlsplit

from scanner.model import Attempt, Endpoint, Observation, Outcome, Protocol
from scanner.net.conversation import Conversation, HungUp, Patience, Unanswered
from scanner.net.pacing import Pace
from scanner.probes import dvrip, forbidden, message, web
from scanner.probes.contract import Question, Unreadable
from scanner.probes.ports import Service, service

Hear = Callable[[Observation], None]
Settle = Callable[[Attempt], None]

PATIENT = Patience()
DETOURS = 2  # further ports of a device that its own redirects may add
DEFAULT_PORTS = {"http": 80, "https": 443, "rtsp": 554}


class Visit:
    """One device: `put` asks, `tell` reports what came, `plans` adds a port that the device itself named."""

    def __init__(
        self,
        endpoint: Endpoint,
        ports: Sequence[int],
        pace: Pace,
        hear: Hear,
        settle: Settle,
        *,
        deep: bool = False,
        patience: Patience = PATIENT,
    ) -> None:
        self.endpoint, self.pace, self.deep, self.patience = endpoint, pace, deep, patience
        self.to_ask = {port: service(port) for port in ports}  # in this order
        self._hear, self._settle = hear, settle
        self._planned = set(ports)
        self._detours = DETOURS
        self._faces: dict[tuple[object, ...], bool] = {}  # front page -> whether it came encrypted

    def talk(self, port: int, *, encrypted: bool = False) -> Conversation:
        return Conversation(self.endpoint, port, self.pace, self.patience, encrypted=encrypted)

    def authority(self, port: int, scheme: str = "http") -> str:
        """Host and port as they stand in a URL. The zone of an IPv6 address is ours and stays here."""
        address = self.endpoint.address.partition("%")[0]
        bracketed = f"[{address}]" if ":" in address else address
        return bracketed if DEFAULT_PORTS.get(scheme) == port else f"{bracketed}:{port}"

    async def put(
        self,
        talk: Conversation,
        question: Question,
        framing: message.Framing | None = None,
        *,
        asked: Protocol = "http",
    ) -> bytes:
        """Put one question and tell the reply. Raises Unanswered when nothing came, or patience ended."""
        payload, outcome = await talk.ask(question, framing)
        if not payload:
            raise HungUp(outcome) if outcome is Outcome.REFUSED else Unanswered(outcome)
        protocol, looks = judge(payload, asked)
        self.tell(
            talk.port, protocol, question.name, payload, looks if looks is Outcome.UNREADABLE else outcome
        )
        if talk.tired:
            raise Unanswered(Outcome.CUT_SHORT)
        return payload

    async def try_to_put(self, talk: Conversation, question: Question) -> bytes:
        """Put one of several questions; to hang up on it is an answer to this one only."""
        try:
            return await self.put(talk, question)
        except HungUp as ended:
            self.settle(talk.port, "http", ended.outcome)
            return b""

    async def follow(self, talk: Conversation, question: Question) -> bytes:
        """Put a question that the device led us to, unless it is one that we never put; then there is no reply."""
        if forbidden.refuse(question.payload, talk.port, "tcp"):
            return b""
        return await self.try_to_put(talk, question)

    def tell(self, port: int, protocol: Protocol, request: str, payload: bytes, outcome: Outcome) -> None:
        self._hear(
            Observation(
                protocol=protocol,
                payload=payload,
                request=request,
                observed_at=datetime.now(UTC),
                address=self.endpoint.address,
                mac=self.endpoint.mac,
                port=port,
                transport="tcp",
                interface=self.endpoint.interface,
                outcome=outcome,
            )
        )

    def settle(self, port: int, spoken: str, outcome: Outcome) -> None:
        self._settle(Attempt(self.endpoint.address, port, "tcp", spoken, outcome))

    def itself(self, url: str) -> bool:
        """Whether a URL leads to this very device."""
        try:
            host = ipaddress.ip_address(urlsplit(url).hostname or "")
        except ValueError:
            return False  # a name: whoever it belongs to, nobody said that we may ask
        return host == ipaddress.ip_address(self.endpoint.address.partition("%")[0])

    def plans(self, url: str) -> bool:
        """Whether the web port of this device that it led us to itself is asked too; if it can be, from now on."""
        port, scheme = port_of(url), urlsplit(url).scheme
        spoken: Service = "https" if scheme == "https" else "http"
        if service(port) not in {"http", "https", "unknown"}:
            return False
        if port not in self._planned and self._detours:
            self._detours -= 1
            self._planned.add(port)
            self.to_ask[port] = spoken
        return port in self._planned

    def seen_before(self, front: bytes, *, encrypted: bool) -> bool:
        """Whether this front page is the encrypted twin of one already asked, or the other way round.

        Two equal pages of one kind may be two cameras behind one address; those are both asked in full.
        """
        page = message.parse(front)
        face = (page.status, page.first("server"), page.first("www-authenticate")[:20], page.body)
        return self._faces.setdefault(face, encrypted) != encrypted


def judge(payload: bytes, asked: Protocol) -> tuple[Protocol, Outcome]:
    if asked != "dvrip":
        return web.what_it_is(payload, asked)
    try:
        dvrip.read(payload)
    except Unreadable:
        return asked, Outcome.UNREADABLE
    return asked, Outcome.ANSWERED


def port_of(url: str) -> int:
    parts = urlsplit(url)
    return parts.port or DEFAULT_PORTS.get(parts.scheme, 0)
