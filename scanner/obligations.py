"""What is still missing until the removals of covered devices show what a policy asks for."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

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


class Case(NamedTuple):
    """A device with its record and the verdict on it, and what is missing until it shows what a policy asks."""

    device: Device
    record: Removal | None
    verdict: Verdict | None  # none where nothing is recorded: it is taken to be there
    missing: tuple[str, ...]  # names of requirements; `record` and `verified` besides

    @property
    def gone(self) -> bool:
        return self.verdict is not None and self.verdict.verdict in GONE


def cases(
    inventory: Inventory, policy: Policy, where: str = "", devices: Collection[str] | None = None
) -> Iterator[Case]:
    """Each device that a policy covers, or each of some devices whoever made them, in the order of addresses."""
    records = inventory.ask(removals.all_standing)
    chosen = [
        one
        for one in inventory.each_device(where, evidence=False)
        if (covers(policy, one, records.get(one.id)) if devices is None else one.id in devices)
    ]
    removed = [one.id for one in chosen if one.id in records]
    judged = {one.device: one for one in verdicts(inventory, rule_of(policy), removed)} if removed else {}
    for device in chosen:
        record, verdict = records.get(device.id), judged.get(device.id)
        yield Case(device, record, verdict, tuple(lacks(policy, device, record, verdict)))


def standings(inventory: Inventory, policy: Policy, where: str = "") -> Iterator[Standing]:
    """The same of all that a policy covers, on one line each."""
    for device, record, verdict, lacking in cases(inventory, policy, where):
        yield Standing(
            device=device.id, removal=record.id if record else None, verdict=verdict.verdict if verdict else None,
            missing=lacking, site=device.site, model=device.model, serial=device.serial,
        )  # fmt: skip


def covers(policy: Policy, device: Device, record: Removal | None) -> bool:
    """Whether a device is a finding of a maker that the policy names, or was when its removal was recorded."""
    said: list[tuple[object, object]] = [(device.maker, device.confidence)]
    if record is not None:
        said.append((record.unit.get("maker"), record.unit.get("confidence")))
    return any(maker in policy.makers and confidence in FINDINGS for maker, confidence in said)


def lacks(policy: Policy, device: Device, record: Removal | None, verdict: Verdict | None) -> Iterator[str]:
    if record is None:
        yield "record"
        return
    now = {name: value for name, value in msgspec.structs.asdict(device).items() if value is not None}
    known = msgspec.structs.replace(record, unit=now | dict(record.unit))  # what was learnt of it since
    yield from (one.name for one in missing(known, policy.removal.record if policy.removal else ()))
    if verdict is None or verdict.verdict not in GONE:
        yield "verified"
