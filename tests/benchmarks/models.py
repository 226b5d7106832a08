"""How well are model numbers decoded? Field by field, against a table of numbers whose device is known.

    python -m tests.benchmarks.models FILE.csv [--misses] [--plan]

FILE has the columns model, maker, brand, form_factor, megapixels, lens, night_vision, poe, channels, poe_ports and
hdd_bays; an empty cell or `unknown` is not scored. `known wrong` must be 0: a decoder may be silent or in doubt, not
mistaken. With --plan the specification of the replacement is scored, which asks for what is not decoded.
"""

from __future__ import annotations

import argparse
import collections
import csv
import re
from datetime import UTC, datetime
from pathlib import Path

from fingerprints.models import Specification, decode
from scanner.inventory import Device
from scanner.phase_out.specification import needed

VERDICTS = ("known right", "expected right", "not decoded", "expected wrong", "known wrong")
FIELDS = (
    "category",
    "form_factor",
    "megapixels",
    "lens",
    "night_vision",
    "poe",
    "channels",
    "poe_ports",
    "drive_bays",
)
CATEGORIES = {"nvr": "nvr", "dvr": "dvr", "doorbell": "doorbell"}  # the rest are forms of cameras
LIGHTS = {  # what people write: what it is
    "hybrid": "hybrid light", "dual light": "hybrid light", "thermal": "thermal", "laser": "laser",
    "colo": "white light", "white": "white light", "ir": "ir", "none": "none",
}  # fmt: skip
NOW = datetime(2026, 11, 25, tzinfo=UTC)
Row = dict[str, str]


def truth(row: Row) -> dict[str, set[str]]:
    """For each field that is known, the answers that are right."""
    form = row["form_factor"]
    light = next((light for word, light in LIGHTS.items() if word in row["night_vision"]), "")
    answers = {
        "category": {CATEGORIES.get(form, "camera")},
        "form_factor": set() if form in CATEGORIES else {form.replace("thermal ", "").split(" (")[0]},
        "megapixels": set(re.findall(r"[\d.]+", row["megapixels"])),
        "lens": {row["lens"].split(":")[0].replace(" 2.8 mm", "")} - {""},
        "night_vision": {light} - {""},
        "poe": poe(row["poe"]),
        "channels": {row["channels"]} - {""},
        "poe_ports": {row["poe_ports"]} - {""},
        "drive_bays": {row["hdd_bays"]} - {""},
    }
    return {field: right for field, right in answers.items() if right}


def poe(text: str) -> set[str]:
    """`802.3af or at` allows both; `PoE` alone allows every class."""
    found = {name for name in ("802.3af", "802.3at", "Hi-PoE", "ePoE", "none") if name in text}
    found |= {"802.3at"} if "or at" in text or "PoE+" in text else set()
    return found or ({"802.3af", "802.3at"} if "PoE" in text else set())


def told(specification: Specification, field: str) -> str:
    value = getattr(specification, field)
    if field == "lens":
        return str(value or "").split(":")[0]
    return "" if value is None else f"{value:g}" if isinstance(value, float) else str(value)


def judge(specification: Specification, field: str, right: set[str]) -> str:
    if not (answer := told(specification, field)):
        return "not decoded"
    return f"{specification.certainty(field)} {'right' if answer in right else 'wrong'}"


def judge_need(row: Row, field: str, right: set[str]) -> tuple[str, str]:
    """The verdict on one field of the specification of a replacement, and what it says."""
    unit = Device(
        id="d2", first_seen=NOW, last_seen=NOW, last_run="r", maker=row["maker"], brand=row["brand"],
        model=row["model"], confidence="confirmed",
    )  # fmt: skip
    made = needed(unit)
    if field == "category":
        return (
            f"known {'right' if made.category in right else 'wrong'}" if made.category else "not decoded",
            made.category,
        )
    need = made.of(field)
    answer = need.text.split(":")[0] if need else ""
    if need is None or need.value is None:
        return "not decoded", ""
    return f"{need.certainty} {'right' if answer in right else 'wrong'}", answer


def main() -> None:
    """Score a table and print the result field by field."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("file", type=Path)
    parser.add_argument("--misses", action="store_true")
    parser.add_argument("--plan", action="store_true")
    arguments = parser.parse_args()
    counts: dict[str, collections.Counter[str]] = collections.defaultdict(collections.Counter)
    with arguments.file.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            specification = decode(row["model"], row["maker"], row["brand"])
            for field, right in truth(row).items():
                verdict, answer = judge(specification, field, right), told(specification, field)
                if arguments.plan:
                    verdict, answer = judge_need(row, field, right)
                counts[field][verdict] += 1
                if arguments.misses and not verdict.endswith("right"):
                    answers = " or ".join(sorted(right))
                    print(f"{row['model']:<28} {field:<12} {verdict}: {answer!r}, is {answers}")
    print(f"{'field':<14}{'scored':>7}" + "".join(f"{verdict:>16}" for verdict in VERDICTS))
    for field in (*FIELDS, "all"):
        counted = counts[field] if field != "all" else sum(counts.values(), collections.Counter())
        numbers = "".join(f"{counted[verdict]:>16}" for verdict in VERDICTS)
        print(f"{field:<14}{counted.total():>7}{numbers}")


if __name__ == "__main__":
    main()
