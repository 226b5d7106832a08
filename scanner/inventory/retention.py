"""Which raw replies may go after some time, and letting go of them.

A reply stays, however old it is, when it
- supports a claim that stands (standing.py),
- was part of the last conclusive look at a device, or at a part of one that a merge brought,
- says how many cameras a recorder has,
- or was heard by the latest run of a site.

Of what goes, the observation stays with its time, its place and the hash of the reply, so that evidence can say since
when it is not kept. What a run said about a device stays too, and is not identified again.
"""

from __future__ import annotations

import collections
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from scanner.evidence.canonical import digest
from scanner.inventory import journal, standing
from scanner.inventory.care import opened
from scanner.inventory.looks import CONCLUSIVE
from scanner.inventory.opening import transaction
from scanner.inventory.rows import observation_of, stamp
from scanner.inventory.standing import Standing

if TYPE_CHECKING:
    from sqlite_utils import Database

DEVICES_AT_ONCE = 1_000
ATTEMPTS = 2  # to choose while others may write; then they wait
TABLES_OF_CHOICE = """
    CREATE TEMP TABLE kept (payload TEXT PRIMARY KEY) WITHOUT ROWID;
    CREATE TEMP TABLE going (payload TEXT PRIMARY KEY) WITHOUT ROWID;
"""
WHEN = "ifnull(observed_at, (SELECT started FROM runs WHERE id = run))"
KEEP_RECENT = f"""
    INSERT OR IGNORE INTO kept SELECT payload FROM observations WHERE payload IS NOT NULL AND (
        {WHEN} >= :before OR run IN (
            SELECT id FROM runs AS its WHERE NOT EXISTS (
                SELECT 1 FROM runs AS later WHERE later.site IS its.site
                    AND (later.started, later.id) > (its.started, its.id))))
"""
KEEP_LOOKS = f"""
    INSERT OR IGNORE INTO kept
    SELECT payload FROM devices JOIN observations ON observations.device = devices.id AND observations.run = ifnull((
        SELECT identifications.run FROM identifications JOIN statements ON hash = statement
        WHERE device = devices.id AND {CONCLUSIVE} ORDER BY at DESC LIMIT 1), last_run)
    WHERE payload IS NOT NULL
"""
KEEP_TOLD = """
    INSERT OR IGNORE INTO kept SELECT payload FROM (
        SELECT max(observations.id), payload FROM observations JOIN payloads ON hash = payload
        WHERE device IS NOT NULL AND (protocol IN ('sadp', 'dhdiscover')
            OR protocol = 'isapi' AND instr(bytes, CAST('InputProxyChannel' AS BLOB)))
        GROUP BY device, protocol)
"""
KEEP = "INSERT OR IGNORE INTO kept VALUES (?)"
WITH_OLD_REPLIES = f"""
    SELECT id FROM devices WHERE EXISTS (
        SELECT 1 FROM observations WHERE device = devices.id AND payload IS NOT NULL AND {WHEN} < :before)
"""
REPLIES = f"""
    SELECT id, evidence FROM devices WHERE evidence != '[]' AND EXISTS (
        SELECT 1 FROM observations WHERE device = devices.id AND payload IS NOT NULL AND {WHEN} < :before)
"""
REPLIES = f"""
    SELECT observations.id, observations.payload AS hash, {WHEN} < :before AND dropped IS NULL AS old, subject,
        observed_at, address, mac, port, transport, protocol, request, bytes AS payload, interface, outcome
    FROM observations JOIN payloads ON payloads.hash = observations.payload
    WHERE device = :device AND protocol IN (SELECT value FROM json_each(:protocols)) AND dropped IS NULL
    ORDER BY old DESC
"""
CHOOSE = """
    INSERT INTO going SELECT hash FROM payloads WHERE dropped IS NULL AND hash NOT IN (SELECT payload FROM kept)
        AND hash IN (SELECT payload FROM observations)
"""
BY_RUN = """
    SELECT run, count(*) FROM observations WHERE payload IN (SELECT payload FROM going) GROUP BY run ORDER BY run
"""
BYTES = "SELECT ifnull(sum(length(bytes)), 0) FROM payloads WHERE hash IN (SELECT payload FROM going)"
DROP = """
    UPDATE payloads SET sha256 = ifnull(sha256, sha256_of(bytes)), bytes = x'', dropped = ?
    WHERE hash IN (SELECT payload FROM going)
"""


