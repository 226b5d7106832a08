"""What the kernel says about interfaces, networks and ways."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator

import pytest

from scanner.net import netlink
from scanner.net.interfaces import Interface, interfaces, local_networks, route

OFFICE = Interface("eth0", 2, "4c:bd:8f:00:00:01", ("10.20.0.5/22", "fe80::1/64"))

DESCRIBE = """
import json
from scanner.net.interfaces import *
print(json.dumps({
    "interfaces": {each.name: [each.mac, each.addresses, each.multicast] for each in interfaces()},
    "local": [(name, str(network)) for name, network in local_networks(interfaces())],
    "near": [route("10.99.0.7").interface, route("10.99.0.7").routed],
    "far": [route("10.98.0.7").interface, route("10.98.0.7").gateway, route("10.98.0.7").source],
    "nowhere": route("192.0.2.1"),
}))
"""


@pytest.fixture
def branch_office() -> Iterator[str]:
    """A namespace with one network card at 10.99.0.5/24 and a router to 10.98.0.0/16."""
    name = f"ccd{os.getpid()}"
    at_home = ["ip", "-n", name]
    subprocess.run(["ip", "netns", "add", name], check=True)
    try:
        for command in (
            "link add office0 address 02:00:00:00:00:05 type veth peer name far0",
            "link set office0 up",
            "link set far0 up",
            "address add 10.99.0.5/24 dev office0",
            "route add 10.98.0.0/16 via 10.99.0.1",
        ):
            subprocess.run([*at_home, *command.split()], check=True)
        yield name
    finally:
        subprocess.run(["ip", "netns", "delete", name], check=True)


def test_loopback_is_seen_with_its_address() -> None:
    (loopback,) = (each for each in interfaces() if each.loopback)
    assert loopback.name == "lo" and loopback.up and "127.0.0.1/8" in loopback.addresses
    assert loopback.mac is None


def test_loopback_is_no_network_to_scan() -> None:
    assert local_networks(each for each in interfaces() if each.loopback) == ()


def test_only_private_networks_of_interfaces_that_are_up_are_local() -> None:
    public = Interface("wan0", 3, None, ("198.51.100.7/24",))
    unplugged = Interface("eth1", 4, None, ("192.168.9.1/24",), up=False)
    [(name, network)] = local_networks([OFFICE, public, unplugged])
    assert (name, str(network)) == ("eth0", "10.20.0.0/22")


def test_an_interface_knows_which_addresses_are_on_its_link() -> None:
    assert OFFICE.holds("10.20.3.254") and OFFICE.holds("fe80::9%eth0")
    assert not OFFICE.holds("192.168.1.64")


def test_the_way_to_ourselves_is_loopback_and_not_routed() -> None:
    way = route("127.0.0.5")
    assert way is not None and way.interface == "lo" and not way.routed


def test_a_cut_netlink_answer_is_read_as_far_as_it_goes() -> None:
    whole = netlink.HEADER.pack(24, 16, 0, 1, 0) + netlink.ATTRIBUTE.pack(8, 3) + b"lo\0\0"
    for length in range(len(whole) + 1):
        for _, payload in netlink.messages(whole[:length]):
            list(netlink.unpacked(payload, 0))
    assert list(netlink.messages(b"\0" * 64)) == []  # a length of zero must not loop for ever


@pytest.mark.namespaces
def test_networks_routers_and_dead_ends_are_told_apart(branch_office: str) -> None:
    command = ["ip", "netns", "exec", branch_office, sys.executable, "-c", DESCRIBE]
    seen = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    mac, addresses, multicast = seen["interfaces"]["office0"]
    assert mac == "02:00:00:00:00:05" and "10.99.0.5/24" in addresses and multicast
    assert seen["local"] == [["office0", "10.99.0.0/24"]]
    assert seen["near"] == ["office0", False]
    assert seen["far"] == ["office0", "10.99.0.1", "10.99.0.5"]
    assert seen["nowhere"] is None
