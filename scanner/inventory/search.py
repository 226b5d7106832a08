"""Which devices somebody wants to see, what of them, and in which order."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

import msgspec

from scanner.errors import CamcensusError
from scanner.inventory.fields import FIELDS, Field
from scanner.inventory.query import condition, field, quoted
from scanner.inventory.records import Device
from scanner.model import Claim, Confidence

ORDER = "address_order, id"
WHOLE = ", ".join(Device.__struct_fields__)
WITHOUT_EVIDENCE = WHOLE.replace("evidence", "NULL AS evidence")
CHOSEN = """
    SELECT {columns} FROM (SELECT key AS place, value AS chosen FROM json_each(?)) CROSS JOIN devices ON id = chosen
    ORDER BY place
"""


def device_query(
    columns: Sequence[Field], where: str = "", run: str | None = None, sort: str = "", limit: int | None = None,
    skip: int = 0,
) -> tuple[str, list[Any]]:  # fmt: skip
    """The query and its values: these columns of the devices for which `where` holds, that were seen in a run; not the
    first `skip` of them, and no more than `limit`."""
    sql, values = chosen(where, run)
    select = ", ".join(column.sql for column in columns)
    page = ""
    if skip or limit is not None:
        page = " LIMIT ? OFFSET ?"
        values += [-1 if limit is None else limit, skip]
    return f"SELECT {select} FROM devices WHERE {sql} ORDER BY {order(sort)}{page}", values


def count_query(where: str = "", run: str | None = None) -> tuple[str, list[Any]]:
    """How many devices there are for which `where` holds, that were seen in a run."""
    sql, values = chosen(where, run)
    return f"SELECT count(*) FROM devices WHERE {sql}", values


def chosen(where: str, run: str | None) -> tuple[str, list[Any]]:
    sql, values = condition(where)
    if run is None:
        return sql, values
    return f"{sql} AND id IN (SELECT device FROM sightings WHERE run = ?)", [*values, run]


def columns_of(names: str) -> list[Field]:
    """The fields named between commas; `all` is every one."""
    wanted = re.split(r"[\s,]+", names.strip(" ,"))
    chosen: list[Field] = []
    for name in wanted:
        chosen += FIELDS.values() if name.lower() == "all" else [field(name)]
    return list(dict.fromkeys(chosen))


def order(sort: str) -> str:
    """What stands behind ORDER BY: fields between commas, from the greatest down with a minus, unknowns last; then by
    address."""
    terms = []
    for name in filter(None, re.split(r"[\s,]+", sort)):
        down = name.startswith("-")
        one = field(name.removeprefix("-"))
        text = " COLLATE NOCASE" if one.kind == "text" else ""
        terms.append(f"{one.sql} IS NULL, {one.order or one.sql}{text}{' DESC' if down else ''}")
    if len(terms) > len(FIELDS):
        raise CamcensusError("the order names more fields than there are", fix="name each field once")
    return ", ".join((*terms, ORDER))


def decoders(columns: Sequence[Field]) -> list[tuple[int, Callable[[Any], object]]]:
    """Which columns of a row are not what they stand for, and what makes them so."""
    lists = {"evidence": tuple[Claim, ...]}
    found: list[tuple[int, Callable[[Any], object]]] = []
    for place, column in enumerate(columns):
        if column.kind == "yes or no":
            found.append((place, bool))
        elif column.kind == "list":
            decode = msgspec.json.Decoder(lists.get(column.name, tuple[str, ...])).decode
            found.append((place, lru_cache(maxsize=256)(decode)))  # most lists are empty, or those of others
    return found


def decoded(row: Sequence[Any], how: Sequence[tuple[int, Callable[[Any], object]]]) -> list[object]:
    values = list(row)
    for place, decode in how:
        if values[place] is not None:
            values[place] = decode(values[place])
    return values


def in_short(
    *,
    maker: str | None = None,
    brand: str | None = None,
    confidence: Confidence | None = None,
    covered: bool = False,
    text: str | None = None,
    where: str = "",
) -> str:
    """The condition that the short options stand for, beside one in full."""
    condition(where)  # errors point at what was written, and nothing reaches out of the parentheses below
    asked = {
        f"maker = {quoted(maker or '')}": maker,
        f"brand = {quoted(brand or '')}": brand,
        f"confidence >= {confidence}": confidence,
        "covered": covered,
        f"any ~ {quoted(text or '')}": text,
    }
    short = " and ".join(term for term, wanted in asked.items() if wanted)
    return f"({where}) and {short}" if short and where.strip() else short or where
