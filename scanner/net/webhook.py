"""Post something to a URL that the user named: there and nowhere else, within a bounded time.

No redirect is followed, no proxy is asked, certificates are verified, and of the answer no more is read than was said.
CAMCENSUS_CONFINE holds here too.
"""

from __future__ import annotations

import http.client
import socket
import ssl
import threading
from contextlib import suppress
from urllib.parse import SplitResult, urlsplit

from scanner.errors import CamcensusError
from scanner.net import gate
from scanner.net.names import resolve


def post(url: str, body: bytes, *, seconds: float) -> int:
    """Post JSON, and return the HTTP status. Raises OSError or http.client.HTTPException when no answer came."""
    return exchange(url, body, "application/json", seconds=seconds)[0]


def exchange(url: str, body: bytes, kind: str, *, seconds: float, most: int = 0) -> tuple[int, bytes]:
    """Post something, and return the HTTP status and the first `most` bytes of the answer. Raises as `post` does."""
    parts = split(url)
    host = parts.hostname or ""
    for address in resolve(host):
        gate.require(address)
    connection = _connection(parts, host, seconds)
    hurry = threading.Timer(seconds, _hang_up, [connection])  # a server may send a byte before each time-out
    hurry.daemon = True
    hurry.start()
    try:
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        headers = {"Content-Type": kind, "User-Agent": "camcensus", "Connection": "close"}
        connection.request("POST", path, body, headers)
        answer = connection.getresponse()
        return answer.status, answer.read(most) if most else b""
    finally:
        hurry.cancel()
        connection.close()


def split(url: str) -> SplitResult:
    """The parts of a URL that can be posted to. Raises `CamcensusError`."""
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        usable = False
    if not usable or parts.username is not None or not url.isascii() or not url.isprintable() or " " in url:
        raise CamcensusError(
            f"nothing can be posted to the URL {shown(url)}",
            why="it is no http or https URL with a host, or it holds a name and password or signs that URLs do not",
            fix="write one such as https://example.org/hook",
        )
    return parts


def shown(url: str) -> str:
    """A URL without what may be secret: its path is often the password of a webhook."""
    scheme, _, rest = url.partition("://")
    return f"{scheme}://{rest.partition('/')[0].partition('?')[0].rpartition('@')[2]}/…"


def _connection(parts: SplitResult, host: str, seconds: float) -> http.client.HTTPConnection:
    if parts.scheme == "http":
        return http.client.HTTPConnection(host, parts.port, timeout=seconds)
    context = ssl.create_default_context()
    return http.client.HTTPSConnection(host, parts.port, timeout=seconds, context=context)


def _hang_up(connection: http.client.HTTPConnection) -> None:
    if connection.sock:
        with suppress(OSError):
            connection.sock.shutdown(socket.SHUT_RDWR)
