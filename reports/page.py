"""The census as one HTML page that works from a memory stick: no requests, no frameworks, nothing to install.

The figures, charts and blind spots need no script. The devices are data in the page, of which its script shows a
hundred at a time, so that ten thousand open at once. Its content security policy names style and script by their
hashes, so that even markup that slipped through escaping could neither run nor load anything.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from functools import cache
from importlib.metadata import version
from importlib.resources import files
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote

from reports import charts, page_data, sections, wording
from reports.content import NAMED, Census, MakerCount, figures
from reports.language import Language, english
from reports.sections import LEVELS, Bar, Chart
from reports.template import Template

if TYPE_CHECKING:
    from jinja2 import Environment

TEMPLATES = files("reports") / "templates"
BRANDS_SHOWN = 8  # bars per maker; the rest is one bar
LIGHT_FROM = 20_001  # devices, from which on a page leaves their evidence out
RUNS, BILL = 20, 500  # runs and lines of the bill that are in the page


def render(census: Census, language: Language | None = None, template: Template | None = None) -> str:
    """The whole page. The same census gives the same bytes, so that a page can be signed."""
    say, template = language or english(), template or Template()
    style = template_text("page.css").replace("#1f5673/*accent*/", template.accent)
    script, logo, made = template_text("page.js"), template.logo_url(), figures(census)
    light = not census.evidence or len(census.devices) >= LIGHT_FROM
    plan = census.plan
    environment = made_environment(say)
    return environment.get_template("page.html").render(
        census=census,
        say=say,
        template=template,
        title=wording.title(census, say, template.title),
        logo=logo,
        figures=made,
        key_figures=list(sections.key_figures(made, census, say)),
        charts=sections.charts(made, say),
        not_seen=sections.not_seen(census, say),
        plan_headline=sections.plan_headline(census, say),
        forecast=sections.forecast(plan.forecast, say) if plan else "",
        burn_down=charts.burn_down(plan, say, template.accent) if plan else "",
        chosen_sites=[(one.site, one.name or one.site) for one in made.sites if one.site],
        columns=list(columns(census, say)),
        light=light,
        data=page_data.devices(census, say, light=light),
        evidence=page_data.evidence(() if light else census.devices, say),
        style=style,
        script=script,
        policy=content_security_policy(style, script),
        version=version("camcensus"),
    )


def columns(census: Census, say: Language) -> Iterator[tuple[str, str]]:
    """The columns of the table: places and states only where there are any."""
    placed = any(device.site or device.building or device.room for device in census.devices)
    for key, heading in (
        ("model", "headings.device"),
        ("address", "headings.address"),
        ("made_by", "headings.maker_name"),
        ("shown_as", "headings.brand"),
        ("confidence", "headings.confidence"),
        ("place", "headings.location"),
        ("state", "plan.state"),
        ("last_seen", "headings.last_seen"),
    ):
        if (key != "place" or placed) and (key != "state" or census.plan):
            yield key, say.say(heading)


def content_security_policy(style: str, script: str) -> str:
    return (
        f"default-src 'none'; style-src '{digest(style)}'; script-src '{digest(script)}'; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )


def digest(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def template_text(name: str) -> str:
    return (TEMPLATES / name).read_text("utf-8")


def made_environment(say: Language) -> Environment:
    """The environment in which the page is rendered, speaking a language."""
    made = environment().overlay()
    made.filters = {
        **made.filters,
        "number": say.number,
        "shown": lambda text, length=wording.TEXT_LENGTH: wording.shown(text, length, say),
    }
    return made


@cache
def environment() -> Environment:
    from jinja2 import Environment, FunctionLoader, StrictUndefined
    from markupsafe import Markup

    made = Environment(
        loader=FunctionLoader(template_text),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals.update(
        named=NAMED,
        words=wording,
        sections=sections,
        brand_bars=brand_bars,
        segments=segments,
        levels=LEVELS,
        RUNS=RUNS,
        BILL=BILL,
    )
    made.filters.update(
        fragment=lambda text: quote(text, safe="=&-"),
        ours=Markup,  # for what this package made itself, and nothing else
    )
    return made


class Segment(NamedTuple):
    level: str
    at: float
    wide: float


def segments(bar: Bar, chart: Chart) -> Iterator[Segment]:
    """The parts of one bar, in per cent of the longest."""
    at = 0
    for level, count in zip(LEVELS, bar.parts or (bar.count,), strict=False):
        if count:
            yield Segment(level, round(100 * at / chart.most, 2), round(100 * count / chart.most, 2))
        at += count


def brand_bars(maker: MakerCount, say: Language) -> list[dict[str, Any]]:
    """The brands of one maker as bars, the rare ones together."""
    few = maker.brands[: BRANDS_SHOWN if len(maker.brands) > BRANDS_SHOWN + 1 else None]
    bars = [{"name": wording.brand_name(maker, brand, say), "devices": brand.devices} for brand in few]
    if rest := maker.brands[len(few) :]:
        name = say.say("maker.others", n=len(rest))
        bars.append({"name": name, "devices": sum(brand.devices for brand in rest)})
    return bars
