"""Frames shared by all clients of one view: a snapshot in parts, and one frame for each window of changes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

import msgspec

from feeds.clock import Clock
from feeds.kinds import Audience, Record
from feeds.live.frame import Frame
from feeds.live.mirror import Mirror
from feeds.live.view import LiveView
from feeds.live.window import Window, Windows
from feeds.wire import iso

ROWS, SCANNED = 1000, 4000
"""Rows of a part of a snapshot at most, and records examined for one, so that a part blocks the loop briefly."""
REUSED = 20
"""A snapshot is sent to further clients while at most so many frames have come since."""
_encode = msgspec.json.Encoder().encode


class LivePicture(Protocol):
    """The interface of the pump that views need."""

    windows: Windows
    filled: bool
    clock: Clock

    @property
    def mirror(self) -> Mirror: ...

    def flush(self) -> None:
        """Send all clients the changes so far."""

    async def prepare(self, audience: Audience) -> None:
        """Recompute the outdated records that an audience may ask for, a few at a time."""


class ViewSource(Protocol):
    """The interface to the live records and windows that a view needs."""

    @property
    def picture(self) -> LivePicture: ...

    def goes_on(self, since: str, audience: Audience, kind: str = "") -> bool: ...


class SnapshotParts:
    """The records of a view at one revision. A part is encoded when the first client reaches it."""

    def __init__(self, view: LiveView, rev: str, at: str, records: list[Record], hidden: int | None) -> None:
        self.rev = rev
        self._view, self._at, self._records, self._at_record = view, at, records, 0
        self._parts: list[Frame] = []
        self._hidden = hidden

    def part(self, number: int) -> tuple[Frame, bool]:
        """A part, and True when another one follows. Parts must be requested in order."""
        if number == len(self._parts):
            self._parts.append(self._next())
        return self._parts[number], number + 1 < len(self._parts) or self._at_record < len(self._records)

    def _next(self) -> Frame:
        view, rows = self._view, []
        start, scanned = self._at_record, 0
        for record in self._records[start : start + SCANNED]:
            scanned += 1
            if view.has(record):
                rows.append(view.row(record))
                if len(rows) == ROWS:
                    break
            elif self._hidden is not None and not view.sees(record):
                self._hidden += 1
        self._at_record += scanned
        more = self._at_record < len(self._records)
        frame = Frame(
            _encode(
                {
                    "type": "snapshot",
                    "view": view.key,
                    "rev": self.rev,
                    "at": self._at,
                    "part": len(self._parts),
                    "more": more,
                    "fields": view.fields,
                    "rows": rows,
                    "hidden": None if more else self._hidden,
                }
            )
        )
        if not more:
            self._records, self._at_record = [], 0
        return frame


class ViewFeed:
    """One view and its frames. A frame is encoded once, when the first client needs it."""

    def __init__(self, view: LiveView, source: ViewSource) -> None:
        self.view = view
        self.clients = 0
        self._source = source
        self._snapshot: SnapshotParts | None = None
        self._frames: dict[str, Frame | None] = {}

    def frame(self, window: Window) -> Frame | None:
        """The frame of a window. None when nothing has changed in the view."""
        if window.rev not in self._frames:
            self._frames[window.rev] = self._frame_of(window)
        return self._frames[window.rev]

    def _frame_of(self, window: Window) -> Frame | None:
        view = self.view
        deltas = window.of_ids(view.kind.name, view.ids) if view.ids is not None else window.of(view.kind.name)
        items = list(view.items(deltas))
        if not items:
            return None
        at = iso(self._source.picture.clock())
        return Frame(_encode({"type": "changes", "view": view.key, "rev": window.rev, "at": at, "items": items}))

    def since(self, rev: str) -> Iterator[Frame]:
        """The frames of all windows after a revision."""
        windows = self._source.picture.windows.after(rev)
        return (frame for window in windows if (frame := self.frame(window)) is not None)

    def snapshot(self) -> SnapshotParts:
        """A snapshot that the windows continue from: one sent to others recently, else a new one."""
        if self._snapshot is None or not self._recent(self._snapshot):
            self._source.picture.flush()
            self._snapshot = self._taken()
        return self._snapshot

    def _recent(self, snapshot: SnapshotParts) -> bool:
        """True when the windows continue from the snapshot and few frames have followed it."""
        view = self.view
        if not self._source.goes_on(snapshot.rev, view.audience, view.kind.name):
            return False
        return sum(1 for _ in self.since(snapshot.rev)) <= REUSED

    def _taken(self) -> SnapshotParts:
        view, picture = self.view, self._source.picture
        held = picture.mirror.held(view.kind.name, view.audience)
        records = list(held.values()) if view.ids is None else [held[id] for id in view.ids if id in held]
        hidden = 0 if view.ids is None else None
        return SnapshotParts(view, picture.mirror.rev, iso(picture.clock()) or "", records, hidden)

    def restart(self) -> None:
        """Drop all frames: the live records were read anew."""
        self._frames.clear()
        self._snapshot = None

    def tidy(self) -> bool:
        """Drop frames of windows that no client can continue from. Returns False when no client needs the view."""
        revs = {window.rev for window in self._source.picture.windows}
        self._frames = {rev: frame for rev, frame in self._frames.items() if rev in revs}
        view, snapshot = self.view, self._snapshot
        if snapshot is not None and not self._source.goes_on(snapshot.rev, view.audience, view.kind.name):
            self._snapshot = None
        return bool(self.clients) or self._snapshot is not None
