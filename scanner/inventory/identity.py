"""Which device an identification is about: by its identifiers, the surest first, else by where it was seen.

Each rule proposes devices; one that contradicts by a surer identifier is turned down, and an identifier that several
devices have decides nothing. docs/explanation/identity.md explains the rules.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import msgspec

from scanner.identifiers import KINDS, Identifier, Kind, contradict, telling
from scanner.inventory.at_once import Answering, Apart, Heard, answering
from scanner.inventory.merging import PARTED
from scanner.inventory.rows import Row, json_text
from scanner.inventory.succession import in_doubt, renamed, succeeds
from scanner.model import Identification

if TYPE_CHECKING:
    from sqlite_utils import Database

Rule = Kind | Literal["digits", "replies", "address", "new"]
SURE: tuple[Kind, ...] = ("serial", "mac")  # what outranks the kinds that units of one firmware may share
JOINING: tuple[Kind, ...] = SURE  # what may show that two known devices are one: firmware brings neither

KNOWN_BY = """
    SELECT identifiers.device, identifiers.kind, identifiers.value, devices.seen_at_site IS :site AS near,
        devices.address IS :address AND devices.seen_at_site IS :site AS here
    FROM json_each(:them) AS asked JOIN identifiers
        ON kind = asked.value ->> 0 AND identifiers.value = asked.value ->> 1
    JOIN devices ON devices.id = identifiers.device
    ORDER BY asked.key, devices.address IS NOT :address, devices.last_seen DESC
"""
SHARED_MACS = """
    SELECT value, json_group_array(device) FROM identifiers WHERE kind = 'mac' GROUP BY value HAVING count(*) > 1
"""
SEEN_ELSEWHERE = """
    SELECT 1 FROM identifications WHERE device = :device AND run = :run AND rule NOT IN ('address', 'digits')
        AND first_observation NOT IN (SELECT value FROM json_each(:rows)) LIMIT 1
"""
FILED_BEFORE = """
    SELECT devices.id FROM devices JOIN observations ON observations.device = devices.id
    WHERE observations.id IN (SELECT value FROM json_each(:rows)) GROUP BY devices.id
    ORDER BY count(*) DESC, first_seen
"""
AT_ADDRESS = """
    SELECT * FROM devices WHERE address = :address AND seen_at_site IS :site AND NOT EXISTS (
        SELECT 1 FROM observations WHERE device = devices.id AND run = :run
            AND id NOT IN (SELECT value FROM json_each(:rows)))
    ORDER BY last_seen DESC
"""
SEEN_TOGETHER = """
    SELECT 1 FROM sightings AS a JOIN sightings AS b ON a.run = b.run
    WHERE a.device = :one AND b.device = :other AND a.run != :run LIMIT 1
"""
UNSEEN = """
    SELECT * FROM devices WHERE id = :device AND NOT EXISTS (
        SELECT 1 FROM observations WHERE device = :device AND run = :run
            AND id NOT IN (SELECT value FROM json_each(:rows)))
