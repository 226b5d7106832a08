"""The content of a report, once: every format prints this, so that their figures cannot differ."""

from __future__ import annotations

from reports.content.census import NAMED, BrandCount, Census, MakerCount, found, grouped, in_order
from reports.content.figures import Bar, Figures, SiteCount, figures
from reports.content.plan import BillLine, Forecast, Item, Plan, Point, Quarter, SiteProgress

__all__ = [
    "NAMED", "Bar", "BillLine", "BrandCount", "Census", "Figures", "Forecast", "Item", "MakerCount", "Plan", "Point",
    "Quarter", "SiteCount", "SiteProgress", "figures", "found", "grouped", "in_order",
]  # fmt: skip
