"""The history of one asset, on its page: a metric over an hour, a day, a week or a quarter."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from dashboard.reports.asset_chart import AssetPicture, asset_figure
from dashboard.reports.chart_series import (
    alert_stretches,
    chart_series,
    health_stretches,
    limit_lines,
    seconds,
    station_limits,
)
from dashboard.reports.parts import Control, ControlOption, Part, ReportChart, ReportNote, ReportPage, ReportQuery
from dashboard.reports.reading import ReadRefused, Record
from feeds import clock
from feeds.wire import iso

RANGES = {"1h": 3_600, "24h": 86_400, "7d": 7 * 86_400, "90d": 90 * 86_400}
USUAL = "24h"
YOUNG = 3_600
"""A record of the last day that is younger than this is shown from its first value."""
ALERTS = 200
REFRESH = 30
CHART_REM = 19.0
OWN_PAGES = frozenset(("camera", "nvr", "platform"))
"""Kinds of asset whose page has no chart."""
LIMIT = "_warning"
"""The ending of the metric that is the limit of another one."""
_TIME = re.compile(r"(_|\.)ms(\[|$)")


async def build(query: ReportQuery) -> Sequence[Part]:
    """The chart of the chosen metric, or why there is none. Nothing for an asset that has a page of its own."""
    asset = await _asset(query)
    if asset is None or asset["kind"] in OWN_PAGES:
        return []
    metrics = await _metrics(query, asset)
    metric = query["metric"] if query["metric"] in metrics else _usual(metrics)
    answer = await _history(query, metric) if metric else None
    if answer is None:
        return [ReportNote(text=query.texts("chart.none"))]
    length = query["range"] if query["range"] in RANGES else USUAL
    start, end = seconds(answer["from"]), seconds(answer["to"])
    series = chart_series(answer["series"][0], start, end, answer["step"])
    if series.first is None:
        return [ReportNote(text=query.texts("chart.empty", range=query.texts(f"chart.{length}")))]
    begun = series.first
    shown_from = begun if length == USUAL and end - begun < YOUNG else start
    uptime = await _optional(query, "availability", **_interval(start, end)) or {}
    rules = (await _optional_at(query, "/api/v1/rules") or {}).get("items", ())
    words = {limit: query.texts(f"chart.limit.{limit}") for limit in ("warning", "guarantee")}
    picture = AssetPicture(
        series=chart_series(answer["series"][0], shown_from, end, answer["step"]),
        start=shown_from,
        end=end,
        alerts=alert_stretches(await _alerts(query), shown_from, end),
        limits=[*limit_lines(rules, metric, asset), *station_limits(asset.get("readings") or {}, metric, words)],
        health=health_stretches(uptime.get("spans", ()), shown_from, end),
    )
    name = _name(query, metric)
    note = _note(query, picture, answer["step"], uptime, begun if begun - start > (end - start) / 20 else None)
    drawn = asset_figure(picture, query.texts)
    label = query.texts("chart.joint").join((name, note))
    return [ReportChart(name="asset", title=name, figure=drawn, height=CHART_REM, note=note, label=label)]


def _path(query: ReportQuery, *parts: str) -> str:
    return "/".join((f"/api/v1/assets/{quote(query['asset'], safe='')}", *parts))


def _interval(start: float, end: float) -> dict[str, Any]:
    return {"from": iso(start) or "", "to": iso(end) or ""}


async def _optional_at(query: ReportQuery, path: str, **parameters: Any) -> Record | None:
    """The answer, or None when the person may not have it or it is not to be had now."""
    try:
        return await query.get(path, **parameters)
    except ReadRefused:
        return None


async def _optional(query: ReportQuery, part: str, **parameters: Any) -> Record | None:
    return await _optional_at(query, _path(query, part), **parameters)


async def _asset(query: ReportQuery) -> Record | None:
    return await _optional_at(query, _path(query)) if query["asset"] else None


async def _metrics(query: ReportQuery, asset: Mapping[str, Any]) -> list[str]:
    """What is recorded and every number among the present readings; answers of probes stand last."""
    recorded = await _optional(query, "metrics") or {"items": []}
    readings = asset.get("readings") or {}
    numbers = [name for name, reading in readings.items() if isinstance(reading.get("value"), (int, float))]
    names = {*(item["metric"] for item in recorded["items"]), *numbers}
    return sorted(names, key=lambda name: (".up" in name, name))


def _usual(metrics: Sequence[str]) -> str:
    """The metric that is shown before one is chosen: one with a limit, the first time measured, else the first."""
    limited = (name for name in metrics if name + LIMIT in metrics)
    timed = (name for name in metrics if _TIME.search(name))
    return next(limited, None) or next(timed, None) or next(iter(metrics), "")


async def _history(query: ReportQuery, metric: str) -> Record | None:
    """The answer; None where nothing is recorded. Raises ReadRefused when it is not to be had."""
    end = clock.now()
    length = RANGES.get(query["range"], RANGES[USUAL])
    try:
        return await query.get(_path(query, "history"), metric=metric, **_interval(end - length, end))
    except ReadRefused as refused:
        if refused.status == 404:
            return None
        raise


async def _alerts(query: ReportQuery) -> list[Record]:
    """Open and closed alerts on the asset. Without them the chart still stands."""
    alerts: dict[str, Record] = {}
    for open_only in ("true", "false"):
        answer = await _optional_at(query, "/api/v1/alerts", asset=query["asset"], open=open_only, limit=ALERTS)
        alerts |= {alert["id"]: alert for alert in (answer or {}).get("items", ())}
    return [alert for alert in alerts.values() if alert["asset"] == query["asset"]]


def _name(query: ReportQuery, metric: str) -> str:
    """The name of a metric; what stands in brackets (an interface, a unit) stays."""
    bare, bracket, part = metric.partition("[")
    name = query.texts.of_set("metric", bare)
    return f"{name} {bracket}{part}" if bracket else name


def _note(query: ReportQuery, picture: AssetPicture, step: str, uptime: Mapping[str, Any], begun: float | None) -> str:
    """Until when, from how many values, what is missing, and the availability of the time shown."""
    texts, series = query.texts, picture.series
    notes = [
        texts("chart.until", at=texts.stamp(picture.end)),
        texts("chart.raw", n=series.count) if step == "raw" else texts("chart.step", step=step),
    ]
    if begun is not None:
        notes.append(texts("chart.since", at=texts.stamp(begun)))
    if series.gaps:
        notes.append(texts("chart.gaps", n=len(series.gaps)))
    if picture.alerts:
        notes.append(texts("chart.spans", n=len(picture.alerts)))
    if uptime.get("up") is not None and picture.health:
        shares = {name: texts.percent(uptime[name]) for name in ("up", "known")}
        notes.append(texts("chart.uptime", **shares))
    return texts("chart.joint").join(notes)


async def _metric_options(query: ReportQuery, _search: str) -> Sequence[ControlOption]:
    asset = await _asset(query)
    metrics = await _metrics(query, asset) if asset else []
    return [ControlOption(value=metric, label=_name(query, metric)) for metric in metrics]


async def _range_options(query: ReportQuery, _search: str) -> Sequence[ControlOption]:
    return [ControlOption(value=name, label=query.texts(f"chart.{name}")) for name in RANGES]


REPORT = ReportPage(
    name="asset",
    controls=(
        Control(name="metric", options=_metric_options, clearable=True),
        Control(name="range", options=_range_options, default=lambda _zone: USUAL, chips=True),
    ),
    build=build,
    refresh=REFRESH,
)
"""The chart on the page of an asset; the id of the asset is a fixed value of its query."""
