"""One client of the live feed: its bounded queue of frames, and a snapshot when it falls behind."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from typing import Protocol

import msgspec

from feeds.live.mirror import Audience

QUEUE = 64
"""Frames that wait for one client at most."""
_encode = msgspec.json.Encoder().encode


class SnapshotSource(Protocol):
    """The part of the pump that a subscription needs."""

    filled: bool

    def snapshot_frame(self, audience: Audience) -> bytes: ...

    def unsubscribe(self, subscription: Subscription) -> None: ...


class Subscription:
    """One client's bounded queue of encoded frames. When it overflows, the client gets a fresh snapshot instead."""

    def __init__(self, pump: SnapshotSource, audience: Audience) -> None:
        self.audience = audience
        self.behind = ""
        self._pump = pump
        self._queue: deque[bytes] = deque()
        self._ready = asyncio.Event()
        self._closed = False

    def offer(self, frame: bytes) -> None:
        """Queue a frame. When the queue is full, drop all frames and start again from a snapshot."""
        if self.behind:
            return
        if len(self._queue) >= QUEUE:
            self.restart("slow")
            return
        self._queue.append(frame)
        self._ready.set()

    def restart(self, reason: str) -> None:
        """Make the next frames a `resync` and a whole snapshot."""
        self._queue.clear()
        self.behind = reason
        self._ready.set()

    def close(self) -> None:
        self._closed = True
        self._ready.set()
        self._pump.unsubscribe(self)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while not self._closed:
            await self._ready.wait()
            if self.behind and self._pump.filled:
                reason, snapshot = self.behind, self._pump.snapshot_frame(self.audience)
                self.behind = ""  # what is offered from now on follows the snapshot
                if reason != "first":
                    yield _encode({"type": "resync", "reason": reason})
                yield snapshot
            elif self._queue:
                yield self._queue.popleft()
            else:
                self._ready.clear()
