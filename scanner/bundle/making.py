"""Makes a bundle. It depends on the state of the inventory, the selection and the key, and on nothing else."""

from __future__ import annotations

import collections
from collections.abc import Callable, Collection, Iterator, Mapping
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from scanner.bundle import parts
from scanner.bundle.redaction import Redaction
from scanner.errors import CamcensusError
from scanner.evidence import keys
from scanner.evidence.archive import Writer
from scanner.evidence.canonical import digest
from scanner.evidence.checking import FORMAT, SIGNATURE, SUMS
from scanner.evidence.log import Entry, Secret
from scanner.inventory import log, removals
from scanner.inventory.places import MERGED, current
from scanner.inventory.rows import json_text
from scanner.verdict.judging import Verdict, find
from scanner.verdict.rule import Rule
from scanner.verdict.told import told

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    from scanner.inventory import Inventory

Render = Callable[[Mapping[str, Any]], bytes]
"""Sets a summary on paper: the same bytes for the same summary."""

SEEN_IN = "SELECT DISTINCT run FROM sightings WHERE device IN (SELECT value FROM json_each(?))"


class Made(msgspec.Struct, frozen=True, kw_only=True):
    """A bundle that was made."""

    path: Path
    content: str  # the SHA-256 of SHA256SUMS, which stands for all of it
    fingerprint: str  # of the key
    head: str
    devices: int
    files: int


def make(
    inventory: Inventory, path: Path, key: Ed25519PrivateKey, rule: Rule, render: Render, *, by: str,
    chosen: Collection[str] | None = None, secrets: Collection[Secret] = (),
) -> Made:  # fmt: skip
    """Write a bundle of some devices, or of all, to `path`, and note in the log that it was handed out."""
    bundle = Bundle(inventory, key, rule, chosen, secrets)
    unfinished = path.with_name(path.name + ".part")
    try:
        with Writer(unfinished) as archive:
            for name, chunks in bundle.files(render):
                archive.add(name, chunks)
            sums = "".join(f"{sha256}  {name}\n" for name, sha256 in sorted(archive.sums.items())).encode()
            archive.add(SUMS, [sums])
            archive.add(SIGNATURE, [key.sign(sums)])
            count = len(archive.sums)
        unfinished.replace(path)
    except OSError as error:
        raise CamcensusError(f"{path} cannot be written", why=error.strerror or str(error)) from None
    except ValueError as error:
        raise CamcensusError(
            "the bundle would become too large",
            why=str(error),
            fix="make several, of one site or a part each",
        ) from None
    finally:
        unfinished.unlink(missing_ok=True)
    content = digest(sums)
    log.tell_export(inventory, by, "bundle", content=content, file=path.name)
    return Made(
        path=path, content=content, fingerprint=bundle.fingerprint, head=str(bundle.end.head),
        devices=len(bundle.chosen), files=count,
    )  # fmt: skip


