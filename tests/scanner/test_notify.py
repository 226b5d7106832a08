"""Changes are told once: to a real command, and to a real server on loopback."""

from __future__ import annotations

import asyncio
import json
import os
import shlex
import socket
import sqlite3
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from scanner import notify
from scanner.cli import camcensus
from scanner.cli.scan import After, _alarming
from scanner.diff import by_run
from scanner.errors import CamcensusError
from scanner.net import webhook
from tests.scanner.weeks import Unit, Weeks, camera

KEEPER = """
import pathlib, sys
kept = pathlib.Path(sys.argv[1])
kept.open("a").write(sys.stdin.read() + "\\n")
"""


class Receiver:
    """A webhook's server: what was posted to it, and how it answers."""

    def __init__(self) -> None:
        self.got: list[tuple[str, dict[str, Any]]] = []
        self.status, self.headers, self.drip = 200, dict[str, str](), False
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.got.append((self.path, json.loads(body)))
                if receiver.drip:
                    receiver.trickle(self.connection)
                    return
                self.send_response(receiver.status)
                for name, value in receiver.headers.items():
                    self.send_header(name, value)
                self.end_headers()

            do_GET = do_POST

            def log_message(self, *_: object) -> None: ...

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook?token=secret"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @staticmethod
    def trickle(connection: socket.socket) -> None:
        """An answer that never ends, a byte at a time."""
        try:
            for _ in range(200):
                connection.sendall(b"H")
                time.sleep(0.05)
        except OSError:
            pass

    @property
    def kinds(self) -> list[str]:
        return [change["kind"] for _, change in self.got]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    yield made
    made.server.shutdown()
    made.server.server_close()


@pytest.fixture
def weeks(tmp_path: Path) -> Iterator[Weeks]:
    with Weeks(tmp_path / "inventory.db") as made:
        yield made


def tell(weeks: Weeks, run: str, to: str) -> list[notify.Failure]:
    events = by_run(weeks.inventory, run, weeks.again()).events()
    chosen = notify.worth_telling(events, weeks.inventory.device)
    return notify.tell(weeks.inventory, notify.destination(to), chosen)


def test_a_webhook_gets_each_change_once(weeks: Weeks, receiver: Receiver) -> None:
    unit = camera(1, firmware="V5.5.0", model="DS-2CD2042")
    weeks.run(unit)
    now = unit.at("10.1.0.9").saying(firmware="V5.7.0")
    run = weeks.run(now, camera(2))
    assert tell(weeks, run, receiver.url) == []
    assert sorted(receiver.kinds) == ["firmware", "moved", "new"]
    (path, moved), *_ = [one for one in receiver.got if one[1]["kind"] == "moved"]
    assert path == "/hook?token=secret"
    assert (moved["before"]["address"], moved["after"]["address"]) == ("10.1.0.1", "10.1.0.9")
    assert (moved["device"], moved["run"], moved["covered"]) == (weeks.device(unit), run, ["us-ndaa-889"])
    assert moved["at"].startswith("2026-03-15T09:00") and moved["model"] == "DS-2CD2042"
    assert tell(weeks, run, receiver.url) == []  # a run that was resumed ends twice
    assert tell(weeks, weeks.run(now, camera(2)), receiver.url) == []
    assert len(receiver.got) == 3


def test_an_address_that_goes_to_and_fro_is_told_once_in_a_week(weeks: Weeks, receiver: Receiver) -> None:
    weeks.run(camera(1))
    for night in range(6):
        weeks.now -= notify.WINDOW  # each run begins a week after the one before: make that a few hours
        weeks.now += notify.WINDOW / 8
        tell(weeks, weeks.run(camera(1, f"10.1.0.{9 - night % 2}")), receiver.url)
    assert receiver.kinds == ["moved"]
    weeks.now += notify.WINDOW
    tell(weeks, weeks.run(camera(1, "10.1.0.77")), receiver.url)
    assert receiver.kinds == ["moved", "moved"]


@pytest.mark.parametrize(("status", "headers"), [(500, {}), (404, {}), (302, {"Location": "/elsewhere"})])
def test_what_a_webhook_turns_down_is_told_by_the_next_run(
    weeks: Weeks, receiver: Receiver, status: int, headers: dict[str, str]
) -> None:
    weeks.run()
    receiver.status, receiver.headers = status, headers
    (failure,) = tell(weeks, weeks.run(camera(1)), receiver.url)
    assert (failure.device, failure.kind) == (weeks.device(camera(1)), "new")
    assert f"HTTP status {status}" in failure.why and "secret" not in failure.why
    assert len(receiver.got) == 1  # no redirect is followed
    receiver.status, receiver.headers = 204, {}
    assert tell(weeks, weeks.run(camera(1)), receiver.url) == []
    assert receiver.kinds == ["new", "new"]


