"""Certificates of removal: one for a device, one for a site."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from reports.documents import Block, Sheet, facts, gaps, heading, sign, table, text
from scanner.evidence.requirements import LEFT, TREATED

if TYPE_CHECKING:
    from fingerprints.policies import Policy
    from scanner.evidence.removals import Removal
    from scanner.obligations import Case
    from scanner.verdict.judging import Verdict

MEDIA = {
    "clear": "cleared (NIST SP 800-88 Clear)", "purge": "purged (NIST SP 800-88 Purge)",
    "destroy": "destroyed (NIST SP 800-88 Destroy)", "none": "nothing was done yet", "not-applicable": "it had none",
}  # fmt: skip
VERDICTS = {
    "verified-removed": "gone: it was looked for, and the looks could have seen it",
    "replaced": "gone: its replacement hangs at its port of the switch",
    "not-seen": "not seen, which proves nothing yet",
    "still-present": "still there",
    "returned": "there again",
    "moved": "elsewhere",
}
LABELS = {
    "model": "Model", "serial": "Serial number", "mac": "MAC address", "address": "Last address",
    "firmware": "Firmware", "asset": "Asset number", "owner": "Owner",
}  # fmt: skip
UNJUDGED = "no verdict"


def device(case: Case, policy: Policy, about: Mapping[str, str]) -> Sheet:
    """The certificate of one device. `about` says what each requirement is."""
    record = case.record
    known = unit(case)
    blocks = [heading("The device"), facts(identity(known, case.device.id))]
    if record is None:
        blocks += [gaps("Its removal", ["no removal is recorded"], "")]
        return Sheet("No removal recorded", case.device.id, blocks)
    blocks += [heading("Its removal"), facts(removal(record))]
    if record.attachments:
        rows = [(one.role, one.name, one.size, one.sha256) for one in record.attachments]
        blocks += [table(("Attached", "File", "Bytes", "SHA-256"), (2, 4, 2, 8), rows, right=(2,))]
    blocks += [heading("What the network shows"), *verdict(case.verdict)]
    blocks += [
        missing(case, policy, about),
        sign("Removed by: name, date, signature", "Witness: name, date, signature"),
    ]
    names = known.get("brand") or known.get("maker_name"), known.get("model"), known.get("serial")
    title = "Certificate of removal" if case.gone else "Removal recorded, not shown to be gone"
    return Sheet(title, " ".join(filter(None, names)) or case.device.id, blocks)


def site(named: str, found: Sequence[Case], policy: Policy, about: Mapping[str, str]) -> Sheet:
    """The certificate of a site: each covered device, and what is missing."""
    recorded = [case for case in found if case.record]
    gone = [case for case in found if case.gone]
    whole = [case for case in found if not case.missing]
    lacking = Counter(name for case in found for name in case.missing)
    blocks = [
        text(f"Policy: {policy.name}. {policy.demands}"),
        facts(
            [
                ("Site", named), ("Covered devices", len(found)), ("Removal recorded", len(recorded)),
                ("Shown to be gone", len(gone)), ("Nothing missing", len(whole)),
                ("No removal recorded", len(found) - len(recorded)),
            ]
        ),
        gaps(
            "What is missing",
            (f"{count:,} × {described(name, about)}" for name, count in lacking.most_common()),
            "Nothing of what this policy asks, of any device that is known. What nobody has seen is not known.",
        ),
        heading("The devices"),
        table(
            ("Device", "Model", "Serial number", "Place", "Removed", "By", "Disposal", "Verdict", "Missing"),
            (4, 7, 7, 4, 4, 4, 4, 4, 5),
            (row(case) for case in found),
        ),
        sign("For the site: name, date, signature", "Witness: name, date, signature"),
    ]  # fmt: skip
    whole_site = bool(found) and len(gone) == len(found)
    return Sheet(
        "Certificate of removal from a site" if whole_site else "Removal from a site: how far it is",
        named,
        blocks,
    )


def row(case: Case) -> tuple[object, ...]:
    known, record = unit(case), case.record
    return (
        case.device.id, known.get("model"), known.get("serial"), place(known), record.at if record else "",
        record.removed_by if record else "", record.disposal if record else "",
        case.verdict.verdict if case.verdict else "", ", ".join(case.missing) or "nothing",
    )  # fmt: skip


def unit(case: Case) -> dict[str, Any]:
    """What is known of a device: as it was when its removal was recorded, and what was learnt since."""
    now = {name: value for name, value in msgspec.structs.asdict(case.device).items() if value is not None}
    return now | (dict(case.record.unit) if case.record else {})


def identity(known: Mapping[str, Any], device: str) -> Iterator[tuple[str, object]]:
    maker = known.get("maker_name") or known.get("maker") or "not known"
    yield "Device", device
    yield "Made by", f"{maker} ({known.get('confidence', 'none')})"
    yield "Shown as", known.get("brand") or "no brand is known"
    for name, label in LABELS.items():
        if known.get(name):
            yield label, known[name]
    yield "Place", place(known)
    yield "First and last seen", f"{seen(known.get('first_seen'))} to {seen(known.get('last_seen'))}"


def seen(moment: object) -> str:
    return str(moment or "?").replace("T", " ")[:16]


def place(known: Mapping[str, Any]) -> str:
    parts = [known.get(name) for name in ("site", "building", "floor", "room")]
    port = [known.get(name) for name in ("switch", "switch_port")]
    return (
        ", ".join(filter(None, (*parts, "port ".join(filter(None, port)) if all(port) else None)))
        or "not known"
    )


def removal(record: Removal) -> Iterator[tuple[str, object]]:
    yield "Record", f"{record.id}, written {seen(record.recorded)} UTC by {record.by}"
    for label, said, always in (
        ("Taken out", record.at, True),
        ("Removed by", record.removed_by, True),
        ("Witness", record.witness, True),
        ("Isolated since", record.isolated, False),
        ("By decision of", record.why, False),
        ("Disposal", record.disposal, True),
        ("Now with", record.disposed_to, record.disposal in LEFT),
        ("Receipt", record.receipt, record.disposal in LEFT),
        ("Disks and cards", MEDIA.get(record.media or "", ""), True),
        ("Their serial numbers", record.media_serials, False),
        ("Method", record.media_method, False),
        ("Certificate", record.certificate, record.media in TREATED),
        ("Replaced by", record.replacement, False),
        ("Note", record.note, False),
    ):
        if said or always:
            yield label, said


def verdict(judged: Verdict | None) -> list[Block]:
    if judged is None:
        return [text(UNJUDGED)]
    rows = [(judged.verdict, VERDICTS.get(judged.verdict, ""))]
    reasons = [
        ("because", one.text + (f" ({', '.join(one.runs[:5])})" if one.runs else ""))
        for one in judged.reasons
    ]
    return [facts([*rows, *reasons[:8]]), text(f"By {judged.rule}.")]


def missing(case: Case, policy: Policy, about: Mapping[str, str]) -> Block:
    lacks = [described(name, about) for name in case.missing]
    lacks += [f"to verify it: {one}" for one in (case.verdict.missing if case.verdict else ())]
    return gaps(f"What is missing, by {policy.name}", lacks, "Nothing of what this policy asks.")


def described(name: str, about: Mapping[str, str]) -> str:
    return f"{name}: {about[name].replace('`', '')}" if name in about else name
