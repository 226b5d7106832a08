"""The burn-down as a picture: SVG that a page shows as it is and typst puts on paper.

Bars need no picture: in every format they are tables, with their numbers beside them. Colours are attributes, so that
the picture stands alone, and classes, so that a page may give it its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from html import escape

from reports.content import Forecast, Plan
from reports.language import Language

WIDTH, HEIGHT = 560, 230
LEFT, RIGHT, TOP, BOTTOM = 46, 24, 18, 34
STEPS = (1, 2, 5)


class Scale:
    """Where a day and a number are on the picture."""

    def __init__(self, first: date, last: date, most: int) -> None:
        self.first, self.days = first, max((last - first).days, 1)
        self.step = next(step for step in steps() if step * 5 >= most)
        self.top = self.step * max(1, -(-most // self.step))

    def x(self, day: date) -> float:
        return round(LEFT + (WIDTH - LEFT - RIGHT) * (day - self.first).days / self.days, 1)

    def y(self, number: float) -> float:
        return round(HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * number / self.top, 1)

    def at(self, day: date, number: float) -> str:
        return f"{self.x(day)},{self.y(number)}"


def burn_down(plan: Plan, say: Language, accent: str = "#1f5673") -> str:
    """How many devices were still to be replaced, and when the last will be, with its uncertainty; empty without a
    past to draw."""
    points, forecast = plan.burn_down, plan.forecast or Forecast()
    if len(points) < 2:
        return ""
    ends = [day for day in (points[-1].day, forecast.likely, forecast.late or forecast.likely) if day]
    limit = points[-1].day + 4 * (points[-1].day - points[0].day)  # a late end must not flatten the past
    scale = Scale(points[0].day, min(max(ends), limit), max(point.open for point in points))
    parts = [
        *grid(scale, say),
        *future(scale, plan, forecast, say, accent),
        f'<polyline class="past" points="{" ".join(scale.at(p.day, p.open) for p in points)}" fill="none" '
        f'stroke="{accent}" stroke-width="2.5" stroke-linejoin="round"/>',
        f'<circle class="now" cx="{scale.x(points[-1].day)}" cy="{scale.y(points[-1].open)}" r="4" fill="{accent}"/>',
        text(
            scale.x(points[-1].day), scale.y(points[-1].open) - 9, say.number(points[-1].open), "middle", True
        ),
    ]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="burn-down" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        f'aria-label="{escape(described(plan, say))}" font-family="Noto Sans, DejaVu Sans, Arial, sans-serif" '
        f'font-size="13">{"".join(parts)}</svg>'
    )


def described(plan: Plan, say: Language) -> str:
    """The picture in words."""
    from reports.sections import forecast

    first, last = plan.burn_down[0], plan.burn_down[-1]
    went = f"{say.day(first.day)} {say.number(first.open)}, {say.day(last.day)} {say.number(last.open)}"
    return f"{say.say('plan.burn_down_is')}: {went}. {forecast(plan.forecast, say)}".strip()


def grid(scale: Scale, say: Language) -> Iterator[str]:
    for number in range(0, scale.top + 1, scale.step):
        y = scale.y(number)
        yield f'<path class="grid" d="M{LEFT} {y}H{WIDTH - RIGHT}" stroke="#d9d6d0" stroke-width="1"/>'
        yield text(LEFT - 8, y + 4, say.number(number), "end")
    for part in range(4):
        day = scale.first + timedelta(days=scale.days * part // 3)
        anchor = "start" if part == 0 else "end" if part == 3 else "middle"
        yield text(scale.x(day), HEIGHT - 12, say.day(day), anchor)


def future(scale: Scale, plan: Plan, forecast: Forecast, say: Language, accent: str) -> Iterator[str]:
    """The likely end as a dashed line, and what is between the early and the late end as a surface."""
    now = plan.burn_down[-1]
    if forecast.likely is None or not now.open:
        return
    edge = scale.first + timedelta(days=scale.days)

    def end(day: date) -> tuple[date, float]:
        """Where the line to an end leaves the picture."""
        if day <= edge:
            return day, 0.0
        return edge, now.open * (1 - (edge - now.day) / (day - now.day))

    early = end(forecast.early or forecast.likely)
    late = end(forecast.late) if forecast.late else (edge, float(now.open))
    corner = [(edge, 0.0)] if late[1] else []
    around = " ".join(scale.at(*one) for one in ((now.day, now.open), early, *corner, late))
    yield f'<polygon class="between" points="{around}" fill="{accent}" fill-opacity="0.14"/>'
    line = f"{scale.at(now.day, now.open)} {scale.at(*end(forecast.likely))}"
    yield (
        f'<polyline class="likely" points="{line}" fill="none" '
        f'stroke="{accent}" stroke-width="2" stroke-dasharray="6 5"/>'
    )
    if forecast.likely <= edge:
        x, room = scale.x(forecast.likely), WIDTH - RIGHT - 80
        aside = (x + 6, "start") if x < room else (x - 14, "end")
        yield text(aside[0], scale.y(0) - 7, say.day(forecast.likely), aside[1], True)


def text(x: float, y: float, words: str, anchor: str, strong: bool = False) -> str:
    weight, colour = (' font-weight="bold"', "#1d2126") if strong else ("", "#5b636e")
    kind = "strong" if strong else "soft"
    return (
        f'<text class="{kind}" x="{x}" y="{round(y, 1)}" text-anchor="{anchor}" fill="{colour}"{weight}>'
        f"{escape(words)}</text>"
    )


def steps() -> Iterator[int]:
    """1, 2, 5, 10, 20, 50 and so on."""
    size = 1
    while True:
        yield from (step * size for step in STEPS)
        size *= 10
