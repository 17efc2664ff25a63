"""The report of approvals over the product's routes: its figures, its groups, and its exports."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast
from zoneinfo import ZoneInfo

import httpx2

from dashboard.reports.approvals import BUCKETS, build
from dashboard.reports.grid import as_csv, as_xlsx, in_order
from dashboard.reports.parts import GridTable, KeyFigures, Part, ReportChart, ReportQuery
from dashboard.reports.reading import ApiReader, Record
from dashboard.reports.texts import ReportTexts
from tests.api import test_approvals
from tests.api.conftest import World

cases = test_approvals.cases


class ClientReader:
    """Reads the API with the session of a test's client."""

    def __init__(self, client: httpx2.AsyncClient) -> None:
        self._client = client

    async def get(self, path: str, _language: str, query: Mapping[str, Any]) -> Record:
        answer = await self._client.get(path, params=dict(query))
        assert answer.status_code == 200, answer.text
        return cast(Record, answer.json())


async def parts_of(client: httpx2.AsyncClient, **controls: str) -> dict[str, Any]:
    texts = ReportTexts("zh-CN", ZoneInfo("Asia/Shanghai"))
    parts = await build(ReportQuery(cast(ApiReader, ClientReader(client)), texts, controls, "532300"))
    named: dict[str, Part] = {part.name: part for part in parts if isinstance(part, GridTable | ReportChart)}
    [figures] = [part for part in parts if isinstance(part, KeyFigures)]
    return named | {figure.key: figure for figure in figures.figures}


async def test_the_report_shows_a_month_by_department_item_or_month(cases: World) -> None:
    async with cases.signed_in("duty") as client:
        parts = await parts_of(client, month="2026-04", dimension="item")
        assert [(row["name"], row["accepted"]) for row in parts["figures"].rows] == [("规划许可", 2), ("营业执照", 1)]
        assert parts["accepted"].value == "3"
        assert [row["own"] for row in parts["compared"].rows][:3] == [3, 0, 21]
        counts = dict(zip(BUCKETS, parts["ageing"].figure.data[0].y, strict=True))
        assert {bucket: count for bucket, count in counts.items() if count} == {"overdue_over_10": 2}
        months = await parts_of(client, month="2026-05", dimension="month")
        assert [(row["id"], row["accepted"], row["done"]) for row in months["figures"].rows] == [
            ("2026-04", 3, 0),
            ("2026-05", 0, 1),
        ]


async def test_the_report_keeps_groups_of_kinds_apart_and_regions_too(cases: World) -> None:
    async with cases.signed_in("duty") as client:
        parts = await parts_of(client, month="2026-04", group="disclosure")
        assert (parts["accepted"].value, parts["figures"].rows) == ("0", [])
    async with cases.signed_in("duty", "532331") as client:
        assert (await parts_of(client, month="2026-04"))["accepted"].value == "1"


async def test_the_table_of_the_report_is_exported(cases: World) -> None:
    async with cases.signed_in("duty") as client:
        table = (await parts_of(client, month="2026-04", dimension="item"))["figures"]
    rows, texts = in_order(table, ["shop", "plan"]), ReportTexts("zh-CN", ZoneInfo("Asia/Shanghai"))
    lines = as_csv(table, rows, texts).decode("utf-8-sig").splitlines()
    assert [line.split(",")[:2] for line in lines] == [["事项", "受理"], ["营业执照", "1"], ["规划许可", "2"]]
    assert as_xlsx(table, rows, texts).startswith(b"PK")
