"""The picture of one metric of an asset: its line, gaps, the alerts of that time, limits of rules, and its health."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import plotly.graph_objects as go

from dashboard.reports.chart_series import ChartSeries, LimitLine, Stretch
from dashboard.reports.charts import DATES, DEGRADED, DOWN, QUIET, TEXT, figure
from dashboard.reports.texts import ReportTexts, escaped, plotly_time

SEVERITY_INKS = {"critical": "255,90,95", "major": "242,163,60", "minor": "216,195,122"}
OTHER_INK = "111,168,220"
HEALTH_INKS = {"ok": "#34414c", "degraded": DEGRADED, "down": DOWN}
FEW = 60
"""Values below which each is marked by a point."""
WIDE = 0.06
"""The share of the time shown from which a stretch has room for its word."""
ROOM = 0.15
"""The share of the values shown that is left free above and below a station's."""
FLOOR = 0.07
"""Where the axis of values begins; the strip of health lies below it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AssetPicture:
    """What is drawn between `start` and `end` (epoch seconds)."""

    series: ChartSeries
    start: float
    end: float
    alerts: Sequence[Stretch]
    limits: Sequence[LimitLine]
    health: Sequence[Stretch]


def is_answer(metric: str) -> bool:
    """True for metrics that say whether a probe was answered: 1 or 0."""
    return metric.partition("[")[0].endswith(".up")


def asset_figure(picture: AssetPicture, texts: ReportTexts) -> go.Figure:
    """The figure. Zoom stays while the metric and the length of time stay."""
    series = picture.series
    moments = [plotly_time(texts, moment) for moment in (picture.start, picture.end)]
    values: dict[str, Any] = {"domain": [FLOOR, 1], "fixedrange": True, "rangemode": "tozero"}
    if span := _span_of(picture):
        values["range"] = span
    if is_answer(series.metric):
        words = [texts("reading.false"), texts("reading.true")]
        values |= {"range": [-0.08, 1.12], "tickvals": [0, 1], "ticktext": words}
    else:
        values["title"] = {"text": escaped(series.unit), "standoff": 6}
    return figure(
        *_traces(series, texts),
        xaxis={"type": "date", "range": moments, "anchor": "free", "position": 0, "tickformatstops": DATES},
        yaxis=values,
        hovermode="x",
        dragmode="zoom",
        shapes=_shapes(picture, texts),
        annotations=_words(picture, texts),
        uirevision=f"{series.metric} {round((picture.end - picture.start) / 3600)} {texts.language}",
        margin={"l": 8, "r": 14, "t": 8, "b": 30},
    )


def _span_of(picture: AssetPicture) -> list[float]:
    """The range of values of a station: a river at 1,772 m above the sea is not drawn from zero. Else empty."""
    limits = [limit.value for limit in picture.limits if limit.of_station]
    shown = [value for value in picture.series.value if value is not None]
    if not limits or not shown or min(*limits, *shown) <= 0:
        return []
    low, high = min(*limits, *shown), max(*limits, *shown)
    room = (high - low) * ROOM or 1.0
    return [low - room, high + room]


def _traces(series: ChartSeries, texts: ReportTexts) -> list[go.Scatter]:
    unit = f" {escaped(series.unit)}" if series.unit else ""
    hover = f"%{{x|%Y-%m-%d %H:%M:%S}}<br><b>%{{y:.5~g}}{unit}</b>"
    line = go.Scatter(
        x=[plotly_time(texts, moment) for moment in series.at],
        y=list(series.value),
        mode="lines+markers" if series.count < FEW else "lines",
        connectgaps=False,
        line={"color": TEXT, "width": 1.4, "shape": "hv" if is_answer(series.metric) else "linear"},
        marker={"size": 3.5, "color": TEXT},
        hovertemplate=f"{hover}<extra></extra>",
    )
    if not series.low:
        return [line]
    line.customdata = list(zip(series.low, series.high, strict=True))
    between = f"{escaped(texts('chart.minmax'))} %{{customdata[0]:.5~g}} – %{{customdata[1]:.5~g}}"
    line.hovertemplate = f"{hover}<br>{between}<extra></extra>"
    x, y = series.band()
    band = go.Scatter(
        x=[None if moment is None else plotly_time(texts, moment) for moment in x],
        y=y,
        mode="lines",
        fill="toself",
        line={"width": 0},
        fillcolor="rgba(143,160,176,0.28)",
        hoverinfo="skip",
    )
    return [band, line]


def _shapes(picture: AssetPicture, texts: ReportTexts) -> list[dict[str, Any]]:
    def block(start: float, end: float, **look: Any) -> dict[str, Any]:
        times = {"x0": plotly_time(texts, start), "x1": plotly_time(texts, end)}
        place = {"type": "rect", "xref": "x", "yref": "paper", "y0": FLOOR, "y1": 1, "layer": "below"}
        return place | times | {"line": {"width": 0}} | look

    gap = {"fillcolor": "rgba(58,70,80,0.38)", "line": {"width": 1, "color": "#3a4650", "dash": "dot"}}
    shapes = [block(start, end, **gap) for start, end in picture.series.gaps]
    for alert in picture.alerts:
        ink = SEVERITY_INKS.get(alert.word, OTHER_INK)
        look = {"fillcolor": f"rgba({ink},0.17)", "line": {"width": 1, "color": f"rgba({ink},0.55)"}}
        shapes.append(block(alert.start, alert.end, name="alert", **look))
    shapes += [_limit(limit) for limit in picture.limits]
    for health in picture.health:
        fill = HEALTH_INKS.get(health.word)
        strip = {"y0": 0, "y1": FLOOR / 2, "layer": "above", "fillcolor": fill or "rgba(0,0,0,0)"}
        outline = {"width": 0 if fill else 1, "color": "#56636f", "dash": "dot"}
        shapes.append(block(health.start, health.end, name="health", **strip, line=outline))
    return shapes


def _limit(limit: LimitLine) -> dict[str, Any]:
    ink = QUIET if limit.clear else DOWN if limit.severity == "critical" else DEGRADED
    look = {"color": ink, "width": 0.8 if limit.clear else 1.2, "dash": "dot" if limit.clear else "dash"}
    place = {"type": "line", "name": "limit", "xref": "paper", "x0": 0, "x1": 1, "yref": "y"}
    return place | {"y0": limit.value, "y1": limit.value, "line": look}


def _words(picture: AssetPicture, texts: ReportTexts) -> list[dict[str, Any]]:
    """The names of gaps, alerts and limits where they have room."""
    note = {"xref": "x", "yref": "paper", "showarrow": False}
    wide = (picture.end - picture.start) * WIDE
    words = [
        note | {"x": plotly_time(texts, (start + end) / 2), "y": 0.5, "text": escaped(texts("chart.nodata"))}
        for start, end in picture.series.gaps
        if end - start > wide
    ]
    for alert in picture.alerts:
        if alert.end - alert.start > wide:
            text = escaped(texts.of_set("severity", alert.word))
            place = {"x": plotly_time(texts, alert.start), "xanchor": "left", "y": 1, "yanchor": "top"}
            words.append(note | place | {"text": text})
    for limit in picture.limits:
        key = "chart.limit.clear" if limit.clear else "chart.limit"
        text = escaped(texts(key, op=limit.op, value=limit.value, rule=limit.rule))
        place = {"xref": "paper", "yref": "y", "x": 0, "xanchor": "left", "y": limit.value, "yanchor": "bottom"}
        words.append(note | place | {"text": text})
    return words
