"""Which device an identification is about: by its identifiers, the surest first, else by where it was seen.

Each rule proposes devices; one that contradicts by a surer identifier is turned down, and an identifier that several
devices have decides nothing. docs/explanation/identity.md explains the rules.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from scanner.identifiers import KINDS, Identifier, Kind, contradict, strangers, telling
from scanner.inventory.fold import differ, sure
from scanner.inventory.rows import json_text
from scanner.model import Identification

if TYPE_CHECKING:
    from sqlite_utils import Database

Rule = Literal["serial", "mac", "certificate", "endpoint", "realm", "replies", "address", "new"]
SURE: tuple[Kind, ...] = ("serial", "mac")  # what outranks the kinds that units of one firmware may share
JOINING: tuple[Kind, ...] = SURE  # what may show that two known devices are one: firmware brings neither

KNOWN_BY = """
    SELECT identifiers.device, identifiers.kind, identifiers.value, devices.seen_at_site IS :site
    FROM json_each(:them) AS asked JOIN identifiers
        ON kind = asked.value ->> 0 AND identifiers.value = asked.value ->> 1
    JOIN devices ON devices.id = identifiers.device
    ORDER BY asked.key, devices.address IS NOT :address, devices.last_seen DESC
"""
SEEN_ELSEWHERE = """
    SELECT 1 FROM identifications WHERE device = :device AND run = :run AND rule != 'address'
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


class Seen(NamedTuple):
    """What a run identified: the row ids of the observations behind it, and whose identifiers they hold."""

    identification: Identification
    rows: Sequence[int] = ()
    reachable: str | None = None
    identifiers: tuple[Identifier, ...] = ()


class Match(NamedTuple):
    """A device that something seen is about, and why.

    `same` are other devices that this shows to be the same unit; `mistaken` those that have a sure identifier of what
    was seen and cannot be it: perhaps because of something that was filed there for its address alone.
    """

    device: str
    rule: Rule
    same: tuple[tuple[str, Kind], ...] = ()
    mistaken: tuple[str, ...] = ()


class Identity:
    """Finds the devices for what one run saw."""

    def __init__(self, db: Database, run: str, site: str | None) -> None:
        self._db, self._run, self._site = db, run, site

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
        found, mistaken = self._by_identifiers(seen.identifiers, about)
        if found:
            device, rule = found[0]
            return Match(device, rule, tuple(self._same(device, found[1:])), mistaken)
        if filed := next((one for one in self._ids(FILED_BEFORE, about) if one not in taken), None):
            return Match(filed, "replies", mistaken=mistaken)
        if there := self._at_address(seen, about, taken):
            return Match(there, "address", mistaken=mistaken)
        return Match("", "new", mistaken=mistaken)

    def _by_identifiers(
        self, seen: Sequence[Identifier], about: dict[str, Any]
    ) -> tuple[list[tuple[str, Kind]], tuple[str, ...]]:
        """Each device that an identifier speaks for, with the surest kind that does, the surest first; and those that
        a sure one speaks for in vain.

        A realm of few digits speaks only together with the certificate, and at the same site.
        """
        asked = {"them": json_text(seen)} | about
        proposed: dict[Kind, dict[str, set[str]]] = {kind: {} for kind in KINDS}
        for device, kind, value, near in self._rows(KNOWN_BY, asked):
            if telling(Identifier(kind, value)) or (near and device in proposed["certificate"]):
                proposed[kind].setdefault(device, set()).add(value)
        found: dict[str, Kind] = {}
        mistaken: list[str] = []
        for kind, devices in proposed.items():
            sure = kind in SURE
            surer = SURE[: SURE.index(kind)] if sure else SURE
            contradicted = [
                one for one in devices if surer and contradict(self.identifiers(one), seen, surer)
            ]
            mistaken += contradicted if sure else []
            if sure or len(devices) == 1:
                for device in devices:
                    elsewhere = not sure and self._rows(SEEN_ELSEWHERE, about | {"device": device})
                    if device not in contradicted and not elsewhere:
                        found.setdefault(device, kind)
        return list(found.items()), tuple(one for one in dict.fromkeys(mistaken) if one not in found)

    def _same(self, device: str, others: Sequence[tuple[str, Kind]]) -> Iterable[tuple[str, Kind]]:
        """Those of the other devices that are the same unit: nothing that is known of both tells them apart."""
        mine = self.identifiers(device) if others else []
        for other, kind in others:
            apart = self._rows(
                "SELECT 1 FROM apart WHERE (one, other) IN ((:one, :other), (:other, :one))",
                {"one": device, "other": other},
            )
            together = self._rows(
                "SELECT 1 FROM sightings AS a JOIN sightings AS b ON a.run = b.run "
                "WHERE a.device = :one AND b.device = :other AND a.run != :run LIMIT 1",
                {"one": device, "other": other, "run": self._run},
            )
            if (
                kind in JOINING
                and not apart
                and not together
                and not contradict(mine, self.identifiers(other), ("serial",))
            ):
                yield other, kind

    def _at_address(self, seen: Seen, about: dict[str, Any], taken: Iterable[str]) -> str | None:
        """Not one that other replies of the same run belong to: two units may share their factory address."""
        if not seen.identification.address:
            return None
        for row in self._db.query(AT_ADDRESS, about):
            known = self.identifiers(row["id"])
            another = (
                contradict(known, seen.identifiers)
                or strangers(known, seen.identifiers)
                or other_unit(row, seen.identification)
            )
            if row["id"] not in taken and not another:
                return str(row["id"])
        return None

    def identifiers(self, device: str) -> list[Identifier]:
        """All that tells a device from others."""
        rows = self._rows("SELECT kind, value FROM identifiers WHERE device = :device", {"device": device})
        return [Identifier(*row) for row in rows]

    def _ids(self, query: str, values: dict[str, Any]) -> Iterable[str]:
        return (row[0] for row in self._rows(query, values))

    def _rows(self, query: str, values: dict[str, Any]) -> list[Any]:
        return self._db.conn.execute(query, values).fetchall()


def other_unit(known: dict[str, Any], seen: Identification) -> bool:
    """Whether what was seen at an address is another unit than the one known there: an address passes on.

    A first guess at the maker may turn out wrong; a unit whose maker is known does not become another's.
    """
    another_maker = differ(known["maker"], seen.maker) and sure(known["confidence"])
    return another_maker or differ_in_model(known["model"], seen.model)


def differ_in_model(one: str | None, other: str | None) -> bool:
    """Whether two models cannot be one: neither is the other with more said. `IP Camera` is nobody's model."""
    if not one or not other:
        return False
    first, second = (text.casefold().replace(" ", "") for text in (one, other))
    exact = all(sum(map(str.isdigit, text)) >= 2 for text in (first, second))
    return exact and first not in second and second not in first
