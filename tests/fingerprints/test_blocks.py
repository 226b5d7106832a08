"""Registered address blocks: what they say, and what they do not."""

from __future__ import annotations

import csv
import re

import pytest

from fingerprints import Library
from fingerprints.blocks import FILE, LENGTHS, OTHERS, Blocks

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
        ("64:16:66:01:02:03", [("maker", "google")]),  # no camera maker's file knows it; Nest Labs
        ("00:17:88", [("maker", "philips")]),
        ("24:0a:c4:01:02:03", []),  # Espressif: its modules are in anything
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


def test_every_block_of_others_is_well_formed_stands_once_and_has_a_maker(library: Library) -> None:
    with OTHERS.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    with FILE.open(encoding="utf-8", newline="") as lines:
        prefixes = [row["prefix"] for row in csv.DictReader(lines)]
    for row in rows:
        assert row["registrant"] and row["source"] and row["maker"] in library.makers
        assert row["maker"] not in ("hikvision", "dahua")
        prefixes += row["prefixes"].split()
    assert all(len(one) in LENGTHS and re.fullmatch(r"[0-9a-f]+", one) for one in prefixes)
    assert len(prefixes) > 9_000 and len(set(prefixes)) == len(prefixes)
