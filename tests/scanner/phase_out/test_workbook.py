"""The plan goes out as a workbook and comes back: every intended change is applied, all else is named by row."""

from __future__ import annotations

import csv
import random
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scanner.errors import CamcensusError
from scanner.inventory import Inventory, plan_items
from scanner.inventory.plan_items import Edit
from scanner.phase_out import changes, plan, workbook
from scanner.phase_out.changes import Changes
from scanner.phase_out.items import Item, read
from scanner.phase_out.priority import weights
from scanner.registers.tables import tables
from tests.scanner.phase_out.units import record

COLUMN = {name: n for n, name in enumerate(workbook.headings())}
Rows = list[list[Any]]
HOSTILE = (
    "=cmd|'/c calc'!A1",
    "+1+1",
    "@SUM(A1)",
    "-2",
    "a\x1b[31mb",
    "\u202egnp.exe",
    "x" * 40_000,
    "摄像机 é ي",
)


def planned(inventory: Inventory, number: int, **said: Any) -> list[str]:
    """So many cameras in the plan, confirmed."""
    ids = record(inventory, [said] * number)
    plan.build(inventory, "jo", weights())
    return ids


def exported(inventory: Inventory, path: Path, edit: Callable[[Rows], Rows] = lambda rows: rows) -> Path:
    """A workbook of the plan, whose rows somebody edited: the first is the headings."""
    path.write_bytes(workbook.as_xlsx(plan.of(inventory).units))
    book = openpyxl.load_workbook(path)
    sheet = book[workbook.SHEET]
    rows = edit([list(row) for row in sheet.iter_rows(values_only=True)])
    sheet.delete_rows(1, sheet.max_row)
    for row in rows:
        sheet.append(row)
    book.save(path)
    return path


def compared(inventory: Inventory, path: Path) -> Changes:
    def later(device: str, version: int) -> Any:
        return inventory.ask(plan_items.since, device, version)

    return changes.of(path, plan.of(inventory).units, later)


def imported(inventory: Inventory, path: Path) -> Changes:
    """What a file changes, applied."""
    found = compared(inventory, path)
    done = inventory.change(plan_items.edit, "facilities", [one.edit for one in found.edits])
    for edit, wrong in done.refused:
        line = next(one.line for one in found.edits if one.edit is edit)
        found.refuse(line, wrong)
    return found


def items(inventory: Inventory) -> dict[str, Item]:
    return {one.device: one for one in inventory.ask(plan_items.items)}


def told(found: Changes) -> list[tuple[int, str, str]]:
    return [(one.row, one.column, one.text) for one in sorted(found.problems, key=lambda one: one.row)]


def put(**cells: Any) -> Callable[[Rows], Rows]:
    """Write cells of the first row below the headings."""

    def edit(rows: Rows) -> Rows:
        for name, value in cells.items():
            rows[1][COLUMN[name]] = value
        return rows

    return edit


def test_what_nobody_edited_changes_nothing_as_a_workbook_and_as_csv(
    inventory: Inventory, tmp_path: Path
) -> None:
    ids = planned(inventory, 3, model="DS-2CD2143G2-I")
    said = read(
        {
            "state": "planned",
            "due": "2027-03-31",
            "cost": "129.9",
            "currency": "EUR",
            "phase": "1",
            "remark": "- 5",
        }
    )
    inventory.change(plan_items.edit, "jo", [Edit(ids[0], said, {"lens": "fixed 2.8 mm", "audio_in": False})])
    (as_csv := tmp_path / "plan.csv").write_text(workbook.as_csv(plan.of(inventory).units), "utf-8")
    for path in (exported(inventory, tmp_path / "plan.xlsx"), as_csv):
        found = compared(inventory, path)
        assert (found.edits, found.problems, found.notes, found.unchanged) == ([], [], [], 3)


def test_hostile_texts_run_in_no_cell_and_come_back_unchanged(inventory: Inventory, tmp_path: Path) -> None:
    record(inventory, [{"model": text} for text in HOSTILE])
    plan.build(inventory, "jo", weights())
    path = tmp_path / "plan.xlsx"
    path.write_bytes(workbook.as_xlsx(plan.of(inventory).units))
    cells = [cell for row in openpyxl.load_workbook(path)[workbook.SHEET].iter_rows() for cell in row]
    assert not [cell.coordinate for cell in cells if cell.data_type == "f"]
    assert compared(inventory, path).unchanged == len(HOSTILE)
    (as_csv := tmp_path / "plan.csv").write_text(text := workbook.as_csv(plan.of(inventory).units), "utf-8")
    assert "'=cmd" in text and "\x1b" not in text and "\u202e" not in text
    assert compared(inventory, as_csv).unchanged == len(HOSTILE)


