"""What the doctor says of this machine, and that it says it without a packet to any network."""

from __future__ import annotations

import json
import os
import socket
import stat
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from scanner import doctor as checks
from scanner.cli import camcensus
from scanner.doctor import Check
from scanner.net import occupied
from scanner.net.interfaces import Interface


def by_subject(found: Iterable[Check]) -> dict[str, Check]:
    return {check.subject: check for check in found}


def test_every_check_has_a_state_and_every_lack_a_way_out() -> None:
    for check in checks.examine():
        assert check.found and check.state in ("ok", "limited", "missing")
        assert (check.state == "ok") == (check.fix == ""), check


def test_the_command_prints_the_same_as_text_and_as_json() -> None:
    as_json = CliRunner().invoke(camcensus, ["doctor", "--json"])
    as_text = CliRunner().invoke(camcensus, ["doctor"])
    assert as_json.exit_code == as_text.exit_code == 0, as_json.output
    listed = json.loads(as_json.output)
    assert all(each["subject"] in as_text.output and each["state"] in as_text.output for each in listed)
    assert {"fingerprints", "inventory", "privileges", "UDP port 37020"} <= {
        each["subject"] for each in listed
    }


def test_a_program_that_holds_the_port_of_sadp_is_named() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as selfish:
        selfish.bind(("127.0.0.1", 37020))
        check = by_subject(checks.ports())["UDP port 37020"]
        assert check.state == "limited" and f"process {os.getpid()}" in check.found
        assert "foreign address" in check.fix
    assert by_subject(checks.ports())["UDP port 37020"].state == "ok"


def test_a_port_that_is_shared_is_no_obstacle() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as neighbour:
        neighbour.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        neighbour.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        neighbour.bind(("", 37020))
        assert occupied.free(37020) and occupied.holders(37020)


def test_a_place_that_cannot_be_written_is_missing(own_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (own_home / "file").touch()
    monkeypatch.setenv("CAMCENSUS_INVENTORY", str(own_home / "file" / "inventory.db"))
    [check] = checks.inventory()
    assert check.state == "missing" and "cannot be written" in check.found


def test_a_broken_fingerprint_file_is_told_with_its_line(own_home: Path) -> None:
    from scanner.identify import user_folder

    user_folder().mkdir(parents=True)
    (user_folder() / "mine.toml").write_text("[[fingerprint]]\nid = 7\n")
    [check] = checks.fingerprints()
    assert check.state == "missing" and "mine.toml" in check.found and check.fix


def test_loopback_multicast_is_tried_out() -> None:
    assert checks.loopback_carries_multicast()
    assert by_subject(checks.multicast())["multicast on loopback"].state == "ok"


def test_an_interface_without_multicast_is_limited_and_told_how_to_get_it() -> None:
    check = checks.interface_check(Interface("tun0", 9, addresses=("127.0.0.9/8",), multicast=False))
    assert check.state == "limited" and "multicast on" in check.fix


def test_without_nmap_the_way_to_get_it_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    [check] = checks.nmap()
    assert check.state == "missing" and "apt install nmap" in check.fix
    program = tmp_path / "nmap"
    program.write_text("#!/bin/sh\necho Nmap version 7.93 '( https://nmap.org )'\n")
    program.chmod(stat.S_IRWXU)
    [check] = checks.nmap()
    assert check.state == "ok" and "7.93" in check.found


@pytest.fixture
def office() -> Iterator[str]:
    """A namespace with one network card, strict about return paths and without a way to factory addresses."""
    name = f"cco{os.getpid()}"
    subprocess.run(["ip", "netns", "add", name], check=True)
    try:
        for command in (
            "link add office0 type veth peer name far0",
            "link set office0 up",
            "link set far0 up",
            "address add 10.99.0.5/24 dev office0",
        ):
            subprocess.run(["ip", "-n", name, *command.split()], check=True)
        strict = "net.ipv4.conf.office0.rp_filter=1"
        subprocess.run(["ip", "netns", "exec", name, "sysctl", "-qw", strict], check=True)
        yield name
    finally:
        subprocess.run(["ip", "netns", "delete", name], check=True)


@pytest.mark.namespaces
def test_a_kernel_that_drops_factory_addresses_is_told_and_the_fix_works(office: str) -> None:
    def examined() -> list[dict[str, str]]:
        start = "from scanner.cli import main; main()"
        ask = ["ip", "netns", "exec", office, sys.executable, "-c", start, "doctor", "--json"]
        environment = os.environ | {"CAMCENSUS_CONFINE": "10.99.0.0/24"}
        said = subprocess.run(ask, check=True, capture_output=True, text=True, env=environment).stdout
        return [each for each in json.loads(said) if each["subject"] == "interface office0"]

    usable, deaf = examined()
    assert usable["state"] == "ok" and "10.99.0.5/24" in usable["found"]
    assert deaf["state"] == "limited" and "rp_filter = 1" in deaf["found"]
    fix = deaf["fix"].rpartition(": ")[2].split()
    subprocess.run([fix[0], "-n", office, *fix[1:]], check=True)
    assert [each["state"] for each in examined()] == ["ok"]
