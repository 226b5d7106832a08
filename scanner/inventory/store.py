"""The inventory: runs and what was seen in them, written beside the scan; devices, and what is known of each.

`add`, `attempted` and `save_progress` return at once and are in the file a second later; `flush` waits for them.
Everything that reads sees all that was added before. Safe to use from several threads, and several processes may
use one file.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, Self, TypeVar

import msgspec

from scanner.errors import CamcensusError
from scanner.evidence.seals import Seal, seal
from scanner.identifiers import Identifier
from scanner.inventory import log, looks, merging, places, rows, search
from scanner.inventory.fields import FIELDS, Field
from scanner.inventory.filing import Filing
from scanner.inventory.identity import Seen
from scanner.inventory.ids import run_id
from scanner.inventory.opening import PATIENCE, connect, explained, transaction
from scanner.inventory.records import Device, Ending, IdentityChange, Run, RunSettings, Said, Sighting
from scanner.inventory.writer import BATCH, Batch, Writer
from scanner.model import Attempt, Coverage, Identification, Observation, Outcome

if TYPE_CHECKING:
    from sqlite_utils import Database

Words = ParamSpec("Words")
Answer = TypeVar("Answer")

PROVES_SOMEBODY = frozenset({Outcome.ANSWERED, Outcome.UNREADABLE, Outcome.CUT_SHORT, Outcome.REFUSED})

INSERT_PAYLOAD = (  # one that was dropped once, and is heard again, is whole again
    "INSERT INTO payloads (hash, bytes) VALUES (?, ?) "
    "ON CONFLICT DO UPDATE SET bytes = excluded.bytes, dropped = NULL WHERE dropped IS NOT NULL"
)
INSERT_OBSERVATION = (
    "INSERT INTO observations (run, subject, observed_at, address, mac, port, transport, protocol, request, "
    "payload, interface, outcome) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"
)
INSERT_ATTEMPT = "INSERT OR REPLACE INTO attempts VALUES (?, ?, ?, ?, ?, ?)"
SELECT_OBSERVATIONS = (
    "SELECT id, subject, observed_at, address, mac, port, transport, protocol, request, bytes AS payload, "
    "interface, outcome FROM observations LEFT JOIN payloads ON hash = payload WHERE dropped IS NULL AND "
)
NAMED = "SELECT * FROM devices WHERE address = :it OR mac = :mac OR serial = :it LIMIT 5"
SEEN_AS = """
    SELECT DISTINCT devices.* FROM sightings JOIN devices ON devices.id = device AND last_run = run
    WHERE sightings.address = :it OR sightings.mac = :mac LIMIT 5
"""
NOT_KEPT = """
    SELECT dropped, subject, observed_at, address, mac, port, transport, protocol, request, interface, outcome
    FROM observations JOIN payloads ON hash = payload
    WHERE device = ? AND run = ? AND dropped IS NOT NULL ORDER BY id
"""
SAID_ABOUT = """
    SELECT DISTINCT device FROM identifications WHERE run = :run AND NOT EXISTS (
        SELECT 1 FROM observations JOIN payloads ON hash = payload
        WHERE observations.device = identifications.device AND observations.run = :run AND dropped IS NOT NULL)
    ORDER BY device
"""
REPLIES_BEHIND = """
    SELECT observations.id, device, subject, observed_at, address, mac, port, transport, protocol, request,
        bytes AS payload, interface, outcome
    FROM json_each(:some) AS chosen JOIN observations ON device = chosen.value AND run = :run
    LEFT JOIN payloads ON hash = payload ORDER BY observations.id
"""
SAID_OF = """
    SELECT device, identification, identifiers, (
        SELECT reachable FROM sightings WHERE sightings.device = identifications.device AND sightings.run = :run
    ) AS reachable
    FROM json_each(:some) AS chosen JOIN identifications ON device = chosen.value AND run = :run
    JOIN statements ON hash = statement ORDER BY at, first_observation
