"""The append-only log: each change of the inventory is an entry, and each entry holds the digest of the one before.

    digest = SHA-256 of canonical JSON {"at", "fields": {name: commitment}, "kind", "seq", "subjects"}
    hash   = SHA-256 of the text "PREVIOUS DIGEST": the hash of the entry before, a space, this digest

An entry commits to each of its fields by itself, so that a bundle may keep one back, and all that it shows is still
proved. Of an entry that is kept back as a whole its digest is enough. docs/reference/log.md describes it for others.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from hashlib import sha256
from typing import Any, Literal, NamedTuple, get_args

import msgspec

from scanner.evidence.canonical import canonical, commitment, digest, encode, salt

FIRST = "0" * 64  # what stands before the first entry
MOST_MOVED = 1_000  # entries by which one that was moved is looked for
SAID = (
    "maker", "maker_name", "brand", "relabelled", "category", "model", "firmware", "confidence", "covered",
)  # fmt: skip
"""What an entry says of a device in clear, beside what can be kept back."""

Kind = Literal[
    "began", "run-adopted", "run-begun", "run-ended", "device-found", "device-changed", "device-gone",
    "devices-merged", "device-split", "replies-moved", "register-imported", "journal", "removal-recorded",
    "removal-undone", "exported",
]  # fmt: skip
KINDS: tuple[Kind, ...] = get_args(Kind)

Secret = Literal["addresses", "names", "serials"]
SECRETS: tuple[Secret, ...] = get_args(Secret)
"""What a bundle can be made without."""

NOTHING: tuple[Secret, ...] = ()
ADDRESSES: tuple[Secret, ...] = ("addresses",)
NAMES: tuple[Secret, ...] = ("names",)
SERIALS: tuple[Secret, ...] = ("serials",)
FREE = SECRETS  # what people write, and what is made of several: it may tell any of them

FIELDS: dict[str, tuple[Secret, ...]] = {
    # field           is kept back with
    "address":        ADDRESSES,
    "after":          FREE,
    "at":             NOTHING,
    "attachments":    FREE,  # they have names
    "authorisation":  NAMES,
    "before":         FREE,
    "by":             NAMES,
    "cause":          NOTHING,
    "certificate":    SERIALS,
    "command":        FREE,
    "conflicts":      FREE,
    "content":        NOTHING,  # a SHA-256
    "counts":         NOTHING,
    "coverage":       ADDRESSES,  # a SHA-256 of something that is easily guessed
    "disposal":       NOTHING,
    "disposed_to":    NAMES,
    "ended":          NOTHING,
    "field":          NOTHING,
    "file":           FREE,
    "fingerprints":   NOTHING,
    "isolated":       NOTHING,
    "mac":            ADDRESSES,
    "media":          NOTHING,
    "media_method":   NOTHING,
    "media_serials":  SERIALS,
    "note":           FREE,
    "observations":   NOTHING,
    "operator":       NAMES,
    "outcome":        NOTHING,
    "receipt":        SERIALS,
    "removed_by":     NAMES,
    "replaced":       FREE,  # a SHA-256 of something that is easily guessed
    "replacement":    NOTHING,
    "rows":           NOTHING,
    "rule":           NOTHING,
    "said":           NOTHING,
    "serial":         SERIALS,
    "settings":       FREE,
    "site":           NAMES,
    "started":        NOTHING,
    "tables":         NOTHING,
    "targets":        ADDRESSES,
    "undoes":         NOTHING,
    "unit":           FREE,
    "version":        NOTHING,
    "what":           NOTHING,
    "why":            FREE,
    "witness":        NAMES,
}  # fmt: skip
"""Every field that an entry may have, and what it would give away."""


class Event(NamedTuple):
    """Something that happened, before it has its place in the log."""

    kind: Kind
    subjects: tuple[str, ...]  # ids of devices, runs and removals: never kept back
    fields: Mapping[str, Any]


class Head(NamedTuple):
    """How far a log goes: the number of entries, and the hash of the last."""

    seq: int
    hash: str

    def __str__(self) -> str:
        return f"{self.seq}:{self.hash}"


NOWHERE = Head(0, FIRST)


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One entry as it is handed out: `open` tells salt and value of each field that is not kept back."""

    seq: int
    at: str
    kind: str
    subjects: tuple[str, ...]
    fields: dict[str, str]  # commitments
    previous: str
    hash: str
    open: dict[str, tuple[str, Any]] = {}

    @property
    def digest(self) -> str:
        return digest_of(self.seq, self.at, self.kind, self.subjects, self.fields)

    @property
    def values(self) -> dict[str, Any]:
        return {name: value for name, (_, value) in self.open.items()}


