"""Is anything ever called gone that is still there? A campaign of find, plan, remove and verify, over simulated weeks.

    python -m tests.benchmarks.campaign [--devices 1000] [--sites 8] [--weeks 24] [--seed 1]

No network: units answer in real formats (tests.benchmarks.campus_units), and each week's replies go as in a scan. The
scans have troubles of their own: interrupted, multicast broken (noticed by the scanner or not), an uplink unplugged, a
part excluded. The truth about each unit is kept aside and compared with the verdict on its device at the end.

For each unit that something happened to: what that was, and what the verdict says. Each week it is also asked whether
anything is called removed that was in the building at the last look that the verdict rests on: what was put back, and
was missed once before it was seen. Some units no look over a network can tell from removed ones: switched off for good,
switched off whenever a scan looked, or carried to a place that nobody scans. They are counted apart, as what they are:
the limit of the method.
"""

from __future__ import annotations

import argparse
import collections
import random
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

import msgspec

from fingerprints import Library
from scanner import spans
from scanner.devices import sort_out, trace
from scanner.evidence.removals import Taken
from scanner.identifiers import identifiers
from scanner.inventory import Inventory, RunSettings, Seen, places, removals
from scanner.inventory.identity import cloned
from scanner.inventory.opening import connect
from scanner.model import Coverage, Exclusion, Observation
from scanner.probes import read_fields
from scanner.verdict.judging import OUTCOMES, Verdict
from scanner.verdict.rule import Rule, usual
from scanner.verdict.told import verdicts
from tests.benchmarks.campus_units import MODELS, certificate, heard, key, mac
from tests.benchmarks.campus_units import Unit as Answering

START = datetime(2026, 1, 5, 3, tzinfo=UTC)
WEEK = timedelta(days=7)
PORTS = 8  # units at a switch
FINDING = 6  # weeks before the first removal
LAST, MENDED = 7, 0.7  # weeks before the end in which dead switches are looked after, and how many of them

Fate = Literal[
    "stays", "removed", "replaced", "removed, no record", "unplugged at times", "moved to another site", "re-addressed",
    "put back", "behind a dead switch", "off for good", "carried out of reach",
]  # fmt: skip
FATES: dict[Fate, float] = {
    "removed": 0.25, "replaced": 0.25, "removed, no record": 0.01, "unplugged at times": 0.05,
    "moved to another site": 0.04, "re-addressed": 0.04, "put back": 0.04, "off for good": 0.01,
    "carried out of reach": 0.01,
}  # fmt: skip
"""What happens to cameras, by share; some switches die besides, and the rest stays."""

GONE: tuple[Fate, ...] = ("removed", "replaced", "removed, no record")
UNTOLD: tuple[Fate, ...] = ("off for good", "carried out of reach")

SEEN = "(seen)"  # and not recorded as removed: nobody asks for a verdict

Trouble = Literal["", "interrupted", "multicast broken", "multicast unusable", "uplink unplugged", "excluded"]
TROUBLES: dict[Trouble, float] = {
    "interrupted": 0.06, "multicast broken": 0.04, "multicast unusable": 0.04, "uplink unplugged": 0.04,
    "excluded": 0.06,
}  # fmt: skip


@dataclass
class Unit:
    """One unit, what becomes of it, and when."""

    it: Answering
    site: int
    switch: int
    port: int
    fate: Fate = "stays"
    week: int = 99  # in which it happens
    back: int = 99  # in which it is there again
    recorded: bool = False
    heard: int = 0  # weeks since it happened in which a scan heard it
    came: int = 0  # in which it came to the site
    devices: collections.Counter[str] = field(
        default_factory=collections.Counter
    )  # its replies were filed under

    @property
    def address(self) -> str:
        return self.it.address


