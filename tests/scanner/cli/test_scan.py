"""`camcensus scan` as a user types it: wrong input, dry runs, and what comes out."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from scanner.cli import camcensus, show_error
from scanner.errors import CamcensusError
from scanner.inventory import open_inventory


def scan(*arguments: str) -> Result:
    return CliRunner().invoke(camcensus, ["scan", *arguments], prog_name="camcensus")


@pytest.mark.parametrize(
    ("arguments", "what", "fix"),
    [
        (["10.0.0.0/99"], "10.0.0.0/99", "10.20.0.0/22"),
        (["8.8.8.8"], "8.8.8.8", "--allow-public"),
        ([], "nothing to scan", "--interface"),
        (["10.0.0.1", "--exclude", "10.0.0.0/30"], "nothing to scan", "--interface"),
        (["10.0.0.1", "--interface", "nosuch0"], "nosuch0", "choose from"),
        (["10.0.0.1", "--ports", "80,http"], '"http"', "8000-8010"),
        (["10.0.0.1", "--ports", "0-10"], '"0-10"', "8000-8010"),
        (["10.0.0.1", "--window", "night"], "night", "20:00-06:00"),
        (["10.0.0.1", "--targets-file", "/nowhere.txt"], "/nowhere.txt", "check its name"),
    ],
)
def test_wrong_input_is_named_with_what_would_be_right(arguments: list[str], what: str, fix: str) -> None:
    error = scan(*arguments, "--dry-run").exception
    assert isinstance(error, CamcensusError) and error.exit_status == 2
    assert what in error.what and fix in error.fix


def test_an_error_is_shown_as_what_why_and_fix(capsys: pytest.CaptureFixture[str]) -> None:
    show_error(CamcensusError("it broke", why="it was old", fix="buy another"))
    assert capsys.readouterr().err.splitlines() == [
        "error  it broke",
        "why    it was old",
        "fix    buy another",
    ]


def test_a_dry_run_says_what_would_be_sent_and_sends_nothing(tmp_path: Path) -> None:
    exclusions = tmp_path / "leave.txt"
    exclusions.write_text(
        "127.77.0.9 until 2999-01-31 # dialysis ward\n127.77.0.8 until 2001-01-01 # long over\n"
    )
    inventory = tmp_path / "none.inventory"
    shown = scan(
        "127.77.0.0/24", "--dry-run", "--exclude-file", str(exclusions), "--inventory", str(inventory)
    )
    assert shown.exit_code == 0, shown.output
    assert (
        "discovery by multicast" in shown.output
        and "sweep of 18 TCP ports (connect): 127.77.0.0/24" in shown.output
    )
    assert "4,590 packets" in shown.output  # 255 addresses on 18 ports
    assert "250 probes a second" in shown.output and "20 to one device" in shown.output
    assert "Excluded until 2999-01-31: 127.77.0.9  dialysis ward" in shown.output
    assert "No longer excluded since 2001-01-01: 127.77.0.8  long over" in shown.output
    assert shown.output.endswith("Nothing was sent.\n")
    assert not inventory.exists()


def test_a_run_reads_its_files_of_targets_and_exclusions_and_reads_them_again_when_it_is_resumed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("targets.txt").write_text("127.77.0.8/30\n")
    Path("leave.txt").write_text("127.77.0.9 until 2999-01-31 # dialysis ward\n")
    kept = ("--inventory", str(tmp_path / "some.inventory"))
    files = ("--targets-file", "targets.txt", "--exclude-file", "leave.txt")
    done = scan(*files, "--ports", "1", "--profile", "fast", "--no-unicast-discovery", *kept)
    assert done.exit_code == 0, done.output
    with open_inventory(tmp_path / "some.inventory") as inventory:
        (run,) = inventory.runs()
        inventory.finish_run(run.id, "interrupted", run.coverage)
    (told,) = run.coverage.excluded
    assert (told.what, told.reason, told.until) == ("127.77.0.9", "dialysis ward", "2999-01-31")
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    again = scan("--resume", run.id, "--dry-run", *kept)
    assert "3 packets        0 s  sweep of 1 TCP ports" in again.output  # of four addresses
    assert "Excluded until 2999-01-31: 127.77.0.9  dialysis ward" in again.output


def test_without_a_private_network_local_says_so() -> None:
    # This machine has only loopback here, which is no private network to scan.
    error = scan("--local", "--dry-run").exception
    assert isinstance(error, CamcensusError) and "no private network" in error.what


def test_an_unknown_run_cannot_be_resumed(tmp_path: Path) -> None:
    path = tmp_path / "some.inventory"
    open_inventory(path).close()
    error = scan("--resume", "20000101-000000-none", "--inventory", str(path)).exception
    assert isinstance(error, CamcensusError) and "20000101-000000-none" in error.what
