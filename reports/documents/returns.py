"""What governments ask for: a worksheet for the representation of section 889, and a return of removals for the UK."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from reports.documents import Block, Sheet, facts, gaps, heading, sign, table, text
from reports.documents.certificates import described, place, unit

if TYPE_CHECKING:
    from fingerprints.policies import Policy
    from scanner.inventory import Run
    from scanner.inventory.places import Site
    from scanner.obligations import Case

LATEST = 12  # runs that are listed
ITEM = {
    "camera": "video surveillance camera", "nvr": "network video recorder", "dvr": "digital video recorder",
    "encoder": "video encoder", "doorbell": "video intercom", "access-control": "access control terminal",
}  # fmt: skip
NOT_OURS_TO_SAY = (
    "Whether to represent that you do or do not provide or use such equipment is for the offeror to decide, after a "
    "reasonable inquiry. The census below is a part of one: it sees what the network shows."
)
AS_FAR_NAMES_THEM = (
    "Brand, model and description as FAR 52.204-24 and 52.204-25 ask for them. The maker is who produced the unit, "
    "whatever brand is on it. Proposed use and factors are for you to add."
)
SENSITIVE = (
    "Whether a site is sensitive in the sense of the answer of 9 April 2024 is for the department to say: that column "
    "is empty. Bodies that are not bound may use this return for themselves."
)


def section_889(
    found: Sequence[Case],
    runs: Sequence[Run],
    unseen: Sequence[str],
    policy: Policy,
    about: Mapping[str, str],
) -> Sheet:
    """The worksheet for FAR 52.204-24 and 52.204-25: what an inquiry found, in the fields that these name."""
    wants = policy.removal
    there = [case for case in found if not case.gone]
    blocks = [text(policy.demands)]
    for part in wants.parts if wants else ():
        blocks += [text(f"{part.cites}, since {part.since}: {part.demands}")]
    blocks += [text(NOT_OURS_TO_SAY)]
    blocks += [
        facts(
            (label, "")
            for label in ("Entity", "Unique entity identifier", "CAGE code", "Solicitation or contract")
        )
    ]
    blocks += inquiry(found, runs, unseen)
    blocks += [heading("Covered equipment that is not shown to be gone"), text(AS_FAR_NAMES_THEM)]
    headings = (
        "Device",
        "Produced by",
        "Brand",
        "Model number",
        "Item description",
        "Serial number",
        "Place",
        "State",
    )
    blocks += [table(headings, (3, 4, 3, 5, 4, 5, 4, 4), (item(case) for case in there))]
    for notice in wants.notices if wants else ():
        blocks += [heading(f"To report within {notice.within} ({notice.cites})")]
        blocks += [facts((one, "") for one in notice.holds)]
    blocks += [heading("Covered equipment that is shown to be gone")]
    headings = (
        "Device",
        "Produced by",
        "Brand",
        "Model number",
        "Serial number",
        "Removed",
        "Verdict",
        "Missing",
    )
    blocks += [table(headings, (3, 4, 3, 5, 5, 4, 4, 5), (removed(case) for case in found if case.gone))]
    blocks += [
        gaps("What is missing of the records", lacking(found, about), "Nothing of what is asked here.")
    ]
    blocks += [sign("Made by: name, date, signature", "Responsible: name, date, signature")]
    return Sheet("Section 889: worksheet for the representation", policy.name, blocks)


def inquiry(found: Sequence[Case], runs: Sequence[Run], unseen: Sequence[str]) -> list[Block]:
    """What was looked at, and what was not seen."""
    gone = sum(case.gone for case in found)
    counts = facts(
        [
            ("Runs", len(runs)),
            ("First", runs[-1].started if runs else "none"),
            ("Last", runs[0].started if runs else "none"),
            ("Covered devices found", len(found)),
            ("Not shown to be gone", len(found) - gone),
            ("Shown to be gone", gone),
        ]
    )
    rows = (
        (
            run.id,
            f"{run.started:%Y-%m-%d}",
            run.outcome or "unfinished",
            run.coverage.addresses,
            run.coverage.answered,
            run.operator,
            run.authorisation,
        )
        for run in runs[:LATEST]
    )
    headings = ("Run", "Began", "Outcome", "Asked", "Answered", "Operator", "By whose leave")
    nothing = "Nothing that is known of. A unit that is switched off answers nobody."
    return [
        heading("The inquiry: what was looked at"),
        counts,
        table(headings, (5, 4, 4, 3, 3, 4, 5), rows, right=(3, 4)),
        gaps("What the inquiry did not see", unseen, nothing),
    ]


def uk(found: Sequence[Case], sites: Sequence[Site], policy: Policy, about: Mapping[str, str]) -> Sheet:
    """A return of removals, site by site."""
    headings = (
        "Site",
        "Sensitivity here",
        "Sensitive: yes or no",
        "Covered",
        "Isolated",
        "Removed",
        "Shown gone",
        "Left",
    )
    left = [case for case in found if not case.gone]
    blocks = [
        text(policy.demands),
        text(SENSITIVE),
        facts((label, "") for label in ("Department or body", "Responsible for security", "Period")),
        heading("By site"),
        table(headings, (6, 4, 4, 3, 3, 3, 3, 2), by_site(found, sites), right=(3, 4, 5, 6, 7)),
        gaps(
            "What is missing",
            lacking(found, about),
            "Nothing of what is asked here, of any device that is known.",
        ),
        heading("Equipment that is not shown to be gone"),
        table(
            ("Device", "Made by", "Brand", "Model", "Serial number", "Place", "Isolated", "State"),
            (3, 4, 3, 5, 5, 5, 3, 4),
            (still_there(case) for case in left),
        ),
        sign("Responsible for security: name, date, signature", "Head of department: name, date, signature"),
    ]
    return Sheet("Return of removals", policy.name, blocks)


def by_site(found: Sequence[Case], sites: Sequence[Site]) -> list[tuple[object, ...]]:
    named = {site.id: site for site in sites}
    cases: dict[str, list[Case]] = {id: [] for id in named}
    for case in found:
        cases.setdefault(unit(case).get("site") or "", []).append(case)
    rows: list[tuple[object, ...]] = []
    for id, here in sorted(cases.items()):
        site = named.get(id)
        isolated = sum(bool(case.record and case.record.isolated) for case in here)
        gone = sum(case.gone for case in here)
        name, level = (site.name, site.sensitivity) if site else (id or "no site is known", "")
        counts = (len(here), isolated, sum(bool(case.record) for case in here), gone, len(here) - gone)
        rows.append((name, level, "", *counts))
    return rows


def item(case: Case) -> tuple[object, ...]:
    known = unit(case)
    what = ITEM.get(str(known.get("category")), known.get("category"))
    return (*named(case), what, known.get("serial"), place(known), state(case))


def named(case: Case) -> tuple[object, ...]:
    known = unit(case)
    made = f"{known.get('maker_name') or known.get('maker')} ({known.get('confidence')})"
    return case.device.id, made, known.get("brand"), known.get("model")


def removed(case: Case) -> tuple[object, ...]:
    at = case.record.at if case.record else ""
    verdict = case.verdict.verdict if case.verdict else ""
    return (*named(case), unit(case).get("serial"), at, verdict, ", ".join(case.missing) or "nothing")


def still_there(case: Case) -> tuple[object, ...]:
    isolated = case.record.isolated if case.record else ""
    return (*named(case), unit(case).get("serial"), place(unit(case)), isolated, state(case))


def state(case: Case) -> str:
    if case.record is None:
        return "no removal recorded"
    return f"removed {case.record.at[:10]}; {case.verdict.verdict if case.verdict else 'no verdict'}"


def lacking(found: Sequence[Case], about: Mapping[str, str]) -> list[str]:
    names = dict.fromkeys(name for case in found for name in case.missing)
    return [f"{sum(name in case.missing for case in found):,} × {described(name, about)}" for name in names]
