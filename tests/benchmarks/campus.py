"""Does each unit stay one device through a year? A campus that moves, resets, renumbers and replaces, scanned weekly.

    python -m tests.benchmarks.campus [--devices 5000] [--sites 20] [--weeks 52] [--seed 1] [--stories]

No network: the units of a simulated campus answer (campus_units.py), and each week's replies of each site go the way of
a scan: sorted out, identified, filed. The truth about each reply is kept aside and compared with the device it is filed
under at the end of the year.

A unit is *right* when all its replies are filed under one device and that device has no reply of another unit. The rest
is shown by kind of unit. *Parted* is a unit that is several devices, *mixed* one whose device has replies of another.
What the inventory itself says to be undecided is shown apart: *in doubt* is a parted unit whose devices it noted as
perhaps one; *by address* is right as far as its replies gave anything of their own, and the others went to
the device known at its address, as the blind spots say of it.
"""

from __future__ import annotations

import argparse
import collections
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Literal, NamedTuple

from fingerprints import Library
from scanner.devices import ports, sort_out, trace
from scanner.digest import tell
from scanner.inventory import Inventory, RunSettings, Seen, open_inventory
from scanner.inventory.identity import cloned
from scanner.model import Coverage
from scanner.probes import read_fields
from tests.benchmarks.campus_units import START, Campus, Unit, key

Verdict = Literal["right", "by address", "in doubt", "parted", "mixed"]
VERDICTS: tuple[Verdict, ...] = ("right", "by address", "in doubt", "parted", "mixed")
UNDECIDED = ("by address", "in doubt")
OF_ITS_OWN = "EXISTS (SELECT 1 FROM json_each(identifiers) WHERE value ->> 0 != 'wording')"


class Filed(NamedTuple):
    """Some replies of one unit in one week, and where they are at the end of the year."""

    unit: int
    week: int
    device: str
    address: str | None
    rule: str
    own: bool  # they gave something of their own, and not the address alone was asked
    replies: int


class Truth:
    """Whose the replies are that were filed together, by the first of them."""

    def __init__(self) -> None:
        self.units: dict[int, Unit] = {}
        self.groups: dict[int, tuple[int, collections.Counter[int]]] = {}  # the week, and replies by unit

    def note(self, week: int, rows: Sequence[int], whose: Iterable[Unit]) -> None:
        units = list(whose)
        self.units |= {unit.number: unit for unit in units}
        self.groups[min(rows)] = week, collections.Counter(unit.number for unit in units)

    def filed(self, inventory: Inventory) -> Iterator[Filed]:
        query = (
            f"SELECT first_observation AS first, device, rule, {OF_ITS_OWN} AS own, "
            "identification ->> '$.address' AS address "
            "FROM identifications JOIN statements ON hash = statement"
        )
        for row in inventory._query(query):
            week, owners = self.groups[row["first"]]
            own = bool(row["own"]) and row["rule"] != "address"
            for unit, replies in owners.items():
                yield Filed(unit, week, row["device"], row["address"], row["rule"], own, replies)


def scan(inventory: Inventory, known: Library, campus: Campus, site: int, week: int, truth: Truth) -> None:
    """One run at one site: file what was heard, as a scan does."""
    run = inventory.begin_run(RunSettings(site=f"site{site:02d}", fingerprints=known.version))
    heard = list(campus.replies(site, START + week * timedelta(days=7)))
    whose = {key(one): unit for unit, one in heard}
    inventory.add(run, [one for _, one in heard])
    readings = {row: read_fields(one) for row, one in inventory.observations(run)}
    seen = []
    traces = [trace(row, reading) for row, reading in readings.items()]
    others = ports(traces)
    for name, rows in sort_out(traces, inventory.ask(cloned)).items():
        mine = [readings[row] for row in rows]
        it, named = tell(known, name, mine, others)
        truth.note(week, rows, (whose[key(reading.observation)] for reading in mine))
        seen.append(Seen(it, rows, "on-link", named))
    inventory.record(run, seen)
    inventory.finish_run(run, "complete", Coverage(answered=len(seen)))


class Judged:
    """How the devices of the inventory fit the units of the campus."""

    def __init__(self, inventory: Inventory, truth: Truth) -> None:
        self.filed: dict[int, list[Filed]] = collections.defaultdict(list)
        self.units = truth.units
        owners: dict[str, set[int]] = collections.defaultdict(set)
        sure: dict[str, set[int]] = collections.defaultdict(
            set
        )  # the owners of what gave something of its own
        for one in truth.filed(inventory):
            self.filed[one.unit].append(one)
            owners[one.device].add(one.unit)
            if one.own:
                sure[one.device].add(one.unit)
        self.owners = owners
        self.doubts = [
            {change.device, change.other}
            for change in inventory.identity_changes()
            if change.kind == "doubt" and {change.device, change.other} <= owners.keys()
        ]
        self.verdicts = {number: self._verdict(filed, sure) for number, filed in self.filed.items()}

    def _verdict(self, filed: Sequence[Filed], sure: dict[str, set[int]]) -> Verdict:
        devices, own = {one.device for one in filed}, {one.device for one in filed if one.own}
        if len(devices) == 1 and all(len(self.owners[one]) == 1 for one in devices):
            return "right"
        if len(own) <= 1 and all(len(sure[one]) == 1 for one in own):
            return "by address"
        if any(len(sure[one]) > 1 for one in own):
            return "mixed"
        return "in doubt" if self._doubted(own) else "parted"

    def _doubted(self, devices: set[str]) -> bool:
        """Whether doubts link all of these devices."""
        linked = {min(devices)}
        for _ in self.doubts:
            linked |= {one for pair in self.doubts if pair & linked for one in pair}
            if devices <= linked:
                return True
        return False


