"""`camcensus --help` answers at once: no heavy module is imported before a command needs it."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = (
    "asyncio", "cryptography", "fingerprints", "httpx", "jinja2", "lxml", "msgspec", "nmap", "numpy", "platformdirs",
    "reports", "rich", "scapy", "scanner.inventory", "scanner.net", "scanner.probes", "scanner.survey", "sqlite3",
    "sqlite_utils", "tomli", "zeroconf",
)  # fmt: skip
RUN = """
import sys
sys.argv = ["camcensus", *{arguments!r}]
from scanner.cli import main
try:
    main()
except SystemExit as ended:
    assert not ended.code, ended.code
print("\\n".join(sys.modules), file=sys.stderr)
"""


def imported_by(*arguments: str) -> set[str]:
    run = subprocess.run(
        [sys.executable, "-c", RUN.format(arguments=list(arguments))],
        capture_output=True,
        text=True,
        check=True,
    )
    return set(run.stderr.split())


def test_help_imports_nothing_heavy() -> None:
    modules = imported_by("--help")
    assert "click" in modules
    assert modules.isdisjoint(HEAVY)


@pytest.mark.parametrize("command", ["scan", "identify", "devices", "demo", "report"])
def test_the_help_of_a_command_imports_nothing_that_only_its_work_needs(command: str) -> None:
    modules = imported_by(command, "--help")
    assert modules.isdisjoint(
        {"cryptography", "lxml", "scapy", "sqlite_utils", "zeroconf", "asyncio", "reports"}
    )
