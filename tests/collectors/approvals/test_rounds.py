"""Rounds of sources that are slow, fail, shrink, repeat or stand still, and their sweeps: real servers on loopback."""

from __future__ import annotations

from typing import Any

import pytest
from aiohttp import web

from collectors.contract import FetchResult
from feeds.cases.facts import CaseFact
from feeds.cases.source import CaseTable, SweepSettings
from tests.collectors.approvals.test_sources import MAP, NOW, Pages, facts, rest, row, serving
from tests.feeds.workdays.books import at

__all__ = ["rest"]


async def test_a_system_that_does_not_turn_its_pages_is_told_and_its_position_stays(rest: Any) -> None:
    system = Pages(7)

    async def first_page(request: web.Request) -> web.StreamResponse:
        system.queries.append(dict(request.query))
        return web.json_response({"code": 0, "data": {"list": system.rows[:3], "total": 7}})

    async with serving(first_page) as url:
        for changes in ({}, {"total": "data.total"}):
            feed = rest(url, **changes)
            result = await feed.fetch(NOW)
            assert "repeats the one before it" in result.problem
            assert [item.table for item in result.items] == ["case"] * 3
            await feed.fetch(NOW)
            assert system.queries[-1]["startTime"] == "2025-10-24 10:00:00"


async def test_pages_that_shrink_while_they_are_read_lose_no_row(rest: Any) -> None:
    system = Pages(9)

    async def shrinking(request: web.Request) -> web.StreamResponse:
        answer = await system.answer(request)
        if int(request.query["pageNo"]) == 1 and len(system.rows) == 9:
            del system.rows[0]
        return answer

    async with serving(shrinking) as url:
        read = facts(await rest(url, total="data.total").fetch(NOW))
    assert {fact.number for fact in read} == {f"N{n:04}" for n in range(9)}


async def test_a_system_that_fails_amid_its_pages_keeps_what_it_gave_and_goes_on_there(rest: Any) -> None:
    system = Pages(12)

    async def failing(request: web.Request) -> web.StreamResponse:
        system.status = 503 if request.query["pageNo"] == "3" and len(system.queries) < 3 else 200
        return await system.answer(request)

    async with serving(failing) as url:
        feed = rest(url)
        result = await feed.fetch(NOW)
        assert ("503" in result.problem, len(facts(result)), result.items[-1].table) == (True, 6, "case")
        result = await feed.fetch(NOW)
        assert (result.problem, len(facts(result)), result.items[-1].table) == ("", 6, "heard")
    assert [query["pageNo"] for query in system.queries] == ["1", "2", "3", "2", "3", "4", "5"]


async def test_a_slow_system_is_read_over_several_rounds(rest: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    system = Pages(12)
    monkeypatch.setattr("collectors.approvals.feed.BUDGET", 0.0)
    async with serving(system.answer) as url:
        feed = rest(url)
        rounds = [await feed.fetch(NOW) for _ in range(6)]
    assert sorted({fact.number for result in rounds for fact in facts(result)}) == [f"N{n:04}" for n in range(12)]
    assert [result.more for result in rounds[:5]] == [True, True, True, True, False]
    heard = rounds[4].items[-1]
    assert isinstance(heard, CaseFact)
    assert heard.table == "heard"


async def test_newest_rows_first_over_several_rounds_lose_none(rest: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    system = Pages(12)
    for n, sent_row in enumerate(system.rows):
        sent_row["cd_time"] = f"2026-11-{27 - n:02} 09:00:00"
    monkeypatch.setattr("collectors.approvals.feed.ROWS_AT_ONCE", 3)
    async with serving(system.answer) as url:
        feed = rest(url)
        rounds = [await feed.fetch(NOW) for _ in range(6)]
        assert len({fact.number for result in rounds for fact in facts(result)}) == 12
        await feed.fetch(NOW)
    assert system.queries[-1]["startTime"] == "2026-11-27 08:55:00"


async def test_a_system_that_stands_still_in_office_hours_is_told_and_not_heard(rest: Any) -> None:
    system = Pages(1)
    async with serving(system.answer) as url:
        feed = rest(url, quiet_after=1800.0)
        friday = at("2026-11-27T16:00")
        await feed.fetch(friday)
        monday = at("2026-11-30T08:59")  # 90 minutes of office time are left on Friday
        result = await feed.fetch(monday)
        assert ("no new row for 90 minutes" in result.problem, result.items) == (True, ())
        system.rows.append(row(2))
        result = await feed.fetch(monday + 60)
        assert (result.problem, result.items[-1].table) == ("", "heard")


# -- sweeps --------------------------------------------------------------------------


def swept(result: FetchResult) -> list[dict[str, Any]]:
    """The parts of a sweep."""
    return [item.body for item in result.items if isinstance(item, CaseFact) and item.table == "sweep"]


async def test_a_sweep_reads_everything_again_and_ends_with_the_numbers_that_exist(rest: Any) -> None:
    system = Pages(7)
    table = CaseTable(name="case", map=MAP, sweep=SweepSettings(minute=150))
    async with serving(system.answer) as url:
        feed = rest(url, tables=(table,))
        await feed.fetch(NOW)
        del system.rows[2]
        night = at("2026-11-29T02:29")
        assert swept(await feed.fetch(night)) == []
        result = await feed.fetch(night + 90)
        [part] = swept(result)
        assert part["numbers"] == [f"N{n:04}" for n in range(7) if n != 2]
        assert (part["last"], part["by"], part["began"], part["hold"]) == (True, "changed", night + 90, 0.01)
        assert len(facts(result)) == 7  # six rows again, and the part
        assert swept(await feed.fetch(night + 180)) == []


async def test_a_sweep_that_the_source_interrupts_begins_anew(rest: Any) -> None:
    system = Pages(4)
    table = CaseTable(name="case", map=MAP, sweep=SweepSettings(minute=150))
    broken: list[int] = []

    async def answer(request: web.Request) -> web.StreamResponse:
        system.code = 500 if broken and "2025" in request.query["startTime"] else 0
        return await system.answer(request)

    async with serving(answer) as url:
        feed = rest(url, tables=(table,))
        await feed.fetch(NOW)
        night = at("2026-11-29T02:31")
        broken.append(1)
        result = await feed.fetch(night)
        assert ("code = '500'" in result.problem, swept(result)) == (True, [])
        broken.clear()
        assert swept(await feed.fetch(night + 60)) == []
        assert len(swept(await feed.fetch(night + 601))) == 1


async def test_what_the_bus_lost_is_swept_at_once(rest: Any) -> None:
    system = Pages(2)
    table = CaseTable(name="case", map=MAP, sweep=SweepSettings(minute=150))
    async with serving(system.answer) as url:
        feed = rest(url, tables=(table,))
        await feed.fetch(NOW)
        feed.forget()
        assert len(swept(await feed.fetch(NOW + 60))) == 1