class Bundle:
    """The parts of one bundle."""

    def __init__(
        self, inventory: Inventory, key: Ed25519PrivateKey, rule: Rule, chosen: Collection[str] | None,
        secrets: Collection[Secret],
    ) -> None:  # fmt: skip
        self.inventory, self.rule = inventory, rule
        self.public = keys.public_pem(key.public_key())
        self.fingerprint = keys.fingerprint(key.public_key())
        self.end = parts.end(inventory)
        every = [
            str(id) for (id,) in inventory.ask(lambda db: db.execute("SELECT id FROM devices").fetchall())
        ]
        self.chosen = frozenset(every if chosen is None else chosen)
        self.whole = len(self.chosen) == len(every)
        into = dict(inventory.ask(lambda db: db.execute(MERGED).fetchall()))
        merged = {old for old in into if current(old, into) in self.chosen}  # what they were called before
        known = self.chosen | merged
        self.records = [one for one in inventory.ask(removals.removals) if self.whole or one.device in known]
        self.own = known | {one.id for one in self.records}
        self.kept: Redaction = parts.redaction(inventory, secrets, known)
        self.seen_in = frozenset(
            inventory.ask(
                lambda db: [str(run) for (run,) in db.execute(SEEN_IN, (json_text(sorted(self.chosen)),))]
            )
        )
        self.verdicts = [one for one in find(told(inventory), rule) if one.device in self.chosen]

    def files(self, render: Render) -> Iterator[tuple[str, Iterator[bytes]]]:
        """The files in their order; each is read to its end before the next is asked for."""
        summary = self.summary()
        yield "README.txt", iter([self.readme()])
        yield "public-key.pem", iter([self.public])
        yield "summary.json", iter([msgspec.json.format(parts.JSON.encode(summary)) + b"\n"])
        yield "report.pdf", iter([render(summary | {"rows": self.rows()})])
        yield "devices.jsonl", parts.device_lines(self.devices(), self.kept)
        yield "verdicts.jsonl", map(self.verdict_line, self.verdicts)
        yield "removals.jsonl", parts.removal_lines(self.records, self.kept)
        if not self.kept:
            for sha256 in sorted({one.sha256 for record in self.records for one in record.attachments}):
                yield f"attachments/{sha256}", iter([self.inventory.ask(removals.attached, sha256)])
        runs = sorted(self.inventory.runs(), key=lambda run: (run.started, run.id))
        yield "runs.jsonl", parts.run_lines(runs, self.kept)
        for run in runs:
            if run.id in self.seen_in and (last := parts.sealed(self.inventory, run.id)) is not None:
                leaves: list[bytes] = []
                lines = parts.replies(self.inventory, run.id, last, self.chosen, self.kept, leaves)
                yield f"runs/{run.id}/observations.jsonl", lines
                yield f"runs/{run.id}/leaves.txt", iter(leaves)
        yield "log.jsonl", parts.log_lines(self.inventory, self.end.head.seq, self.is_about, self.kept)

    def is_about(self, entry: Entry) -> bool:
        """Whether an entry of the log is about what was chosen: other devices of the same runs are not."""
        if self.whole:
            return True
        if entry.kind.startswith("run-"):
            return entry.subjects[0] in self.seen_in
        return any(subject in self.own for subject in entry.subjects)

    def devices(self) -> Iterator[Any]:
        return (one for one in self.inventory.each_device() if one.id in self.chosen)

    def verdict_line(self, verdict: Verdict) -> bytes:
        return parts.JSON.encode(self.kept.safe(msgspec.to_builtins(verdict))) + b"\n"

    def summary(self) -> dict[str, Any]:
        """The bundle in numbers."""
        counts = collections.Counter(one.verdict for one in self.verdicts)
        standing = self.inventory.ask(removals.all_standing)
        return {
            "format": FORMAT,
            "made_of": self.end.at,  # the state: the time of the last change, not of today
            "head": str(self.end.head),
            "key": self.fingerprint,
            "devices": len(self.chosen),
            "all_devices": self.whole,
            "removals": sum(id in self.chosen for id in standing),
            "verdicts": dict(sorted(counts.items())),
            "rule": msgspec.to_builtins(self.rule),
            "kept_back": list(self.kept.secrets),
            "fingerprints": sorted({run.fingerprints for run in self.inventory.runs() if run.fingerprints}),
            "versions": sorted({run.version for run in self.inventory.runs() if run.version}),
        }

    def rows(self) -> list[list[str]]:
        """One row for each verdict, for paper."""
        about = {one.id: self.kept.device(msgspec.to_builtins(one)) for one in self.chosen_devices()}
        return [
            [
                one.device,
                " ".join(filter(None, (about[one.device].get(name) for name in ("maker_name", "model", "serial")))),
                one.verdict,
                self.kept.text("; ".join(reason.text for reason in one.reasons[:3])),
            ]
            for one in self.verdicts
        ]  # fmt: skip

    def chosen_devices(self) -> Iterator[Any]:
        judged = {one.device for one in self.verdicts}
        return (one for one in self.inventory.each_device() if one.id in judged)

    def readme(self) -> bytes:
        text = resources.files(__package__).joinpath("README.txt").read_text("utf-8")
        kept = ""
        if self.kept:
            kept = (
                f"\nKept back: {', '.join(self.kept.secrets)}. Digests stand in place of what would tell them, so "
                "that the\nproofs of the rest hold. Replies and attachments are there by their digests alone.\n"
            )
        return text.format(fingerprint=self.fingerprint, head=self.end.head, kept_back=kept).encode()
