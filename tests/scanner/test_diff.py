"""What changed between two runs: nothing is gone that nobody looked for, and fingerprints are told from the network."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fingerprints import Library
from scanner.diff import between, by_run, since
from scanner.identify import library
from scanner.inventory.history import Event
from scanner.model import Exclusion
from tests.scanner.weeks import NETWORK, Unit, Weeks, camera, kinds

ACME = """
[brand]
slug = "acme"
name = "Acme"

[[fingerprint]]
id       = "acme-title"
field    = "html.title"
pattern  = '^Acme (?P<model>door|gate)$'
claims   = { brand = "acme", model = "{model}" }
strength = "strong"
source   = "a unit on the desk"
matches  = [{ text = "Acme door", model = "door" }]
rejects  = ["Acme shop"]
"""


@pytest.fixture
def weeks(tmp_path: Path) -> Iterator[Weeks]:
    with Weeks(tmp_path / "inventory.db") as made:
        yield made


@pytest.fixture
def acme(tmp_path: Path) -> Library:
    folder = tmp_path / "own"
    folder.mkdir()
    (folder / "acme.toml").write_text(ACME)
    return library([folder])


def events(weeks: Weeks, one: str, other: str, known: Library | None = None) -> list[Event]:
    return between(weeks.inventory, one, other, weeks.again(known)).events()


def test_new_gone_moved_and_updated_are_told(weeks: Weeks) -> None:
    stays, goes, moves, updated, comes = (camera(n, firmware="V5.5.0") for n in (1, 2, 3, 4, 5))
    one = weeks.run(stays, goes, moves, updated)
    other = weeks.run(stays, moves.at("10.1.0.77"), updated.saying(firmware="V5.7.3"), comes)
    found = {event.kind: event for event in events(weeks, one, other)}
    assert {kind: event.device for kind, event in found.items()} == {
        "gone-quiet": weeks.device(goes),
        "moved": weeks.device(moves),
        "firmware": weeks.device(updated),
        "new": weeks.device(comes),
    }
    assert found["moved"].before == {"address": "10.1.0.3", "site": None}
    assert found["moved"].after == {"address": "10.1.0.77", "site": None}
    assert (found["firmware"].before, found["firmware"].after) == (
        {"firmware": "V5.5.0"},
        {"firmware": "V5.7.3"},
    )
    assert found["firmware"].cause == "network" and found["firmware"].run == other


def test_units_that_swap_addresses_both_moved(weeks: Weeks) -> None:
    left, right = camera(1), camera(2)
    one = weeks.run(left, right)
    other = weeks.run(left.at("10.1.0.2"), right.at("10.1.0.1"))
    assert kinds(events(weeks, one, other)) == sorted(
        [("moved", weeks.device(left)), ("moved", weeks.device(right))]
    )


def test_a_run_that_said_less_changed_nothing(weeks: Weeks) -> None:
    unit = camera(1, firmware="V5.5.0", brand="LTS", confidence="confirmed")
    one = weeks.run(unit)
    assert events(weeks, one, weeks.run(camera(1))) == []


NOT_LOOKED: list[tuple[dict[str, Any], str]] = [
    ({"targets": ["10.2.0.0/24"]}, "not among its targets"),
    ({"excluded": [Exclusion("10.1.0.0/29", "dialysis ward")]}, "dialysis ward"),
    ({"outcome": "interrupted"}, "interrupted"),
    ({"outcome": "incomplete", "lost": 100}, "incomplete"),
    ({"outcome": None}, "never ended"),
    ({"ports": [8000]}, "port 80"),
    ({"site": "leeds"}, "another site"),
    ({"targets": ["cam7.example"]}, "not among its targets"),
]


@pytest.mark.parametrize(("how", "why"), NOT_LOOKED, ids=lambda it: it if isinstance(it, str) else "")
def test_what_a_run_did_not_look_at_is_never_gone(weeks: Weeks, how: dict[str, Any], why: str) -> None:
    """And seen from the other side it is not new, but seen where nobody had looked."""
    one, other = weeks.run(camera(1)), weeks.run(**how)
    (event,) = events(weeks, one, other)
    assert event.kind == "not-looked-at" and why in event.why
    (reverse,) = events(weeks, other, one)
    assert reverse.kind == "first-looked-at" and why in reverse.why


def test_a_run_that_broke_off_speaks_for_what_it_had_asked(weeks: Weeks) -> None:
    early, late = camera(1), camera(200)
    one = weeks.run(early, late)
    other = weeks.run(outcome="interrupted", asked=("10.1.0.0/25",), lost=128)
    assert kinds(events(weeks, one, other)) == sorted(
        [("gone-quiet", weeks.device(early)), ("not-looked-at", weeks.device(late))]
    )


def test_what_answers_discovery_alone_is_gone_only_where_discovery_reached_its_network(weeks: Weeks) -> None:
    """`eth0` may be another machine's, on another network: a neighbour that both runs heard shows that it is not."""
    far = Unit(
        "e1",
        "192.168.1.64",
        camera(1).says,
        (("sadp", b"x"),),
        37020,
        "eth0",
        "44:19:b6:00:00:01",
        "not-routable",
    )
    near = Unit("e2", "10.1.0.2", camera(2).says, (("sadp", b"y"),), 37020, "eth0", "44:19:b6:00:00:02")
    one = weeks.run(far, near, interfaces=("eth0",))
    alone = weeks.run(interfaces=("eth0",))
    neither = weeks.run(near, interfaces=("eth1",))
    both = weeks.run(near, interfaces=("eth0",))
    deaf = weeks.run(near, interfaces=("eth0",), unusable={"sadp": "port in use"})

    def about_far(run: str) -> list[str]:
        return [event.kind for event in events(weeks, one, run) if event.device == weeks.device(far)]

    assert about_far(alone) == about_far(neither) == about_far(deaf) == ["not-looked-at"]
    assert about_far(both) == ["gone-quiet"]


