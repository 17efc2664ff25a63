"""Approvals: a month by department, item or month, beside the month before and the year before, and what is open."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go

from dashboard.reports.charts import DEGRADED, DOWN, NORMAL, SELECTION, UNKNOWN, figure
from dashboard.reports.months import MONTH, before, interval
from dashboard.reports.parts import (
    Control,
    ControlOption,
    GridColumn,
    GridTable,
    KeyFigure,
    KeyFigures,
    Part,
    ReportChart,
    ReportNote,
    ReportPage,
    ReportQuery,
)
from dashboard.reports.reading import Record
from dashboard.reports.texts import ReportTexts, escaped
from feeds.cases.words import GROUPS

DIMENSIONS = ("department", "item", "month")
COLUMN_NAMES = {"department": "approvals.column.department", "item": "approvals.column.item", "month": "control.month"}
BUCKETS = (
    *("overdue_over_10", "overdue_6_10", "overdue_3_5", "overdue_1_2", "today"),
    *("1", "2_3", "4_5", "6_10", "over_10", "paused", "unknown"),
)
COLOURS = dict.fromkeys(BUCKETS[:4], DOWN) | dict.fromkeys(BUCKETS[4:6], DEGRADED)
MONTHS = 13


async def build(query: ReportQuery) -> Sequence[Part]:
    """The figures of the month, the table by the chosen dimension, thirteen months, and the ageing of open cases."""
    texts = query.texts
    month = f"{interval(query['month'], texts.zone)[0]:%Y-%m}"
    kind = query["group"] if query["group"] in GROUPS else "permit"
    by = query["dimension"] if query["dimension"] in DIMENSIONS else DIMENSIONS[0]
    summary = await query.get("/api/v1/approvals/summary", month=month, kind=kind)
    ageing = await query.get("/api/v1/approvals/ageing", kind=kind)
    months = await _months(query, month, kind)
    if by == "month":
        rows = months
    else:
        rows = (await query.get("/api/v1/approvals/figures", month=month, kind=kind, by=by))["items"]
    return [
        KeyFigures(figures=_figures(summary, texts)),
        _compared(summary, texts),
        _table(by, rows, texts),
        _chart(months, texts),
        _ageing(ageing, texts),
        ReportNote(text=texts("approvals.report.note")),
    ]


async def _months(query: ReportQuery, month: str, kind: str) -> list[Record]:
    """The figures of thirteen months up to `month`."""
    first, last = f"{before(month, MONTHS - 1)}-01", f"{month}-28"
    parameters = {"by": "month", "from": first, "to": last, "kind": kind}
    items: list[Record] = (await query.get("/api/v1/approvals/figures", **parameters))["items"]
    return items


def _figures(summary: Record, texts: ReportTexts) -> list[KeyFigure]:
    share = texts("approvals.intime.note", in_time=summary["in_time"], due=summary["due"], plain=_plain(summary, texts))
    days = texts("approvals.report.days", median=_count(summary["median_days"]), p90=_count(summary["p90_days"]))
    return [
        KeyFigure(key="accepted", name=texts("approvals.line.accepted"), value=str(summary["accepted"])),
        KeyFigure(key="done", name=texts("approvals.line.done"), value=str(summary["done"])),
        KeyFigure(key="open", name=texts("approvals.report.open"), value=str(summary["open_end"])),
        KeyFigure(
            key="share", name=texts("approvals.line.share"), value=texts.percent(summary["in_time_share"]), note=share
        ),
        KeyFigure(key="mean", name=texts("approvals.line.mean"), value=texts.number(summary["mean_days"]), note=days),
    ]


def _plain(summary: Record, texts: ReportTexts) -> str:
    return texts.percent(summary["promised_in_time_share"])


def _count(value: int | None) -> str:
    return "—" if value is None else str(value)


def _compared(summary: Record, texts: ReportTexts) -> GridTable:
    """The period beside the month before (环比) and the year before (同比). Small bases have no percentages."""
    bases = summary["compared"]
    rows = [_line(name, summary, bases, texts) for name in ("accepted", "done", "working_days", "share", "mean")]
    columns = [
        GridColumn(field="name", title=texts("approvals.report.figure"), width=140),
        GridColumn(field="own", title=texts("approvals.compare.own"), kind="number", digits=2),
        GridColumn(field="previous", title=_span(bases["previous"]), kind="number", digits=2, width=200),
        GridColumn(field="previous_change", title=texts("approvals.compare.previous"), kind="share", digits=1),
        GridColumn(field="year_before", title=_span(bases["year_before"]), kind="number", digits=2, width=200),
        GridColumn(field="year_before_change", title=texts("approvals.compare.year"), kind="share", digits=1),
    ]
    title = texts("approvals.compare", **{"from": summary["from"], "to": summary["to"]})
    return GridTable(name="compared", title=title, columns=columns, rows=rows, row_id="id")


def _span(base: Record) -> str:
    return f"{base['from']} – {base['to']}"


FIELDS = {"share": "in_time_share", "mean": "mean_days"}
NAMES = {"working_days": "workdays"}


def _line(name: str, summary: Record, bases: Record, texts: ReportTexts) -> dict[str, Any]:
    field = FIELDS.get(name, name)
    scale = 100 if name == "share" else 1
    row: dict[str, Any] = {"id": name, "name": texts(f"approvals.line.{NAMES.get(name, name)}")}
    row["own"] = _scaled(summary[field], scale)
    for key, base in bases.items():
        row[key] = _scaled(base[field], scale)
        row[f"{key}_change"] = base["change"].get(name)
    return row


def _scaled(value: float | None, scale: int) -> float | None:
    return None if value is None else value * scale


def _table(by: str, rows: Sequence[Record], texts: ReportTexts) -> GridTable:
    shown = [
        {
            "id": row["key"],
            "name": row["name"] or row["key"],
            "address": f"/approvals/departments/{row['key']}" if by == "department" else "",
            **{field: row[field] for field in ("accepted", "done", "due", "in_time", "in_time_share", "mean_days")},
            "plain": row["promised_in_time_share"],
            "settled": row["settled_in_time_share"],
            "saved": row["compression"],
        }
        for row in rows
    ]
    columns = [
        GridColumn(field="name", title=texts(COLUMN_NAMES[by]), link="address", width=220),
        GridColumn(field="accepted", title=texts("approvals.line.accepted"), kind="number", digits=0),
        GridColumn(field="done", title=texts("approvals.line.done"), kind="number", digits=0),
        GridColumn(field="due", title=texts("approvals.report.due"), kind="number", digits=0),
        GridColumn(field="in_time", title=texts("approvals.report.in_time"), kind="number", digits=0),
        GridColumn(field="in_time_share", title=texts("approvals.line.share"), kind="share", digits=1),
        GridColumn(field="plain", title=texts("approvals.report.plain"), kind="share", digits=1, width=150),
        GridColumn(field="settled", title=texts("approvals.report.settled"), kind="share", digits=1, width=130),
        GridColumn(field="mean_days", title=texts("approvals.line.mean"), kind="number", digits=2),
        GridColumn(field="saved", title=texts("approvals.report.saved"), kind="share", digits=1),
    ]
    title = texts(f"approvals.report.by.{by}")
    return GridTable(name="figures", title=title, columns=columns, rows=shown, row_id="id")


def _chart(months: Sequence[Record], texts: ReportTexts) -> ReportChart:
    keys = [row["key"] for row in months]
    bars = [
        go.Bar(x=keys, y=[row[name] for row in months], name=texts(f"approvals.line.{name}"), marker={"color": colour})
        for name, colour in (("accepted", UNKNOWN), ("done", SELECTION))
    ]
    drawn = figure(*bars, barmode="group", showlegend=True, xaxis={"type": "category"})
    return ReportChart(name="months", title=texts("approvals.months"), figure=drawn)


def _ageing(ageing: Record, texts: ReportTexts) -> ReportChart:
    counts = [ageing["left"].get(bucket, 0) for bucket in BUCKETS]
    labels = [escaped(_bucket(bucket, texts)) for bucket in BUCKETS]
    colours = [COLOURS.get(bucket, NORMAL) for bucket in BUCKETS]
    bars = go.Bar(x=labels, y=counts, marker={"color": colours}, text=counts, textposition="outside")
    drawn = figure(bars, xaxis={"type": "category"}, yaxis={"rangemode": "tozero"})
    return ReportChart(name="ageing", title=texts("approvals.ageing", n=sum(counts)), figure=drawn)


def _bucket(bucket: str, texts: ReportTexts) -> str:
    """The name of a bucket: those of overdue cases and of days left bear the same numbers."""
    name = texts(f"approvals.bucket.{bucket}")
    if bucket.startswith("overdue"):
        return texts("approvals.over", n=name)
    return texts("approvals.left", n=name) if bucket[0].isdigit() or bucket == "over_10" else name


async def _dimensions(query: ReportQuery, _search: str) -> Sequence[ControlOption]:
    return [ControlOption(value=name, label=query.texts(f"approvals.report.by.{name}")) for name in DIMENSIONS]


async def _groups(query: ReportQuery, _search: str) -> Sequence[ControlOption]:
    return [ControlOption(value=name, label=query.texts(f"approvals.group.{name}")) for name in GROUPS]


REPORT = ReportPage(
    name="approvals",
    controls=[
        MONTH,
        Control(name="dimension", options=_dimensions, default=lambda _zone: DIMENSIONS[0]),
        Control(name="group", options=_groups, default=lambda _zone: "permit"),
    ],
    build=build,
)
