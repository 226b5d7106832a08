"""What every test may rely on, and the guard that keeps every test off the real network.

As root the whole test process first moves into a network namespace of its own that has nothing but loopback, so that
no packet of a test, of a child process or of nmap can leave the machine. Without root an audit hook refuses every
socket address outside loopback in this process, and CAMCENSUS_CONFINE makes child processes of camcensus refuse too.
"""

from __future__ import annotations

import ctypes
import ipaddress
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

CLONE_NEWNET = 0x40000000
LOOPBACK = "127.0.0.0/8,::1/128"
GROUPS_ON_LOOPBACK = (
    "239.255.255.250",
    "239.255.255.251",
    "224.0.0.251",
    "ff02::c",
    "255.255.255.255",
    "0.0.0.0",
    "::",
)


def isolated() -> bool:
    """Whether this process lives in a network namespace that holds nothing but loopback."""
    return [name for _, name in socket.if_nameindex()] == ["lo"]


def refuse_the_real_network(event: str, arguments: tuple[Any, ...]) -> None:
    """An audit hook: loopback and the multicast groups of discovery on it, nothing else."""
    if (
        event not in {"socket.connect", "socket.sendto", "socket.sendmsg", "socket.bind"}
        or len(arguments) < 2
    ):
        return
    address = arguments[1]
    if not isinstance(address, tuple) or not isinstance(address[0], str) or not address[0]:
        return
    try:
        it = ipaddress.ip_address(address[0].partition("%")[0])
    except ValueError:
        it = None
    if it is None or not (it.is_loopback or str(it) in GROUPS_ON_LOOPBACK):
        raise PermissionError(f"a test may not touch the real network: {event} {address[0]}")


def pytest_configure(config: pytest.Config) -> None:
    # On a busy machine an example may take as long as it needs.
    settings.register_profile("patient", settings(), deadline=None)
    settings.load_profile("patient")
    # A shell that runs the tests in the background lets them ignore Ctrl-C, and what they start inherits that.
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    os.environ["CAMCENSUS_CONFINE"] = LOOPBACK
    # A worker of pytest-xdist begins in the namespace of the process that started it, and needs one for itself:
    # two simulated buildings at the same addresses would hear each other.
    if os.geteuid() == 0 and (not isolated() or "PYTEST_XDIST_WORKER" in os.environ):
        if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWNET) != 0:
            raise pytest.UsageError(f"cannot leave the real network: {os.strerror(ctypes.get_errno())}")
        subprocess.run(["ip", "link", "set", "lo", "up", "multicast", "on"], check=True)
        subprocess.run(["ip", "route", "replace", "224.0.0.0/4", "dev", "lo"], check=True)
    if not isolated():
        sys.addaudithook(refuse_the_real_network)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if os.geteuid() != 0:
        for item in items:
            if item.get_closest_marker("namespaces"):
                item.add_marker(pytest.mark.skip(reason="needs root, to make network namespaces"))


@pytest.fixture(autouse=True)
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """No test reads or writes the user's inventory or configuration."""
    for variable in ("HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME"):
        monkeypatch.setenv(variable, str(tmp_path / "home"))
    monkeypatch.delenv("CAMCENSUS_INVENTORY", raising=False)
    yield tmp_path
