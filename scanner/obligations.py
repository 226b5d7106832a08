"""What is still missing until the removals of covered devices show what a policy asks for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import msgspec
import platformdirs

from fingerprints import Defect
from fingerprints.policies import Policy, all_policies
from scanner.errors import CamcensusError
from scanner.evidence.removals import Removal
from scanner.evidence.requirements import FINDINGS, missing
from scanner.inventory import Device, Inventory, removals
from scanner.verdict import rule as rules
from scanner.verdict.judging import Outcome, Verdict
from scanner.verdict.rule import Rule
from scanner.verdict.told import verdicts

GONE: tuple[Outcome, ...] = ("verified-removed", "replaced")


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """How far one device is: its record, the verdict on it, and what is missing."""

    device: str
    removal: str | None
    verdict: Outcome | None  # none where nothing is recorded: it is taken to be there
    missing: tuple[str, ...]  # names of requirements; `record` and `verified` besides
    site: str | None = None
    model: str | None = None
    serial: str | None = None


def own_file() -> Path:
    """Where a user's own policies lie, by the convention of the platform."""
    return platformdirs.user_config_path("camcensus") / "policies.toml"


def asking(files: Sequence[Path] = ()) -> list[Policy]:
    """The policies that ask something of removals. Raises CamcensusError for a file that cannot be used."""
    own = own_file()
    try:
        known = all_policies([*([own] if own.is_file() else []), *files])
    except Defect as defect:
        raise CamcensusError(
            f"{defect.file}, line {defect.line} cannot be used", why=defect.why, fix="mend it, and try again"
        ) from None
    return [one for one in known.values() if one.removal]


def policy(named: str, files: Sequence[Path] = ()) -> Policy:
    """The policy with this id. Raises CamcensusError when none that asks something of removals has it."""
    known = {one.id: one for one in asking(files)}
    if named not in known:
        raise CamcensusError(
            f"no policy {named[:40]!r} asks something of removals", fix=f"choose of: {', '.join(known)}"
        )
    return known[named]


def rule_of(policy: Policy) -> Rule:
    """The rule by which absence proves a removal, with the parameters of a policy. Raises CamcensusError."""
    said = dict(policy.removal.verification) if policy.removal else {}
    try:
        usual = msgspec.to_builtins(rules.usual())
        return msgspec.convert(usual | {"name": policy.id} | said, Rule)
    except msgspec.ValidationError as error:
        raise CamcensusError(
            f"the verification of policy {policy.id} cannot be used", why=str(error),
            fix="docs/explanation/removal.md describes the parameters",
        ) from None  # fmt: skip


def standings(inventory: Inventory, policy: Policy, where: str = "") -> Iterator[Standing]:
    """Each device that a policy covers, in the order of addresses, with what is missing of it."""
    records = inventory.ask(removals.all_standing)
    covered = [
        one
        for one in inventory.each_device(where, evidence=False)
        if covers(policy, one, records.get(one.id))
    ]
    removed = [one.id for one in covered if one.id in records]
    judged = {one.device: one for one in verdicts(inventory, rule_of(policy), removed)} if removed else {}
    for device in covered:
        yield standing(policy, device, records.get(device.id), judged.get(device.id))


def covers(policy: Policy, device: Device, record: Removal | None) -> bool:
    """Whether a device is a finding of a maker that the policy names, or was when its removal was recorded."""
    said: list[tuple[object, object]] = [(device.maker, device.confidence)]
    if record is not None:
        said.append((record.unit.get("maker"), record.unit.get("confidence")))
    return any(maker in policy.makers and confidence in FINDINGS for maker, confidence in said)


def standing(policy: Policy, device: Device, record: Removal | None, verdict: Verdict | None) -> Standing:
    asked: Iterable[str] = policy.removal.record if policy.removal else ()
    if record is None:
        lacks: list[str] = ["record"]
    else:
        now = {name: value for name, value in msgspec.structs.asdict(device).items() if value is not None}
        known = msgspec.structs.replace(record, unit=now | dict(record.unit))  # what was learnt of it since
        lacks = [one.name for one in missing(known, asked)]
        if verdict is None or verdict.verdict not in GONE:
            lacks.append("verified")
    return Standing(
        device=device.id, removal=record.id if record else None, verdict=verdict.verdict if verdict else None,
        missing=tuple(lacks), site=device.site, model=device.model, serial=device.serial,
    )  # fmt: skip
