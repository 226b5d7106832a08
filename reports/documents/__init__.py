"""Documents about removals, for people to sign: certificates, a worksheet for section 889, a return for the UK.

They say what was recorded, what the evidence shows, and what is missing. None of them says that anybody complies with
anything: that is for the person who signs. Each prints the head of the log, so that it proves a state of the inventory.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import msgspec

from reports.pdf.texts import shown

if TYPE_CHECKING:
    from reports.pdf.fonts import Fonts

__all__ = ["Document", "Sheet", "facts", "gaps", "heading", "render", "sign", "table", "text"]

MARKUP = files("reports") / "templates" / "removal.typ"
Block = dict[str, Any]

CLOSING = (
    "This document states what was recorded, what was observed, and what is missing. It is no legal advice, and does "
    "not state that any rule is complied with. Rules change: look at the source that is named, and at its date.",
    "The state of the log stands at the foot of each page. Whoever has the inventory can check that it is still the "
    "one of this document: camcensus log verify --head {head}",
)


class Sheet(msgspec.Struct, frozen=True):
    """What begins on a page of its own."""

    title: str
    subtitle: str
    blocks: list[Block]


class Document(msgspec.Struct, frozen=True, kw_only=True):
    """A document as data; `head` is that of the log when it was made."""

    title: str
    sheets: list[Sheet]
    head: str
    organisation: str = ""
    made_at: datetime


def render(
    document: Document, *, fonts: Fonts | None = None, tell: Callable[[str], None] = lambda note: None
) -> bytes:
    """The document as a PDF. `tell` hears when the machine lacks fonts for some characters."""
    from reports.language import english
    from reports.pdf import typeset

    content = {
        "title": shown(document.title),
        "organisation": shown(document.organisation),
        "made_at": f"{document.made_at.astimezone(UTC):%Y-%m-%d %H:%M} UTC",
        "head": document.head,
        "sheets": [
            {"title": shown(sheet.title), "subtitle": shown(sheet.subtitle), "blocks": sheet.blocks}
            for sheet in document.sheets
        ],
        "closing": [text.format(head=document.head) for text in CLOSING],
        "glyphs": "",
    }
    return typeset(MARKUP.read_bytes(), content, english(), document.made_at, fonts=fonts, tell=tell)


# What sheets are made of. Device text and what people wrote is made harmless here, whatever it holds.


def heading(text: str) -> Block:
    return {"type": "heading", "text": shown(text)}


def text(text: str) -> Block:
    return {"type": "text", "text": shown(text, 2_000)}


def facts(rows: Iterable[tuple[str, object]]) -> Block:
    """Labels with what is known; what is empty gets a line to write on."""
    return {"type": "facts", "rows": [[value(label), value(known)] for label, known in rows]}


def table(
    headings: Sequence[str],
    widths: Sequence[int],
    rows: Iterable[Sequence[object]],
    right: Sequence[int] = (),
) -> Block:
    cells = [[value(cell) for cell in row] for row in rows]
    if not cells:
        return text("None.")
    return {
        "type": "table", "headings": [value(one) for one in headings], "widths": list(widths), "right": list(right),
        "rows": cells,
    }  # fmt: skip


def gaps(title: str, rows: Iterable[str], none: str) -> Block:
    return {"type": "gaps", "title": shown(title), "rows": [shown(row, 500) for row in rows], "none": none}


def sign(*names: str) -> Block:
    return {"type": "sign", "names": list(names)}


def value(known: object) -> str:
    if known is None:
        return ""
    if isinstance(known, datetime):
        return f"{known.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    if isinstance(known, int) and not isinstance(known, bool):
        return f"{known:,}"
    return shown(str(known), 1_000)
