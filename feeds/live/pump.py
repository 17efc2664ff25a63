"""The live feed of one web worker: one pump reads the change stream and sends each audience its own frames.

The loop that reads also sends the heartbeat, so that the heartbeat stops when reading does.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from typing import Any

import msgspec

from feeds.bus import Bus, BusError, BusFull, StreamEntry, entry_order
from feeds.clock import Clock, now
from feeds.engine.vitals import Vitals
from feeds.garbage import uncollected
from feeds.live.mirror import Audience, Delta, Mirror
from feeds.live.subscription import Subscription
from feeds.live.views import LiveViews
from feeds.live.window import REPLAY, WAITING, WINDOW, Windows, place
from feeds.model import Kind, SourceState
from feeds.role_status import RoleStatus
from feeds.roles import COLLECT, WATCHED, WEB
from feeds.wire import iso

__all__ = ["Audience", "Mirror", "NoPicture", "Pump"]

log = logging.getLogger(__name__)

CALM, LINGER = 0.3, 0.03
"""CALM: idle after this many seconds. LINGER: how long the first change after idle waits for related ones."""
AT_ONCE = 200
"""Entries of the change stream taken in at a time; so many mean that more are waiting."""
HEARTBEAT = 1.0
SLICE, SLICE_OF_ALL = 200, 2000
"""Records that are made at a time while others wait for the loop; of the whole state, which others wait for."""
OTHERS_FIRST = 3.0
"""Seconds after a reading of the whole state before all its records are made."""
STALL = 10.0
BACKOFF = (0.05, 1.0)
CANARY = "role.collect"

_encode = msgspec.json.Encoder().encode


class NoPicture(Exception):
    """The live state has not been read since this process started. An empty answer would be a false all-clear."""


class Pump:
    """One per web process: follows the change stream into a mirror and out to subscriptions."""

    def __init__(
        self, bus: Bus, clock: Clock = now, conditions: Callable[[], list[str]] = list, status: RoleStatus | None = None
    ) -> None:
        """`conditions` gives the codes of problems of the whole site. Every heartbeat carries them."""
        self._conditions = conditions
        self._mirror = Mirror()
        self.filled = False
        self.moved_at = 0.0
        self._bus = bus
        self.clock = clock
        self._subscriptions: set[Subscription] = set()
        self.windows = Windows()
        self.views = LiveViews(self)
        self._beats: dict[str, float] = {}
        self._snapshots: dict[Audience, bytes] = {}
        self.vitals = Vitals(status)

    @property
    def mirror(self) -> Mirror:
        """The live state as last read, also without Redis. Raises NoPicture before the first reading."""
        if not self._mirror.rev:
            raise NoPicture("the live state was not read yet")
        return self._mirror

    @property
    def rev(self) -> str:
        """The revision of the mirror, "" before the first reading."""
        return self._mirror.rev

    # -- clients -----------------------------------------------------------------

    def subscribe(self, audience: Audience, since: str | None = None) -> Subscription:
        """A client's feed: changes after `since` if they are still held, else a snapshot first."""
        self.flush()  # what nobody has heard of yet is no change to one who comes
        subscription = Subscription(self, audience)
        self._subscriptions.add(subscription)
        if since and self.views.goes_on(since, audience):
            for window in self.windows.after(since):
                subscription.offer(self._frame(window.rev, window.deltas, audience) or self._heartbeat())
        else:
            subscription.restart("unknown or too old" if since else "first")
        return subscription

    def unsubscribe(self, subscription: Subscription) -> None:
        self._subscriptions.discard(subscription)

    @property
    def clients(self) -> int:
        return len(self._subscriptions) + len(self.views)

    def ages(self, at: float) -> dict[str, float | None]:
        """Seconds since each role last proved that it is working (None: not heard of yet).

        The collector's proof has passed through its feed, the projection and the change stream.
        """
        heard = self._beats
        return {role: round(max(0.0, at - heard[role]), 3) if role in heard else None for role in WATCHED}

    def snapshot(self, audience: Audience) -> dict[str, Any]:
        """All records that this audience may see. Raises NoPicture before the first reading.

        Waiting changes are sent to the clients first, because a later patch would not contain them.
        """
        mirror = self.mirror
        self.flush()
        return mirror.snapshot(audience)

    def snapshot_frame(self, audience: Audience) -> bytes:
        """The snapshot as a frame, encoded once for each audience: after a loss all clients need it at once."""
        body = self._snapshots.get(audience)
        if body is None:
            body = self._snapshots[audience] = _encode(self.snapshot(audience))
        return _encode({"type": "snapshot", "at": iso(self.clock())})[:-1] + b"," + body[1:]

    async def catch_up(self) -> None:
        """Recompute outdated records, a few at a time."""
        for _ in self._mirror.catching_up(None, SLICE):
            await asyncio.sleep(0)

    async def prepare(self, audience: Audience) -> None:
        """Make all records that an audience may ask for, a few at a time."""
        await self._make()
        for _ in self._mirror.catching_up(audience, SLICE):
            await asyncio.sleep(0)

    async def _make_later(self) -> None:
        """Make all records before somebody asks, but after those who wait for the first answers."""
        await asyncio.sleep(OTHERS_FIRST)
        with uncollected():
            await self._make()

    async def _make(self) -> None:
        """Make the records of the whole state that nobody has asked for yet, a few at a time."""
        for _ in self._mirror.making(SLICE):
            await asyncio.sleep(0)

    # -- the loop ------------------------------------------------------------------

    async def run(self) -> None:
        """Run until cancelled. Without Redis there is no heartbeat; afterwards clients start from a snapshot."""
        pause, lost = BACKOFF[0], False
        while True:
            try:
                cursors = await self._fill()
                if lost:
                    log.info("live feed: the bus is back")
                pause, lost = BACKOFF[0], False
                making = asyncio.create_task(self._make_later(), name="feeds.live.making")
                try:
                    await self._follow(cursors)
                finally:
                    making.cancel()
            except BusError as error:
                if not lost:
                    log.warning("live feed: the bus is lost: %s", error)
                lost, self.filled = True, False
                self.vitals.lost()
                await asyncio.sleep(pause)
                pause = min(pause * 2, BACKOFF[1])
            finally:
                self.vitals.stop()

    async def _fill(self) -> dict[str, str]:
        await self._bus.open()
        with uncollected():
            state = await self._bus.state()
            for _ in self.restarting(self._bus.rev(state.last), state.records, SLICE_OF_ALL):
                await asyncio.sleep(0)
        return {self._bus.keys.changes: state.last}

    def restart(self, rev: str, stored: Mapping[str, Mapping[str, Any]]) -> None:
        """Start again from a whole state (records by kind and id, as of `rev`). Every client starts from a snapshot."""
        for _ in self.restarting(rev, stored):
            pass

    def restarting(self, rev: str, stored: Mapping[str, Mapping[str, Any]], most: int | None = None) -> Iterator[None]:
        """Like `restart`, but yields after every `most` records. The previous records are shown until it is done."""
        mirror = Mirror(self._mirror.audiences)
        yield from mirror.resetting(rev, stored, most)
        self._mirror = mirror
        self._snapshots.clear()
        for source in stored[Kind.SOURCE].values():
            self._note_canary(source)
        self.windows.restart(rev)
        self.filled = True
        for subscription in self._subscriptions:
            subscription.restart("rebuilt")
        self.views.rebuilt()

    def _note_canary(self, source: object) -> None:
        if isinstance(source, SourceState) and source.id == CANARY:
            self._beats[COLLECT] = source.at

    async def _follow(self, cursors: dict[str, str]) -> None:
        """Read, apply and flush once a window, until Redis is another server.

        The first change after a quiet time is sent almost at once, with the changes that soon result from it: an
        alert comes some ms after its asset's state. In a quiet time the loop sleeps until its next beat.
        """
        epoch, loop = self._bus.epoch, asyncio.get_running_loop()
        flushed_at, beat_at = loop.time() - WINDOW, loop.time()
        self.vitals.start()
        while self._bus.epoch == epoch:
            read_at = loop.time()
            read = await self._take(cursors, max(0.001, beat_at - read_at))
            ago = loop.time() - flushed_at
            pause = LINGER if ago > CALM else WINDOW - ago
            if 0 < read < AT_ONCE and pause > 0:
                await asyncio.sleep(pause)
                read = await self._take(cursors, 0.0) or read
            if read and (read < AT_ONCE or loop.time() >= flushed_at + WINDOW):
                if self.clients:
                    self.flush()
                flushed_at = loop.time()
            if loop.time() >= beat_at:
                await self._beat()
                beat_at = max(beat_at + HEARTBEAT, loop.time() + HEARTBEAT / 2)
            stalled = loop.time() - read_at > STALL
            if stalled and await self._bus.gap(self._bus.keys.changes, cursors[self._bus.keys.changes]):
                log.warning("live feed: fell behind the change stream; starting again from a snapshot")
                return

    async def _take(self, cursors: dict[str, str], wait: float) -> int:
        """Apply the entries that have arrived, waiting for the first at most so many seconds. Returns their number."""
        entries = await self._bus.read(cursors, block=wait, count=AT_ONCE)
        for entry in entries:
            cursors[entry.stream] = entry.id
            self._fold(entry)
        self.moved_at = self.clock()
        return len(entries)

    async def _beat(self) -> None:
        """Send all clients the age of each role's last report, and publish this worker's own report. Once a second."""
        self._beats |= {role: beat.at for role, beat in (await self._bus.beats()).items() if role != COLLECT}
        heartbeat = self._heartbeat()
        self._broadcast(heartbeat)
        self.views.beat(heartbeat)
        self._forget()
        figures = self.vitals.read() | {"clients": float(self.clients)}
        with suppress(BusFull):  # the picture is read all the same, and the heartbeat says what is full
            await self._bus.beat(WEB, self.clock(), figures, self.vitals.trouble)

    def _forget(self) -> None:
        """Without clients, drop the changes that are too old, or too many, for a client to continue from."""
        if self.clients:
            return
        age_ms = place(self._mirror.rev)[0] - place(self.windows.sent_rev)[0]
        if age_ms > REPLAY * 1000 or self._mirror.waiting > WAITING:
            self._mirror.forget()
            self.windows.restart(self._mirror.rev)

    def _fold(self, entry: StreamEntry) -> None:
        self.vitals.took(1, max(0.0, self.clock() - entry_order(entry.id)[0] / 1000))
        self._mirror.apply(entry.items)
        self._snapshots.clear()
        for change in entry.items:
            self._note_canary(change.after)

    def flush(self) -> None:
        """Send all clients the changes so far."""
        window = self.windows.add(self._mirror.rev, self._mirror.flush())
        if window is None:
            return
        frames: dict[Audience, bytes | None] = {}
        for subscription in list(self._subscriptions):
            audience = subscription.audience
            if audience not in frames:
                frames[audience] = self._frame(window.rev, window.deltas, audience)
            if frame := frames[audience]:
                subscription.offer(frame)
        self.views.tell(window)

    def _frame(self, rev: str, deltas: list[Delta], audience: Audience) -> bytes | None:
        plain = (delta.plain for delta in deltas if delta.kind.plain)
        items = [item for delta in plain if (item := delta.encoded(audience)) is not None]
        return _encode({"type": "changes", "rev": rev, "at": iso(self.clock()), "items": items}) if items else None

    def _heartbeat(self) -> bytes:
        at = self.clock()
        frame = {"type": "heartbeat", "rev": self.windows.sent_rev, "at": iso(at), "ages": self.ages(at)}
        return _encode(frame | {"conditions": self._conditions()})

    def _broadcast(self, frame: bytes) -> None:
        for subscription in list(self._subscriptions):
            subscription.offer(frame)
