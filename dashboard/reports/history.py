"""One metric of several assets over time, and against the period before (环比)."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

import plotly.graph_objects as go

from dashboard.reports.charts import DATES, SERIES, figure
from dashboard.reports.comparison import PeriodSummary, change, summary
from dashboard.reports.parts import (
    Control,
    ControlOption,
    GridColumn,
    GridTable,
    Part,
    ReportChart,
    ReportNote,
    ReportPage,
    ReportQuery,
)
from dashboard.reports.reading import ReadRefused, Record
from dashboard.reports.texts import ReportTexts, escaped, plotly_time
from feeds import clock
from feeds.wire import iso

DAY = 86_400
RANGES = {"1d": DAY, "7d": 7 * DAY, "30d": 30 * DAY, "90d": 90 * DAY}
MOST = len(SERIES)
"""Assets in one picture."""
OFFERED = 50
COMPARED = "before"


async def build(query: ReportQuery) -> Sequence[Part]:
    """The chart of the chosen assets and their figures."""
    texts, assets = query.texts, query.chosen("assets")[:MOST]
    if not assets:
        return [ReportNote(text=texts("history.choose"))]
    offered = await _metrics(query, assets)
    metric = query["metric"] if query["metric"] in offered else next(iter(offered), "")
    if not metric:
        return [ReportNote(text=texts("history.nothing"))]
    length = RANGES.get(query["range"], DAY)
    end = clock.now()
    compared = query["compare"] == COMPARED
    lines = []
    for index, asset in enumerate(assets):
        name = str((await query.get(_path(asset)))["name"])
        now = await _series(query, asset, metric, end - length, end)
        then = await _series(query, asset, metric, end - 2 * length, end - length) if compared else None
        lines.append(_Line(asset, name, SERIES[index], now, then))
    drawn = _chart(lines, metric, (end - length, end), offered[metric], texts)
    return [drawn, _table(lines, metric, (end - length, end), texts)]


class _Line:
    """One asset in the picture: its series now and in the period before, None when it has none."""

    def __init__(self, asset: str, name: str, ink: str, now: Record | None, then: Record | None) -> None:
        self.asset, self.name, self.ink, self.now, self.then = asset, name, ink, now, then


def _path(asset: str, *parts: str) -> str:
    return "/".join((f"/api/v1/assets/{quote(asset, safe='')}", *parts))


async def _metrics(query: ReportQuery, assets: Sequence[str]) -> dict[str, str]:
    """The metrics that any of the assets has, with their units; those that most have stand first."""
    counts: dict[str, int] = {}
    units: dict[str, str] = {}
    for asset in assets:
        for item in (await query.get(_path(asset, "metrics")))["items"]:
            counts[item["metric"]] = counts.get(item["metric"], 0) + 1
            units[item["metric"]] = item.get("unit", "")
    return {metric: units[metric] for metric in sorted(counts, key=lambda metric: (-counts[metric], metric))}


async def _series(query: ReportQuery, asset: str, metric: str, start: float, end: float) -> Record | None:
    try:
        answer = await query.get(
            _path(asset, "history"), metric=metric, **{"from": iso(start) or "", "to": iso(end) or ""}
        )
    except ReadRefused as refused:
        if refused.status == 404:  # this asset has no such metric
            return None
        raise
    series: Record = answer["series"][0]
    return series


def _chart(
    lines: Sequence[_Line], metric: str, interval: tuple[float, float], unit: str, texts: ReportTexts
) -> ReportChart:
    start, end = interval
    traces = []
    for line in lines:
        if line.then is not None:
            then = _trace(line, line.then, end - start, texts)
            dotted = {"color": line.ink, "width": 1, "dash": "dot"}
            traces.append(then.update(line=dotted, name=texts("history.before", name=escaped(line.name)), opacity=0.65))
        if line.now is not None:
            traces.append(_trace(line, line.now, 0.0, texts))
    shape = {"range": [-0.08, 1.12], "tickvals": [0, 1]} if ".up" in metric else {"rangemode": "tozero"}
    drawn = figure(
        *traces,
        showlegend=True,
        hovermode="x unified",
        xaxis={
            "type": "date",
            "range": [plotly_time(texts, start), plotly_time(texts, end)],
            "tickformatstops": DATES,
            "hoverformat": "%Y-%m-%d %H:%M",
        },
        yaxis={"title": {"text": escaped(unit)}, **shape},
    )
    name = texts("history.title", metric=metric)
    return ReportChart(name="history", title=name, figure=drawn, height=24, note=texts("history.note"), label=name)


def _trace(line: _Line, series: Mapping[str, Any], shift: float, texts: ReportTexts) -> go.Scatter:
    """A line that breaks where nothing was known; `shift` moves the earlier period under the present one (seconds)."""
    times = [plotly_time(texts, texts.local(moment).timestamp() + shift) for moment in series["at"]]
    return go.Scatter(
        x=times,
        y=series["value"],
        mode="lines",
        connectgaps=False,
        name=escaped(line.name),
        line={"color": line.ink, "width": 1.6, "shape": "hv" if ".up" in str(series["metric"]) else "linear"},
        hovertemplate="%{y:.5~g}",
    )


def _table(lines: Sequence[_Line], metric: str, interval: tuple[float, float], texts: ReportTexts) -> GridTable:
    start, end = interval
    length = end - start
    compared = any(line.then is not None for line in lines)
    rows = []
    for line in lines:
        now = summary(line.now, start, end) if line.now else None
        then = summary(line.then, start - length, start) if line.then else None
        rows.append(_row(line, now, then, texts))
    columns = [
        GridColumn(field="name", title=texts("avail.column.asset"), link="link", width=190),
        *(
            GridColumn(field=name, title=texts(f"history.column.{name}"), kind="number", digits=3)
            for name in ("mean", "least", "most")
        ),
        GridColumn(field="known", title=texts("avail.head.coverage"), kind="share", digits=1),
        GridColumn(field="count", title=texts("history.column.count"), kind="number", digits=0),
    ]
    if compared:
        columns += [
            GridColumn(field="then", title=texts("history.column.then"), kind="number", digits=3),
            GridColumn(field="change", title=texts("history.column.change"), kind="share", digits=1),
            GridColumn(field="verdict", title=texts("history.column.verdict"), width=170),
        ]
    return GridTable(name="history", title=metric, columns=columns, rows=rows, row_id="asset")


def _row(line: _Line, now: PeriodSummary | None, then: PeriodSummary | None, texts: ReportTexts) -> Record:
    row: Record = {"asset": line.asset, "name": line.name, "link": f"/assets/{quote(line.asset, safe='')}"}
    if now is not None:
        row |= {"mean": now.mean, "least": now.least, "most": now.most, "known": now.known_share, "count": now.count}
    if now is not None and then is not None:
        share, verdict = change(now, then)
        words = texts(f"history.verdict.{verdict}") if verdict else ""
        row |= {"then": then.mean, "change": share, "verdict": words}
    return row


async def _asset_options(query: ReportQuery, search: str) -> Sequence[ControlOption]:
    parameters = {"q": search} if search else {}
    listed = {item["id"]: item for item in (await query.get("/api/v1/assets", limit=OFFERED, **parameters))["items"]}
    for asset in query.chosen("assets")[:MOST]:
        if asset not in listed:
            with contextlib.suppress(ReadRefused):  # it has left the inventory, or another may see it
                listed[asset] = await query.get(_path(asset))
    return [
        ControlOption(value=id, label=query.texts("history.asset", name=item["name"], id=id))
        for id, item in listed.items()
    ]


async def _metric_options(query: ReportQuery, _search: str) -> Sequence[ControlOption]:
    metrics = await _metrics(query, query.chosen("assets")[:MOST])
    return [ControlOption(value=metric, label=metric) for metric in metrics]


async def _range_options(query: ReportQuery, _search: str) -> Sequence[ControlOption]:
    return [ControlOption(value=name, label=query.texts(f"history.range.{name}")) for name in RANGES]


async def _compare_options(query: ReportQuery, _search: str) -> Sequence[ControlOption]:
    return [ControlOption(value=name, label=query.texts(f"history.compare.{name}")) for name in ("none", COMPARED)]


REPORT = ReportPage(
    name="history",
    controls=(
        Control(name="assets", options=_asset_options, several=True, search=True, clearable=True),
        Control(name="metric", options=_metric_options, clearable=True),
        Control(name="range", options=_range_options, default=lambda _zone: "1d"),
        Control(name="compare", options=_compare_options, default=lambda _zone: "none"),
    ),
    build=build,
)
