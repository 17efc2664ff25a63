"""Outages: each span in which an asset was not well; they add up to the seconds of its tally."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from feeds.history import HistoryStore
from feeds.history.outages import KINDS, Outage, outages
from feeds.journal import Journal
from tests.feeds.history.rig import store_at
from tests.feeds.history.test_uptime import T0, Past, member


@pytest_asyncio.fixture
async def store(journal_url: str) -> AsyncIterator[HistoryStore]:
    history = store_at(journal_url)
    await history.open()
    yield history
    await history.close()


@pytest.fixture
def past(journal: Journal, store: HistoryStore) -> Past:
    return Past(journal, store)


async def listed(past: Past, start: float, end: float, *spans: tuple[float, float | None]) -> list[Outage]:
    by_asset = await outages(past.uptime, {"a": member(*spans)}, T0 + start, T0 + end, T0 + 1e6)
    return [Outage(outage.start - T0, outage.end - T0, outage.kind) for outage in by_asset["a"]]


async def test_each_outage_has_its_own_beginning_and_end(past: Past) -> None:
    await past.watched((0, 5000))
    await past.health("a", (-100, "ok"), (1000, "down"), (2080, "ok"), (3000, "degraded"), (3500, "ok"))
    assert await listed(past, 0, 5000) == [Outage(1000, 2080, "down"), Outage(3000, 3500, "degraded")]


async def test_an_outage_is_cut_at_the_ends_of_the_interval(past: Past) -> None:
    await past.watched((0, 5000))
    await past.health("a", (-100, "down"), (1000, "ok"), (4000, "down"))
    assert await listed(past, 500, 4500) == [Outage(500, 1000, "down"), Outage(4000, 4500, "down")]


async def test_what_nobody_observed_is_unknown_and_maintenance_stands_apart(past: Past) -> None:
    await past.watched((0, 400), (600, 1000))
    await past.health("a", (0, "ok"), (300, "down"))
    await past.window("w", {"assets": ["a"]}, (800, "began"), (900, "ended"))
    assert await listed(past, 0, 1000) == [
        Outage(300, 400, "down"),
        Outage(400, 600, "unknown"),
        Outage(600, 800, "down"),
        Outage(800, 900, "maintenance"),
        Outage(900, 1000, "down"),
    ]


async def test_the_spans_of_an_asset_add_up_to_its_tally(past: Past) -> None:
    await past.watched((0, 700), (750, 2000))
    await past.health("a", (100, "degraded"), (180, "down"), (500, "ok"), (900, "unknown"), (1100, "down"))
    await past.window("w", {"kinds": ["pump"]}, (450, "began"), (620, "ended"))
    tally = await past.tally(0, 1500, members={"a": member((50, 1300))})
    sums = dict.fromkeys(KINDS, 0.0)
    for outage in await listed(past, 0, 1500, (50, 1300)):
        sums[outage.kind] += outage.end - outage.start
    assert sums == {kind: getattr(tally, kind) for kind in KINDS}


async def test_an_asset_that_was_well_has_no_outage_and_one_that_was_not_there_is_not_listed(past: Past) -> None:
    await past.watched((0, 1000))
    await past.health("a", (-10, "ok"))
    members = {"a": member(), "b": member((2000, None))}
    assert await outages(past.uptime, members, T0, T0 + 1000, T0 + 1e6) == {"a": []}
