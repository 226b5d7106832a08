"""The rows of asset registers and cable plans, and which devices they are: found by rules, or decided by a person.

A row is matched by serial number, else MAC address, else asset number, else address together with the model. Where
that leaves a choice, or where two of them contradict each other, the row waits for a person: nothing is guessed.
docs/explanation/places.md explains the rules.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

import msgspec

from scanner.errors import CamcensusError
from scanner.evidence.canonical import canonical, digest
from scanner.evidence.log import Event
from scanner.identifiers import alike, distinctive
from scanner.inventory import log
from scanner.inventory.journal import Change, journal
from scanner.inventory.places import MERGED, current, known_site, settle
from scanner.inventory.rows import PLACED, Row, address_order
from scanner.registers.entries import Entry, Problem, Reading

if TYPE_CHECKING:
    from sqlite_utils import Database

List = Literal["matched", "not-in-register", "not-seen", "for-a-person"]
Rule = Literal["person", "serial", "mac", "asset", "address"]

KEYED_BY = ("asset", "serial", "mac", "address")  # what a row is known by from one import to the next
FIELDS = ("serial", "mac", "address", "model", "name", *PLACED)
SHORTEST_TAIL = 9  # characters: a register may hold all of a serial number of which the device gives the end
SURVEILLANCE = ("camera", "nvr", "dvr", "encoder", "doorbell", "access-control")

DEVICES = "SELECT * FROM devices"
IDENTIFIERS = "SELECT device, kind, value FROM identifiers WHERE kind IN ('serial', 'mac')"
INSERT_ROW = (
    f"INSERT INTO register_rows (register, sheet, row, key, {', '.join(FIELDS)}) "
    f"VALUES (:register, :sheet, :row, :key, {', '.join(f':{field}' for field in FIELDS)})"
)


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a reconciliation: a row of a register, a device, or both."""

    list: List
    row: str | None = None  # as `register match` names it
    device: str | None = None
    rule: Rule | None = None
    why: str = ""
    site: str | None = None
    serial: str | None = None
    mac: str | None = None
    asset: str | None = None
    address: str | None = None
    model: str | None = None
    name: str | None = None


class Register(msgspec.Struct, frozen=True, kw_only=True):
    """One register that was imported, as it was last."""

    name: str
    file: str
    read_as: str
    at: str
    by: str
    rows: int = 0
    matched: int = 0


def registers(db: Database) -> list[Register]:
    query = (
        "SELECT registers.name, file, read_as, at, by, count(row) AS rows, count(device) AS matched "
        "FROM registers LEFT JOIN register_rows ON register = registers.name "
        "GROUP BY registers.name ORDER BY registers.name"
    )
    return [msgspec.convert(row, Register) for row in db.query(query)]


def take_in(
    db: Database, at: str, by: str, name: str, file: str, reading: Reading, site: str | None = None
) -> list[Change]:
    """Replace the rows of a register by those that were read, and match them. Returns what changed of devices.

    A row whose site nobody knows moves to the rejected ones of `reading`.
    """
    reject_unknown_sites(db, reading, file, site)
    db.execute("DELETE FROM register_rows WHERE register = ?", (name,))
    about = {
        "name": name,
        "file": file,
        "read_as": "; ".join(reading.about),
        "at": at,
        "by": by,
        "site": site,
    }
    db.table("registers").upsert(about, pk="name")
    keyed: dict[str, int] = defaultdict(int)
    for entry in reading.entries:
        key = key_of(entry.fields)
        keyed[key] += 1
        if keyed[key] > 1:
            key += f" #{keyed[key]}"
        row = dict.fromkeys(FIELDS) | entry.fields
        db.execute(INSERT_ROW, row | {"register": name, "sheet": entry.sheet, "row": entry.row, "key": key})
    counted = Change("", "register", None, name)
    journal(db, at, by, "register", [counted], f"{len(reading.entries)} rows of {file}")
    content = digest(canonical([[one.sheet, one.row, one.fields] for one in reading.entries]))
    told = {
        "by": by,
        "what": "register",
        "note": name,
        "file": file,
        "rows": len(reading.entries),
        "content": content,
    }
    log.append(db, at, [Event("register-imported", (), {key: value for key, value in told.items() if value})])
    return rematch(db, at, by)