"""
AT_ONCE = 1_000  # observations read in one go: bounds the memory, and lets the writer in between
SAID_AT_ONCE = 250  # devices, likewise


def utc_now() -> datetime:
    return datetime.now(UTC)


def open_inventory(path: Path, *, create: bool = True, patience: float = PATIENCE) -> Inventory:
    """Open the inventory at `path`. Raises CamcensusError when there is none, or when the file is not one.

    `patience` is for how many seconds another program may hold the file.
    """
    return Inventory(path, connect(path, create=create, patience=patience))


class Inventory:
    """One open inventory; `with` closes it."""

    def __init__(self, path: Path, db: Database, now: Callable[[], datetime] = utc_now) -> None:
        self.path, self._db, self._now = path, db, now
        self._lock = threading.RLock()  # one thread at a time at the connection
        self._writer = Writer(self._store)
        self._runs: set[str] = set()  # that are known to be in the file

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        try:
            self._writer.close()
        finally:
            self._db.close()

    # Runs

    def begin_run(self, settings: RunSettings) -> str:
        """Record that a run begins, and return its id; ids sort by time."""
        from importlib.metadata import version

        now = self._now()
        row = msgspec.to_builtins(settings) | {"started": rows.stamp(now), "version": version("camcensus")}
        row |= {key: rows.json_text(row[key]) for key in ("targets", "settings")}
        with self._writing() as db:
            run = run_id(now)
            while db.execute("SELECT 1 FROM runs WHERE id = ?", (run,)).fetchone():
                run = run_id(now)  # of a thousand that begin in one second, two may draw the same letters
            db.table("runs").insert({"id": run} | row)
            log.append(db, row["started"], [log.run_begun(run, row)])
        return run

    def finish_run(self, run: str, outcome: Ending, coverage: Coverage | Mapping[str, Any]) -> None:
        """Record how a run ended and what it could have seen, and bind what it heard to the log. A resumed run ends
        anew."""
        known = msgspec.convert(coverage, Coverage, from_attributes=True)
        end = {"ended": rows.stamp(self._now()), "outcome": outcome, "coverage": rows.json_text(known)}
        sealed = self._sealed(run)
        with self._writing() as db:
            db.table("runs").update(run, end)
            log.append(db, end["ended"], [log.run_ended(run, end, sealed)])

    def runs(self) -> list[Run]:
        """All runs, the newest first."""
        return [rows.run_of(row) for row in self._query("SELECT * FROM runs ORDER BY started DESC")]

    def run(self, run: str) -> Run:
        """The run with this id, or whose id alone begins so."""
        return rows.run_of(self._only("runs", run))

    # What was seen

    def add(self, run: str, observations: Iterable[Observation]) -> None:
        """Keep what was seen in a run. Here and below a run is named by its whole id."""
        self._known(run)
        remaining = iter(observations)
        while some := list(islice(remaining, BATCH)):
            self._writer.observations(run, some)

    def attempted(self, run: str, attempts: Iterable[Attempt]) -> None:
        """Keep the attempts that prove that somebody is there; the others are only counted, in the coverage."""
        self._known(run)
        self._writer.attempts(run, [attempt for attempt in attempts if attempt.outcome in PROVES_SOMEBODY])

    def save_progress(self, run: str, progress: Mapping[str, Any]) -> None:
        """What a resumed run needs to know, in the words of whoever resumes it."""
        self._known(run)
        self._writer.progress(run, rows.json_text(progress))  # as it is now: the caller goes on with it

    def flush(self) -> None:
        """Return once all that was added before is in the file."""
        self._writer.flush()

    def progress(self, run: str) -> dict[str, Any]:
        text = self._only("runs", run)["progress"]
        return msgspec.json.decode(text, type=dict[str, Any]) if text else {}

    def attempts(self, run: str) -> list[Attempt]:
        query = "SELECT address, port, transport, protocol, outcome FROM attempts WHERE run = ?"
        return [msgspec.convert(row, Attempt) for row in self._query(query, (run,))]

    def observations(
        self, run: str | None = None, device: str | None = None, *, after: int = 0
    ) -> Iterator[tuple[int, Observation]]:
        """The observations of a run, of a device or of both, each with its row id, as they came in.

        Those whose reply is not kept any more are `not_kept`.
        """
        chosen = {"run": run, "device": device}
        conditions = {
            "id > :after": True,
            # The plus: rows of all devices come by id, or else each part would sort the whole run anew.
            "run = :run" if device else "+run = :run": run,
            "device = :device": device,
        }
        where = " AND ".join(condition for condition, wanted in conditions.items() if wanted)
        query = f"{SELECT_OBSERVATIONS} {where} ORDER BY id LIMIT {AT_ONCE}"
        while some := self._query(query, chosen | {"after": after}):
            for row in some:
                after = row.pop("id")
                yield after, rows.observation_of(row)

    def not_kept(self, run: str, device: str) -> Iterator[tuple[datetime, Observation]]:
        """The observations of a device in a run of which only the place, the time and the hash are left, each with
        the time since when."""
        for row in self._query(NOT_KEPT, (device, run)):
            yield datetime.fromisoformat(row.pop("dropped")), rows.observation_of(row)

    def observation(self, row: int) -> Observation:
        """The observation with this row id. Raises LookupError when there is none, or when it is not kept."""
        for found in self._query(SELECT_OBSERVATIONS + "id = ?", (row,)):
            found.pop("id")
            return rows.observation_of(found)
        raise LookupError(f"no observation {row}")

    # Devices

    def record(self, run: str, seen: Iterable[Seen], *, fingerprints: str | None = None) -> list[str]:
        """File what was identified, and return the ids of the devices.

        A run may record as it goes on: an identification replaces those of the groups of observations that its
        own group grew out of. Recording the same again changes nothing. `fingerprints` is the version of those that
        were used, when it is not the run's own.
        """
        self._known(run)
        with self._writing(run) as db:
            filing = Filing(db, run, self._now(), fingerprints)
            for one in seen:
                filing.file(one)
            if places.anything_known(db):
                places.settle(db, filing.filed)
        return filing.filed

    def devices(self, where: str = "", *, run: str | None = None, sort: str = "") -> list[Device]:
        """The devices for which a condition of the query language holds, all or those seen in a run, in the order of
        their addresses or of the fields that `sort` names."""
        return list(self.each_device(where, run=run, sort=sort))

    def each_device(
        self, where: str = "", *, run: str | None = None, sort: str = "", evidence: bool = True,
        limit: int | None = None, skip: int = 0,
    ) -> Iterator[Device]:  # fmt: skip
        """The same, a few at a time; without their evidence, which is most of what there is to read, when nobody
        needs it; not the first `skip` of them, and no more than `limit`."""
        ids = self._rows(*search.device_query([FIELDS["id"]], where, run, sort, limit, skip))
        query = search.CHOSEN.format(columns=search.WHOLE if evidence else search.WITHOUT_EVIDENCE)
        for at in range(0, len(ids), AT_ONCE):
            some = rows.json_text([id for (id,) in ids[at : at + AT_ONCE]])
            yield from (rows.device_of(row) for row in self._query(query, (some,)))

    def listed(
        self, columns: Sequence[Field], where: str = "", *, run: str | None = None, sort: str = "",
        limit: int | None = None, skip: int = 0,
    ) -> Iterator[Sequence[object]]:  # fmt: skip
        """Some columns of the devices for which a condition holds: the quickest way to many."""
        found = self._rows(*search.device_query(columns, where, run, sort, limit, skip))
        how = search.decoders(columns)
        return (search.decoded(row, how) for row in found) if how else iter(found)

    def count(self, where: str = "", *, run: str | None = None) -> int:
        """How many devices there are for which a condition holds, of all or of those seen in a run."""
        return int(self._rows(*search.count_query(where, run))[0][0])

    def device(self, device: str) -> Device:
        """The device with this address, MAC address, serial number or id, or whose id alone begins so. Of a device with
        several addresses all count at which its last run saw it."""
        names = {"it": device, "mac": device.lower().replace("-", ":")}
        for query in (NAMED, SEEN_AS) if device else ():
            if found := self._query(query, names):
                break
        else:
            found = [self._only("devices", device)]
        if len(found) > 1:
            named = (f"{one['id']} at {one['site'] or one['seen_at_site'] or 'no site'}" for one in found)
            raise CamcensusError(
                f"more than one device is {device}", why=", ".join(named), fix="name it by its id"
            )
        return rows.device_of(found[0])

    def identifications(self, device: str) -> list[tuple[str, Identification]]:
        """What each run said about a device, in the order of time: the run, and its identification."""
        query = (
            "SELECT run, identification FROM identifications JOIN statements ON hash = statement "
            "WHERE device = ? ORDER BY at, run"
        )
        return [
            (row["run"], rows.identification_of(row["identification"]))
            for row in self._query(query, (device,))
        ]

    def said(self, run: str, chosen: Container[str] | None = None) -> Iterator[Said]:
        """All that a run said, or what it said of chosen devices, device by device, with the replies behind it.

        Devices of which replies of that run are not kept any more are left out: from what is left of them, they would
        be identified worse than they were.
        """
        about: dict[str, Any] = {"run": run}
        devices = self._query(SAID_ABOUT, about)
        if chosen is not None:
            devices = [row for row in devices if row["device"] in chosen]
        for start in range(0, len(devices), SAID_AT_ONCE):
            about["some"] = rows.json_text([row["device"] for row in devices[start : start + SAID_AT_ONCE]])
            replies: dict[str, list[tuple[int, Observation]]] = {}
            for row in self._query(REPLIES_BEHIND, about):
                number = row.pop("id")
                replies.setdefault(row.pop("device"), []).append((number, rows.observation_of(row)))
            said: dict[str, list[rows.Row]] = {}
            for row in self._query(SAID_OF, about):
                said.setdefault(row["device"], []).append(row)
            for device, of in said.items():
                yield Said(
                    device,
                    rows.identification_of(of[-1]["identification"]),
                    msgspec.json.decode(of[-1]["identifiers"], type=tuple[Identifier, ...]),
                    len(of) == 1,
                    of[-1]["reachable"],
                    tuple(replies.get(device, ())),
                )

    def confirm(self, run: str, devices: Sequence[str], fingerprints: str) -> None:
        """Note that other fingerprints say the same of devices as those that a run was identified with."""
        with self._writing() as db:
            db.execute(
                "UPDATE identifications SET fingerprints = ? WHERE run = ? AND device IN "
                "(SELECT value FROM json_each(?))",
                (fingerprints, run, rows.json_text(devices)),
            )

    def sightings(self, device: str) -> list[Sighting]:
        """Where a device was seen, in the order of time."""
        query = "SELECT * FROM sightings WHERE device = ? ORDER BY at, run"
        return [rows.sighting_of(row) for row in self._query(query, (device,))]

    # What was not seen

    def looks(self) -> Iterator[rows.Row]:
        """Of each device: `id`, `seen_at_site`, run and time of the last conclusive `look` at it, and whether its
        last sighting knew it `by_address` alone."""
        self.flush()
        with self._lock, explained(self.path):
            yield from looks.looks(self._db)

    def told_by(self, recorders: Sequence[str]) -> Iterator[tuple[str, Observation]]:
        """The last replies in which recorders (device ids) say how many cameras they record."""
        self.flush()
        for start in range(0, len(recorders), AT_ONCE):
            with self._lock, explained(self.path):
                some = list(looks.told(self._db, recorders[start : start + AT_ONCE]))
            for row in some:
                yield row["device"], Observation(protocol=row["protocol"], payload=row["payload"])

    def known_networks(self) -> tuple[dict[str, str], list[rows.Row]]:
        """The sites, id to name, and the rows of the networks that were named."""
        sites = {row["id"]: row["name"] for row in self._query(looks.SITES)}
        return sites, self._query(looks.NETWORKS)

    # One unit or two

    def merge(self, one: str, other: str, *, by: str, why: str) -> str:
        """Make one device of two, because somebody knows that they are one unit, and return its id."""
        first, second = self.device(one).id, self.device(other).id
        if first == second:
            raise CamcensusError(f"{one} and {other} are one device already", why=f"both name {first}")
        with self._writing() as db:
            return merging.merge(db, first, second, rows.stamp(self._now()), by=by, why=why)

    def unmerge(self, gone: str, *, by: str, why: str) -> str:
        """Bring back a device that was merged into another, and never join the two again; return its id."""
        query = (
            "SELECT * FROM identity_changes WHERE other = ? AND kind = 'merge' AND undone IS NULL "
            "ORDER BY id DESC"
        )
        for merged in self._query(query, (gone,)):
            if not self._query("SELECT 1 FROM devices WHERE id = ?", (merged["device"],)):
                raise CamcensusError(
                    f"{gone} cannot be brought back yet",
                    why=f"it was merged into {merged['device']}, which was merged into another itself since",
                    fix=f"undo that first: camcensus devices split {merged['device']}",
                )
            with self._writing() as db:
                return merging.undo(db, merged, rows.stamp(self._now()), by, why)
        raise CamcensusError(
            f"no device {gone} was merged into another", fix="look at: camcensus devices history DEVICE"
        )

    def split(self, device: str, belongs: Callable[[str, Identification], bool], *, by: str, why: str) -> str:
        """Move that part of a device's history to a new device of which `belongs` is true, and return its id.

        `belongs` is asked about each identification, with its run.
        """
        query = (
            "SELECT identifications.rowid AS number, run, identification FROM identifications "
            "JOIN statements ON hash = statement WHERE device = ?"
        )
        said = self._query(query, (device,))
        chosen = [
            row["number"]
            for row in said
            if belongs(row["run"], rows.identification_of(row["identification"]))
        ]
        if not chosen or len(chosen) == len(said):
            whole = "nothing" if not chosen else "all"
            raise CamcensusError(
                f"{device} was not split", why=f"{whole} of what is known of it would move to the new device"
            )
        with self._writing() as db:
            return merging.split(db, device, chosen, rows.stamp(self._now()), by, why)

    def identity_changes(self, device: str | None = None) -> list[IdentityChange]:
        """The merges and splits, of all devices or those in which one took part, in the order of time."""
        where = "WHERE :device IN (device, other)" if device else ""
        found = self._query(f"SELECT * FROM identity_changes {where} ORDER BY at, id", {"device": device})
        return [
            msgspec.convert({k: v for k, v in row.items() if v is not None}, IdentityChange) for row in found
        ]

    # What other modules ask and change

    def ask(
        self,
        question: Callable[Concatenate[Database, Words], Answer],
        *args: Words.args,
        **kwargs: Words.kwargs,
    ) -> Answer:
        """What a function of places.py or registers.py reads from the inventory."""
        self.flush()
        with self._lock, explained(self.path):
            return question(self._db, *args, **kwargs)

    def change(
        self,
        what: Callable[Concatenate[Database, str, str, Words], Answer],
        by: str,
        *args: Words.args,
        **kwargs: Words.kwargs,
    ) -> Answer:
        """Let a function of places.py or registers.py change the inventory, now, in the name of `by`: wholly or not
        at all."""
        with self._writing() as db:
            return what(db, rows.stamp(self._now()), by, *args, **kwargs)

    # The connection

    def _query(self, query: str, values: Sequence[Any] | dict[str, Any] = ()) -> list[rows.Row]:
        self.flush()
        with self._lock, explained(self.path):
            return list(self._db.query(query, values))

    def _rows(self, query: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        self.flush()
        with self._lock, explained(self.path):
            return list(self._db.execute(query, values).fetchall())

    @contextmanager
    def _writing(self, run: str | None = None) -> Iterator[Database]:
        """All or nothing; the log tells what is said otherwise of devices then, by a run where one says it."""
        self.flush()
        with self._lock, explained(self.path), transaction(self._db):
            yield self._db
            log.tell_devices(self._db, rows.stamp(self._now()), run)

    def _sealed(self, run: str) -> Seal:
        """The seal of all that a run heard so far; others get a turn meanwhile."""
        return seal(log.heard(self, run), self.ask(log.secret_of))

    def _store(self, batch: Batch) -> None:
        seen = batch.observations
        bodies = ((rows.digest(one.payload), one.payload) for _, one in seen if one.payload)
        progress = ((text, run) for run, text in batch.progress.items())
        with self._lock, explained(self.path), transaction(self._db):
            execute = self._db.conn.executemany
            execute(INSERT_PAYLOAD, bodies)
            execute(INSERT_OBSERVATION, (rows.observation_row(run, one) for run, one in seen))
            execute(INSERT_ATTEMPT, ((run, *msgspec.structs.astuple(one)) for run, one in batch.attempts))
            execute("UPDATE runs SET progress = ? WHERE id = ?", progress)

    def _known(self, run: str) -> None:
        """Raises CamcensusError when there is no run of this name."""
        if run in self._runs:
            return
        with self._lock, explained(self.path):
            there = self._db.conn.execute("SELECT 1 FROM runs WHERE id = ?", (run,)).fetchone()
        if not there:
            raise CamcensusError(
                f"nothing can be recorded for run {run!r}",
                why=f"no run in the inventory {self.path} has this name in full",
                fix="begin one first, or take its whole id from: camcensus runs",
            )
        self._runs.add(run)

    def _only(self, table: str, id: str) -> rows.Row:
        """The one row whose id is this or begins so."""
        found = self._query(f"SELECT * FROM {table} WHERE substr(id, 1, ?) = ? LIMIT 2", (len(id), id))
        if len(found) != 1 or not id:
            noun = table.removesuffix("s")
            raise CamcensusError(
                f"there is no {noun} {id!r}" if not found else f"more than one {noun} begins with {id!r}",
                why=f"in the inventory {self.path}",
                fix=f"list them with: camcensus {table}",
            )
        return found[0]
