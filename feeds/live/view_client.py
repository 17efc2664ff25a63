"""One client of the live feed of views: its views, and its bounded queue of frames."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from typing import Any, Protocol

import msgspec

from feeds.kinds import Audience
from feeds.live.frame import Frame
from feeds.live.protocol import MOST_VIEWS, ResyncReason, ViewError, ViewRequest, ViewsMessage
from feeds.live.view import LiveView, ViewRefused, read_view
from feeds.live.view_feed import SnapshotParts, ViewFeed, ViewSource
from feeds.live.window import Window

VIEW_QUEUE = 64
"""Frames of one view that wait for a client at most."""
_encode = msgspec.json.Encoder().encode


class SharedViews(ViewSource, Protocol):
    """The interface of LiveViews that a client needs."""

    def feed_of(self, view: LiveView) -> ViewFeed: ...

    def leave(self, client: ViewClient) -> None: ...


class ViewQueue:
    """One view of one client. `waiting` of its frames are in the client's queue. Those of an older `turn` are stale.

    `behind` is the reason for a snapshot that has to be sent. Until then no changes are queued.
    """

    def __init__(self, feed: ViewFeed) -> None:
        self.feed = feed
        self.behind: ResyncReason | str = ""
        self.snapshot: SnapshotParts | None = None
        self.part = self.waiting = self.turn = 0
        self.most = VIEW_QUEUE


class ViewClient:
    """The views of one client. Iterating gives its frames."""

    def __init__(self, shared: SharedViews, audience: Audience) -> None:
        self.audience = audience
        self._shared = shared
        self._names: dict[str, str] = {}
        self._views: dict[str, ViewQueue] = {}
        self._answers: deque[Frame] = deque()
        self._queue: deque[tuple[ViewQueue | None, int, Frame]] = deque()
        self._loading: deque[ViewQueue] = deque()
        self._ready = asyncio.Event()
        self._closed = False

    # -- what the client asks for --------------------------------------------------

    def take(self, message: ViewsMessage) -> dict[str, list[ViewError]]:
        """Change the views. Returns the refusals by the client's name of the view."""
        errors: dict[str, list[ViewError]] = {}
        for name in message.unsubscribe:
            self._drop(name)
        for name, request in message.subscribe.items():
            try:
                self._add(name, request)
            except ViewRefused as error:
                errors[name] = error.errors
        return errors

    def answer(self, errors: dict[str, list[dict[str, Any]]]) -> None:
        """Queue the answer: the keys of the client's views, and the refusals."""
        self._answers.append(Frame(_encode({"type": "views", "views": self._names, "errors": errors})))
        self._ready.set()

    def _add(self, name: str, request: ViewRequest) -> None:
        view = read_view(request, self.audience)
        if name not in self._names and len(self._names) >= MOST_VIEWS:
            raise ViewRefused(ViewError(field="", code="too_many_views"))
        if self._names.get(name) == view.key:
            return
        self._drop(name)
        self._names[name] = view.key
        if view.key not in self._views:
            self._begin(self._shared.feed_of(view), request.since)

    def _begin(self, feed: ViewFeed, since: str) -> None:
        self._shared.picture.flush()  # before the view is there: its window would be queued twice
        view = self._views[feed.view.key] = ViewQueue(feed)
        feed.clients += 1
        if since and self._shared.goes_on(since, self.audience, feed.view.kind.name):
            self._go_on(view, since)
        else:
            self._restart(view, "unknown or too old" if since else "first")

    def _drop(self, name: str) -> None:
        key = self._names.pop(name, "")
        if key and key not in self._names.values():
            view = self._views.pop(key)
            view.feed.clients -= 1
            view.turn += 1
            if view in self._loading:
                self._loading.remove(view)

    # -- what the pump offers ------------------------------------------------------

    def tell(self, window: Window) -> None:
        """Queue the frames of a window."""
        for view in self._views.values():
            if not view.behind and view.snapshot is None and (frame := view.feed.frame(window)) is not None:
                self._offer(view, frame)

    def heartbeat(self, frame: Frame) -> None:
        """Queue a heartbeat. It replaces one that waits with no other frame after it."""
        if self._queue and self._queue[-1][0] is None:
            self._queue.pop()
        self._queue.append((None, 0, frame))
        self._ready.set()

    def rebuilt(self) -> None:
        """Start all views again: the live state was lost in between."""
        self._queue.clear()
        self._loading.clear()
        for view in self._views.values():
            self._restart(view, "rebuilt")

    def _offer(self, view: ViewQueue, frame: Frame) -> None:
        if view.waiting >= view.most:
            self._restart(view, "slow")
            return
        view.waiting += 1
        self._queue.append((view, view.turn, frame))
        self._ready.set()

    def _restart(self, view: ViewQueue, reason: str) -> None:
        view.behind, view.snapshot, view.part = reason, None, 0
        view.turn, view.waiting = view.turn + 1, 0
        if view not in self._loading:
            self._loading.append(view)
        self._ready.set()

    def _go_on(self, view: ViewQueue, since: str) -> None:
        """Queue the changes after a revision in front of everything else: a heartbeat that waits may be newer."""
        frames = list(view.feed.since(since))
        self._queue.extendleft((view, view.turn, frame) for frame in reversed(frames))
        view.waiting, view.most = len(frames), VIEW_QUEUE + len(frames)
        self._ready.set()

    # -- what is sent --------------------------------------------------------------

    def close(self) -> None:
        """End the iteration and leave the views."""
        self._closed = True
        self._ready.set()
        for name in list(self._names):
            self._drop(name)
        self._shared.leave(self)

    async def __aiter__(self) -> AsyncIterator[Frame]:
        while not self._closed:
            if frame := self._queued():
                yield frame
            if self._closed:
                return
            if self._loading and self._shared.picture.filled:
                await self._shared.picture.prepare(self.audience)
                if (part := self._part()) is not None:
                    yield part
                await asyncio.sleep(0)  # a part is made at once: others come between two
            elif not (self._queue or self._answers):
                self._ready.clear()
                await self._ready.wait()

    def _queued(self) -> Frame | None:
        """The next answer, change or heartbeat that waits."""
        if self._answers:
            return self._answers.popleft()
        while self._queue:
            view, turn, frame = self._queue.popleft()
            if view is None:
                return frame
            if view.turn == turn:
                view.waiting -= 1
                if view.waiting <= VIEW_QUEUE:
                    view.most = VIEW_QUEUE
                return frame
        return None

    def _part(self) -> Frame | None:
        """The next part of a snapshot, or the frame that announces one."""
        if not (self._loading and self._shared.picture.filled) or self._answers:
            return None
        view = self._loading[0]
        if view.snapshot is None:
            view.snapshot = view.feed.snapshot()
            reason, view.behind = view.behind, ""
            if reason != "first":
                return Frame(_encode({"type": "resync", "view": view.feed.view.key, "reason": reason}))
        frame, more = view.snapshot.part(view.part)
        view.part += 1
        if not more:
            self._loading.popleft()
            self._finish(view, view.snapshot)
        return frame

    def _finish(self, view: ViewQueue, snapshot: SnapshotParts) -> None:
        """The last part has been sent: changes continue from the snapshot's revision if they are still held."""
        view.snapshot = None
        if self._shared.goes_on(snapshot.rev, self.audience, view.feed.view.kind.name):
            self._go_on(view, snapshot.rev)
        else:
            self._restart(view, "slow")
