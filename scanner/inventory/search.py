"""Which devices somebody wants to see, and in which order."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable

from scanner.inventory.fold import RANK
from scanner.inventory.records import Device
from scanner.inventory.rows import json_text
from scanner.model import Confidence

SEARCHED = ("id", "address", "mac", "maker", "maker_name", "brand", "category", "model", "firmware", "serial")


def device_query(
    *,
    maker: str | None = None,
    brand: str | None = None,
    confidence: Confidence = "none",
    covered: bool = False,
    text: str | None = None,
    run: str | None = None,
) -> tuple[str, dict[str, str]]:
    """The query and its values: devices by maker, by brand, of at least this confidence, covered by any policy,
    with this text in one of the columns SEARCHED, seen in this run. Case does not matter."""
    everything = " || ' ' || ".join(f"ifnull({column}, '')" for column in SEARCHED)
    conditions = {
        "lower(:maker) IN (lower(maker), lower(maker_name))": maker,
        "lower(brand) = lower(:brand)": brand,
        "confidence IN (SELECT value FROM json_each(:confidence))": at_least(confidence),
        "covered != '[]'": covered,
        f"instr(lower({everything}), lower(:text))": text,
        "id IN (SELECT device FROM sightings WHERE run = :run)": run,
    }
    where = " AND ".join(condition for condition, asked in conditions.items() if asked)
    values = {"maker": maker, "brand": brand, "confidence": at_least(confidence), "text": text, "run": run}
    return (
        f"SELECT * FROM devices WHERE {where}",
        {key: value for key, value in values.items() if value is not None},
    )


def at_least(confidence: Confidence) -> str:
    return json_text([name for name, rank in RANK.items() if rank >= RANK[confidence]])


def in_order(devices: Iterable[Device]) -> list[Device]:
    """By address as a number, IPv4 first; those without an address last."""
    return sorted(devices, key=lambda device: (*address_order(device.address), device.id))


def address_order(address: str | None) -> tuple[int, int]:
    try:
        parsed = ipaddress.ip_address((address or "").partition("%")[0])
    except ValueError:
        return 9, 0
    return parsed.version, int(parsed)
