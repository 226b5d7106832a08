"""Between the structures of the vocabulary and the rows of the tables."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Any

import msgspec

from scanner.inventory.records import Device, Run, Sighting
from scanner.model import Identification, Observation

Row = dict[str, Any]

JSON_OF_DEVICE = ("covered", "conflicts", "evidence")
PLACED = (
    "site", "building", "floor", "room", "switch", "switch_port", "asset", "owner", "lease", "contract", "note",
)  # fmt: skip
"""What people and registers say about a device: where it is, and whose."""
JSON_OF_RUN = ("targets", "settings", "coverage")


def stamp(time: datetime) -> str:
    """RFC 3339 in UTC, always of the same length, so that text sorts as time does."""
    return time.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def digest(content: bytes) -> str:
    """What content is known by: BLAKE2b of 16 bytes, in hex."""
    return blake2b(content, digest_size=16).hexdigest()


def json_text(value: object) -> str:
    return msgspec.json.encode(value).decode()


def address_order(address: str | None) -> str:
    """A text by which addresses sort as numbers, IPv4 first; what is no address comes last."""
    try:
        parsed = ipaddress.ip_address((address or "").partition("%")[0])
    except ValueError:
        return "9"
    return f"{parsed.version}{int(parsed):0{parsed.max_prefixlen // 4}x}"


def observation_row(run: str, seen: Observation) -> tuple[Any, ...]:
    """In the order of `INSERT_OBSERVATION` in store.py."""
    return (
        run, seen.subject, stamp(seen.observed_at) if seen.observed_at else None, seen.address, seen.mac,
        seen.port, seen.transport, seen.protocol, seen.request,
        digest(seen.payload) if seen.payload else None, seen.interface, seen.outcome.value,
    )  # fmt: skip


def observation_of(row: Row) -> Observation:
    values = {key: value for key, value in row.items() if value is not None}
    return msgspec.convert(values, Observation, builtin_types=(bytes,))


def device_row(state: Identification) -> Row:
    row: Row = msgspec.structs.asdict(state)
    row |= {key: json_text(row[key]) for key in JSON_OF_DEVICE}
    return row | {"address_order": address_order(state.address)}


def device_of(row: Row) -> Device:
    return msgspec.convert(_device_values(row), Device)


def state_of(row: Row) -> Identification:
    """What is known of a device, without what the inventory adds."""
    return msgspec.convert(_device_values(row), Identification)


def _device_values(row: Row) -> Row:
    values = from_json(row, JSON_OF_DEVICE)
    if "relabelled" in values:
        values["relabelled"] = bool(values["relabelled"])
    return values


def run_of(row: Row) -> Run:
    return msgspec.convert(from_json(row, JSON_OF_RUN), Run)


def sighting_of(row: Row) -> Sighting:
    return msgspec.convert(row, Sighting)


def identification_of(text: str) -> Identification:
    return msgspec.json.decode(text, type=Identification)


def from_json(row: Row, keys: Iterable[str]) -> Row:
    """The row with its JSON columns decoded, and without those that hold nothing."""
    decoded = row | {key: msgspec.json.decode(row[key]) for key in keys if row[key] is not None}
    return {key: value for key, value in decoded.items() if value is not None}
