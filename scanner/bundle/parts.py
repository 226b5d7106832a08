"""What a bundle holds of an inventory, part by part: lines of JSON, in an order that follows from the state alone."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import msgspec

from scanner.bundle.redaction import Redaction
from scanner.evidence.log import NOWHERE, Entry, Head, Secret
from scanner.evidence.removals import Removal
from scanner.evidence.seals import Heard, leaf
from scanner.inventory import log, removals, rows
from scanner.inventory.records import Device, Run
from scanner.observations import write

if TYPE_CHECKING:
    from sqlite_utils import Database

    from scanner.inventory import Inventory

JSON = msgspec.json.Encoder()
AT_ONCE = 1_000
PLACE: tuple[Secret, ...] = ("addresses",)
PAGE = """
    SELECT observations.id, device, run, subject, observed_at, address, mac, port, transport, protocol, request,
        interface, outcome, bytes, dropped, sha256
    FROM observations LEFT JOIN payloads ON hash = payload
    WHERE run = ? AND observations.id > ? AND observations.id <= ? ORDER BY observations.id LIMIT ?
"""
SEAL = "SELECT fields FROM log WHERE kind IN ('run-ended', 'run-adopted') AND subjects = ? ORDER BY seq DESC LIMIT 1"
LAST_CHANGE = "SELECT seq, hash, at FROM log WHERE kind != 'exported' ORDER BY seq DESC LIMIT 1"
NAMES_OF = """
    SELECT site, building, floor, room, switch, switch_port, owner, asset, lease, contract, note, address, mac, serial
    FROM devices WHERE id IN (SELECT value FROM json_each(?))
"""
IDENTIFIERS = """
    SELECT DISTINCT kind, value FROM identifiers WHERE device IN (SELECT value FROM json_each(?))
