"""Moments at which something falls due, by key, earliest first. Pure."""

from __future__ import annotations

import heapq
from collections.abc import Callable


class DueTimes:
    """A heap of (moment, key). A moment that no longer holds is passed over by whoever asks."""

    def __init__(self) -> None:
        self._heap: list[tuple[float, str]] = []

    def add(self, at: float, key: str) -> None:
        """Let the key fall due at a moment."""
        heapq.heappush(self._heap, (at, key))

    def take(self, now: float) -> list[tuple[float, str]]:
        """Take off what is due at `now`, earliest first, each moment of a key once."""
        due: dict[tuple[float, str], None] = {}
        while self._heap and self._heap[0][0] <= now:
            due[heapq.heappop(self._heap)] = None
        return list(due)

    def first(self, holds: Callable[[float, str], bool]) -> float | None:
        """The earliest moment that still holds; those before it are dropped."""
        while self._heap and not holds(*self._heap[0]):
            heapq.heappop(self._heap)
        return self._heap[0][0] if self._heap else None
