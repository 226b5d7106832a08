"""What stands on paper, as a tree of texts: the markup of templates/report.typ lays it out and says nothing itself."""

from __future__ import annotations

from collections.abc import Iterable
from importlib.metadata import version
from typing import Any

from reports import sections, wording
from reports.content import NAMED, Census, figures, found
from reports.language import Language
from reports.pdf.plan import plan
from reports.pdf.texts import LISTED, breakable, shown
from reports.sections import Chart, SiteSpots
from reports.template import Template
from scanner.inventory.records import Device

Cell = Any
FIRST_BARS, FIRST_SPOTS = 5, 6
FIRST_CHARTS = ("maker", "brand", "site", "age", "category")
RUNS = 50
WORDS = {
    "census": "report.census", "seen": "report.seen", "not_seen": "report.not_seen", "devices": "report.devices",
    "conflicts": "report.conflicts", "runs": "report.runs", "figures": "report.figures", "plan": "report.plan",
    "bill": "report.bill", "full": "pdf.full", "contents": "pdf.contents", "budget": "plan.budget",
    "burn_down": "plan.burn_down", "listed": "plan.listed", "by_site": "plan.by_site", "urgent": "plan.urgent",
}  # fmt: skip
BIG = ("proven", "relabelled", "exploited", "leads")


def content_of(census: Census, say: Language, template: Template) -> dict[str, Any]:
    """All texts and numbers of the document."""
    made, spots = figures(census), sections.not_seen(census, say)
    key = list(sections.key_figures(made, census, say))
    bars = sections.charts(made, say)
    return {
        **identity(census, say, template),
        "words": {name: say.say(where) for name, where in WORDS.items()} | {"page": say.texts["report.page"]},
        "headline": wording.headline(census, say),
        "big": [{"count": say.number(one.count), "label": one.label} for one in key if one.id in BIG],
        "figures": [[one.label, say.number(one.count)] for one in key],
        "charts": [chart(one, say) for one in bars],
        "first_charts": [chart(one, say, FIRST_BARS) for one in bars if one.id in FIRST_CHARTS][:4],
        "not_seen": [site(one, say) for one in spots],
        "first_not_seen": first_spots(spots, say),
        "never_seen": say.say("unseen.never_seen"),
        "conflicts": [
            [shown(one.address or one.mac or one.id), shown("; ".join(one.conflicts))]
            for one in census.in_conflict[:LISTED]
        ],
        "devices": devices(census, say),
        "runs": [
            {
                "title": say.say("runs.run", run=run.id),
                "facts": [[label, shown(text)] for label, text in wording.coverage(run, say)],
            }
            for run in census.runs[:RUNS]
        ],
        "plan": plan(census, say, template),
        "about": say.say("report.words"),
        "written_by": say.say("report.written_by", version=version("camcensus"), moment=census.made_at),
        "log": say.say("report.log_is", head=census.log_head) if census.log_head else "",
        "glyphs": "",
    }


def identity(census: Census, say: Language, template: Template) -> dict[str, Any]:
    """Whose report it is, of what and when."""
    logo = template.logo_file()
    return {
        "lang": say.code,
        "direction": say.customs["direction"],
        "accent": template.accent,
        "title": shown(wording.title(census, say, template.title)),
        "subtitle": shown(template.subtitle),
        "organisation": shown(template.organisation),
        "footer": shown(template.footer),
        "logo": {"format": logo.suffix.lower()[1:], "bytes": list(logo.read_bytes())} if logo else None,
        "made_at": say.moment(census.made_at),
    }


def chart(one: Chart, say: Language, most: int = sections.MOST_BARS + 1) -> dict[str, Any]:
    bars = one.bars if len(one.bars) <= most else sections.few(one.bars, say, most - 1)
    return {
        "title": one.title,
        "of": one.of,
        "bars": [
            {
                "label": breakable(bar.label),
                "note": bar.note,
                "count": say.number(bar.count),
                "tone": bar.tone,
                "parts": [100 * part / one.most for part in bar.parts or (bar.count,)],
            }
            for bar in bars
        ],
    }


def site(one: SiteSpots, say: Language) -> dict[str, Any]:
    spots = [[shown(spot.what), shown(spot.why, 800)] for spot in one.spots]
    return {"site": one.site, "covered": one.covered, "spots": spots or [[say.say("unseen.nothing"), ""]]}


def first_spots(spots: Iterable[SiteSpots], say: Language) -> list[str]:
    """The blind spots of the first page: how much was covered, and the gravest; the rest is named by its number."""
    sites = list(spots)
    lines = [say.say("unseen.site", site=one.site, covered=one.covered) for one in sites]
    what = [shown(spot.what) for one in sites for spot in one.spots]
    most = FIRST_SPOTS
    some = [*lines[: most // 2], *what[: most - min(len(lines), most // 2)]]
    rest = len(lines) + len(what) - len(some)
    return [*some, *([say.say("counts.more", n=rest)] if rest else [])] or [say.say("unseen.nothing_known")]


def devices(census: Census, say: Language) -> dict[str, Any]:
    """The devices that matter here: findings, leads and conflicts."""
    matter = [one for one in census.devices if one.maker in NAMED or one.conflicts]
    rest, note = len(census.devices) - len(matter), ""
    if len(matter) > LISTED:
        note = say.say("pdf.listed_some", n=LISTED, all=len(census.devices))
    elif rest:
        note = say.say("pdf.listed", n=len(matter), rest=rest)
    headings = ("address", "model", "maker_name", "brand", "confidence", "serial", "last_seen")
    return {
        "headings": [say.say(f"headings.{name}") for name in headings],
        "rows": [device(one, census, say) for one in matter[:LISTED]],
        "note": note,
    }


def device(one: Device, census: Census, say: Language) -> list[Cell]:
    """Each cell has a text, and perhaps a smaller one below it."""
    place = ", ".join(
        filter(None, (census.sites.get(one.site or "", one.site), one.building, one.floor, one.room))
    )
    kind = ", ".join(filter(None, (wording.category(one, say), shown(one.firmware or "", 60))))
    mark = say.say("device.relabelled") if one.relabelled else ""
    return [
        [shown(one.address or "–"), shown(place or one.mac or "")],
        [shown(one.model or say.say("device.no_model"), 60), kind],
        [breakable(wording.made_by(one, say)), ""],
        [breakable(wording.shown_as(one, say)), mark],
        [say.word("confidence", one.confidence), breakable(wording.covered(one, say)) if found(one) else ""],
        [shown(one.serial or "", 60), ""],
        [say.day(one.last_seen), say.say("device.disagrees") if one.conflicts else ""],
    ]
