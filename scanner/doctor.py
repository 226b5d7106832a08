"""What this machine can do for a census, what it cannot, and how to get what is missing. Sends nothing to a network."""

from __future__ import annotations

import importlib.util
import os
import re
import resource
import select
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Literal

import msgspec

from scanner.errors import CamcensusError
from scanner.net import gate, occupied
from scanner.net.datagrams import asking_socket, listening_socket
from scanner.net.discovery_report import CONTAINER_MARKS
from scanner.net.interfaces import Interface, interfaces, route
from scanner.net.questions import unusable

State = Literal["ok", "limited", "missing"]

CAP_NET_RAW = 13  # bit of the capability sets, see capabilities(7)
GROUP = "239.255.255.250"
FACTORY_ADDRESS = "192.168.1.64"  # of a Hikvision camera out of its box
SOCKETS_WANTED = 1024
BUFFER_WANTED = 212_992  # bytes; the kernel's old default, with which 2,000 cameras at once are heard
PROC_SYS = Path("/proc/sys/net")

PORTS = {
    # port   what is missed when another program holds it for itself alone
    1900:   "greetings of starting devices (SSDP)",
    5050:   "answers of the oldest Dahua units to their own port",
    5353:   "mDNS announcements that nobody asked for",
    37020:  "answers of Hikvision units to the group, among them those with a foreign address",
}  # fmt: skip


class Check(msgspec.Struct, frozen=True):
    """One thing looked at: its state, what was found, and how to get more."""

    subject: str
    state: State
    found: str
    fix: str = ""


def examine() -> Iterator[Check]:
    """Every check, in the order in which they matter."""
    for check in CHECKS:
        yield from check()


def privileges() -> Iterator[Check]:
    status = Path("/proc/self/status").read_text()
    effective = re.search(r"^CapEff:\s*([0-9a-f]+)", status, re.MULTILINE)
    if effective and int(effective[1], 16) >> CAP_NET_RAW & 1:
        yield Check("privileges", "ok", "raw packets: ARP and the half-open sweep can be used")
    else:
        fix = "run with sudo for ARP and the half-open sweep; all else works without"
        yield Check("privileges", "limited", "no raw packets (CAP_NET_RAW)", fix)


def networks() -> Iterator[Check]:
    real = [each for each in interfaces() if not each.loopback]
    for each in real:
        if each.up or each.addresses:
            yield interface_check(each)
            yield from foreign_replies(each)
    if not any(each.up and each.addresses for each in real):
        fix = "connect this machine to the cameras' network"
        yield Check("interfaces", "missing", "none but loopback has an address", fix)
    if any(mark.exists() for mark in CONTAINER_MARKS):
        fix = "in Docker or Podman, run with `--network host`"
        yield Check("container", "limited", "this is a container: multicast may end at its own network", fix)


def interface_check(each: Interface) -> Check:
    subject = f"interface {each.name}"
    if problem := unusable(each):
        return Check(subject, "limited", *map(str.strip, problem.partition(":")[::2]))
    return Check(subject, "ok", ", ".join(each.addresses) + ": discovery by multicast can be used")


def foreign_replies(each: Interface) -> Iterator[Check]:
    """Whether the kernel lets in a unit that still has its factory address (ip-sysctl, rp_filter)."""
    modes = [number(PROC_SYS / f"ipv4/conf/{name}/rp_filter") or 0 for name in ("all", each.name)]
    mode, back = max(modes), route(FACTORY_ADDRESS)
    if not each.up or mode == 0 or (back and (mode == 2 or back.interface == each.name)):
        return
    found = f"the kernel drops replies from addresses that are not routed back here (rp_filter = {mode})"
    fix = f"to hear units with a factory address: ip address add 192.168.1.250/24 dev {each.name}"
    yield Check(f"interface {each.name}", "limited", found, fix)


def multicast() -> Iterator[Check]:
    if loopback_carries_multicast():
        yield Check("multicast on loopback", "ok", "`camcensus demo` can be used")
    else:
        fix = "ip link set lo up multicast on && ip route add 224.0.0.0/4 dev lo"
        yield Check("multicast on loopback", "limited", "`camcensus demo` finds less", fix)
    if way := route(GROUP):
        yield Check("multicast by default", "ok", f"leaves by {way.interface}")
    else:
        fix = "name the interface with --interface, or: ip route add 224.0.0.0/4 dev INTERFACE"
        yield Check("multicast by default", "limited", "there is no route for it", fix)


