"""Uptime tallies: unknown is never up, maintenance is separate, an asset counts only while in the inventory."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from hypothesis import given
from hypothesis import strategies as st

from feeds.history import HistoryStore, health_spans, seconds_by_health
from feeds.history.uptime import Mask, Tally, UptimeCalculator, common, joined, without
from feeds.inventory.membership import AssetAttributes, InventoryMember
from feeds.journal import Journal
from feeds.model import Health
from tests.feeds.history.rig import store_at
from tests.windows import window_document

T0 = 1_800_000_000.0
DAY = 86400.0


@pytest_asyncio.fixture
async def store(journal_url: str) -> AsyncIterator[HistoryStore]:
    history = store_at(journal_url)
    await history.open()
    yield history
    await history.close()


class Past:
    """A recorded past, in seconds after T0."""

    def __init__(self, journal: Journal, store: HistoryStore) -> None:
        self.journal, self.store, self.uptime = journal, store, UptimeCalculator(journal, store)

    async def health(self, asset: str, *transitions: tuple[float, str]) -> None:
        async with self.journal.begin() as tx:
            for at, name in transitions:
                seq = await tx.append(kind="health", name=name, subject=asset, at=T0 + at)
                await tx.put("health", asset, {"health": name, "since": T0 + at, "before": ""}, seq=seq)

    async def window(self, id: str, match: dict[str, Any], *steps: tuple[float, str]) -> None:
        whole = {"assets": [], "region": "", "kinds": []} | match
        async with self.journal.begin() as tx:
            for at, name in steps:
                seq = await tx.append(kind="maintenance", name=name, subject=id, at=T0 + at)
                await tx.put("maintenance", id, window_document(id, whole), seq=seq)

    async def watched(self, *spans: tuple[float, float]) -> None:
        for low, high in spans:
            await self.store.note_watched(T0 + low, T0 + high)

    async def tally(
        self,
        start: float,
        end: float,
        *,
        now: float = 1e6,
        members: dict[str, InventoryMember] | None = None,
        of: str = "a",
    ) -> Tally:
        tallies = await self.uptime.tallies(members or {of: member()}, T0 + start, T0 + end, T0 + now)
        return tallies[of]


def member(*spans: tuple[float, float | None], kind: str = "pump", region: str = "532301") -> InventoryMember:
    about = AssetAttributes(name="泵", kind=kind, region=region, owner="水务局")
    return InventoryMember(
        about, [(T0 + low, None if high is None else T0 + high) for low, high in spans or ((-1e9, None),)]
    )


@pytest.fixture
def past(journal: Journal, store: HistoryStore) -> Past:
    return Past(journal, store)


async def test_ok_and_degraded_are_up_and_unobserved_time_is_not(past: Past) -> None:
    await past.watched((0, 600), (700, 1000))
    await past.health("a", (0, "ok"), (100, "degraded"), (200, "down"), (300, "unknown"), (400, "ok"))
    tally = await past.tally(0, 1000)
    assert tally == Tally(up=100 + 100 + 200 + 300, degraded=100, down=100, unknown=100 + 100)
    assert (tally.availability, tally.of_known, tally.coverage) == (0.7, 0.875, 0.8)


async def test_the_transition_before_the_interval_and_the_last_one_both_last(past: Past) -> None:
    await past.watched((-1000, 5000))
    await past.health("a", (-500, "down"), (100, "ok"))
    assert await past.tally(0, 400) == Tally(up=300, down=100)
    await past.health("a", (600, "down"))
    assert await past.tally(200, 500) == Tally(up=300), "what comes after the interval is nothing to it"
    assert await past.tally(0, 5000, now=1600) == Tally(up=500, down=1100)


async def test_time_before_and_after_membership_in_the_inventory_does_not_count(past: Past) -> None:
    await past.watched((0, 1000))
    await past.health("a", (300, "ok"), (500, "down"))
    assert await past.tally(0, 1000, members={"a": member((200, 600))}) == Tally(up=200, down=100, unknown=100)
    twice = {"a": member((200, 400), (700, None))}
    assert await past.tally(0, 1000, members=twice) == Tally(up=100, down=300, unknown=100)
    assert await past.uptime.tallies({"a": member((2000, None))}, T0, T0 + 1000, T0 + 1e6) == {}


async def test_an_asset_with_results_before_the_first_inventory_counts_from_the_start(past: Past) -> None:
    await past.watched((0, 1000))
    await past.health("a", (-50, "ok"))
    assert await past.tally(0, 1000, members={"a": member((800, None))}) == Tally(up=1000)


async def test_a_new_asset_without_results_is_unknown_and_not_up(past: Past) -> None:
    await past.watched((0, 1000))
    tally = await past.tally(0, 1000, members={"a": member((400, None))})
    assert tally == Tally(unknown=600)
    assert (tally.availability, tally.of_known, tally.coverage) == (0.0, None, 0.0)


async def test_maintenance_is_counted_separately_whatever_the_health(past: Past) -> None:
    await past.watched((0, 1000))
    await past.health("a", (0, "ok"), (150, "down"), (350, "ok"))
    await past.window("w", {"assets": ["a"]}, (100, "created"), (100, "began"), (300, "ended"))
    await past.window("x", {"kinds": ["camera"]}, (0, "began"), (900, "ended"))
    assert await past.tally(0, 1000) == Tally(up=100 + 650, down=50, maintenance=200)
    assert await past.tally(120, 200) == Tally(maintenance=80), "it was open before the interval and after it"
    tally = await past.tally(120, 200)
    assert (tally.availability, tally.coverage) == (None, None)


async def test_recurring_overlapping_and_open_windows_are_merged(past: Past) -> None:
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


async def test_monthly_tallies_add_up_to_the_whole_interval(past: Past) -> None:
    await past.watched((0, 40 * DAY))
    transitions = [(3600.0 * 7 * number, ("ok", "down", "degraded", "unknown")[number % 4]) for number in range(130)]
    await past.health("a", *transitions)
    whole, parts = await past.tally(0, 40 * DAY, now=1e9), Tally()
    for start, end in ((0, 9.3), (9.3, 31), (31, 40)):
        parts.add(await past.tally(start * DAY, end * DAY, now=1e9))
    assert parts == whole
    assert whole.service == 40 * DAY


async def test_tallies_of_all_assets_equal_tallies_of_each(past: Past) -> None:
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
    tallies = await past.uptime.tallies(members, T0 + 100, T0 + 8000, T0 + 1e6)
    for id, tally in tallies.items():
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


async def test_the_month_of_a_hundred_cameras_leaves_out_maintenance_and_our_own_hours(past: Past) -> None:
    """Worked example 20 of video: 7.2 h down, 72 h of maintenance, and 10 h in which nobody observed."""
    hour, month = 3600.0, 720 * 3600.0
    await past.watched((0, 300 * hour), (310 * hour, month))
    cameras = [f"cam-{number}" for number in range(100)]
    for id in cameras:
        await past.health(id, (-hour, "ok"))
    await past.health("cam-0", (100 * hour, "down"), (107.2 * hour, "ok"))
    await past.window("works", {"assets": ["cam-1"]}, (200 * hour, "began"), (272 * hour, "ended"))
    members = {id: member(kind="camera") for id in cameras}
    total = Tally()
    for tally in (await past.uptime.tallies(members, T0, T0 + month, T0 + 2 * month)).values():
        total.add(tally)
    seconds = (total.maintenance, total.unknown, total.down)
    assert seconds == pytest.approx((72 * hour, 1000 * hour, 7.2 * hour))
    assert total.up + total.down == pytest.approx(70_928 * hour)
    assert total.of_known == pytest.approx((100 * 720 - 72 - 1000 - 7.2) / (100 * 720 - 72 - 1000))
    assert round(100 * (total.of_known or 0), 5) == 99.98985
