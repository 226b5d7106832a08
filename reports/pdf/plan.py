"""The plan on paper: how far it has come, what it takes, and each device of it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from reports import charts, sections
from reports.content import Census, Plan
from reports.language import Language
from reports.pdf.texts import LISTED, shown
from reports.template import Template

QUARTERS = 6  # on the first page
BILL = (
    "headings.site", "plan.phase", "plan.kind", "plan.replacement", "plan.quantity", "plan.spares", "plan.unit_price",
    "plan.labour", "plan.total",
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
        "unpriced": say.say("plan.unpriced", n=known.unpriced) if known.unpriced else "",
        "total": [say.say("plan.total"), say.money(known.total, known.currency)] if known.bill else [],
        "burn_down": charts.burn_down(known, say, template.accent),
        "burn_down_alt": charts.described(known, say) if known.burn_down else "",
        "budget": budget(known, say),
        "bill": bill(known, census, say),
        "items": items(known, say),
    }


def budget(known: Plan, say: Language) -> dict[str, Any]:
    amount = f"{say.say('plan.amount')} {known.currency}".rstrip()
    rows = [
        [one.quarter, say.number(one.units), "" if one.amount is None else say.money(one.amount)]
        for one in known.budget
    ]
    return {
        "headings": [say.say("plan.quarter"), say.say("plan.units"), amount],
        "rows": rows,
        "first": rows[:QUARTERS],
    }


def bill(known: Plan, census: Census, say: Language) -> dict[str, Any]:
    rows = [
        [
            shown(census.sites.get(line.site or "", line.site or "–"), 60),
            shown(line.phase or "–", 60),
            say.word("category", line.kind),
            shown(line.replacement),
            say.number(line.quantity),
            say.number(line.spares),
            money(line.unit_price, say),
            money(line.labour, say),
            money(line.total, say) or say.say("plan.not_priced"),
        ]
        for line in known.bill[:LISTED]
    ]
    return {"headings": [say.say(key) for key in BILL], "rows": rows}


def items(known: Plan, say: Language) -> dict[str, Any]:
    rows = []
    for one in known.items[:LISTED]:
        asked = f" ({say.say('plan.asked')}: {', '.join(one.asked)})" if one.asked else ""
        rows.append(
            [
                "" if one.priority is None else f"{one.priority:g}",
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
