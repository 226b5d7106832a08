"""Two network namespaces joined by one cable: a scanner on one end, a whole /16 of devices on the other.

One listener per port answers for all of 10.77.0.0/16; a set at the ingress of the target's end holds the addresses that
are alive and drops the rest in silence. A device has four open ports and one closed. What arrives is counted there,
so that nobody's own figures need to be believed. Needs root; touches nothing outside the two namespaces.

    routed     the devices are behind a router, so nothing needs resolving
    on-link    the /16 is the scanner's own network, so each address must be resolved first
"""

from __future__ import annotations

import contextlib
import functools
import ipaddress
import itertools
import json
import os
import random
import subprocess
import sys
import textwrap
from collections.abc import Iterator, Sequence
from typing import Literal

NETWORK = ipaddress.IPv4Network("10.77.0.0/16")
PORTS = (80, 554, 8000, 37777, 443)
OPEN, CLOSED = PORTS[:4], 443
ROUTER, SCANNER, SCANNER_ON_LINK = "10.76.0.2", "10.76.0.1", "10.77.255.253"
COUNT = itertools.count()
CONFINED = "10.76.0.0/24,10.77.0.0/16"

# Broadcasts ten times a second keep awake a sniffer that only looks at its clock when a packet comes (masscan).
DEVICES = """
    import socket, time
    listening = [socket.create_server(("0.0.0.0", port), backlog=4096) for port in {ports}]
    chatter = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    chatter.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
    chatter.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b"t0")
    for sock in listening:
        sock.setblocking(False)
    print("ready", flush=True)
    while True:
        for sock in listening:
            for _ in range(100000):
                try:
                    sock.accept()[0].close()
                except BlockingIOError:
                    break
        chatter.sendto(b"", ("255.255.255.255", 9))
        time.sleep(0.1)
"""


@functools.cache
def alive(part: ipaddress.IPv4Network = NETWORK) -> tuple[str, ...]:
    """The addresses of a part of the /16 that have a device: 14 in the first /24, 90 in the first /20, 650 in all."""
    chance, living, taken = random.Random(77), list[ipaddress.IPv4Address](), NETWORK.network_address
    for prefix, devices in ((24, 14), (20, 90), (16, 650)):
        around = ipaddress.IPv4Network((NETWORK.network_address, prefix))
        free = [each for each in around.hosts() if each > taken and str(each) != SCANNER_ON_LINK]
        living += sorted(chance.sample(free, devices - len(living)))
        taken = around.broadcast_address
    return tuple(str(each) for each in living if each in part)


class Testbed:
    """The two namespaces, for as long as a `with` block of `testbed` lasts."""

    __test__ = False

    def __init__(self, shape: Literal["routed", "on-link"], devices: Sequence[str], loss: float) -> None:
        self.shape, self.devices, self.loss = shape, devices, loss
        number = next(COUNT)
        self.scanner, self.target = (f"ccd{os.getpid()}-{number}{end}" for end in "st")

    def build(self) -> None:
        for namespace in (self.scanner, self.target):
            ip("netns", "add", namespace)
            ip("-n", namespace, "link", "set", "lo", "up")
        ip("link", "add", "s0", "netns", self.scanner, "type", "veth", "peer", "t0", "netns", self.target)
        for namespace, interface in ((self.scanner, "s0"), (self.target, "t0")):
            self.run(["sysctl", "-qw", f"net.ipv6.conf.{interface}.disable_ipv6=1"], namespace=namespace)
            ip("-n", namespace, "link", "set", interface, "up")
        ip("-n", self.target, "address", "add", f"{ROUTER}/30", "dev", "t0")
        # In the main table, so that the more specific route to an on-link scanner beats it.
        ip("-n", self.target, "route", "add", "local", str(NETWORK), "dev", "lo", "table", "main")
        if self.shape == "routed":
            ip("-n", self.scanner, "address", "add", f"{SCANNER}/30", "dev", "s0")
            ip("-n", self.scanner, "route", "add", str(NETWORK), "via", ROUTER)
        else:
            ip("-n", self.scanner, "address", "add", f"{SCANNER_ON_LINK}/16", "dev", "s0")
            ip("-n", self.target, "route", "add", f"{SCANNER_ON_LINK}/32", "dev", "t0")
        self.run(["nft", "-f", "-"], namespace=self.target, text=self._rules())

    def _rules(self) -> str:
        kept = int((1 - self.loss) * 1000)
        lossy = f"numgen random mod 1000 >= {kept} drop" if self.loss else ""
        living = f"elements = {{ {', '.join(self.devices)} }}" if self.devices else ""
        return f"""
            table netdev bed {{
                counter probes {{ }}
                counter arps {{ }}
                set living {{ type ipv4_addr; {living} }}
                chain arriving {{
                    type filter hook ingress device t0 priority 0;
                    arp operation request counter name arps
                    tcp flags & (syn | ack) == syn counter name probes
                    {lossy}
                    ip daddr @living accept
                    arp daddr ip @living accept
                    ether type arp arp operation reply accept
                    ip daddr {ROUTER} accept
                    arp daddr ip {ROUTER} accept
                    drop
                }}
            }}
        """

    def count(self) -> dict[str, int]:
        """What has arrived since the last call: probes and ARP requests."""
        done = self.run(["nft", "-j", "reset", "counters"], namespace=self.target)
        counters = [each["counter"] for each in json.loads(done)["nftables"] if "counter" in each]
        return {each["name"]: each["packets"] for each in counters}

    def run(self, command: Sequence[str], *, namespace: str | None = None, text: str | None = None) -> str:
        """Run a command in a namespace, by default the scanner's, and return what it prints."""
        done = subprocess.run(
            self.inside(command, namespace),
            input=text,
            capture_output=True,
            text=True,
            check=False,
            timeout=900,
        )
        if done.returncode:
            raise RuntimeError(f"{' '.join(command)} failed: {done.stdout[-500:]}{done.stderr[-2000:]}")
        return done.stdout

    def inside(self, command: Sequence[str], namespace: str | None = None) -> list[str]:
        confined = f"CAMCENSUS_CONFINE={CONFINED}"
        return ["ip", "netns", "exec", namespace or self.scanner, "env", confined, *command]

    def forget(self) -> None:
        """Empty the scanner's neighbour table, as on the first day."""
        ip("-n", self.scanner, "neigh", "flush", "all")

    def remove(self) -> None:
        for namespace in (self.scanner, self.target):
            subprocess.run(["ip", "netns", "delete", namespace], check=False, capture_output=True)


@contextlib.contextmanager
def testbed(
    shape: Literal["routed", "on-link"], *, devices: Sequence[str] | None = None, loss: float = 0
) -> Iterator[Testbed]:
    """Build a testbed, let its devices listen, and take it away again."""
    bed = Testbed(shape, alive() if devices is None else devices, loss)
    script = textwrap.dedent(DEVICES).format(ports=OPEN)
    try:
        bed.build()
        command = bed.inside([sys.executable, "-c", script], bed.target)
        with subprocess.Popen(command, stdout=subprocess.PIPE) as listening:
            try:
                assert listening.stdout and listening.stdout.readline() == b"ready\n"
                bed.count()
                yield bed
            finally:
                listening.terminate()
    finally:
        bed.remove()


testbed.__test__ = False  # type: ignore[attr-defined]


def ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True)
