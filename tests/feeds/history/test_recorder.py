"""The recorder over a real Valkey and a real store: a kill at any point loses and repeats nothing."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from hypothesis import given, settings
from hypothesis import strategies as st

from feeds.bus import Bus, BusFull, BusLost
from feeds.history import HistorySettings, RecordingLoop, recorder, schema
from feeds.history.rollup import DAY, HOUR
from feeds.history.schema import SERIES_BITS
from feeds.journal import JournalLost
from tests import patience
from tests.feeds.history.rig import BASE, Rig, hot_keys, seen, store_at
from tests.patience import until
from watchfloor.runtime import valkey

_sites = itertools.count()


class Killed(Exception):
    """The process ended here."""


@pytest_asyncio.fixture
async def rig(bus: Bus, journal_url: str) -> AsyncIterator[Rig]:
    rig = Rig(bus, store_at(journal_url))
    await rig.open()
    yield rig
    await rig.store.close()


async def fill(rig: Rig, hours: int, every: float = 60.0) -> None:
    """Record and close one value a minute for some hours."""
    for hour in range(hours):
        start = BASE + hour * HOUR
        for n in range(int(HOUR / every)):
            at = start + n * every
            await rig.send(seen(at, hour * 100.0 + n), at=at)
        await rig.work(start + HOUR)
    await rig.work(BASE + hours * HOUR + 301)


async def test_points_are_read_back_before_and_after_their_hour_closes(rig: Rig) -> None:
    for n in range(60):
        await rig.send(seen(BASE + 60 * n, 20.0 + n), at=BASE + 60 * n)
    await rig.work(BASE + 3600)
    expected = [(60.0 * n, 20.0 + n) for n in range(60)]
    assert await rig.points() == expected
    assert await hot_keys(rig.bus)
    await rig.work(BASE + 3600 + 301)
    assert await hot_keys(rig.bus) == []
    assert await rig.points() == expected


async def test_rollups_are_equal_from_open_hours_fresh_and_packed(rig: Rig) -> None:
    for n in range(60):
        await rig.send(seen(BASE + 60 * n, float(n)), at=BASE + 60 * n)
    await rig.work(BASE + 3600)
    hot = await rig.rollups(300, BASE, BASE + HOUR)
    assert hot[:2] == [(0, 5, 0.0, 4.0, 2.0), (300, 5, 5.0, 9.0, 7.0)]
    assert await rig.rollups(3600, BASE, BASE + HOUR) == [(0, 60, 0.0, 59.0, 29.5)]
    await rig.work(BASE + 3600 + 301)
    assert await rig.store.first_key(schema.fresh) is not None
    assert await rig.rollups(300, BASE, BASE + HOUR) == hot
    await rig.work(BASE + DAY)
    assert await rig.store.first_key(schema.fresh) is None
    assert await rig.rollups(300, BASE, BASE + HOUR) == hot
    assert await rig.rollups(3600, BASE, BASE + HOUR) == [(0, 60, 0.0, 59.0, 29.5)]
    assert await rig.rollups(6 * HOUR, BASE, BASE + HOUR) == [(0, 60, 0.0, 59.0, 29.5)]


async def test_a_gap_has_no_rollups(rig: Rig) -> None:
    for at in (0, 10, 1800):
        await rig.send(seen(BASE + at, 1.0), at=BASE + at)
    await rig.work(BASE + 3901)
    assert [at for at, _ in await rig.points()] == [0, 10, 1800]
    assert [at for at, *_ in await rig.rollups(300, BASE, BASE + HOUR)] == [0, 1800]


async def test_entries_read_but_not_flushed_are_read_again(rig: Rig) -> None:
    await rig.send(seen(BASE + 1, 1.0), at=BASE + 1)
    await rig.recorder.step(BASE + 2)
    assert len(rig.recorder.intake) == 1
    await rig.again()
    await rig.work(BASE + 2)
    assert await rig.points() == [(1.0, 1.0)]


async def test_a_new_process_still_recognises_late_points(rig: Rig) -> None:
    await rig.send(seen(BASE + 10, 1.0), at=BASE + 10)
    await rig.work(BASE + 11)
    await rig.again()
    await rig.send(seen(BASE + 10, 9.0), seen(BASE + 5, 9.0), seen(BASE + 20, 2.0), at=BASE + 21)
    await rig.work(BASE + 22)
    assert await rig.points() == [(10.0, 1.0), (20.0, 2.0)]


async def test_the_feed_is_not_trimmed_ahead_of_the_recorder(rig: Rig) -> None:
    stream = rig.bus.keys.feed("network")
    for n in range(300):
        await rig.send(seen(BASE + n, 1.0), at=BASE + n)
    await rig.bus.trim_read({stream: f"{int((BASE + 299) * 1000)}-300"})
    await rig.work(BASE + 300)
    assert len(await rig.points()) == 300
    await rig.bus.trim_read({stream: f"{int((BASE + 299) * 1000)}-300"})
    async with rig.bus.pipeline() as pipe:
        pipe.xlen(stream)
        (length,) = await pipe.execute()
    assert length < 150


def dying(method: Callable[..., Any], at: int, *, before: bool) -> Callable[..., Any]:
    """The method in a process that is killed at its n-th call, just before or just after the call."""
    calls = 0

    async def call(*args: Any, **kwargs: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == at and before:
            raise Killed
        result = await method(*args, **kwargs)
        if calls == at:
            raise Killed
        return result

    return call


KILLS = st.lists(
    st.tuples(st.sampled_from(["put", "put_series", "flush", "drop"]), st.integers(1, 3), st.booleans()), max_size=3
)


@settings(max_examples=patience.examples(25), suppress_health_check=patience.CHECKS)
@given(
    moments=st.lists(st.tuples(st.integers(-200, 7000), st.sampled_from("ab")), min_size=1, max_size=15), kills=KILLS
)
async def test_killed_at_any_point_it_loses_and_repeats_nothing(
    valkey_url: str,
    new_journal_url: Callable[[], str],
    moments: list[tuple[int, str]],
    kills: list[tuple[str, int, bool]],
) -> None:
    outcomes = []
    for deaths in ([], kills):
        bus, store = Bus(valkey_url, f"history-{next(_sites)}"), store_at(new_journal_url())
        rig = Rig(bus, store)
        await rig.open()
        for n, (at, asset) in enumerate(moments):
            # They arrive in this order, one a minute, whatever their own times are.
            await rig.send(seen(BASE + at, float(n), asset=asset), at=BASE + 120 * n + 60)
        for operation, count, before in deaths:
            owner: Any = store if operation.startswith("put") else rig.recorder._hot
            alive = getattr(owner, operation)
            setattr(owner, operation, dying(alive, count, before=before))
            with contextlib.suppress(Killed):
                await rig.work(BASE + 3600 + 301)
            setattr(owner, operation, alive)
            await rig.again()
        for end in (3600.0 + 301, 2.0 * DAY):
            await rig.work(BASE + end)
        assert await hot_keys(bus) == []
        packed = [await store.between(table, [(0, 1 << 62)]) for table in (schema.raw, schema.five, schema.hour)]
        outcomes.append(([(s.asset, s.metric) for s in await store.all_series()], packed))
        await store.close()
        await bus.close()
    assert outcomes[0] == outcomes[1]


async def memory(bus: Bus, limit: int) -> None:
    async with bus.pipeline() as pipe:
        pipe.config_set("maxmemory", limit)
        await pipe.execute()


async def test_when_redis_is_full_open_hours_go_to_sql_and_nothing_is_lost(tmp_path: Path, journal_url: str) -> None:
    server = await valkey.start(tmp_path)
    rig = Rig(Bus(valkey.address(tmp_path).url, "532300"), store_at(journal_url))
    try:
        await rig.open()
        await rig.send(seen(BASE + 1, 1.0), at=BASE + 1)
        await rig.work(BASE + 2)
        await rig.send(seen(BASE + 10, 2.0), at=BASE + 10)
        await memory(rig.bus, 1)
        with pytest.raises(BusFull):
            await rig.work(BASE + 12)
        await rig.recorder.spill()
        assert await hot_keys(rig.bus) == []
        assert await rig.points() == [(1.0, 1.0)]
        await memory(rig.bus, 0)
        await rig.again()
        await rig.work(BASE + 20)
        for at in (20, 3901):
            await rig.work(BASE + at)
            assert await rig.points() == [(1.0, 1.0), (10.0, 2.0)]
            assert await rig.rollups(300, BASE, BASE + HOUR) == [(0, 2, 1.0, 2.0, 1.5)]
            assert await rig.rollups(3600, BASE, BASE + HOUR) == [(0, 2, 1.0, 2.0, 1.5)]
    finally:
        await rig.store.close()
        await rig.bus.close()
        server.terminate()
        await server.wait()


async def test_points_stay_in_redis_while_sql_is_unavailable(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    await rig.send(seen(BASE + 1, 1.0), at=BASE + 1)
    put = rig.store.put_series

    async def away(*_: Any) -> None:
        raise JournalLost("database is locked")

    monkeypatch.setattr(rig.store, "put_series", away)
    with pytest.raises(JournalLost):
        await rig.work(BASE + 6)
    monkeypatch.setattr(rig.store, "put_series", put)
    await rig.work(BASE + 7)
    assert await rig.points() == [(1.0, 1.0)]


async def test_points_and_rollups_are_deleted_after_their_retention(bus: Bus, journal_url: str) -> None:
    rig = Rig(bus, store_at(journal_url), HistorySettings(keep_raw=2 * DAY, keep_5m=4 * DAY, keep_1h=40 * DAY))
    await rig.open()
    await fill(rig, 2)

    async def left(at: float) -> list[bool]:
        await rig.work(at)
        return [await rig.store.first_key(table) is not None for table in (schema.raw, schema.five, schema.hour)]

    assert await left(BASE + DAY) == [True, True, True]
    assert await left(BASE + 3 * DAY) == [False, True, True]
    assert await left(BASE + 6 * DAY) == [False, False, True]
    assert await left(BASE + 80 * DAY) == [False, False, False]
    await rig.store.close()


async def test_a_series_is_stored_once_and_follows_changes_of_its_unit(rig: Rig) -> None:
    await rig.send(seen(BASE + 1, 1.0, instance="GE0/0/1"), at=BASE + 1)
    await rig.work(BASE + 2)
    await rig.again()
    await rig.send(seen(BASE + 2, 2.0, instance="GE0/0/1", unit="K", fresh_for=60.0), at=BASE + 2)
    await rig.work(BASE + 3)
    (series,) = await rig.history.series_of("a")
    assert (series.id, series.metric, series.unit, series.fresh_for) == (1, "snmp.temp[GE0/0/1]", "K", 60.0)
    assert await rig.points("snmp.temp[GE0/0/1]") == [(1.0, 1.0), (2.0, 2.0)]


async def test_observed_spans_are_stored_and_an_outage_leaves_a_gap(rig: Rig) -> None:
    for at in (0, 60, 120):
        await rig.work(BASE + at)
    await rig.again()
    await rig.work(BASE + 180)
    await rig.again()
    for at in (5000, 5060):
        await rig.work(BASE + at)
    assert await rig.store.watched(BASE - 10, BASE + 9000) == [(BASE, BASE + 180), (BASE + 5000, BASE + 5060)]


async def test_rows_of_an_hour_are_adjacent(rig: Rig) -> None:
    await fill(rig, 2, every=600.0)
    keys = sorted(await rig.store.between(schema.raw, [(0, 1 << 62)]))
    assert [key >> SERIES_BITS for key in keys] == [int(BASE // HOUR), int(BASE // HOUR) + 1]


async def test_a_server_that_is_killed_and_comes_back_costs_no_point(
    tmp_path: Path, journal_url: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(recorder, "PULL", 0.01)
    server, url = await valkey.start(tmp_path), valkey.address(tmp_path).url
    rig = Rig(Bus(url, "532300"), store_at(journal_url))
    ticks = itertools.count()
    # Each read of the clock advances half a second, so that points are flushed soon.
    recording = RecordingLoop(
        Bus(url, "532300"), store_at(journal_url), rig.keep, lambda: BASE + 60 + next(ticks) * 0.5
    )
    work = asyncio.create_task(recording.run())
    try:
        await rig.open()
        await rig.send(seen(BASE + 1, 1.0), at=BASE + 1)
        await until(lambda: recording.recorder.intake.taken == 1)
        server.kill()
        await server.wait()
        await until(lambda: "history: cannot be written" in caplog.text)
        server = await valkey.start(tmp_path)
        with contextlib.suppress(BusLost):
            await rig.bus.open()
        await rig.send(seen(BASE + 2, 2.0), at=BASE + 2)
        await until(lambda: recording.recorder.intake.taken == 2)
        assert await rig.points() == [(1.0, 1.0), (2.0, 2.0)]
        assert caplog.text.count("history: cannot be written") == 1
    finally:
        work.cancel()
        await asyncio.wait([work])
        await rig.store.close()
        await rig.bus.close()
        server.terminate()
        await server.wait()
