"""Reading the history: what is hot, what is fresh and what is packed, as one."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import numpy as np

from feeds.bus import Bus
from feeds.clock import Clock, now
from feeds.history import schema
from feeds.history.closing import fresh_rollups, readable
from feeds.history.codec import Floats, Ints, Records, decode_points, decode_rollups
from feeds.history.hot import SLOTS, Hot, times_of
from feeds.history.rollup import BLOCK, DAY, FIVE, HOUR, combine, in_order, joined, merged, roll
from feeds.history.schema import key_of
from feeds.history.settings import HistorySettings
from feeds.history.store import HistoryStore, Series

Points = tuple[Ints, Floats]


class History:
    """One process's view of what was recorded. Errors are those of the bus and the journal."""

    def __init__(self, store: HistoryStore, bus: Bus, keep: HistorySettings, clock: Clock = now) -> None:
        self.store = store
        self.keep = keep
        self._hot = Hot(bus)
        self._clock = clock

    def finest(self, start: float) -> int:
        """The finest step (seconds; 1: points as they came) that is still kept for a time."""
        age = self._clock() - start
        return 1 if age <= self.keep.keep_raw else FIVE if age <= self.keep.keep_5m else HOUR

    async def series_of(self, asset: str) -> list[Series]:
        """The series of an asset."""
        return await self.store.series_of(asset)

    async def points(self, series: Sequence[Series], start: float, end: float) -> list[Points]:
        """For each series its points in start <= t < end, times in epoch milliseconds."""
        first, last = _span(start, end, HOUR)
        # What is hot comes first: an hour that closes meanwhile is then met in SQL.
        hot = await self._hot_points(series, [hour for hour in await self._hot.hours() if first <= hour < last])
        keys = [key_of(hour, one.id) for one in series for hour in range(first, last)]
        rows = await self.store.chunks(schema.raw, keys)
        return await asyncio.to_thread(_points, series, (start, end), rows, hot)

    async def rollups(self, series: Sequence[Series], start: float, end: float, step: int) -> list[Records]:
        """For each series its rollups of `step` seconds (a multiple of 300) that begin in start <= t < end.

        `start` is moved back to the beginning of its bucket. Buckets without points are not there.
        """
        start = start // step * step
        base, table, span = (FIVE, schema.five, DAY) if step < HOUR else (HOUR, schema.hour, BLOCK)
        first, last = _span(start, end, HOUR)
        hot = await self._hot_points(series, [hour for hour in await self._hot.hours() if first <= hour < last])
        spilled = await self.store.chunks(schema.raw, [key_of(hour, key) for key in hot for hour in hot[key]])
        oldest = await self.store.first_key(schema.fresh)
        from_hour = last if oldest is None else max(first, oldest >> schema.SERIES_BITS)
        fresh = await self.store.chunks(
            schema.fresh, [key_of(hour, one.id) for one in series for hour in range(from_hour, last)]
        )
        begin, stop = _span(start, end, span)
        rows = await self.store.chunks(table, [key_of(at, one.id) for one in series for at in range(begin, stop)])

        def found() -> list[Records]:
            parts = _by_series(rows, fresh, base)
            return [
                _cut(
                    merged(joined((*parts.get(one.id, ()), *_open(hot.get(one.id, {}), spilled, one.id, base)))),
                    start,
                    end,
                    step,
                )
                for one in series
            ]

        return await asyncio.to_thread(found)

    async def _hot_points(self, series: Sequence[Series], hours: Sequence[int]) -> dict[int, dict[int, Points]]:
        """Points of open hours by series and hour."""
        found: dict[int, dict[int, Points]] = {}
        groups = sorted({one.id // SLOTS for one in series})
        for hour in hours:
            read = await self._hot.read(hour, groups)
            for one in series:
                records = read.get(one.id // SLOTS)
                if records is None:
                    continue
                mine = records[records["slot"] == one.id % SLOTS]
                if len(mine):
                    found.setdefault(one.id, {})[hour] = times_of(mine, hour), mine["value"]
        return found


def _span(start: float, end: float, size: int) -> tuple[int, int]:
    """The first unit of `size` seconds that holds a part of the interval, and the one after the last."""
    return int(start // size), int(-(-end // size))


def _points(
    series: Sequence[Series], interval: tuple[float, float], rows: dict[int, bytes], hot: dict[int, dict[int, Points]]
) -> list[Points]:
    parts: dict[int, list[Points]] = {}
    for key in sorted(rows):
        parts.setdefault(key & schema.SERIES_MASK, []).extend(readable(decode_points, [rows[key]]))
    low, high = (int(moment * 1000) for moment in interval)
    found = []
    for one in series:
        mine = parts.get(one.id, []) + list(hot.get(one.id, {}).values())
        if not mine:
            found.append((np.empty(0, np.int64), np.empty(0, np.float64)))
            continue
        times, values = in_order(np.concatenate([p[0] for p in mine]), np.concatenate([p[1] for p in mine]))
        begin, end = np.searchsorted(times, (low, high)).tolist()
        found.append((times[begin:end], values[begin:end]))
    return found


def _by_series(rows: dict[int, bytes], fresh: dict[int, bytes], base: int) -> dict[int, list[Records]]:
    """Packed rollups, then fresh ones, which count where both are."""
    parts: dict[int, list[Records]] = {}
    for key in sorted(rows):
        parts.setdefault(key & schema.SERIES_MASK, []).extend(readable(decode_rollups, [rows[key]]))
    hours: dict[int, list[bytes]] = {}
    for key in sorted(fresh):
        hours.setdefault(key & schema.SERIES_MASK, []).append(fresh[key])
    for one, bodies in hours.items():
        parts.setdefault(one, []).append(fresh_rollups(bodies, base))
    return parts


def _open(hot: dict[int, Points], spilled: dict[int, bytes], series_id: int, base: int) -> list[Records]:
    """Rollups of open hours, from their points."""
    found = []
    for hour, (times, values) in sorted(hot.items()):
        body = spilled.get(key_of(hour, series_id))
        for old_times, old_values in readable(decode_points, [body] if body else []):
            times, values = np.concatenate((old_times, times)), np.concatenate((old_values, values))
        found.append(roll(*in_order(times, values), base))
    return found


def _cut(records: Records, start: float, end: float, step: int) -> Records:
    low, high = np.searchsorted(records["at"].astype(np.float64), (start, end)).tolist()
    return combine(records[low:high], step)
