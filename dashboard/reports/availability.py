"""Availability of a month: the shares, every outage on the days of the month, and a table by what is asked."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from urllib.parse import quote

import plotly.graph_objects as go

from dashboard.reports import months
from dashboard.reports.charts import DEGRADED, DOWN, QUIET, SELECTION, TEXT, UNKNOWN, figure
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
from dashboard.reports.texts import ReportTexts, escaped, plotly_time

PATH = "/api/v1/availability"
BY = ("asset", "unit", "region", "kind", "month")
DRAWN = 20
"""Assets in the picture: those that were down longest."""
LABELLED = (1, 5, 10, 15, 20, 25, 30)
"""Days of the month with a label: all of them would run into one another on a telephone."""
ROW_REM, AXIS_REM = 2.5, 3.2
INKS = {"down": DOWN, "degraded": DEGRADED, "unknown": UNKNOWN, "maintenance": SELECTION}
GOOD = 0.99
"""A share below it is worth a look."""


async def build(query: ReportQuery) -> Sequence[Part]:
    """The parts for the month and the unit that are chosen."""
    start, end = months.interval(query["month"], query.texts.zone)
    by = query["by"] if query["by"] in BY else BY[0]
    unit = {"owner": query["unit"]} if query["unit"] else {}
    parameters = months.query_of(start, end) | unit
    table_asked = parameters | ({"from": start.replace(month=1).isoformat()} if by == "month" else {})
    answer = await query.pages(PATH, by=by, sort="key" if by == "month" else "worst", **table_asked)
    outages = await query.get(f"{PATH}/outages", limit=DRAWN, **parameters)
    total = answer["total"] if by != "month" else (await query.get(PATH, limit=1, **parameters))["total"]
    incomplete = [ReportNote(text=query.texts("avail.partly"))] if answer["complete"] is False else []
    return [
        _figures(total, answer["hidden"], query.texts),
        *incomplete,
        timeline(outages, start, end, query.texts),
        _table(answer, by, query),
    ]


def _figures(total: Record, hidden: int, texts: ReportTexts) -> KeyFigures:
    """Up of all the time, of the known time, how much was known, and how long it did not work."""
    seconds, share = total["seconds"], total["availability"]

    def figure(name: str, value: str, note: str = "", *, bad: bool = False) -> KeyFigure:
        return KeyFigure(key=name, name=texts(f"avail.{name}"), value=value, note=note, out="degraded" if bad else "")

    counted = texts("avail.assets.note", n=hidden) if hidden else ""
    return KeyFigures(
        figures=[
            figure("share", texts.percent(share, 3), texts("avail.share.note"), bad=share is not None and share < GOOD),
            figure("known", texts.percent(total["of_known"], 3), texts("avail.known.note")),
            figure("coverage", texts.percent(total["coverage"], 1), texts("avail.coverage.note")),
            figure("down", texts.duration(seconds["down"]), texts("avail.down.note")),
            figure("unknown", texts.duration(seconds["unknown"]), texts("avail.unknown.note")),
            figure("maintenance", texts.duration(seconds["maintenance"]), texts("avail.maintenance.note")),
            figure("assets", str(total["assets"]), counted),
        ]
    )


def timeline(answer: Record, start: datetime, end: datetime, texts: ReportTexts) -> ReportChart | ReportNote:
    """Each outage as a bar from its beginning to its end on the days of the month, an asset a line.

    A bar is as long as its outage; a short one is drawn at least two pixels wide so that it can be seen.
    """
    rows = answer["items"]
    if not rows:
        return ReportNote(text=texts("avail.calm", n=answer["assets"]))
    span = (end - start).total_seconds()
    traces = [_bars(kind, rows, texts) for kind in INKS]
    until = texts.local(answer["to"])
    shapes = _days(start, end) + ([_ahead(until, end, texts)] if until < end else [])
    drawn = figure(
        *(trace for trace in traces if trace is not None),
        barmode="overlay",
        showlegend=True,
        shapes=shapes,
        annotations=[_line_title(index, row, texts) for index, row in enumerate(rows)],
        xaxis={
            "type": "date",
            "range": [plotly_time(texts, start.timestamp()), plotly_time(texts, end.timestamp())],
            "tickvals": [f"{start:%Y-%m}-{day:02} 12:00" for day in LABELLED],
            "ticktext": [str(day) for day in LABELLED],
            "tickangle": 0,
            "side": "top",
            "showgrid": False,
        },
        yaxis={"range": [len(rows) - 0.5, -0.75], "showticklabels": False, "showgrid": False, "fixedrange": True},
        legend={"orientation": "h", "y": 0, "yanchor": "top", "x": 0},
        margin={"l": 2, "r": 2, "t": 24, "b": 26},
    )
    note = texts("avail.timeline.note", n=len(rows), all=answer["assets"], days=round(span / 86_400))
    return ReportChart(
        name="outages",
        title=texts("avail.timeline"),
        figure=drawn,
        height=AXIS_REM + ROW_REM * len(rows),
        note=note,
        label="; ".join(_spoken(row, texts) for row in rows[:10]),
    )


def _bars(kind: str, rows: Sequence[Record], texts: ReportTexts) -> go.Bar | None:
    spans = [(index, row, span) for index, row in enumerate(rows) for span in row["spans"] if span["kind"] == kind]
    if not spans:
        return None
    lengths = [(texts.local(span["to"]) - texts.local(span["from"])).total_seconds() for _, _, span in spans]
    pattern = {"shape": "/", "size": 6, "fgcolor": "#a3afba", "bgcolor": "#2a333b"} if kind == "unknown" else {}
    return go.Bar(
        orientation="h",
        name=texts(f"avail.part.{kind}"),
        base=[plotly_time(texts, span["from"]) for _, _, span in spans],
        x=[seconds * 1000 for seconds in lengths],
        y=[index for index, _, _ in spans],
        width=0.42,
        offset=-0.02,
        marker={"color": INKS[kind], "line": {"color": INKS[kind], "width": 1}, "pattern": pattern},
        customdata=[
            [
                escaped(row["name"] or row["asset"]),
                texts.stamp(span["from"]),
                texts.stamp(span["to"]),
                texts.duration(s),
            ]
            for (_, row, span), s in zip(spans, lengths, strict=True)
        ],
        hovertemplate="<b>%{customdata[0]}</b><br>%{customdata[1]} – %{customdata[2]}<br>%{customdata[3]}"
        f"<extra>{escaped(texts(f'avail.part.{kind}'))}</extra>",
    )


def _days(start: datetime, end: datetime) -> list[dict[str, Any]]:
    """A line at each beginning of a day."""
    count = round((end - start).total_seconds() / 86_400)
    days = [datetime(start.year, start.month, number) for number in range(1, count + 1)]
    line = {"type": "line", "yref": "paper", "y0": 0, "y1": 1, "layer": "below"}
    return [line | {"x0": f"{day}", "x1": f"{day}", "line": {"color": "#1c242b", "width": 1}} for day in days]


def _ahead(until: datetime, end: datetime, texts: ReportTexts) -> dict[str, Any]:
    """The days to come, darker: nothing is known of them."""
    low, high = (plotly_time(texts, moment.timestamp()) for moment in (until, end))
    block = {"type": "rect", "yref": "paper", "y0": 0, "y1": 1, "x0": low, "x1": high, "layer": "below"}
    return block | {"fillcolor": "#0c1014", "line": {"width": 0}}


def _line_title(index: int, row: Record, texts: ReportTexts) -> dict[str, Any]:
    down = row["seconds"]["down"]
    words = texts("avail.line", name=row["name"] or row["asset"], down=texts.duration(down)) if down else ""
    return {
        "x": 0,
        "xref": "paper",
        "xanchor": "left",
        "y": index - 0.32,
        "yanchor": "middle",
        "showarrow": False,
        "text": escaped(words or row["name"] or row["asset"]),
        "font": {"size": 12, "color": TEXT if down else QUIET},
    }


def _spoken(row: Record, texts: ReportTexts) -> str:
    return texts("avail.line", name=row["name"] or row["asset"], down=texts.duration(row["seconds"]["down"]))


def _table(answer: Record, by: str, query: ReportQuery) -> GridTable:
    texts = query.texts
    rows = []
    for row in answer["items"]:
        key = row["key"][by]
        link = f"/assets/{quote(key, safe='')}" if by == "asset" else ""
        shares = {name: row[name] for name in ("availability", "of_known", "coverage", "assets")}
        seconds = {name: row["seconds"][name] for name in ("down", "degraded", "unknown", "maintenance")}
        rows.append({"id": key, "name": _name(by, row, query), "link": link} | shares | seconds)
    columns = [
        GridColumn(field="name", title=texts(f"avail.column.{by}"), link="link" if by == "asset" else "", width=190),
        *([] if by == "asset" else [GridColumn(field="assets", title=texts("avail.head.assets"), kind="number")]),
        GridColumn(field="availability", title=texts("avail.head.availability"), kind="share"),
        GridColumn(field="of_known", title=texts("avail.known"), kind="share"),
        GridColumn(field="coverage", title=texts("avail.head.coverage"), kind="share", digits=1),
        *(
            GridColumn(field=name, title=texts(f"avail.column.{name}"), kind="seconds")
            for name in ("down", "degraded", "unknown", "maintenance")
        ),
    ]
    return GridTable(
        name="availability", title=texts(f"avail.by.{by}"), columns=columns, rows=rows, row_id="id", note=""
    )


def _name(by: str, row: Record, query: ReportQuery) -> str:
    key = str(row["key"][by])
    match by:
        case "asset":
            return row["name"] or key
        case "unit":
            return key or query.texts("net.nounit")
        case "region":
            return query.texts.region(key, query.region)
        case "kind":
            return query.texts.of_set("kind", key)
    return key


async def _by_options(query: ReportQuery, _search: str) -> Sequence[ControlOption]:
    return [ControlOption(value=name, label=query.texts(f"avail.by.{name}")) for name in BY]


async def _unit_options(query: ReportQuery, _search: str) -> Sequence[ControlOption]:
    start, end = months.interval(query["month"], query.texts.zone)
    answer = await query.pages(PATH, by="unit", **months.query_of(start, end))
    units = sorted(row["key"]["unit"] for row in answer["items"] if row["key"]["unit"])
    return [ControlOption(value=unit, label=unit) for unit in units]


REPORT = ReportPage(
    name="availability",
    controls=(
        months.MONTH,
        Control(name="by", options=_by_options, default=lambda _zone: BY[0]),
        Control(name="unit", options=_unit_options, search=True, clearable=True),
    ),
    build=build,
)
