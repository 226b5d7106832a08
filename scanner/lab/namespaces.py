"""The building at layer 2: one network namespace and one MAC address for each unit, all on one switch.

The namespaces of units and switch have no names: they live as long as this process holds them open, so that nothing
of them outlives it, however it ends. Only the scanner's has a name, `ccl<pid>-scanner`, to be entered with
`ip netns exec`; one left behind by a process that was killed goes when the next building is built. One event loop
serves all units: a socket belongs to the namespace in which it was made, wherever its owner is. Needs root.
"""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import ipaddress
import os
import re
import resource
import socket
import struct
import subprocess
from collections.abc import Iterator
from pathlib import Path

from scanner.errors import CamcensusError
from scanner.lab.building import Building
from scanner.lab.sockets import PLACES, bound, join, speak_to_groups
from scanner.lab.unit import Spoken, Unit, load_units

NETWORK = "10.77.0.0/24"
SCANNER_OFFSET = 254
SWITCH = "the switch"
INTERFACE = "eth0"  # what a unit, and the scanner, calls its end of the cable

CLONE_NEWNET = 0x40000000
SIOCSIFFLAGS, SIOCSIFADDR, SIOCSIFNETMASK = 0x8914, 0x8916, 0x891C
IFF_UP, IFF_MULTICAST = 0x1, 0x1000
HERE = "/proc/thread-self/ns/net"


class NamespaceBuilding(Building):
    """All units on the switch, from entering `async with` to its end; a scanner belongs into `scanner_namespace`."""

    def __init__(self, units: int | None = None, network: str = NETWORK) -> None:
        super().__init__(load_units(network, units, SCANNER_OFFSET))
        self.network = network
        self.scanner_namespace = f"ccl{os.getpid()}-scanner"
        self.scanner_address = str(ipaddress.IPv4Network(network)[SCANNER_OFFSET])
        self._namespaces: dict[str, int] = {}  # by unit name: open files that keep the namespaces alive

    async def _open(self) -> None:
        if os.geteuid() != 0:
            raise CamcensusError(
                "network namespaces cannot be made", why="this needs root", fix="use the building on loopback"
            )
        _allow_open_files()
        _remove_leftovers()
        self._build()
        for unit in self.units:
            for protocol in unit.kind.datagrams:
                self._open_voice(unit, protocol)
            await self._open_ports(unit)

    async def _close(self) -> None:
        await super()._close()
        if Path("/run/netns", self.scanner_namespace).exists():
            _ip("netns", "delete", self.scanner_namespace)
        for namespace in self._namespaces.values():
            os.close(namespace)
        self._namespaces.clear()

    def _build(self) -> None:
        _ip("netns", "add", self.scanner_namespace)
        self._namespaces |= _new_namespaces([SWITCH, *(unit.name for unit in self.units)])
        with inside(self._namespaces[SWITCH]):
            _ip("-batch", "-", batch="\n".join(self._cabling()))
        prefix = ipaddress.IPv4Network(self.network).prefixlen
        _ip(
            "-n", self.scanner_namespace, "-batch", "-",
            batch=f"link set lo up\naddr add {self.scanner_address}/{prefix} dev {INTERFACE}\n"
            f"link set {INTERFACE} up\n",
        )  # fmt: skip
        for unit in self.units:
            self._configure(unit)

    def _cabling(self) -> Iterator[str]:
        """The commands that build the switch; the units' ports are isolated: they hear the scanner, not each other."""
        yield "link add switch type bridge mcast_snooping 0"  # a snooping bridge wants a querier to let groups pass
        yield "link set switch up"
        yield f"link add port0 type veth peer name {INTERFACE} netns {self.scanner_namespace}"
        yield "link set port0 master switch up"
        for number, unit in enumerate(self.units, 1):
            namespace = f"/proc/{os.getpid()}/fd/{self._namespaces[unit.name]}"
            yield f"link add port{number} type veth peer name {INTERFACE} address {unit.row.mac} netns {namespace}"
            yield f"link set port{number} master switch up"
            yield f"link set port{number} type bridge_slave isolated on"

    def _configure(self, unit: Unit) -> None:
        with inside(self._namespaces[unit.name]), socket.socket(type=socket.SOCK_DGRAM) as control:
            for request, address in (
                (SIOCSIFADDR, unit.words["address"]),
                (SIOCSIFNETMASK, unit.words["mask"]),
            ):
                place = struct.pack("HH4s", socket.AF_INET, 0, socket.inet_aton(address))
                fcntl.ioctl(control, request, struct.pack("16s24s", INTERFACE.encode(), place))
            fcntl.ioctl(
                control, SIOCSIFFLAGS, struct.pack("16sH22x", INTERFACE.encode(), IFF_UP | IFF_MULTICAST)
            )
            if unit.row.routed:
                _ip("route", "add", "default", "dev", INTERFACE)

    def _socket_of(self, unit: Unit) -> socket.socket:
        with inside(self._namespaces[unit.name]):
            return socket.socket()

    def _open_voice(self, unit: Unit, protocol: Spoken) -> None:
        """One socket hears all that is meant for the unit; its namespace knows no other."""
        everybody = unit.row.hears == "everybody"
        place, address = PLACES[protocol], unit.words["address"]
        with inside(self._namespaces[unit.name]):
            voice = bound(socket.socket(type=socket.SOCK_DGRAM), ("" if everybody else address, place.port))
            interface = socket.if_nametoindex(INTERFACE)
        speak_to_groups(voice, address, interface)
        voice.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_LOOP, 0)  # its own replies are no questions
        if everybody and place.group:
            join(voice, place.group, interface)
        self._voices[unit.name, protocol] = voice
        self._hear(voice, protocol, (unit,), unit.name)

    def _may_ask(self, asker: str) -> bool:
        return True  # the switch lets nobody through but the scanner


@contextlib.contextmanager
def inside(namespace: int) -> Iterator[None]:
    """Let this thread live in a network namespace for a while; no `await` in between."""
    home = os.open(HERE, os.O_RDONLY)
    try:
        _call("setns", namespace, CLONE_NEWNET)
        try:
            yield
        finally:
            _call("setns", home, CLONE_NEWNET)
    finally:
        os.close(home)


def _new_namespaces(names: list[str]) -> dict[str, int]:
    home, made = os.open(HERE, os.O_RDONLY), {}
    try:
        for name in names:
            _call("unshare", CLONE_NEWNET)
            made[name] = os.open(HERE, os.O_RDONLY)
    finally:
        _call("setns", home, CLONE_NEWNET)
        os.close(home)
    return made


def _call(function: str, *arguments: int) -> None:
    """setns(2) and unshare(2), which Python offers from 3.12 on."""
    if getattr(LIBC, function)(*arguments) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{function}: {os.strerror(number)}")


LIBC = ctypes.CDLL(None, use_errno=True)


def _ip(*arguments: str, batch: str | None = None) -> None:
    done = subprocess.run(["ip", *arguments], input=batch, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise CamcensusError(f"ip {' '.join(arguments)} failed", why=done.stderr.strip()[:200])


def _remove_leftovers() -> None:
    """Scanner namespaces whose process was killed before it could remove them."""
    for path in Path("/run/netns").glob("ccl*-scanner"):
        found = re.fullmatch(r"ccl(\d+)-scanner", path.name)
        if found and not Path("/proc", found[1]).exists():
            _ip("netns", "delete", path.name)


def _allow_open_files() -> None:
    """250 units have two thousand sockets."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
