"""Indexes with more new documents than one page or window lists: none is missed."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import pytest

from collectors.emergency.cap import feed as cap_feed
from collectors.emergency.cap import paging, window
from collectors.emergency.cap.feed import CapFeed
from collectors.settings import SourceSettings
from feeds.cap.message import parse
from tests.collectors.emergency.test_cap_feed import ENTRY, INDEX, Centre, documents, feed_of, served
from tests.feeds.cap.samples import alert

PAGE = 3


def named(name: str) -> bytes:
    return alert(identifier=f"<identifier>{name}</identifier>")


def publish(centre: Centre, names: Sequence[str]) -> None:
    """List documents (oldest first) in pages of PAGE, the newest first; each page but the last leads to the next."""
    newest_first = list(reversed(names))
    pages = [newest_first[start : start + PAGE] for start in range(0, len(newest_first), PAGE)]
    for number, page in enumerate(pages):
        following = f'<link rel="next" href="?page={number + 1}"/>' if number + 1 < len(pages) else ""
        entries = "".join(ENTRY.format(name, "1", f"/{name}.xml") for name in page)
        centre.pages[f"/index.atom?page={number}" if number else "/index.atom"] = INDEX.format(
            following + entries
        ).encode()
    centre.pages |= {f"/{name}.xml": named(name) for name in names}


async def fetched(feed: CapFeed) -> list[str]:
    return [parse(document.raw).identifier for document in documents(await feed.fetch(0.0))]


def indexes(centre: Centre) -> list[str]:
    """The pages of the index that were asked for since the last call."""
    requested = [path for path in centre.paths if path.startswith("/index")]
    centre.paths.clear()
    return requested


async def test_pages_are_read_as_far_as_they_hold_what_is_new() -> None:
    names = [f"d{number:02}" for number in range(20)]
    async with served() as centre, feed_of(centre) as feed:
        publish(centre, names[:8])
        assert await fetched(feed) == names[:8]
        assert len(indexes(centre)) == 3
        publish(centre, names[:9])
        assert await fetched(feed) == names[8:9]
        assert indexes(centre) == ["/index.atom", "/index.atom?page=1"]
        publish(centre, names)
        assert await fetched(feed) == names[9:]
        assert await fetched(feed) == []


async def test_pages_that_fail_or_have_no_time_are_read_in_the_next_round(monkeypatch: pytest.MonkeyPatch) -> None:
    names = [f"d{number:02}" for number in range(12)]
    async with served() as centre, feed_of(centre) as feed:
        publish(centre, names)
        whole, centre.pages["/index.atom?page=2"] = centre.pages["/index.atom?page=2"], 503
        first = await feed.fetch(0.0)
        assert "page=2: wrong answer: status 503" in first.problem
        assert len(first.items) == 6
        assert first.more
        centre.pages["/index.atom?page=2"] = whole
        assert await fetched(feed) == names[:6]
        assert await fetched(feed) == []
        feed.forget()
        monkeypatch.setattr(feed._index, "_timeout", -1.0)
        assert await fetched(feed) == names[9:]
        monkeypatch.undo()
        assert await fetched(feed) == names[:9]


async def test_a_page_that_fails_for_good_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paging, "TRIES", 2)
    async with served() as centre, feed_of(centre) as feed:
        publish(centre, ["a", "b", "c", "d"])
        centre.pages["/index.atom?page=1"] = 404
        assert [bool((await feed.fetch(0.0)).problem) for _ in range(3)] == [True, True, False]


async def test_a_round_has_an_end_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paging, "PAGES", 2)
    async with served() as centre, feed_of(centre) as feed:
        publish(centre, [f"d{number:02}" for number in range(12)])
        first = await feed.fetch(0.0)
        assert len(first.items) == 9
        assert "older ones were not read" in first.problem


async def test_pages_in_a_circle_end() -> None:
    async with served() as centre, feed_of(centre) as feed:
        publish(centre, ["a", "b", "c", "d"])
        centre.pages["/index.atom?page=1"] = centre.pages["/index.atom"]
        assert await fetched(feed) == ["b", "c", "d"]


async def test_one_round_of_several_finds_what_came_late_among_older_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paging, "SWEEP", 3)
    async with served() as centre, feed_of(centre) as feed:
        publish(centre, ["a", "b", "c", "d", "e"])
        assert len(await fetched(feed)) == 5
        publish(centre, ["a", "late", "b", "c", "d", "e"])
        assert [await fetched(feed), await fetched(feed)] == [[], ["late"]]


async def test_a_document_without_time_comes_in_the_next_round_though_it_is_no_longer_listed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(cap_feed, "CONCURRENCY", 1)
    async with served() as centre, feed_of(centre) as feed:
        publish(centre, ["a", "b"])
        await feed.fetch(0.0)
        publish(centre, ["c", "d"])
        monkeypatch.setattr(feed, "_settings", SourceSettings(id="cma", kind="emergency.cap", timeout=-1.0))
        starved = await feed.fetch(0.0)
        assert (starved.items, starved.more) == ((), False)
        assert "no time" in starved.problem
        monkeypatch.undo()
        publish(centre, ["e"])
        assert await fetched(feed) == ["c", "d", "e"]


async def test_more_files_than_a_folder_shows_at_the_first_look_come_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(window, "NEWEST", 2)
    feed = CapFeed(SourceSettings(id="drop", kind="emergency.cap", url=tmp_path.as_uri(), timeout=5.0), None)

    def put(names: Sequence[str], at: int) -> None:
        for name in names:
            (tmp_path / f"{name}.xml").write_bytes(named(name))
            os.utime(tmp_path / f"{name}.xml", (at, at))

    put(["a", "b", "c"], 100)
    assert await fetched(feed) == ["b", "c"]
    put(["d", "e", "f"], 200)
    put(["copied"], 50)  # another program keeps the time of the original
    assert await fetched(feed) == ["copied", "d", "e", "f"]
    assert await fetched(feed) == []
    await feed.close()


async def test_more_files_than_a_folder_page_shows_at_the_first_look_come_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(window, "NEWEST", 2)

    def page(*names: str) -> bytes:
        rows = "".join(f'<a href="{name}.xml">{name}</a> 2026-11-28\n' for name in names)
        return f"<html><head><title>Index of /cap</title></head>{rows}</html>".encode()

    async with served() as centre, feed_of(centre, "/cap/") as feed:
        centre.pages |= {f"/cap/{name}.xml": named(name) for name in "abcdef"}
        centre.pages["/cap/"] = page("b", "c", "d")
        assert await fetched(feed) == ["c", "d"]
        centre.pages["/cap/"] = page(*"abcdef")
        assert await fetched(feed) == ["a", "e", "f"]
