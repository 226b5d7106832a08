"""The parts of a report in words: what a page, a workbook and a sheet of paper lay out, each in its way.

The counts come from `figures`, the words from a catalogue; here the two meet, and nowhere else.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import msgspec

from reports import unseen, wording
from reports.content import Census, Figures, Forecast, Plan, Quarter
from reports.content.plan import Totals
from reports.language import Language
from reports.unseen import BlindSpot

LEVELS = ("confirmed", "probable", "possible", "none")
MOST_BARS = 12  # in one chart; the rest is one bar


class Figure(msgspec.Struct, frozen=True):
    """One number with its label; `id` is its name among the figures."""

    id: str
    label: str
    count: int


class Bar(msgspec.Struct, frozen=True):
    """One bar: a label, a count, and what chooses these devices in the table of the page."""

    label: str
    count: int
    choose: str = ""  # as in `brand=LTS`
    tone: str = ""
    note: str = ""
    parts: tuple[int, ...] = ()  # as LEVELS has them


class Chart(NamedTuple):
    id: str
    title: str
    of: str  # what is counted
    bars: tuple[Bar, ...]

    @property
    def most(self) -> int:
        return max((bar.count for bar in self.bars), default=0)


class SiteSpots(NamedTuple):
    """What was not seen of one site."""

    site: str
    named: bool  # it is a site, and not what belongs to none
    covered: str
    spots: tuple[BlindSpot, ...]


def key_figures(made: Figures, census: Census, say: Language) -> Iterator[Figure]:
    """The numbers of the first page, what was not seen among them."""
    for id in (
        "devices", "proven", "hikvision", "dahua", "leads", "relabelled", "covered", "exploited", "conflicts", "other",
        "unknown",
    ):  # fmt: skip
        yield Figure(id, say.say(f"figures.{id}"), getattr(made, id))
    days = census.unseen[0].old_after if census.unseen else 90
    yield Figure("known_addresses", say.say("figures.known"), made.known_addresses)
    yield Figure("covered_addresses", say.say("figures.reached", days=days), made.covered_addresses)
    yield Figure("spots", say.say("figures.spots"), sum(len(site.spots) for site in not_seen(census, say)))


def not_seen(census: Census, say: Language) -> list[SiteSpots]:
    """The blind spots of each site."""
    return [
        SiteSpots(
            unseen.site_name(one, say),
            one.site is not None,
            unseen.covered(one, say),
            tuple(unseen.lines(one, say)),
        )
        for one in census.unseen
    ]


def charts(made: Figures, say: Language) -> list[Chart]:
    """By maker, brand, site, state, age and category; a chart of nothing is left out."""
    proven = say.say("charts.of_proven", n=made.proven)
    found = (
        Chart("maker", say.say("charts.maker"), say.say("charts.of_devices"), tuple(maker_bars(made, say))),
        Chart("brand", say.say("charts.brand"), proven, few(brand_bars(made, say), say)),
        Chart(
            "site",
            say.say("charts.site"),
            proven,
            few(site_bars(made, say), say) if any(one.site for one in made.sites) else (),
        ),
        Chart("state", say.say("charts.state"), say.say("charts.of_items"), tuple(state_bars(made, say))),
        Chart(
            "age",
            say.say("charts.age"),
            f"{proven}; {say.say('charts.age_note')}",
            tuple(age_bars(made, say)),
        ),
        Chart("category", say.say("charts.category"), proven, few(category_bars(made, say), say)),
    )
    return [chart for chart in found if chart.most]


def maker_bars(made: Figures, say: Language) -> Iterator[Bar]:
    for maker in made.makers:
        tone = maker.maker if maker.maker in ("hikvision", "dahua") else "neutral"
        sure = (maker.confirmed, maker.probable, maker.possible)
        label = wording.maker_name(maker, say)
        yield Bar(
            label,
            maker.devices,
            f"maker={maker.maker or 'unknown'}",
            tone,
            parts=(*sure, maker.devices - sum(sure)),
        )


def brand_bars(made: Figures, say: Language) -> Iterator[Bar]:
    for one in made.brands:
        label = wording.name(one.key, say) if one.key else say.say("maker.not_stated")
        yield Bar(label, one.count, f"filter={label}" if one.key else "")


def site_bars(made: Figures, say: Language) -> Iterator[Bar]:
    for one in made.sites:
        label = wording.name(one.name or one.site or say.say("unseen.no_site"), say)
        note = ""
        if one.known:
            note = f"{say.number(one.covered)} / {say.number(one.known)} {say.say('runs.addresses')}"
        yield Bar(label, one.found, f"site={one.site}" if one.site else "", note=note)


def state_bars(made: Figures, say: Language) -> Iterator[Bar]:
    for one in made.states:
        yield Bar(say.word("state", one.key or ""), one.count, f"state={one.key}")


def age_bars(made: Figures, say: Language) -> Iterator[Bar]:
    return (Bar(say.word("age", one.key or ""), one.count) for one in made.ages)


def category_bars(made: Figures, say: Language) -> Iterator[Bar]:
    return (Bar(say.word("category", one.key or "unknown"), one.count) for one in made.categories)


def few(bars: Iterable[Bar], say: Language, most: int = MOST_BARS) -> tuple[Bar, ...]:
    """The longest bars as they are, and the rest as one."""
    first, rest = (all := list(bars))[:most], all[most:]
    if len(rest) == 1:
        return tuple(all)
    if rest:
        label = say.say("charts.rest", n=len(rest))
        first.append(Bar(label, sum(bar.count for bar in rest), tone="neutral"))
    return tuple(first)


def forecast(one: Forecast | None, say: Language) -> str:
    """When the last device will be replaced, in one sentence; nothing where nobody reckoned."""
    if one is None:
        return ""
    if one.likely is None:
        return say.say("plan.no_forecast", why=one.why)
    key = "plan.forecast" if one.late else "plan.forecast_open"
    return say.say(key, likely=one.likely, early=one.early, late=one.late)


def totals(amounts: Totals, say: Language) -> str:
    """As in `12,300 EUR + 400 GBP`; nothing when nothing is priced."""
    return " + ".join(say.money(amount, currency) for currency, amount in amounts.items())


def not_priced(plan: Plan, say: Language) -> str:
    """How many units are in no sum, in one sentence; nothing when all are."""
    parts = (
        say.say("plan.no_price", n=plan.no_price) if plan.no_price else "",
        say.say("plan.no_labour", n=plan.no_labour) if plan.no_labour else "",
    )
    return " ".join(filter(None, parts))


def quarter(one: Quarter, say: Language) -> str:
    return one.quarter or say.say("plan.no_date")


def site_progress(plan: Plan, census: Census, say: Language) -> list[tuple[str, int, int, int, str]]:
    """How far each site has come: its name, what is open, gone and kept, and the forecast."""
    return [
        (
            wording.name(census.sites.get(one.site or "") or one.site or say.say("unseen.no_site"), say),
            one.open,
            one.gone,
            one.kept,
            forecast(one.forecast, say),
        )
        for one in plan.sites
    ]


def plan_headline(census: Census, say: Language) -> str:
    if census.plan is None:
        return say.say("plan.none")
    if not census.plan.open:
        return say.say("plan.headline_done", n=len(census.plan.items))
    return say.say("plan.headline", open=census.plan.open, n=len(census.plan.items))
