"""Parts of reports without a browser: texts, tables, exports, comparison, the timeline of outages, scripts of pages."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from dashboard.app import Site, create_dash
from dashboard.reports import months
from dashboard.reports.availability import timeline
from dashboard.reports.comparison import change, summary
from dashboard.reports.grid import as_csv, as_xlsx, grid, in_order
from dashboard.reports.parts import GridColumn, GridTable, ReportChart
from dashboard.reports.reading import ApiReader
from dashboard.reports.registry import REPORTS
from dashboard.reports.texts import ReportTexts, escaped
from feeds.texts import catalogue
from feeds.wire import iso
from tests.dashboard.devpeople import outages

ZONE = ZoneInfo("Asia/Shanghai")
CHINESE, ENGLISH = ReportTexts("zh-CN", ZONE), ReportTexts("en", ZONE)
START = datetime(2026, 11, 1, tzinfo=ZONE)
COLUMNS = (
    GridColumn(field="name", title="名称", link="address"),
    GridColumn(field="up", title="可用率", kind="share"),
    GridColumn(field="down", title="中断", kind="seconds"),
    GridColumn(field="since", title="开始", kind="moment"),
)
ROWS = (
    {"id": "a", "name": "=cmd|x", "address": "/assets/a", "up": 0.99958, "down": 1080.0, "since": START.timestamp()},
    {"id": "b", "name": "交换机", "address": "/assets/b", "up": None, "down": 0, "since": None},
)
TABLE = GridTable(name="t", title="可用率: 11/2026", columns=COLUMNS, rows=ROWS, row_id="id")


@pytest.mark.parametrize(
    ("seconds", "chinese", "english"),
    [
        (None, "—", "—"),
        (45, "45 秒", "45 s"),
        (108, "1:48 分", "1:48 min"),
        (1080, "18 分", "18 min"),
        (7500, "2:05 时", "2:05 h"),
        (3 * 86400, "3.0 天", "3.0 d"),
    ],
)
def test_durations_read_as_people_read_them(seconds: float | None, chinese: str, english: str) -> None:
    assert CHINESE.duration(seconds) == chinese
    assert ENGLISH.duration(seconds) == english


def test_a_share_is_never_rounded_to_all_or_nothing() -> None:
    assert [CHINESE.percent(share, 1) for share in (1.0, 0.99999, 0.5, 0.00001, 0.0, None)] == [
        "100.0%",
        "99.999%",
        "50.0%",
        "0.001%",
        "0.0%",
        "—",
    ]


def test_what_comes_from_outside_is_no_markup_of_a_chart() -> None:
    assert escaped("<b>%{x}</b> & co") == "&lt;b>%&#123;x}&lt;/b> &amp; co"


def test_a_table_shows_texts_and_filters_numbers() -> None:
    shown = grid(TABLE, CHINESE).rowData[0]
    assert (shown["up"], shown["up_text"], shown["down"], shown["down_text"]) == (99.958, "99.958%", 18.0, "18 分")
    assert (shown["since"], shown["address"], shown["_id"]) == ("2026-11-01 00:00", "/assets/a", "a")
    assert [column["headerName"] for column in grid(TABLE, CHINESE).columnDefs][1:3] == ["可用率（%）", "中断（分）"]


def test_an_export_has_the_rows_that_are_shown_in_their_order() -> None:
    assert [row["id"] for row in in_order(TABLE, ["b", "gone", "a"])] == ["b", "a"]
    assert [row["id"] for row in in_order(TABLE, None)] == ["a", "b"]


def test_csv_opens_in_a_spreadsheet_and_holds_no_formula() -> None:
    lines = as_csv(TABLE, TABLE.rows, CHINESE).decode("utf-8-sig").splitlines()
    assert lines == ["名称,可用率（%）,中断（分）,开始", "'=cmd|x,99.958,18.0,2026-11-01 00:00", "交换机,,0.0,"]


def test_xlsx_holds_numbers_as_numbers_and_texts_as_texts() -> None:
    with zipfile.ZipFile(io.BytesIO(as_xlsx(TABLE, TABLE.rows, CHINESE))) as book:
        sheet = book.read("xl/worksheets/sheet1.xml").decode()
        strings = book.read("xl/sharedStrings.xml").decode()
        names = book.read("xl/workbook.xml").decode()
    assert "<v>99.958</v>" in sheet
    assert "<f>" not in sheet
    assert "<t>=cmd|x</t>" in strings
    assert 'name="可用率 112026"' in names


def test_an_outage_of_18_minutes_is_18_minutes_of_the_month() -> None:
    """It once filled 69 % of a bar."""
    start, end = months.interval("2026-11", ZONE)
    answer = outages(START.timestamp(), (START + timedelta(days=20)).timestamp())
    chart = timeline(answer, start, end, CHINESE)
    assert isinstance(chart, ReportChart)
    (down,) = (trace for trace in chart.figure.data if trace.name == "中断")
    bars = dict(zip(down.y, zip(down.base, down.x, strict=True), strict=True))
    assert bars[1] == ("2026-11-06 07:00:00", 18 * 60 * 1000)
    axis = [datetime.fromisoformat(moment) for moment in chart.figure.layout.xaxis.range]
    assert (axis[1] - axis[0]).total_seconds() * 1000 / bars[1][1] == 30 * 24 * 60 / 18
    titles = [note.text for note in chart.figure.layout.annotations]
    assert titles == ["武定县汇聚交换机 · 中断 24:00 时", "州核心 &lt;b>路由器&lt;/b> · 中断 18 分", "水情服务器"]


def test_days_to_come_are_drawn_as_unknown_and_not_as_well() -> None:
    start, end = months.interval("2026-11", ZONE)
    until = (START + timedelta(days=20)).timestamp()
    chart = timeline(outages(START.timestamp(), until), start, end, CHINESE)
    assert isinstance(chart, ReportChart)
    (block,) = (shape for shape in chart.figure.layout.shapes if shape.type == "rect")
    assert (block.x0, block.x1) == ("2026-11-21 00:00:00", "2026-12-01 00:00:00")


def test_a_month_is_that_of_the_site_and_never_one_to_come(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("feeds.clock.now", lambda: datetime(2026, 11, 30, 17, tzinfo=ZoneInfo("UTC")).timestamp())
    assert months.this_month(ZONE) == "2026-12"
    for text in ("2027-01", "2026-13", "x", ""):
        assert months.interval(text, ZONE)[0] == datetime(2026, 12, 1, tzinfo=ZONE)
    start, end = months.interval("2026-11", ZONE)
    assert months.query_of(start, end) == {"from": start.isoformat(), "to": end.isoformat()}
    assert "to" not in months.query_of(*months.interval("2026-12", ZONE)), "the running month may be a minute old"


def series(*values: float | None, step: float = 100.0, **more: Any) -> dict[str, Any]:
    return {"at": [iso(1e9 + index * step) for index in range(len(values))], "value": list(values)} | more


def test_a_summary_weighs_by_count_and_says_how_much_was_known() -> None:
    rolled = series(1.0, None, 4.0, step=100, min=[0.5, None, 2.0], max=[2.0, None, 9.0], count=[30, None, 10])
    result = summary(rolled, 1e9, 1e9 + 300)
    assert (result.count, result.mean, result.least, result.most) == (40, 1.75, 0.5, 9.0)
    assert result.known_share == pytest.approx(2 / 3)


def test_a_percentage_only_where_both_periods_are_comparable() -> None:
    whole = summary(series(*[2.0] * 20), 1e9, 1e9 + 2000)
    double = summary(series(*[4.0] * 20), 1e9, 1e9 + 2000)
    assert change(double, whole) == (1.0, "")
    assert change(whole, summary(series(*[0.0] * 20), 1e9, 1e9 + 2000)) == (None, "zero")
    assert change(whole, summary(series(*[2.0] * 5, step=400), 1e9, 1e9 + 2000)) == (None, "few")
    assert change(whole, summary(series(*[2.0] * 10, None), 1e9, 1e9 + 2000)) == (None, "incomplete")
    assert change(whole, summary(series(), 1e9, 1e9 + 2000)) == (None, "none")


def test_every_report_and_control_has_its_texts() -> None:
    keys = {f"report.{page.name}{more}" for page in REPORTS for more in ("", ".what")}
    keys |= {f"control.{control.name}" for page in REPORTS for control in page.controls}
    assert keys <= set(catalogue.catalogue())


@pytest.fixture
def client() -> Iterator[TestClient]:
    api = FastAPI()
    create_dash(api, Site(name="x"))
    with TestClient(api) as test_client:
        yield test_client


def test_charts_and_tables_are_loaded_by_reports_only(client: TestClient) -> None:
    for path in ("/", "/wall", "/alerts", "/assets/reports", "/reportsx"):
        page = client.get(path).text
        assert "/dash_ag_grid/" not in page
        assert "plotly-basic" not in page
    for path in ("/reports", "/reports/load"):
        page = client.get(path).text
        assert page.index("plotly-basic.min.js") < page.index("/dcc/dash_core_components")
        assert "/dash_ag_grid/" in page
        assert "plotly.min.js" not in page


def test_a_read_outside_a_callback_is_a_mistake_of_the_program() -> None:
    with pytest.raises(RuntimeError, match="within a Dash callback only"):
        ApiReader(FastAPI())._ask("/api/v1/kpi", "en", "").send(None)
