"""Mapped systems over real HTTP: pages, cursors, repetitions, heartbeats of life."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest
from aiohttp import web

from collectors.emergency.http.feed import MappedFeed
from collectors.errors import Misconfigured, UnexpectedForm
from collectors.settings import SourceSettings
from feeds.mapped.source import OBSERVATIONS, MappedSource
from feeds.receipts import ReceiptReport
from tests.collectors.network.loopback import ANSWERED

NOW = 1_795_800_000.0
SOURCE = MappedSource(
    items="data", map={"id": "id", "at": {"from": "at", "as": "datetime", "format": "epoch_s"}, "text": "text"}
)


def row(id: int, at: float = NOW, text: str = "t") -> dict[str, Any]:
    return {"id": id, "at": int(at), "text": text}


@asynccontextmanager
async def system(
    query: str, answers: list[Any], source: MappedSource = SOURCE
) -> AsyncIterator[tuple[MappedFeed, list[dict[str, str]]]]:
    """A feed of a system on loopback that gives these answers in turn, and the queries that it was asked."""
    queries: list[dict[str, str]] = []

    async def answer(request: web.Request) -> web.Response:
        queries.append(dict(request.query))
        body = answers.pop(0)
        if body is None:
            return web.Response(status=204)
        return web.Response(body=body if isinstance(body, bytes) else json.dumps(body).encode())

    app = web.Application()
    app.router.add_get("/alarms", answer)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}/alarms{query}"
    settings = SourceSettings(id="119", kind="emergency.http", url=url, timeout=ANSWERED, mapped=source)
    MappedFeed.validate(settings)
    feed = MappedFeed(settings, None)
    try:
        yield feed, queries
    finally:
        await feed.close()
        await runner.cleanup()


def ids(items: tuple[object, ...]) -> list[str]:
    return [item.external_id for item in items if isinstance(item, ReceiptReport)]


async def test_rows_come_once_and_a_changed_row_comes_again() -> None:
    answers = [{"data": [row(1), row(2)]}, {"data": [row(1), row(2, text="u")]}, {"data": []}]
    async with system("", answers) as (feed, _):
        assert ids((await feed.fetch(NOW)).items) == ["1", "2"]
        assert ids((await feed.fetch(NOW)).items) == ["2"]
        assert (await feed.fetch(NOW)).items == ()


async def test_pages_are_asked_until_one_is_empty() -> None:
    async with system("?page={page}", [{"data": [row(1)]}, {"data": [row(2)]}, {"data": []}]) as (feed, queries):
        assert ids((await feed.fetch(NOW)).items) == ["1", "2"]
        assert [query["page"] for query in queries] == ["1", "2", "3"]


async def test_a_link_to_the_next_page_is_followed() -> None:
    source = replace(SOURCE, next="next")
    answers = [{"data": [row(1)], "next": "/alarms?n=2"}, {"data": [row(2)], "next": None}]
    async with system("", answers, source) as (feed, queries):
        assert ids((await feed.fetch(NOW)).items) == ["1", "2"]
        assert queries == [{}, {"n": "2"}]


async def test_a_cursor_of_time_goes_on_behind_the_newest_row_and_stays_when_a_round_fails() -> None:
    source = replace(SOURCE, cursor_format="epoch_s", back=3600.0)
    answers = [{"data": [row(1, NOW)]}, b"<html>login</html>", {"data": []}]
    async with system("?since={cursor}", answers, source) as (feed, queries):
        await feed.fetch(NOW)
        with pytest.raises(UnexpectedForm):
            await feed.fetch(NOW)
        await feed.fetch(NOW)
        assert [float(query["since"]) - NOW for query in queries] == [-3600.0, -60.0, -60.0]


async def test_a_cursor_of_the_answer_is_sent_back_as_it_came() -> None:
    source = replace(SOURCE, cursor="meta.next")
    answers = [{"data": [], "meta": {"next": "a/b=="}}, {"data": []}]
    async with system("?c={cursor}", answers, source) as (feed, queries):
        await feed.fetch(NOW)
        await feed.fetch(NOW)
        assert queries[1] == {"c": "a/b=="}


async def test_a_faulty_row_is_told_and_the_others_come() -> None:
    async with system("", [{"data": [row(1), {"id": 2}, row(3)]}]) as (feed, _):
        fetched = await feed.fetch(NOW)
        assert ids(fetched.items) == ["1", "3"]
        assert "1 of 3 rows cannot be mapped: #1: at, text" in fetched.problem


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" \n",
        b"<html>",
        b"{}",
        b'{"data": 5}',
        b'{"code": 401, "msg": "not signed in", "data": null}',
        b'{"code": "40101", "data": []}',
        b'{"success": false, "data": []}',
        b'{"errcode": -1, "data": null}',
    ],
)
async def test_an_answer_without_the_expected_rows_is_a_failure(body: bytes) -> None:
    async with system("", [body]) as (feed, _):
        with pytest.raises(UnexpectedForm):
            await feed.fetch(NOW)


@pytest.mark.parametrize("body", [b'{"code": 200, "data": []}', b'{"code": 0, "data": null}', b'{"data": []}', None])
async def test_an_answer_that_has_no_rows_today_is_a_valid_one(body: bytes | None) -> None:
    async with system("", [body]) as (feed, _):
        assert (await feed.fetch(NOW)).items == ()


async def test_observations_go_to_the_network_feed() -> None:
    source = MappedSource(gives=OBSERVATIONS, metric="river.level", map={"asset": "a", "at": "t", "value": "v"})
    async with system("", [{"a": "river-1", "t": "2026-11-28", "v": 3.5}], source) as (feed, _):
        assert feed.route() == ("network", "observation")
        assert [getattr(item, "value", None) for item in (await feed.fetch(NOW)).items] == [3.5, True]


def test_a_faulty_mapping_is_refused_with_its_reason() -> None:
    settings = SourceSettings(id="x", kind="emergency.http", url="http://h/", mapped=MappedSource(map={"colour": "c"}))
    with pytest.raises(Misconfigured, match="no such target"):
        MappedFeed.validate(settings)
