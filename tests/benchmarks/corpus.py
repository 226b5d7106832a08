"""How good are the identifications? Score them against recorded replies whose device is known.

    python -m tests.benchmarks.corpus FOLDER [--misses] [--part open|held-out]

FOLDER holds `observations.jsonl` (the contract's observations) and `truth.json` (subject -> manufacturer, brand,
relabelled, category, model, firmware, serial, protocols). A third of the subjects, chosen by a hash of their name, is
the held-out part: nobody looks at its payloads while writing fingerprints, so the difference between the two parts
shows what was memorised. `--misses` prints the payloads of the open part only.
"""

from __future__ import annotations

import argparse
import collections
import hashlib
import json
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from fingerprints import Library
from scanner.identify import group, identify
from scanner.model import Identification, Observation
from scanner.observations import read

COVERED = ("hikvision", "dahua")
SURE = ("confirmed", "probable")
Truth = dict[str, Any]
Device = tuple[Truth, list[Observation], Identification]


def held_out(subject: str) -> bool:
    """Whether a subject belongs to the part that nobody looks at."""
    return hashlib.sha256(subject.encode()).digest()[0] % 3 == 0


def load(folder: Path, library: Library) -> dict[str, Device]:
    """Every device of a corpus that says who made it, identified."""
    truth: dict[str, Truth] = json.loads((folder / "truth.json").read_text(encoding="utf-8"))
    with (folder / "observations.jsonl").open("rb") as lines:
        groups = group(read(lines, name="observations.jsonl"))
    return {
        subject: (truth[subject], observed, identify(observed, library))
        for subject, observed in groups.items()
        if truth[subject]["manufacturer"] != "unknown"
    }


def only_block(truth: Truth) -> bool:
    """Whether an address block is all there is: nobody can say more than `possible` then."""
    return set(truth["protocols"]) <= {"mac", "arp"}


def plain(text: str) -> str:
    """A text as it is compared: without regard to case, spaces and underscores."""
    return text.lower().replace(" ", "").replace("_", "-")


def stated(value: str | None, observed: Sequence[Observation]) -> bool:
    """Whether a value of the truth stands in the replies; often only its source knew it."""
    replies = plain(b"\n".join(one.payload for one in observed).decode("latin-1"))
    return value is not None and plain(value) in replies


def same(truth: str | None, told: str | None) -> bool:
    """Whether a value was extracted: equal but for case, spaces and an appended build."""
    return bool(truth and told) and (
        plain(truth or "") == plain(told or "")
        or plain(told or "").startswith(plain(truth or "") + "build")
        or plain(truth or "").startswith(plain(told or "") + "build")
    )


def report(devices: Sequence[Device], title: str) -> None:
    """Print the table of one part of the corpus."""
    print(f"\n== {title}: {len(devices)} devices")
    told = [(truth, it) for truth, _, it in devices if not only_block(truth)]
    ours = [(truth, it) for truth, it in told if truth["manufacturer"] in COVERED]
    others = [(truth, it) for truth, it in told if truth["manufacturer"] not in COVERED]
    blocks = [(t, it) for t, _, it in devices if only_block(t) and t["manufacturer"] in COVERED]
    accused = [it for t, _, it in devices if t["manufacturer"] not in COVERED and it.maker in COVERED]
    relabels = [(truth, it) for truth, it in ours if truth["relabelled"]]
    own = [it for truth, it in ours if truth["relabelled"] is False]
    for maker in COVERED:
        mine = [it for truth, it in ours if truth["manufacturer"] == maker]
        line(
            f"{maker}: right at probable or better", (i.maker == maker and i.confidence in SURE for i in mine)
        )
        line(f"{maker}: right at any confidence", (i.maker == maker for i in mine))
    line(
        "address block only: right, and possible",
        (right(t, i) and i.confidence == "possible" for t, i in blocks),
    )
    print(
        f"  {'false accusations':<42} {len(accused):4}, {sum(it.confidence in SURE for it in accused)} at probable"
    )
    line("others named as other", (it.maker == "other" for _, it in others))
    line("relabels: maker right", (right(*one) for one in relabels))
    line(
        "relabels: unmasked (maker and label)", (right(t, it) and it.relabelled is True for t, it in relabels)
    )
    line("own brand wrongly called relabelled", (it.relabelled is True for it in own))
    for confidence in ("confirmed", "probable", "possible"):
        line(
            f"of those {confidence}, right",
            (right(t, it) for t, _, it in devices if it.confidence == confidence),
        )
    for whose, covered in (("ours", True), ("others", False)):
        some = [one for one in devices if (one[0]["manufacturer"] in COVERED) is covered]
        for attribute in ("model", "firmware", "serial"):
            line(
                f"stated {attribute} told, {whose}",
                (
                    same(t[attribute], getattr(it, attribute))
                    for t, seen, it in some
                    if stated(t[attribute], seen)
                ),
            )
        for attribute in ("brand", "category"):
            known = [
                (t[attribute], getattr(it, attribute))
                for t, _, it in some
                if t[attribute] and not only_block(t)
            ]
            line(f"{attribute} told, {whose}", (same(*pair) for pair in known))


