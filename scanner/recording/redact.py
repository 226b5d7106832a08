"""Redact the replies of one device, so that its recording may be shown, and is still identified as before."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence

import msgspec
from msgspec.structs import replace

from fingerprints import Library
from fingerprints.library import plain
from scanner.errors import CamcensusError
from scanner.model import Identification, Observation
from scanner.probes import certificate, read_fields
from scanner.recording.cover import Cover, Private
from scanner.recording.hidden import compressed, other_readings
from scanner.recording.private import private

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
    left_out: int  # replies that are compressed, or hide something private behind another encoding


def redact(observations: Iterable[Observation], known: Library, public: str = "") -> Redacted:
    """Redact the replies of one device, but no word in `public`, such as the brand.

    Replies in which something private may hide are left out. Raises CamcensusError when the device would no longer be
    identified as before.
    """
    everything = list(observations)
    bare = [_bare(one) for one in everything if not compressed(one.payload)]
    readings = [read_fields(one) for one in bare]
    it = known.identify(readings)
    found = private(readings, it, public_words(known) | _words(public))
    cover, kept = _as_much_as_possible(found, bare, known)
    shown = [one for one in bare if not _hides(cover, one)]
    redacted, after = _covered(cover, shown, known)
    whole = known.identify([read_fields(one) for one in everything])
    if _said(after) != _said(whole) or _told(after) != _told(
        known.identify([read_fields(one) for one in shown])
    ):
        raise CamcensusError(
            "without what is private in them, these replies no longer tell what the device is",
            why=_difference(whole, after),
            fix="report it with the fingerprint's name: its pattern rests on what belongs to one unit alone",
        )
    replaced = Counter(one.kind for one in cover.private if one.kind)
    return Redacted(redacted, dict(replaced), kept, len(everything) - len(shown))


def _hides(cover: Cover, one: Observation) -> bool:
    """Whether something private is still in a reply, where only another decoding shows it."""
    return any(map(cover.finds, other_readings(cover.payload(one.payload))))


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


def _bare(one: Observation) -> Observation:
    """Only what was answered: not when, nor through which interface, nor under which name in the inventory."""
    der = certificate.extract(one.payload) if one.protocol == "https-cert" else b""
    return replace(one, subject=None, observed_at=None, interface=None, payload=der or one.payload)


def _covered(
    cover: Cover, bare: Sequence[Observation], known: Library
) -> tuple[tuple[Observation, ...], Identification]:
    covered = tuple(map(cover.observation, bare))
    return covered, known.identify([read_fields(one) for one in covered])


def _said(it: Identification) -> tuple[object, ...]:
    """What an identification says, without what is private."""
    return (*(getattr(it, name) for name in ALIKE), bool(it.serial))


def _told(it: Identification) -> tuple[object, ...]:
    """What an identification says, and which fingerprints say it."""
    claims = {(claim.fingerprint, claim.attribute, claim.strength, claim.protocol) for claim in it.evidence}
    return (*_said(it), frozenset(claims))


def _difference(before: Identification, after: Identification) -> str:
    attributes = [name for name in ALIKE if getattr(before, name) != getattr(after, name)]
    had, has = ({claim.fingerprint for claim in it.evidence} for it in (before, after))
    return "what differs: " + ", ".join((*attributes, *sorted(had ^ has))[:8])