class Campaign:
    """A phase-out, week by week, into an inventory."""

    def __init__(self, folder: Path, devices: int, sites: int, weeks: int, seed: int, known: Library) -> None:
        self.chance, self.sites, self.weeks, self.known = random.Random(seed), sites, weeks, known
        self.shared = [certificate(self.chance) for _ in range(3)]
        self.free = [self._pool(site) for site in range(sites)]
        self.units: list[Unit] = []
        self.dead: dict[tuple[int, int], range] = {}  # switches, and the weeks in which they are dead
        self.troubles: collections.Counter[Trouble] = collections.Counter()
        self.now = START
        self.inventory = Inventory(
            folder / "inventory.db", connect(folder / "inventory.db", create=True), self._tick
        )
        for site in range(sites):
            self.inventory.change(places.add_site, "jo", name(site))
            named = [places.Network(site=name(site), cidr=cidr) for cidr in self.networks(site)]
            self.inventory.change(places.add_networks, "jo", named)
        for number in range(devices):
            self.units.append(self._make(number % sites, number // sites // PORTS, number // sites % PORTS))
        self._fates()

    def _tick(self) -> datetime:
        self.now += timedelta(milliseconds=10)
        return self.now

    def networks(self, site: int) -> tuple[str, ...]:
        return (f"10.{site}.0.0/24", f"10.{site}.1.0/24")

    def _pool(self, site: int) -> list[str]:
        hosts = [f"10.{site}.{block}.{host}" for block in range(2) for host in range(2, 250)]
        return self.chance.sample(hosts, len(hosts))

    def linked(self, site: int) -> bool:
        return site < (self.sites * 3 + 4) // 5

    def planned(self, site: int) -> bool:
        """Whether a cable plan says what hangs at which port."""
        return site % 4 != 3

    def _make(
        self, site: int, switch: int, port: int, address: str | None = None, camera: bool = False
    ) -> Unit:
        number, draw = len(self.units), self.chance.uniform(0.25 if camera else 0.0, 1.0)
        maker = self.chance.choice(("hikvision", "dahua"))
        kind = "linked" if self.linked(site) else "routed"
        if draw < 0.25:
            kind = "printer"
        elif draw < 0.26:
            kind = "nameless"
        elif draw < 0.27 and self.linked(site):
            kind = "clone"
        elif draw < 0.30 and self.linked(site):
            kind = "two ports"
        tail = f"{number:08d}"
        macs = tuple(mac(maker, number * 2 + at) for at in range(2 if kind == "two ports" else 1))
        serial = f"E{tail}" if maker == "hikvision" else f"6C{tail[:5]}PAG{tail[-5:]}"
        if kind == "clone":
            macs = (mac(maker, 0xC0FFEE + site % 3),)
        if kind == "printer":
            serial, macs = (
                "",
                (f"00:1b:a9:{number >> 16 & 255:02x}:{number >> 8 & 255:02x}:{number & 255:02x}",),
            )
        key = self.chance.choice(self.shared) if self.chance.random() < 0.3 else certificate(self.chance)
        digits = f"{self.chance.choice('CDEFG')}{self.chance.randrange(10_000):04d}"
        it = Answering(
            number, maker, self.chance.choice(MODELS[maker]), kind, site, serial, macs,
            f"{self.chance.getrandbits(128):032x}", digits, key, linked=self.linked(site),
            address=address or self.free[site].pop(),
        )  # fmt: skip
        return Unit(it, site, switch, port)

    def _fates(self) -> None:
        """Draw what becomes of each camera. What is wrongly recorded as removed is what a verdict must not believe."""
        cameras = [unit for unit in self.units if unit.it.kind != "printer"]
        for unit in cameras:
            draw = self.chance.random()
            for fate, share in FATES.items():
                if draw < share:
                    unit.fate = fate
                    unit.recorded = fate in ("removed", "replaced", *UNTOLD) or self.chance.random() < 0.7
                    unit.recorded &= fate != "removed, no record"
                    break
                draw -= share
            unit.week = self.chance.randrange(FINDING, max(FINDING + 1, self.weeks - 11))
            if unit.fate == "put back":
                unit.back = unit.week + self.chance.randrange(2, 9)
        switches = sorted({(unit.site, unit.switch) for unit in self.units})
        for switch in self.chance.sample(switches, max(1, len(switches) // 20)):
            first = self.chance.randrange(FINDING, self.weeks - 4)
            self.dead[switch] = range(first, self.weeks if self.chance.random() < 0.5 else first + 4)
            for unit in cameras:
                if (unit.site, unit.switch) == switch and unit.fate == "stays" and self.chance.random() < 0.7:
                    unit.fate, unit.week, unit.recorded = "behind a dead switch", first, True

    # A week

    def week(self, number: int) -> None:
        self.now = max(self.now, START + number * WEEK)
        if number == self.weeks - LAST:
            self._repair(number)
        for unit in [one for one in self.units if one.week == number]:
            self._happens(unit, number)
        for site in range(self.sites):
            self._scan(site, number)
        if number == 2:
            self._cable_plan(self.units)

    def _repair(self, number: int) -> None:
        """Verdicts have named the switches at which nothing answers; most are mended, and some stay dead."""
        for switch, weeks in self.dead.items():
            if number in weeks and self.chance.random() < MENDED:
                self.dead[switch] = range(weeks.start, number)

    def _happens(self, unit: Unit, number: int) -> None:
        if unit.fate == "replaced":
            same = self.chance.random() < 0.5
            successor = self._make(
                unit.site, unit.switch, unit.port, unit.address if same else None, camera=True
            )
            successor.came = number
            self.units.append(successor)
        elif unit.fate == "moved to another site":
            unit.site = (unit.site + 1) % self.sites
            unit.it.address, unit.it.linked = self.free[unit.site].pop(), self.linked(unit.site)
        elif unit.fate == "re-addressed":
            unit.it.address = self.free[unit.site].pop()
        if unit.recorded and unit.devices:  # of what was never seen nobody records anything
            device = device_of(unit)
            self._record(device, number)

    def _record(self, device: str, number: int) -> None:
        at = START + number * WEEK - timedelta(days=3)
        taken = Taken(at=at.isoformat(), removed_by="Kim", witness="Lou")
        if self.inventory.ask(removals.standing, device) is None:
            self.inventory.change(removals.record, "jo", device, taken)

    def _cable_plan(self, units: list[Unit]) -> None:
        for unit in units:
            if self.planned(unit.site) and unit.devices:
                said = {"switch": f"sw-{unit.site}-{unit.switch}", "switch_port": str(unit.port)}
                self.inventory.change(places.assign, "jo", [device_of(unit)], said)

    def there(self, unit: Unit, number: int) -> bool:
        """Whether a unit can answer in this week."""
        if number < unit.came or number in self.dead.get((unit.site, unit.switch), ()):
            return False
        if number < unit.week:
            return True
        match unit.fate:
            case "removed" | "replaced" | "removed, no record" | "off for good" | "carried out of reach":
                return False
            case "unplugged at times":
                return self.chance.random() < 0.35
            case "put back":
                return number >= unit.back
            case _:
                return True

    def _scan(self, site: int, number: int) -> None:
        trouble = self._trouble() if number >= 2 else ""
        self.troubles[trouble] += 1
        targets = self.networks(site)
        run = self.inventory.begin_run(
            RunSettings(targets=targets, site=name(site), fingerprints=self.known.version)
        )
        asked = spans.merged(span for text in targets for span in spans.read(text))
        excluded: tuple[Exclusion, ...] = ()
        if trouble == "interrupted":
            asked = spans.beginning(asked, self.chance.randrange(100, 400))
        elif trouble == "excluded":
            start = self.chance.choice([unit.address for unit in self.units if unit.site == site])
            excluded = (Exclusion(f"{start}-{start.rpartition('.')[0]}.254"),)
            asked = spans.without(asked, spans.read(excluded[0].what))
        heard = [] if trouble == "uplink unplugged" else list(self._heard(site, number, asked, trouble))
        whose = {key(one): unit for unit, one in heard}
        self.inventory.add(run, [one for _, one in heard])
        readings = {row: read_fields(one) for row, one in self.inventory.observations(run)}
        seen = []
        traces = [trace(row, reading) for row, reading in readings.items()]
        for rows in sort_out(traces, self.inventory.ask(cloned)).values():
            mine = [readings[row] for row in rows]
            it = self.known.identify(mine)
            seen.append(Seen(it, rows, "on-link" if self.linked(site) else "routed", identifiers(it, mine)))
        self.inventory.record(run, seen)
        for unit in {id(unit): unit for unit in whose.values()}.values():
            unit.heard += number >= unit.week
        for row in self.inventory._query("SELECT id, device FROM observations WHERE run = ?", (run,)):
            whose[key(readings[row["id"]].observation)].devices[row["device"]] += 1
        coverage = Coverage(
            targets=targets, interfaces=("eth0",) if self.linked(site) else (), addresses=512, answered=len(seen),
            protocols=("sadp", "dhdiscover", "tcp"), asked=spans.texts(asked), excluded=excluded,
            unusable={"sadp": "held", "dhdiscover": "held"} if trouble == "multicast unusable" else {},
            lost=512 - spans.size(asked) if trouble == "interrupted" else 0,
        )  # fmt: skip
        ending = "interrupted" if trouble == "interrupted" else "complete"
        if trouble == "multicast unusable":
            ending = "incomplete"
        self.inventory.finish_run(run, ending, coverage)  # type: ignore[arg-type]
        new = [unit for unit in self.units if unit.site == site and unit.came == number > 0 and unit.devices]
        self._cable_plan(new)

    def _trouble(self) -> Trouble:
        draw = self.chance.random()
        for trouble, share in TROUBLES.items():
            if draw < share:
                return trouble
            draw -= share
        return ""

    def _heard(
        self, site: int, number: int, asked: spans.Spans, trouble: Trouble
    ) -> Iterator[tuple[Unit, Observation]]:
        """What a scan hears, with whose it is."""
        at = START + number * WEEK
        for unit in self.units:
            if unit.site == site and self.there(unit, number):
                reached = spans.holds(asked, spans.number_of(unit.address) or 0)
                for one in heard(unit.it, self.chance, "192.0.2.1"):
                    discovered = one["protocol"] in ("sadp", "dhdiscover")
                    if not trouble.startswith("multicast") if discovered else reached:
                        yield (
                            unit,
                            Observation(observed_at=at, interface="eth0" if discovered else None, **one),
                        )

    def close(self) -> None:
        self.inventory.close()


def name(site: int) -> str:
    return f"site{site:02d}"


class Result:
    """The verdicts beside the truth."""

    def __init__(self, campaign: Campaign, rule: Rule) -> None:
        self.campaign, self.rule = campaign, rule
        self.table: dict[str, collections.Counter[str]] = collections.defaultdict(collections.Counter)
        self.wrong: list[tuple[int, Unit, Verdict]] = []  # called removed in the end, and there
        self.passing: list[
            tuple[int, Unit, Verdict]
        ] = []  # called so in a week before, and there at the last look
        self.elsewhere: list[
            tuple[int, Unit, Verdict]
        ] = []  # gone from its site, and not recognised at another
        self.unverified: list[tuple[int, Unit, Verdict]] = []
        self.verified = self.gone = self.untold = 0
        self.seconds = 0.0

    def judge(self, number: int) -> dict[str, Verdict]:
        """The verdicts after a week, by device."""
        began = time.process_time()
        found = {one.device: one for one in verdicts(self.campaign.inventory, self.rule)}
        self.seconds = time.process_time() - began
        for unit in self.campaign.units:
            verdict = found.get(device_of(unit))
            if verdict and verdict.verdict == "verified-removed" and is_there(unit, week_of(verdict)):
                last = number == self.campaign.weeks - 1
                found_out = self.wrong if last else self.passing
                if unit.fate == "moved to another site":
                    found_out = self.elsewhere
                found_out.append((number, unit, verdict))
        return found

    def end(self) -> None:
        last = self.campaign.weeks - 1
        found = self.judge(last)
        for unit in self.campaign.units:
            if unit.week > last or not unit.devices:
                continue
            verdict = found.get(device_of(unit))
            outcome = verdict.verdict if verdict else SEEN
            proved = outcome == "verified-removed"
            self.table[truth(unit)][outcome] += 1
            self.untold += proved and not is_there(unit, last) and unit.fate not in GONE
            if unit.fate in GONE:
                self.gone += 1
                self.verified += proved
                if verdict and not proved:
                    self.unverified.append((last, unit, verdict))

    def show(self) -> None:
        columns = (*OUTCOMES, SEEN)
        print(f"{'what became of it':<34}" + "".join(f"{column:>18}" for column in columns))
        for fate, row in sorted(
            self.table.items(), key=lambda pair: (pair[0] not in GONE, pair[0] in UNTOLD, pair[0])
        ):
            print(f"{fate:<34}" + "".join(f"{row[column] or '':>18}" for column in columns))
        recorded = self.gone - self.table["removed, no record"].total()
        for what, count in (("truly removed", self.gone), ("truly removed and recorded", recorded)):
            print(f"verified of the {what}: {self.verified} of {count} ({self.verified / max(count, 1):.1%})")
        print(f"verified in the end, and still in the building: {len(self.wrong)}")
        moved = {unit.it.number for _, unit, _ in self.elsewhere}
        print(f"verified as gone from its site, and at another without being recognised there: {len(moved)}")
        units = {unit.it.number: unit.fate for _, unit, _ in self.passing}
        fates = ", ".join(sorted(set(units.values()))) or "none"
        print(
            f"called so in a week before, and there at the last look: {len(units)} ({fates}), {len(self.passing)} times"
        )
        print(f"verified, and switched off at every look or out of reach, as nobody can tell: {self.untold}")


def device_of(unit: Unit) -> str:
    return unit.devices.most_common(1)[0][0] if unit.devices else ""


def week_of(verdict: Verdict) -> int:
    """The week of the last conclusive look: a verdict says nothing of what came after it."""
    return (max(look.started for look in verdict.looks if look.conclusive) - START) // WEEK


def is_there(unit: Unit, number: int) -> bool:
    """Whether a unit is in the building, and answered any scan since it is said to be gone."""
    if number < unit.week:
        return True
    if unit.fate in (*GONE, *UNTOLD) or (unit.fate == "unplugged at times" and not unit.heard):
        return False
    return unit.fate != "put back" or number >= unit.back


def truth(unit: Unit) -> str:
    """What became of a unit, and whether anybody recorded a removal."""
    fate = "unplugged at every scan" if unit.fate == "unplugged at times" and not unit.heard else unit.fate
    return fate if unit.recorded or unit.fate in GONE else f"{fate}, no record"


def run(devices: int, sites: int, weeks: int, seed: int, known: Library, rule: Rule | None = None) -> Result:
    with tempfile.TemporaryDirectory() as folder:
        campaign = Campaign(Path(folder), devices, sites, weeks, seed, known)
        try:
            result = Result(campaign, rule or usual())
            for number in range(weeks):
                campaign.week(number)
                if FINDING < number < weeks - 1:
                    result.judge(number)
            result.end()
            return result
        finally:
            campaign.close()


def main() -> None:
    arguments = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    for option, value in (("--devices", 1000), ("--sites", 8), ("--weeks", 24), ("--seed", 1)):
        arguments.add_argument(option, type=int, default=value)
    arguments.add_argument(
        "--anywhere", action="store_true", help="judge by a rule with newcomers = anywhere"
    )
    arguments.add_argument("--why", action="store_true", help="print why removed units were not verified")
    asked = arguments.parse_args()
    began, cpu = time.perf_counter(), time.process_time()
    rule = msgspec.structs.replace(usual(), newcomers="anywhere" if asked.anywhere else "site")
    result = run(asked.devices, asked.sites, asked.weeks, asked.seed, Library.load(), rule)
    spent = f"{time.perf_counter() - began:.0f} s, {time.process_time() - cpu:.0f} s of processor time"
    print(f"{asked.devices} units at {asked.sites} sites, {asked.weeks} weeks, seed {asked.seed}: {spent}")
    print(f"of which the verdicts took {result.seconds:.1f} s")
    result.show()
    for number, unit, verdict in [
        *result.wrong,
        *result.passing,
        *result.elsewhere,
        *(result.unverified if asked.why else []),
    ]:
        print(
            f"\n{unit.it.kind} unit, {unit.fate}, in week {unit.week}: after week {number} {verdict.verdict}"
        )
        for text in (
            *(reason.text for reason in verdict.reasons),
            *(f"missing: {text}" for text in verdict.missing),
        ):
            print(f"  {text}")


if __name__ == "__main__":
    main()
