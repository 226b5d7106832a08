"""The items of the plan: taken in, changed by allowed steps, with who, when and why; and merged with their devices."""

from __future__ import annotations

import pytest

from scanner.inventory import Inventory, places, plan_items
from scanner.inventory.plan_items import Edit, Outcome
from scanner.phase_out import plan
from scanner.phase_out.items import Item, read
from scanner.phase_out.priority import weights
from tests.scanner.phase_out.units import record


@pytest.fixture
def devices(inventory: Inventory) -> list[str]:
    """Two cameras in the plan, the first only possible, and an Axis that no policy covers."""
    ids = record(
        inventory,
        [
            {"confidence": "possible"}, {"category": "nvr", "model": "DS-7616NI-K2/16P"},
            {"maker": "other", "maker_name": "Axis", "covered": (), "model": "P3245-LVE"},
        ],
    )  # fmt: skip
    plan.build(inventory, "jo", weights())
    return ids


def items(inventory: Inventory, where: str = "") -> dict[str, Item]:
    return {one.device: one for one in inventory.ask(plan_items.items, where)}


def change(
    inventory: Inventory, device: str, why: str = "", *, rehearsal: bool = False, **said: str
) -> Outcome:
    return inventory.change(plan_items.edit, "jo", [Edit(device, read(said), {}, why)], rehearsal=rehearsal)


def test_covered_devices_enter_the_plan_confirmed_only_by_their_own_replies(
    inventory: Inventory, devices: list[str]
) -> None:
    assert {id: one.state for id, one in items(inventory).items()} == {
        devices[0]: "found",
        devices[1]: "confirmed",
    }


def test_building_again_changes_nothing_and_takes_nothing_back(
    inventory: Inventory, devices: list[str]
) -> None:
    change(inventory, devices[1], state="planned", due="31.03.2027", phase="1")
    before = items(inventory)
    assert plan.build(inventory, "jo", weights()) == []
    assert items(inventory) == before


def test_better_evidence_confirms_what_was_only_found(inventory: Inventory, devices: list[str]) -> None:
    record(inventory, [{"confidence": "confirmed"}])
    plan.build(inventory, "jo", weights())
    assert items(inventory)[devices[0]].state == "confirmed"
    last = inventory.ask(plan_items.history, f"id = {devices[0]}")[-1]
    assert (last["field"], last["after"]) == ("state", "confirmed") and "its own replies" in last["why"]


def test_a_more_sensitive_site_raises_the_priority_and_the_journal_says_so(
    inventory: Inventory, devices: list[str]
) -> None:
    inventory.change(places.add_site, "jo", "hq", sensitivity="critical")
    inventory.change(places.assign, "jo", devices, {"site": "hq"})
    before = items(inventory)[devices[1]].priority
    changes = plan.build(inventory, "jo", weights())
    now = items(inventory)[devices[1]].priority
    assert before is not None and now is not None and now > before
    assert (devices[1], "plan priority", str(before), str(now)) in changes


def test_each_change_is_kept_with_who_when_and_why(inventory: Inventory, devices: list[str]) -> None:
    change(inventory, devices[1], "leased until 2028", state="kept")
    told = [
        (row["by"], row["field"], row["before"], row["after"], row["why"])
        for row in inventory.ask(plan_items.history, f"id = {devices[1]}")
    ]
    assert told[0] == ("jo", "state", None, "confirmed", "")
    assert ("jo", "state", "confirmed", "kept", "leased until 2028") in told
    assert items(inventory)[devices[1]].reason == "leased until 2028"


def test_a_forbidden_step_changes_nothing_of_its_item_and_stops_no_other(
    inventory: Inventory, devices: list[str]
) -> None:
    edits = [Edit(id, read({"state": "planned", "phase": "1"})) for id in [*devices[:2], "d9"]]
    done = inventory.change(plan_items.edit, "jo", edits)
    assert [(edit.device, wrong.field) for edit, wrong in done.refused] == [
        (devices[0], "state"),
        ("d9", "device"),
    ]
    assert [(one.state, one.phase) for one in items(inventory, f"id = {devices[0]}").values()] == [
        ("found", None)
    ]
    assert items(inventory)[devices[1]].phase == "1"


def test_a_rehearsal_says_what_would_change_and_changes_nothing(
    inventory: Inventory, devices: list[str]
) -> None:
    before, history = items(inventory), inventory.ask(plan_items.history)
    done = change(inventory, devices[1], state="planned", rehearsal=True)
    assert [(one.field, one.after) for one in done.changes] == [("plan state", "planned")]
    assert items(inventory) == before and inventory.ask(plan_items.history) == history


def test_requirements_are_filled_in_and_taken_back(inventory: Inventory, devices: list[str]) -> None:
    inventory.change(
        plan_items.edit, "jo", [Edit(devices[0], {}, {"lens": "fixed 2.8 mm", "audio_in": False})]
    )
    (unit,) = plan.of(inventory, f"id = {devices[0]}").units
    assert (
        unit.specification.values()["lens"] == "fixed 2.8 mm"
        and unit.specification.values()["audio_in"] is False
    )
    inventory.change(plan_items.edit, "jo", [Edit(devices[0], {}, {"lens": None})])
    (unit,) = plan.of(inventory, f"id = {devices[0]}").units
    assert unit.specification.values()["lens"] == "fixed" and list(unit.item.filled) == ["audio_in"]


def test_the_plan_is_asked_for_in_the_query_language(inventory: Inventory, devices: list[str]) -> None:
    change(inventory, devices[1], state="planned", due="2027-03-31", contractor="Ada & Sons")
    for where in (
        "state = planned",
        "due < 2027-04-01",
        "due = 2027-03-31",
        "contractor ~ ada",
        "state is set and phase is empty and state != found",
    ):
        assert [one.id for one in inventory.devices(where)] == [devices[1]], where
    assert len(inventory.devices("state is empty")) == 1
    assert [one.id for one in inventory.devices(sort="-priority")][-1] == devices[2]


def test_the_item_of_a_merged_device_goes_with_it_and_comes_back(
    inventory: Inventory, devices: list[str]
) -> None:
    change(inventory, devices[1], state="planned", phase="1")
    kept = inventory.merge(devices[1], devices[2], by="jo", why="one unit")
    gone = ({devices[1], devices[2]} - {kept}).pop()
    assert items(inventory)[kept].phase == "1"
    assert [row["field"] for row in inventory.ask(plan_items.history, f"id = {kept}")] == [
        "state",
        "state",
        "phase",
    ]
    inventory.unmerge(gone, by="jo", why="no, two")
    assert {id: one.phase for id, one in items(inventory).items()} == {devices[0]: None, devices[1]: "1"}


def test_of_two_items_that_become_one_device_one_stands_and_the_other_waits(
    inventory: Inventory, devices: list[str]
) -> None:
    before = items(inventory)
    kept = inventory.merge(devices[0], devices[1], by="jo", why="one unit")
    assert list(items(inventory)) == [kept]
    inventory.unmerge(({*devices[:2]} - {kept}).pop(), by="jo", why="no, two")
    assert items(inventory) == before
