"""A lane runs the jobs of one scheme: at most so many at a time, first come, first served."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from typing import TypeVar

from collectors.contract import Poller

J = TypeVar("J")


class Lane:
    """`limit` jobs at once; the others wait in order. `poller` is shared by all of them."""

    def __init__(self, scheme: str, poller: Poller | None, limit: int, tasks: asyncio.TaskGroup) -> None:
        self.scheme = scheme
        self.poller = poller
        self.limit = limit
        self.running = 0
        self.finished_at = asyncio.get_running_loop().time()
        self._waiting: deque[tuple[float, Callable[[], Awaitable[None]]]] = deque()
        self._tasks = tasks

    def enter(self, due: float, work: Callable[[], Awaitable[None]]) -> None:
        """`work` runs as soon as there is room."""
        self._waiting.append((due, work))
        self._fill()

    @property
    def busy(self) -> int:
        """Jobs that run or wait."""
        return self.running + len(self._waiting)

    def late(self, now: float) -> float:
        """Seconds that the longest waiting job is late, 0 when none waits."""
        return max(0.0, now - self._waiting[0][0]) if self._waiting else 0.0

    def _fill(self) -> None:
        while self._waiting and self.running < self.limit:
            _, work = self._waiting.popleft()
            self.running += 1
            self._tasks.create_task(self._run(work), name=f"{self.scheme} probe")

    async def _run(self, work: Callable[[], Awaitable[None]]) -> None:
        try:
            await work()
        finally:
            self.running -= 1
        # Not in `finally`: a cancelled group takes no new tasks.
        self.finished_at = asyncio.get_running_loop().time()
        self._fill()
