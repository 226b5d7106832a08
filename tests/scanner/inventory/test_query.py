"""The query language finds what was asked for, says where it does not understand, and never lets a text become SQL."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
import sqlite_utils
from hypothesis import given
from hypothesis import strategies as st

from scanner.errors import CamcensusError
from scanner.inventory.fields import FIELDS, LEVELS, provide
from scanner.inventory.query import LONGEST, OPERATORS, condition, quoted
from scanner.inventory.rows import device_row, stamp
from scanner.inventory.schema import migrate
from scanner.inventory.search import columns_of, device_query, in_short, order
from scanner.model import Claim, Identification

QUOTED = 'a "quoted" \\ place'
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
DEVICES = {
    # id     what is known, when it was seen last, where it is
    "lts": (Identification(
        address="10.20.0.9", mac="44:19:b6:00:00:01", maker="hikvision", maker_name="Hikvision", brand="LTS",
        relabelled=True, category="nvr", model="DS-7616NI-K2/16P", firmware="V4.1.50 build 170515",
        serial="LTN1", confidence="confirmed", covered=("us-ndaa-889", "uk-removal"), conflicts=("two models",),
        evidence=(Claim("lts-title", "brand", "LTS", "strong", "html", "LTS"),),
    ), "2026-02-28T23:59:59", "leeds"),
    "hik": (Identification(
        address="10.20.0.100", maker="hikvision", maker_name="Hikvision", relabelled=False, category="camera",
        model="DS-2CD2143G2-I", firmware="V5.5.0 build 170725", confidence="probable", covered=("us-ndaa-889",),
    ), "2026-03-01T00:00:00", "York"),
    "dah": (Identification(
        address="10.20.1.2", maker="dahua", maker_name="Dahua", brand="50%_Off", category="camera",
        model="IPC-HDW2431T-AS", firmware="2.800.0000016.0.R", confidence="possible",
    ), "2026-01-01T12:00:00", None),
    "six": (Identification(address="fd00::1", maker="other", maker_name="Axis"), "2025-06-01T00:00:00", None),
    "who": (Identification(), "2026-03-01T12:00:00", QUOTED),
}  # fmt: skip


@pytest.fixture(scope="module")
def db() -> Iterator[sqlite_utils.Database]:
    made = sqlite_utils.Database(memory=True)
    migrate(made)
    provide(made)
    for id, (known, seen, site) in DEVICES.items():
        at = stamp(datetime.fromisoformat(seen).replace(tzinfo=UTC))
        made.table("devices").insert(
            device_row(known) | {"id": id, "first_seen": at, "last_seen": at, "site": site}
        )
    yield made
    made.close()


def found(db: sqlite_utils.Database, where: str) -> str:
    sql, values = condition(where, NOW)
    rows = db.execute(f"SELECT id FROM devices WHERE {sql} ORDER BY {order('')}", values).fetchall()
    return " ".join(id for (id,) in rows)


@pytest.mark.parametrize(
    ("where", "ids"),
    [
        ("maker = hikvision", "lts hik"),
        ("maker = Axis", "six"),
        ("maker != hikvision", "dah six who"),
        ("maker in (dahua, 'other')", "dah six"),
        ("not maker in (dahua, other)", "lts hik who"),
        ("maker is empty", "who"),
        ("brand is set", "lts dah"),
        ("brand = lts", "lts"),
        ("brand ~ 'l*s'", "lts"),
        ("brand ~ T", "lts"),
        ("brand ~ 'T*'", ""),
        ("brand ~ 'l?s'", "lts"),
        ("brand ~ 50%_o", "dah"),
        ("brand ~ '5%f'", ""),
        ("not brand ~ lts*", "hik dah six who"),
        ("model ~ DS-*", "lts hik"),
        ("any ~ ltn", "lts"),
        ("any ~ 10.20.0.", "lts hik"),
        ("covered", "lts hik"),
        ("covered = no", "dah six who"),
        ("covered = UK-removal", "lts"),
        ("covered ~ uk", "lts"),
        ("not covered and conflicts", ""),
        ("conflicts or maker = dahua", "lts dah"),
        ("evidence = lts-title", "lts"),
        ("evidence = LTS-title", "lts"),
        ("evidence ~ 'lts-*'", "lts"),
        ("evidence = title", ""),
        ("relabelled", "lts"),
        ("relabelled = no", "hik"),
        ("not relabelled", "hik dah six who"),
        ("relabelled is empty", "dah six who"),
        ("confidence >= probable", "lts hik"),
        ("confidence < probable", "dah six who"),
        ("confidence = Possible", "dah"),
        ("address = 10.20.0.9", "lts"),
        ("address in 10.20.0.0/24", "lts hik"),
        ("address in (10.20.1.0/24, fd00::/8)", "dah six"),
        ("address != 10.20.0.0/16", "six who"),
        ("address > 10.20.0.100", "dah six who"),
        ("address ~ '10.20.?.2'", "dah"),
        ("mac = 44-19-B6-00-00-01", "lts"),
        ("last_seen = 2026-02-28", "lts"),
        ("last_seen < 2026-03-01", "lts dah six"),
        ("last_seen <= 2026-03-01", "lts hik dah six who"),
        ("last_seen > 2026-02-28", "hik who"),
        ("last_seen >= 2026-03-01T12:00", "who"),
        ("last_seen = today", "hik who"),
        ("last_seen = yesterday", "lts"),
        ("last_seen < 30 days ago", "dah six"),
        ("last_seen < 1 year ago", ""),
        ("last_seen > 1 hour ago", "who"),
        ("firmware < V5.5.0", "lts"),
        ("firmware <= V5.5.0", "lts hik"),
        ("firmware > V5.5.0", ""),
        ("firmware < 'V5.5.0 build 170726'", "lts hik"),
        ("firmware >= 2.420.AC00.18.R", "dah"),
        ("not firmware < V5.5.0", "hik dah six who"),
        ("firmware ~ V5", "hik"),
        ("megapixels >= 4", "hik dah"),
        ("megapixels is empty", "lts six who"),
        ("channels = 16 and poe_ports in (8, 16)", "lts"),
        ("form_factor is set and maker = dahua", "dah"),
        ("site = york", "hik"),
        ("site = LEEDS or site = york", "lts hik"),
        (f"site = {quoted(QUOTED)}", "who"),
        ("maker = hikvision and (site = leeds or site = york) and not brand ~ 'lts*'", "hik"),
        ("maker = dahua or maker = hikvision and site = leeds", "lts dah"),
        ("MAKER = hikvision AND NOT Site = leeds", "hik"),
    ],
)
def test_a_condition_finds_the_devices_that_it_says(db: sqlite_utils.Database, where: str, ids: str) -> None:
    assert found(db, where) == ids


@pytest.mark.parametrize(
    ("where", "at", "help"),
    [
        ("makr = x", 1, "did you mean maker"),
        ("site = leeds and vendr = x", 18, "choose of: id, address"),
        ("maker < 3", 7, "it takes: = != ~ in"),
        ("category = cam", 12, "camera"),
        ("confidence > sure", 14, "none, possible, probable, confirmed"),
        ("maker =", 8, "a word"),
        ("maker = hikvision brand = x", 19, "and, or"),
        ("(maker = x", 11, "expected here: )"),
        ("maker = x)", 10, "the end"),
        ("brand = 'lts", 9, "a quoted text"),
        ("maker", 1, "maker is set"),
        ("last_seen < soon", 13, "2026-01-31"),
        ("last_seen < 99999 years ago", 13, "2026-01-31"),
        ("address in 10.20.0.0/99", 12, "10.20.0.0/24"),
        ("firmware < 5", 12, "V5.5.0"),
        ("megapixels > nan", 14, "a number"),
        ("switch is here", 11, "set, empty"),
        ("any is set", 1, "any ~"),
        ("maker = \ud800", 9, "UTF-8"),
    ],
)
def test_an_error_points_at_its_place_and_says_what_would_fit(where: str, at: int, help: str) -> None:
    with pytest.raises(CamcensusError) as caught:
        condition(where)
    assert f"at character {at} of" in caught.value.what and help in caught.value.fix
    pointed = caught.value.why.split("\n")[1]
    assert pointed.index("^") == 7 + at - 1


@pytest.mark.parametrize(
    "where",
    ["not " * 30 + "covered", "(" * 30 + "covered or " + "covered" + ")" * 30 + " and covered" * 100,
     " or ".join(["covered"] * 101), f"id in ({', '.join('a' * 101)})", "x" * (LONGEST + 1), "(" * LONGEST],
    ids=["deep", "wide", "many", "long list", "long", "parentheses"],
)  # fmt: skip
def test_what_is_too_much_is_refused(where: str) -> None:
    with pytest.raises(CamcensusError):
        condition(where)


# Safety

WORDS = st.sampled_from(
    [*FIELDS, "any", *sorted({sign for signs in OPERATORS.values() for sign in signs.split()}), "and", "or", "not",
     "is", "empty", "set", "(", ")", ",", "yes", "no", *LEVELS, "2026-01-01", "30 days ago", "10.0.0.0/8", "V5.5.0",
     "4", "'", '"', "';--", "' OR 1=1", '"; DROP TABLE devices', "x", "%", "*", "\\", "\0", "é", "\u202e", "\n"]
)  # fmt: skip
TEXTS = st.one_of(st.text(), st.lists(WORDS, max_size=12).map(" ".join))
TEMPLATE = re.compile(
    r"""[()\s?,|=<>!]|\b(?:AND|OR|NOT|IN|IS|NULL|TRUE|LIKE|ESCAPE|BETWEEN|COLLATE|NOCASE|SELECT|DISTINCT|FROM|WHERE|WITH|
    known|AS|MATERIALIZED|EXISTS|json_each|instr|ifnull|specified|firmware_order|one\.value|value|one|devices|1|
    address_order|FIELD)\b|'(?:|\[\]|fingerprint|\\|FIELD)'|->>""".replace("FIELD", "|".join(FIELDS)),
    re.VERBOSE,
)


@given(TEXTS)
def test_no_text_becomes_sql_and_none_is_more_than_an_error(db: sqlite_utils.Database, text: str) -> None:
    with contextlib.suppress(CamcensusError):
        sql, values = condition(text, NOW)
        assert TEMPLATE.sub("", sql) == "", "only words that stand in the program's own tables"
        assert sql.count("?") == len(values)
        db.execute(f"SELECT id FROM devices WHERE {sql}", values).fetchall()


@given(
    st.sampled_from(["brand", "model", "site", "note", "serial"]),
    st.text(st.characters(exclude_categories=["Cs"])),
)
def test_a_value_is_bound_as_it_was_written(field: str, value: str) -> None:
    text = f"{field} = {quoted(value)}"
    if len(text) <= LONGEST:
        assert condition(text) == (f"{field} COLLATE NOCASE = ?", [value])


@given(st.lists(st.sampled_from([*FIELDS, "any", "x", "id;--", "1", "-", "all"]), min_size=1).map(",".join))
def test_columns_and_orders_are_fields_or_errors(db: sqlite_utils.Database, names: str) -> None:
    with contextlib.suppress(CamcensusError):
        columns = columns_of(names)
        query, values = device_query(columns, sort=names)
        db.execute(query, values).fetchall()
        assert set(columns) <= set(FIELDS.values())


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=200))
def test_the_short_options_bind_what_was_written(maker: str) -> None:
    where = in_short(maker=maker, confidence="probable", where="covered or relabelled")
    assert condition(where)[1] == [maker, maker, '["probable","confirmed"]']


def test_a_condition_cannot_reach_beyond_the_options_beside_it() -> None:
    with pytest.raises(CamcensusError, match="character 2 of"):
        in_short(maker="dahua", where="x) or (covered")


# Order


def test_every_field_is_a_column_and_an_order(db: sqlite_utils.Database) -> None:
    for name in FIELDS:
        query, values = device_query(columns_of("all"), sort=f"-{name}")
        assert len(db.execute(query, values).fetchall()) == len(DEVICES)


@pytest.mark.parametrize(
    ("sort", "ids"),
    [
        ("", "lts hik dah six who"),
        ("-address", "six dah hik lts who"),
        ("confidence", "six who dah hik lts"),
        ("brand", "dah lts hik six who"),
        ("-brand", "lts dah hik six who"),
        ("-maker_name,-last_seen", "hik lts dah six who"),
        ("megapixels,-id", "hik dah who six lts"),
    ],
)
def test_devices_come_in_the_order_asked_for_and_the_unknown_last(
    db: sqlite_utils.Database, sort: str, ids: str
) -> None:
    rows = db.execute(f"SELECT id FROM devices ORDER BY {order(sort)}").fetchall()
    assert " ".join(id for (id,) in rows) == ids