def test_a_server_that_never_ends_its_answer_is_left_in_time(
    weeks: Weeks, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notify, "SECONDS", 0.5)
    receiver.drip = True
    weeks.run()
    started = time.monotonic()
    (failure,) = tell(weeks, weeks.run(camera(1)), receiver.url)
    assert time.monotonic() - started < 4 and "127.0.0.1" in failure.why


def test_a_destination_that_keeps_failing_is_left_alone_until_the_next_run(
    weeks: Weeks, receiver: Receiver
) -> None:
    weeks.run()
    receiver.status = 503
    failures = tell(weeks, weeks.run(*(camera(n) for n in range(1, 11))), receiver.url)
    assert len(receiver.got) == notify.FAILURES
    assert len(failures) == notify.FAILURES + 1
    assert sum(1 + failure.waiting for failure in failures) == 10
    receiver.status = 200
    assert tell(weeks, weeks.run(*(camera(n) for n in range(1, 11))), receiver.url) == []
    assert len({change["device"] for _, change in receiver.got[notify.FAILURES :]}) == 10


def test_nothing_is_posted_outside_the_confinement(weeks: Weeks, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CAMCENSUS_CONFINE", "10.1.0.0/24")
    weeks.run()
    (failure,) = tell(weeks, weeks.run(camera(1)), "http://127.0.0.1:9/")
    assert "CAMCENSUS_CONFINE" in failure.why


def keeper(tmp_path: Path) -> tuple[str, Path]:
    script, kept = tmp_path / "keep.py", tmp_path / "kept; touch hacked"
    script.write_text(KEEPER)
    return shlex.join([sys.executable, str(script), str(kept)]), kept


def test_a_command_gets_the_change_on_its_standard_input_and_no_shell_sees_it(
    weeks: Weeks, tmp_path: Path
) -> None:
    command, kept = keeper(tmp_path)
    weeks.run()
    assert tell(weeks, weeks.run(camera(1, model="$(touch hacked)")), command) == []
    (change,) = map(json.loads, kept.read_text().splitlines())
    assert (change["kind"], change["model"]) == ("new", "$(touch hacked)")
    assert not (Path.cwd() / "hacked").exists() and not (tmp_path / "hacked").exists()


def test_a_command_that_fails_or_hangs_is_reported_and_ended(
    weeks: Weeks, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notify, "SECONDS", 1.0)
    weeks.run()
    (failure,) = tell(weeks, weeks.run(camera(1)), "sh -c 'exit 7'")
    assert failure.why == "sh ended with exit status 7"
    pid = tmp_path / "pid"
    (failure,) = tell(weeks, weeks.run(camera(1), camera(2)), f"sh -c 'sleep 60 & echo $! > {pid}; wait'")
    assert failure.why == "sh took longer than 1 s"
    child = int(pid.read_text())
    for _ in range(50):
        if not alive(child):
            break
        time.sleep(0.05)
    assert not alive(child)


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_two_destinations_are_told_each_for_itself(weeks: Weeks, receiver: Receiver, tmp_path: Path) -> None:
    command, kept = keeper(tmp_path)
    weeks.run()
    run = weeks.run(camera(1))
    tell(weeks, run, receiver.url)
    tell(weeks, run, command)
    assert receiver.kinds == ["new"] and len(kept.read_text().splitlines()) == 1


def test_where_nobody_had_looked_only_what_a_policy_names_is_told(weeks: Weeks, receiver: Receiver) -> None:
    printer = Unit("p1", "10.1.0.200", {"maker": "other", "maker_name": "HP", "confidence": "confirmed"})
    tell(weeks, weeks.run(camera(1), printer), receiver.url)
    assert [(change["kind"], change["device"]) for _, change in receiver.got] == [
        ("first-looked-at", weeks.device(camera(1)))
    ]


def test_what_nobody_looked_at_is_not_told_as_a_change(weeks: Weeks, receiver: Receiver) -> None:
    weeks.run(camera(1))
    tell(weeks, weeks.run(targets=["10.2.0.0/24"]), receiver.url)
    assert receiver.got == []


def test_the_inventory_holds_no_secret_of_a_webhook(weeks: Weeks, receiver: Receiver, tmp_path: Path) -> None:
    weeks.run()
    tell(weeks, weeks.run(camera(1)), receiver.url)
    with sqlite3.connect(tmp_path / "inventory.db") as db:
        assert "secret" not in "\n".join(db.iterdump())


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("ftp://example.org/x", "http"),
        ("http://", "http"),
        ("https://anna:pw@example.org/", "password"),
        ("http://exa mple.org/", "signs"),
        ("http://example.org/\r\nX: y", "signs"),
        ("http://example.org:99999/", "http"),
        ("/no/such/program --now", "no such program"),
        ("", "empty"),
        ("sh -c 'unclosed", "quotes"),
    ],
)
def test_a_destination_that_cannot_be_is_named_before_anything_is_scanned(
    text: str, why: str, tmp_path: Path
) -> None:
    with pytest.raises(CamcensusError) as raised:
        notify.destination(text)
    assert why in raised.value.why and "pw" not in str(raised.value)
    if text:
        scanned = CliRunner().invoke(camcensus, ["scan", "127.0.0.1", "--notify", text])
        assert isinstance(scanned.exception, CamcensusError)


