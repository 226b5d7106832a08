"""Devices are identified again on several cores as on one: the same, in the same order, with errors passed on."""

from __future__ import annotations

import os
import pickle
from collections.abc import Iterator

import pytest

from fingerprints import Library
from scanner import reidentify
from scanner.errors import CamcensusError
from scanner.inventory import Said
from scanner.model import Identification, Observation
from scanner.reidentify import AHEAD, AT_ONCE, identify_again, identify_all_again

KNOWN = Library.load()


def said(number: int) -> Said:
    server = ("App-webs/", "nginx", "Dahua Rtsp Server")[number % 3]
    payload = f"HTTP/1.1 200 OK\r\nServer: {server}\r\n\r\n".encode()
    reply = Observation(protocol="http", payload=payload, address=f"10.0.0.{number}")
    return Said(f"device-{number}", Identification(subject=str(number)), (), True, None, ((number, reply),))


@pytest.fixture
def two_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reidentify, "ALONE", 10)
    monkeypatch.setattr(reidentify, "cores", lambda: 2)


@pytest.mark.usefixtures("two_cores")
def test_several_processes_say_what_one_says_in_the_same_order() -> None:
    many = [said(number) for number in range(3 * AT_ONCE + 7)]
    assert list(identify_all_again(many, KNOWN)) == [(one, identify_again(one, KNOWN)) for one in many]


@pytest.mark.usefixtures("two_cores")
def test_only_a_few_pieces_are_read_ahead() -> None:
    read = 0

    def endless() -> Iterator[Said]:
        nonlocal read
        while True:
            read += 1
            yield said(read)

    found = identify_all_again(endless(), KNOWN)
    assert next(found)[0] == said(1)
    assert read == 2 * AHEAD * AT_ONCE
    found.close()


@pytest.mark.usefixtures("two_cores")
def test_what_fails_in_another_process_fails_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reidentify, "_identify", fail)
    with pytest.raises(ArithmeticError, match="no verdict"):
        list(identify_all_again(map(said, range(20)), KNOWN))


@pytest.mark.usefixtures("two_cores")
def test_a_process_that_dies_is_an_error_that_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reidentify, "_identify", die)
    with pytest.raises(CamcensusError, match="ended before its time"):
        list(identify_all_again(map(said, range(20)), KNOWN))


@pytest.mark.parametrize(("cores", "count"), [(1, 40), (8, 5)])
def test_on_one_core_and_for_few_devices_no_process_is_started(
    monkeypatch: pytest.MonkeyPatch, cores: int, count: int
) -> None:
    monkeypatch.setattr(reidentify, "ALONE", 10)
    monkeypatch.setattr(reidentify, "cores", lambda: cores)
    monkeypatch.setattr(reidentify, "ProcessPoolExecutor", None)
    assert len(list(identify_all_again(map(said, range(count)), KNOWN))) == count


def test_a_library_goes_to_another_process_whole() -> None:
    again = pickle.loads(pickle.dumps(KNOWN))
    one = said(0)
    assert again.version == KNOWN.version and identify_again(one, again) == identify_again(one, KNOWN)
    assert identify_again(one, KNOWN).identification.maker == "hikvision"


def fail(_some: bytes) -> None:
    raise ArithmeticError("no verdict")


def die(_some: bytes) -> None:
    os._exit(3)
