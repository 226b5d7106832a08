"""The census as one HTML page that works from a memory stick: no requests, no frameworks, nothing to install.

The page is complete without scripts; its script only sorts and filters. Its content security policy names style and
script by their hashes, so that even markup that slipped through escaping could neither run nor load anything.
"""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from importlib.metadata import version
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from reports import unseen, wording
from reports.content import NAMED, Census, MakerCount, grouped

if TYPE_CHECKING:
    from jinja2 import Environment

TEMPLATES = files("reports") / "templates"
CATEGORIES = {
    "nvr": "NVR",
    "dvr": "DVR",
    "access-control": "access control",
}  # the others read as they are spelt
BRANDS_SHOWN = 8  # bars per maker; the rest is one bar


def render(census: Census) -> str:
    """The whole page. The same census gives the same bytes, so that a page can be signed."""
    style, script = template_text("page.css"), template_text("page.js")
    return (
        environment()
        .get_template("page.html")
        .render(
            census=census,
            looks=census.looks,
            style=style,
            script=script,
            policy=content_security_policy(style, script),
            version=version("camcensus"),
        )
    )


def content_security_policy(style: str, script: str) -> str:
    return (
        f"default-src 'none'; style-src '{digest(style)}'; script-src '{digest(script)}'; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )


def digest(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def template_text(name: str) -> str:
    return (TEMPLATES / name).read_text("utf-8")


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
    made.globals.update(named=NAMED, words=wording, unseen=unseen, brand_bars=brand_bars, grouped=grouped)
    made.filters.update(
        shown=wording.shown,
        ours=Markup,  # for the page's own style and script, and nothing else
    )
    return made


def brand_bars(maker: MakerCount) -> list[dict[str, Any]]:
    """The brands of one maker as bars, the rare ones together."""
    few = maker.brands[: BRANDS_SHOWN if len(maker.brands) > BRANDS_SHOWN + 1 else None]
    bars = [{"name": wording.brand_name(maker, brand), "devices": brand.devices} for brand in few]
    if rest := maker.brands[len(few) :]:
        bars.append({"name": f"{len(rest)} other brands", "devices": sum(brand.devices for brand in rest)})
    return bars
