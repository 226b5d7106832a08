"""The census as a workbook: summary with charts, devices, plan, bill of materials, and what was not seen.

It is written row by row (openpyxl's write-only mode), so that memory does not grow with the workbook. Dates and numbers
are real ones; no cell is a formula, whatever a device calls itself.
"""

from __future__ import annotations

import io
from typing import IO

from reports import wording
from reports.content import Census
from reports.language import Language, english
from reports.template import Template

__all__ = ["render", "write"]


def render(census: Census, language: Language | None = None, template: Template | None = None) -> bytes:
    file = io.BytesIO()
    write(file, census, language, template)
    return file.getvalue()


def write(
    file: IO[bytes], census: Census, language: Language | None = None, template: Template | None = None
) -> None:
    """Write the workbook to a file."""
    from openpyxl import Workbook

    from reports.xlsx.summary import write_summary
    from reports.xlsx.tables import bill, devices, not_seen, plan, write_table

    say = language or english()
    book = Workbook(write_only=True)
    book.properties.title = wording.title(census, say, (template or Template()).title)[:255]
    book.properties.creator = "camcensus"
    book.properties.created = book.properties.modified = census.made_at.replace(tzinfo=None)
    write_summary(book, census, say, template or Template())
    for table in (
        devices(census, say), plan(census, say), bill(census, say), not_seen(census, say),
    ):  # fmt: skip
        write_table(book, table, say)
    book.save(file)
