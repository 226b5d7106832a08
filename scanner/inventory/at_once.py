"""Whether two that answer in one run are one unit with two network ports, or two units with one serial number.

A serial number may be the factory's for a whole batch, or that of a copied board. docs/explanation/identity.md explains
the rules.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import TYPE_CHECKING, Literal, NamedTuple

import msgspec

from fingerprints.firmware import Firmware, parse
from scanner.identifiers import Identifier, Kind, contradict
from scanner.inventory.rows import identification_of, json_text
from scanner.inventory.succession import differ_in_model
from scanner.model import Identification

if TYPE_CHECKING:
    from sqlite_utils import Database

Verdict = Literal["one", "two", "doubt"]
AT_ONCE = "both state one serial number in one run: a unit with two network ports, or two units"
ELSEWHERE = "both state one serial number, and have different MAC addresses at two sites or in one run"
SEVERAL_PORTS = ("nvr", "dvr", "server")  # categories of which a unit may have consecutive MAC addresses
OWN: tuple[Kind, ...] = (
    "mac",
    "certificate",
    "endpoint",
    "realm",
)  # what may tell units of one serial number apart

HEARD = """
    SELECT identifications.rowid AS number, run, identifiers, identification, site,
        identification ->> '$.address' AS address
    FROM identifications JOIN statements ON hash = statement JOIN runs ON runs.id = run WHERE device = :device
"""
IN_THIS_RUN = """
    AND run = :run AND rule NOT IN ('address', 'digits')
    AND first_observation NOT IN (SELECT value FROM json_each(:rows))
"""
BY_PERSON = """
    WITH RECURSIVE became(device) AS (
        VALUES (:device) UNION SELECT other FROM identity_changes JOIN became USING (device)
        WHERE kind = 'merge' AND undone IS NULL)
    SELECT 1 FROM identity_changes JOIN became USING (device)
    WHERE kind = 'merge' AND rule = 'person' AND undone IS NULL LIMIT 1
"""
TOGETHER = """
    SELECT 1 FROM sightings AS mine JOIN sightings AS theirs USING (run)
    WHERE mine.device = :device AND theirs.device IN (SELECT value FROM json_each(:others)) AND run != :run LIMIT 1
"""
OTHERS_CERTIFICATE = """
    SELECT 1 FROM identifiers WHERE kind = 'certificate' AND value IN (SELECT value FROM json_each(:keys))
        AND device IS NOT :device LIMIT 1
