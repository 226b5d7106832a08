"""A small campus through some months: what the inventory vouches for is right."""

from __future__ import annotations

from pathlib import Path

from fingerprints import Library
from scanner.inventory import open_inventory
from tests.benchmarks.campus import Judged, Truth, scan
from tests.benchmarks.campus_units import Campus


def test_every_camera_of_a_campus_is_one_device_or_said_to_be_undecided(path: Path) -> None:
    campus, known, truth = Campus(120, 5, 1), Library.load(), Truth()
    with open_inventory(path) as inventory:
        for week in range(12):
            campus.week(week)
            for site in range(5):
                scan(inventory, known, campus, site, week, truth)
        judged = Judged(inventory, truth)
    moved = [unit for unit in campus.units if unit.story]
    assert len(judged.verdicts) >= 120 and len(moved) > 60
    assert not {n: verdict for n, verdict in judged.verdicts.items() if verdict in ("parted", "mixed")}
