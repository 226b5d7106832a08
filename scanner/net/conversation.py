"""A conversation with one port of one device: at most one connection, bounded in time and bytes.

All that the grabs send leaves through `Conversation._let_out`, the one place where the gate looks at it.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from types import TracebackType

import msgspec

from scanner.model import Endpoint, Outcome
from scanner.net import gate
from scanner.net.pacing import Pace
from scanner.net.tls import Tunnel
from scanner.probes import forbidden
from scanner.probes.contract import Question
from scanner.probes.message import Framing

REPLY_LIMIT = 64 * 1024  # bytes of one reply; a device that sends a gigabyte is cut off here
CHUNK = 16 * 1024


class Patience(msgspec.Struct, frozen=True):
    """How many seconds are waited for what. Old recorders need three for their front page."""

    connect: float = 2.0
    read: float = 4.0  # until the next bytes
    reply: float = 10.0  # until the whole reply, however steadily it trickles
    greeting: float = 1.5  # until a server that speaks first has spoken
    close: float = 0.5
    device: float = 90.0  # for all ports of one device: a hostile one keeps its place no longer


class Unanswered(Exception):
    """No connection, or none that speaks TLS; `outcome` says how it ended and `heard` what came nevertheless."""

    def __init__(self, outcome: Outcome, heard: bytes = b"") -> None:
        super().__init__(outcome.value)
        self.outcome, self.heard = outcome, heard


class HungUp(Unanswered):
    """The device closed the connection instead of answering: this question is not for it, another may be."""


class Conversation:
    """One port of one device. The connection is opened when needed, kept while the device keeps it, and closed."""

    def __init__(
        self, endpoint: Endpoint, port: int, pace: Pace, patience: Patience, *, encrypted: bool = False
    ) -> None:
        self.endpoint, self.port, self.pace, self.patience = endpoint, port, pace, patience
        self.modern = True  # offer TLS 1.3
        self.tired = False  # waiting for more was given up; nothing further should be asked
        self._encrypted = encrypted
        self._tunnel: Tunnel | None = None
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None
        self._slot = contextlib.AsyncExitStack()
        self._fresh = True  # nothing was asked yet on this connection

    async def __aenter__(self) -> Conversation:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def open(self) -> None:
        """Connect, and shake hands where the port is encrypted. Raises Unanswered."""
        if self._writer is not None:
            return
        gate.require(self.endpoint.address)
        await self._slot.enter_async_context(self.pace.connection(self.endpoint.address))
        try:
            async with asyncio.timeout(self.patience.connect):
                self._reader, self._writer = await asyncio.open_connection(
                    host(self.endpoint), self.port, limit=REPLY_LIMIT
                )
        except OSError as error:
            await self._slot.aclose()
            if isinstance(error, TimeoutError):
                self.pace.trouble(self.endpoint.address)
            raise Unanswered(outcome_of(error)) from None
        self._fresh = True
        if self._encrypted:
            await self._shake_hands()

    async def ask(self, question: Question, framing: Framing | None = None) -> tuple[bytes, Outcome]:
        """Put one question and hear the reply as far as it comes. Raises Unanswered.

        A device may close a kept connection at any time, so a question it did not hear is put once more.
        """
        framing = framing or Framing(REPLY_LIMIT)
        await self.open()
        kept = not self._fresh
        outcome = await self._exchange(question, framing)
        if kept and not framing.received and outcome is Outcome.REFUSED:
            await self.close()
            await self.open()
            outcome = await self._exchange(question, framing)
        if not framing.reusable:
            await self.close()
        return bytes(framing.received), outcome

    async def greeting(self) -> bytes:
        """What the server says without being asked; empty when it says nothing."""
        await self.open()
        with contextlib.suppress(OSError):
            return await self._receive(self.patience.greeting)
        return b""

    async def certificate(self) -> bytes:
        """The certificate, as DER. Raises Unanswered, with the records that came, when the handshake fails."""
        await self.open()
        return self._tunnel.certificate() if self._tunnel else b""

    async def close(self) -> None:
        """Close in full (FIN, not RST), and give the slot back."""
        writer, tunnel, self._writer, self._tunnel = self._writer, self._tunnel, None, None
        try:
            if writer is not None:
                with contextlib.suppress(OSError):
                    if tunnel and tunnel.open:
                        writer.write(tunnel.farewell())
                    writer.close()
                    async with asyncio.timeout(self.patience.close):
                        await writer.wait_closed()
        finally:
            if writer is not None:
                writer.transport.abort()  # what is not gone by now is not waited for; otherwise without effect
            await self._slot.aclose()

    async def _exchange(self, question: Question, framing: Framing) -> Outcome:
        await self.pace.wait("request", self.endpoint.address)
        self._fresh = False
        try:
            self._let_out(question.payload)
            return await self._hear(framing)
        except TimeoutError:
            self.tired = True
            self.pace.trouble(self.endpoint.address)
            return Outcome.CUT_SHORT if framing.received else Outcome.SILENT
        except OSError:  # ssl.SSLError is one too
            return Outcome.CUT_SHORT if framing.received else Outcome.REFUSED

    async def _hear(self, framing: Framing) -> Outcome:
        clock = asyncio.get_running_loop().time
        latest = clock() + self.patience.reply
        while not framing.whole and not framing.full:
            data = await self._receive(min(self.patience.read, latest - clock()))
            if not data:
                if not framing.received:
                    return Outcome.REFUSED  # hung up on us: somebody is there
                return Outcome.ANSWERED if framing.endless else Outcome.CUT_SHORT
            framing.feed(data)
        return Outcome.ANSWERED if framing.whole else Outcome.CUT_SHORT

    async def _receive(self, patience: float) -> bytes:
        """The next bytes, decrypted; empty at the end of the connection. Raises OSError, TimeoutError among it."""
        assert self._reader is not None
        async with asyncio.timeout(patience):
            while data := await self._reader.read(CHUNK):
                if self._tunnel is None or not self._tunnel.open:
                    return data
                if said := self._tunnel.decrypt(data):
                    return said
                if self._tunnel.closed:
                    break
        return b""

    async def _shake_hands(self) -> None:
        tunnel = self._tunnel = Tunnel(modern=self.modern)
        try:
            tunnel.shake()
            self._let_out(tunnel.to_send())
            while not tunnel.open:
                data = await self._receive(self.patience.read)
                if not data:
                    raise ConnectionResetError
                tunnel.shake(data)
                self._write(tunnel.to_send())
        except OSError as error:
            alert = tunnel.to_send()
            if self._writer is not None and alert:
                self._write(alert)
            await self.close()
            if isinstance(error, TimeoutError):
                self.pace.trouble(self.endpoint.address)
            raise Unanswered(outcome_of(error), bytes(tunnel.records)) from None

    def _let_out(self, payload: bytes) -> None:
        gate.require(self.endpoint.address)
        if reason := forbidden.refuse(payload, self.port, "tcp"):
            raise gate.Refused(f"nothing is sent to port {self.port} of {self.endpoint.address}", why=reason)
        encrypted = self._tunnel is not None and self._tunnel.open
        self._write(self._tunnel.encrypt(payload) if self._tunnel and encrypted else payload)

    def _write(self, data: bytes) -> None:
        assert self._writer is not None
        if data:
            self._writer.write(data)


def host(endpoint: Endpoint) -> str:
    """The address to connect to. A link-local one is only an address together with its interface."""
    address = endpoint.address
    needs_scope = address.lower().startswith("fe80:") and "%" not in address and endpoint.interface
    return f"{address}%{endpoint.interface}" if needs_scope else address


def outcome_of(error: OSError) -> Outcome:
    if isinstance(error, TimeoutError):
        return Outcome.SILENT
    if isinstance(error, ConnectionError):
        return Outcome.REFUSED
    return Outcome.UNREADABLE if isinstance(error, ssl.SSLError) else Outcome.UNREACHABLE
