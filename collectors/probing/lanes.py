"""A lane runs the jobs of one scheme: at most so many at a time, first come, first served."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable

from collectors.contract import Poller

Work = Callable[[], Awaitable[None]]


class Lane:
    """`limit` jobs at once; the others wait in order. `poller` is shared by all of them.

    Targets that did not answer the last time take as long as their timeout, so they may hold three quarters of the
    room at most: whoever answers quickly never waits for them.
    """

    def __init__(self, scheme: str, poller: Poller | None, limit: int, tasks: asyncio.TaskGroup) -> None:
        self.scheme = scheme
        self.poller = poller
        self.limit = limit
        self.running = self._slow = 0
        self.finished_at = asyncio.get_running_loop().time()
        self._waiting: dict[bool, deque[tuple[float, Work]]] = {False: deque(), True: deque()}
        self._tasks = tasks

    def enter(self, due: float, work: Work, *, slow: bool = False) -> None:
        """`work` runs as soon as there is room; `slow` when it will probably take its whole timeout."""
        self._waiting[slow].append((due, work))
        self._fill()

    def late(self, now: float) -> float:
        """Seconds that the longest waiting job is late, 0 when none waits."""
        return max((now - queue[0][0] for queue in self._waiting.values() if queue), default=0.0)

    def _fill(self) -> None:
        while self.running < self.limit and (slow := self._next()) is not None:
            _, work = self._waiting[slow].popleft()
            self.running += 1
            self._slow += slow
            self._tasks.create_task(self._run(work, slow), name=f"{self.scheme} probe")

    def _next(self) -> bool | None:
        """Which kind runs next, None when none may."""
        if self._waiting[False]:
            return False
        room = self._slow < max(1, self.limit - self.limit // 4)
        return True if self._waiting[True] and room else None

    async def _run(self, work: Work, slow: bool) -> None:
        try:
            await work()
        finally:
            self.running -= 1
            self._slow -= slow
        # Not in `finally`: a cancelled group takes no new tasks.
        self.finished_at = asyncio.get_running_loop().time()
        self._fill()
