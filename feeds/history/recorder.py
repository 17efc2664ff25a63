"""The recorder: follows the network feed with its own cursor and records its observations."""

from __future__ import annotations

import asyncio
import logging
from collections import deque

import numpy as np

from feeds.bus import Bus, BusError, BusFull, entry_order
from feeds.clock import MENDED_WITHIN, Clock, DeletionGuard, now
from feeds.history.closing import close_groups, drop_expired, pack_page
from feeds.history.hot import NAME, SLOTS, OpenHours, times_of
from feeds.history.intake import GRACE, HistoryIntake
from feeds.history.rollup import HOUR
from feeds.history.settings import HistorySettings
from feeds.history.store import HistoryStore
from feeds.journal import JournalLost

log = logging.getLogger(__name__)

FEED = "network"
PULL = 0.5
"""Seconds between two reads of the feed while the load is low."""
ENTRIES = 50
FLUSH_EVERY = 5.0
FLUSH_AT = 20_000
"""Maximum number of waiting points, whatever the time."""
CLOSE_AT_ONCE = 8
"""Groups closed between two reads of the feed: some milliseconds of work."""
TIDY_EVERY = 60.0
BACKOFF = (0.1, 2.0)
BEAT = 1.0


class Recorder:
    """Takes in observations, flushes points, closes hours, packs days and deletes expired rows."""

    def __init__(self, store: HistoryStore, keep: HistorySettings, clock: Clock = now) -> None:
        self.keep = keep
        self._guard = DeletionGuard(clock)
        self.intake = HistoryIntake()
        self._store = store
        self._restored = False
        self._cursor = "0-0"
        self._caught_up = False
        self._hours: set[int] = set()
        self._closing: deque[tuple[int, list[int]]] = deque()
        self._flushed = self._tidied = 0.0
        self._watched = (0.0, 0.0)

    async def open(self, bus: Bus, now: float) -> None:
        """Resume after the last flush, and read the newest time of each series from the open hours."""
        self._hot, self._stream = OpenHours(bus), bus.keys.feed(FEED)
        if not self._restored:
            self.intake.know(await self._store.all_series())
            spans = await self._store.watched(0.0, 2 * now)
            self._watched = spans[-1] if spans else (0.0, 0.0)
            if spans and now - self._watched[1] > MENDED_WITHIN:
                self._guard.distrust()  # the site was off for long, or the clock was set forward meanwhile
            self._restored = True
        saved = await bus.saved(NAME)
        self._cursor = saved.cursors.get(self._stream, "0-0")
        if self._stream in saved.cursors and await bus.gap(self._stream, self._cursor):
            log.warning("history: the feed was trimmed before it was recorded; points are missing")
        self._closing.clear()
        self.intake.forget()
        self._hours = set(await self._hot.hours())
        await self._recall()
        # From now on the feed is not trimmed past this cursor.
        await self._hot.flush({self._stream: self._cursor}, {}, self._hours)
        self._flushed = now

    async def _recall(self) -> None:
        groups = self._groups()
        for hour in sorted(self._hours):
            for start in range(0, len(groups), CLOSE_AT_ONCE):
                records_by_group = await self._hot.read(hour, groups[start : start + CLOSE_AT_ONCE])
                for group, records in records_by_group.items():
                    newest = np.zeros(SLOTS, np.int64)
                    np.maximum.at(newest, records["slot"], times_of(records, hour))
                    self.intake.recall(np.arange(SLOTS) + group * SLOTS, newest)

    def _groups(self) -> list[int]:
        return list(range(self.intake.series // SLOTS + 1))

    async def step(self, now: float) -> bool:
        """One round of work. Returns True when more can be done at once.

        After BusError call open() again; after JournalLost call step() again.
        """
        more = len(self.intake) < FLUSH_AT and await self._read(now)
        if len(self.intake) >= FLUSH_AT or not 0 <= now - self._flushed < FLUSH_EVERY:
            await self.flush(now)
        return await self._close(now) or more

    async def _read(self, now: float) -> bool:
        entries = await self._hot.entries(self._stream, self._cursor, ENTRIES)
        for entry, body in entries:
            # Stream ids stay ahead after the server's clock was ahead; the local clock counts then.
            self.intake.take(body, min(now, entry_order(entry)[0] / 1000))
        if entries:
            self._cursor = entries[-1][0]
        self._caught_up = len(entries) < ENTRIES
        return not self._caught_up

    async def flush(self, now: float) -> None:
        """Write new series to SQL, then points and cursor to Redis."""
        if self.intake.created or self.intake.altered:
            await self._store.put_series(self.intake.created, list(self.intake.altered.values()))
            self.intake.written()
        blocks = self.intake.blocks()
        hours = self._hours | {hour for hour, _ in blocks}
        await self._hot.flush({self._stream: self._cursor}, blocks, hours)
        self._hours = hours
        self.intake.taken += len(self.intake)
        self.intake.clear()
        self._flushed = now

    async def spill(self) -> None:
        """Move open hours to SQL early because Redis is full and can take no more points."""
        groups = self._groups()
        for hour in sorted(self._hours):
            for start in range(0, len(groups), CLOSE_AT_ONCE):
                await close_groups(self._store, self._hot, hour, groups[start : start + CLOSE_AT_ONCE])

    async def _close(self, now: float) -> bool:
        """Close some groups of a completed hour. Run the periodic clean-up when none is left."""
        if not self._closing:
            if not self._caught_up:
                return False
            over = [hour for hour in sorted(self._hours) if (hour + 1) * HOUR + GRACE <= now]
            if not over:
                return await self._tidy(now)
            if len(self.intake):
                await self.flush(now)
            groups = self._groups()
            parts = [groups[start : start + CLOSE_AT_ONCE] for start in range(0, len(groups), CLOSE_AT_ONCE)]
            self._closing.extend((over[0], part) for part in parts)
        hour, part = self._closing[0]
        await close_groups(self._store, self._hot, hour, part)
        self._closing.popleft()
        if not self._closing:
            self._hours.discard(hour)
            await self._hot.flush({}, {}, self._hours)
        return True

    async def _tidy(self, now: float) -> bool:
        if 0 <= now - self._tidied < TIDY_EVERY:
            return False
        await self._note_watched(now)
        open_from = min(self._hours | {int((now - GRACE) // HOUR)})
        if await pack_page(self._store, open_from):
            return True
        if self._guard.allows() and await drop_expired(self._store, self.keep, now):
            return True
        self._tidied = now
        return False

    def figures(self, now: float) -> dict[str, float]:
        """Metrics for the role's heartbeat. Counters run since the start."""
        took = self.intake
        return {
            "series": float(took.series),
            "points": float(took.taken),
            "late": float(took.late),
            "ahead": float(took.ahead),
            "open_hours": float(len(self._hours)),
            "queue_lag_ms": 0.0 if self._caught_up else round(1000 * now - entry_order(self._cursor)[0], 1),
        }

    async def _note_watched(self, now: float) -> None:
        """Extend the span in which observations were taken in, or begin a new one."""
        start, end = self._watched
        if not end <= now <= end + 2.5 * TIDY_EVERY:
            start = now
        self._watched = start, now
        await self._store.note_watched(start, now)


class RecordingLoop:
    """Runs the recorder until cancelled, inside the project role but independent of the projector.

    When the history cannot be written, live data continues, and the feed retains the unrecorded entries.
    """

    def __init__(self, bus: Bus, store: HistoryStore, keep: HistorySettings, clock: Clock = now) -> None:
        self._bus, self._store, self._clock = bus, store, clock
        self.recorder = Recorder(store, keep, clock)
        self._trouble, self._pause = False, BACKOFF[0]

    async def run(self) -> None:
        """Run until cancelled. Log a failure once, retry with back-off, and log the recovery once."""
        try:
            while True:
                await self._connection()
        finally:
            await self._store.close()
            await self._bus.close()

    async def _connection(self) -> None:
        """One connection until it fails, then the pause before the next attempt."""
        try:
            await self._bus.open()
            await self._store.open()
            await self.recorder.open(self._bus, self._clock())
            await self._follow()
        except (BusError, JournalLost) as error:
            self._lost(error)
            if isinstance(error, BusFull):
                await self._spill()
            await asyncio.sleep(self._pause)
            self._pause = min(self._pause * 2, BACKOFF[1])

    async def _follow(self) -> None:
        epoch, beaten = self._bus.epoch, 0.0
        while self._bus.epoch == epoch:
            at, more = self._clock(), False
            try:
                more = await self.recorder.step(at)
                self._recovered()
            except JournalLost as error:
                self._lost(error)
            if not self._trouble and not 0 <= at - beaten < BEAT:
                await self._bus.beat(NAME, at, self.recorder.figures(at))
                beaten = at
            await asyncio.sleep(0.0 if more else PULL)

    async def _spill(self) -> None:
        try:
            await self.recorder.spill()
        except (BusError, JournalLost) as error:
            log.debug("history: open hours stay in Redis: %s", error)

    def _lost(self, error: Exception) -> None:
        if not self._trouble:
            log.warning("history: cannot be written: %s", error)
        self._trouble = True

    def _recovered(self) -> None:
        if self._trouble:
            log.info("history: is written again")
        self._trouble, self._pause = False, BACKOFF[0]

    def set_keep(self, keep: HistorySettings) -> None:
        """Set new retention settings; they apply at the next clean-up."""
        self.recorder.keep = keep