def test_an_edited_row_changes_its_item_with_who_and_where(inventory: Inventory, tmp_path: Path) -> None:
    planned(inventory, 2)
    edit = put(
        state="planned",
        due=datetime(2027, 3, 31),
        phase=2,
        contractor="Ada & Sons",
        lens="varifocal",
        audio_in="yes",
    )
    found = imported(inventory, exported(inventory, tmp_path / "plan.xlsx", edit))
    assert told(found) == [] and found.unchanged == 1
    (unit, other) = sorted(plan.of(inventory).units, key=lambda one: one.item.state != "planned")
    assert (unit.item.due, unit.item.phase, unit.item.contractor) == (date(2027, 3, 31), "2", "Ada & Sons")
    assert (
        unit.specification.values()["lens"] == "varifocal" and unit.specification.values()["audio_in"] is True
    )
    assert other.item.state == "confirmed"
    last = inventory.ask(plan_items.history, f"id = {unit.device.id}")[-1]
    assert (last["by"], last["why"]) == ("facilities", "plan.xlsx, sheet Plan, row 2")


@pytest.mark.parametrize(
    ("cells", "column", "why"),
    [
        ({"due": "03/04/2027"}, "Due", "'03/04/2027' may be a day in two months"),
        ({"due": 46_477}, "Due", "is a number, not a date"),
        ({"due": "=TODAY()"}, "Due", "it holds a formula"),
        ({"contractor": "=HYPERLINK(A1)"}, "Contractor", "it holds a formula"),
        (
            {"state": "verified"},
            "State",
            "it cannot go from confirmed to verified; from confirmed it goes to: planned",
        ),
        ({"state": "gone"}, "State", "there is no state 'gone'"),
        ({"state": None}, "State", "an item always has a state"),
        ({"state": "found"}, "State", "takes a reason"),
        ({"state": "kept"}, "State", "takes a reason"),
        ({"removed_on": date(2026, 11, 2)}, "Removed on", "it is confirmed, not removed"),
        ({"cost": 100}, "Currency", "a cost has a currency"),
        ({"cost": "1.234", "currency": "EUR"}, "Cost", "may be thousands or a fraction"),
        ({"channels": "many"}, "Channels", "is no number"),
        ({"form_factor": None}, "Form", "what was decoded cannot be emptied"),
        ({"device": "d0000000"}, "Device", "there is no device 'd0000000'"),
        ({"device": None}, "Device", "it names no device"),
        ({"version": "v1-000000-000000"}, "Version", "is not the version of"),
        ({"phase": "x" * 65}, "Phase", "more than 64 characters"),
    ],
)
def test_a_row_that_cannot_be_is_refused_with_its_column_and_the_others_are_kept(
    inventory: Inventory, tmp_path: Path, cells: dict[str, Any], column: str, why: str
) -> None:
    planned(inventory, 2)

    def edit(rows: Rows) -> Rows:
        rows[2][COLUMN["state"]] = "planned"
        return put(ticket="T-1", **cells)(rows)

    found = imported(inventory, exported(inventory, tmp_path / "plan.xlsx", edit))
    ((row, told_column, text),) = told(found)
    assert (row, told_column) == (2, column) and why in text
    assert sorted((one.state, one.ticket) for one in items(inventory).values()) == [
        ("confirmed", None),
        ("planned", None),
    ]


def test_a_reason_lets_a_unit_stay_and_a_remark_lets_it_go_back(inventory: Inventory, tmp_path: Path) -> None:
    planned(inventory, 1)
    edit = put(state="kept", reason="leased until 2028")
    assert told(imported(inventory, exported(inventory, tmp_path / "plan.xlsx", edit))) == []
    edit = put(state="confirmed", remark="the lease ended early")
    assert told(imported(inventory, exported(inventory, tmp_path / "plan.xlsx", edit))) == []
    (item,) = items(inventory).values()
    assert (item.state, item.reason, item.remark) == ("confirmed", None, "the lease ended early")


def test_an_item_that_was_changed_since_is_a_conflict_only_where_the_row_was_edited(
    inventory: Inventory, tmp_path: Path
) -> None:
    one, two, _ = planned(inventory, 3)

    def edit(rows: Rows) -> Rows:
        for row in rows[1:]:
            if row[0] == one:
                row[COLUMN["contractor"]] = "Ada & Sons"
        return rows

    path = exported(inventory, tmp_path / "plan.xlsx", edit)
    said = read({"state": "planned", "due": "2027-03-31"})
    inventory.change(plan_items.edit, "kim", [Edit(id, said, {"lens": "fixed 4 mm"}) for id in (one, two)])
    found = imported(inventory, path)
    ((_, column, text),) = told(found)
    assert column == "Version" and "kim changed state to planned" in text and found.unchanged == 2
    assert (items(inventory)[one].contractor, items(inventory)[two].due) == (None, date(2027, 3, 31))


