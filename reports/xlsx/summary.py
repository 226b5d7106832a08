"""The first sheet: the figures, what was not seen beside them, and charts with the numbers that they are made of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from openpyxl.chart import BarChart, LineChart, Reference
from openpyxl.chart.label import DataLabelList
from openpyxl.chart.layout import Layout, ManualLayout
from openpyxl.chart.shapes import GraphicalProperties
from openpyxl.worksheet.pagebreak import Break

from reports import sections, wording
from reports.content import Census, figures
from reports.language import Language
from reports.sections import Chart
from reports.template import Template
from reports.xlsx.cells import Cells
from reports.xlsx.tables import prepare_for_paper, sheet_name

TONES = {"hikvision": "A63D2F", "dahua": "24668F", "neutral": "8A929D"}
LEVELS = ("24668F", "7FB0D0", "C2A878", "D5D9DE")  # confirmed, probable, possible, none
SHORTEST = 8  # cm, of a chart
ROWS_A_CM = 1.9
WIDTHS = (58, 17, 13, 13, 13, 3)


def write_summary(book: Any, census: Census, say: Language, template: Template) -> None:
    sheet = book.create_sheet(sheet_name(say.say("report.summary")))
    for letter, width in zip("ABCDEF", WIDTHS, strict=True):
        sheet.column_dimensions[letter].width = width
    sheet.sheet_view.showGridLines = False
    sheet.freeze_panes = "A2"
    prepare_for_paper(sheet)
    Summary(sheet, census, say, template).write()


class Summary:
    """Writes the sheet from the top down, and remembers in which row it is: charts name the cells that they show."""

    def __init__(self, sheet: Any, census: Census, say: Language, template: Template) -> None:
        self._sheet, self._census, self._say, self._template = sheet, census, say, template
        self._cells, self._row, self._charts = Cells(sheet, say), 0, 0
        self._accent = template.accent.lstrip("#").upper()

    def write(self) -> None:
        say, census, made = self._say, self._census, figures(self._census)
        self.line(self.big(wording.title(census, say, self._template.title), 16))
        if self._template.subtitle:
            self.line(self.big(self._template.subtitle, 12))
        self.line(say.say("report.census"), census.made_at)
        if census.log_head:
            self.line(say.say("report.log_head"), census.log_head)
        self.line()
        self.line(self.big(wording.headline(census, say), 12))
        self.line()
        self.headings(say.say("report.figures"), say.say("headings.count"))
        for figure in sections.key_figures(made, census, say):
            self.line(figure.label, figure.count)
        self.line()
        self.headings(say.say("report.not_seen"), say.say("headings.count"))
        for site in sections.not_seen(census, say):
            self.line(self._cells.styled(f"{site.site}: {site.covered}", bold=True))
            for spot in site.spots:
                self.line(wording.shown(spot.what), spot.count or None)
            if not site.spots:
                self.line(say.say("unseen.nothing"))
        self.line()
        self.plan()
        for chart in sections.charts(made, say):
            self.chart(chart)
        self.burn_down()

    def plan(self) -> None:
        say, plan = self._say, self._census.plan
        self.headings(say.say("report.plan"))
        self.line(sections.plan_headline(self._census, say))
        if plan is None:
            self.line()
            return
        if text := sections.forecast(plan.forecast, say):
            self.line(text)
        for currency, amount in plan.totals.items():
            self.line(f"{say.say('plan.total')} {currency}", amount)
        if text := sections.not_priced(plan, say):
            self.line(text)
        self.line()
        if plan.budget:
            amounts = [f"{say.say('plan.amount')} {currency}" for currency in plan.totals]
            self.headings(say.say("plan.budget"), say.say("plan.units"), *amounts)
            for one in plan.budget:
                self.line(
                    sections.quarter(one, say), one.units, *(one.amounts.get(each) for each in plan.totals)
                )
            self.line()
        if len(plan.sites) > 1:
            counts = [say.say(f"plan.{name}") for name in ("open", "gone", "kept")]
            self.headings(say.say("plan.by_site"), *counts, say.say("plan.forecast_is"))
            for row in sections.site_progress(plan, self._census, say):
                self.line(*row)
            self.line()

    def chart(self, chart: Chart) -> None:
        """A table, and the chart of it to its right."""
        say, top = self._say, self._row + 1
        stacked = any(bar.parts for bar in chart.bars)
        levels = [say.word("confidence", level) for level in sections.LEVELS] if stacked else []
        self.headings(chart.title, *[""] * max(1, len(levels)))
        self.line(chart.of)
        self.line(None, *(levels or [say.say("headings.count")]))
        for bar in chart.bars:
            self.line(f"{bar.label} ({bar.note})" if bar.note else bar.label, *(bar.parts or (bar.count,)))
        first, last = top + 3, self._row
        drawn = BarChart()
        drawn.type, drawn.style = "bar", 10
        drawn.gapWidth = max(50, 240 // len(chart.bars))  # one bar alone is no wall
        numbers = Reference(
            self._sheet, min_col=2, max_col=1 + max(1, len(levels)), min_row=first - 1, max_row=last
        )
        drawn.add_data(numbers, titles_from_data=True)
        drawn.set_categories(Reference(self._sheet, min_col=1, min_row=first, max_row=last))
        if stacked:
            drawn.grouping, drawn.overlap = "stacked", 100
            for series, colour in zip(drawn.series, LEVELS, strict=True):
                series.graphicalProperties = GraphicalProperties(solidFill=colour)
        else:
            drawn.series[0].graphicalProperties = GraphicalProperties(solidFill=self._accent)
        drawn.legend = drawn.legend if stacked else None
        if drawn.legend is not None:
            drawn.legend.position = "b"
        drawn.x_axis.scaling.orientation = "maxMin"  # the first bar on top
        drawn.y_axis.majorGridlines, drawn.y_axis.numFmt = None, "#,##0"
        drawn.dataLabels = (
            None
            if stacked
            else DataLabelList(
                showVal=True, showSerName=False, showCatName=False, showLegendKey=False, showPercent=False
            )
        )
        self.place(drawn, chart.title, top, max(SHORTEST, 2.2 + 0.62 * len(chart.bars)))

    def burn_down(self) -> None:
        say, plan = self._say, self._census.plan
        if plan is None or len(plan.burn_down) < 2:
            return
        top = self._row + 1
        self.headings(say.say("plan.burn_down_is"))
        self.line(say.say("plan.day"), say.say("plan.open"))
        for point in plan.burn_down:
            self.line(point.day, point.open)
        drawn = LineChart()
        numbers = Reference(self._sheet, min_col=2, min_row=top + 1, max_row=self._row)
        drawn.add_data(numbers, titles_from_data=True)
        drawn.set_categories(Reference(self._sheet, min_col=1, min_row=top + 2, max_row=self._row))
        drawn.legend = None
        drawn.x_axis.number_format = say.customs["excel_day"]
        drawn.y_axis.scaling.min = 0
        drawn.series[0].graphicalProperties.line.solidFill = self._accent
        drawn.series[0].smooth = False
        self.place(drawn, say.say("plan.burn_down"), top, SHORTEST)

    def place(self, drawn: Any, title: str, top: int, height: float) -> None:
        """Put a chart beside its numbers, and go on below both; on paper two of them make a page."""
        drawn.title, drawn.width, drawn.height = title, 17, height
        drawn.title.layout = Layout(manualLayout=ManualLayout(xMode="edge", yMode="edge", x=0.02, y=0.02))
        drawn.x_axis.delete = drawn.y_axis.delete = False
        self._sheet.add_chart(drawn, f"G{top}")
        if self._charts % 2 == 0:
            self._sheet.row_breaks.append(Break(top - 1))
        self._charts += 1
        while self._row < top + height * ROWS_A_CM + 1:
            self.line()

    def headings(self, *texts: str) -> None:
        self.append([self._cells.heading(text, self._accent) for text in texts])

    def big(self, text: str, size: int) -> Any:
        return self._cells.styled(text, bold=True, size=size)

    def line(self, *values: object) -> None:
        """A row of values; cells that are styled already stay as they are."""
        self.append([value if hasattr(value, "font") else self.own(value) for value in values])

    def own(self, value: object) -> Any:
        return None if value is None else self._cells.styled(value)

    def append(self, row: Sequence[Any]) -> None:
        self._sheet.append(row)
        self._row += 1
