"""How well are model numbers decoded? Field by field, against a table of numbers whose device is known.

    python -m tests.benchmarks.models FILE.csv [--misses]

FILE has the columns model, maker, brand, form_factor, megapixels, lens, night_vision, poe, channels, poe_ports and
hdd_bays; an empty cell or `unknown` is not scored. `known wrong` must be 0: a decoder may be silent or in doubt, not
mistaken.
"""

from __future__ import annotations

import argparse
import collections
import csv
import re
from pathlib import Path

from fingerprints.models import Specification, decode

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


def main() -> None:
    """Score a table and print the result field by field."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("file", type=Path)
    parser.add_argument("--misses", action="store_true")
    arguments = parser.parse_args()
    counts: dict[str, collections.Counter[str]] = collections.defaultdict(collections.Counter)
    with arguments.file.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            specification = decode(row["model"], row["maker"], row["brand"])
            for field, right in truth(row).items():
                verdict = judge(specification, field, right)
                counts[field][verdict] += 1
                if arguments.misses and not verdict.endswith("right"):
                    answers = " or ".join(sorted(right))
                    print(
                        f"{row['model']:<28} {field:<12} {verdict}: {told(specification, field)!r}, is {answers}"
                    )
    print(f"{'field':<14}{'scored':>7}" + "".join(f"{verdict:>16}" for verdict in VERDICTS))
    for field in (*FIELDS, "all"):
        counted = counts[field] if field != "all" else sum(counts.values(), collections.Counter())
        numbers = "".join(f"{counted[verdict]:>16}" for verdict in VERDICTS)
        print(f"{field:<14}{counted.total():>7}{numbers}")


if __name__ == "__main__":
    main()
