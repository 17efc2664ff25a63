"""Sources of cases on real servers: REST and SOAP on loopback, PostgreSQL, and files in a folder."""

from __future__ import annotations

import json
import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from aiohttp import web

from collectors.approvals.answers import require_ok
from collectors.approvals.files import FileCaseFeed
from collectors.approvals.rest import RestCaseFeed
from collectors.approvals.soap import SoapCaseFeed
from collectors.approvals.sql import SqlCaseFeed
from collectors.contract import FetchResult
from collectors.errors import AuthFailed, CollectorError, Misconfigured, NotReady, UnexpectedForm
from collectors.settings import SourceSettings
from feeds.cases.facts import CaseFact
from feeds.cases.sealing import load_sealer
from feeds.cases.source import CaseSource, CaseTable, SweepSettings
from tests import postgres
from tests.feeds.workdays.books import at

NOW = at("2026-11-28T10:00")
MAP = {
    "number": "no",
    "changed": {"from": "cd_time", "as": "datetime"},
    "item": "task",
    "kind": {"from": "type", "words": {"1": "即办件", "2": "承诺件"}},
    "accepted": {"from": "accept", "as": "datetime"},
    "person": {"name": "applyer"},
    "deleted": {"from": "op", "in": ["D"]},
}
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def row(number: int, **changes: Any) -> dict[str, Any]:
    settings = {
        "no": f"N{number:04}",
        "cd_time": "2026-11-27 09:00:00",
        "task": "plan",
        "type": 2,
        "accept": "2026-11-20 09:00:00",
        "applyer": "王金丝雀",
        "op": "I",
    }
    return settings | changes


def source_of(folder: Path, **changes: Any) -> CaseSource:
    builtin = CaseSource(
        system="hall",
        tables=(CaseTable(name="case", map=MAP),),
        rows="data.list[*]",
        ok_path="code",
        ok_values=("0",),
        page_param="pageNo",
        size_param="pageSize",
        page=3,
        since_param="startTime",
        key=folder / "personal.key",
        state=folder / "state.json",
    )
    return replace(builtin, **changes)


def settings(source: CaseSource, url: str, kind: str) -> SourceSettings:
    return SourceSettings(id="hall", kind=kind, url=url, timeout=2.0, approvals=source)


@asynccontextmanager
async def serving(handler: Handler, method: str = "GET") -> AsyncIterator[str]:
    """A real server on loopback."""
    app = web.Application()
    app.router.add_route(method, "/list", handler)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    try:
        yield f"http://127.0.0.1:{port}/list"
    finally:
        await runner.cleanup()


def facts(result: FetchResult) -> list[CaseFact]:
    """The facts about cases; the one that says up to when the source has spoken is left out."""
    return [item for item in result.items if isinstance(item, CaseFact) and item.table != "heard"]


