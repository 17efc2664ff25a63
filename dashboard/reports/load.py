"""The load that alerts put on people (ISA-18.2, EEMUA 191): rates, floods, shifts, priorities, the most frequent."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from urllib.parse import quote

import plotly.graph_objects as go

from dashboard.reports.charts import DEGRADED, NORMAL, QUIET, TEXT, UNKNOWN, figure
from dashboard.reports.parts import (
    GridColumn,
    GridTable,
    KeyFigure,
    KeyFigures,
    Out,
    Part,
    ReportChart,
    ReportNote,
    ReportPage,
    ReportQuery,
)
from dashboard.reports.reading import ReadRefused, Record
from dashboard.reports.texts import ReportTexts, escaped, plotly_time

SEVERITIES = ("critical", "major", "minor", "warning", "info")
Outs = Mapping[str, Out]
"""How far each figure is out of its target, as the server says."""


async def build(query: ReportQuery) -> Sequence[Part]:
    """Figures of the last 24 hours."""
    kpi = await query.get("/api/v1/kpi")
    load, texts = kpi["load"], query.texts
    items = [*load["frequent"]["items"], *load["stale"]["items"], *load["chattering"]["items"]]
    names = await _names(query, (item["asset"] for item in items))
    people = [texts("load.operators", n=load["operators"]), texts(f"load.from.{load['operators_from']}")]
    since = [] if load["complete"] else [texts("load.since", at=texts.stamp(load["since"]))]
    return [
        ReportNote(text=" · ".join([*people, *since])),
        KeyFigures(figures=[*_rates(load, kpi["outs"], texts), *_times(kpi, texts)]),
        _hours(load, texts),
        _shifts(kpi, texts),
        _priorities(load, kpi["outs"], texts),
        _frequent(load, texts, names),
        _lasting("stale", load, texts, names),
        _lasting("chattering", load, texts, names),
    ]


async def _names(query: ReportQuery, ids: Iterable[str]) -> dict[str, str]:
    """The names of assets; what is no asset has none."""
    names = {}
    for id in dict.fromkeys(ids):
        try:
            names[id] = str((await query.get(f"/api/v1/assets/{quote(id, safe='')}"))["name"])
        except ReadRefused:
            continue
    return names


def _figure(texts: ReportTexts, key: str, value: object, note: str, out: Out, name: str = "") -> KeyFigure:
    return KeyFigure(key=key, name=texts(name or f"load.{key}"), value=str(value), note=note, out=out)


def _rates(load: Record, outs: Outs, texts: ReportTexts) -> list[KeyFigure]:
    """Alerts for each officer, floods, and the busiest hour and minute."""
    rate, flood, peak = load["rate"], load["flood"], load["peak"]
    rate_note = texts("load.rate.note", target=rate["target"], n=rate["ten_minutes"])
    flood_note = texts(
        "load.flood.note",
        n=flood["in_ten_minutes"],
        above=flood["starts_above"],
        below=flood["ends_below"],
        share=texts.percent(flood["share_of_day"]),
    )
    state = texts("load.flood.yes" if flood["on"] else "load.flood.no")
    if flood["on"]:
        flood_note = f"{texts('load.flood.since', at=texts.stamp(flood['since']))} · {flood_note}"
    day_note = texts("load.day.note", n=rate["day"], target=rate["day_target"], raised=rate["raised_day"])
    busiest = [
        _figure(
            texts,
            f"peak-{span}",
            peak[span],
            texts("load.target", n=peak[f"{span}_target"]),
            outs[f"peak_{span}"],
            f"load.peak.{span}",
        )
        for span in ("hour", "minute")
    ]
    each, of_day = texts.number(rate["per_operator"]), texts.number(rate["day_per_operator"])
    return [
        _figure(texts, "rate", each, rate_note, outs["rate"]),
        _figure(texts, "flood", state, flood_note, outs["flood"]),
        _figure(texts, "day", of_day, day_note, outs["day"]),
        *busiest,
        *_nuisances(load, outs, texts),
    ]


def _nuisances(load: Record, outs: Outs, texts: ReportTexts) -> list[KeyFigure]:
    """Alerts that are active for more than a day, and those that chatter."""
    stale, chattering = load["stale"], load["chattering"]
    stale_note = texts("load.stale.note", limit=stale["limit"])
    note = texts("load.chattering.note", n=chattering["changes_a_minute"])
    return [
        _figure(texts, "stale", stale["count"], stale_note, outs["stale"]),
        _figure(texts, "chattering", chattering["count"], note, outs["chattering"]),
    ]


def _times(kpi: Record, texts: ReportTexts) -> list[KeyFigure]:
    """Time to acknowledge and time to repair, beside the targets of the site."""
    return [
        KeyFigure(
            key=name,
            name=texts(f"load.{name}"),
            value=texts.duration(kpi[name]["median_s"]),
            note=texts("load.p90", p90=texts.duration(kpi[name]["p90_s"]), n=kpi[name]["count"]),
            out=kpi["outs"][name],
        )
        for name in ("mtta", "mttr")
    ]


def _hours(load: Record, texts: ReportTexts) -> ReportChart:
    """Shown to people and hidden, hour by hour, under the line of the busiest hour that is still good."""
    rows, target = load["per_hour"], load["peak"]["hour_target"]
    times = [plotly_time(texts, row["at"]) for row in rows]
    hidden = [max(0, row["raised"] - row["shown"]) for row in rows]
    hover = f"%{{x|%m-%d %H:%M}}<br>{escaped(texts('load.shown'))} %{{y}}<extra></extra>"
    shown = go.Bar(
        x=times,
        y=[row["shown"] for row in rows],
        name=texts("load.shown"),
        marker={"color": [DEGRADED if row["shown"] > target else TEXT for row in rows]},
        hovertemplate=hover,
    )
    behind = go.Bar(
        x=times,
        y=hidden,
        name=texts("load.hidden"),
        marker={"color": UNKNOWN},
        hovertemplate=hover.replace(escaped(texts("load.shown")), escaped(texts("load.hidden"))),
    )
    line = {"type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": target, "y1": target}
    drawn = figure(
        shown,
        behind,
        barmode="stack",
        showlegend=True,
        xaxis={"type": "date", "tickformat": "%H:%M\n%m-%d"},
        yaxis={"rangemode": "tozero", "range": [0, max(target * 1.25, *(row["raised"] for row in rows), 1)]},
        shapes=[line | {"line": {"color": QUIET, "width": 1, "dash": "dash"}}],
    )
    return ReportChart(
        name="hours", title=texts("load.hours"), figure=drawn, height=15, note=texts("load.hours.note", n=target)
    )


def _shifts(kpi: Record, texts: ReportTexts) -> GridTable:
    def pair(times: Record, part: str) -> float | None:
        return float(times[part]) if times["count"] and times[part] is not None else None

    rows = [
        {
            "id": f"{shift['id']} {shift['from']}",
            "name": texts.pick(shift["name"]) or shift["id"],
            "from": shift["from"],
            "to": None if shift["current"] else shift["to"],
            "shown": shift["shown"],
            "per": shift["per_operator_10min"],
            "mtta": pair(shift["mtta"], "median_s"),
            "mtta_p90": pair(shift["mtta"], "p90_s"),
            "mttr": pair(shift["mttr"], "median_s"),
            "waiting": shift["mtta"]["waiting"],
            "flood": shift["flood_s"],
        }
        for shift in kpi["shifts"]
    ]
    columns = [
        GridColumn(field="name", title=texts("load.shift.shift")),
        GridColumn(field="from", title=texts("report.from"), kind="moment", width=150),
        GridColumn(field="to", title=texts("report.to"), kind="moment", width=150),
        GridColumn(field="shown", title=texts("load.shift.shown"), kind="number"),
        GridColumn(field="per", title=texts("load.shift.per"), kind="number", digits=2),
        GridColumn(field="mtta", title=texts("load.column.mtta"), kind="seconds"),
        GridColumn(field="mtta_p90", title=texts("load.column.mtta_p90"), kind="seconds"),
        GridColumn(field="mttr", title=texts("load.column.mttr"), kind="seconds"),
        GridColumn(field="waiting", title=texts("load.shift.waiting"), kind="number"),
        GridColumn(field="flood", title=texts("load.shift.floods"), kind="seconds"),
    ]
    return GridTable(name="shifts", title=texts("load.shifts"), columns=columns, rows=rows, row_id="id")


def _priorities(load: Record, outs: Outs, texts: ReportTexts) -> ReportChart:
    """Shares of low, medium and high, each with its target as a mark."""
    priorities = load["priorities"]
    names = ("high", "medium", "low")
    labels = [texts(f"load.mix.{name}") for name in names]
    shares = [(priorities[name] or 0) * 100 for name in names]
    targets = [priorities["target"][name] * 100 for name in names]
    bars = go.Bar(
        x=shares,
        y=labels,
        orientation="h",
        marker={"color": [DEGRADED if outs["priorities"] else NORMAL, NORMAL, NORMAL]},
        text=[f"{share:.0f}%" for share in shares],
        textposition="outside",
        textfont={"color": TEXT},
        hoverinfo="skip",
        cliponaxis=False,
    )
    marks = go.Scatter(
        x=targets,
        y=labels,
        mode="markers",
        marker={"symbol": "line-ns-open", "size": 22, "color": TEXT, "line": {"width": 2}},
        hovertemplate="%{x:.0f}%<extra>" + escaped(texts("load.mix.target", n="")) + "</extra>",
    )
    drawn = figure(bars, marks, xaxis={"range": [0, 112], "ticksuffix": "%"}, margin={"l": 8, "r": 30, "t": 4, "b": 8})
    counts = " · ".join(f"{texts(f'severity.{name}')} {priorities['counts'].get(name, 0)}" for name in SEVERITIES)
    return ReportChart(name="priorities", title=texts("load.mix"), figure=drawn, height=9.5, note=counts)


def _alert_columns(texts: ReportTexts) -> list[GridColumn]:
    return [
        GridColumn(field="asset_name", title=texts("load.column.asset"), link="asset_address", width=180),
        GridColumn(field="title", title=texts("load.column.alert"), width=200),
        GridColumn(field="rule", title=texts("load.column.rule"), width=130),
    ]


def _alert_row(item: Record, texts: ReportTexts, names: dict[str, str]) -> Record:
    asset = item["asset"]
    return {
        "id": item.get("id") or f"{item['rule']} {asset} {texts.pick(item.get('title'))}",
        "asset_name": names.get(asset) or asset,
        "asset_address": f"/assets/{quote(asset, safe='')}" if asset in names else "",
        "title": texts.pick(item.get("title")),
        "rule": item["rule"],
    }


def _frequent(load: Record, texts: ReportTexts, names: dict[str, str]) -> GridTable:
    frequent = load["frequent"]
    rows = [
        _alert_row(item, texts, names) | {"count": item["count"], "share": item["share"]} for item in frequent["items"]
    ]
    columns = [
        *_alert_columns(texts),
        GridColumn(field="count", title=texts("load.column.count"), kind="number", digits=0),
        GridColumn(field="share", title=texts("load.column.share"), kind="share", digits=1),
    ]
    target = texts.percent(frequent["target"], 0)
    note = texts("load.frequent.note", share=texts.percent(frequent["share"]), target=target)
    return GridTable(name="frequent", title=texts("load.frequent"), columns=columns, rows=rows, row_id="id", note=note)


def _lasting(name: str, load: Record, texts: ReportTexts, names: dict[str, str]) -> GridTable:
    """Alerts that are active for more than a day, or that chatter."""
    items = load[name]["items"]
    last = "raised_at" if name == "stale" else "changes"
    rows = [_alert_row(item, texts, names) | {last: item[last]} for item in items]
    column = GridColumn(
        field=last, title=texts(f"load.column.{last}"), kind="moment" if name == "stale" else "number", width=150
    )
    return GridTable(
        name=name, title=texts(f"load.list.{name}"), columns=[*_alert_columns(texts), column], rows=rows, row_id="id"
    )


REPORT = ReportPage(name="load", controls=(), build=build, refresh=60)