class Row(NamedTuple):
    """One entry as the inventory keeps it. `subjects` and `fields` are JSON, `fields` canonical."""

    seq: int
    at: str
    kind: str
    subjects: str
    fields: str
    previous: str
    hash: str


def chained(events: Iterable[tuple[str, Event]], head: Head, secret: bytes) -> Iterator[Row]:
    """The entries that follow a head, from events with the time of each."""
    seq, previous = head
    for at, event in events:
        seq += 1
        subjects = encode(event.subjects)
        parts = [(name, encode(event.fields[name])) for name in sorted(event.fields)]
        hash = link(previous, digest_of_parts(seq, at, event.kind, subjects, parts, secret))
        fields = b"{%b}" % b",".join(b'"%b":%b' % (name.encode(), value) for name, value in parts)
        yield Row(seq, at, event.kind, subjects.decode(), fields.decode(), previous, hash)
        previous = hash


def digest_of_parts(
    seq: int, at: str, kind: str, subjects: bytes, parts: Iterable[tuple[str, bytes]], secret: bytes
) -> str:
    """The digest of an entry from its fields as canonical JSON, in the order of their names."""
    committed = b",".join(
        b'"%b":"%b"' % (name.encode(), commitment(salt_of(secret, seq, name), name, value).encode())
        for name, value in parts
    )
    return sha256(
        b'{"at":"%b","fields":{%b},"kind":"%b","seq":%d,"subjects":%b}'
        % (at.encode(), committed, kind.encode(), seq, subjects)
    ).hexdigest()


def digest_of(seq: int, at: str, kind: str, subjects: Iterable[str], fields: Mapping[str, str]) -> str:
    """The digest of an entry from the commitments to its fields."""
    content = {"at": at, "fields": dict(fields), "kind": kind, "seq": seq, "subjects": list(subjects)}
    return digest(canonical(content))


def link(previous: str, digest: str) -> str:
    """The hash of an entry. `printf '%s %s' PREVIOUS DIGEST | sha256sum` says the same."""
    return sha256(f"{previous} {digest}".encode()).hexdigest()


def salt_of(secret: bytes, seq: int, name: str) -> str:
    return salt(secret, f"{seq}/{name}")


def opened(row: Row, secret: bytes) -> Entry:
    """An entry with all its fields open."""
    values: dict[str, Any] = msgspec.json.decode(row.fields)
    salts = {name: salt_of(secret, row.seq, name) for name in values}
    return Entry(
        seq=row.seq, at=row.at, kind=row.kind, subjects=tuple(msgspec.json.decode(row.subjects)),
        fields={name: commitment(salts[name], name, encode(value)) for name, value in values.items()},
        previous=row.previous, hash=row.hash,
        open={name: (salts[name], value) for name, value in values.items()},
    )  # fmt: skip


def without(entry: Entry, secrets: Iterable[Secret]) -> Entry:
    """The same entry, with the fields kept back that would give some things away. Its digest stays."""
    kept_back = set(secrets)
    shown = {name: one for name, one in entry.open.items() if not kept_back.intersection(hides(name))}
    return msgspec.structs.replace(entry, open=shown)