class Pages:
    """A REST system: `rows` in pages of three. `past` is what it does past the end, `mend` changes an answer."""

    def __init__(self, count: int, past: str = "empty") -> None:
        self.rows = [row(n) for n in range(count)]
        self.past, self.queries = past, list[dict[str, str]]()
        self.code, self.status, self.raw = 0, 200, b""

    async def answer(self, request: web.Request) -> web.StreamResponse:
        self.queries.append(dict(request.query))
        if self.raw:
            return web.Response(body=self.raw)
        page, last = int(request.query["pageNo"]), max(1, -(-len(self.rows) // 3))
        if page > last and self.past == "repeat":
            page = last
        body = {"code": self.code, "data": {"list": self.rows[(page - 1) * 3 : page * 3], "total": len(self.rows)}}
        headers = {"Retry-After": "7"} if self.status == 429 else {}
        return web.Response(text=json.dumps(body), status=self.status, headers=headers)


@pytest.fixture
async def rest(tmp_path: Path) -> AsyncIterator[Callable[..., RestCaseFeed]]:
    feeds: list[RestCaseFeed] = []

    def rest_feed(url: str, **changes: Any) -> RestCaseFeed:
        feeds.append(RestCaseFeed(settings(source_of(tmp_path, **changes), url, "approvals.rest"), None))
        return feeds[-1]

    yield rest_feed
    for feed in feeds:
        await feed.close()


async def test_rest_reads_all_pages_and_then_only_what_is_new(rest: Any, tmp_path: Path) -> None:
    system = Pages(7)
    async with serving(system.answer) as url:
        feed = rest(url)
        first = await feed.fetch(NOW)
        assert [fact.number for fact in facts(first)] == [f"N{n:04}" for n in range(7)]
        assert first.items[-1].table == "heard"
        assert facts(await feed.fetch(NOW)) == []
        system.rows[2] |= {"accept": "2026-11-21 09:00:00"}
        assert [fact.number for fact in facts(await feed.fetch(NOW))] == ["N0002"]
    assert system.queries[0]["startTime"] == "2025-10-24 10:00:00"
    assert system.queries[-1]["startTime"] == "2026-11-27 08:55:00"


async def test_personal_values_leave_the_collector_sealed(rest: Any, tmp_path: Path) -> None:
    async with serving(Pages(1).answer) as url:
        [fact] = facts(await rest(url).fetch(NOW))
    assert "金丝雀" not in repr(fact)
    assert load_sealer(tmp_path / "personal.key").open(fact.sealed) == {"name": "王金丝雀"}
    assert fact.body == {"item": "plan", "kind": "承诺件", "accepted": at("2026-11-20T09:00")}


async def test_a_system_that_repeats_its_last_page_does_not_go_on_for_ever(rest: Any) -> None:
    system = Pages(6, past="repeat")
    async with serving(system.answer) as url:
        assert len(facts(await rest(url).fetch(NOW))) == 6
    assert len(system.queries) == 3


async def test_a_position_is_kept_over_a_restart_once_its_facts_were_taken(rest: Any) -> None:
    system = Pages(2)
    async with serving(system.answer) as url:
        feed = rest(url)
        await feed.fetch(NOW)
        await rest(url).fetch(NOW)
        assert system.queries[-1]["startTime"] == "2025-10-24 10:00:00"
        await feed.fetch(NOW)
        await rest(url).fetch(NOW)
        assert system.queries[-1]["startTime"] == "2026-11-27 08:55:00"


@pytest.mark.parametrize(
    ("fault", "error", "says"),
    [
        ({"code": 500}, UnexpectedForm, "code = '500'"),
        ({"status": 429}, NotReady, "retry after 7"),
        ({"status": 503}, NotReady, "503"),
        ({"status": 401}, AuthFailed, "credential"),
        ({"raw": b"<html>login</html>"}, UnexpectedForm, "not JSON"),
        ({"raw": b'{"code": 0, "data": {"list": [1]}}'}, UnexpectedForm, "no rows"),
        ({"raw": b'{"code": 0, "data": {"li'}, UnexpectedForm, "not JSON"),
    ],
)
async def test_an_answer_that_is_wrong_is_told_and_nothing_moves(
    rest: Any, fault: dict[str, Any], error: type[CollectorError], says: str
) -> None:
    system = Pages(2)
    async with serving(system.answer) as url:
        feed = rest(url)
        vars(system).update(fault)
        with pytest.raises(error, match=says):
            await feed.fetch(NOW)
        vars(system).update(code=0, status=200, raw=b"")
        feed.client._monotonic = lambda: time.monotonic() + 60.0  # the pause that a busy system asked for is over
        assert len(facts(await feed.fetch(NOW))) == 2


@pytest.mark.parametrize(
    ("answer", "is_failure"),
    [
        ({"code": 401, "data": []}, True),
        ({"code": "40101", "data": None}, True),
        ({"success": False, "data": []}, True),
        ({"code": 200, "data": []}, False),
        ({"code": "0000", "data": []}, False),
        ({"status": "ok", "data": []}, False),
    ],
)
def test_a_usual_error_code_is_a_failure_also_where_the_settings_name_none(answer: Any, is_failure: bool) -> None:
    if not is_failure:
        require_ok(answer, CaseSource(rows="data"))
        return
    with pytest.raises(UnexpectedForm, match="the answer says"):
        require_ok(answer, CaseSource(rows="data"))


def test_a_code_of_the_only_row_is_none_of_the_answer() -> None:
    require_ok({"code": 401, "number": "1"}, CaseSource())


async def test_a_word_that_changes_in_the_night_is_told_by_count_and_without_values(rest: Any) -> None:
    system = Pages(3)
    system.rows[1] |= {"type": "即办", "applyer": "王金丝雀"}
    system.rows[2] |= {"accept": "2026-02-30"}
    async with serving(system.answer) as url:
        result = await rest(url).fetch(NOW)
    assert "kind UNKNOWN_WORD × 1" in result.problem
    assert "accepted UNCONVERTIBLE × 1" in result.problem
    assert "金丝雀" not in result.problem
    assert len(facts(result)) == 3


async def test_gbk_answers_are_read(rest: Any) -> None:
    system = Pages(0)
    body = {"code": 0, "data": {"list": [row(1, task="规划许可")]}}
    system.raw = json.dumps(body, ensure_ascii=False).encode("gb18030")
    async with serving(system.answer) as url:
        [fact] = facts(await rest(url).fetch(NOW))
    assert fact.body["item"] == "规划许可"


async def test_a_stamp_in_the_future_is_told_and_not_followed(rest: Any) -> None:
    system = Pages(2)
    system.rows[1] |= {"cd_time": "2027-06-01 00:00:00"}
    async with serving(system.answer) as url:
        feed = rest(url)
        assert "FUTURE_STAMP" in (await feed.fetch(NOW)).problem
        await feed.fetch(NOW)
    assert system.queries[-1]["startTime"] == "2026-11-27 08:55:00"


# -- SOAP ----------------------------------------------------------------------------

ROWS = "".join(
    f"<ROW><no>N{n:04}</no><cd_time>2026-11-27 09:00:00</cd_time><task>规划</task><type>2</type>"
    f"<accept>2026-11-20 09:00:00</accept><applyer>王金丝雀</applyer><op>I</op></ROW>"
    for n in range(2)
)
INNER = f"<ROOT><CODE>0</CODE>{ROWS}</ROOT>"


def envelope(inner: str) -> str:
    escaped = inner.replace("&", "&amp;").replace("<", "&lt;")
    return (
        '<?xml version="1.0" encoding="UTF-8"?><s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>'
        f"<getDataResponse><return>{escaped}</return></getDataResponse></s:Body></s:Envelope>"
    )


FAULT = (
    '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><s:Fault><faultcode>s:Server</faultcode>'
    "<faultstring>连接池已满</faultstring></s:Fault></s:Body></s:Envelope>"
)
ATTACK = '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>' + envelope("<ROOT>&x;</ROOT>")


async def soap(tmp_path: Path, answer: bytes, status: int = 200) -> tuple[FetchResult, list[str]]:
    """The result of one round against a service that answers so, and the requests that it had."""
    queries: list[str] = []

    async def handler(request: web.Request) -> web.StreamResponse:
        queries.append(await request.text())
        return web.Response(body=answer, status=status, content_type="text/xml")

    source = source_of(
        tmp_path,
        operation="getData",
        argument={"in0": "<R><BEGIN>{since}</BEGIN></R>"},
        rows="ROOT/ROW",
        ok_path="CODE",
        namespace="urn:data",
    )
    async with serving(handler, "POST") as url:
        feed = SoapCaseFeed(settings(source, url, "approvals.soap"), None)
        try:
            return await feed.fetch(NOW), queries
        finally:
            await feed.close()


async def test_soap_reads_the_xml_inside_the_answer(tmp_path: Path) -> None:
    result, [request] = await soap(tmp_path, envelope(INNER).encode())
    assert [fact.number for fact in facts(result)] == ["N0000", "N0001"]
    assert "&lt;BEGIN&gt;2025-10-24 10:00:00&lt;/BEGIN&gt;" in request


async def test_soap_reads_gbk_that_says_it_is_utf_8(tmp_path: Path) -> None:
    result, _ = await soap(tmp_path, envelope(INNER).encode("gb18030"))
    assert facts(result)[0].body["item"] == "规划"


@pytest.mark.parametrize(
    ("answer", "status", "says"),
    [
        (FAULT, 500, "连接池已满"),
        (ATTACK, 200, "document type"),
        (envelope("<ROOT><CODE>9</CODE></ROOT>"), 200, "CODE = '9'"),
        ("<html/>", 200, "not a SOAP envelope"),
        ("not xml", 200, "not XML"),
    ],
)
async def test_soap_faults_attacks_and_codes_are_told(tmp_path: Path, answer: str, status: int, says: str) -> None:
    with pytest.raises(UnexpectedForm, match=says):
        await soap(tmp_path, answer.encode(), status)


# -- SQL -----------------------------------------------------------------------------

QUERY = "SELECT * FROM accept WHERE (cd_time, id) > (:since, :id) ORDER BY cd_time, id LIMIT :page"


@pytest.fixture
async def database(postgres_server: postgres.Postgres) -> AsyncIterator[str]:
    """A department's PostgreSQL with an empty table."""
    url = postgres_server.url().replace("postgresql+asyncpg", "postgresql")
    connection = await asyncpg.connect(url)
    await connection.execute(
        "CREATE TABLE accept (id bigserial PRIMARY KEY, no text, cd_time timestamp, task text, type int,"
        " accept timestamp, applyer text, op text DEFAULT 'I')"
    )
    await connection.close()
    yield url
    postgres_server.drop()


async def insert(url: str, *numbers: int, stamp: str = "2026-11-27 09:00:00") -> None:
    connection = await asyncpg.connect(url)
    for number in numbers:
        await connection.execute(
            "INSERT INTO accept (no, cd_time, task, type, accept) VALUES ($1, $2::text::timestamp, 'plan', 2,"
            " '2026-11-20 09:00:00')",
            f"N{number:04}",
            stamp,
        )
    await connection.close()


def sql(tmp_path: Path, url: str, **changes: Any) -> SqlCaseFeed:
    table = CaseTable(name="case", map=MAP, query=QUERY, change=("cd_time", "id"))
    return SqlCaseFeed(settings(source_of(tmp_path, tables=(table,), **changes), url, "approvals.sql"), None)


async def numbers(feed: SqlCaseFeed, now: float = NOW) -> list[str]:
    return [fact.number for fact in facts(await feed.fetch(now))]


async def test_sql_loses_no_row_of_one_stamp_at_the_edge_of_a_page(database: str, tmp_path: Path) -> None:
    await insert(database, *range(10))
    assert await numbers(sql(tmp_path, database)) == [f"N{n:04}" for n in range(10)]


async def test_sql_sees_a_row_that_is_committed_late_under_an_old_stamp(database: str, tmp_path: Path) -> None:
    await insert(database, 1, 2)
    feed = sql(tmp_path, database)
    assert await numbers(feed) == ["N0001", "N0002"]
    await insert(database, 3, stamp="2026-11-27 08:58:00")
    assert await numbers(feed) == ["N0003"]
    assert await numbers(feed) == []


async def test_sql_reads_on_where_a_round_stopped_also_within_one_stamp(
    database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await insert(database, *range(30))
    monkeypatch.setattr("collectors.approvals.feed.ROWS_AT_ONCE", 6)
    feed = sql(tmp_path, database)
    rounds = [await feed.fetch(NOW) for _ in range(5)]
    assert [len(facts(result)) for result in rounds] == [6, 6, 6, 6, 6]
    assert [result.more for result in rounds] == [True, True, True, True, True]
    last = await feed.fetch(NOW)
    assert (last.more, len(facts(last)), len(last.items)) == (False, 0, 1)


async def test_sql_sweeps_by_the_numbers_of_a_statement(database: str, tmp_path: Path) -> None:
    await insert(database, 1, 2, 3)
    keys = "SELECT no, cd_time FROM accept WHERE accept >= :from"
    sweep = SweepSettings(minute=150, keys=keys)
    table = CaseTable(name="case", map=MAP, query=QUERY, change=("cd_time", "id"), sweep=sweep)
    feed = SqlCaseFeed(settings(source_of(tmp_path, tables=(table,)), database, "approvals.sql"), None)
    await feed.fetch(NOW)
    connection = await asyncpg.connect(database)
    await connection.execute("DELETE FROM accept WHERE no = 'N0002'")
    await connection.execute("UPDATE accept SET cd_time = NULL WHERE no = 'N0003'")
    await connection.close()
    night = await feed.fetch(at("2026-11-29T02:31"))
    [part] = [item.body for item in night.items if isinstance(item, CaseFact) and item.table == "sweep"]
    assert (part["by"], part["numbers"]) == ("accepted", ["N0001", "N0003"])


async def test_sql_can_only_read_and_says_what_is_wrong(database: str, tmp_path: Path) -> None:
    table = CaseTable(name="case", map=MAP, query="SELECT nothing FROM nowhere", change=("a", "b"))
    feed = SqlCaseFeed(settings(source_of(tmp_path, tables=(table,)), database, "approvals.sql"), None)
    with pytest.raises(Misconfigured, match="nowhere"):
        await feed.fetch(NOW)
    table = replace(table, query="DELETE FROM accept")
    feed = SqlCaseFeed(settings(source_of(tmp_path, tables=(table,)), database, "approvals.sql"), None)
    with pytest.raises(NotReady, match="read-only"):
        await feed.fetch(NOW)


# -- files ---------------------------------------------------------------------------


async def test_files_count_once_they_are_done_and_are_read_in_order(tmp_path: Path) -> None:
    drop = tmp_path / "drop"
    drop.mkdir()
    head = "no,cd_time,task,type,accept,applyer,op\n"
    line = "N{n},2026-11-27 09:00:00,规划,2,2026-11-20 09:00:00,王金丝雀,I\n"
    (drop / "case-1.csv").write_bytes((head + line.format(n=1)).encode("gb18030"))
    (drop / "case-2.jsonl").write_text(json.dumps(row(2)) + "\n")
    feed = FileCaseFeed(settings(source_of(tmp_path), f"file://{drop}", "approvals.files"), None)
    assert facts(await feed.fetch(NOW)) == []
    (drop / "case-1.csv.done").touch()
    assert [fact.number for fact in facts(await feed.fetch(NOW))] == ["N1"]
    (drop / "case-2.jsonl.done").touch()
    assert [fact.number for fact in facts(await feed.fetch(NOW))] == ["N0002"]


async def test_a_folder_that_is_away_is_told(tmp_path: Path) -> None:
    feed = FileCaseFeed(settings(source_of(tmp_path), f"file://{tmp_path}/none", "approvals.files"), None)
    with pytest.raises(NotReady, match="No such file"):
        await feed.fetch(NOW)


async def test_files_report_up_to_the_newest_one(tmp_path: Path) -> None:
    feed = FileCaseFeed(settings(source_of(tmp_path), f"file://{tmp_path}", "approvals.files"), None)
    assert (await feed.fetch(NOW)).items == ()
    (tmp_path / "case-1.jsonl").write_text(json.dumps(row(1)) + "\n")
    (tmp_path / "case-1.jsonl.done").touch()
    for name in ("case-1.jsonl", "case-1.jsonl.done"):
        os.utime(tmp_path / name, (NOW - 7200, NOW - 7200))
    heard = (await feed.fetch(NOW)).items[-1]
    assert isinstance(heard, CaseFact)
    assert (heard.table, heard.stamp) == ("heard", NOW - 7200)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"tables": ()}, "needs"),
        ({"tables": (CaseTable(name="case", map={"item": "a"}),)}, "maps no number"),
        ({"tables": (CaseTable(name="special", map={"number": "a"}),)}, "needs split"),
        ({"tables": (CaseTable(name="case", map={"number": {"from": "a", "as": "x"}}),)}, "as is one of"),
    ],
)
def test_settings_that_cannot_work_are_refused(tmp_path: Path, changes: dict[str, Any], says: str) -> None:
    with pytest.raises(Misconfigured, match=says):
        RestCaseFeed.validate(settings(source_of(tmp_path, **changes), "http://127.0.0.1/", "approvals.rest"))
