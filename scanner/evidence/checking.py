"""Checks a bundle: that every file is as it was signed, whose signature it is, and that its parts prove each other.

    archive ─► SHA256SUMS ─► signature ─► key: expected?
                   └► files ─► log: a chain ─► seals ─► leaves ─► replies
                                  ├► devices, as they were last said to be
                                  └► removals ─► attachments
                         verdicts ─► runs and replies that must not speak against them

Reads a bundle from front to back in bounded memory, and nothing of it before it is known to be signed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from hashlib import sha256
from typing import Any, BinaryIO, Literal

import msgspec

from scanner.evidence import keys
from scanner.evidence.archive import Reader, Refused
from scanner.evidence.canonical import canonical, digest
from scanner.evidence.log import FIRST, SAID, Entry, link, problem_of
from scanner.evidence.removals import Removal
from scanner.evidence.seals import Leaf, is_whole
from scanner.evidence.verdicts import Verdicts

FORMAT = "camcensus-evidence-1"
SUMS, SIGNATURE, TOKEN, PUBLIC = "SHA256SUMS", "SHA256SUMS.sig", "SHA256SUMS.sig.tsr", "public-key.pem"
UNSIGNED = (SUMS, SIGNATURE, TOKEN)
REQUIRED = ("README.txt", "devices.jsonl", "log.jsonl", PUBLIC, "removals.jsonl", "report.pdf", "runs.jsonl",
            "summary.json", "verdicts.jsonl")  # fmt: skip
LINE = re.compile(r"(?P<sha256>[0-9a-f]{64})  (?P<name>\S+)")
LARGEST_SUMS, LARGEST_SMALL, LONGEST_LINE = 20 << 20, 1 << 20, 64 << 20
MOST_FAULTS = 200
UNREADABLE = (ValueError, LookupError, TypeError, AttributeError, OverflowError, RecursionError)
"""What comes of parts that were made by hand, whoever signed them: values of another kind, missing, or without end."""

STATED = ("address", "mac", "serial")

About = Literal["archive", "files", "signature", "log", "devices", "replies", "removals", "verdicts"]


class Fault(msgspec.Struct, frozen=True):
    """Something that is not as it was signed, or not as another part says."""

    about: About
    what: str

    def __str__(self) -> str:
        return f"{self.about}: {self.what}"


class Checked(msgspec.Struct, frozen=True, kw_only=True):
    """What came of it. `trusted` is None when nobody said whose key to expect."""

    faults: tuple[Fault, ...] = ()
    signed_by: str | None = None  # the fingerprint of the key
    trusted: bool | None = None
    summary: dict[str, Any] = {}
    files: int = 0
    entries: int = 0
    replies: int = 0
    token: bool = False  # a time-stamp token lies in it, and is about this signature

    @property
    def good(self) -> bool:
        return not self.faults and self.trusted is True


class Closed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An entry of the log of which only the digest is shown."""

    seq: int
    digest: str
    hash: str


class Proof(msgspec.Struct, frozen=True):
    """How a reply hangs on the seal of its run."""

    device: str
    place: int  # of its leaf among those of the run
    leaf: Leaf


class Reply(msgspec.Struct, frozen=True):
    """One reply as it stands in a bundle."""

    proof: Proof
    address: str | None = None
    mac: str | None = None
    payload: str | None = None
    payload_b64: bytes | None = None


def check(file: BinaryIO, expected: str | None = None) -> Checked:
    """Check a bundle; `expected` is the fingerprint of the key that it should be signed with."""
    try:
        reader = Reader(file)
        return Check(reader, expected).result()
    except Refused as error:
        return Checked(faults=(Fault("archive", str(error)),))