def line(label: str, hits: Iterable[bool]) -> None:
    """Print one row of the table: `12/16  75.0%` of the things that are true."""
    found = list(hits)
    percent = f"{100 * sum(found) / len(found):5.1f}%" if found else "    –"
    print(f"  {label:<42} {sum(found):4}/{len(found):<4} {percent}")


def by_protocol(devices: Sequence[Device], library: Library) -> None:
    """Print what each protocol alone would have given for Hikvision and Dahua."""
    print("\n== what each protocol alone gives, Hikvision and Dahua: right at probable or better")
    heard: dict[str, list[bool]] = collections.defaultdict(list)
    for truth, observed, _ in devices:
        if truth["manufacturer"] in COVERED:
            for protocol in {one.protocol for one in observed}:
                alone = identify([one for one in observed if one.protocol == protocol], library)
                heard[str(protocol)].append(right(truth, alone) and alone.confidence in SURE)
    for name, results in sorted(heard.items()):
        line(name, results)


def misses(devices: dict[str, Device]) -> None:
    """Print the devices that came out wrong, with their payloads; of the open part only."""
    for subject, (truth, observed, it) in devices.items():
        if not held_out(subject) and wrong(truth, it):
            stated = {
                key: truth[key]
                for key in ("manufacturer", "brand", "category", "model", "firmware", "serial")
            }
            print(
                f"\n{subject}: is {stated}, told {it.maker} {it.maker_name} {it.brand} ({it.confidence}) {it.model}"
            )
            for one in observed:
                print(f"    {one.protocol:<12} {one.request:<30} {one.payload[:400]!r}")


def right(truth: Truth, it: Identification) -> bool:
    """Whether the maker is told rightly."""
    return it.maker == truth["manufacturer"] if truth["manufacturer"] in COVERED else it.maker == "other"


def wrong(truth: Truth, it: Identification) -> bool:
    """Whether somebody should look at this one: a covered unit missed, or another maker's accused."""
    if truth["manufacturer"] in COVERED:
        return it.maker != truth["manufacturer"] or (it.confidence not in SURE and not only_block(truth))
    return it.maker in COVERED


def main() -> None:
    """Score a corpus and print the tables."""
    arguments = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    arguments.add_argument("folder", type=Path)
    arguments.add_argument("--misses", action="store_true", help="print the wrong ones of the open part")
    arguments.add_argument("--part", choices=("open", "held-out"), help="report this part only")
    chosen = arguments.parse_args()
    start = time.perf_counter()
    library = Library.load()
    loaded = time.perf_counter()
    devices = load(chosen.folder, library)
    print(f"{len(library.fingerprints)} fingerprints loaded in {loaded - start:.3f} s; "
          f"{len(devices)} devices identified in {time.perf_counter() - loaded:.3f} s")  # fmt: skip
    for part in ("open", "held-out"):
        if chosen.part in (None, part):
            some = [one for name, one in devices.items() if held_out(name) is (part == "held-out")]
            report(some, f"{part} part")
    by_protocol(list(devices.values()), library)
    if chosen.misses:
        misses(devices)


if __name__ == "__main__":
    main()
