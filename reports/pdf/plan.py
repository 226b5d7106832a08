"""The plan on paper: how far it has come, what it takes, and each device of it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from reports import charts, sections
from reports.content import Census, Plan
from reports.language import Language
from reports.pdf.texts import LISTED, breakable, shown
from reports.template import Template
from scanner.phase_out.states import OPEN

QUARTERS, URGENT = 6, 5  # on the first page
BILL = (
    "headings.site", "plan.phase", "plan.kind", "plan.replacement", "plan.quantity", "plan.unit_price", "plan.labour",
    "plan.total",
)  # fmt: skip
ITEMS = (
    "plan.priority", "plan.state", "headings.address", "headings.model", "plan.replacement", "plan.phase", "plan.due",
)  # fmt: skip


def plan(census: Census, say: Language, template: Template) -> dict[str, Any]:
    """All that is said about the plan; where there is none, that."""
    known = census.plan
    made: dict[str, Any] = {"headline": sections.plan_headline(census, say), "there": known is not None}
    if known is None:
        return made
    return made | {
        "forecast": shown(sections.forecast(known.forecast, say)),
        "unpriced": sections.not_priced(known, say),
        "total": [say.say("plan.total"), sections.totals(known.totals, say)] if known.totals else [],
        "burn_down": charts.burn_down(known, say, template.accent),
        "burn_down_alt": charts.described(known, say) if known.burn_down else "",
        "budget": budget(known, say),
        "bill": bill(known, census, say),
        "items": items(known, say),
        "sites": sites(known, census, say),
        "urgent": urgent(known, say),
    }


def budget(known: Plan, say: Language) -> dict[str, Any]:
    rows = [
        [sections.quarter(one, say), say.number(one.units), sections.totals(one.amounts, say)]
        for one in known.budget
    ]
    return {
        "headings": [say.say("plan.quarter"), say.say("plan.units"), say.say("plan.amount")],
        "rows": rows,
        "first": rows[:QUARTERS],
    }


def sites(known: Plan, census: Census, say: Language) -> dict[str, Any]:
    """How far each site has come, where there are several."""
    found = sections.site_progress(known, census, say) if len(known.sites) > 1 else []
    keys = ("headings.site", "plan.open", "plan.gone", "plan.kept", "plan.forecast_is")
    rows = [[breakable(name), *map(say.number, counts), shown(text)] for name, *counts, text in found]
    return {"headings": [say.say(key) for key in keys], "rows": rows}


def bill(known: Plan, census: Census, say: Language) -> dict[str, Any]:
    rows = [
        [
            shown(census.sites.get(line.site or "", line.site or "–"), 60),
            shown(line.phase or "–", 60),
            say.say("plan.spare") if line.spare else say.word("category", line.kind),
            shown(line.replacement),
            say.number(line.quantity),
            money(line.unit_price, say),
            money(line.labour, say),
            f"{money(line.total, say)} {line.currency}" if line.total is not None
            else say.say("plan.not_priced") if line.unit_price is None else line.currency or "",
        ]
        for line in known.bill[:LISTED]
    ]  # fmt: skip
    cut = len(known.bill) > LISTED
    note = say.say("report.bill_cut", n=LISTED, all=len(known.bill)) if cut else ""
    return {"headings": [say.say(key) for key in BILL], "rows": rows, "note": note}


def urgent(known: Plan, say: Language) -> dict[str, Any]:
    """What comes first, and why; of what is still to be replaced."""
    first = [one for one in known.items if one.state in OPEN and one.priority is not None][:URGENT]
    keys = ("plan.priority", "headings.address", "headings.model", "plan.reasons")
    rows = [
        [
            str(one.priority),
            shown(one.address or one.device),
            shown(one.model or "", 60),
            shown("; ".join(reason for reason in one.reasons if not reason.startswith("0 ")), 120),
        ]
        for one in first
    ]
    return {"headings": [say.say(key) for key in keys], "rows": rows}


def items(known: Plan, say: Language) -> dict[str, Any]:
    rows = []
    for one in known.items[:LISTED]:
        asked = f" ({say.say('plan.asked')}: {', '.join(one.asked)})" if one.asked else ""
        rows.append(
            [
                "" if one.priority is None else str(one.priority),
                say.word("state", one.state),
                shown(one.address or one.device),
                shown(one.model or "", 60),
                shown(one.replacement + asked),
                shown(one.phase or "", 60),
                say.day(one.due) if one.due else "",
            ]
        )
    note = say.say("pdf.listed_some", n=LISTED, all=len(known.items)) if len(known.items) > LISTED else ""
    return {"headings": [say.say(key) for key in ITEMS], "rows": rows, "note": note}


def money(amount: Decimal | None, say: Language) -> str:
    return "" if amount is None else say.number(amount)
