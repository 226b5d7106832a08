"""Which device an identification is about, and what all identifications of one device say together.

A serial number of the same maker is the device; else a MAC address that it ever had; else the replies themselves, if
they were already filed under a device; else its address, as long as nothing contradicts. The state of a device is
the fold of its identifications in the order of time: a later run that saw less takes nothing away.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import reduce
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec.structs import replace

from scanner.model import Claim, Confidence, Identification

if TYPE_CHECKING:
    from sqlite_utils import Database

RANK: dict[Confidence, int] = {"none": 0, "possible": 1, "probable": 2, "confirmed": 3}
NOBODY = frozenset(
    {"00:00:00:00:00:00", "ff:ff:ff:ff:ff:ff"}
)  # what a stack says when it does not know its own
SERIAL_LENGTH = 6  # shorter ones, and those of one repeated digit, are factory defaults that many units share


def find_device(
    db: Database, run: str, seen: Identification, rows: Sequence[int], taken: Iterable[str] = ()
) -> str | None:
    """The device in the inventory that `seen` is about, or None when it is a new one.

    `rows` are the observations behind `seen`. Devices in `taken` were already named for another identification of
    the same moment: an address, or replies once filed together, do not make two units one.
    """
    return (
        by_serial(db, seen)
        or by_mac(db, seen)
        or by_observations(db, rows, taken)
        or by_address(db, run, seen, rows, taken)
    )


def by_serial(db: Database, seen: Identification) -> str | None:
    if not seen.maker or not distinctive(seen.serial):
        return None
    return first(
        db.query(
            "SELECT id FROM devices WHERE serial = ? AND maker = ? AND maker_name IS ? ORDER BY last_seen DESC",
            (seen.serial, seen.maker, seen.maker_name),
        )
    )


def by_mac(db: Database, seen: Identification) -> str | None:
    if not seen.mac or seen.mac in NOBODY:
        return None
    return first(
        db.query("SELECT device AS id FROM sightings WHERE mac = ? ORDER BY at DESC, rowid DESC", (seen.mac,))
    )


def by_observations(db: Database, rows: Sequence[int], taken: Iterable[str]) -> str | None:
    found = db.query(
        "SELECT devices.id FROM devices JOIN observations ON observations.device = devices.id "
        "WHERE observations.id IN (SELECT value FROM json_each(?)) GROUP BY devices.id "
        "ORDER BY count(*) DESC, first_seen",
        (msgspec.json.encode(rows).decode(),),
    )
    return first(row for row in found if row["id"] not in taken)


def by_address(
    db: Database, run: str, seen: Identification, rows: Sequence[int], taken: Iterable[str]
) -> str | None:
    """Not one that other replies of the same run belong to: two units may share their factory address."""
    if not seen.address:
        return None
    found = db.query(
        "SELECT * FROM devices WHERE address = ? AND NOT EXISTS (SELECT 1 FROM observations WHERE "
        "device = devices.id AND run = ? AND id NOT IN (SELECT value FROM json_each(?))) "
        "ORDER BY last_seen DESC",
        (seen.address, run, msgspec.json.encode(rows).decode()),
    )
    return first(row for row in found if row["id"] not in taken and not contradicts(row, seen))


def contradicts(known: dict[str, Any], seen: Identification) -> bool:
    """Whether these cannot be one unit: an address passes from one device to the next."""
    serial = known["serial"]
    return (
        differ(known["mac"], seen.mac)
        or (differ(known["maker"], seen.maker) and sure(known["confidence"]) and sure(seen.confidence))
        # One protocol gives the serial in full, another its tail only.
        or bool(serial and seen.serial and not ends_alike(serial, seen.serial))
    )


def merge(history: Iterable[Identification]) -> Identification:
    """What the identifications of one device say together, given in the order of time."""
    said = list(history)
    merged = reduce(merge_two, said)
    return replace(merged, conflicts=both(merged.conflicts, disagreement(said)))


def merge_two(before: Identification, now: Identification) -> Identification:
    weaker = RANK[now.confidence] < RANK[before.confidence]
    if differ(before.maker, now.maker):  # the surer one stands whole: no model of one maker under another
        stands = before if weaker else now
        return replace(stands, address=now.address or before.address, mac=now.mac or before.mac)
    surer, other = (before, now) if weaker else (now, before)
    return Identification(
        subject=now.subject or before.subject,
        address=now.address or before.address,
        mac=now.mac or before.mac,
        maker=now.maker or before.maker,
        maker_name=surer.maker_name or other.maker_name,
        brand=surer.brand or other.brand,
        relabelled=surer.relabelled if surer.relabelled is not None else other.relabelled,
        category=surer.category or other.category,
        model=now.model or before.model,
        firmware=now.firmware or before.firmware,
        serial=longer(before.serial, now.serial),
        confidence=surer.confidence,
        covered=surer.covered or other.covered,
        conflicts=both(before.conflicts, now.conflicts) if weaker else now.conflicts,
        evidence=now.evidence + still_needed(before.evidence, now.evidence, weaker),
    )


def disagreement(said: Iterable[Identification]) -> tuple[str, ...]:
    """Runs that name different makers with some certainty are a conflict for a person to settle."""
    makers: dict[str, Identification] = {}
    for one in said:
        if one.maker and sure(one.confidence):
            makers[one.maker] = one
    if len(makers) < 2:
        return ()
    views = (f"{one.maker_name or one.maker} ({one.confidence})" for one in makers.values())
    return (f"runs disagree on who made it: {', '.join(views)}",)


def still_needed(before: Sequence[Claim], now: Sequence[Claim], weaker: bool) -> tuple[Claim, ...]:
    """Earlier claims that still carry a fact: of attributes nothing was said about now, or was said less surely."""
    renewed = {(claim.fingerprint, claim.attribute) for claim in now}
    attributes = set() if weaker else {claim.attribute for claim in now}
    return tuple(
        claim
        for claim in before
        if (claim.fingerprint, claim.attribute) not in renewed and claim.attribute not in attributes
    )


def sure(confidence: Confidence) -> bool:
    return RANK[confidence] >= RANK["probable"]


def distinctive(serial: str | None) -> bool:
    return serial is not None and len(serial) >= SERIAL_LENGTH and len(set(serial)) > 2


def ends_alike(one: str, other: str) -> bool:
    return one.endswith(other) or other.endswith(one)


def longer(before: str | None, now: str | None) -> str | None:
    """The serial as it stands now, unless that is only the tail of what is known."""
    return before if before and now and before.endswith(now) else now or before


def differ(one: str | None, other: str | None) -> bool:
    return one is not None and other is not None and one != other


def both(before: Iterable[str], now: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*before, *now)))


def first(rows: Iterable[dict[str, str]]) -> str | None:
    return next((row["id"] for row in rows), None)