def test_the_same_address_at_two_sites_is_two_places(weeks: Weeks) -> None:
    hq, leeds = camera(1), camera(2, "10.1.0.1")
    one = weeks.run(hq, site="hq")
    other = weeks.run(leeds, site="leeds")
    assert {event.kind for event in events(weeks, one, other)} == {"not-looked-at", "first-looked-at"}
    found = since(weeks.inventory, weeks.inventory.run(other).started, weeks.again())
    assert found.sites(weeks.device(hq)) == {"hq"} and found.sites(weeks.device(leeds)) == {"leeds"}
    assert [(part.site, part.before, part.after) for part in found.ground()] == [
        ("hq", (NETWORK,), ()),
        ("leeds", (), (NETWORK,)),
    ]


def test_since_a_day_a_unit_that_was_quiet_before_is_not_gone_again(weeks: Weeks) -> None:
    old, goes, returns = camera(1), camera(2), camera(3)
    weeks.run(old, goes, returns)
    weeks.run(goes)
    later = weeks.run(goes, returns)
    weeks.run(returns)
    found = since(weeks.inventory, weeks.inventory.run(later).started, weeks.again())
    assert kinds(found.events()) == sorted(
        [("gone-quiet", weeks.device(goes)), ("came-back", weeks.device(returns))]
    )


def test_what_came_and_went_in_the_meantime_is_told_twice(weeks: Weeks) -> None:
    weeks.run()
    later = weeks.run(camera(1))
    weeks.run()
    found = since(weeks.inventory, weeks.inventory.run(later).started, weeks.again())
    assert [event.kind for event in found.events()] == ["new", "gone-quiet"]


def test_the_first_run_finds_everything_where_nobody_had_looked(weeks: Weeks) -> None:
    run = weeks.run(camera(1))
    assert [event.kind for event in by_run(weeks.inventory, run, weeks.again()).events()] == [
        "first-looked-at"
    ]


DOOR, GATE = (("html", b"<title>Acme door</title>"),), (("html", b"<title>Acme gate</title>"),)


def causes(found: list[Event]) -> dict[tuple[str, str], tuple[object, object]]:
    return {
        (event.cause, name): ((event.before or {})[name], after)
        for event in found
        for name, after in (event.after or {}).items()
    }