"""


class Heard(NamedTuple):
    """What some replies said, that were filed together: `number` is the row of their identification, 0 while they are
    being filed."""

    number: int
    run: str
    it: Identification
    identifiers: tuple[Identifier, ...]
    place: tuple[str | None, str | None]  # site and address

    def has(self, kind: Kind) -> set[str]:
        return {one.value for one in self.identifiers if one.kind == kind}

    @property
    def own(self) -> set[Identifier]:
        return {one for one in self.identifiers if one.kind in OWN}


def heard(db: Database, device: str, run: str | None = None, rows: Sequence[int] = ()) -> list[Heard]:
    """All that is filed under a device; or what a run said of it, save what rests on these rows or on its address."""
    about = {"device": device, "run": run, "rows": json_text(rows)}
    return [
        Heard(
            row["number"], row["run"], identification_of(row["identification"]),
            msgspec.json.decode(row["identifiers"], type=tuple[Identifier, ...]), (row["site"], row["address"]),
        )
        for row in db.query(HEARD + (IN_THIS_RUN if run else "") + " ORDER BY at, run", about)
    ]  # fmt: skip


class Apart(NamedTuple):
    """A device that answered beside what was seen and is another unit: for sure, or as long as nobody knows better."""

    device: str
    why: str
    sure: bool
    others: tuple[Heard, ...]  # what was heard of it at that time


class Answering(NamedTuple):
    """Of the devices which something seen may be, by serial number or MAC address: those that are another unit; those
    of which it is a further port; and the numbers of what is to be taken off a device, because what was seen has the
    better right to it."""

    apart: tuple[Apart, ...]
    joined: frozenset[str]
    evicted: tuple[int, ...]


def answering(
    db: Database, one: Heard, rows: Sequence[int], stating: Collection[str], having: Collection[str]
) -> Answering:
    """Compare what was seen with the devices stating its serial number, and with those having a MAC address of it."""
    apart: list[Apart] = []
    joined: set[str] = set()
    evicted: list[int] = []
    for device in dict.fromkeys((*stating, *having)):
        batch = bool(set(stating) - {device})
        beside = heard(db, device, one.run, rows)
        if not beside:
            if last := _last_elsewhere(db, one, device, set(having) - {device}):
                if _compare(db, one, last, device, not batch) == "one":
                    joined.add(device)
                else:
                    # between two runs, an update may change the firmware, and a reset the certificate
                    sure = contradict(one.identifiers, last.identifiers, ("realm",)) or differ_in_model(
                        one.it.model, last.it.model
                    )
                    apart.append(Apart(device, ELSEWHERE, sure, (last,)))
            continue
        ports = _ports(beside, one)
        verdicts = {
            other.number: _compare(db, one, other, device, not batch and len(ports) < 2) for other in beside
        }
        unlike = [other for other in beside if verdicts[other.number] != "one"]
        if not unlike or _joined_by_person(db, device):
            joined.update([device] if ports else [])
            continue
        past = heard(db, device)
        rights = {other.number: _right(past, other) for other in beside}
        if _right(past, one) > max(rights[other.number] for other in unlike):
            evicted += (other.number for other in unlike)
            continue
        apart.append(Apart(device, AT_ONCE, "two" in verdicts.values(), tuple(beside)))
        if len(ports) > 1:  # a third with one serial number: a batch of units has it
            first = max(ports, key=lambda other: (rights[other.number], -other.number))
            evicted += (other.number for other in ports if other != first)
    return Answering(tuple(apart), frozenset(joined), tuple(evicted))


def _last_elsewhere(db: Database, one: Heard, device: str, others: Collection[str]) -> Heard | None:
    """What was last heard of a device that never had a MAC address of what was seen, where it was at another site, or
    in one run with another device that has one: a unit that moves takes its MAC addresses along."""
    mine = one.has("mac")
    macs = db.conn.execute(
        "SELECT value FROM identifiers WHERE device = ? AND kind = 'mac'", (device,)
    ).fetchall()
    if not mine or not macs or mine & {mac for (mac,) in macs}:
        return None
    *_, last = (each for each in heard(db, device) if each.has("mac"))
    met = {"device": device, "others": json_text(list(others)), "run": one.run}
    return last if last.place[0] != one.place[0] or db.conn.execute(TOGETHER, met).fetchone() else None


def _ports(beside: Iterable[Heard], one: Heard) -> list[Heard]:
    """Those that have MAC addresses of which neither what was seen nor another of them has any."""
    found: list[Heard] = []
    known = one.has("mac")
    for other in beside if known else ():
        if other.has("mac") and not other.has("mac") & known:
            found.append(other)
            known = known | other.has("mac")
    return found


def _compare(db: Database, one: Heard, other: Heard, device: str, alone: bool) -> Verdict:
    """What two are that answered in one run, and of which the other was filed under a device.

    `alone` they are when no other device has their serial number and no third answered.
    """
    mine, theirs = one.has("mac"), other.has("mac")
    if mine & theirs:
        return "one"
    if differ(one, other):
        return "two"
    if not (mine and theirs):
        return "one"
    past = heard(db, device)
    if any(each.has("mac") & mine and each.has("mac") & theirs for each in past):
        return "one"  # one look gave both
    if not alone:
        return "doubt"
    recorder = any(each.it.category in SEVERAL_PORTS for each in (*past, one))
    shared = _certificates(past, one) & _certificates(past, other)
    if (recorder and consecutive(mine, theirs)) or (shared and _nobody_elses(db, shared, device)):
        return "one"
    return "doubt"


def _certificates(past: Iterable[Heard], one: Heard) -> set[str]:
    """The certificates seen behind the MAC addresses of something heard."""
    return {
        key for each in (*past, one) if each.has("mac") & one.has("mac") for key in each.has("certificate")
    }


def differ(one: Heard, other: Heard) -> bool:
    """Whether the replies of one moment cannot be one unit's, by whichever port it is asked."""
    certificates = one.has("certificate"), other.has("certificate")
    return (
        contradict(one.identifiers, other.identifiers, ("serial", "realm"))
        or (all(certificates) and certificates[0].isdisjoint(certificates[1]))
        or differ_in_model(one.it.model, other.it.model)
        or _differ_in_firmware(*(parse(each.it.firmware, each.it.maker) for each in (one, other)))
    )


def consecutive(some: Iterable[str], others: Collection[str]) -> bool:
    """Whether a MAC address follows another, as those of the ports of one unit do."""
    numbers = {int(mac.replace(":", ""), 16) for mac in others}
    return any(int(mac.replace(":", ""), 16) + step in numbers for mac in some for step in (-1, 1))


def belonging(past: Iterable[Heard], one: Heard, others: Sequence[Heard]) -> list[int]:
    """The numbers of what was filed under a device and is of one unit rather than of the others: by what it has of its
    own, else by where only that one was."""
    past = [each for each in past if each.number not in {other.number for other in others}]
    both = {each for other in others for each in other.own} & one.own
    theirs = {each for other in others for each in other.own} - both
    mine = [each for each in past if each.own & (one.own - both) and not each.own & theirs]
    places = {each.place for each in mine} - {each.place for each in past if each.own & theirs}
    bare = [each for each in past if not each.own and each.place in places]
    return [each.number for each in (*mine, *bare)]


def _right(past: Sequence[Heard], one: Heard) -> tuple[bool, bool, int]:
    """How good a right something has to a device by what that showed in earlier runs: by its MAC address, by more,
    and by how long ago that was."""
    before = [each for each in past if each.run != one.run]
    mac = next((at for at, each in enumerate(before) if each.has("mac") & one.has("mac")), None)
    own = next((at for at, each in enumerate(before) if each.own & one.own), None)
    first = mac if mac is not None else own if own is not None else len(before)
    return mac is not None, own is not None, -first


def _joined_by_person(db: Database, device: str) -> bool:
    """Whether somebody said that this device is all that it was made of."""
    return db.conn.execute(BY_PERSON, {"device": device}).fetchone() is not None


def _nobody_elses(db: Database, keys: Iterable[str], device: str) -> bool:
    """Whether no other device has one of these certificates."""
    about = {"keys": json_text(list(keys)), "device": device}
    return db.conn.execute(OTHERS_CERTIFICATE, about).fetchone() is None


def _differ_in_firmware(one: Firmware | None, other: Firmware | None) -> bool:
    if one is None or other is None or one.style != other.style:
        return False
    return one.version != other.version or bool(one.build and other.build and one.build != other.build)
