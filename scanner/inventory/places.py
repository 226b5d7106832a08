"""Where devices are, and whose: what people, registers, cable plans and networks say, the strongest first.

What people say of a device is written into its row. All else follows from other tables, and is settled anew whenever
these change: the rows of registers that were matched with it, the plan of the port it hangs on, the network that it
was seen in. docs/explanation/places.md explains the rules.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Literal, get_args

import msgspec

from scanner.errors import CamcensusError
from scanner.inventory.journal import Change, journal
from scanner.inventory.rows import PLACED, Row, json_text

if TYPE_CHECKING:
    from sqlite_utils import Database

SOURCES = ("person", "register", "switch", "cable-plan", "network")  # the strongest first
WRITTEN = ("person", "switch")  # whose words stand in the row of the device and nowhere else
LEVELS = ("site", "building", "floor", "room")
Sensitivity = Literal["low", "normal", "high", "critical"]
SITE_LENGTH = 64  # characters of a site's id

SITES = """
    SELECT sites.*, (SELECT count(*) FROM networks WHERE site = sites.id) AS networks,
        (SELECT count(*) FROM devices WHERE site = sites.id) AS devices
    FROM sites ORDER BY id
"""
UPSERT_NETWORK = """
    INSERT INTO networks (site, cidr, building, floor, room, note)
    VALUES (:site, :cidr, :building, :floor, :room, :note)
    ON CONFLICT DO UPDATE SET building = excluded.building, floor = excluded.floor, room = excluded.room,
        note = excluded.note
"""
MERGED = "SELECT other, device FROM identity_changes WHERE kind = 'merge' AND undone IS NULL ORDER BY id"
SEEN_AT = """
    SELECT device, address, site, max(at) AS last FROM sightings
    WHERE device IN (SELECT value FROM json_each(?)) GROUP BY device, address, site ORDER BY device, last DESC
