"""The neighbour table, by netlink and by its fallback."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator

import pytest

from scanner.net.neighbours import arp_rows, neighbours

ARP_TABLE = """\
IP address       HW type     Flags       HW address            Mask     Device
10.20.0.1        0x1         0x2         4C:BD:8F:12:34:56     *        eth0
10.20.0.9        0x1         0x0         00:00:00:00:00:00     *        eth0
"""


@pytest.fixture
def street() -> Iterator[str]:
    """A namespace whose kernel knows one neighbour by IPv4, one by IPv6, and one that never answered."""
    name = f"ccn{os.getpid()}"
    subprocess.run(["ip", "netns", "add", name], check=True)
    try:
        for command in (
            "link add house0 type veth peer name far0",
            "link set house0 up",
            "link set far0 up",
            "neighbour add 10.99.0.64 lladdr 4c:bd:8f:00:00:64 dev house0",
            "neighbour add fe80::64 lladdr 3c:ef:8c:00:00:64 dev house0",
            "neighbour add 10.99.0.65 nud failed dev house0",
        ):
            subprocess.run(["ip", "-n", name, *command.split()], check=True)
        yield name
    finally:
        subprocess.run(["ip", "netns", "delete", name], check=True)


@pytest.mark.namespaces
def test_the_kernel_tells_who_lives_where_without_privileges(street: str) -> None:
    ask = "from scanner.net.neighbours import macs; print(sorted(macs().items()))"
    without_privileges = ["setpriv", "--bounding-set", "-all", "--inh-caps", "-all", "--reuid", "65534"]
    command = ["ip", "netns", "exec", street, *without_privileges, sys.executable, "-c", ask]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    assert said.strip() == "[('10.99.0.64', '4c:bd:8f:00:00:64'), ('fe80::64', '3c:ef:8c:00:00:64')]"


def test_loopback_has_no_neighbours() -> None:
    assert not [each for each in neighbours() if each.address.startswith("127.")]


def test_proc_net_arp_is_read_where_netlink_is_closed() -> None:
    answered, silent = arp_rows(ARP_TABLE)
    assert (answered.address, answered.mac, answered.state) == ("10.20.0.1", "4c:bd:8f:12:34:56", "stale")
    assert silent.mac is None and silent.state == "incomplete"
