"""A private text with its stand-in, and the cover that puts all stand-ins in place."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import cached_property

import msgspec
from msgspec.structs import replace

from scanner.model import Observation
from scanner.observations import plain_text


class Private(msgspec.Struct, frozen=True):
    """One private text: how it is found in a reply, in each of its spellings, and what stands in for what is found."""

    kind: str  # in the plural, to be counted; empty for another form of what is counted already
    text: str
    pattern: bytes
    stand_in: Callable[[bytes], bytes]
    needless: bool = False  # it may also stay, when the identification rests on it
    binary: bool = False  # looked for in binary replies only: in a text the same bytes mean something else


def exactly(kind: str, text: str, other: str, before: str = "", after: str = "") -> Private:
    """A text in capitals, in small letters or as it is; the stand-in is spelt likewise."""

    def stand_in(found: bytes) -> bytes:
        spelt = other if found == text.encode() else other.lower() if found.islower() else other.upper()
        return spelt.encode()

    pattern = f"{before}(?i:{re.escape(text)}){after}"
    return Private(kind, text, pattern.encode(), stand_in)


def always(other: bytes) -> Callable[[bytes], bytes]:
    """The same stand-in, however the text is spelt."""
    return lambda _: other


class Cover:
    """Puts the stand-ins in the place of what is private, all in one pass, so that none is itself covered again."""

    def __init__(self, found: Sequence[Private]) -> None:
        self.private = list(found)

    @cached_property
    def _text(self) -> tuple[re.Pattern[bytes], list[Private]]:
        return _either([one for one in self.private if not one.binary])

    @cached_property
    def _binary(self) -> tuple[re.Pattern[bytes], list[Private]]:
        return _either(self.private)

    def payload(self, payload: bytes) -> bytes:
        return _replaced(payload, *(self._text if plain_text(payload) is not None else self._binary))

    def text(self, text: str | None) -> str | None:
        return _replaced(text.encode(), *self._text).decode() if text else text

    def observation(self, one: Observation) -> Observation:
        return replace(
            one,
            payload=self.payload(one.payload),
            request=self.text(one.request) or "",
            address=self.text(one.address),
            mac=self.text(one.mac),
        )

    def finds(self, text: bytes) -> bool:
        """Whether anything private is in a text. What already reads like its stand-in is not."""
        return _replaced(text, *self._text) != text


def _either(found: list[Private]) -> tuple[re.Pattern[bytes], list[Private]]:
    return re.compile(b"|".join(b"(" + one.pattern + b")" for one in found)), found


def _replaced(payload: bytes, pattern: re.Pattern[bytes], found: list[Private]) -> bytes:
    if not found:
        return payload
    return pattern.sub(lambda match: found[(match.lastindex or 1) - 1].stand_in(match[0]), payload)