def hides(name: str) -> tuple[Secret, ...]:
    """What a field would give away: anything, when a later camcensus wrote it."""
    return FIELDS.get(name, FREE)


def problem_of(entry: Entry) -> str | None:
    """What is wrong with an entry by itself: a field that is not what was committed to, or another digest."""
    for name, (salted, value) in entry.open.items():
        if name not in entry.fields or commitment(salted, name, canonical(value)) != entry.fields[name]:
            return f"its field {name} is not what was written"
    if link(entry.previous, entry.digest) != entry.hash:
        return "it is not what was written"
    return None


class Fault(NamedTuple):
    """Something that is not as the log says. `seq` is the entry that it is about; None when it is about no entry."""

    kind: Literal["changed", "missing", "reordered", "inserted", "cut-off", "head", "state", "unbound"]
    seq: int | None
    text: str


def faults(rows: Iterable[Row], secret: bytes, ends: Head, told: Iterable[Head] = ()) -> Iterator[Fault]:
    """What is wrong with the chain, first things first.

    `ends` is how far the log goes by its own account, `told` what was printed at some time.
    """
    seq, previous = NOWHERE
    heads: dict[int, list[Head]] = {}
    for one in told:
        heads.setdefault(one.seq, []).append(one)
    for row in rows:
        if row.seq > seq + 1:
            yield Fault("missing", seq + 1, f"{numbered(seq + 1, row.seq - 1)} missing")
        elif fault := fault_of(row, previous, secret):
            yield fault
        seq, previous = row.seq, str(row.hash)
        for one in heads.pop(seq, ()):
            if not previous.startswith(one.hash):
                yield Fault(
                    "head", seq, f"entry {seq} has another hash than the head that was told, {one.hash[:16]}…"
                )
    if Head(seq, previous) != ends:
        if seq < ends.seq:
            yield Fault(
                "cut-off", seq + 1, f"the log ends with entry {seq}: {numbered(seq + 1, ends.seq)} missing"
            )
        else:
            yield Fault(
                "cut-off",
                seq,
                f"the log goes to entry {seq}, and says of itself that it ends with {ends.seq}",
            )
    for one in (one for some in heads.values() for one in some):
        yield Fault("cut-off", None, f"the log ends with entry {seq}, and a head of entry {one.seq} was told")


def numbered(first: int, last: int) -> str:
    return f"entry {first} is" if first == last else f"entries {first} to {last} are"


def fault_of(row: Row, previous: str, secret: bytes) -> Fault | None:
    """What is wrong with one entry, given the hash of the one before it."""
    seq = row.seq
    if row.previous == previous and hash_of(row, seq, secret) == row.hash:
        return None
    if hash_of(row, seq, secret) == row.hash:
        text = f"entry {seq} does not follow the one before it: that one was changed, or others stood between them"
        return Fault("changed" if seq > 1 else "missing", seq, text)
    for other in range(max(1, seq - MOST_MOVED), seq + MOST_MOVED):
        if other != seq and hash_of(row, other, secret) == row.hash:
            return Fault(
                "reordered",
                seq,
                f"entry {seq} was written as entry {other}: some were taken out or reordered",
            )
    return Fault("changed", seq, f"entry {seq} is not what was written")


def hash_of(row: Row, seq: int, secret: bytes) -> str | None:
    """The hash of an entry, were it written as the one with this number; None when it cannot be read."""
    try:
        values = msgspec.json.decode(row.fields, type=dict[str, msgspec.Raw])
        parts = [(name, bytes(value)) for name, value in values.items()]
        spelt = b"{%b}" % b",".join(b'"%b":%b' % (name.encode(), value) for name, value in parts)
        subjects = encode(msgspec.json.decode(row.subjects, type=list[str]))
        if spelt != row.fields.encode() or subjects != row.subjects.encode():
            return None
        return link(row.previous, digest_of_parts(seq, row.at, row.kind, subjects, parts, secret))
    except (ValueError, TypeError, AttributeError):  # somebody put other things into the table
        return None