def loopback_carries_multicast() -> bool:
    """Try it out, inside this machine."""
    own = next((each for each in interfaces() if each.loopback and each.addresses4), None)
    if own is None or not gate.permits("127.0.0.1"):
        return False
    try:
        with (
            listening_socket(own, "127.0.0.1", 0, 0, GROUP) as ear,
            asking_socket(own, "127.0.0.1", 0) as mouth,
        ):
            mouth.sendto(b"camcensus doctor", (GROUP, ear.getsockname()[1]))
            return bool(select.select([ear], [], [], 0.5)[0])
    except OSError:
        return False


def ports() -> Iterator[Check]:
    for port, missed in PORTS.items():
        if occupied.free(port):
            yield Check(f"UDP port {port}", "ok", "can be shared")
        else:
            who = ", ".join(occupied.holders(port)) or "another program"
            yield Check(f"UDP port {port}", "limited", f"held by {who}", f"close it, or miss {missed}")


def limits() -> Iterator[Check]:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    allowed = "unlimited" if hard == resource.RLIM_INFINITY else f"{hard:,}"
    enough = hard == resource.RLIM_INFINITY or hard >= SOCKETS_WANTED
    fix = "" if enough else f"raise it: ulimit -Hn {SOCKETS_WANTED} (as root)"
    yield Check("open files", "ok" if enough else "limited", f"{allowed} at once", fix)
    buffer = number(PROC_SYS / "core/rmem_max")
    if buffer is not None:
        enough = buffer >= BUFFER_WANTED
        fix = "" if enough else f"sysctl -w net.core.rmem_max={BUFFER_WANTED}"
        found = f"{buffer:,} bytes (net.core.rmem_max)"
        yield Check("receive buffer", "ok" if enough else "limited", found, fix)


def nmap() -> Iterator[Check]:
    program = shutil.which("nmap")
    if not program:
        yield Check("nmap", "missing", "only needed for --engine nmap", "apt install nmap")
    elif importlib.util.find_spec("nmap") is None:
        fix = "pip install 'camcensus[nmap]'"
        yield Check("nmap", "missing", "the program is there, the package python-nmap is not", fix)
    else:
        said = subprocess.run([program, "--version"], capture_output=True, text=True, check=False, timeout=10)
        version = re.search(r"version (\S+)", said.stdout)
        yield Check("nmap", "ok", f"{version[1] if version else 'unknown version'} at {program}")


def packets() -> Iterator[Check]:
    if importlib.util.find_spec("scapy"):
        yield Check("scapy", "ok", "captures can be read")
    else:
        fix = "pip install 'camcensus[packets]'"
        yield Check("scapy", "missing", "only needed for captures", fix)


def inventory() -> Iterator[Check]:
    from scanner.inventory import default_path

    path = default_path()
    nearest = next(each for each in (path, *path.absolute().parents) if os.access(each, os.F_OK))
    writable = os.access(nearest, os.W_OK) and (nearest == path or nearest.is_dir())
    fix = "" if writable else "choose another with --inventory or CAMCENSUS_INVENTORY"
    found = f"{path}{'' if writable else f': {nearest} cannot be written'}"
    yield Check("inventory", "ok" if writable else "missing", found, fix)


def fingerprints() -> Iterator[Check]:
    from scanner.identify import library

    try:
        known = library()
    except CamcensusError as error:
        yield Check("fingerprints", "missing", f"{error.what}: {error.why}", error.fix)
    except OSError as error:
        yield Check(
            "fingerprints", "missing", str(error), "make that folder readable, or set HOME to your own"
        )
    else:
        found = f"{len(known.fingerprints)}, with {len(known.makers)} makers and {len(known.brands)} brands"
        yield Check("fingerprints", "ok", found)


def number(path: Path) -> int | None:
    try:
        return int(path.read_text())
    except (OSError, ValueError):  # not every kernel and namespace shows every setting
        return None


CHECKS: tuple[Callable[[], Iterator[Check]], ...] = (
    fingerprints,
    inventory,
    networks,
    multicast,
    ports,
    privileges,
    limits,
    nmap,
    packets,
)