"""
PLANNED = (
    "SELECT * FROM register_rows WHERE switch IS NOT NULL AND switch_port IS NOT NULL AND key LIKE 'port %'"
)


class Site(msgspec.Struct, frozen=True, kw_only=True):
    """A place that runs and networks belong to."""

    id: str
    name: str
    note: str | None = None
    networks: int = 0
    devices: int = 0
    sensitivity: Sensitivity | None = None  # how much it matters what its cameras see


class Network(msgspec.Struct, frozen=True, kw_only=True):
    """Addresses of a site, and where in it they are."""

    site: str
    cidr: str
    building: str | None = None
    floor: str | None = None
    room: str | None = None
    note: str | None = None


# Sites and their networks


def sites(db: Database) -> list[Site]:
    return [msgspec.convert(row, Site) for row in db.query(SITES)]


def known_site(db: Database, named: str) -> str:
    """The id of the site with this id or name, whatever its case. Raises CamcensusError when there is none."""
    known = sites(db)
    if named in {site.id for site in known}:
        return named
    found = {site.id for site in known if named.casefold() in (site.id.casefold(), site.name.casefold())}
    if len(found) == 1:
        return found.pop()
    listed = ", ".join(site.id for site in known[:20]) + (" …" if len(known) > 20 else "")
    raise CamcensusError(
        f"there is no site {named!r}" if not found else f"{named!r} may be any of {', '.join(sorted(found))}",
        why=f"the sites are: {listed}" if known else "no site was added yet",
        fix=f"camcensus sites add {named}" if " " not in named else f"camcensus sites add '{named}'",
    )


def add_site(
    db: Database, at: str, by: str, site: str, name: str | None = None, note: str | None = None,
    sensitivity: str | None = None,
) -> bool:  # fmt: skip
    """Add a site, or say something else of one; whether it is new."""
    if not site.strip() or len(site) > SITE_LENGTH or not site.isprintable():
        raise CamcensusError(
            f"{site[:80]!r} cannot be the id of a site", why=f"it has 1 to {SITE_LENGTH} printable characters"
        )
    if sensitivity is not None and sensitivity not in get_args(Sensitivity):
        raise CamcensusError(
            f"no site is {sensitivity[:80]!r}", fix=f"choose of: {', '.join(get_args(Sensitivity))}"
        )
    rows = list(db.query("SELECT * FROM sites WHERE id = ?", (site,)))
    known = rows[0] if rows else {"id": site, "name": None, "note": None, "sensitivity": None}
    said = {"name": name, "note": note, "sensitivity": sensitivity}
    values = known | {key: value for key, value in said.items() if value}
    values["name"] = values["name"] or site
    db.table("sites").upsert(values, pk="id")
    if known != values:
        changes = [Change("", "site", known["name"], values["name"])]
        if known["sensitivity"] != values["sensitivity"]:
            changes.append(Change("", "sensitivity", known["sensitivity"], values["sensitivity"]))
        journal(db, at, by, "sites", changes, site)
    return not rows


def remove_site(db: Database, at: str, by: str, named: str) -> str:
    """Remove a site with its networks; refused while anything is there, or was seen there last."""
    site = known_site(db, named)
    there = db.execute(
        "SELECT count(*) FROM devices WHERE :site IN (site, seen_at_site)", {"site": site}
    ).fetchone()[0]
    if there:
        noun = "device is" if there == 1 else "devices are"
        raise CamcensusError(
            f"the site {site} stays",
            why=f"{there:,} {noun} there, or seen there last",
            fix="give them another site first: camcensus devices set DEVICE… --site SITE",
        )
    db.execute("DELETE FROM networks WHERE site = ?", (site,))
    db.execute("DELETE FROM sites WHERE id = ?", (site,))
    journal(db, at, by, "sites", [Change("", "site", site, None)], "removed")
    return site


def networks(db: Database, site: str | None = None) -> list[Network]:
    """In the order of sites, then of addresses."""
    rows = db.query("SELECT * FROM networks WHERE :site IS NULL OR site = :site", {"site": site})
    found = [msgspec.convert(row, Network) for row in rows]
    return sorted(found, key=lambda one: (one.site, *order(one.cidr)))


def order(cidr: str) -> tuple[int, int, int]:
    parsed = ipaddress.ip_network(cidr)
    return parsed.version, int(parsed.network_address), parsed.prefixlen


def add_networks(db: Database, at: str, by: str, added: Iterable[Network]) -> list[Change]:
    """Add networks to their sites, or say anew where they are. Returns what changed of the devices in them."""
    for network in added:
        db.execute(UPSERT_NETWORK, msgspec.structs.asdict(network))
        where = ", ".join(filter(None, (network.site, network.building, network.floor, network.room)))
        journal(db, at, by, "sites", [Change("", "network", None, network.cidr)], where)
    return settle(db)


def import_networks(
    db: Database, at: str, by: str, rows: Iterable[Mapping[str, str]]
) -> tuple[int, list[Change]]:
    """Take in rows of sites and networks. Returns how many sites are new, and what changed of devices."""
    ids = {text.casefold(): one.id for one in sites(db) for text in (one.name, one.id)}
    added, found = 0, []
    for row in rows:
        site = ids.setdefault(row["site"].casefold(), row["site"])
        added += add_site(db, at, by, site)
        if "cidr" in row:
            found.append(Network(**{**row, "site": site}))
    return added, add_networks(db, at, by, found)


def remove_network(db: Database, at: str, by: str, site: str, cidr: str) -> list[Change]:
    if not db.execute(
        "DELETE FROM networks WHERE site = ? AND cidr = ? RETURNING 1", (site, cidr)
    ).fetchall():
        raise CamcensusError(
            f"{site} has no network {cidr}", fix=f"list them with: camcensus sites networks {site}"
        )
    journal(db, at, by, "sites", [Change("", "network", cidr, None)], site)
    return settle(db)


class Map:
    """Which network an address belongs to: the longest prefix, among those of the run's site where it has one."""

    def __init__(self, known: Iterable[Network]) -> None:
        self._by_prefix: dict[tuple[int, int, int], list[Network]] = {}
        for network in known:
            version, first, length = order(network.cidr)
            self._by_prefix.setdefault((version, length, first), []).append(network)
        self._lengths = sorted({key[:2] for key in self._by_prefix}, reverse=True)

    def containing(self, address: str | None) -> list[Network]:
        """All networks that hold an address, the longest prefix first."""
        try:
            parsed = ipaddress.ip_address((address or "").partition("%")[0])
        except ValueError:
            return []
        found = []
        for version, length in self._lengths:
            if version == parsed.version:
                shift = parsed.max_prefixlen - length
                found += self._by_prefix.get((version, length, int(parsed) >> shift << shift), [])
        return found

    def find(self, address: str | None, site: str | None) -> Network | None:
        """The network of an address seen at a site. None when no network has it, or those of several sites do."""
        holding = [one for one in self.containing(address) if site in (None, one.site)]
        return holding[0] if len({one.site for one in holding}) == 1 else None

    def ambiguous(self, address: str | None) -> tuple[str, ...]:
        """The sites whose networks hold an address, when they are several."""
        named = tuple(sorted({one.site for one in self.containing(address)}))
        return named if len(named) > 1 else ()