class LetGo(msgspec.Struct, frozen=True):
    """The replies that went, or would go."""

    runs: dict[str, int]  # observations, by run
    bytes: int


def retain(path: Path, before: datetime, *, by: str = "", why: str = "", dry_run: bool = False) -> LetGo:
    """Let go of the replies that are older than `before` and support nothing, and note in the journal how many of each
    run went."""
    at = stamp(datetime.now(UTC))
    with opened(path) as db:
        db.register_function(digest, name="sha256_of", deterministic=True)
        db.conn.executescript(TABLES_OF_CHOICE)
        for others_wait in (*[False] * ATTEMPTS, True):
            version = data_version(db)
            if not others_wait:
                db.execute("BEGIN")
                choose(db, before)
                db.execute("COMMIT")
            if dry_run:
                return going(db)
            with transaction(db):
                if others_wait:
                    choose(db, before)
                elif data_version(db) != version:
                    continue  # somebody wrote meanwhile: what was chosen may support something now
                result = going(db)
                db.execute(DROP, (at,))
                about = {"device": None, "cause": "retention", "field": "replies", "after": None, "why": why}
                journal.write(db, at, by, (about | {"run": run, "before": str(count)}
                                           for run, count in result.runs.items()))  # fmt: skip
                return result
    raise AssertionError("nobody can write between the last choice and its deed")


def choose(db: Database, before: datetime) -> None:
    """Fill the table `going`."""
    chosen = {"before": stamp(before)}
    for table in ("kept", "going"):
        db.execute(f"DELETE FROM {table}")
    for query in (KEEP_RECENT, KEEP_LOOKS, KEEP_TOLD):
        db.execute(query, chosen if ":before" in query else {})
    parts = standing.Parts(db)
    spared = set(standing.last_looks(db, parts))
    devices = [device for (device,) in db.execute(WITH_OLD_REPLIES, chosen).fetchall()]
    for start in range(0, len(devices), DEVICES_AT_ONCE):
        for one in standing.claims(db, devices[start : start + DEVICES_AT_ONCE], parts):
            spared.update(supporting(db, one, chosen["before"]))
    db.conn.executemany(KEEP, ((payload,) for payload in spared))
    db.execute(CHOOSE)


def supporting(db: Database, stands: Standing, before: str) -> Iterator[str]:
    """The hashes of the old replies of a device in which a claim that stands can be read.

    A claim that can be read in none, because it was read otherwise then, keeps all replies of its protocol.
    """
    from scanner.probes import read_fields

    wanted = collections.defaultdict(set)
    for claim in stands.claims:
        wanted[claim.protocol].add(claim.excerpt)
    unseen = {(protocol, excerpt) for protocol, excerpts in wanted.items() for excerpt in excerpts}
    old = collections.defaultdict(list)
    about = {
        "device": stands.device,
        "before": before,
        "protocols": msgspec.json.encode(list(wanted)).decode(),
    }
    for row in db.query(REPLIES, about):
        id, hash, is_old = row.pop("id"), row.pop("hash"), row.pop("old")
        if stands.replies is not None and id not in stands.replies:
            continue
        if is_old:
            old[row["protocol"]].append(hash)
        elif not unseen:
            break
        names = wanted[row["protocol"]]
        found = {one for one in names if one.encode() in row["payload"]}
        if len(found) < len(names):  # what is not in its bytes as it stands may be in what is read from them
            read = [one for values in read_fields(observation_of(row)).fields.values() for one in values]
            found |= {one for one in names if any(one in value for value in read)}
        unseen -= {(row["protocol"], excerpt) for excerpt in found}
        if found and is_old:
            yield hash
    for protocol in {protocol for protocol, _ in unseen}:
        yield from old[protocol]


def going(db: Database) -> LetGo:
    return LetGo(dict(db.execute(BY_RUN).fetchall()), db.execute(BYTES).fetchone()[0])


def data_version(db: Database) -> int:
    """A number that changes when somebody else writes to the file."""
    return int(db.execute("PRAGMA data_version").fetchone()[0])
