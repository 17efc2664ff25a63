"""The recorder: follows the network feed with a cursor of its own and keeps what was collected."""

from __future__ import annotations

import asyncio
import logging
from collections import deque

import numpy as np

from feeds.bus import Bus, BusError, BusFull, entry_order
from feeds.clock import MENDED_WITHIN, Clock, DeletionGuard, now
from feeds.history.closing import close_groups, drop_some, pack_some
from feeds.history.hot import NAME, SLOTS, Hot, times_of
from feeds.history.intake import GRACE, Intake
from feeds.history.rollup import HOUR
from feeds.history.settings import HistorySettings
from feeds.history.store import HistoryStore
from feeds.journal import JournalLost

log = logging.getLogger(__name__)

FEED = "network"
PULL = 0.5
"""Seconds between two looks at the feed while little comes in."""
ENTRIES = 50
FLUSH_EVERY = 5.0
FLUSH_AT = 20_000
"""Points that wait at most, whatever the time."""
CLOSE_AT_ONCE = 8
"""Groups closed between two looks at the feed: some milliseconds of work."""
TIDY_EVERY = 60.0
BACKOFF = (0.1, 2.0)
BEAT = 1.0


class Recorder:
    """Takes observations in, flushes them, closes hours, packs days, drops what is too old."""

    def __init__(self, store: HistoryStore, keep: HistorySettings, clock: Clock = now) -> None:
        self.keep = keep
        self._guard = DeletionGuard(clock)
        self.intake = Intake()
        self._store = store
        self._known = False
        self._cursor = "0-0"
        self._caught_up = False
        self._hours: set[int] = set()
        self._closing: deque[tuple[int, list[int]]] = deque()
        self._flushed = self._tidied = 0.0
        self._watched = (0.0, 0.0)

    async def open(self, bus: Bus, now: float) -> None:
        """Go on where the last flush ended; learn from what is hot how far each series is."""
        self._hot, self._stream = Hot(bus), bus.keys.feed(FEED)
        if not self._known:
            self.intake.know(await self._store.all_series())
            spans = await self._store.watched(0.0, 2 * now)
            self._watched = spans[-1] if spans else (0.0, 0.0)
            if spans and now - self._watched[1] > MENDED_WITHIN:
                self._guard.distrust()  # the site was off for long, or the clock was set forward meanwhile
            self._known = True
        saved = await bus.saved(NAME)
        self._cursor = saved.cursors.get(self._stream, "0-0")
        if self._stream in saved.cursors and await bus.gap(self._stream, self._cursor):
            log.warning("history: the feed was trimmed before it was read; there is a gap")
        self._closing.clear()
        self.intake.forget()
        self._hours = set(await self._hot.hours())
        await self._recall()
        # From now on the feed is not trimmed ahead of us.
        await self._hot.flush({self._stream: self._cursor}, {}, self._hours)
        self._flushed = now

    async def _recall(self) -> None:
        groups = self._groups()
        for hour in sorted(self._hours):
            for start in range(0, len(groups), CLOSE_AT_ONCE):
                found = await self._hot.read(hour, groups[start : start + CLOSE_AT_ONCE])
                for group, records in found.items():
                    newest = np.zeros(SLOTS, np.int64)
                    np.maximum.at(newest, records["slot"], times_of(records, hour))
                    self.intake.recall(np.arange(SLOTS) + group * SLOTS, newest)

    def _groups(self) -> list[int]:
        return list(range(self.intake.series // SLOTS + 1))

    async def step(self, now: float) -> bool:
        """One round of work; True when there is more to do at once. BusError: open again. JournalLost: step again."""
        more = len(self.intake) < FLUSH_AT and await self._read(now)
        if len(self.intake) >= FLUSH_AT or not 0 <= now - self._flushed < FLUSH_EVERY:
            await self.flush(now)
        return await self._close(now) or more

    async def _read(self, now: float) -> bool:
        entries = await self._hot.entries(self._stream, self._cursor, ENTRIES)
        for entry, body in entries:
            # A stream's ids stay ahead when the server's clock was; then our own clock counts.
            self.intake.take(body, min(now, entry_order(entry)[0] / 1000))
        if entries:
            self._cursor = entries[-1][0]
        self._caught_up = len(entries) < ENTRIES
        return not self._caught_up

    async def flush(self, now: float) -> None:
        """New series to SQL, then points and cursor to Redis."""
        if self.intake.made or self.intake.altered:
            await self._store.put_series(self.intake.made, list(self.intake.altered.values()))
            self.intake.written()
        blocks = self.intake.blocks()
        hours = self._hours | {hour for hour, _ in blocks}
        await self._hot.flush({self._stream: self._cursor}, blocks, hours)
        self._hours = hours
        self.intake.taken += len(self.intake)
        self.intake.clear()
        self._flushed = now

    async def spill(self) -> None:
        """Redis is full: what is hot goes to SQL early, for Redis can forget while it can take nothing more."""
        groups = self._groups()
        for hour in sorted(self._hours):
            for start in range(0, len(groups), CLOSE_AT_ONCE):
                await close_groups(self._store, self._hot, hour, groups[start : start + CLOSE_AT_ONCE])

    async def _close(self, now: float) -> bool:
        """Some groups of an hour that is over; then, now and then, tidy up."""
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
        if await pack_some(self._store, open_from):
            return True
        if self._guard.allows() and await drop_some(self._store, self.keep, now):
            return True
        self._tidied = now
        return False

    def figures(self, now: float) -> dict[str, float]:
        """How it goes, for whoever reads beats. Counts are since the start."""
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
        """We are here: the span of time in which somebody looked grows, or a new one begins."""
        start, end = self._watched
        if not end <= now <= end + 2.5 * TIDY_EVERY:
            start = now
        self._watched = start, now
        await self._store.note_watched(start, now)


class Recording:
    """Runs the recorder until cancelled, inside the project role but apart from the projector.

    When the history cannot be written, the live picture goes on; the feed then keeps what was not yet recorded.
    """

    def __init__(self, bus: Bus, store: HistoryStore, keep: HistorySettings, clock: Clock = now) -> None:
        self._bus, self._store, self._clock = bus, store, clock
        self.recorder = Recorder(store, keep, clock)
        self._trouble, self._pause = False, BACKOFF[0]

    async def run(self) -> None:
        """For ever; a loss is said once, tried again with backoff, and said again when it is over."""
        try:
            while True:
                await self._life()
        finally:
            await self._store.close()
            await self._bus.close()

    async def _life(self) -> None:
        """From a connection to its loss, and the pause after it."""
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
                self._well()
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
            log.warning("history: not written for now: %s", error)
        self._trouble = True

    def _well(self) -> None:
        if self._trouble:
            log.info("history: is written again")
        self._trouble, self._pause = False, BACKOFF[0]

    def set_keep(self, keep: HistorySettings) -> None:
        """New settings; they apply when it next tidies up."""
        self.recorder.keep = keep
