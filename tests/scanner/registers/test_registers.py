"""Registers as people hand them over: every trouble is a file that a test makes."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.errors import CamcensusError
from scanner.registers.entries import Entry, Reading, read, synonyms
from scanner.registers.tables import Row as FileRow
from scanner.registers.tables import Table, csv_text, decode, separated

HEADINGS = ("Inventar-Nr", "Seriennummer", "MAC-Adresse", "Gebäude", "Raum", "Eigentümer")
GOOD = ("A1", "C12345671", "44-19-B6-00-00-01", "Büro", "1.01", "Müller & Söhne")
GOOD_FIELDS = {
    "asset": "A1", "serial": "C12345671", "mac": "44:19:b6:00:00:01", "building": "Büro", "room": "1.01",
    "owner": "Müller & Söhne",
}  # fmt: skip

Make = Callable[[bytes], Path]


@pytest.fixture
def register(tmp_path: Path) -> Make:
    def make(content: bytes) -> Path:
        path = tmp_path / "cameras.csv"
        path.write_bytes(content)
        return path

    return make


def lines(*rows: Sequence[str], separator: str = ";") -> str:
    file = io.StringIO()
    csv.writer(file, delimiter=separator).writerows(rows)
    return file.getvalue()


def workbook(path: Path, *rows: tuple[str | float | datetime | None, ...], merge: Sequence[str] = ()) -> Path:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "Kameras"
    for row in rows:
        sheet.append(row)
    for one in merge:
        sheet.merge_cells(one)
    book.save(path)
    return path


def said(reading: Reading) -> list[str]:
    return [str(problem) for problem in reading.rejections()]


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize(
    ("codec", "name"),
    [
        ("utf-8", "UTF-8"),
        ("utf-8-sig", "UTF-8 with a byte order mark"),
        ("utf-16", "UTF-16"),
        ("utf-16-le", "UTF-16 without a byte order mark"),
        ("utf-16-be", "UTF-16 without a byte order mark"),
        ("cp1252", "Windows-1252"),
    ],
)
def test_a_register_is_read_in_every_usual_encoding_and_says_which_was_taken(
    register: Make, codec: str, name: str, separator: str
) -> None:
    reading = read(register(lines(HEADINGS, GOOD, separator=separator).encode(codec)))
    assert [entry.fields for entry in reading.entries] == [GOOD_FIELDS]
    assert reading.about[0].startswith(f"{name}, separated by ")


def test_one_row_in_another_encoding_is_rejected_and_spoils_no_other(register: Make) -> None:
    odd = lines(("A2", "C12345672", "", "Süd", "", "")).encode("cp1252")
    reading = read(register(lines(HEADINGS, GOOD).encode() + odd + b"A3;C12345673;;;;\r\n"))
    assert [entry.row for entry in reading.entries] == [2, 4]
    assert said(reading) == ["cameras.csv: row 3: it is not UTF-8, as the rest of the file is"]


def test_an_encoding_can_be_named(register: Make) -> None:
    path = register(lines(HEADINGS, GOOD).encode("mac_roman"))
    assert read(path, encoding="mac_roman").entries[0].fields == GOOD_FIELDS
    with pytest.raises(CamcensusError, match="--encoding"):
        read(path, encoding="no-such-encoding")


def test_a_quotation_mark_that_is_never_closed_costs_its_own_row_alone(register: Make) -> None:
    content = lines(HEADINGS) + 'A2;"C12345672;;;;\r\n' + lines(GOOD)
    reading = read(register(content.encode()))
    assert [entry.row for entry in reading.entries] == [3]
    assert said(reading) == ["cameras.csv: row 2: a quotation mark in it is never closed"]


@pytest.mark.parametrize(
    ("heading", "cell", "text"),
    [
        ("MAC-Adresse", "44-19-B6-00-00", "is no MAC address"),
        ("MAC-Adresse", "00:00:00:00:00:00", "is nobody's MAC address"),
        ("MAC-Adresse", "4,41961E+11", "a spreadsheet has shortened the number"),
        ("Seriennummer", "1.23E+14", "a spreadsheet has shortened the number"),
        ("Seriennummer", "1234567890123400", "may have rounded"),
        ("Seriennummer", '=HYPERLINK("http://evil.example")', "it holds a formula"),
        ("Inventar-Nr", "=cmd|' /C calc'!A0", "it holds a formula"),
    ],
)
def test_a_wrong_cell_is_named_by_file_row_and_column(
    register: Make, heading: str, cell: str, text: str
) -> None:
    row = ["A2", "C12345672", "", "", "", ""]
    row[HEADINGS.index(heading)] = cell
    reading = read(register(lines(HEADINGS, GOOD, row).encode()))
    assert [entry.row for entry in reading.entries] == [2]
    assert len(reading.rejected) == 1
    assert said(reading)[0].startswith(f"cameras.csv: row 3, column {heading}: ") and text in said(reading)[0]


def test_a_row_that_names_no_device_or_has_too_many_cells_is_rejected(register: Make) -> None:
    rows = (("", "", "", "Nord", "2", ""), ("A2", "C12345672", "", "", "", "", "more"))
    reading = read(register(lines(HEADINGS, *rows, GOOD).encode()))
    assert [entry.row for entry in reading.entries] == [4]
    assert "names no device" in said(reading)[0] and "more cells than there are headings" in said(reading)[1]


def test_a_row_told_twice_is_kept_once_and_rows_that_contradict_are_both_kept_and_told(
    register: Make,
) -> None:
    other = ("A1", "C12345699", "", "Süd", "", "")
    reading = read(register(lines(HEADINGS, GOOD, GOOD, other).encode()))
    assert [entry.row for entry in reading.entries] == [2, 4]
    assert said(reading) == ["cameras.csv: row 3: it repeats row 2 word for word"]
    assert ["row 2 has the same asset" in str(one) for one in reading.notices] == [True]


def test_titles_above_the_headings_and_columns_of_no_use_do_no_harm(register: Make) -> None:
    titled = lines(("Kameraliste 2026",), (), (*HEADINGS, "Farbe"), (*GOOD, "weiß"))
    reading = read(register(titled.encode()))
    assert [entry.fields for entry in reading.entries] == [GOOD_FIELDS]
    assert reading.about[-1] == "columns not used: Farbe"


def test_a_column_can_be_chosen_and_two_of_one_meaning_must_be(register: Make) -> None:
    path = register(b"SN;S/N;Owner\nC12345671;C12345672;x\n")
    with pytest.raises(CamcensusError, match="2 columns for serial"):
        read(path)
    assert read(path, columns={"serial": "S/N", "note": "SN"}).entries[0].fields["note"] == "C12345671"
    with pytest.raises(CamcensusError, match="no column is headed 'Label'"):
        read(path, columns={"serial": "Label"})


def test_a_file_without_known_headings_is_an_error_that_shows_the_way(register: Make) -> None:
    with pytest.raises(CamcensusError, match="--column serial='Foo'"):
        read(register(b"Foo;Bar\n1;2\n"))


def test_merged_cells_count_for_each_of_their_rows(tmp_path: Path) -> None:
    path = workbook(
        tmp_path / "cameras.xlsx",
        ("Serial", "Building", "Room"), ("C12345671", "North", "1"), ("C12345672", None, "2"),
        ("C12345673", "South", "3"), (None, None, None), merge=("B2:B3", "B4:C4", "A5:C5000"),
    )  # fmt: skip
    assert [entry.fields for entry in read(path).entries] == [
        {"serial": "C12345671", "building": "North", "room": "1"},
        {"serial": "C12345672", "building": "North", "room": "2"},
        {"serial": "C12345673", "building": "South"},
    ]


def test_a_formula_in_a_workbook_is_never_calculated(tmp_path: Path) -> None:
    path = workbook(
        tmp_path / "cameras.xlsx",
        ("Serial", "Room", "Note"), ("C12345671", "=1+1", '=HYPERLINK("http://evil.example","x")'), ("=1+1", "", ""),
    )  # fmt: skip
    reading = read(path)
    assert reading.entries[0].fields["room"] == "=1+1"
    assert next(str(one) for one in reading.notices) == (
        "cameras.xlsx: sheet Kameras, row 2, column Room: it holds a formula, kept as its text: not calculated"
    )
    assert said(reading) == [
        "cameras.xlsx: sheet Kameras, row 3, column Serial: it holds a formula: put its value there instead"
    ]
    exported = csv_text([reading.entries[0].fields.values()])
    assert all(not cell.startswith("=") for cell in next(csv.reader([exported])))


def test_numbers_and_days_of_a_workbook_read_as_people_write_them(tmp_path: Path) -> None:
    rows = (
        ("Serial", "Room", "Lease"),
        (123456789, 12.0, datetime(2027, 1, 31)),
        ("C12345672", 1.5, "#REF!"),
    )
    path = workbook(tmp_path / "cameras.xlsx", *rows)
    reading = read(path)
    assert [entry.fields for entry in reading.entries] == [
        {"serial": "123456789", "room": "12", "lease": "2027-01-31"}
    ]
    assert said(reading) == ["cameras.xlsx: sheet Kameras, row 3: cell C3 holds the error #REF!"]


def test_a_cell_at_the_far_corner_takes_no_time_and_no_memory(tmp_path: Path) -> None:
    path = tmp_path / "cameras.xlsx"
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(("Serial", "Room"))
    sheet.append(("C12345671", "1"))
    sheet["XFD1048576"] = "far"
    book.save(path)
    reading = read(path)
    assert len(reading.entries) == 1
    assert said(reading) == ["cameras.xlsx: sheet Sheet, row 1048576: it has more than 200 cells"]


def rearranged(path: Path, change: Callable[[str], str]) -> Path:
    """The workbook with its first sheet written otherwise."""
    with zipfile.ZipFile(io.BytesIO(path.read_bytes())) as whole, zipfile.ZipFile(path, "w") as made:
        for name in whole.namelist():
            content = whole.read(name)
            made.writestr(name, change(content.decode()).encode() if name.endswith("sheet1.xml") else content)
    return path


def reverse(outer: str, inner: str) -> Callable[[str], str]:
    """What the elements `outer` hold, with the elements `inner` in it the other way round."""

    def change(sheet: str) -> str:
        def turned(found: re.Match[str]) -> str:
            parts = re.findall(rf"<{inner}[ >].*?</{inner}>", found[2])
            return found[1] + "".join(reversed(parts)) + found[3]

        return re.sub(rf"(<{outer}(?: [^>]*)?>)(.*?)(</{outer}>)", turned, sheet)

    return change


@pytest.mark.parametrize(("outer", "inner"), [("sheetData", "row"), ("row", "c")])
def test_rows_and_cells_of_a_workbook_count_in_whatever_order_they_stand_in_the_file(
    tmp_path: Path, outer: str, inner: str
) -> None:
    rows = (("Serial", "Building", "Room"), *((f"C1234567{n}", "North", f"{n}") for n in range(1, 9)))
    path = workbook(tmp_path / "cameras.xlsx", *rows)
    before = read(path)
    after = read(rearranged(path, reverse(outer, inner)))
    assert [entry.row for entry in after.entries] == list(range(2, 10))
    assert [entry.fields for entry in after.entries] == [entry.fields for entry in before.entries]
    assert said(after) == []


def test_a_row_or_cell_that_a_workbook_holds_twice_is_rejected_by_its_number(tmp_path: Path) -> None:
    rows = (("Serial", "Room"), ("C12345671", "1"), ("C12345672", "2"), ("C12345673", "3"))
    path = workbook(tmp_path / "cameras.xlsx", *rows)
    reading = read(rearranged(path, lambda sheet: sheet.replace('r="4"', 'r="2"').replace('"B3"', '"A3"')))
    assert said(reading) == [
        "cameras.xlsx: sheet Kameras, row 2: this row is in the file twice",
        "cameras.xlsx: sheet Kameras, row 3: cell A3 is in the file twice",
    ]
    assert reading.entries == []


def test_a_workbook_with_a_document_type_or_of_another_kind_is_refused(tmp_path: Path) -> None:
    path = workbook(tmp_path / "cameras.xlsx", ("Serial",), ("C12345671",))
    bomb = tmp_path / "bomb.xlsx"
    with zipfile.ZipFile(path) as whole, zipfile.ZipFile(bomb, "w") as made:
        for name in whole.namelist():
            content = whole.read(name)
            if name.endswith("sheet1.xml"):
                content = b'<!DOCTYPE x [<!ENTITY a "aaaa">]>' + content
            made.writestr(name, content)
    with pytest.raises(CamcensusError, match="declares a document type"):
        read(bomb)
    old = tmp_path / "old.xls"
    old.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(100))
    with pytest.raises(CamcensusError, match="old Excel workbook"):
        read(old)
    torn = tmp_path / "torn.xlsx"
    torn.write_bytes(path.read_bytes()[:500])
    with pytest.raises(CamcensusError, match="cannot be read as an XLSX workbook"):
        read(torn)


def test_a_heading_means_one_thing() -> None:
    for fields in synonyms().values():
        names = [name for several in fields.values() for name in several]
        assert len(names) == len(set(names))


CELLS = st.text(st.characters(codec="utf-8", exclude_characters="\r\n\0"), max_size=12)


@given(st.lists(st.lists(CELLS, min_size=1, max_size=8), max_size=15), st.sampled_from([",", ";", "\t"]))
def test_no_row_is_lost(rows: list[list[str]], separator: str) -> None:
    """Each row that holds anything is kept, or is rejected with its place."""
    text = lines(HEADINGS, *rows, separator=separator)
    table = separated(text, "UTF-8")
    reading = read_table(table)
    filled = {number for number, row in enumerate(rows, 2) if any(trimmed(cell) for cell in row)}
    kept = {entry.row for entry in reading.entries}
    rejected = {problem.row for problem in reading.rejected}
    assert kept | rejected == filled and not kept & rejected
    assert reading.rows == len(filled) == len(reading.entries) + len(rejected)


def trimmed(cell: str) -> str:
    from scanner.registers.tables import trim

    return trim(cell)


def read_table(table: Table) -> Reading:
    from scanner.registers.entries import headings, reject_repeated, take

    rows: list[FileRow] = list(table.rows)
    at, fields = headings(rows[:1], "register", {})
    assert at == 0
    reading = Reading([], [], [], 0, [], {field: rows[0].cells[column] for column, field in fields.items()})
    take(reading, "cameras.csv", table, rows[0], fields, rows[1:], "register")
    reject_repeated(reading, "cameras.csv")
    return reading


@given(st.binary(max_size=400))
def test_any_bytes_are_read_or_politely_refused(
    tmp_path_factory: pytest.TempPathFactory, noise: bytes
) -> None:
    path = tmp_path_factory.getbasetemp() / "noise.csv"
    for content in (noise, b"Serial;MAC\n" + noise, b"PK\x03\x04" + noise):
        path.write_bytes(content)
        try:
            reading = read(path)
        except CamcensusError:
            continue
        assert all(isinstance(entry, Entry) for entry in reading.entries)


def test_what_is_neither_utf_8_nor_windows_1252_names_its_line(tmp_path: Path) -> None:
    with pytest.raises(CamcensusError, match="line 2 holds the byte 0x81"):
        decode(tmp_path / "x.csv", b"Serial\nC1\x81\n", None)
