"""The parts of a report as Dash components."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from dash import dcc, html
from dash.development.base_component import Component

from dashboard.reports.charts import CONFIG
from dashboard.reports.grid import grid
from dashboard.reports.parts import GridTable, KeyFigure, KeyFigures, Part, ReportChart, ReportNote
from dashboard.reports.texts import ReportTexts

SHAPES = {"down": "◆", "degraded": "▲"}
FORMATS = ("csv", "xlsx")


def attributes(name: str, value: str) -> dict[str, Any]:
    """An attribute whose name is no word of Python, such as data-table, for a component."""
    return {name: value}


def rendered(parts: Sequence[Part], texts: ReportTexts) -> list[Component]:
    """The components of a report, in the order of its parts."""
    return [_rendered(part, texts) for part in parts]


def _rendered(part: Part, texts: ReportTexts) -> Component:
    match part:
        case KeyFigures():
            return html.Div([_key_figure(figure) for figure in part.figures], className="kpis")
        case ReportChart():
            return _chart(part)
        case GridTable():
            return _table(part, texts)
        case ReportNote():
            return html.P(part.text, className="report-remark")
    return part


def _key_figure(figure: KeyFigure) -> Component:
    shape: list[Any] = []
    if figure.out:
        shape = [html.Span(SHAPES[figure.out], className=f"is-{figure.out}", **attributes("aria-hidden", "true")), " "]
    state = f" is-out is-{figure.out}" if figure.out else ""
    content = [
        html.Span(figure.name, className="kpi-name"),
        html.Strong([*shape, figure.value]),
        html.Small(figure.note),
    ]
    return html.Div(content, className=f"kpi{state}", **attributes("data-kpi", figure.key or figure.name))


def _chart(part: ReportChart) -> Component:
    graph = dcc.Graph(
        id={"report": "chart", "name": part.name},
        figure=part.figure,
        config=cast(Any, CONFIG),
        style={"height": f"{part.height}rem", "width": "100%"},
    )
    picture = html.Div(
        graph, role="img", className="report-picture", **attributes("aria-label", part.label or part.title)
    )
    head = [html.H2(part.title), html.P(part.note, className="quiet")]
    return html.Section([*head, picture], className="report-part", **attributes("data-chart", part.name))


def _table(part: GridTable, texts: ReportTexts) -> Component:
    exports = [
        html.Button(
            name.upper(),
            id={"report": "export", "table": part.name, "format": name},
            className="chip",
            title=texts("report.export", format=name.upper()),
            type="button",
        )
        for name in FORMATS
    ]
    head = html.Header(
        [html.H2(part.title), html.Span(part.note, className="quiet"), html.Span(exports, className="head-actions")],
        className="report-head",
    )
    hidden = [
        dcc.Store(id={"report": "order", "table": part.name}),
        dcc.Download(id={"report": "download", "table": part.name}),
    ]
    return html.Section(
        [head, grid(part, texts), *hidden], className="report-part", **attributes("data-table", part.name)
    )