class Check:
    """The check of one bundle."""

    def __init__(self, reader: Reader, expected: str | None) -> None:
        self.reader, self.expected = reader, expected
        self.entries = self.replies = 0
        self.seals: dict[str, tuple[int, str]] = {}  # by run: how many leaves, and their SHA-256
        self.said: dict[str, str] = {}  # by device: the digest of what the log says of it last
        self.recorded: dict[str, dict[str, Any]] = {}  # by removal: what the log says of it
        self.head = f"0:{FIRST}"
        self.summary: dict[str, Any] = {}
        self.verdicts = Verdicts(())

    def result(self) -> Checked:
        if absent := [name for name in (SUMS, SIGNATURE, *REQUIRED) if name not in self.reader.files]:
            return Checked(faults=tuple(Fault("files", f"{name} is missing") for name in absent))
        sums = self.reader.content(SUMS, LARGEST_SUMS)
        key, fault = self.signature(sums)
        if key is None:
            return Checked(faults=(fault,) if fault else ())
        trusted = None if self.expected is None else key == self.expected
        faults = list(self.some(self.files(sums)))
        if not faults:  # only what was signed is looked into
            faults += self.some(self.parts())
        token = TOKEN in self.reader.files
        if token and sha256(
            self.reader.content(SIGNATURE, LARGEST_SMALL)
        ).digest() not in self.reader.content(TOKEN, LARGEST_SMALL):
            faults.append(Fault("signature", "the time-stamp token is about something else"))
        return Checked(
            faults=tuple(faults), signed_by=key, trusted=trusted, summary=self.summary, files=len(self.reader.files),
            entries=self.entries, replies=self.replies, token=token,
        )  # fmt: skip

    def signature(self, sums: bytes) -> tuple[str | None, Fault | None]:
        """The fingerprint of the key that signed; or why nobody did."""
        try:
            key = keys.public_key(self.reader.content(PUBLIC, LARGEST_SMALL))
        except ValueError as error:
            return None, Fault("signature", f"{PUBLIC}: {error}")
        if not keys.verifies(key, self.reader.content(SIGNATURE, LARGEST_SMALL), sums):
            return None, Fault("signature", f"{SUMS} was not signed like this by the key in {PUBLIC}")
        return keys.fingerprint(key), None

    def some(self, faults: Iterator[Fault]) -> Iterator[Fault]:
        """The first of many faults. What cannot even be read is one, too."""
        try:
            for number, fault in enumerate(faults):
                if number == MOST_FAULTS:
                    yield Fault("files", "there are more faults")
                    return
                yield fault
        except Refused as error:
            yield Fault("archive", str(error))
        except UNREADABLE as error:
            yield Fault("files", f"a part cannot be read: {type(error).__name__}, {error}")

    # The files

    def files(self, sums: bytes) -> Iterator[Fault]:
        """Each file against the list, and the list against the files."""
        listed: dict[str, str] = {}
        for line in sums.decode("ascii").splitlines():
            if not (found := LINE.fullmatch(line)) or found["name"] in listed:
                yield Fault("files", f"{SUMS} has a line that it cannot have: {line[:80]!r}")
                return
            listed[found["name"]] = found["sha256"]
        for name in self.reader.files:
            if name in UNSIGNED:
                continue
            if name not in listed:
                yield Fault("files", f"{name} was not signed")
                continue
            content = sha256()
            for chunk in self.reader.chunks(name):
                content.update(chunk)
            if content.hexdigest() != listed[name]:
                yield Fault("files", f"{name} is not as it was signed")
        for name in listed.keys() - self.reader.files.keys():
            yield Fault("files", f"{name} is missing")

    def parts(self) -> Iterator[Fault]:
        content = self.reader.content("summary.json", LARGEST_SMALL)
        summary = self.summary = msgspec.json.decode(content, type=dict[str, Any])
        if summary.get("format") != FORMAT:
            yield Fault("files", f"its format is {str(summary.get('format'))[:40]!r}, and not {FORMAT}")
            return
        self.verdicts = Verdicts(self.lines("verdicts.jsonl"))
        yield from self.log()
        if self.head != summary["head"]:
            yield Fault("log", f"it ends with {self.head}, and the summary says {summary['head']}")
        for name in sorted(self.reader.files):
            if name.endswith("/leaves.txt"):
                yield from self.run(name.split("/")[1])
        if not summary["kept_back"]:
            yield from self.devices()
        yield from self.removals(bool(summary["kept_back"]))
        parts = self.lines("runs.jsonl"), self.lines("devices.jsonl")
        yield from (Fault("verdicts", what) for what in self.verdicts.faults(summary, *parts, self.recorded))

    # The log

    def log(self) -> Iterator[Fault]:
        """Whether each entry follows from the one before it, and shows what it was written with."""
        previous, count = FIRST, 0
        for line in self.lines("log.jsonl"):
            count += 1
            entry: Entry | Closed = (
                msgspec.json.decode(line, type=Entry)
                if b'"fields"' in line
                else msgspec.json.decode(line, type=Closed)
            )
            if entry.seq != count:
                yield Fault("log", f"entry {entry.seq} stands where {count} belongs")
                return
            if link(previous, entry.digest) != entry.hash:
                yield Fault("log", f"entry {count} does not follow from the one before it")
                return
            if isinstance(entry, Entry):
                if wrong := problem_of(entry):
                    yield Fault("log", f"entry {count}: {wrong}")
                self.note(entry)
            previous = entry.hash
        self.entries, self.head = count, f"{count}:{previous}"

    def note(self, entry: Entry) -> None:
        values = entry.values
        if entry.kind in ("run-ended", "run-adopted") and "observations" in values:
            seal = values["observations"]
            self.seals[entry.subjects[0]] = (seal["count"], seal["sha256"])
        elif entry.kind in ("device-found", "device-changed") and "said" in values:
            self.said[entry.subjects[0]] = digest(
                canonical({name: values.get(name) for name in ("said", *STATED)})
            )
        elif entry.kind in ("removal-recorded", "removal-undone"):
            self.recorded[entry.subjects[0]] = values

    # What runs heard

    def run(self, run: str) -> Iterator[Fault]:
        """Whether the leaves of a run give its seal, and each reply that is shown is one of them."""
        leaves, content, count = self.lines(f"runs/{run}/leaves.txt"), sha256(), 0
        for line in self.lines(f"runs/{run}/observations.jsonl"):
            reply = msgspec.json.decode(line, type=Reply)
            leaf = b""
            while count <= reply.proof.place:
                leaf = next(leaves, b"")
                if not leaf:
                    break
                content.update(leaf + b"\n")
                count += 1
            if leaf.decode("ascii") != reply.proof.leaf.digest or reply.proof.leaf.run != run:
                yield Fault(
                    "replies", f"{run}: the reply at {reply.proof.place} is none of those that it heard"
                )
                return
            if wrong := wrong_reply(reply):
                yield Fault("replies", f"{run}: the reply at {reply.proof.place}: {wrong}")
            self.verdicts.hear(reply.proof.device, run)
            self.replies += 1
        for leaf in leaves:
            content.update(leaf + b"\n")
            count += 1
        if self.seals.get(run) != (count, content.hexdigest()):
            yield Fault("replies", f"{run}: what it heard is not what the log has sealed")

    # Devices and removals

    def devices(self) -> Iterator[Fault]:
        for line in self.lines("devices.jsonl"):
            row = msgspec.json.decode(line, type=dict[str, Any])
            said = {name: row[name] for name in SAID if row.get(name) is not None}
            now = {"said": said} | {name: row.get(name) for name in STATED}
            if self.said.get(row["id"]) != digest(canonical(now)):
                yield Fault("devices", f"{row['id']} is not what the log says of it")

    def removals(self, kept_back: bool) -> Iterator[Fault]:
        attached = {name.split("/")[1] for name in self.reader.files if name.startswith("attachments/")}
        for line in self.lines("removals.jsonl"):
            row = msgspec.json.decode(line, type=dict[str, Any])
            logged = self.recorded.get(row["id"])
            if logged is None:
                yield Fault("removals", f"{row['id']} does not stand in the log")
                continue
            for name, value in logged.items():
                if name != "attachments" and name in row and row[name] != value:
                    yield Fault("removals", f"{row['id']}: {name} is not what the log says")
            if kept_back:
                continue
            record = msgspec.convert(row, Removal)
            if list(msgspec.to_builtins(record.attachments)) != logged.get("attachments", []):
                yield Fault("removals", f"{record.id}: its attachments are not those of the log")
            for one in record.attachments:
                if one.sha256 not in attached:
                    yield Fault("removals", f"{record.id}: the attachment {one.sha256} is missing")
        for name in sorted(attached):
            content = sha256()
            for chunk in self.reader.chunks(f"attachments/{name}"):
                content.update(chunk)
            if content.hexdigest() != name:
                yield Fault("removals", f"the attachment {name} is another file than it is called after")

    # Reading

    def lines(self, name: str) -> Iterator[bytes]:
        if name not in self.reader.files:
            raise Refused(f"{name} is missing")
        return self.reader.lines(name, LONGEST_LINE)


def wrong_reply(reply: Reply) -> str | None:
    """Why a reply is not the one that its leaf is about."""
    leaf = reply.proof.leaf
    if not is_whole(leaf):
        return "it is not what was committed to"
    if "where" in leaf.open and [reply.address, reply.mac] != leaf.open["where"][1][1:]:
        return "it came from elsewhere"
    content = reply.payload_b64 if reply.payload_b64 is not None else (reply.payload or "").encode()
    if "payload" in leaf.open and content and digest(content) != leaf.open["payload"][1]:
        return "its bytes are others"
    return None
