"""Queries over the history: open hours, fresh rollups and packed rollups combined."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import numpy as np

from feeds.bus import Bus
from feeds.clock import Clock, now
from feeds.history import schema
from feeds.history.closing import fresh_rollups, readable
from feeds.history.codec import Floats, Ints, Records, decode_points, decode_rollups
from feeds.history.hot import SLOTS, OpenHours, times_of
from feeds.history.rollup import BLOCK, DAY, FIVE, HOUR, combine, in_order, joined, merged, roll
from feeds.history.schema import key_of
from feeds.history.settings import HistorySettings
from feeds.history.store import HistoryStore, Series

Points = tuple[Ints, Floats]


class HistoryReader:
    """Read access to the recorded history. Raises the errors of the bus and the journal."""

    def __init__(self, store: HistoryStore, bus: Bus, keep: HistorySettings, clock: Clock = now) -> None:
        self.store = store
        self.keep = keep
        self._hot = OpenHours(bus)
        self._clock = clock

    def finest(self, start: float) -> int:
        """The finest step (seconds; 1: raw points) still retained for a start time."""
        age = self._clock() - start
        return 1 if age <= self.keep.keep_raw else FIVE if age <= self.keep.keep_5m else HOUR

    async def series_of(self, asset: str) -> list[Series]:
        """The series of an asset, by name of metric."""
        return await self.store.series_of(asset)

    async def points(self, series: Sequence[Series], start: float, end: float) -> list[Points]:
        """Points of each series in start <= t < end, with times in epoch milliseconds."""
        first, last = _span(start, end, HOUR)
        # Read open hours first: an hour that closes meanwhile is then found in SQL.
        hot = await self._hot_points(series, [hour for hour in await self._hot.hours() if first <= hour < last])
        keys = [key_of(hour, entry.id) for entry in series for hour in range(first, last)]
        rows = await self.store.chunks(schema.raw, keys)
        return await asyncio.to_thread(_points, series, (start, end), rows, hot)

    async def rollups(self, series: Sequence[Series], start: float, end: float, step: int) -> list[Records]:
        """Rollups of `step` seconds (a multiple of 300) of each series that begin in start <= t < end.

        `start` is moved back to the start of its bucket. Buckets without points are absent.
        """
        start = start // step * step
        base, table, span = (FIVE, schema.five, DAY) if step < HOUR else (HOUR, schema.hour, BLOCK)
        first, last = _span(start, end, HOUR)
        hot = await self._hot_points(series, [hour for hour in await self._hot.hours() if first <= hour < last])
        spilled = await self.store.chunks(schema.raw, [key_of(hour, key) for key in hot for hour in hot[key]])
        oldest = await self.store.first_key(schema.fresh)
        from_hour = last if oldest is None else max(first, oldest >> schema.SERIES_BITS)
        fresh = await self.store.chunks(
            schema.fresh, [key_of(hour, entry.id) for entry in series for hour in range(from_hour, last)]
        )
        begin, stop = _span(start, end, span)
        rows = await self.store.chunks(table, [key_of(at, entry.id) for entry in series for at in range(begin, stop)])

        def merge_rollups() -> list[Records]:
            parts = _by_series(rows, fresh, base)
            return [
                _cut(
                    merged(joined((*parts.get(entry.id, ()), *_open(hot.get(entry.id, {}), spilled, entry.id, base)))),
                    start,
                    end,
                    step,
                )
                for entry in series
            ]

        return await asyncio.to_thread(merge_rollups)

    async def _hot_points(self, series: Sequence[Series], hours: Sequence[int]) -> dict[int, dict[int, Points]]:
        """Points of open hours, by series and hour."""
        points: dict[int, dict[int, Points]] = {}
        groups = sorted({entry.id // SLOTS for entry in series})
        for hour in hours:
            read = await self._hot.read(hour, groups)
            for entry in series:
                records = read.get(entry.id // SLOTS)
                if records is None:
                    continue
                mine = records[records["slot"] == entry.id % SLOTS]
                if len(mine):
                    points.setdefault(entry.id, {})[hour] = times_of(mine, hour), mine["value"]
        return points


def _span(start: float, end: float, size: int) -> tuple[int, int]:
    """The first unit of `size` seconds that overlaps the interval, and the one after the last."""
    return int(start // size), int(-(-end // size))


def _points(
    series: Sequence[Series], interval: tuple[float, float], rows: dict[int, bytes], hot: dict[int, dict[int, Points]]
) -> list[Points]:
    parts: dict[int, list[Points]] = {}
    for key in sorted(rows):
        parts.setdefault(key & schema.SERIES_MASK, []).extend(readable(decode_points, [rows[key]]))
    low, high = (int(moment * 1000) for moment in interval)
    series_points = []
    for entry in series:
        mine = parts.get(entry.id, []) + list(hot.get(entry.id, {}).values())
        if not mine:
            series_points.append((np.empty(0, np.int64), np.empty(0, np.float64)))
            continue
        times, values = in_order(np.concatenate([p[0] for p in mine]), np.concatenate([p[1] for p in mine]))
        begin, end = np.searchsorted(times, (low, high)).tolist()
        series_points.append((times[begin:end], values[begin:end]))
    return series_points


def _by_series(rows: dict[int, bytes], fresh: dict[int, bytes], base: int) -> dict[int, list[Records]]:
    """Packed rollups, then fresh ones, which win where both exist."""
    parts: dict[int, list[Records]] = {}
    for key in sorted(rows):
        parts.setdefault(key & schema.SERIES_MASK, []).extend(readable(decode_rollups, [rows[key]]))
    hours: dict[int, list[bytes]] = {}
    for key in sorted(fresh):
        hours.setdefault(key & schema.SERIES_MASK, []).append(fresh[key])
    for series_id, bodies in hours.items():
        parts.setdefault(series_id, []).append(fresh_rollups(bodies, base))
    return parts


def _open(hot: dict[int, Points], spilled: dict[int, bytes], series_id: int, base: int) -> list[Records]:
    """Rollups of open hours, computed from their points."""
    parts = []
    for hour, (times, values) in sorted(hot.items()):
        body = spilled.get(key_of(hour, series_id))
        for old_times, old_values in readable(decode_points, [body] if body else []):
            times, values = np.concatenate((old_times, times)), np.concatenate((old_values, values))
        parts.append(roll(*in_order(times, values), base))
    return parts


def _cut(records: Records, start: float, end: float, step: int) -> Records:
    low, high = np.searchsorted(records["at"].astype(np.float64), (start, end)).tolist()
    return combine(records[low:high], step)
