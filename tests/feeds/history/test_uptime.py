"""How long everything was what: unknown is never up, maintenance counts apart, nothing counts before it came."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from hypothesis import given
from hypothesis import strategies as st

from feeds.history import HistoryStore, health_spans, seconds_by_health
from feeds.history.uptime import Mask, Tally, Uptime, common, joined, without
from feeds.inventory.membership import About, Member
from feeds.journal import Journal
from feeds.model import Health
from tests.feeds.history.rig import store_at

T0 = 1_800_000_000.0
DAY = 86400.0


@pytest_asyncio.fixture
async def store(journal_url: str) -> AsyncIterator[HistoryStore]:
    one = store_at(journal_url)
    await one.open()
    yield one
    await one.close()


class Past:
    """What was, in seconds after T0."""

    def __init__(self, journal: Journal, store: HistoryStore) -> None:
        self.journal, self.store, self.uptime = journal, store, Uptime(journal, store)

    async def health(self, asset: str, *words: tuple[float, str]) -> None:
        async with self.journal.begin() as tx:
            for at, name in words:
                seq = await tx.append(kind="health", name=name, subject=asset, at=T0 + at)
                await tx.put("health", asset, {"health": name, "since": T0 + at, "before": ""}, seq=seq)

    async def window(self, id: str, match: dict[str, Any], *steps: tuple[float, str]) -> None:
        whole = {"assets": [], "region": "", "kinds": []} | match
        async with self.journal.begin() as tx:
            for at, name in steps:
                seq = await tx.append(kind="maintenance", name=name, subject=id, at=T0 + at)
                await tx.put("maintenance", id, {"match": whole}, seq=seq)

    async def watched(self, *spans: tuple[float, float]) -> None:
        for low, high in spans:
            await self.store.note_watched(T0 + low, T0 + high)

    async def tally(
        self, start: float, end: float, *, now: float = 1e6, members: dict[str, Member] | None = None, of: str = "a"
    ) -> Tally:
        found = await self.uptime.tallies(members or {of: member()}, T0 + start, T0 + end, T0 + now)
        return found[of]


def member(*spans: tuple[float, float | None], kind: str = "pump", region: str = "532301") -> Member:
    about = About(name="泵", kind=kind, region=region, owner="水务局")
    return Member(about, [(T0 + low, None if high is None else T0 + high) for low, high in spans or ((-1e9, None),)])


@pytest.fixture
def past(journal: Journal, store: HistoryStore) -> Past:
    return Past(journal, store)


async def test_ok_and_degraded_are_up_and_what_nobody_watched_is_not(past: Past) -> None:
    await past.watched((0, 600), (700, 1000))
    await past.health("a", (0, "ok"), (100, "degraded"), (200, "down"), (300, "unknown"), (400, "ok"))
    found = await past.tally(0, 1000)
    assert found == Tally(up=100 + 100 + 200 + 300, degraded=100, down=100, unknown=100 + 100)
    assert (found.availability, found.of_known, found.coverage) == (0.7, 0.875, 0.8)


async def test_the_word_from_before_holds_and_so_does_the_last_one(past: Past) -> None:
    await past.watched((-1000, 5000))
    await past.health("a", (-500, "down"), (100, "ok"))
    assert await past.tally(0, 400) == Tally(up=300, down=100)
    await past.health("a", (600, "down"))
    assert await past.tally(200, 500) == Tally(up=300), "what comes after the interval is nothing to it"
    assert await past.tally(0, 5000, now=1600) == Tally(up=500, down=1100)


async def test_nothing_counts_before_it_came_nor_after_it_went(past: Past) -> None:
    await past.watched((0, 1000))
    await past.health("a", (300, "ok"), (500, "down"))
    assert await past.tally(0, 1000, members={"a": member((200, 600))}) == Tally(up=200, down=100, unknown=100)
    twice = {"a": member((200, 400), (700, None))}
    assert await past.tally(0, 1000, members=twice) == Tally(up=100, down=300, unknown=100)
    assert await past.uptime.tallies({"a": member((2000, None))}, T0, T0 + 1000, T0 + 1e6) == {}


async def test_one_that_was_known_before_inventories_were_kept_counts_from_the_beginning(past: Past) -> None:
    await past.watched((0, 1000))
    await past.health("a", (-50, "ok"))
    assert await past.tally(0, 1000, members={"a": member((800, None))}) == Tally(up=1000)


async def test_a_silent_newcomer_is_unknown_and_so_not_up(past: Past) -> None:
    await past.watched((0, 1000))
    found = await past.tally(0, 1000, members={"a": member((400, None))})
    assert found == Tally(unknown=600)
    assert (found.availability, found.of_known, found.coverage) == (0.0, None, 0.0)


async def test_maintenance_counts_apart_whatever_the_asset_was(past: Past) -> None:
    await past.watched((0, 1000))
    await past.health("a", (0, "ok"), (150, "down"), (350, "ok"))
    await past.window("w", {"assets": ["a"]}, (100, "created"), (100, "began"), (300, "ended"))
    await past.window("x", {"kinds": ["camera"]}, (0, "began"), (900, "ended"))
    assert await past.tally(0, 1000) == Tally(up=100 + 650, down=50, maintenance=200)
    assert await past.tally(120, 200) == Tally(maintenance=80), "it was open before the interval and after it"
    found = await past.tally(120, 200)
    assert (found.availability, found.coverage) == (None, None)


async def test_windows_that_come_back_overlap_or_are_open_still(past: Past) -> None:
    await past.watched((0, 1000))
    await past.health("a", (0, "ok"))
    await past.window("w", {"region": "532300"}, (0, "created"), (100, "began"), (200, "paused"), (300, "began"))
    await past.window("v", {"kinds": ["pump"]}, (150, "began"), (350, "ended"))
    assert await past.tally(0, 400) == Tally(up=100, maintenance=300)
    assert await past.tally(0, 1000, now=500) == Tally(up=100, maintenance=400)


async def test_a_restart_of_minutes_is_unknown_and_the_present_minute_is_watched(past: Past) -> None:
    await past.watched((0, 300), (420, 900))
    await past.health("a", (0, "ok"))
    assert await past.tally(0, 1000, now=960) == Tally(up=300 + 540, unknown=120)
    assert await past.tally(0, 1000, now=1200) == Tally(up=300 + 480, unknown=120 + 100)


async def test_months_add_up_to_the_whole(past: Past) -> None:
    await past.watched((0, 40 * DAY))
    words = [(3600.0 * 7 * number, ("ok", "down", "degraded", "unknown")[number % 4]) for number in range(130)]
    await past.health("a", *words)
    whole, parts = await past.tally(0, 40 * DAY, now=1e9), Tally()
    for start, end in ((0, 9.3), (9.3, 31), (31, 40)):
        parts.add(await past.tally(start * DAY, end * DAY, now=1e9))
    assert parts == whole
    assert whole.service == 40 * DAY


async def test_all_at_once_says_what_one_by_one_says(past: Past) -> None:
    await past.watched((0, 5000), (5500, 9000))
    members = {f"a{number}": member() for number in range(20)}
    for number, id in enumerate(members):
        await past.health(
            id,
            *(
                (float(at), ("ok", "down", "unknown", "degraded")[(at // 300 + number) % 4])
                for at in range(0, 9000, 300 + 7 * number)
            ),
        )
    found = await past.uptime.tallies(members, T0 + 100, T0 + 8000, T0 + 1e6)
    for id, tally in found.items():
        spans = await health_spans(past.journal, past.store, id, T0 + 100, T0 + 8000, T0 + 1e6)
        seconds = seconds_by_health(spans)
        assert tally.up == pytest.approx(seconds[Health.OK] + seconds[Health.DEGRADED])
        assert (tally.down, tally.unknown) == pytest.approx((seconds[Health.DOWN], seconds[Health.UNKNOWN]))


SPANS = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), max_size=8).map(joined)


@given(SPANS, SPANS, st.integers(0, 60), st.integers(0, 60))
def test_spans_are_sets_of_moments(first: Any, second: Any, start: int, end: int) -> None:
    def moments(spans: Any) -> set[int]:
        return {at for low, high in spans for at in range(low, high)}

    assert moments(common(first, second)) == moments(first) & moments(second)
    assert moments(without(first, second)) == moments(first) - moments(second)
    inside = {at for at in moments(first) if start <= at < end}
    assert Mask(first).between(start, end) == len(inside)
    assert Mask(first).length == len(moments(first))
