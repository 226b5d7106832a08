"""Host names to addresses, as this machine resolves them."""

from __future__ import annotations

import socket


def resolve(name: str) -> list[str]:
    """The addresses of a name, each once. Raises OSError when there are none."""
    found = socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))