def ambiguous(db: Database, run: str | None = None) -> dict[str, tuple[str, ...]]:
    """Addresses of devices without a site that the networks of several sites hold: nobody can tell which."""
    known = Map(networks(db))
    rows = db.query(
        "SELECT DISTINCT address FROM devices WHERE site IS NULL AND address IS NOT NULL "
        "AND (:run IS NULL OR id IN (SELECT device FROM sightings WHERE run = :run))",
        {"run": run},
    )
    return {row["address"]: several for row in rows if (several := known.ambiguous(row["address"]))}


# Devices


def assign(
    db: Database, at: str, by: str, devices: Sequence[str], said: Mapping[str, str | None], why: str = "",
    rehearsal: bool = False,
) -> list[Change]:  # fmt: skip
    """Write what a person says of devices; None takes back what one said. Returns what is another now.

    A rehearsal returns the same, and changes nothing.
    """
    if said.get("site") is not None:
        said = {**said, "site": known_site(db, str(said["site"]))}
    db.execute("SAVEPOINT rehearsal")
    done = settle(db, devices, said)
    journal(db, at, by, "person", done, why)
    db.execute("ROLLBACK TO rehearsal" if rehearsal else "RELEASE rehearsal")
    return done


def settle(
    db: Database, devices: Iterable[str] | None = None, said: Mapping[str, str | None] | None = None
) -> list[Change]:
    """Say anew where devices are, and whose, all of them when None; `said` is what a person just said of each.

    Returns the fields that are another now. Writes no journal: what follows from a network is no one's decision.
    """
    known = Map(networks(db))
    found = places(db, devices)
    matched = registered(db, found)
    planned = {(row["switch"].casefold(), row["switch_port"].casefold()): row for row in db.query(PLANNED)}
    seen = seen_at(db, [id for id, row in found.items() if needs_history(row, known)])
    done = []
    for id, row in found.items():
        sources = msgspec.json.decode(row["placed_by"] or "{}", type=dict[str, str])
        told: dict[str, dict[str, str]] = {source: {} for source in SOURCES}
        for field in PLACED:
            if row[field] is not None and sources.get(field, "person") in WRITTEN:
                told[sources.get(field, "person")][field] = row[field]
        for field, value in (said or {}).items():
            told["person"].pop(field, None)
            told["person"] |= {} if value is None else {field: value}
        told["register"] = agreed(matched.get(id, ()))
        told["network"] = by_network(seen.get(id) or [(row["address"], row["seen_at_site"])], known)
        port = strongest(told)
        told["cable-plan"] = by_port(port, planned)
        now = strongest(told)
        placed_by = json_text({field: source for field, (_, source) in now.items()}) if now else None
        changes = [Change(id, field, row[field], now.get(field, (None, ""))[0]) for field in PLACED
                   if row[field] != now.get(field, (None, ""))[0]]  # fmt: skip
        if changes or placed_by != row["placed_by"]:
            columns = ", ".join(f"{field} = :{field}" for field in (*PLACED, "placed_by"))
            values = {field: now[field][0] if field in now else None for field in PLACED}
            db.execute(
                f"UPDATE devices SET {columns} WHERE id = :id", values | {"placed_by": placed_by, "id": id}
            )
        done += changes
    return done


def written(*rows: Row) -> Row:
    """The words of people and switches in the rows of devices that are one: the last row's where both have some."""
    words: Row = dict.fromkeys(PLACED)
    sources: dict[str, str] = {}
    for row in rows:
        for field, source in msgspec.json.decode(row["placed_by"] or "{}", type=dict[str, str]).items():
            known = sources.get(field)
            if source in WRITTEN and (known is None or SOURCES.index(source) <= SOURCES.index(known)):
                words[field], sources[field] = row[field], source
        for field in PLACED:
            if row[field] is not None and row["placed_by"] is None:
                words[field], sources[field] = row[field], "person"
    return words | {"placed_by": json_text(sources) if sources else None}


