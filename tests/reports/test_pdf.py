"""The PDF as people and screen readers get it: one page for who decides, every script, and nothing that runs."""

from __future__ import annotations

import io
import subprocess
from pathlib import Path
from typing import Any

import msgspec
import pypdf
import pytest

from reports import pdf
from reports.content import Census
from reports.language import codes, language
from reports.pdf.fonts import without_machine
from reports.pdf.texts import LISTED, breakable
from reports.template import read
from tests.reports.samples import HOSTILE_TEXTS, census, hikvision, hostile, large, plan


def opened(content: bytes) -> pypdf.PdfReader:
    return pypdf.PdfReader(io.BytesIO(content))


def words(content: bytes) -> str:
    done = subprocess.run(["pdftotext", "-", "-"], input=content, capture_output=True, check=True, timeout=60)
    return done.stdout.decode().replace("\u200b", "")


@pytest.mark.parametrize("code", codes())
@pytest.mark.parametrize(
    "made",
    [census(plan=plan()), census(), census(()), large(120), hostile()],
    ids=["a plan", "no plan", "nothing", "120 devices", "hostile texts"],
)
def test_the_first_page_stands_alone_and_the_full_report_begins_on_the_second(
    made: Census, code: str
) -> None:
    say = language(code)
    pages = [page.extract_text().replace("\u200b", "") for page in opened(pdf.render(made, say)).pages]
    assert say.say("pdf.full") in pages[1] and say.say("pdf.full") not in pages[0]
    assert say.say("report.not_seen") in pages[0] and say.say("report.plan") in pages[0]


def test_a_full_first_page_is_set_smaller_and_stays_one_page(tmp_path: Path) -> None:
    (tmp_path / "logo.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"/>')
    (tmp_path / "report.toml").write_text(
        'logo = "logo.svg"\norganisation = "Häfen"\nlanguage = "de"\nsubtitle = "'
        + "ein Untertitel, der lang ist, " * 5
        + '"'
    )
    template, long = read(tmp_path), plan()
    reasons = ("45 flaws: CVE-2021-36260 affects its firmware and is known to be exploited (CISA KEV)",) * 3
    items = tuple(msgspec.structs.replace(item, reasons=reasons) for item in long.items)
    made = census(plan=msgspec.structs.replace(long, items=items), title="Ein Haus mit langem Namen " * 3)
    first, second, *_ = (
        page.extract_text() for page in opened(pdf.render(made, template.speaks(), template)).pages
    )
    assert "Am dringendsten" in first and "10.20.0.21" in first and "Der volle Bericht" in second


def test_it_is_tagged_for_screen_readers_and_says_its_title_and_language() -> None:
    document: Any = opened(pdf.render(census(plan=plan()), language("de")))
    root = document.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"] and root["/Lang"] == "de"
    assert document.metadata.title == "Harbour House, floors 0 to 3"
    assert document.outline


def test_the_same_census_gives_the_same_bytes() -> None:
    assert pdf.render(census(plan=plan())) == pdf.render(census(plan=plan()))


@pytest.mark.parametrize("text", HOSTILE_TEXTS.values(), ids=HOSTILE_TEXTS)
def test_a_hostile_text_is_only_text(text: str) -> None:
    content = pdf.render(census((hikvision(1, model=text, brand=text, conflicts=(text,)),), title=text))
    document: Any = opened(content)
    root = document.trailer["/Root"]
    assert "/OpenAction" not in root and "/JavaScript" not in root.get("/Names", {})
    for page in document.pages:
        for note in page.get("/Annots", ()):
            link = note.get_object()
            assert "/A" not in link and "/Dest" in link  # the table of contents
    assert b"\x1b" not in words(content).encode() and "\u202e" not in words(content)


def test_markup_of_the_typesetter_stays_as_it_is() -> None:
    text = "#let x = 1 $x^2$ *b* _i_ @ref <label> `raw` [c] #import"
    assert text in " ".join(words(pdf.render(census((hikvision(1),), title=text))).split())


def test_a_text_of_ten_thousand_characters_is_shortened_and_fits() -> None:
    content = pdf.render(census((hikvision(1, model="A" * 10_000),)))
    assert len(opened(content).pages) < 6 and "A" * 61 not in words(content)
    assert breakable("short words") == "short words" and "\u200b" in breakable("A" * 30)


def test_names_in_chinese_arabic_and_thai_survive() -> None:
    said: list[str] = []
    made = census((hikvision(1, brand="海康威视"), hikvision(2, brand="กล้อง"), hikvision(3, brand="été ß ő")))
    content = pdf.render(made, tell=said.append)
    assert not said and all(name in words(content) for name in ("海康威视", "กล้อง", "été ß ő"))


def test_what_no_font_of_the_machine_has_is_written_out_and_said() -> None:
    said: list[str] = []
    made = census((hikvision(1, brand="海康"), hikvision(2, brand="Zürich")))
    text = words(pdf.render(made, fonts=without_machine(), tell=said.append))
    assert "\\u6d77\\u5eb7" in text and "海" not in text and "Zürich" in text
    [note] = said
    assert note.startswith("2 characters of this report are in no font") and "fonts-noto-cjk" in note
    assert " ".join(note.split()[:9]) in " ".join(text.split())


def test_a_long_list_ends_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("reports.pdf.view.LISTED", 50)
    text = " ".join(words(pdf.render(large(300))).split())
    assert "Listed are the first 50. All 300 are in the XLSX, CSV and JSON reports." in text


def test_a_page_can_be_drawn(tmp_path: Path) -> None:
    """The picture has ink where the headline is, and none in the margin."""
    (tmp_path / "census.pdf").write_bytes(pdf.render(census(plan=plan())))
    subprocess.run(
        ["pdftoppm", "-r", "40", "-gray", "-singlefile", "census.pdf", "page"],
        cwd=tmp_path,
        check=True,
        timeout=60,
    )
    header, size, _, pixels = (tmp_path / "page.pgm").read_bytes().split(b"\n", 3)
    wide, high = map(int, size.split())
    rows = [pixels[row * wide : (row + 1) * wide] for row in range(high)]
    assert header == b"P5" and min(min(row) for row in rows[:15]) > 250
    assert min(min(row) for row in rows[20 : high // 3]) < 80


def test_a_bill_that_is_cut_on_paper_says_so() -> None:
    known = plan()
    long = msgspec.structs.replace(known, bill=(known.bill * LISTED)[: LISTED + 1])
    assert "Listed are the first 1,000 lines. All 1,001" in " ".join(
        words(pdf.render(census(plan=long))).split()
    )