def reject_unknown_sites(db: Database, reading: Reading, file: str, site: str | None) -> None:
    kept = []
    known: dict[str, str | CamcensusError] = {}
    for entry in reading.entries:
        named = entry.fields.get("site") or site
        if named and named not in known:
            try:
                known[named] = known_site(db, named)
            except CamcensusError as error:
                known[named] = error
        found = known[named] if named else None
        if isinstance(found, CamcensusError):
            text = f"{found.what}; to add it: {found.fix}"
            reading.rejected.append(
                Problem(file, entry.sheet, entry.row, reading.headings.get("site", ""), text)
            )
        else:
            kept.append(Entry(entry.sheet, entry.row, entry.fields | ({"site": found} if found else {})))
    reading.entries = kept


def key_of(fields: Mapping[str, str]) -> str:
    for field in KEYED_BY:
        if text := fields.get(field):
            return f"{field} {text.casefold()}"
    return f"port {fields.get('switch', '')} {fields.get('switch_port', '')}".casefold()


def remove(db: Database, at: str, by: str, name: str) -> list[Change]:
    """Forget a register and its rows; what people decided about them is kept for another import."""
    if not db.execute("SELECT 1 FROM registers WHERE name = ?", (name,)).fetchone():
        raise CamcensusError(f"there is no register {name!r}", fix="list them with: camcensus register list")
    db.execute("DELETE FROM register_rows WHERE register = ?", (name,))
    db.execute("DELETE FROM registers WHERE name = ?", (name,))
    journal(db, at, by, "register", [Change("", "register", name, None)], "removed")
    return rematch(db, at, by)


# Which row is which device


