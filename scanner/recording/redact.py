"""Redact the replies of one device, so that its recording may be shown, and is still identified as before."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from functools import cached_property

import msgspec
from msgspec.structs import replace

from fingerprints import Library
from fingerprints.library import plain
from scanner.errors import CamcensusError
from scanner.model import Identification, Observation
from scanner.probes import certificate, read_fields
from scanner.recording.private import Private, private

COMPRESSED = re.compile(rb"(?im)\A(?:[^\r\n]+\r?\n)*Content-Encoding:[ \t]*(?!identity)")
ALIKE = (
    "maker",
    "maker_name",
    "brand",
    "relabelled",
    "category",
    "model",
    "firmware",
    "confidence",
    "conflicts",
)
WORD = re.compile(r"[^\W_]{3,}")


class Redacted(msgspec.Struct, frozen=True):
    """A recording that may be shown."""

    observations: tuple[Observation, ...]
    replaced: dict[str, int]  # how many private texts, by kind
    kept: tuple[str, ...]  # words on which the identification rests: look at them before you show them
    left_out: int  # compressed replies: what is in them cannot be redacted


def redact(observations: Iterable[Observation], known: Library, public: str = "") -> Redacted:
    """Redact the replies of one device, but no word in `public`, such as the brand.

    Raises CamcensusError when it would no longer be identified as before.
    """
    everything = list(observations)
    bare = [_bare(one) for one in everything if not COMPRESSED.match(one.payload)]
    readings = [read_fields(one) for one in bare]
    it = known.identify(readings)
    found = private(readings, it, public_words(known) | _words(public))
    cover, kept = _as_much_as_possible(found, bare, known)
    redacted, after = _covered(cover, bare, known)
    if _told(after) != _told(it):
        raise CamcensusError(
            "without what is private in them, these replies no longer tell what the device is",
            why=_difference(it, after),
            fix="report it with the fingerprint's name: its pattern rests on what belongs to one unit alone",
        )
    replaced = Counter(
        one.kind for one in cover.private if not one.binary or one.kind == "parts of certificates"
    )
    return Redacted(redacted, dict(replaced), kept, len(everything) - len(bare))


def _as_much_as_possible(
    found: Sequence[Private], bare: Sequence[Observation], known: Library
) -> tuple[Cover, tuple[str, ...]]:
    """Cover all that must not be shown, and of the rest what the identification does not rest on."""
    cover = Cover([one for one in found if not one.needless])
    whole = Cover(found)
    _, it = _covered(cover, bare, known)
    if _told(_covered(whole, bare, known)[1]) == _told(it):
        return whole, ()
    kept = []
    for one in (one for one in found if one.needless):
        more = Cover([*cover.private, one])
        if _told(_covered(more, bare, known)[1]) == _told(it):
            cover = more
        else:
            kept.append(one.text)
    return cover, tuple(kept)


def public_words(known: Library) -> frozenset[str]:
    """Words that stand in fingerprints and in the names of makers and brands, and so are nobody's secret."""
    patterns = (pattern for one in known.fingerprints for pattern in (one.pattern, *one.also.values()))
    makers, brands = known.makers.values(), known.brands.values()
    names = (*(maker.name for maker in makers), *(brand.name for brand in brands))
    return _words(" ".join((*patterns, *names, *map(plain, names))))


def _words(text: str) -> frozenset[str]:
    return frozenset(map(str.lower, WORD.findall(text)))


class Cover:
    """Puts the stand-ins in the place of what is private, all in one pass, so that none is itself covered again."""

    def __init__(self, found: Sequence[Private]) -> None:
        self.private = list(found)

    @cached_property
    def _in_text(self) -> Callable[[bytes], bytes]:
        return _replacing([one for one in self.private if not one.binary])

    @cached_property
    def _in_binary(self) -> Callable[[bytes], bytes]:
        return _replacing(self.private)

    def bytes(self, payload: bytes) -> bytes:
        return self._in_binary(payload) if b"\0" in payload else self._in_text(payload)

    def text(self, text: str | None) -> str | None:
        return self._in_text(text.encode()).decode() if text else text

    def observation(self, one: Observation) -> Observation:
        return replace(
            one,
            payload=self.bytes(one.payload),
            request=self.text(one.request) or "",
            address=self.text(one.address),
            mac=self.text(one.mac),
        )


def _replacing(found: Sequence[Private]) -> Callable[[bytes], bytes]:
    if not found:
        return lambda payload: payload
    pattern = re.compile(b"|".join(b"(" + one.pattern + b")" for one in found))
    return lambda payload: pattern.sub(
        lambda match: found[(match.lastindex or 1) - 1].stand_in(match[0]), payload
    )


def _bare(one: Observation) -> Observation:
    """Only what was answered: not when, nor through which interface, nor under which name in the inventory."""
    der = certificate.extract(one.payload) if one.protocol == "https-cert" else b""
    return replace(one, subject=None, observed_at=None, interface=None, payload=der or one.payload)


def _covered(
    cover: Cover, bare: Sequence[Observation], known: Library
) -> tuple[tuple[Observation, ...], Identification]:
    covered = tuple(map(cover.observation, bare))
    return covered, known.identify([read_fields(one) for one in covered])


def _told(it: Identification) -> tuple[object, ...]:
    """What an identification says, and which fingerprints say it, without what is private."""
    claims = {(claim.fingerprint, claim.attribute, claim.strength, claim.protocol) for claim in it.evidence}
    return (*(getattr(it, name) for name in ALIKE), bool(it.serial), frozenset(claims))


def _difference(before: Identification, after: Identification) -> str:
    attributes = [name for name in ALIKE if getattr(before, name) != getattr(after, name)]
    had, has = ({claim.fingerprint for claim in it.evidence} for it in (before, after))
    return "what differs: " + ", ".join((*attributes, *sorted(had ^ has))[:8])
