"""How often does the truth lie within the forecast? Simulated works whose pace and batches nobody knows.

    python -m tests.benchmarks.forecast [--works 4000]

Each work takes units out in batches of 1, 4 or 8 at a pace of 1 to 12 a week; after 6 to 20 weeks 60 are left, a
forecast is made, and the work goes on to its end. Four out of five ends should lie within.
"""

from __future__ import annotations

import argparse
import random
from collections import Counter
from datetime import date, timedelta

from scanner.phase_out.progress import foresee

TODAY = date(2026, 11, 25)
LEFT = 60


def week(chance: random.Random, pace: float, batch: int) -> int:
    """How many units a week takes out."""
    at, batches = chance.expovariate(pace / batch), 0
    while at < 1:
        at, batches = at + chance.expovariate(pace / batch), batches + 1
    return batches * batch


def work(chance: random.Random, batch: int) -> str:
    """How the forecast of one work compares with its end: within, before, after, none."""
    pace = chance.uniform(1, 12)
    forecast, _ = foresee(
        [week(chance, pace, batch) for _ in range(chance.randint(6, 20))], LEFT, TODAY, draws=1_000
    )
    if forecast is None:
        return "none"
    weeks = gone = 0
    while gone < LEFT:
        gone, weeks = gone + week(chance, pace, batch), weeks + 1
    end = TODAY + timedelta(days=7 * weeks)
    return "before" if end < forecast.early else "within" if end <= (forecast.late or date.max) else "after"


def main() -> None:
    """Simulate works and print where their ends lay."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--works", type=int, default=4_000)
    works = parser.parse_args().works
    chance = random.Random(11)
    found = Counter(
        (batch, work(chance, batch)) for batch in (chance.choice([1, 4, 8]) for _ in range(works))
    )
    print(f"{'batch':>6}{'works':>8}{'within':>9}{'before':>9}{'after':>9}{'no forecast':>13}")
    for batches in ((1,), (4,), (8,), (1, 4, 8)):
        counts = Counter(
            {end: sum(found[one, end] for one in batches) for end in ("within", "before", "after", "none")}
        )
        made = counts.total() - counts["none"]
        shares = "".join(f"{counts[end] / made:>9.1%}" for end in ("within", "before", "after"))
        name = batches[0] if len(batches) == 1 else "all"
        print(f"{name:>6}{made:>8}{shares}{counts['none']:>13}")


if __name__ == "__main__":
    main()