class Candidates:
    """The devices as a register may name them."""

    def __init__(self, db: Database) -> None:
        from fingerprints import serials

        self.devices: dict[str, Row] = {row["id"]: row for row in db.query(DEVICES)}
        self.serials: dict[str, set[str]] = defaultdict(set)  # of each device
        self.macs: dict[str, set[str]] = defaultdict(set)
        for device, kind, value in db.execute(IDENTIFIERS).fetchall():
            if kind == "mac":
                self.macs[device].add(value)
            else:
                self.serials[device].add(value.rpartition(" ")[2].upper())
        for id, row in self.devices.items():
            if row["mac"]:
                self.macs[id].add(row["mac"])
            if distinctive(row["serial"]):
                self.serials[id].add(row["serial"].upper())
                read = serials.read(row["serial"], row["maker"], row["model"])
                self.serials[id] |= {read.short.upper()} if read and read.short else set()
        self.by_serial = inverted(self.serials)
        self.by_mac = inverted(self.macs)
        self.by_address: dict[str, set[str]] = defaultdict(set)
        self.by_asset: dict[str, set[str]] = defaultdict(set)
        for id, row in self.devices.items():
            if row["address"]:
                self.by_address[row["address"]].add(id)
            if row["asset"] and '"asset":"person"' in (row["placed_by"] or ""):
                self.by_asset[row["asset"].casefold()].add(id)

    def of_serial(self, text: str) -> set[str]:
        if not distinctive(text):
            return set()
        text = text.replace(" ", "").upper()
        if text in self.by_serial:
            return self.by_serial[text]
        tails = (text[at:] for at in range(1, len(text) - SHORTEST_TAIL + 1))
        return next((self.by_serial[tail] for tail in tails if tail in self.by_serial), set())

    def find(self, row: Row) -> dict[Rule, set[str]]:
        """The devices that each rule proposes for a row."""
        found: dict[Rule, set[str]] = {}
        if row["serial"]:
            found["serial"] = self.of_serial(row["serial"])
        if row["mac"]:
            found["mac"] = self.by_mac.get(row["mac"], set())
        if row["asset"]:
            found["asset"] = self.by_asset.get(row["asset"].casefold(), set())
        if row["address"]:
            there = self.by_address.get(row["address"], set())
            found["address"] = {one for one in there if self.fits(row, one)}
        return {rule: devices for rule, devices in found.items() if devices}

    def fits(self, row: Row, device: str) -> bool:
        """Whether what is at an address may be the unit of a row: the model is the same, and no number speaks
        against it. The same address at another site is another device."""
        it = self.devices[device]
        elsewhere = row["site"] and it["site"] and row["site"] != it["site"]
        return (
            not elsewhere
            and same_model(it["model"], row["model"] or "", row["name"] or "")
            and not self.contradicts(row, device, "serial")
            and not self.contradicts(row, device, "mac")
        )

    def perhaps(self, row: Row) -> list[str]:
        """What is at the address of a row that names no model, or states none itself, where no number speaks against
        it: too little to match by, and too much to say that the unit was not seen."""
        it = self.devices
        return [
            one
            for one in sorted(self.by_address.get(row["address"] or "", ()))
            if not (row["site"] and it[one]["site"] and row["site"] != it[one]["site"])
            and not (it[one]["model"] and (row["model"] or row["name"]))
            and not self.contradicts(row, one, "serial")
            and not self.contradicts(row, one, "mac")
        ]

    def contradicts(self, row: Row, device: str, kind: Literal["serial", "mac"]) -> bool:
        """Whether the register and the device both have such a number, and have different ones."""
        if kind == "mac":
            return bool(row["mac"] and self.macs[device] and row["mac"] not in self.macs[device])
        known = self.serials[device]
        return bool(row["serial"] and known and device not in self.of_serial(row["serial"]))


