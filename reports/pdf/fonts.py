"""Which fonts a sheet of paper is set in, and which characters none of them has.

typst takes any font of the machine for a character that the chosen one lacks, and draws a box, without a word, where
there is none. Here such characters are found before, so that they can be written out and named.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import typst

PREFERRED = (
    "Noto Sans", "Source Sans 3", "Open Sans", "Inter", "Segoe UI", "Helvetica Neue", "Liberation Sans", "Arial",
    "DejaVu Sans", "Libertinus Serif",
)  # fmt: skip
"""The first that is there is used; the last comes with typst."""
WITH_TYPST = (
    (0x20, 0x7E),
    (0xA0, 0x17F),
    (0x391, 0x3A1),
    (0x3A3, 0x3C9),
    (0x400, 0x45F),
    (0x2010, 0x2023),
    (0x2026, 0x2026),
)
"""What the fonts inside of typst have for certain: Latin, Greek, Cyrillic, punctuation."""
INVISIBLE = {"\n", "\u200b"}  # that we put there ourselves


class Fonts(NamedTuple):
    """The fonts of this machine: what typst takes, the family for the text, and where the files are."""

    loaded: typst.Fonts
    family: str
    files: tuple[tuple[str, int], ...]

    def missing(self, texts: Iterable[str]) -> list[str]:
        """The characters that no font has, in their order."""
        wanted = {letter for text in texts if not text.isascii() for letter in text}
        wanted = {
            letter
            for letter in wanted - INVISIBLE
            if not any(first <= ord(letter) <= last for first, last in WITH_TYPST)
        }
        for file, index in self.files:
            if not wanted:
                break
            wanted = {letter for letter in wanted if ord(letter) not in characters(file, index)}
        return sorted(wanted)


def of_machine() -> Fonts:
    """The fonts of this machine, with those inside of typst."""
    import typst

    return fonts(typst.Fonts())


def without_machine() -> Fonts:
    """Only the fonts inside of typst."""
    import typst

    return fonts(typst.Fonts(include_system_fonts=False))


def fonts(loaded: typst.Fonts) -> Fonts:
    families = set(loaded.families())
    family = next((name for name in PREFERRED if name in families), PREFERRED[-1])
    known = [one for one in loaded.fonts() if one.path]
    known.sort(key=lambda one: (one.family != family, abs(one.weight - 400), one.family))
    files = dict.fromkeys((str(one.path), one.index) for one in known)
    return Fonts(loaded, family, tuple(files))


@functools.lru_cache(1_000)
def characters(file: str, index: int) -> frozenset[int]:
    """The numbers of the characters that a font has; none where its file cannot be read."""
    from fontTools.ttLib import TTFont, TTLibError

    try:
        with TTFont(file, fontNumber=index, lazy=True) as font:
            return frozenset(font.getBestCmap() or ())
    except (OSError, TTLibError, AssertionError, KeyError):
        return frozenset()
