"""Templates: title, logo, language and colour from a folder, in every format, and mistakes that are named."""

from __future__ import annotations

import base64
import io
import struct
import zlib
from pathlib import Path

import openpyxl
import pypdf
import pytest
from lxml import html

from reports import page, pdf, xlsx
from reports.template import read
from scanner.errors import CamcensusError
from tests.reports.samples import census

SVG = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 10"><rect width="40" height="10" fill="#1f5673"/></svg>'
REPORT = """
title = "Kameras in unseren Gebäuden"
subtitle = "海港大厦, drittes Quartal"
organisation = "Harbour Holdings"
logo = "{logo}"
language = "de"
accent = "#7a1f4b"
footer = "Vertraulich"
"""


def png() -> bytes:
    """A red square of two by two."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    rows = b"".join(b"\0" + b"\xff\0\0" * 2 for _ in range(2))
    head = struct.pack(">IIBBBBB", 2, 2, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b"")
    )


@pytest.fixture(params=["logo.svg", "logo.png"])
def folder(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    content = SVG.encode() if request.param == "logo.svg" else png()
    (tmp_path / request.param).write_bytes(content)
    (tmp_path / "report.toml").write_text(REPORT.format(logo=request.param), "utf-8")
    return tmp_path


def test_the_page_has_the_logo_the_title_and_the_colour(folder: Path) -> None:
    template = read(folder)
    text = page.render(census(), template.speaks(), template)
    shown: html.HtmlElement = html.document_fromstring(text)
    [logo] = shown.xpath("//img")
    kind, _, content = logo.get("src").removeprefix("data:").partition(";base64,")
    assert kind in ("image/svg+xml", "image/png")
    assert base64.b64decode(content) == (folder / template.logo).read_bytes()
    assert logo.get("alt") == "Harbour Holdings" and shown.get("lang") == "de"
    assert shown.xpath("string(//h1)") == "Kameras in unseren Gebäuden"
    assert "海港大厦" in shown.xpath("string(//header)") and "Vertraulich" in shown.xpath("string(//footer)")
    assert "#7a1f4b" in text and "#1f5673" not in text.replace(SVG, "")


def test_the_pdf_has_the_logo_the_title_and_the_footer(folder: Path) -> None:
    template = read(folder)
    document = pypdf.PdfReader(io.BytesIO(pdf.render(census(), template.speaks(), template)))
    first = document.pages[0].extract_text()
    assert "Kameras in unseren Gebäuden" in first and "Vertraulich" in first and "Harbour Holdings" in first
    assert document.metadata and document.metadata.author == "Harbour Holdings"
    assert "Seite 1 von" in first and "Was nicht gesehen wurde" in first


def test_the_workbook_has_the_title_and_german_sheets(folder: Path) -> None:
    template = read(folder)
    book = openpyxl.load_workbook(io.BytesIO(xlsx.render(census(), template.speaks(), template)))
    assert book.sheetnames == ["Zusammenfassung", "Geräte", "Plan", "Stückliste", "Was nicht gesehen wurde"]
    assert book["Zusammenfassung"]["A1"].value == "Kameras in unseren Gebäuden"


def test_the_command_line_outranks_the_template(folder: Path) -> None:
    assert read(folder).speaks("en").code == "en"
    assert read(folder).named("Another").title == "Another"


def test_a_language_beside_the_template_is_found(tmp_path: Path) -> None:
    (tmp_path / "report.toml").write_text('language = "fr"\n', "utf-8")
    (tmp_path / "fr.toml").write_text('[report]\ndevices = "Appareils"\n', "utf-8")
    assert "Appareils" in page.render(census(), read(tmp_path).speaks())


@pytest.mark.parametrize(
    ("content", "wrong"),
    [
        ("title = ", "cannot be read"),
        ("colour = 'red'", "cannot be used"),
        ("title = 3", "cannot be used"),
        ("accent = 'red'", "is no colour"),
        ("accent = '#ffff00'", "cannot be read on white"),
        ("logo = 'none.png'", "cannot be read"),
        ("logo = 'report.toml'", "cannot be used"),
    ],
)
def test_a_mistake_in_a_template_is_an_error_for_people(tmp_path: Path, content: str, wrong: str) -> None:
    (tmp_path / "report.toml").write_text(content, "utf-8")
    with pytest.raises(CamcensusError, match=wrong):
        read(tmp_path)


def test_an_svg_logo_with_a_script_runs_nothing(tmp_path: Path) -> None:
    (tmp_path / "logo.svg").write_text(SVG.replace("<rect", "<script>document.title='owned'</script><rect"))
    (tmp_path / "report.toml").write_text('logo = "logo.svg"\n')
    template = read(tmp_path)
    text = page.render(census(), template=template)
    assert "owned" not in text  # it is an image, in base64: browsers run no script of images
    assert pypdf.PdfReader(io.BytesIO(pdf.render(census(), template=template))).pages