def test_a_url_is_shown_without_its_secret() -> None:
    assert webhook.shown("https://u:p@hooks.example.org:8443/T0/B1?x=y") == "https://hooks.example.org:8443/…"


# What --fail-on names


def test_a_covered_unit_is_new_when_no_earlier_run_knew_it_as_such(weeks: Weeks) -> None:
    first = weeks.run(camera(1))
    second = weeks.run(camera(1).at("10.1.0.8"), camera(2), Unit("p1", "10.1.0.200", {"maker": "other"}))
    assert [one.id for one in notify.new_covered(weeks.inventory, first, "probable")] == [
        weeks.device(camera(1))
    ]
    assert [one.id for one in notify.new_covered(weeks.inventory, second, "probable")] == [
        weeks.device(camera(2))
    ]
    assert notify.new_covered(weeks.inventory, weeks.run(camera(1), camera(2)), "probable") == []


def test_a_lead_alarms_when_asked_for_and_again_when_it_is_sure(weeks: Weeks) -> None:
    weeks.run()
    lead = weeks.run(camera(1, confidence="possible"))
    assert notify.new_covered(weeks.inventory, lead, "probable") == []
    assert len(notify.new_covered(weeks.inventory, lead, "possible")) == 1
    sure = weeks.run(camera(1, confidence="confirmed"))
    assert len(notify.new_covered(weeks.inventory, sure, "probable")) == 1
    assert notify.new_covered(weeks.inventory, sure, "possible") == []


@pytest.mark.parametrize(
    ("fail_on", "fail_from", "alarming"),
    [
        (None, "possible", False),
        ("covered", "probable", True),
        ("covered", "confirmed", False),
        ("new-covered", "possible", False),
    ],
)
def test_fail_on_says_which_devices_it_found(
    weeks: Weeks, capsys: pytest.CaptureFixture[str], fail_on: str, fail_from: Any, alarming: bool
) -> None:
    weeks.run(camera(1))
    run = weeks.run(camera(1))
    found = weeks.inventory.devices(run=run)
    assert _alarming(weeks.inventory, run, found, After(fail_on, fail_from, None)) is alarming
    assert ("10.1.0.1" in capsys.readouterr().err) is alarming


def test_a_scan_from_end_to_end_alarms_once_and_tells_once(tmp_path: Path, receiver: Receiver) -> None:
    """The simulated building's first camera, scanned twice."""
    from scanner.lab.building import Building

    building = Building.loopback()
    (address, *_) = [one.address for one in building.truth().values() if one.maker == "hikvision"]
    words = [
        "scan", address, "--profile", "fast", "--inventory", str(tmp_path / "scan.db"), "--fail-on", "new-covered",
        "--notify", receiver.url,
    ]  # fmt: skip

    async def twice() -> list[tuple[int, str]]:
        ends = []
        async with building:
            for _ in range(2):
                scan = await asyncio.create_subprocess_exec(
                    sys.executable, "-m", "scanner.cli", *words, env=os.environ | {"COLUMNS": "80"},
                    stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE,
                )  # fmt: skip
                _, err = await asyncio.wait_for(scan.communicate(), 120)
                ends.append((scan.returncode or 0, err.decode()))
        return ends

    (first, said), (second, _) = asyncio.run(twice())
    assert first == 1 and f"--fail-on new-covered asks: {address}" in said
    assert second == 0
    told = [(change["kind"], change["device"]) for _, change in receiver.got]
    assert len(set(told)) == len(told) and {kind for kind, _ in told} == {"first-looked-at"}
    assert address in {change["address"] for _, change in receiver.got}
    with sqlite3.connect(tmp_path / "scan.db") as db:
        assert "secret" not in "\n".join(db.iterdump())
