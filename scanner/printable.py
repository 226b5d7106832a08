"""Device text made harmless for a terminal: what would act on it, hide or reorder is shown instead.

A camera's name may hold escape sequences that clear the screen, set the title or forge lines, and bidirectional
marks that make a text read backwards. Everything printed that came from a network passes through here.
"""

from __future__ import annotations

import unicodedata

__all__ = ["printable", "printable_bytes"]

HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
"""Unicode categories that a reader cannot see: controls, formats (bidi, zero width), surrogates, separators."""

SHORT = {"\t": "\\t", "\n": "\\n", "\r": "\\r", "\x1b": "\\e", "\0": "\\0"}
HIGH_COMBINING = 4  # marks on one character; more than this and they pile up over the neighbouring lines


def printable(text: str, *, lines: bool = False) -> str:
    """The text with every control, escape, bidirectional and invisible character written out (`\\e`, `\\u202e`).

    With `lines`, line ends stay line ends, and tabs tabs.
    """
    if text.isascii() and text.isprintable():
        return text
    if lines:
        parts = text.replace("\r\n", "\n").split("\n")
        return "\n".join("\t".join(map(printable, part.split("\t"))) for part in parts)
    shown: list[str] = []
    marks = 0
    for character in text:
        marks = marks + 1 if unicodedata.combining(character) else 0
        visible = unicodedata.category(character) not in HIDDEN and marks <= HIGH_COMBINING
        shown.append(character if visible else escaped(character))
    return "".join(shown)


def printable_bytes(payload: bytes) -> str:
    """A raw reply for a person: as lines of text when it is mostly text, else as hexadecimal."""
    text = payload.decode("utf-8", "surrogateescape")
    hidden = sum(
        unicodedata.category(character) in HIDDEN and character not in "\t\r\n" for character in text
    )
    if hidden * 4 <= len(text):
        return printable(text, lines=True)
    return "\n".join(f"{at:04x}  {payload[at : at + 16].hex(' ')}" for at in range(0, len(payload), 16))


def escaped(character: str) -> str:
    code = ord(character)
    if 0xDC80 <= code <= 0xDCFF:  # a byte that was no UTF-8, as surrogateescape carries it
        return f"\\x{code - 0xDC00:02x}"
    if character in SHORT:
        return SHORT[character]
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
