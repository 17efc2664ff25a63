"""The changes of the last seconds in windows, for clients that reconnect and continue."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence

from feeds.bus import entry_order
from feeds.live.delta import Delta

WINDOW = 0.1
"""Seconds of changes that go out together."""
REPLAY = 15.0
"""Seconds of changes that are kept, so that a client may go on after a break."""
WAITING = 2000
"""Changed records kept for a client who comes back while there is none: a snapshot costs less than more patches."""
REPLAYED = int(2 * REPLAY / WINDOW)
"""Windows of changes at most that are kept for clients to go on from."""


def place(rev: str) -> tuple[int, int]:
    """The position of a revision in the change stream. Raises ValueError for a text that is not a revision."""
    return entry_order(rev.rpartition(".")[2])


class Window:
    """Changes of records between the revisions `start` and `rev`. Each record occurs once."""

    def __init__(self, start: str, rev: str, deltas: list[Delta]) -> None:
        self.start, self.rev, self.deltas = start, rev, deltas
        self.place = place(rev)
        self._by_kind: dict[str, list[Delta]] | None = None
        self._by_id: dict[str, dict[str, list[Delta]]] = {}

    def of(self, kind: str) -> Sequence[Delta]:
        """The changes of a kind."""
        if self._by_kind is None:
            self._by_kind = {}
            for delta in self.deltas:
                self._by_kind.setdefault(delta.kind.name, []).append(delta)
        return self._by_kind.get(kind, ())

    def of_ids(self, kind: str, ids: Iterable[str]) -> Iterator[Delta]:
        """The changes of these records of a kind."""
        by_id = self._by_id.get(kind)
        if by_id is None:
            by_id = self._by_id[kind] = {}
            for delta in self.of(kind):
                by_id.setdefault(delta.id, []).append(delta)
        return (delta for id in ids for delta in by_id.get(id, ()))


class Windows:
    """The last windows, without gaps. All clients have been sent the changes up to `sent_rev`."""

    def __init__(self) -> None:
        self.sent_rev = self._oldest = ""
        self._windows: deque[Window] = deque()

    def __len__(self) -> int:
        return len(self._windows)

    def __iter__(self) -> Iterator[Window]:
        return iter(self._windows)

    def restart(self, rev: str) -> None:
        """Drop all windows: clients can continue from this revision at the earliest."""
        self._windows.clear()
        self._oldest = self.sent_rev = rev

    def add(self, rev: str, deltas: list[Delta]) -> Window | None:
        """Add the window of changes up to `rev`. Returns None without changes."""
        start, self.sent_rev = self.sent_rev, rev
        if not deltas:
            return None
        window = Window(start, rev, deltas)
        self._windows.append(window)
        # Ids stand still while the server's clock, once set back, has not caught up with them.
        while len(self._windows) > REPLAYED or window.place[0] - self._windows[0].place[0] > REPLAY * 1000:
            self._oldest = self._windows.popleft().rev
        return window

    def go_on(self, since: str) -> bool:
        """True when the windows hold all changes after `since`.

        False for a revision within a window: it came from another web process.
        """
        if since.rpartition(".")[0] != self.sent_rev.rpartition(".")[0]:
            return False
        try:
            start = place(since)
            within = any(place(window.start) < start < window.place for window in self._windows)
            return place(self._oldest) <= start <= place(self.sent_rev) and not within
        except ValueError:
            return False

    def after(self, rev: str) -> Iterator[Window]:
        """The windows after a revision, oldest first."""
        start = place(rev)
        return (window for window in self._windows if window.place > start)