"""
PEOPLE = "SELECT DISTINCT operator FROM runs UNION SELECT DISTINCT authorisation FROM runs UNION " \
         "SELECT DISTINCT by FROM journal UNION SELECT id FROM sites UNION SELECT name FROM sites"  # fmt: skip


class End(msgspec.Struct, frozen=True):
    """Where the log of a bundle ends: at the last entry that is no export, so that handing out changes no bundle."""

    head: Head
    at: str


def end(inventory: Inventory) -> End:
    return inventory.ask(_end)


def _end(db: Database) -> End:
    found = db.execute(LAST_CHANGE).fetchone()
    return End(Head(found[0], found[1]), found[2]) if found else End(NOWHERE, "")


def redaction(inventory: Inventory, secrets: Collection[Any], chosen: Collection[str]) -> Redaction:
    """What is to be kept back, with all values of the chosen devices that would tell it."""
    return Redaction(secrets, inventory.ask(lambda db: set(_values(db, secrets, chosen))) if secrets else ())


def _values(db: Database, secrets: Collection[str], chosen: Collection[str]) -> Iterator[str]:
    ids = rows.json_text(sorted(chosen))
    for row in db.query(NAMES_OF, [ids]):
        for name, value in row.items():
            by = {"address": "addresses", "mac": "addresses", "serial": "serials"}.get(name, "names")
            if value and by in secrets:
                yield from spelt(value) if by == "addresses" else (value,)
    for kind, value in db.execute(IDENTIFIERS, (ids,)):
        if kind == "serial" and "serials" in secrets:
            yield from (value, value.rpartition(" ")[2])
        if kind == "mac" and "addresses" in secrets:
            yield from spelt(value)
    if "names" in secrets:
        yield from (name for (name,) in db.execute(PEOPLE) if name)
    for one in removals.removals(db):
        if one.device in chosen:
            named = ("by", "removed_by", "witness", "disposed_to") if "names" in secrets else ()
            numbers = ("certificate", "receipt", "media_serials") if "serials" in secrets else ()
            yield from (value for name in (*named, *numbers) if (value := getattr(one, name)))
            yield from (
                value for name, value in one.unit.items() if name == "serial" and "serials" in secrets
            )


def spelt(address: str) -> tuple[str, ...]:
    """An address as names and serial numbers hold it: some makers number units by their MAC address."""
    return address, address.replace(":", ""), address.replace(":", "-").replace(".", "-")


def device_lines(devices: Iterable[Device], kept: Redaction) -> Iterator[bytes]:
    for device in devices:
        yield JSON.encode(kept.device(msgspec.to_builtins(device))) + b"\n"


def run_lines(runs: Iterable[Run], kept: Redaction) -> Iterator[bytes]:
    for run in runs:
        yield JSON.encode(kept.run(msgspec.to_builtins(run))) + b"\n"


def removal_lines(records: Iterable[Removal], kept: Redaction) -> Iterator[bytes]:
    for one in records:
        yield JSON.encode(kept.removal(msgspec.to_builtins(one))) + b"\n"


def log_lines(
    inventory: Inventory, last: int, about: Callable[[Entry], bool], kept: Redaction
) -> Iterator[bytes]:
    """Every entry up to `last`: those that the bundle is about with their fields, of the others the digest alone."""
    for entry in log.entries(inventory):
        if entry.seq > last:
            return
        yield JSON.encode(kept.entry(entry)) + b"\n" if about(entry) else closed(entry)


def closed(entry: Entry) -> bytes:
    return JSON.encode({"seq": entry.seq, "digest": entry.digest, "hash": entry.hash}) + b"\n"


def sealed(inventory: Inventory, run: str) -> int | None:
    """The last observation that the seal of a run binds; None when it has no seal yet."""
    found = inventory.ask(lambda db: db.execute(SEAL, (rows.json_text([run]),)).fetchone())
    return int(msgspec.json.decode(found[0])["observations"]["last"]) if found else None


def replies(
    inventory: Inventory, run: str, last: int, chosen: Collection[str], kept: Redaction, leaves: list[bytes]
) -> Iterator[bytes]:
    """The replies of chosen devices in a run, as lines of the contract with their leaves; `leaves` gets one line for
    each reply of the run, whoever it is of."""
    secret, after = inventory.ask(log.secret_of), 0
    while some := inventory.ask(_page, run, after, last):
        for row in some:
            after = row["id"]
            content = row.pop("bytes")
            dropped, known = row.pop("dropped"), row.pop("sha256")
            device = row.pop("device")
            bound = log._bound(known, content, dropped)
            it = leaf(Heard(**row, payload=bound), secret)
            leaves.append(it.digest.encode() + b"\n")
            if device in chosen and (line := reply(row, content, it, device, len(leaves) - 1, kept)):
                yield line


def reply(
    row: Mapping[str, Any], content: bytes | None, it: Any, device: str, place: int, kept: Redaction
) -> bytes | None:
    """One reply of a chosen device; None when nothing of it can be shown."""
    bound = {"device": device, "place": place, "leaf": it}
    if not kept:
        line = write(rows.observation_of({**row, "payload": content, "id": None, "run": None}))
        return line[:-2] + b',"proof":' + JSON.encode(bound) + b"}\n"
    if kept.safe(row["request"]) != row["request"] or kept.safe(row["interface"]) != row["interface"]:
        return None  # both stand open in the leaf: its digest, among the leaves, is all that can be shown
    at_all = not kept.hides(PLACE) and kept.safe(row["subject"]) == row["subject"]
    shown = {"where": it.open["where"]} if at_all else {}
    bound["leaf"] = msgspec.structs.replace(it, open=shown)
    hidden = () if shown else ("subject", "address", "mac")
    names = (
        "subject",
        "observed_at",
        "address",
        "mac",
        "port",
        "transport",
        "protocol",
        "request",
        "interface",
        "outcome",
    )
    said = {name: row[name] for name in names if row[name] is not None and name not in hidden}
    return JSON.encode(said | {"proof": bound}) + b"\n"


def _page(db: Database, run: str, after: int, last: int) -> list[dict[str, Any]]:
    return list(db.query(PAGE, (run, after, last, AT_ONCE)))