def test_new_fingerprints_are_told_from_a_change_of_the_network(weeks: Weeks, acme: Library) -> None:
    unit = Unit("e1", "10.1.0.1", replies=DOOR)
    one, other = weeks.run(unit, known=library()), weeks.run(unit, known=acme)
    found = causes(events(weeks, one, other, acme))
    assert found["fingerprints", "brand"] == (None, "Acme")
    assert {cause for cause, _ in found} == {"fingerprints"}


def test_both_at_once_are_told_apart(weeks: Weeks, acme: Library) -> None:
    one = weeks.run(Unit("e1", "10.1.0.1", replies=DOOR), known=library())
    other = weeks.run(Unit("e1", "10.1.0.1", replies=GATE), known=acme)
    found = causes(events(weeks, one, other, acme))
    assert found["fingerprints", "model"] == (None, "door")
    assert found["network", "model"] == ("door", "gate")
    assert found["fingerprints", "brand"] == (None, "Acme") and ("network", "brand") not in found


def test_with_the_same_fingerprints_the_network_changed(weeks: Weeks, acme: Library) -> None:
    one = weeks.run(Unit("e1", "10.1.0.1", replies=DOOR), known=acme)
    other = weeks.run(Unit("e1", "10.1.0.1", replies=GATE), known=acme)
    assert causes(events(weeks, one, other, acme)) == {("network", "model"): ("door", "gate")}


LOST = [
    "UPDATE observations SET payload = NULL",
    "UPDATE payloads SET bytes = '', dropped = '2027-01-01T00:00:00Z'",
    "DELETE FROM observations",
]


@pytest.mark.parametrize("lost", LOST)
def test_where_the_replies_are_gone_the_cause_is_unknown(weeks: Weeks, acme: Library, lost: str) -> None:
    unit = Unit("e1", "10.1.0.1", replies=DOOR)
    one, other = weeks.run(unit, known=library()), weeks.run(unit, known=acme)
    with weeks.inventory._writing() as db:
        db.execute(lost)
    found = causes(events(weeks, one, other, acme))
    assert {cause for cause, _ in found} == {"unknown"} and found["unknown", "brand"] == (None, "Acme")


PLACES = st.dictionaries(st.integers(1, 9), st.integers(1, 12), max_size=9).map(
    lambda chosen: {unit: at for at, unit in {at: unit for unit, at in chosen.items()}.items()}
)  # unit -> the last byte of its address; no two share one


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(first=PLACES, second=PLACES, firmware=st.sets(st.integers(1, 9)))
def test_new_one_way_is_gone_the_other_way_and_a_run_does_not_differ_from_itself(
    tmp_path_factory: pytest.TempPathFactory,
    first: dict[int, int],
    second: dict[int, int],
    firmware: set[int],
) -> None:
    with Weeks(tmp_path_factory.mktemp("pair") / "inventory.db") as weeks:
        one = weeks.run(*(camera(n, f"10.1.0.{at}", firmware="V5.5.0") for n, at in first.items()))
        other = weeks.run(
            *(
                camera(n, f"10.1.0.{at}", firmware="V5.5.0" if n not in firmware else "V5.7.0")
                for n, at in second.items()
            )
        )
        assert events(weeks, one, one) == events(weeks, other, other) == []
        there, back = events(weeks, one, other), events(weeks, other, one)

        def which(found: list[Event], *wanted: str) -> set[str]:
            return {event.device for event in found if event.kind in wanted}

        units = {n: weeks.device(camera(n)) for n in {*first, *second}}
        assert which(there, "new") == which(back, "gone-quiet") == {units[n] for n in second.keys() - first}
        assert which(there, "gone-quiet") == which(back, "new", "came-back")
        assert which(there, "gone-quiet") == {units[n] for n in first.keys() - second}
        both = first.keys() & second.keys()
        assert which(there, "moved") == which(back, "moved")
        assert which(there, "moved") == {units[n] for n in both if first[n] != second[n]}
        assert which(there, "firmware") == {units[n] for n in both & firmware}
