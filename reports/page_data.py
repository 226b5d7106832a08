"""The devices of a page as data that its script shows: column by column, each text once.

Nearly all values are shared (makers, models, days), so that a device takes about a hundred bytes. All texts are made
printable here; the script puts them into the page as text and never as markup.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from typing import Any

import msgspec

from reports import wording
from reports.content import NAMED, Census, grouped
from reports.language import Language
from scanner.inventory.records import Device

SCRIPT_WORDS = (
    "table.shown", "table.at", "table.show", "table.printed", "table.sort", "device.relabelled", "device.disagrees",
    "device.evidence", "device.no_evidence", "headings.firmware", "headings.id", "headings.serial",
)  # fmt: skip
SHARED = 4  # a column is a list of its different values, when each stands for this many rows on average


def devices(census: Census, say: Language, *, light: bool) -> str:
    """The table of the page as JSON."""
    looks = {} if light else census.looks
    states = {item.device: item.state for item in census.plan.items} if census.plan else {}
    shown = lru_cache(100_000)(lambda text: wording.shown(text, language=say))
    name = lru_cache(100_000)(lambda text: wording.name(text, say))
    day = lru_cache(10_000)(lambda moment: say.moment(moment))

    def look(device: Device) -> str:
        if device.id not in looks:
            return ""
        at = looks[device.id].at
        return say.say("device.look", moment=at) if at else say.say("device.no_look")

    def place(device: Device) -> str:
        site = census.sites.get(device.site or "", device.site)
        return shown(", ".join(filter(None, (site, device.building, device.floor, device.room))))

    told: dict[str, Callable[[Device], Any]] = {
        "id": lambda device: device.id,
        "model": lambda device: name(device.model or say.say("device.no_model")),
        "category": lambda device: wording.category(device, say),
        "address": lambda device: shown(device.address or "–"),
        "mac": lambda device: shown(device.mac or ""),
        "maker": lambda device: device.maker or "unknown",
        "tone": lambda device: device.maker if device.maker in NAMED else "neutral",
        "made_by": lambda device: name(wording.made_by(device, say)),
        "shown_as": lambda device: wording.shown_as(device, say),
        "relabelled": lambda device: int(device.relabelled is True),
        "confidence": lambda device: device.confidence,
        "covered": lambda device: wording.covered(device, say),
        "site": lambda device: device.site or "",
        "place": place,
        "state": lambda device: states.get(device.id, ""),
        "foreign": lambda device: int(device.reachable == "not-routable"),
        "firmware": lambda device: shown(device.firmware or ""),
        "serial": lambda device: shown(device.serial or ""),
        "conflict": lambda device: int(bool(device.conflicts)),
        "conflicts": lambda device: [shown(conflict) for conflict in device.conflicts],
        "first_seen": lambda device: day(device.first_seen),
        "last_seen": lambda device: day(device.last_seen),
        "at": lambda device: device.last_seen.strftime("%Y%m%d%H%M"),  # sorts as time does, in every language
        "look": look,
        "policies": lambda device: shown(", ".join(device.covered)) if len(device.covered) > 1 else "",
        "proofs": lambda device: -1 if light else len(device.evidence),
    }
    words = {key: say.texts[key] for key in SCRIPT_WORDS}
    words |= {
        f"confidence.{level}": say.word("confidence", level)
        for level in ("confirmed", "probable", "possible", "none")
    }
    words |= {f"state.{state}": say.word("state", state) for state in {*states.values()}}
    words |= {"foreign": say.word("reachable", "not-routable"), "devices": say.texts["counts.devices"]}
    words |= {"first_seen": say.texts["device.first_seen"], "last_seen": say.texts["device.last_seen"]}
    return script_json(
        {
            "count": len(census.devices),
            "language": say.code,
            "thousands": say.customs["thousands"],
            "columns": {name: column([of(device) for device in census.devices]) for name, of in told.items()},
            "words": words,
        }
    )


def evidence(some: Iterable[Device], say: Language) -> str:
    """The claims of each device as JSON, apart from the table: it is read when somebody asks for the first."""
    claims: dict[tuple[str, ...], int] = {}
    of: list[list[int]] = []
    for device in some:
        rows = [
            (
                say.word("headings", claim.attribute), wording.shown(claim.value, language=say),
                say.word("strength", claim.strength), wording.shown(claim.excerpt, language=say), claim.protocol,
                wording.shown(claim.fingerprint),
            )
            for group in grouped(device.evidence).values()
            for claim in group
        ]  # fmt: skip
        of.append([claims.setdefault(row, len(claims)) for row in rows])
    return script_json({"claims": list(claims), "of": of})


def column(values: Sequence[Any]) -> dict[str, Any]:
    """A column as its rows, or as the numbers of its different values where these are few."""
    if values and not isinstance(values[0], str):
        return {"rows": values}
    different = {value: number for number, value in enumerate(dict.fromkeys(values))}
    if len(different) * SHARED > len(values):
        return {"rows": values}
    return {"values": list(different), "rows": [different[value] for value in values]}


def script_json(value: object) -> str:
    """JSON that cannot end the element it stands in."""
    return msgspec.json.encode(value).replace(b"<", b"\\u003c").decode()
