"""Registered address blocks: what they say, and what they do not."""

from __future__ import annotations

import csv
import re

import pytest

from fingerprints.blocks import FILE, LENGTHS, Blocks

BLOCKS = Blocks()


def makers(mac: str) -> list[tuple[str, str]]:
    return [(claim.attribute, claim.value) for claim in BLOCKS.claims(mac, "mac")]


@pytest.mark.parametrize(
    ("mac", "expected"),
    [
        ("44:19:b6:01:02:03", [("maker", "hikvision")]),
        ("08-ED-ED-01-02-03", [("maker", "dahua")]),
        ("4c:bd:8f", [("maker", "hikvision")]),  # a block alone, as in a switch's list
        ("00:22:6a:01:02:03", []),  # Honeywell: avionics, handhelds, anything
        ("46:19:b6:01:02:03", []),  # set by software
        ("ff:ff:ff:ff:ff:ff", []),
        ("", []),
        ("rubbish", []),
    ],
)
def test_a_block_points_at_its_maker_or_at_nobody(mac: str, expected: list[tuple[str, str]]) -> None:
    assert makers(mac) == expected


def test_the_longest_prefix_wins() -> None:
    # 40:2C:76:1 belongs to a factory of weighing scales; some lists call all of 40:2C:76 Dahua's.
    assert makers("40:2c:76:1a:00:00") == []


def test_a_block_is_a_weak_witness() -> None:
    assert {claim.strength for claim in BLOCKS.claims("44:19:b6:01:02:03", "mac")} == {"weak"}


def test_every_block_is_well_formed_and_stands_once() -> None:
    with FILE.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    assert len(rows) > 400 and len({row["prefix"] for row in rows}) == len(rows)
    for row in rows:
        assert len(row["prefix"]) in LENGTHS and re.fullmatch(r"[0-9a-f]+", row["prefix"])
        assert row["registrant"] and row["source"]
