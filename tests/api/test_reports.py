"""Reports through Dash's own door: a callback gets what the person who sent it may have, and nothing more."""

from __future__ import annotations

import base64
import json
import re
import sys
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx2
import pytest
import pytest_asyncio
from dash import Dash

from dashboard.app import Site, create_dash, setup
from dashboard.reports import pages
from dashboard.reports.parts import ReportPage
from dashboard.reports.reading import ApiReader, CallbackScope
from feeds.texts import catalogue
from tests.api import test_availability
from tests.api.conftest import B_TEXTS, BASE, PASSWORD, SITE, A, B, World

GUIDE = Path(__file__).parents[2] / "docs" / "add-a-report.md"
site = test_availability.site
ORIGIN = {"Origin": BASE, "Sec-Fetch-Site": "same-origin"}


@pytest_asyncio.fixture
async def dash(site: World) -> AsyncIterator[Dash]:
    """The pages on the app of two counties with a past of two months."""
    app = create_dash(site.app, Site(name="楚雄州", region=SITE))
    site.hashes = list(app.csp_hashes())
    await setup(app)
    yield app


FIXED_CONTROLS = {"id": "report-fixed", "property": "data", "value": {}}
"""No control of a report has its value from the page around it."""


def body_of(report: str, **controls: Any) -> dict[str, Any]:
    """The request that Dash's renderer sends to fill a report."""
    ids = [{"name": name, "report": "control"} for name in controls]

    def each(property: str, values: Sequence[Any]) -> list[dict[str, Any]]:
        return [{"id": id, "property": property, "value": value} for id, value in zip(ids, values, strict=True)]

    return {
        "output": "report-body.children",
        "outputs": {"id": "report-body", "property": "children"},
        "inputs": [
            {"id": "report-name", "property": "data", "value": report},
            {"id": "report-language", "property": "data", "value": "en"},
            each("value", list(controls.values())),
            {"id": "report-again", "property": "n_intervals", "value": 0},
        ],
        "state": [each("id", ids), FIXED_CONTROLS],
        "changedPropIds": ["report-name.data"],
    }


async def ask(client: httpx2.AsyncClient, report: str, status: int = 200, **controls: Any) -> str:
    answer = await client.post("/_dash-update-component", json=body_of(report, **controls), headers=ORIGIN)
    assert answer.status_code == status, answer.text
    return json.dumps(answer.json(), ensure_ascii=False)


def b_texts(text: str) -> list[str]:
    return [secret for secret in B_TEXTS if secret in text]


async def test_everybody_gets_the_reports_of_the_own_region(site: World, dash: Dash) -> None:
    async with site.signed_in("leader") as client:
        text = await ask(client, "availability", month="2026-11", by="asset", unit=None)
        assert "a-srv" in text
        assert "b-sw" in text


async def test_a_county_cannot_read_anothers_figures_through_a_callback(site: World, dash: Dash) -> None:
    async with site.signed_in("leader", A) as client:
        for controls in (
            {"month": "2026-11", "by": "asset", "unit": None},
            {"month": "2026-11", "by": "unit", "unit": "b-owner"},
            {"month": "2026-10", "by": "region", "unit": None},
        ):
            text = await ask(client, "availability", **controls)
            assert "report-foot" in text
            assert b_texts(text) == []
        assert b_texts(await ask(client, "load")) == []
        history = await ask(client, "history", assets=["b-sw"], metric="icmp.rtt_ms", range="1d", compare="none")
        assert "data-refused" in history
        assert "404" in history


async def test_a_callback_without_a_session_is_refused(site: World, dash: Dash) -> None:
    async with site.client() as client:
        await ask(client, "load", 401)


async def test_trends_show_what_there_is_and_name_what_there_is_not(site: World, dash: Dash) -> None:
    async with site.signed_in("leader", A) as client:
        text = await ask(client, "trends", month="2026-11", figure="availability")
    for figure in ("incidents", "first_report", "lateness", "signing", "availability"):
        assert f'"data-figure": "{figure}"' in text
    assert '"data-figure": "in_time"' not in text, "this site has no approvals"
    assert "Not visible or without data: approvals" in text
    assert '"data-chart": "trend"' in text
    assert b_texts(text) == []