def inverted(sets: Mapping[str, Iterable[str]]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for device, values in sets.items():
        for value in values:
            found[value].add(device)
    return dict(found)


def same_model(stated: str | None, *written: str) -> bool:
    """Whether the model that a device states stands in a text of a register, or the text in the model."""
    it = (stated or "").casefold().replace(" ", "")
    texts = [text.casefold().replace(" ", "") for text in written]
    telling = [text for text in texts if len(text) >= 4 and any(map(str.isdigit, text))]
    return len(it) >= 4 and any(map(str.isdigit, it)) and any(it in text or text in it for text in telling)


def rematch(db: Database, at: str, by: str) -> list[Change]:
    """Match all rows of all registers anew, and settle the devices. Returns what is another now."""
    found = match(db)
    for number, (device, rule, _) in found.items():
        db.execute("UPDATE register_rows SET device = ?, rule = ? WHERE id = ?", (device, rule, number))
    changes = settle(db)
    journal(db, at, by, "register", changes)
    return changes


Matched = tuple[str | None, Rule | None, str]  # the device, the rule, or why a person is asked


def match(db: Database) -> dict[int, Matched]:
    """For each row, by its id, the device that it is, or why it is for a person; neither when nothing is like it."""
    candidates = Candidates(db)
    into = dict(db.execute(MERGED).fetchall())
    decided = {(row["register"], row["key"]): row for row in db.query("SELECT * FROM register_decisions")}
    rows = [row for row in db.query("SELECT * FROM register_rows ORDER BY id") if not is_port(row)]
    found: dict[int, Matched] = {}
    for row in rows:
        if decision := decided.get((row["register"], row["key"])):
            named_one = current(decision["device"] or "", into)
            found[row["id"]] = (named_one if named_one in candidates.devices else None, "person", "")
    open_rows = [row for row in rows if row["id"] not in found]
    for row in open_rows:  # an asset number names what a register shows to be a device by surer numbers
        first = found[row["id"]] = judge(row, candidates)
        if first[0] and first[1] in ("serial", "mac") and row["asset"]:
            candidates.by_asset[row["asset"].casefold()].add(first[0])
    for row in rows:
        device, rule, _ = found[row["id"]]
        if device and rule == "person" and row["asset"]:
            candidates.by_asset[row["asset"].casefold()].add(device)
    for row in open_rows:
        found[row["id"]] = judge(row, candidates)
    return one_row_each(rows, found)


def is_port(row: Row) -> bool:
    """Whether a row of a cable plan is about a switch port, and names no device."""
    return bool(row["key"].startswith("port "))


def judge(row: Row, candidates: Candidates) -> Matched:
    found = candidates.find(row)
    if not found:
        there = candidates.perhaps(row)
        return (
            None,
            None,
            f"at its address is {listed(there)}, and no model says whether it is" if there else "",
        )
    rule, devices = next(
        (rule, found[rule]) for rule in ("serial", "mac", "asset", "address") if rule in found
    )
    if len(devices) > 1:
        return None, None, f"its {rule} is that of {listed(devices)}"
    (device,) = devices
    for other, others in found.items():
        if device not in others and other != "address":
            return None, None, f"its {rule} is that of {device}, its {other} that of {listed(others)}"
    if rule != "serial" and candidates.contradicts(row, device, "serial"):
        known = " or ".join(sorted(candidates.serials[device]))
        return None, None, f"its {rule} is that of {device}, whose serial number is {known}"
    if rule == "asset" and candidates.contradicts(row, device, "mac"):
        known = " or ".join(sorted(candidates.macs[device]))
        return None, None, f"its asset number is that of {device}, whose MAC address is {known}"
    return device, rule, ""


def listed(devices: Iterable[str]) -> str:
    return " and ".join(sorted(devices))


def one_row_each(rows: Sequence[Row], found: dict[int, Matched]) -> dict[int, Matched]:
    """Two rows of one register cannot be one device, unless a person said so."""
    claims: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in rows:
        if device := found[row["id"]][0]:
            claims[row["register"], device].append(row)
    for (_, device), several in claims.items():
        if len(several) > 1:
            for row in several:
                if found[row["id"]][1] != "person":
                    others = " and ".join(named(one) for one in several if one is not row)
                    found[row["id"]] = (None, None, f"it may be {device}, but so may {others}")
    return found


def named(row: Row) -> str:
    """How a row is named on the command line: REGISTER:ROW, with the sheet between where there are sheets."""
    return ":".join(filter(None, (row["register"], row["sheet"], str(row["row"]))))


def row_named(db: Database, name: str) -> Row:
    """The row with this name, asset number or serial number. Raises CamcensusError when it is none or several."""
    found = [
        row
        for row in db.query("SELECT * FROM register_rows ORDER BY id")
        if name in (named(row), row["asset"], row["serial"])
    ]
    exact = [row for row in found if named(row) == name] or found
    if len(exact) == 1:
        return exact[0]
    raise CamcensusError(
        f"no row of a register is {name!r}"
        if not exact
        else f"{name!r} is {' and '.join(map(named, exact))}",
        fix="name it as in: camcensus register reconcile",
    )


def decide(db: Database, at: str, by: str, row: str, device: str | None, why: str) -> list[Change]:
    """Keep what a person says of a row: it is this device, or none that was seen."""
    it = row_named(db, row)
    decision = {
        "register": it["register"],
        "key": it["key"],
        "device": device,
        "at": at,
        "by": by,
        "why": why,
    }
    db.table("register_decisions").upsert(decision, pk=("register", "key"))
    change = Change(device or "", "register row", it["device"], device)
    journal(db, at, by, "register", [change], f"{named(it)}: {why}".rstrip(": "))
    return rematch(db, at, by)


def undecide(db: Database, at: str, by: str, row: str) -> list[Change]:
    """Take back what a person said of a row."""
    it = row_named(db, row)
    gone = "DELETE FROM register_decisions WHERE register = ? AND key = ? RETURNING device"
    taken = db.execute(gone, (it["register"], it["key"])).fetchall()
    if not taken:
        raise CamcensusError(f"nobody decided anything about {row}", why="rules matched it, or nothing did")
    change = Change(taken[0][0] or "", "register row", taken[0][0], None)
    journal(db, at, by, "register", [change], f"{named(it)}: taken back")
    return rematch(db, at, by)


def forgotten(db: Database, name: str) -> int:
    """How many decisions are about rows that the register no longer has."""
    query = (
        "SELECT count(*) FROM register_decisions AS d WHERE register = ? AND NOT EXISTS "
        "(SELECT 1 FROM register_rows AS r WHERE r.register = d.register AND r.key = d.key)"
    )
    return int(db.execute(query, (name,)).fetchone()[0])


# The three lists, and the one for a person


class Reconciliation(msgspec.Struct, frozen=True):
    """Each device of surveillance and each row, once or more, in the lists; and what they leave out, by number."""

    lines: list[Line]
    ports: int  # rows of cable plans that are about a port and name no device
    elsewhere: int  # rows without a site that no device was found for, when the lists are about one site
    not_surveillance: int  # devices of other kinds, or of none that is known, that no register has


def reconcile(
    db: Database, site: str | None = None, everything: bool = False, chosen: Container[str] | None = None
) -> Reconciliation:
    """Compare registers with devices, as matched last: with all, or with those chosen and the rows that are none."""
    if not db.execute("SELECT 1 FROM registers").fetchone():
        raise CamcensusError("there is no register yet", fix="camcensus register import FILE")
    devices = {row["id"]: row for row in db.query(DEVICES)}
    found = match(db)
    rows = list(db.query("SELECT * FROM register_rows ORDER BY register, sheet, row"))
    lines = []
    elsewhere = 0
    for row in rows:
        if is_port(row):
            continue
        device, rule, why = found[row["id"]]
        it = devices.get(device or "")
        where = (it["site"] if it else None) or row["site"]
        if site and where != site:
            elsewhere += where is None
            continue
        if it and chosen is not None and it["id"] not in chosen:
            continue
        kind: List = "matched" if it else "for-a-person" if why else "not-seen"
        if it and not why:
            why = differences(row, it)
        lines.append(line(kind, row, it, rule, why))
    known = {device for device, _, _ in found.values()}
    unknown = [
        row
        for id, row in sorted(devices.items(), key=lambda one: (address_order(one[1]["address"]), one[0]))
        if id not in known and site in (None, row["site"]) and (chosen is None or id in chosen)
    ]
    ours = [row for row in unknown if everything or surveillance(row)]
    lines += [line("not-in-register", None, row, None, "") for row in ours]
    ports = sum(map(is_port, rows))
    return Reconciliation(lines, ports, elsewhere, len(unknown) - len(ours))


def surveillance(device: Row) -> bool:
    return device["category"] in SURVEILLANCE or device["maker"] in ("hikvision", "dahua")


def differences(row: Row, device: Row) -> str:
    """What the register says otherwise than the device, for its keeper to correct."""
    written = {field: (row[field], device[field]) for field in ("serial", "mac", "address")}
    return "; ".join(
        f"{field} is {now}"
        for field, (text, now) in written.items()
        if text and now and not alike(text.upper(), now.upper())
    )


def line(kind: List, row: Row | None, device: Row | None, rule: Rule | None, why: str) -> Line:
    """The register's own words, and the device's where the register is silent."""
    said: dict[str, Any] = {
        field: (row and row[field]) or (device and device.get(field)) or None
        for field in ("site", "serial", "mac", "asset", "address", "model", "name")
    }
    return Line(
        list=kind, row=named(row) if row else None, device=device["id"] if device else None, rule=rule, why=why, **said
    )  # fmt: skip
