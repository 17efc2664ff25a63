"""What falls due when: one moment per key, moved and dropped freely."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Hashable, Mapping
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)


class Deadlines(Generic[Key]):
    """A heap in which outdated entries are passed over when they come up, so that moving one is cheap."""

    def __init__(self) -> None:
        self._due: dict[Key, float] = {}
        self._heap: list[tuple[float, int, Key]] = []
        self._order = itertools.count()

    def set(self, key: Key, at: float) -> None:
        """The key falls due at that moment and at no other."""
        if self._due.get(key) != at:
            self._due[key] = at
            heapq.heappush(self._heap, (at, next(self._order), key))

    def fill(self, due: Mapping[Key, float]) -> None:
        """Many at once, of keys that do not fall due yet."""
        self._due |= due
        self._heap += [(at, next(self._order), key) for key, at in due.items()]
        heapq.heapify(self._heap)

    def shift(self, by: float) -> None:
        """Everything falls due so many seconds later (earlier when negative)."""
        self._due = {key: at + by for key, at in self._due.items()}
        self._heap = [(at, next(self._order), key) for key, at in self._due.items()]
        heapq.heapify(self._heap)

    def clear(self) -> None:
        """Nothing falls due."""
        self._due.clear()
        self._heap.clear()

    def drop(self, key: Key) -> None:
        """The key does not fall due."""
        self._due.pop(key, None)

    def at(self, key: Key) -> float | None:
        """When the key falls due, None when it does not."""
        return self._due.get(key)

    def next_due(self) -> float | None:
        """The earliest moment, or None when nothing is waiting."""
        while self._heap and self._due.get(self._heap[0][2]) != self._heap[0][0]:
            heapq.heappop(self._heap)
        return self._heap[0][0] if self._heap else None

    def pop(self) -> Key:
        """Take out what is due first; IndexError when nothing is waiting."""
        if self.next_due() is None:
            raise IndexError("nothing is waiting")
        key = heapq.heappop(self._heap)[2]
        del self._due[key]
        return key
