"""The plan at the end of the demo."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from scanner.inventory import RunSettings, Seen, open_inventory
from scanner.lab.replacement import PER_WEEK, PRICES, plan_the_building
from scanner.model import Identification
from scanner.phase_out import plan, prices, quantities

MONDAY = date(2026, 11, 30)


def unit(number: int, model: str, maker: str = "hikvision") -> Seen:
    one = Identification(
        address=f"127.77.0.{number}", mac=f"02:00:5e:10:00:{number:02x}", maker=maker, model=model,
        category="nvr" if "NI" in model else "camera", confidence="confirmed",
        covered=("ndaa-889",) if maker == "hikvision" else (),
    )  # fmt: skip
    return Seen(one, (), "on-link")


def test_the_demo_plans_what_is_covered_recorders_first_and_a_few_each_week(tmp_path: Path) -> None:
    with open_inventory(tmp_path / "inventory.db") as inventory:
        run = inventory.begin_run(RunSettings())
        cameras = [unit(number, "DS-2CD2143G2-I") for number in range(1, 2 * PER_WEEK)]
        inventory.record(run, [*cameras, unit(90, "DS-7616NI-K2/16P"), unit(91, "P3245-V", "other")])
        assert plan_the_building(inventory, MONDAY) == 2 * PER_WEEK
        units = plan.of(inventory).units
        bill = quantities.bill(units, plan.of(inventory).prices)
    first = min(units, key=lambda one: (one.item.due, one.item.phase))
    assert first.device.category == "nvr" and {one.item.state for one in units} == {"planned"}
    assert len({one.item.due for one in units}) == 2 and bill.total.no_price == 0
    assert bill.total.units == 2 * PER_WEEK and set(bill.total.total) == {"EUR"}


def test_the_invented_prices_can_be_read_and_say_that_they_are_invented() -> None:
    listed, problems = prices.read(PRICES)
    assert not problems and all((one.product or "").startswith("Invented") for one in listed)