def confusion(judged: Judged) -> None:
    """Print the verdicts by kind of unit, and how much the marks of the inventory are worth."""
    table: dict[str, collections.Counter[str]] = collections.defaultdict(collections.Counter)
    for number, verdict in judged.verdicts.items():
        table[judged.units[number].kind][verdict] += 1
    total = sum(table.values(), collections.Counter())
    print(f"{'kind of unit':<14}{'units':>8}" + "".join(f"{one:>12}" for one in VERDICTS) + f"{'right':>10}")
    for kind, row in (*sorted(table.items()), ("all", total)):
        cells = "".join(f"{row[one]:>12}" for one in VERDICTS)
        print(f"{kind:<14}{row.total():>8}{cells}{row['right'] / row.total():>10.2%}")
    decided = total.total() - sum(total[one] for one in UNDECIDED)
    print(
        f"right of all units {total['right']:,} of {total.total():,} ({total['right'] / total.total():.3%})"
    )
    print(f"right of those decided {total['right']:,} of {decided:,} ({total['right'] / decided:.3%})")
    never = [n for n, filed in judged.filed.items() if not any(one.own for one in filed)]
    right = sum(judged.verdicts[number] == "right" for number in never)
    print(f"units that never gave anything of their own: {len(never):,}, of these right {right:,}")
    pairs = [[judged.owners[one] for one in pair] for pair in judged.doubts]
    one_unit = sum(bool(set.intersection(*pair)) for pair in pairs)
    print(f"doubts that stand: {len(pairs):,}, of these about one unit {one_unit:,}")
    everything = [one for filed in judged.filed.values() for one in filed]
    whole = sum(one.replies for one in everything)
    by_address = sum(one.replies for one in everything if not one.own)
    print(
        f"replies filed by the address alone, or without anything of their own: {by_address:,} of {whole:,}"
    )
    at_home = sum(_most(filed) for filed in judged.filed.values())
    print(
        f"filed under the device that has most of their unit's replies: {at_home:,} ({at_home / whole:.4%})"
    )
    print(f"units {len(judged.filed):,}, devices {len(judged.owners):,}")


def _most(filed: Sequence[Filed]) -> int:
    counted: collections.Counter[str] = collections.Counter()
    for one in filed:
        counted[one.device] += one.replies
    return max(counted.values())


def stories(judged: Judged) -> None:
    """Print what happened to each unit that is not right, and where its replies went, week by week as that changed."""
    for number, verdict in sorted(judged.verdicts.items()):
        if verdict == "right":
            continue
        unit = judged.units[number]
        print(f"\n{verdict}: unit {number}, {unit.kind}, {unit.maker} {unit.model}, site {unit.site}")
        print(f"  {'; '.join(unit.story) or 'nothing happened to it'}")
        before: object = None
        for one in sorted(judged.filed[number], key=lambda one: one.week):
            others = sorted(judged.owners[one.device] - {number})
            now = one.device, one.rule, one.address, one.own
            if now != before:
                beside = f", which has replies of {others} too" if others else ""
                of_its_own = "" if one.own else ", nothing of its own"
                print(f"  week {one.week}: {one.device} by {one.rule} at {one.address}{of_its_own}{beside}")
            before = now


def main() -> None:
    arguments = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    arguments.add_argument("--devices", type=int, default=5_000)
    arguments.add_argument("--sites", type=int, default=20)
    arguments.add_argument("--weeks", type=int, default=52)
    arguments.add_argument("--seed", type=int, default=1)
    arguments.add_argument("--stories", action="store_true", help="tell of each unit that is not right")
    asked = arguments.parse_args()
    campus, known, truth = Campus(asked.devices, asked.sites, asked.seed), Library.load(), Truth()
    began = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder, open_inventory(Path(folder) / "inventory.db") as inventory:
        for week in range(asked.weeks):
            campus.week(week)
            for site in range(asked.sites):
                scan(inventory, known, campus, site, week, truth)
        spent = time.perf_counter() - began
        size = (Path(folder) / "inventory.db").stat().st_size
        judged = Judged(inventory, truth)
        print(f"{asked.devices:,} units at {asked.sites} sites, {asked.weeks} weeks, seed {asked.seed}")
        print(f"filed in {spent:.0f} s, {size / 1e6:.0f} MB")
        confusion(judged)
        kinds = collections.Counter(change.kind for change in inventory.identity_changes())
        print(", ".join(f"{kind}s {count}" for kind, count in sorted(kinds.items())))
        if asked.stories:
            stories(judged)


if __name__ == "__main__":
    main()
