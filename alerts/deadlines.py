"""Deadlines: one moment per key, which can be moved and dropped at any time."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Hashable, Mapping
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)


class Deadlines(Generic[Key]):
    """A heap of due times by key. Outdated entries are skipped on the way out, so that moving a key is cheap."""

    def __init__(self) -> None:
        self._due: dict[Key, float] = {}
        self._heap: list[tuple[float, int, Key]] = []
        self._order = itertools.count()

    def set(self, key: Key, at: float) -> None:
        """Set the key's due time (epoch seconds)."""
        if self._due.get(key) != at:
            self._due[key] = at
            heapq.heappush(self._heap, (at, next(self._order), key))

    def fill(self, due: Mapping[Key, float]) -> None:
        """Add many keys that have no due time yet."""
        self._due |= due
        self._heap += zip(due.values(), self._order, due, strict=False)
        heapq.heapify(self._heap)

    def shift(self, by: float) -> None:
        """Move all due times by that many seconds (earlier when negative)."""
        self._due = {key: at + by for key, at in self._due.items()}
        self._heap = [(at, next(self._order), key) for key, at in self._due.items()]
        heapq.heapify(self._heap)

    def clear(self) -> None:
        """Drop all keys."""
        self._due.clear()
        self._heap.clear()

    def drop(self, key: Key) -> None:
        """Drop a key."""
        self._due.pop(key, None)

    def at(self, key: Key) -> float | None:
        """The key's due time; None when it has none."""
        return self._due.get(key)

    def next_due(self) -> float | None:
        """The earliest due time; None without keys."""
        while self._heap and self._due.get(self._heap[0][2]) != self._heap[0][0]:
            heapq.heappop(self._heap)
        return self._heap[0][0] if self._heap else None

    def pop(self) -> Key:
        """Remove and return the key that is due first; IndexError without keys."""
        if self.next_due() is None:
            raise IndexError("nothing is waiting")
        key = heapq.heappop(self._heap)[2]
        del self._due[key]
        return key
