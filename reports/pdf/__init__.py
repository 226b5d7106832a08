"""The census on paper: one page for who decides, and the full report behind it. Set by typst, which is in its wheel.

typst gets the content as data (JSON), never as markup: a text that a device states is a value there, as it is here.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Literal

from reports.content import Census
from reports.language import Language, english
from reports.pdf.texts import BREAK
from reports.pdf.view import content_of
from reports.template import Template

if TYPE_CHECKING:
    from reports.pdf.fonts import Fonts

__all__ = ["render", "typeset"]

MARKUP = files("reports") / "templates" / "report.typ"
STANDARD: Literal["ua-1"] = "ua-1"  # PDF/UA: screen readers find headings, tables and the words for pictures
SHOWN = 12  # missing characters in the note


def render(
    census: Census,
    language: Language | None = None,
    template: Template | None = None,
    *,
    fonts: Fonts | None = None,
    tell: Callable[[str], None] = lambda note: None,
) -> bytes:
    """The whole document. `tell` hears when the machine lacks fonts for some characters: these are written out."""
    say = language or english()
    content = content_of(census, say, template or Template())
    return typeset(MARKUP.read_bytes(), content, say, census.made_at, fonts=fonts, tell=tell)


def typeset(
    markup: bytes,
    content: dict[str, Any],
    say: Language,
    made_at: datetime,
    *,
    fonts: Fonts | None = None,
    tell: Callable[[str], None] = lambda note: None,
) -> bytes:
    """A document out of markup of our own, and content that is only data. The markup shows `glyphs`, a note on
    characters that no font has."""
    from reports.pdf.fonts import of_machine

    fonts = fonts or of_machine()
    missing = fonts.missing(texts(content))
    if missing:
        content = written_out(content, {ord(letter): number(letter) + BREAK for letter in missing})
        some = ", ".join(map(number, missing[:SHOWN])) + ("…" if len(missing) > SHOWN else "")
        content["glyphs"] = say.say("pdf.glyphs", n=len(missing), some=some)
        tell(content["glyphs"])
    return compiled(markup, content, fonts, made_at)


def compiled(markup: bytes, content: dict[str, Any], fonts: Fonts, made_at: datetime) -> bytes:
    """A document out of markup and content of which every character is in the fonts."""
    import typst

    return typst.compile(
        markup,
        font_paths=fonts.loaded,
        sys_inputs={"content": json.dumps(content | {"font": fonts.family}, ensure_ascii=False)},
        pdf_standards=[STANDARD],
        timestamp=int(made_at.timestamp()),
    )


def number(letter: str) -> str:
    """A character as its number, as in `\\u6d77`."""
    return f"\\u{ord(letter):04x}" if ord(letter) < 0x10000 else f"\\U{ord(letter):08x}"


def texts(content: object) -> list[str]:
    """All texts of a tree of lists and dicts."""
    match content:
        case str():
            return [content]
        case dict():
            return [text for value in content.values() for text in texts(value)]
        case list() | tuple():
            return [text for value in content for text in texts(value)]
        case _:
            return []


def written_out(content: Any, letters: dict[int, str]) -> Any:
    """The same tree with these characters as their numbers."""
    match content:
        case str():
            return content if content.isascii() else content.translate(letters)
        case dict():
            return {key: written_out(value, letters) for key, value in content.items()}
        case list() | tuple():
            return [written_out(value, letters) for value in content]
        case _:
            return content
