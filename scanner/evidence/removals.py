"""Removals: the recorded taking-out of devices. A record is never changed; to undo one is a record of its own."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, get_args

import msgspec

Disposal = Literal["returned", "destroyed", "stored", "resold"]
Media = Literal["clear", "purge", "destroy", "none", "not-applicable"]
"""What was done to what it recorded on: a category of NIST SP 800-88, nothing yet, or it had no media."""
Role = Literal["before", "label", "after", "media", "receipt", "statement", "other"]
"""What an attachment shows: the unit in its place, its label, the place without it, the treated media, who took it,
who made its replacement."""

DISPOSALS: tuple[Disposal, ...] = get_args(Disposal)
MEDIA: tuple[Media, ...] = get_args(Media)
ROLES: tuple[Role, ...] = get_args(Role)

LARGEST = 16 * 2**20  # bytes of an attachment: a photograph, a scan of some pages
MOST = 50  # attachments of a record
LONGEST = 2_000  # characters of a text
LONGEST_NAME = 100
DAY = re.compile(r"\d{4}-\d\d-\d\d")
ANYWHERE = timedelta(hours=12)  # a day ends that much later west of Greenwich than in UTC


class Attachment(msgspec.Struct, frozen=True):
    """A file that was attached, by the SHA-256 of its content."""

    sha256: str
    name: str
    role: Role
    size: int


class Taken(msgspec.Struct, frozen=True, kw_only=True):
    """What a person says of a removal. Empty is what was not said."""

    at: str  # a day, or a moment in RFC 3339
    removed_by: str = ""
    witness: str = ""
    isolated: str = ""  # since when it was cut off from the network, when that was before
    why: str = ""  # by which policy, or whose decision
    disposal: Disposal | None = None
    disposed_to: str = ""
    receipt: str = ""  # number of the receipt or of the waste note
    media: Media | None = None
    media_serials: str = ""  # of drives and cards
    media_method: str = ""  # method and tool
    certificate: str = ""  # number of the certificate about the media
    replacement: str = ""  # the id of a device
    note: str = ""


class Removal(Taken, frozen=True, kw_only=True):
    """One record. With `undoes` it takes back an earlier one, and says no more than who and why."""

    id: str
    recorded: str
    by: str
    device: str
    at: str = ""
    undoes: str | None = None
    attachments: tuple[Attachment, ...] = ()
    unit: Mapping[str, Any] = {}  # what was known of the device when it was recorded

    @property
    def gone_since(self) -> datetime:
        """From when on nothing of it can be seen any more; of a day, when that day is over everywhere."""
        return gone_since(self.at)


SAID = tuple(name for name in Taken.__struct_fields__)


def gone_since(at: str) -> datetime:
    if DAY.fullmatch(at):
        return datetime.fromisoformat(at).replace(tzinfo=UTC) + timedelta(days=1) + ANYWHERE
    return datetime.fromisoformat(at)


def moment(text: str, now: datetime) -> str:
    """A day, or a moment in UTC; one without a zone is in the zone of this machine. Raises ValueError."""
    text = text.strip()
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(
            f"{text[:40]!r} is no day such as 2026-03-02, or time such as 2026-03-02T14:30"
        ) from None
    begins = read.astimezone(UTC) if not DAY.fullmatch(text) else read.replace(tzinfo=UTC) - ANYWHERE
    if begins > now + timedelta(minutes=5):
        raise ValueError(f"{text} is not over yet")
    return (
        text
        if DAY.fullmatch(text)
        else read.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    )


def one_of(words: tuple[str, ...]) -> Callable[[str], str]:
    def check(text: str) -> str:
        word = text.strip().casefold().replace(" ", "-").replace("_", "-")
        if word not in words:
            raise ValueError(f"{text[:40]!r} is none of {', '.join(words)}")
        return word

    return check


def harmless_name(name: str) -> str:
    """The name of a file as it is kept: no path, nothing that acts, hides or is special to any system."""
    bare = re.split(r"[/\\]", name)[-1]
    kept = "".join(one if one.isalnum() or one in " ._-()+," else "_" for one in bare).strip(" .")
    stem, dot, ending = kept.rpartition(".")
    if dot and len(kept) > LONGEST_NAME:
        kept = f"{stem[: LONGEST_NAME - 11]}.{ending[:10]}"
    return kept[:LONGEST_NAME] or "attachment"
