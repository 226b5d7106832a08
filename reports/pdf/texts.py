"""Texts that fit on paper."""

from __future__ import annotations

from reports import wording

LISTED = 1_000  # rows of a table on paper: nobody reads more, and typst takes up to 200 KB of memory for each
WORD, PIECE = 20, 12  # a longer word may be broken after each piece
BREAK = "\u200b"


def shown(text: str, length: int = wording.TEXT_LENGTH) -> str:
    """A device's own text, harmless, not too long, and with places where it may be broken."""
    return breakable(wording.shown(text, length))


def breakable(text: str) -> str:
    """A text that fits into any column: its long words may be broken."""
    return " ".join(
        word if len(word) <= WORD else BREAK.join(word[at : at + PIECE] for at in range(0, len(word), PIECE))
        for word in text.split(" ")
    )
