"""The guard itself: no test, and no child of a test, can reach the real network."""

from __future__ import annotations

import os
import socket
import subprocess
import sys

import pytest

DOCUMENTATION_ADDRESS = "192.0.2.1"  # RFC 5737: nobody's
TRY_TO_SEND = (
    f"import socket; socket.socket(type=socket.SOCK_DGRAM).sendto(b'x', ('{DOCUMENTATION_ADDRESS}', 9))"
)


def test_this_process_cannot_send_off_loopback() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock, pytest.raises(OSError):
        sock.sendto(b"x", (DOCUMENTATION_ADDRESS, 9))


@pytest.mark.skipif(os.geteuid() != 0, reason="without root, children are kept in by CAMCENSUS_CONFINE alone")
def test_no_child_process_can_send_off_loopback() -> None:
    child = subprocess.run([sys.executable, "-c", TRY_TO_SEND], capture_output=True, text=True, check=False)
    assert child.returncode != 0 and "OSError" in child.stderr