async def test_a_callback_from_another_sites_page_is_refused(site: World, dash: Dash) -> None:
    async with site.signed_in("leader") as client:
        for headers in ({}, {"Origin": "http://elsewhere.example", "Sec-Fetch-Site": "cross-site"}):
            answer = await client.post("/_dash-update-component", json=body_of("load"), headers=headers)
            assert answer.status_code == 403


async def test_a_wall_gets_no_report_though_it_may_use_dashs_door(site: World, dash: Dash) -> None:
    raw = await site.token("wall")
    async with site.client() as client:
        assert (await client.get("/wall", params={"token": raw})).status_code == 303
        assert "data-refused" in await ask(client, "availability", month="2026-11", by="asset", unit=None)


async def test_a_control_that_makes_no_sense_is_an_answer_in_words(site: World, dash: Dash) -> None:
    async with site.signed_in("leader") as client:
        text = await ask(client, "availability", month="2026-13-x", by="colour", unit=None)
        assert "a-sw" in text, "it shows this month by asset"
        refused = await ask(client, "history", assets=["x/../../kpi?y"], metric="m", range="1d", compare="none")
        assert "data-refused" in refused


async def test_an_export_is_read_anew_as_the_person_who_asks(site: World, dash: Dash) -> None:
    ids = [{"name": name, "report": "control"} for name in ("month", "by", "unit")]
    values = ("2026-11", "asset", None)
    download = {"id": {"report": "download", "table": "availability"}, "property": "data"}
    order = {"table": "availability", "format": "csv", "ids": ["b-sw", "a-sw", "a-srv"], "n": 1}
    request = {
        "output": '{"report":"download","table":["MATCH"]}.data',
        "outputs": download,
        "inputs": [{"id": {"report": "order", "table": "availability"}, "property": "data", "value": order}],
        "state": [
            {"id": "report-name", "property": "data", "value": "availability"},
            {"id": "report-language", "property": "data", "value": "en"},
            [{"id": id, "property": "value", "value": value} for id, value in zip(ids, values, strict=True)],
            [{"id": id, "property": "id", "value": id} for id in ids],
            FIXED_CONTROLS,
        ],
        "changedPropIds": ['{"report":"order","table":"availability"}.data'],
    }
    async with site.signed_in("leader", A) as client:
        answer = await client.post("/_dash-update-component", json=request, headers=ORIGIN)
    data = next(iter(answer.json()["response"].values()))["data"]
    text = base64.b64decode(data["content"]).decode("utf-8-sig")
    assert data["filename"].startswith("availability-availability-")
    assert [line.partition(",")[0] for line in text.splitlines()] == ["Asset", "牟定交换机", "'=cmd|x"]
    assert b_texts(text) == []


async def test_a_session_that_has_ended_gets_no_more_reports(site: World, dash: Dash) -> None:
    async with site.signed_in("leader") as client:
        assert (await client.request("DELETE", "/api/v1/session")).status_code in (200, 204)
        await ask(client, "load", 401)


@pytest.fixture
def sample(monkeypatch: pytest.MonkeyPatch) -> ReportPage:
    """The report of the guide, as it stands there."""
    match = re.search(r"```python\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)
    assert match is not None
    module = ModuleType("sample_report")
    monkeypatch.setitem(sys.modules, "sample_report", module)
    exec(compile(match[1], str(GUIDE), "exec"), module.__dict__)
    words = {"report.sources": "Sources", "report.sources.what": "How late", "control.kind": "Kind"}
    words |= {f"report.sources.{name}": name for name in ("name", "kind", "lag", "unread")}
    text = catalogue.text
    monkeypatch.setattr(catalogue, "text", lambda key, *more, **values: words.get(key) or text(key, *more, **values))
    report: ReportPage = module.REPORT
    return report


async def test_the_report_of_the_guide_works_as_it_stands_there(site: World, sample: ReportPage) -> None:
    server: Any = site.app
    app = Dash(__name__, server=server, suppress_callback_exceptions=True)
    app.layout = pages.layout(sample, Site(name="x"))
    pages.add_callbacks(app, pages.ReportCallbacks([sample], Site(name="x"), ApiReader(site.app)))
    site.app.add_middleware(CallbackScope)
    await setup(app)
    async with site.signed_in("duty", A) as client:
        text = await ask(client, "sources", kind="emergency.cap")
        assert "a-source" in text
        assert b_texts(text) == []
    assert PASSWORD not in text
    assert B not in text
