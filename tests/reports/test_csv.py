from __future__ import annotations

import csv
import io

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from reports.csv import COLUMNS, harmless, render
from scanner.inventory.records import Device
from tests.reports.samples import HOSTILE_TEXTS, census, hikvision, hostile


def read(file: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(file.decode("utf-8-sig"), newline="")))


def test_the_columns_are_the_keys_of_the_json() -> None:
    [line] = read(render(census((hikvision(1),))))
    assert set(line) == set(msgspec.to_builtins(hikvision(1))) == set(Device.__struct_fields__)
    assert COLUMNS[0] == "id"


def test_a_device_is_one_row_with_lists_in_one_cell() -> None:
    [line] = read(
        render(census((hikvision(1, covered=("ndaa-889", "uk-2022"), relabelled=True, firmware=None),)))
    )
    assert line["covered"] == "ndaa-889; uk-2022" and line["relabelled"] == "true" and line["firmware"] == ""
    assert line["last_seen"] == "2026-03-14T11:32:00Z"
    assert line["evidence"] == "hikvision-sadp; hikvision-sadp-serial; hikvision-isapi-realm; mac-block"


def test_a_name_that_is_a_formula_does_not_run() -> None:
    assert harmless('=HYPERLINK("http://203.0.113.9")').startswith("'=")
    assert [harmless(text)[0] for text in ("+1", "-1", "@SUM(A1)", "\t=1", "＝1", "  =1", '"=1')] == ["'"] * 7


def test_a_name_that_is_cut_at_semicolons_does_not_run_either() -> None:
    assert harmless('camera;=1+1;"@x') == "camera;'=1+1;'\"@x"


def test_an_ordinary_name_stays_as_it_is() -> None:
    for name in (
        "DS-2CD2143G2-I",
        "V5.7.11 build 230414",
        "Büro Köln, Hof",
        "02:00:5e:10:00:01",
        "a; b",
        "摄像机",
    ):
        assert harmless(name) == name


def test_every_hostile_text_stays_in_its_own_row_and_cell() -> None:
    lines = read(render(hostile()))
    assert len(lines) == len(HOSTILE_TEXTS)
    for line in lines:
        assert set(line) == set(COLUMNS) and not line["model"].startswith(("=", "+", "-", "@"))
        assert all(cell.isprintable() for cell in line.values())


@given(st.text())
def test_no_text_leaves_a_cell_that_runs_or_hides(text: str) -> None:
    cell = harmless(text)
    assert not any(part.lstrip(' "').startswith(("=", "+", "-", "@")) for part in cell.split(";"))
    assert not any(letter in "\x1b\x00\r\n\t\u202e\u2066\u200b" for letter in cell)


def test_excel_gets_its_byte_order_mark_only_when_asked() -> None:
    assert render(census(), byte_order_mark=True) == b"\xef\xbb\xbf" + render(census())
