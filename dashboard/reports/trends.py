"""Trends and rankings for leaders: a month beside the month before (环比) and the year before (同比), thirteen months.

What is not known stands as a dash, and what is known in part is hatched.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import plotly.graph_objects as go
from dash import html
from dash.development.base_component import Component

from dashboard.reports import months
from dashboard.reports.charts import NORMAL, QUIET, SELECTION, TEXT, figure
from dashboard.reports.months import MONTH, before, interval
from dashboard.reports.parts import Control, ControlOption, Part, ReportChart, ReportNote, ReportPage, ReportQuery
from dashboard.reports.reading import ReadRefused, Record
from dashboard.reports.rendering import attributes
from dashboard.reports.texts import NONE, ReportTexts
from dashboard.reports.trend_values import (
    SHOWN,
    LineBase,
    TrendLine,
    approval_lines,
    availability_line,
    emergency_lines,
    ranked,
)
from feeds import clock
from feeds.comparison import COMPLETE, FEWEST, PeriodChange

DEFAULT = "in_time"
ROWS = {
    "approvals": ("accepted", "done", "in_time"),
    "emergency": ("incidents", "first_report", "lateness", "handling", "signing"),
    "network": ("availability",),
}
KEYS = tuple(key for keys in ROWS.values() for key in keys)
KIND = "permit"


async def build(query: ReportQuery) -> Sequence[Part]:
    """The figures of the month with their comparisons, the trend of the chosen one, and the rankings."""
    texts = query.texts
    start, _ = interval(query["month"], texts.zone)
    month = f"{start:%Y-%m}"
    lines, departments, units, refused = await _read(query, month, start)
    chosen = next((line for line in lines if line.key == query["figure"]), None)
    chosen = chosen or next((line for line in lines if line.key == DEFAULT), lines[0] if lines else None)
    parts: list[Part] = [_figures(lines, month, texts)]
    parts += [ReportNote(text=texts("trends.refused", names="、".join(refused)))] if refused else []
    parts += [_chart(chosen, month, texts)] if chosen is not None else []
    parts += [_departments(departments, texts)] if departments is not None else []
    parts += [_units(units, texts)] if units is not None else []
    return [*parts, ReportNote(text=texts("trends.note"))]


async def _read(
    query: ReportQuery, month: str, start: datetime
) -> tuple[list[TrendLine], Sequence[Record] | None, Sequence[Record] | None, list[str]]:
    """All lines, the departments and the units; what the person may not see or the site does not have is named."""
    lines: list[TrendLine] = []
    departments: Sequence[Record] | None = None
    units: Sequence[Record] | None = None
    refused: list[str] = []
    try:
        summary = await query.get("/api/v1/approvals/summary", month=month, kind=KIND)
        first = {"from": f"{before(month, 2 * SHOWN - 2)}-01", "to": f"{month}-28"}
        older = {"from": first["from"], "to": f"{before(month, SHOWN)}-28"}
        newer = {"from": f"{before(month, SHOWN - 1)}-01", "to": f"{month}-28"}
        by_month = [
            row
            for span in (older, newer)
            for row in (await query.get("/api/v1/approvals/figures", by="month", kind=KIND, **span))["items"]
        ]
        lines += approval_lines(summary, by_month, month)
        named = await query.get("/api/v1/approvals/figures", month=month, kind=KIND, by="department")
        departments = named["items"]
    except ReadRefused:
        refused.append(query.texts("trends.feed.approvals"))
    try:
        answer = await query.get("/api/v1/leader/trends", month=month)
        lines += emergency_lines(answer)
        units = answer["units"]
    except ReadRefused:
        refused.append(query.texts("trends.feed.emergency"))
    try:
        begin = datetime.fromisoformat(f"{before(month, SHOWN - 1)}-01").replace(tzinfo=query.texts.zone)
        span = {"from": begin.isoformat()} | {
            name: value for name, value in months.query_of(*interval(month, query.texts.zone)).items() if name == "to"
        }
        answer = await query.get("/api/v1/availability", by="month", **span)
        lines.append(availability_line(answer["items"], month, _elapsed(month, query.texts)))
    except ReadRefused:
        refused.append(query.texts("trends.feed.network"))
    return lines, departments, units, refused


def _elapsed(month: str, texts: ReportTexts) -> dict[str, float]:
    """The seconds that have passed of each month shown."""
    names = [before(month, back) for back in range(SHOWN)]
    spans = {name: interval(name, texts.zone) for name in names}
    return {name: min(end.timestamp(), clock.now()) - start.timestamp() for name, (start, end) in spans.items()}


# -- the figures with their comparisons ----------------------------------------------


def _figures(lines: Sequence[TrendLine], month: str, texts: ReportTexts) -> Component:
    return html.Div([_card(line, texts) for line in lines], className="trend-cards", **attributes("data-month", month))


def _card(line: TrendLine, texts: ReportTexts) -> Component:
    hatched = "is-hatched" if line.coverage < COMPLETE else ""
    sample = texts("trends.n", n=line.n) if line.form != "count" and line.value is not None else ""
    content: list[Any] = [
        html.H2(texts(f"trends.{line.key}")),
        html.P(
            [html.Strong(value_text(line.value, line.form, texts), className=hatched), html.Small(sample)],
            className="trend-value",
        ),
        _comparison("previous", line.previous, line, texts),
        _comparison("year", line.year_before, line, texts),
    ]
    if _differs(line):
        content.append(html.P(texts("trends.perday", change=_signed(line.per_workday, texts)), className="trend-warn"))
    definition = texts.pick(line.definition) or texts(f"trends.{line.key}.definition")
    content.append(html.P(definition, className="trend-definition"))
    return html.Section(content, className="trend-card", **attributes("data-figure", line.key))


def _differs(line: TrendLine) -> bool:
    """True when the count and the count per working day went different ways."""
    change = line.previous.change
    return line.per_workday is not None and change.unit == "ratio" and (change.change or 0) * line.per_workday < 0


def _comparison(name: str, base: LineBase, line: TrendLine, texts: ReportTexts) -> Component:
    words = change_text(base.change, line.value, base.value, line.form, texts)
    than = value_text(base.value, line.form, texts)
    partly = " is-hatched" if base.change.verdict == "incomplete" else ""
    return html.P(
        [html.Span(texts(f"trends.{name}")), html.B(words), html.Small(f"{than} · {base.days}")],
        className=f"trend-change{partly}",
        **attributes("data-base", name),
    )


def value_text(value: float | None, form: str, texts: ReportTexts) -> str:
    """A value as its form is written; a dash where it is not known."""
    if value is None:
        return NONE
    if form == "share":
        return texts.percent(value)
    return texts.duration(value) if form == "duration" else texts.number(value, 0)


def change_text(change: PeriodChange, now: float | None, then: float | None, form: str, texts: ReportTexts) -> str:
    """+4.9%, +1.4 pp, "7 比 5", or why there is none."""
    if change.unit == "ratio":
        return _signed(change.change, texts)
    if change.unit == "points":
        return texts("trends.points", n=f"{(change.change or 0) * 100:+.1f}")
    if change.verdict == "zero":
        return texts("trends.zero", now=value_text(now, form, texts))
    if change.unit == "count":
        return texts("trends.counts", now=value_text(now, form, texts), then=value_text(then, form, texts))
    return texts(f"trends.verdict.{change.verdict or 'none'}")


def _signed(change: float | None, texts: ReportTexts) -> str:
    return NONE if change is None else f"{change * 100:+.1f}%"


# -- the trend -----------------------------------------------------------------------


def _chart(line: TrendLine, month: str, texts: ReportTexts) -> ReportChart:
    """Thirteen months as bars, hatched where not enough is known, with the year before as a tick."""
    shown, earlier = line.points[-SHOWN:], {point.month: point for point in line.points}
    scale = {"share": 100.0, "duration": 1 / 60}.get(line.form, 1.0)
    ticks = [earlier.get(before(point.month, 12)) for point in shown]
    names = [point.month for point in shown]
    bars = go.Bar(
        x=names,
        y=[None if point.value is None else point.value * scale for point in shown],
        marker={
            "color": [SELECTION if point.month == month else NORMAL for point in shown],
            "pattern": {"shape": ["" if point.whole else "/" for point in shown], "fgcolor": QUIET},
        },
        text=[value_text(point.value, line.form, texts).removesuffix("%") for point in shown],
        textangle=0,
        textposition="outside",
        cliponaxis=False,
        name=texts("trends.this"),
    )
    year_before = go.Scatter(
        x=names,
        y=[None if tick is None or tick.value is None else tick.value * scale for tick in ticks],
        mode="markers",
        marker={"symbol": "line-ew-open", "size": 16, "color": TEXT, "line": {"width": 2}},
        name=texts("trends.yearbefore"),
    )
    unit = texts(f"trends.unit.{line.form}")
    title = texts("trends.months", name=texts(f"trends.{line.key}"), unit=unit)
    drawn = figure(
        bars,
        year_before,
        showlegend=True,
        xaxis={"type": "category", "categoryorder": "array", "categoryarray": names, "tickangle": -45},
        yaxis={"rangemode": "tozero"},
        uniformtext={"mode": "hide", "minsize": 10},
    )
    unknown = [point.month for point in shown if point.value is None]
    note = texts("trends.unknown", months="、".join(unknown)) if unknown else ""
    return ReportChart(name="trend", title=title, figure=drawn, height=20, note=note)


# -- rankings ------------------------------------------------------------------------


def _departments(rows: Sequence[Record], texts: ReportTexts) -> Component:
    head = [texts(f"trends.column.{name}") for name in ("rank", "unit", "share", "of")]
    body = [
        (
            str(rank) if rank is not None else texts("trends.few"),
            html.A(row["name"] or row["key"], href=f"/approvals/departments/{row['key']}"),
            texts.percent(row["in_time_share"]),
            f"{row['in_time']} / {row['due']}",
        )
        for rank, row in ranked(rows, FEWEST)
    ]
    return _ranking("departments", texts("trends.departments"), head, body, texts)


def _units(rows: Sequence[Record], texts: ReportTexts) -> Component:
    head = [texts(f"trends.column.{name}") for name in ("rank", "unit", "median", "n")]
    body = [
        (
            str(row["rank"]) if row["rank"] is not None else texts("trends.few"),
            texts.pick(row["name"]) or row["unit"],
            texts.duration(row["median"]),
            str(row["n"]),
        )
        for row in rows
    ]
    return _ranking("units", texts("trends.units"), head, body, texts)


def _ranking(
    name: str, title: str, head: Sequence[str], body: Sequence[Sequence[Any]], texts: ReportTexts
) -> Component:
    table = html.Table(
        [
            html.Thead(html.Tr([html.Th(text) for text in head])),
            html.Tbody([html.Tr([html.Td(cell) for cell in row]) for row in body]),
        ],
        className="trend-ranking",
    )
    content = table if body else html.P(texts("trends.nobody"), className="quiet")
    return html.Section([html.H2(title), content], className="report-part", **attributes("data-ranking", name))


async def _options(query: ReportQuery, _search: str) -> Sequence[ControlOption]:
    return [ControlOption(value=key, label=query.texts(f"trends.{key}")) for key in KEYS]


REPORT = ReportPage(
    name="trends",
    path="/leader/trends",
    controls=[MONTH, Control(name="figure", options=_options, default=lambda _zone: DEFAULT)],
    build=build,
)
