"""The words for what was not seen, and that they stand in every format."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from lxml import html

from reports import csv as table
from reports import page, terminal, unseen
from reports.content import Census
from reports.unseen import BlindSpot
from scanner.blind_spots import BlindSpots, Channels, Doubt, Known, Look, Recorder, Told, find
from scanner.inventory import Run
from scanner.model import Coverage
from tests.reports.samples import HOSTILE_TEXTS, NOON, RUN, census, hikvision


def spots(run: Run = RUN, **told: Any) -> list[BlindSpot]:
    return [spot for one in found(run, **told) for spot in unseen.lines(one)]


def found(run: Run = RUN, **told: Any) -> tuple[BlindSpots, ...]:
    return find(Told(**({"runs": (run,), "devices": ()} | told)), NOON)


def changed(**coverage: Any) -> Run:
    return msgspec.structs.replace(
        RUN, coverage=Coverage(targets=RUN.targets, interfaces=("eth0",), **coverage)
    )


def test_what_a_run_could_not_see_is_named_with_its_reason() -> None:
    said = {(spot.what, spot.why) for spot in spots()}
    reason = "infusion pumps, never scanned, by R. Vance"
    assert ("10.20.3.0/28 was excluded (until 2026-12-31)", reason) in said
    assert any(what == "945 of 1,006 addresses gave no answer" for what, _ in said)
    assert any(what == "sadp could not be used" and "37020" in why for what, why in said)


def test_addresses_that_answer_but_say_nothing_are_for_a_person_to_look_at() -> None:
    mute = tuple(f"10.20.0.{number}" for number in range(9))
    [spot] = spots(changed(addresses=20, answered=20, mute=mute))
    assert spot.what.startswith("9 addresses have open ports") and spot.count == 9
    assert "10.20.0.7, and 1 more" in spot.why and "10.20.0.8" not in spot.why


def test_a_run_that_never_ended_says_so() -> None:
    first, gap, *_ = spots(msgspec.structs.replace(RUN, outcome=None, ended=None))
    assert first.what == f"Run {RUN.id} did not finish"
    assert gap.what == "1,008 addresses were of a run that never recorded its end"
    assert gap.why == "never covered: 10.20.0.0-10.20.2.255; 10.20.3.16-10.20.3.255"


def test_of_a_site_without_blind_spots_nothing_is_known_to_be_missing() -> None:
    [one] = found(changed(addresses=4, answered=4))
    assert list(unseen.lines(one)) == []
    made = census((), unseen=(one,))
    assert unseen.NOTHING in printed(made) and unseen.NOTHING in page.render(made)
    [row] = read(table.render_blind_spots((one,)))
    assert row["what"] == unseen.NOTHING
    for text in (printed(made).lower(), page.render(made).lower()):
        assert "complian" not in text and "nothing is missing" not in text


NAMED = "10.20.0.8 LTN8916-P16, 16 ports (expected), channels in use: "


def recorder(**known: Any) -> Recorder:
    values: dict[str, Any] = {
        "device": "d1", "address": "10.20.0.8", "model": "LTN8916-P16", "category": "nvr", "confidence": "confirmed",
        "poe_ports": 16, "poe_ports_certainty": "expected",
    }  # fmt: skip
    return Recorder(**(values | known))


@pytest.mark.parametrize(
    ("known", "words"),
    [
        ({}, NAMED + "unknown"),
        ({"told": Channels(9, "at most", "sadp")}, NAMED + "at most 9"),
        ({"told": Channels(3, "in use", "isapi")}, NAMED + "3"),
        (
            {"poe_ports_certainty": "known", "confidence": "possible"},
            "10.20.0.8 LTN8916-P16, 16 ports, maker not proven, channels in use: unknown",
        ),
    ],
)  # fmt: skip
def test_a_recorder_says_how_many_cameras_it_may_hide_and_how_sure_that_is(
    known: dict[str, Any], words: str
) -> None:
    [spot] = unseen.lines(BlindSpots(site=None, recorders=(recorder(**known),)))
    assert spot.what == "1 recorder may hide cameras on 16 PoE ports" and spot.why.endswith(words)


def test_a_recorder_whose_model_says_nothing_of_ports_is_named_too() -> None:
    hidden = recorder(poe_ports=None, poe_ports_certainty="unknown", model=None)
    [spot] = unseen.lines(BlindSpots(site=None, recorders=(hidden,)))
    assert spot.what.startswith("1 recorder may hide cameras: no model says")


def test_a_device_that_nobody_has_looked_at_for_long_is_named_with_the_day() -> None:
    one = hikvision(1)

    [site] = found(changed(), devices=(one,), looks={one.id: Look("r", NOON - timedelta(days=100))})
    [spot] = [spot for spot in unseen.lines(site) if spot.kind == "look"]
    assert spot.what == "The last conclusive look at 1 device is over 90 days old"
    assert spot.why == "10.20.0.2 2025-12-04"


def printed(made: Census) -> str:
    file = io.StringIO()
    terminal.summary(made, file)
    return file.getvalue()


def read(file: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(file.decode(), newline="")))


SITES = found(
    msgspec.structs.replace(RUN, site="hq"),
    sites={"hq": "Head office", "annexe": "Annexe"},
    networks=(Known("hq", "10.20.0.0/22"), Known("annexe", "10.30.0.0/24", "cellar")),
)


def test_every_format_says_the_same_of_every_site() -> None:
    made = census((), unseen=SITES)
    screen = " ".join(printed(made).split())
    shown = " ".join("".join(map(str, html.document_fromstring(page.render(made)).itertext())).split())
    rows = read(table.render_blind_spots(made.unseen))
    all_of_it = [spot for site in SITES for spot in unseen.lines(site)]
    assert [row["what"] for row in rows] == [spot.what for spot in all_of_it] and len(all_of_it) == 4
    for spot in all_of_it:
        assert spot.what in screen and spot.what in shown and spot.why in shown
    for name in ("Head office", "Annexe"):
        assert name in screen and name in shown
    assert {(row["site"], row["known"], row["covered"]) for row in rows} == {
        ("Head office", "1024", "1008"),
        ("Annexe", "256", "0"),
    }


@pytest.mark.parametrize("text", HOSTILE_TEXTS.values(), ids=HOSTILE_TEXTS)
def test_a_hostile_name_or_reason_stays_text_in_every_format(text: str) -> None:
    named = found(
        changed(unusable={"sadp": text}, problems=(text,)),
        sites={"x": text},
        networks=(Known("x", "10.0.0.0/24", text),),
    )
    made = census((), unseen=named)
    assert all(line.isprintable() and len(line) <= 80 for line in printed(made).splitlines())
    shown = html.document_fromstring(page.render(made))
    assert len(list(shown.iter("script"))) == 3 and not list(shown.iter("img"))
    for row in read(table.render_blind_spots(named)):
        assert all(cell.isprintable() and not cell.startswith(("=", "+", "-", "@")) for cell in row.values())


def test_a_device_that_its_address_alone_tells_from_others_is_named() -> None:
    site = BlindSpots(site=None, by_address=("10.1.2.3",))
    [spot] = unseen.lines(site)
    assert (spot.kind, spot.count) == ("address", 1)
    assert spot.what == "1 device known by its address alone" and "10.1.2.3" in spot.why


def test_a_device_that_may_be_a_known_one_is_named_with_it() -> None:
    doubt = Doubt(device="d2", other="d1", address="10.1.2.3", why="the realm", at=NOON)
    [spot] = unseen.lines(BlindSpots(site=None, doubts=(doubt,)))
    assert (spot.kind, spot.count, spot.what) == ("doubt", 1, "1 device may be one that was known before")
    assert "d2 = d1, 10.1.2.3" in spot.why and "devices merge" in spot.why
