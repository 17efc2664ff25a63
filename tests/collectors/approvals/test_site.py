"""Columns of a government site on a real server: their last update, and pages that cannot be read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from collectors.approvals.site import SiteFeed
from collectors.errors import Misconfigured
from collectors.settings import SourceSettings
from feeds.cases.facts import CaseFact
from feeds.cases.source import CaseSource, SiteColumn
from tests.collectors.approvals.test_sources import serving
from tests.feeds.cases.rig import ASSESSOR, case_fact, fact, folded
from tests.feeds.workdays.books import at

NOW = at("2026-11-24T12:00")
LIST = """<html><body>今天是2026年11月24日<ul><li>全州经济运行 <span class="date">2026-11-03</span></li>
<li>会议 <span class="date">2026-11-10</span></li></ul>版权 2015-2026 <b>下次公布 2027-01-01</b></body></html>"""
RSS = """<?xml version="1.0"?><rss><channel><item><pubDate>Tue, 10 Nov 2026 09:30:00 +0800</pubDate></item>
<item><pubDate>Mon, 02 Nov 2026 08:00:00 GMT</pubDate></item></channel></rss>"""
SITEMAP = """<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"><url><lastmod>2026-11-09</lastmod></url>
<url><lastmod>2026-11-10T02:00:00+00:00</lastmod></url></urlset>"""


def site(tmp_path: Path, url: str, *columns: SiteColumn) -> SiteFeed:
    source = CaseSource(system="portal", columns=columns, key=tmp_path / "personal.key")
    settings = SourceSettings(
        id="portal", kind="approvals.site", url=url, timeout=2.0, region="532300", approvals=source
    )
    SiteFeed.validate(settings)
    return SiteFeed(settings, None)


async def read(tmp_path: Path, body: str | bytes, column: SiteColumn, status: int = 200) -> tuple[list[CaseFact], str]:
    """The facts of one column whose page is `body`, and the problem."""

    async def handler(request: web.Request) -> web.StreamResponse:
        return web.Response(body=body.encode() if isinstance(body, str) else body, status=status)

    async with serving(handler) as url:
        feed = site(tmp_path, url, column)
        try:
            result = await feed.fetch(NOW)
        finally:
            await feed.close()
    return [item for item in result.items if isinstance(item, CaseFact)], result.problem


DATED = r'class="date">([^<]+)<'


@pytest.mark.parametrize(
    ("body", "column", "updated"),
    [
        (LIST, SiteColumn(number="news", pattern=DATED), "2026-11-10T00:00"),
        (LIST, SiteColumn(number="news"), "2026-11-24T00:00"),  # the page shows the present day: a pattern is needed
        (LIST.encode("gb18030"), SiteColumn(number="news", pattern=DATED), "2026-11-10T00:00"),
        (RSS, SiteColumn(number="news", form="rss"), "2026-11-10T09:30"),
        (SITEMAP, SiteColumn(number="news", form="sitemap"), "2026-11-10T10:00"),
    ],
)
async def test_the_last_update_of_a_column(tmp_path: Path, body: str | bytes, column: SiteColumn, updated: str) -> None:
    [column_fact, heard], problem = await read(tmp_path, body, column)
    assert (column_fact.number, column_fact.body["accepted"], heard.table, problem) == (
        "news",
        at(updated),
        "heard",
        "",
    )


async def test_a_column_turns_red_two_weeks_after_its_last_update_whatever_the_day(tmp_path: Path) -> None:
    [column_fact, _], _ = await read(tmp_path, LIST, SiteColumn(number="news", name="要闻动态", pattern=DATED))
    case = folded(column_fact)
    assert [ASSESSOR.row(case, at(moment)).light for moment in ("2026-11-22T12:00", NOW_TEXT, RED_TEXT)] == [
        "green",
        "yellow",
        "red",
    ]
    assert ASSESSOR.row(case, NOW).limit_at == at(RED_TEXT)


NOW_TEXT, RED_TEXT = "2026-11-24T23:59:59", "2026-11-25T00:00"


@pytest.mark.parametrize(("body", "status", "says"), [("<html>登录</html>", 200, "no date"), ("", 502, "502")])
async def test_a_page_that_cannot_be_read_is_no_missing_update(
    tmp_path: Path, body: str, status: int, says: str
) -> None:
    facts, problem = await read(tmp_path, body, SiteColumn(number="news", name="要闻动态", pattern=DATED), status)
    assert facts == []
    assert "要闻动态" in problem
    assert says in problem


async def test_an_unchanged_column_is_reported_once(tmp_path: Path) -> None:
    async def handler(request: web.Request) -> web.StreamResponse:
        return web.Response(text=LIST)

    async with serving(handler) as url:
        feed = site(tmp_path, url, SiteColumn(number="news", pattern=DATED))
        assert len((await feed.fetch(NOW)).items) == 2
        assert [getattr(item, "table", "") for item in (await feed.fetch(NOW + 60)).items] == ["heard"]
        await feed.close()


@pytest.mark.parametrize("changes", [{"pattern": "("}, {"pattern": "no group"}])
def test_a_pattern_that_cannot_work_is_refused(tmp_path: Path, changes: dict[str, Any]) -> None:
    with pytest.raises(Misconfigured):
        site(tmp_path, "http://127.0.0.1/", SiteColumn(number="news", **changes))
    with pytest.raises(Misconfigured):
        site(tmp_path, "http://127.0.0.1/")


async def test_a_catalogue_item_is_to_be_published_within_twenty_working_days() -> None:
    row = ASSESSOR.row(folded(case_fact(kind="主动公开", item="", accepted="2026-02-12T10:00")), at("2026-02-13T10:00"))
    assert (row.kind, row.limit_at) == ("publication", at("2026-03-19T00:00"))


async def test_a_disclosure_request_waits_for_third_parties() -> None:
    request = case_fact(kind="依申请公开", item="", applied="2026-09-24T10:00", accepted="2026-09-25T10:00")
    suspended = fact(
        "1", "suspension", "s", kind="征求第三方意见", notice="n", started="2026-10-09", ended="2026-10-20"
    )
    limits = [ASSESSOR.row(folded(*facts), NOW).limit_at for facts in ((request,), (request, suspended))]
    assert limits == [at("2026-10-30T00:00"), at("2026-11-12T00:00")]