"""


class Seen(NamedTuple):
    """What a run identified: the row ids of the observations behind it, and whose identifiers they hold."""

    identification: Identification
    rows: Sequence[int] = ()
    reachable: str | None = None
    identifiers: tuple[Identifier, ...] = ()


class Match(NamedTuple):
    """A device that something seen is about, and why.

    `same` are other devices that this shows to be the same unit; `mistaken` those that have a sure identifier of what
    was seen and cannot be it: perhaps because of something that was filed there before that was known. `doubts` are
    devices that a new one may be after all, each with the reason. `apart` are devices that have its serial number or
    MAC address, and are another unit as far as anybody knows.
    """

    device: str
    rule: Rule
    same: tuple[tuple[str, Kind], ...] = ()
    mistaken: tuple[str, ...] = ()
    doubts: tuple[tuple[str, str], ...] = ()
    apart: tuple[Apart, ...] = ()
    evicted: tuple[int, ...] = ()  # identifications of the run that turn out to be no word of the device


class Proposed(NamedTuple):
    """What the identifiers of something seen say: the devices they speak for, the surest first; those that a sure one
    speaks for in vain; those that share a MAC address with it, and are several units."""

    found: tuple[tuple[str, Rule], ...]
    mistaken: tuple[str, ...]
    clones: tuple[str, ...]
    sharing: tuple[str, ...]  # several devices that have its serial number
    at_once: Answering


class Identity:
    """Finds the devices for what one run saw."""

    def __init__(self, db: Database, run: str, site: str | None, fingerprints: str | None = None) -> None:
        self._db, self._run, self._site, self._fingerprints = db, run, site, fingerprints
        self._known: dict[
            str, list[Identifier]
        ] = {}  # while one thing seen is looked at: a device is asked once

    def find(self, seen: Seen, taken: Iterable[str] = ()) -> Match:
        """The device that this is about; one without a name yet when it is new.

        Devices in `taken` were already named for another identification of the same moment: an address, or replies
        once filed together, do not make two units one.
        """
        about = {
            "run": self._run,
            "rows": json_text(seen.rows),
            "address": seen.identification.address,
            "site": self._site,
        }
        self._known.clear()
        it = self._by_identifiers(seen, about)
        match = Match("", "new", mistaken=it.mistaken, apart=it.at_once.apart, evicted=it.at_once.evicted)
        if it.found:
            device, rule = it.found[0]
            return match._replace(device=device, rule=rule, same=tuple(self._same(device, it, seen)))
        taken = {*taken, *(one.device for one in it.at_once.apart)}
        if filed := next((one for one in self._ids(FILED_BEFORE, about) if one not in taken), None):
            return match._replace(device=filed, rule="replies")
        there, doubts = self._at_address(seen, about, taken)
        if there:
            return match._replace(device=there, rule="address")
        settled = {*it.mistaken, *(one for one, _ in doubts), *(one.device for one in it.at_once.apart)}
        for sharing, what in ((it.clones, "MAC address"), (it.sharing, "serial number")):
            doubts += [
                (one, f"both have one {what}, which several units have")
                for one in sharing
                if one not in settled
            ]
            settled.update(sharing)
        return match._replace(doubts=tuple(doubts))

    def _by_identifiers(self, seen: Seen, about: dict[str, Any]) -> Proposed:
        """A realm of few digits speaks only at the same site: together with the certificate, or where one device alone
        has it and nothing else is known of that in this run. A MAC address that clones share speaks only where the
        device was."""
        told = [one for one in seen.identifiers if one.kind in KINDS]
        proposed: dict[Kind, dict[str, bool]] = {kind: {} for kind in KINDS}  # was it here?
        digits: set[str] = set()
        for device, kind, value, near, here in self._rows(KNOWN_BY, {"them": json_text(told)} | about):
            if telling(Identifier(kind, value)) or (near and device in proposed["certificate"]):
                proposed[kind].setdefault(device, bool(here))
            elif near:
                digits.add(device)
        found: dict[str, Rule] = {}
        mistaken: list[str] = []
        clones = self._clones(proposed["mac"])
        sharing = tuple(proposed["serial"]) if len(proposed["serial"]) > 1 else ()
        mine = Heard(0, self._run, seen.identification, seen.identifiers, (self._site, about["address"]))
        at_once = answering(self._db, mine, seen.rows, proposed["serial"], proposed["mac"])
        beside = {one.device for one in at_once.apart}
        shared: dict[Kind, tuple[str, ...]] = {"serial": sharing, "mac": clones}
        order = (*reversed(SURE), *KINDS[len(SURE) :]) if sharing else KINDS
        for kind in order:
            devices = {one: here for one, here in proposed[kind].items() if one not in beside}
            sure = kind in SURE
            surer = ("serial",) if kind == "mac" else order[: order.index(kind)] if sure else SURE
            contradicted = [one for one in devices if surer and contradict(self._its(one), told, surer)]
            mistaken += contradicted if kind == "mac" or (sure and not sharing) else []
            if sure or len(devices) == 1:
                for device, here in devices.items():
                    if device in contradicted or (shared.get(kind) and not here):
                        continue
                    if sure or not self._rows(SEEN_ELSEWHERE, about | {"device": device}):
                        found.setdefault(device, kind)
        if not found and len(digits) == 1 and (one := next(iter(digits))) and self._fits(one, seen, about):
            found[one] = "digits"
        mistaken = [one for one in dict.fromkeys(mistaken) if one not in found]
        return Proposed(tuple(found.items()), tuple(mistaken), clones, sharing, at_once)

    def _clones(self, devices: Iterable[str]) -> tuple[str, ...]:
        """Those that share a MAC address and are several units."""
        sharing = tuple(devices)
        return sharing if len(sharing) > 1 and several(self._db, sharing) else ()

    def _fits(self, device: str, seen: Seen, about: dict[str, Any]) -> bool:
        """Whether nothing contradicts, and no other reply of the run is that device's."""
        mine = self._db.query(UNSEEN, about | {"device": device})
        return any(not self._succeeds(row, self._its(device), seen) for row in mine)

    def _same(self, device: str, it: Proposed, seen: Seen) -> Iterable[tuple[str, Kind]]:
        """Those of the other devices that are the same unit: nothing that is known of both tells them apart.

        That they were seen in one run does, unless they are ports of one unit.
        """
        others = it.found[1:]
        mine = self._its(device) if others else []
        for other, kind in others:
            if kind not in JOINING:
                continue
            theirs = self._its(other)
            ports = it.at_once.joined & {device, other} or _ports_of_one(mine, theirs, seen.identifiers)
            both = {"one": device, "other": other, "run": self._run}
            if not (
                self._rows(PARTED, both)
                or (not ports and self._rows(SEEN_TOGETHER, both))
                or contradict(mine, theirs, ("serial", "realm") if ports else ("serial",))
            ):
                yield other, kind

    def _at_address(
        self, seen: Seen, about: dict[str, Any], taken: Iterable[str]
    ) -> tuple[str | None, list[tuple[str, str]]]:
        """The device that was seen there last, if this may be it, or None; and devices of which nobody can tell.

        Not one that other replies of the same run belong to: two units may share their factory address. When two that
        it may be were last seen there in one run, what has an identifier is neither: it would bind one of them.
        """
        fitting: list[Row] = []
        doubts: list[tuple[str, str]] = []
        latest = None
        for row in self._db.query(AT_ADDRESS, about) if seen.identification.address else ():
            if row["id"] in taken:
                continue
            latest = latest or row["last_run"]
            if row["last_run"] != latest:
                break
            its = self._its(row["id"])
            if self._succeeds(row, its, seen):
                continue
            if why := in_doubt(its, seen.identifiers):
                doubts.append((row["id"], why))
            else:
                fitting.append(row)
        bound = any(one.kind in KINDS for one in seen.identifiers)
        if len(fitting) == 1 or (fitting and not bound):
            return fitting[0]["id"], []
        both = "two devices were last seen at its address, and it may be either"
        return None, doubts + [(row["id"], both) for row in fitting]

    def _succeeds(self, row: Row, its: Sequence[Identifier], seen: Seen) -> bool:
        if succeeds(row, its, seen.identification, seen.identifiers):
            return True
        used = "SELECT fingerprints IS :used FROM identifications WHERE device = :device ORDER BY at DESC LIMIT 1"
        return renamed(row, seen.identification) and bool(
            self._rows(used, {"used": self._fingerprints, "device": row["id"]})[0][0]
        )

    def identifiers(self, device: str) -> list[Identifier]:
        """All that tells a device from others, as of now."""
        return identifiers_of(self._db, device)

    def _its(self, device: str) -> list[Identifier]:
        if device not in self._known:
            self._known[device] = identifiers_of(self._db, device)
        return self._known[device]

    def _ids(self, query: str, values: dict[str, Any]) -> Iterable[str]:
        return (row[0] for row in self._rows(query, values))

    def _rows(self, query: str, values: dict[str, Any]) -> list[Any]:
        return self._db.conn.execute(query, values).fetchall()


def identifiers_of(db: Database, device: str) -> list[Identifier]:
    """All that tells a device from others."""
    query = "SELECT kind, value FROM identifiers WHERE device = ?"
    return [Identifier(*row) for row in db.conn.execute(query, (device,)).fetchall()]


def _ports_of_one(one: Iterable[Identifier], other: Iterable[Identifier], seen: Iterable[Identifier]) -> bool:
    """Whether something seen has a MAC address of each of two devices, and they have none in common."""
    mine, theirs, told = ({each.value for each in some if each.kind == "mac"} for some in (one, other, seen))
    return bool(mine & told and theirs & told and not mine & theirs)


def several(db: Database, devices: Iterable[str]) -> bool:
    """Whether the serial numbers of devices show that they are several units, for all that they share."""
    known: list[list[Identifier]] = []
    for one in devices:
        its = identifiers_of(db, one)
        if any(contradict(its, other, ("serial",)) for other in known):
            return True
        known.append(its)
    return False


def cloned(db: Database) -> frozenset[str]:
    """The MAC addresses that several units are known to have."""
    shared = db.conn.execute(SHARED_MACS).fetchall()
    return frozenset(
        mac for mac, devices in shared if several(db, msgspec.json.decode(devices, type=list[str]))
    )
