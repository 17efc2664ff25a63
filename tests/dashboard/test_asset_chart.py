"""The picture of an asset's history without a browser: gaps, band, limits, alerts, local hours, hostile names."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import plotly.graph_objects as go

from dashboard.reports.asset_chart import AssetPicture, asset_figure
from dashboard.reports.chart_series import (
    ChartSeries,
    alert_stretches,
    chart_series,
    health_stretches,
    limit_lines,
    station_limits,
    step_seconds,
)
from dashboard.reports.texts import ReportTexts
from feeds.wire import iso

ZONE = ZoneInfo("Asia/Shanghai")
TEXTS = ReportTexts("zh-CN", ZONE)
START = datetime(2026, 11, 22, tzinfo=ZONE).timestamp()
END = START + 3600
ROUTER = {"kind": "router", "region": "532329", "labels": {"layer": "county"}}


def answer(*points: tuple[float, float | None], **more: Any) -> dict[str, Any]:
    """The series of an answer: seconds after START and values."""
    columns = {"at": [iso(START + at) for at, _ in points], "value": [value for _, value in points]}
    return {"metric": "tcp.connect_ms", "unit": "ms", "fresh_for": 60.0} | columns | more


def drawn(series: ChartSeries, **more: Any) -> go.Figure:
    parts: dict[str, Any] = {"alerts": (), "limits": (), "health": ()} | more
    return asset_figure(AssetPicture(series=series, start=START, end=END, **parts), TEXTS)


def test_what_was_not_known_is_a_gap_before_between_and_after_values() -> None:
    points = (600, 1.0), (700, None), (1200, 2.0), (1300, None)
    series = chart_series(answer(*points), START, END, "raw")
    assert [(low - START, high - START) for low, high in series.gaps] == [(0, 600), (700, 1200), (1300, 3600)]
    assert (series.first, series.count) == (START + 600, 2)


def test_a_first_value_within_the_time_that_a_value_holds_makes_no_gap() -> None:
    assert chart_series(answer((50, 1.0)), START, END, "raw").gaps == []
    assert chart_series(answer((250, 1.0)), START, END, "5m").gaps == []
    assert [step_seconds(step) for step in ("raw", "60s", "5m", "1h", "")] == [0, 60, 300, 3600, 0]


def test_the_band_is_one_closed_shape_for_each_stretch() -> None:
    points = (0, 1.0), (300, 2.0), (600, None), (900, 3.0)
    low, high = [0.5, 1.5, None, 2.5], [1.5, 2.5, None, 3.5]
    x, y = chart_series(answer(*points, min=low, max=high), START, END, "5m").band()
    assert y == [1.5, 2.5, 1.5, 0.5, None, 3.5, 2.5, None]
    assert [None if at is None else at - START for at in x] == [0, 300, 300, 0, None, 900, 900, None]


def test_a_rule_draws_a_line_only_where_it_concerns_the_asset_and_its_value() -> None:
    limit = {"metric": "tcp.connect_ms", "op": ">", "value": 2.5, "clear": 2.0, "per_second_over": None}
    rate = limit | {"per_second_over": 60}
    rules = [
        {"id": "slow", "severity": "major", "thresholds": [limit, rate], "only": {"kinds": ["router"]}},
        {"id": "cameras", "severity": "major", "thresholds": [limit], "only": {"kinds": ["camera"]}},
        {"id": "elsewhere", "severity": "major", "thresholds": [limit], "only": {"regions": ["532301"]}},
        {"id": "layer", "severity": "minor", "thresholds": [limit], "only": {"labels": {"layer": "town"}}},
        {"id": "prefecture", "severity": "critical", "thresholds": [limit], "only": {"regions": ["532300"]}},
    ]
    lines = [(line.rule, line.op, line.value, line.clear) for line in limit_lines(rules, "tcp.connect_ms", ROUTER)]
    slow = [("slow", ">", 2.5, False), ("slow", "<", 2.0, True)]
    assert lines == [*slow, ("prefecture", ">", 2.5, False), ("prefecture", "<", 2.0, True)]
    assert limit_lines(rules, "icmp.rtt_ms", ROUTER) == []


def test_the_limits_that_came_with_a_stations_values_are_drawn_by_name() -> None:
    readings = {
        "river.stage": {"value": 1771.2},
        "river.stage_warning": {"value": 1772.5},
        "river.stage_guarantee": {"value": 1774.0},
        "river.flow_warning": {"value": None},
    }
    limits = station_limits(readings, "river.stage", {"warning": "警戒", "guarantee": "保证"})
    assert [(line.value, line.rule, line.severity) for line in limits] == [
        (1772.5, "警戒", "major"),
        (1774.0, "保证", "critical"),
    ]
    assert station_limits(readings, "river.flow", {"warning": "警戒", "guarantee": "保证"}) == []
    figure = drawn(chart_series(answer((0, 1771.2), unit="m"), START, END, "raw"), limits=limits)
    assert any("警戒" in annotation.text for annotation in figure.layout.annotations)
    low, high = figure.layout.yaxis.range
    assert 1770.5 < low < 1771.2
    assert 1774.0 < high < 1774.7


def test_only_a_station_is_drawn_without_zero() -> None:
    rule = limit_lines(
        [{"id": "slow", "severity": "major", "thresholds": [{"metric": "m", "op": ">", "value": 9}], "only": {}}],
        "m",
        ROUTER,
    )
    assert drawn(chart_series(answer((0, 8.0)), START, END, "raw"), limits=rule).layout.yaxis.range is None


def test_alerts_and_health_are_cut_to_the_time_shown() -> None:
    alerts = [
        {"active": True, "cleared_at": None, "raised_at": iso(START - 60), "severity": "critical"},
        {"active": False, "cleared_at": iso(START + 600), "raised_at": iso(START + 300), "severity": "minor"},
        {"active": False, "cleared_at": iso(START - 10), "raised_at": iso(START - 60), "severity": "minor"},
    ]
    stretches = alert_stretches(alerts, START, END)
    assert [(each.start - START, each.end - START, each.word) for each in stretches] == [
        (0, 3600, "critical"),
        (300, 600, "minor"),
    ]
    spans = [{"from": iso(START - 60), "to": iso(START + 60), "health": "down"}]
    assert [each.end - START for each in health_stretches(spans, START, END)] == [60]


def test_the_axis_shows_the_sites_own_hours() -> None:
    line = drawn(chart_series(answer((0, 1.0)), START, END, "raw")).data[-1]
    assert list(line.x) == ["2026-11-22 00:00:00"]


def test_hostile_names_stay_text() -> None:
    hostile = "<img src=x onerror=1>%{x}"
    limits = limit_lines(
        [{"id": hostile, "severity": "major", "thresholds": [{"metric": "m", "op": ">", "value": 1}], "only": {}}],
        "m",
        ROUTER,
    )
    figure = drawn(chart_series(answer((0, 1.0), unit=hostile), START, END, "raw"), limits=limits)
    written = figure.to_json()
    assert "<img" not in written
    assert "%{x}" not in written.replace("%{x|", "")
