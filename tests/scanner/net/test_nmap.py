"""The real nmap, driven through python-nmap, says the same as the other engines."""

from __future__ import annotations

import os
import shutil
import sys
import threading
from pathlib import Path

import pytest

from scanner.errors import CamcensusError
from scanner.net.pacing import Pace
from scanner.net.sweep import Answer, choose
from scanner.net.sweep.nmap import Nmap, networks, read, slices
from scanner.net.sweep.plan import number
from scanner.net.sweep.tally import Tally
from tests.scanner.net.test_sweep import CAMERAS, CLOSED, NETWORK, OPEN, PORTS, listening, open_ports

needs_nmap = pytest.mark.skipif(shutil.which("nmap") is None, reason="nmap is not installed")


@needs_nmap
def test_nmap_finds_what_the_others_find() -> None:
    heard: list[Answer] = []
    span = (number(CAMERAS[0]), number(CAMERAS[1]))
    with listening(CAMERAS[:2]):
        swept = choose("nmap").sweep(
            [span], PORTS, pace=Pace(1_000, 500), heard=heard.append, stop=threading.Event()
        )
    assert open_ports(heard) == {(camera, port) for camera in CAMERAS[:2] for port in OPEN}
    assert {each.port for each in heard if each.outcome == "refused"} == {*OPEN, CLOSED}
    assert swept.finished and swept.next_index == 4 * 3


@needs_nmap
def test_an_excluded_address_is_never_asked() -> None:
    heard: list[Answer] = []
    with listening(CAMERAS[:2]) as met:
        Nmap(exclude=[CAMERAS[0]]).sweep(
            [(number(CAMERAS[0]), number(CAMERAS[1]))],
            OPEN,
            pace=Pace(1_000, 500),
            heard=heard.append,
            stop=threading.Event(),
        )
    assert {each.address for each in heard} == {"127.77.9.3", "127.77.9.4", CAMERAS[1]}
    assert CAMERAS[0] not in {address for _, address, _ in met}


@needs_nmap
def test_a_stop_between_two_slices_says_where_to_go_on() -> None:
    stop, reached = threading.Event(), list[int]()

    def progress(index: int) -> None:
        reached.append(index)
        stop.set()

    pace = Pace(0.1, 10)  # so slow that a slice is a single address
    swept = Nmap().sweep([NETWORK], [CLOSED], pace=pace, heard=print, stop=stop, progress=progress)
    assert not swept.finished and swept.next_index == 1 == reached[0]


@needs_nmap
def test_nmap_keeps_to_the_pace_and_resolves_no_names() -> None:
    arguments = Nmap(exclude=["10.0.0.1", "10.0.0.8/30"]).arguments(Pace(250, 20))
    assert {"-n", "-Pn", "--max-rate=250", "--scan-delay=50ms"} <= set(arguments)
    assert "--exclude=10.0.0.1,10.0.0.8/30" in arguments
    assert arguments[0] == ("-sS" if os.geteuid() == 0 else "-sT")


def test_a_missing_package_is_named_with_its_fix(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "nmap", None)
    with pytest.raises(CamcensusError) as caught:
        choose("nmap")
    assert "python-nmap" in caught.value.why and "camcensus[nmap]" in caught.value.fix


def test_a_missing_nmap_is_named_with_its_fix(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("nmap.PortScanner.__init__.__defaults__", ((str(tmp_path / "nmap"),),))
    with pytest.raises(CamcensusError) as caught:
        choose("nmap")
    assert "nmap" in caught.value.why and "--engine connect" in caught.value.fix


def test_ranges_are_written_as_nmap_reads_them() -> None:
    assert networks([(number("10.0.0.1"), number("10.0.0.4"))]) == [
        "10.0.0.1/32",
        "10.0.0.2/31",
        "10.0.0.4/32",
    ]


def test_slices_go_on_in_the_middle() -> None:
    spans = [(10, 14), (20, 24)]
    assert list(slices(spans, 4, 0)) == [(0, [(10, 13)]), (4, [(14, 14), (20, 22)]), (8, [(23, 24)])]
    assert list(slices(spans, 4, 7)) == [(7, [(22, 24)])]


def test_a_filtered_port_proves_nobody_and_a_mac_address_does() -> None:
    heard: list[Answer] = []
    seen = {
        "addresses": {"ipv4": "10.0.0.1", "mac": "44:19:B6:00:00:01"},
        "tcp": {80: {"state": "open"}, 81: {"state": "filtered"}, 82: {"state": "closed"}},
    }
    read("10.0.0.1", seen, Tally(heard.append))
    assert [(each.port, each.outcome, each.mac) for each in heard] == [
        (0, "answered", "44:19:b6:00:00:01"),
        (80, "answered", "44:19:b6:00:00:01"),
        (82, "refused", "44:19:b6:00:00:01"),
    ]
