"""How long `camcensus --help` takes, beside a bare click program: interleaved, the median of many.

$ .venv/bin/python -m tests.benchmarks.startup
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time

ROUNDS = 15
BARE = "import click\n@click.command()\ndef main(): 'Nothing.'\nmain(['--help'])"
OURS = "import sys; sys.argv = ['camcensus', '--help']; from scanner.cli import main; main()"


def seconds(code: str) -> float:
    started = time.perf_counter()
    subprocess.run([sys.executable, "-c", code], stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - started


def main() -> None:
    """Measure and print the two medians and their ratio; the goal is at most 3 times, and under 0.2 s."""
    rounds = [(seconds(BARE), seconds(OURS)) for _ in range(ROUNDS)]
    bare, ours = (statistics.median(column) for column in zip(*rounds, strict=True))
    print(
        f"bare click {bare * 1000:.0f} ms, camcensus --help {ours * 1000:.0f} ms, ratio {ours / bare:.2f} (goal: 3)"
    )


if __name__ == "__main__":
    main()