def test_a_new_priority_is_no_conflict(inventory: Inventory, tmp_path: Path) -> None:
    (one,) = planned(inventory, 1)
    path = exported(inventory, tmp_path / "plan.xlsx", put(state="planned"))
    inventory.change(plan_items.build, "kim", [plan_items.Priced(one, 99, (), "found")])
    assert told(imported(inventory, path)) == [] and items(inventory)[one].state == "planned"


def test_a_change_between_looking_and_applying_is_refused(inventory: Inventory, tmp_path: Path) -> None:
    (one,) = planned(inventory, 1)
    found = compared(inventory, exported(inventory, tmp_path / "plan.xlsx", put(phase="1")))
    inventory.change(plan_items.edit, "kim", [Edit(one, read({"phase": "2"}))])
    done = inventory.change(plan_items.edit, "jo", [each.edit for each in found.edits])
    assert [str(wrong) for _, wrong in done.refused] == [
        "the item was changed by somebody else meanwhile; export the plan anew"
    ]
    assert items(inventory)[one].phase == "2"


def test_a_row_that_was_filled_down_or_repeated_is_refused(inventory: Inventory, tmp_path: Path) -> None:
    planned(inventory, 3)

    def edit(rows: Rows) -> Rows:
        rows[1][COLUMN["phase"]] = "1"
        rows[2][COLUMN["phase"]] = "1"
        rows[3][COLUMN["version"]] = rows[2][COLUMN["version"]]
        return [*rows, list(rows[1]), [*rows[2][:-1], "other"]]

    found = imported(inventory, exported(inventory, tmp_path / "plan.xlsx", edit))
    assert [(row, column) for row, column, _ in told(found)] == [
        (3, "Device"), (4, "Version"), (5, "Device"), (6, "Device"),
    ]  # fmt: skip
    assert "word for word" in told(found)[2][2] and "says something else" in told(found)[3][2]
    assert sorted(str(one.phase) for one in items(inventory).values()) == ["1", "None", "None"]


def test_columns_may_be_moved_and_left_out_and_rows_deleted(inventory: Inventory, tmp_path: Path) -> None:
    ids = planned(inventory, 3)

    def edit(rows: Rows) -> Rows:
        rows[1][COLUMN["phase"]] = "7"
        order = ["remark", "phase", "version", "building", "device"]
        return [["My notes", *(row[COLUMN[name]] for name in order)] for row in (rows[0], rows[1], rows[3])]

    found = imported(inventory, exported(inventory, tmp_path / "plan.xlsx", edit))
    assert (told(found) == [] and found.sheets.ignored == ["Device"]) or found.sheets.ignored == ["My notes"]
    assert [one.phase for one in items(inventory).values()].count("7") == 1
    assert found.missing is not None and len(found.missing) == 1 and set(found.missing) <= set(ids)


def test_what_the_inventory_says_is_not_changed_by_editing_it(inventory: Inventory, tmp_path: Path) -> None:
    planned(inventory, 1)
    found = imported(inventory, exported(inventory, tmp_path / "plan.xlsx", put(model="Axis", room="B1")))
    assert [(one.column, one.text) for one in found.notes] == [
        ("Room", "not used: the inventory has ''"), ("Model", "not used: the inventory has 'DS-2CD2143G2-I'"),
    ]  # fmt: skip


def test_a_file_that_is_no_plan_is_refused(inventory: Inventory, tmp_path: Path) -> None:
    (path := tmp_path / "plan.csv").write_text("Device,State\nd2,planned\n")
    with pytest.raises(CamcensusError, match="has no column 'Version'"):
        compared(inventory, path)
    path.write_text("Name,State\nd2,planned\n")
    with pytest.raises(CamcensusError, match="has no column 'Device'"):
        compared(inventory, path)


WORDS = ("verified", "kept", "2027-03-31", "03/04/2027", "1.234", "yes", "0", '"')
CELL = st.one_of(st.text(max_size=12), st.sampled_from([*HOSTILE[:6], *WORDS]))


