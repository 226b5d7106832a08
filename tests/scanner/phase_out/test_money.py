"""Quantities and money: nothing without a price is worth nothing, currencies never mix, all ways of adding agree."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.phase_out.money import Money, together
from scanner.phase_out.plan import Unit
from scanner.phase_out.prices import Price, condition, fit, quote, read
from scanner.phase_out.quantities import bill, budget
from scanner.phase_out.specification import Filled
from tests.scanner.phase_out.units import unit

LIST = """\
Prices of our framework contract;;;;;;;
Kind;When;Product;Price;Currency;Labour hours;Hourly rate;Spares %
camera;form_factor = dome and megapixels >= 4;Dome 4K;189,90;eur;;;5
camera;form_factor = bullet;Bullet 4;149;EUR;;;
camera;;;;EUR;1,5;60;
recorder;channels <= 16;NVR 16;640;GBP;4;55;
"""
BULLET = {"model": "DS-2CD2032-I"}


@pytest.fixture
def prices(tmp_path: Path) -> list[Price]:
    (path := tmp_path / "prices.csv").write_text(LIST, "utf-8")
    made, problems = read(path)
    assert problems == [] and len(made) == 4
    return made


def test_a_camera_gets_the_first_product_that_fits_and_the_work_of_its_kind(prices: list[Price]) -> None:
    offer = quote(unit(), prices)
    assert (offer.product, offer.material, offer.labour) == (
        "Dome 4K", Money(Decimal("189.90"), "EUR"), Money(Decimal("90.00"), "EUR"),
    )  # fmt: skip


def test_a_camera_of_which_too_little_is_known_has_no_price_and_says_what_is_missing(
    prices: list[Price],
) -> None:
    offer = quote(unit(model=None), prices)
    assert (offer.product, offer.material) == (None, None)
    assert offer.why == "it depends on form_factor, megapixels, which is to be asked"


def test_a_later_row_never_wins_because_an_earlier_one_could_not_be_decided(prices: list[Price]) -> None:
    by_hand = {"form_factor": Filled("bullet", "jo", "2026-11-25")}
    assert quote(unit(model=None, item={"filled": by_hand}), prices).product == "Bullet 4"
    dome = {"form_factor": Filled("dome", "jo", "2026-11-25")}
    assert (
        quote(unit(model=None, item={"filled": dome}), prices).why
        == "it depends on megapixels, which is to be asked"
    )


def test_a_cost_that_somebody_agreed_on_stands_above_the_list(prices: list[Price]) -> None:
    item = {"replacement": "Special", "cost": Decimal("99.00"), "currency": "USD"}
    offer = quote(unit(item=item), prices)
    assert (offer.product, offer.material, offer.why) == ("Special", Money(Decimal("99.00"), "USD"), "")


def test_a_product_that_is_not_on_the_list_has_no_price(prices: list[Price]) -> None:
    assert quote(unit(item={"replacement": "Other"}), prices).why == "the price list has no Other"
    assert quote(unit(item={"replacement": "bullet 4"}), prices).material == Money(Decimal("149.00"), "EUR")


def test_without_a_list_nothing_has_a_price_and_the_bill_says_so() -> None:
    made = bill([unit("d2"), unit("d3")], [])
    assert (made.total.units, made.total.no_price, made.total.material, made.total.total) == (2, 2, {}, {})
    assert made.lines[0].why == "there is no price list" and made.lines[0].needs.startswith("camera, dome")


def test_a_product_that_rests_on_what_is_only_expected_is_marked(prices: list[Price]) -> None:
    (line,) = [one for one in bill([unit(confidence="possible")], prices).lines if not one.spare]
    assert (line.product, line.doubtful) == ("Dome 4K", 1)


def test_currencies_stay_apart_and_spares_are_rounded_up(prices: list[Price]) -> None:
    units = [unit(f"d{n}") for n in range(21)] + [unit("r1", category="nvr", model="DS-7616NI-K2/16P")]
    made = bill(units, prices)
    assert made.spares.spares == 2 and made.spares.material == {"EUR": Decimal("379.80")}
    assert made.total.material == {"EUR": 23 * Decimal("189.90"), "GBP": Decimal("640.00")}
    assert made.total.labour == {"EUR": 21 * Decimal("90.00"), "GBP": Decimal("220.00")}


def test_what_is_kept_or_gone_for_good_is_not_bought(prices: list[Price]) -> None:
    units = [
        unit("d2", item={"state": "kept", "reason": "leased"}),
        unit("d3", item={"state": "removed", "removed_on": date(2026, 11, 3)}),
        unit(
            "d4",
            item={"state": "removed", "removed_on": date(2026, 11, 3), "installed_on": date(2026, 11, 2)},
        ),
        unit("d5", item={"state": "found"}),
    ]
    made = bill(units, prices)
    assert (made.kept, made.not_replaced, made.total.units) == (1, 1, 2)
    (line,) = [one for one in made.lines if not one.spare]
    assert (line.quantity, line.ordered, line.unconfirmed) == (2, 1, 1)


def test_the_budget_falls_into_the_quarters_of_its_dates(prices: list[Price]) -> None:
    due = [date(2027, 1, 4), date(2027, 3, 31), date(2027, 4, 1), None]
    quarters = budget([unit(f"d{n}", item={"due": day}) for n, day in enumerate(due)], prices)
    assert [(one.name, one.sum.units, one.sum.spares) for one in quarters] == [
        ("2027-Q1", 2, 0), ("2027-Q2", 1, 0), (None, 1, 1),
    ]  # fmt: skip


@st.composite
def some_units(draw: st.DrawFn) -> list[Unit]:
    def one(n: int) -> Unit:
        item: dict[str, Any] = {
            "phase": draw(st.sampled_from([None, "1", "2"])),
            "due": draw(st.none() | st.dates(date(2027, 1, 1), date(2028, 12, 31))),
            "state": draw(st.sampled_from(["found", "planned", "ordered", "removed", "kept"])),
            "replacement": draw(st.sampled_from([None, None, "Bullet 4", "Other"])),
        }
        if draw(st.booleans()):
            item |= {
                "cost": draw(st.decimals(0, 999, places=2)),
                "currency": draw(st.sampled_from(["EUR", "USD"])),
            }
        said = {
            "site": draw(st.sampled_from([None, "hq", "leeds"])),
            "model": draw(st.sampled_from([None, *MODELS])),
        }
        return unit(f"d{n}", item=item, **said)

    return [one(n) for n in range(draw(st.integers(0, 12)))]


MODELS = ("DS-2CD2143G2-I", "DS-2CD2032-I", "DS-2DE4425IW-DE")
PRICES = [
    Price(file="p", row=2, kind="camera", fits="form_factor = dome", product="Dome", price=Decimal("189.90"),
          currency="EUR", labour=Decimal("12.35"), spares=Decimal(7)),
    Price(file="p", row=3, kind="camera", fits="form_factor = bullet", product="Bullet 4", price=Decimal("0.05"),
          currency="GBP", labour_hours=Decimal("0.75"), hourly_rate=Decimal("33.33"), spares=Decimal(50)),
]  # fmt: skip


@given(some_units())
def test_sites_phases_quarters_and_lines_all_add_up_to_the_total(units: list[Unit]) -> None:
    made, quarters = bill(units, PRICES), budget(units, PRICES)
    for several in (made.by_site.values(), made.by_phase.values()):
        assert together(*(one.total for one in several), made.spares.total) == made.total.total
        assert sum(one.no_price for one in several) + made.spares.no_price == made.total.no_price
    assert together(*(one.sum.total for one in quarters)) == made.total.total
    assert (
        sum(one.sum.units for one in quarters)
        == made.total.units
        == sum(one.quantity for one in made.lines if not one.spare)
    )
    assert made.total.units + made.kept + made.not_replaced == len(units)


@pytest.mark.parametrize(
    ("row", "column", "why"),
    [
        ("camera;;Dome;1.234;EUR;;;", "Price", "may be thousands or a fraction"),
        ("camera;;Dome;120;;;;", "Currency", "it has a price and no currency"),
        ("camera;;Dome;120;$;;;", "Currency", "is no currency"),
        ("camera;;;120;EUR;;;", "Product", "a price and no product"),
        ("camera;colour = red;Dome;120;EUR;;;", "When", "there is no field 'colour'"),
        ("camera;channels = many;Dome;120;EUR;;;", "When", "compared with a number"),
        ("camera;lens > fixed;Dome;120;EUR;;;", "When", "is a text: it takes = != ~"),
        ("camera;dome;Dome;120;EUR;;;", "When", "is no comparison"),
        ("lamp;;Dome;120;EUR;;;", "Kind", "is no kind of unit"),
        ("camera;;Dome;=1+1;EUR;;;", "Price", "it holds a formula"),
        ("camera;;;;EUR;4;;", "Hourly rate", "hours and no hourly rate"),
        ("camera;;Dome;120;EUR;;;900", "Spares %", "at most 100 percent"),
        ("camera;;;;;;;", "Price", "neither a product nor a price"),
        ("camera;;Dome;120;EUR;;;;;extra", "", "more cells than there are headings"),
    ],
)
def test_a_row_that_cannot_be_used_is_named_with_its_column(
    tmp_path: Path, row: str, column: str, why: str
) -> None:
    (path := tmp_path / "prices.csv").write_text(LIST + row + "\n", "utf-8")
    made, (problem,) = read(path)
    assert len(made) == 4 and (problem.row, problem.column) == (7, column) and why in problem.text


def test_spares_of_the_whole_list_do_not_replace_those_of_a_row(tmp_path: Path) -> None:
    (path := tmp_path / "prices.csv").write_text(LIST, "utf-8")
    made, _ = read(path, spares=Decimal(10))
    assert [one.spares for one in made] == [Decimal(5), Decimal(10), None, Decimal(10)]


def test_a_condition_is_true_false_or_not_known() -> None:
    made = unit().specification
    assert fit(condition("form_factor = Dome and megapixels >= 4"), made) == (True, ())
    assert fit(condition("megapixels > 4"), made) == (False, ())
    assert fit(condition("poe = 802.3af"), made) == (True, ("poe",))
    assert fit(condition("audio_in = yes and form_factor = dome"), made) == (None, ("audio_in",))
    assert fit(condition("audio_in = yes; form_factor = bullet"), made) == (False, ())
    assert fit(condition("lens ~ FIX"), made) == (True, ())
