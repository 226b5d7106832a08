"""Who holds a UDP port on this machine, as far as /proc tells."""

from __future__ import annotations

import socket
from pathlib import Path

PROC = Path("/proc")


def holders(port: int) -> tuple[str, ...]:
    """The programs that have a UDP port open, as `name (process id)`; of other users' programs only the user."""
    sockets = {inode: user for name in ("udp", "udp6") for inode, user in open_sockets(name, port)}
    found = dict.fromkeys(sockets.values()) if sockets else {}
    named = tuple(f"{name} (process {number})" for number, name in processes(set(sockets)))
    return named or tuple(f"a program of user {user}" for user in found)


def free(port: int) -> bool:
    """Whether the port can be opened together with others: false when a program holds it for itself alone."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        try:
            sock.bind(("", port))
        except OSError:
            return False
    return True


def open_sockets(name: str, port: int) -> list[tuple[str, str]]:
    """Inode and user of each socket on a port, from /proc/net/udp and udp6."""
    table = PROC / "net" / name
    rows = [line.split() for line in table.read_text().splitlines()[1:]] if table.exists() else []
    return [(row[9], row[7]) for row in rows if int(row[1].rpartition(":")[2], 16) == port]


def processes(inodes: set[str]) -> list[tuple[str, str]]:
    """Process id and name of whoever has one of these sockets open, where we may look."""
    wanted = {f"socket:[{inode}]" for inode in inodes}
    found = []
    for process in PROC.glob("[0-9]*") if wanted else ():
        try:
            if any(str(link.readlink()) in wanted for link in (process / "fd").iterdir()):
                found.append((process.name, (process / "comm").read_text().strip()))
        except OSError:  # it ended meanwhile, or belongs to somebody else
            continue
    return found
