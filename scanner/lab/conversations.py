"""How a unit talks over TCP: one coroutine for each way of speaking, all of them bounded.

What is said comes from scanner.lab.answers; here is only who speaks first, for how long, and when to hang up.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

import msgspec

from scanner.lab import answers, certificates
from scanner.lab.unit import Speaks, Unit

REQUEST_LIMIT = 64 * 1024
IDLE = 30.0  # seconds after which a unit hangs up on whoever says nothing
ENDLESS_BYTES = 1 << 30
ENDLESS_CHUNK = b"A" * 65_000 + b"\r\n"


class Connection(msgspec.Struct, frozen=True):
    """One open connection; `note` is told every byte that comes in."""

    unit: Unit
    port: int
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    note: Callable[[bytes], None]

    async def receive(self) -> bytes:
        """Whatever comes next; nothing when the other side hung up."""
        data = await self.reader.read(REQUEST_LIMIT)
        self.note(data)
        return data

    async def receive_request(self) -> bytes:
        """A request with its body, when its head tells that it has one."""
        data = b""
        while b"\r\n\r\n" not in data or len(data) < _announced(data):
            more = await self.receive()
            if not more or len(data) > REQUEST_LIMIT:
                break
            data += more
        return data

    async def say(self, reply: bytes) -> None:
        await asyncio.sleep(self.unit.row.delay)
        self.writer.write(reply)
        await self.writer.drain()


async def converse(speaks: Speaks, connection: Connection) -> None:
    """Hold one conversation to its end. Raises TimeoutError when the other side falls silent."""
    async with asyncio.timeout(IDLE + connection.unit.row.delay):
        await SPEAKERS[speaks](connection)


async def _http(connection: Connection) -> None:
    while request := await connection.receive_request():
        reply = answers.http(connection.unit, request, datetime.now(UTC))
        await connection.say(reply)
        if b"connection: close" in (request + reply).lower():
            return


async def _rtsp(connection: Connection) -> None:
    while request := await connection.receive_request():
        await connection.say(answers.rtsp(connection.unit, request, datetime.now(UTC)))


async def _banner(connection: Connection) -> None:
    await connection.say(connection.unit.render(connection.unit.kind.banners[connection.port]).encode())
    await _listen(connection)


async def _listen(connection: Connection) -> None:
    while await connection.receive():
        pass


async def _endless(connection: Connection) -> None:
    """A gigabyte, or until the asker has had enough: as headers over RTSP, as a page over HTTP."""
    rtsp = b" RTSP/1.0" in await connection.receive()
    await connection.say(b"RTSP/1.0 200 OK\r\nCSeq: 1\r\n" if rtsp else b"HTTP/1.1 200 OK\r\n\r\n")
    for _ in range(ENDLESS_BYTES // len(ENDLESS_CHUNK)):
        connection.writer.write(ENDLESS_CHUNK)
        await connection.writer.drain()


async def _garbage_tls(connection: Connection) -> None:
    if await connection.receive():
        await connection.say(certificates.garbage())
        await _listen(connection)


SPEAKERS: dict[Speaks, Callable[[Connection], Awaitable[None]]] = {
    "http": _http,
    "https": _http,
    "rtsp": _rtsp,
    "banner": _banner,
    "silent": _listen,
    "mute": _listen,
    "endless": _endless,
    "garbage-tls": _garbage_tls,
}


def _announced(data: bytes) -> int:
    """How long the whole request is to be: its head, and the body that the head announces."""
    head, _, _ = data.partition(b"\r\n\r\n")
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length" and value.strip().isdigit():
            return len(head) + 4 + min(int(value), REQUEST_LIMIT)
    return 0
