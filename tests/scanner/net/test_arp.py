"""The roll call of a link: everybody who is there, two devices at one address included."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.benchmarks.testbed import Testbed, alive, testbed
from tests.scanner.net.test_half_open import SMALL, SMALLEST, WITHOUT_PRIVILEGE

pytestmark = [pytest.mark.namespaces, pytest.mark.paced]

FACTORY = "10.77.0.64"  # the address that two new cameras share
TWINS = """
    import socket, struct
    sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
    sock.bind(("t0", 0x0003))  # every protocol: the others come only after the testbed has dropped the frame
    print("ready", flush=True)
    while True:
        asked = sock.recv(100)
        if asked[12:14] + asked[20:22] == b"\\x08\\x06\\0\\1" and asked[38:42] == socket.inet_aton("{address}"):
            for last in (1, 2):
                mac = b"\\x44\\x19\\xb6\\0\\0" + bytes([last])
                body = struct.pack("!HHBBH", 1, 0x800, 6, 4, 2) + mac + asked[38:42] + asked[22:32]
                sock.send(asked[6:12] + mac + b"\\x08\\x06" + body)
"""


@pytest.fixture(scope="module")
def link() -> Iterator[Testbed]:
    with testbed("on-link") as bed:
        yield bed


@contextlib.contextmanager
def twins(bed: Testbed) -> Iterator[None]:
    """Two devices that both answer for one address."""
    script = textwrap.dedent(TWINS).format(address=FACTORY)
    with subprocess.Popen(
        bed.inside([sys.executable, "-c", script], bed.target), stdout=subprocess.PIPE
    ) as process:
        try:
            assert process.stdout and process.stdout.readline() == b"ready\n"
            yield
        finally:
            process.terminate()


def call(bed: Testbed, *arguments: object, before: tuple[str, ...] = ()) -> Any:
    bed.forget()
    bed.count()
    command = [sys.executable, "-m", "tests.benchmarks.run_engine", "arp", *map(str, arguments)]
    return json.loads(bed.run([*before, *command])) | {"arrived": bed.count()}


def test_everybody_on_a_large_link_is_heard_and_nobody_else(link: Testbed) -> None:
    done = call(link, SMALL, "--rate", 10_000)
    assert sorted(address for address, _ in done["neighbours"]) == sorted(alive(SMALL))
    assert len({mac for _, mac in done["neighbours"]}) == 1, "all devices of the testbed share one cable"


def test_who_answered_is_not_asked_again(link: Testbed) -> None:
    done = call(link, SMALL, "--rate", 2_000)
    asked = done["arrived"]["arps"]
    assert asked == done["sent"]["arp"] == done["swept"]["probes"] == 4096 + 4096 - 90


def test_the_gentle_pace_is_five_hundred_a_second(link: Testbed) -> None:
    begun = time.monotonic()
    done = call(link, SMALLEST, "--rate", 250)
    assert done["arrived"]["arps"] == 256 + 256 - 14
    assert (256 + 256 - 14) / 500 + 0.25 <= time.monotonic() - begun < 2.5


def test_two_devices_at_one_address_are_both_told(link: Testbed) -> None:
    with twins(link):
        done = call(link, SMALLEST, "--rate", 2_000)
    shared = sorted(mac for address, mac in done["neighbours"] if address == FACTORY)
    assert shared == ["44:19:b6:00:00:01", "44:19:b6:00:00:02"]


def test_a_roll_call_stops_when_told(link: Testbed) -> None:
    done = call(link, SMALL, "--rate", 250, "--stop-after", 0.5)
    assert not done["swept"]["finished"] and 150 < done["arrived"]["arps"] <= 260


def test_without_privilege_it_says_what_is_missing(link: Testbed) -> None:
    with pytest.raises(RuntimeError, match="CAP_NET_RAW"):
        call(link, SMALLEST, before=WITHOUT_PRIVILEGE)


def test_an_interface_without_ethernet_is_refused(link: Testbed) -> None:
    with pytest.raises(RuntimeError, match="ARP cannot be used on interface lo"):
        call(link, SMALLEST, "--interface", "lo")