def anything_known(db: Database) -> bool:
    """Whether there is anything that could give a device a place without a person."""
    query = "SELECT EXISTS (SELECT 1 FROM sites) OR EXISTS (SELECT 1 FROM register_rows)"
    return bool(db.execute(query).fetchone()[0])


def strongest(told: Mapping[str, Mapping[str, str]]) -> dict[str, tuple[str, str]]:
    """Each field with its value and source. Of a source that names another site, building or floor than a stronger
    one, what it says of the parts of that does not count: no room of one building under another."""
    now: dict[str, tuple[str, str]] = {}
    for source in SOURCES:
        place = dict(told[source])
        for n, level in enumerate(LEVELS):
            if level in place and level in now and place[level] != now[level][0]:
                place = {field: value for field, value in place.items() if field not in LEVELS[n:]}
                break
        now = {field: (value, source) for field, value in place.items()} | now
    return now


def places(db: Database, devices: Iterable[str] | None) -> dict[str, Row]:
    """What stands in the rows of devices, of all when None."""
    columns = ", ".join(("id", "address", "seen_at_site", *PLACED, "placed_by"))
    chosen = "" if devices is None else "WHERE id IN (SELECT value FROM json_each(:ids))"
    ids = {} if devices is None else {"ids": json_text(list(devices))}
    return {row["id"]: dict(row) for row in db.query(f"SELECT {columns} FROM devices {chosen}", ids)}


def needs_history(row: Row, known: Map) -> bool:
    return known.find(row["address"], row["seen_at_site"]) is None


def seen_at(db: Database, devices: Sequence[str]) -> dict[str, list[tuple[str | None, str | None]]]:
    """Where devices were seen, the latest first: address and site of the run."""
    found: dict[str, list[tuple[str | None, str | None]]] = {}
    for device, address, site, _ in db.execute(SEEN_AT, (json_text(devices),)).fetchall():
        found.setdefault(device, []).append((address, site))
    return found


def by_network(seen: Iterable[tuple[str | None, str | None]], known: Map) -> dict[str, str]:
    """The place of a device by the latest address that says one: a unit that fell back to its factory address, or was
    heard where no network is known, has not left its room. Another site than that of an earlier address counts."""
    site = None
    for address, of_run in seen:
        if not (network := known.find(address, of_run)):
            site = site or of_run
        elif site in (None, network.site):
            place = {level: getattr(network, level) for level in LEVELS}
            return {level: value for level, value in place.items() if value}
    return {"site": site} if site else {}


def by_port(now: Mapping[str, tuple[str, str]], planned: Mapping[tuple[str, str], Row]) -> dict[str, str]:
    """The place that a cable plan gives to the switch port of a device."""
    if "switch" not in now or "switch_port" not in now:
        return {}
    row = planned.get((now["switch"][0].casefold(), now["switch_port"][0].casefold()))
    return {level: row[level] for level in LEVELS if row[level]} if row else {}


def registered(db: Database, devices: Iterable[str]) -> dict[str, list[Row]]:
    """The rows of registers that were matched with each device, or with one that was merged into it."""
    into = dict(db.execute(MERGED).fetchall())
    wanted = set(devices)
    wanted |= {gone for gone in into if current(gone, into) in wanted}
    found: dict[str, list[Row]] = {}
    query = "SELECT * FROM register_rows WHERE device IN (SELECT value FROM json_each(?))"
    for row in db.query(query, (json_text(sorted(wanted)),)):
        found.setdefault(current(row["device"], into), []).append(row)
    return found


def current(device: str, into: Mapping[str, str]) -> str:
    """The id under which a device is known now that it may have been merged into others."""
    for _ in range(len(into)):
        if device not in into:
            break
        device = into[device]
    return device


def agreed(matched: Iterable[Row]) -> dict[str, str]:
    """What the registers that know a device say of it, where they do not contradict each other."""
    said: dict[str, set[str]] = {}
    for row in matched:
        for field in PLACED:
            if row[field]:
                said.setdefault(field, set()).add(row[field])
    return {field: values.pop() for field, values in said.items() if len(values) == 1}