@given(
    edits=st.lists(
        st.tuples(st.integers(1, 2), st.integers(0, len(COLUMN) - 1), CELL), min_size=1, max_size=6
    ),
    dropped=st.sets(st.integers(2, len(COLUMN) - 1), max_size=3),
)
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_stands_in_a_file_it_is_an_edit_a_refusal_or_nothing(
    inventory: Inventory, tmp_path: Path, edits: list[tuple[int, int, str]], dropped: set[int]
) -> None:
    ids = list(items(inventory)) or planned(inventory, 2)
    before = items(inventory)
    rows = [
        list(workbook.headings().values()),
        *(list(workbook.texts(one).values()) for one in plan.of(inventory).units),
    ]
    for row, column, text in edits:
        rows[row][column] = text
    with (tmp_path / "plan.csv").open("w", encoding="utf-8", errors="replace", newline="") as file:
        csv.writer(file).writerows([cell for n, cell in enumerate(row) if n not in dropped] for row in rows)
    found = compared(inventory, tmp_path / "plan.csv")
    done = inventory.change(plan_items.edit, "jo", [one.edit for one in found.edits], rehearsal=True)
    assert items(inventory) == before and {one.device for one in done.changes} <= set(ids)
    assert all(one.row > 1 for one in found.problems)
    assert all(edit.device in ids and wrong.field for edit, wrong in done.refused)


SPELLINGS: tuple[Callable[[date], Any], ...] = (
    lambda day: datetime(day.year, day.month, day.day),
    lambda day: day.isoformat(),
    lambda day: f"{day:%d.%m.%Y}",
    lambda day: f"{day.day} {day:%B} {day.year}",
    lambda day: f"{day:%b} {day.day}, {day.year}",
)


@pytest.mark.parametrize("number", [120, pytest.param(5_000, marks=pytest.mark.slow)])
def test_every_intended_change_of_a_busy_workbook_is_applied_and_all_else_named_by_row(
    inventory: Inventory, tmp_path: Path, number: int
) -> None:
    """Rows sorted and deleted, dates typed anew, a column moved, cells edited, rows spoilt, items changed meanwhile."""
    chance = random.Random(5)
    ids = planned(inventory, number)
    dated = [Edit(id, read({"due": f"2027-{n % 12 + 1:02}-{n % 28 + 1:02}"})) for n, id in enumerate(ids)]
    inventory.change(plan_items.edit, "jo", dated)
    kinds = dict(
        zip(
            ids,
            chance.choices(["edit", "retype", "delete", "spoil", "stale", "leave"], k=number),
            strict=True,
        )
    )
    wanted: dict[str, tuple[str, date, str]] = {}
    spoilt: dict[str, str] = {}

    def edit(rows: Rows) -> Rows:
        heading, *rest = rows
        for row in rest:
            device, due = row[0], row[COLUMN["due"]]
            if kinds[device] in ("edit", "stale"):
                later = date(2028, chance.randint(1, 12), chance.randint(1, 28))
                wanted[device] = ("planned", later, f"T-{chance.randint(1, 999)}")
                row[COLUMN["state"]], row[COLUMN["ticket"]] = "planned", wanted[device][2]
                row[COLUMN["due"]] = chance.choice(SPELLINGS)(later)
            elif kinds[device] == "retype":
                row[COLUMN["due"]] = chance.choice(SPELLINGS)(due.date())
            elif kinds[device] == "spoil":
                column, text = chance.choice(
                    [
                        ("due", "04/03/2028"),
                        ("state", "verified"),
                        ("cost", "1,234"),
                        ("phase", "=1+1"),
                        ("version", "v1"),
                    ]
                )
                row[COLUMN[column]] = text
                if column == "version":
                    row[COLUMN["phase"]] = "9"
                spoilt[device] = workbook.headings()[column]
        kept = [row for row in rest if kinds[row[0]] != "delete"]
        chance.shuffle(kept)
        at = COLUMN["due"]
        return [[row[at], *row[:at], *row[at + 1 :]] for row in (heading, *kept)]

    path = exported(inventory, tmp_path / "plan.xlsx", edit)
    stale = {device for device, kind in kinds.items() if kind == "stale"}
    inventory.change(plan_items.edit, "kim", [Edit(id, read({"contractor": "Bo"})) for id in sorted(stale)])
    before = items(inventory)
    found = imported(inventory, path)

    after = items(inventory)
    rows = {row.cells[1]: row.number for table in tables(path) for row in table.rows if len(row.cells) > 1}
    applied = {device for device, kind in kinds.items() if kind == "edit"}
    assert {id: (one.state, one.due, one.ticket) for id, one in after.items() if id in applied} == {
        id: wanted[id] for id in applied
    }
    assert {id: one for id, one in after.items() if id not in applied} == {
        id: one for id, one in before.items() if id not in applied
    }
    assert {(one.row, one.column) for one in found.problems} == {
        *((rows[id], column) for id, column in spoilt.items()), *((rows[id], "Version") for id in stale),
    }  # fmt: skip
    assert set(found.missing or ()) == {id for id, kind in kinds.items() if kind == "delete"}
    assert found.unchanged == sum(kind in ("retype", "leave") for kind in kinds.values())
