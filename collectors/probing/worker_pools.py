"""Worker pools: each runs the jobs of one scheme, at most `limit` at a time, in the order of submission."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable

from collectors.contract import Poller

Work = Callable[[], Awaitable[None]]


class WorkerPool:
    """Runs at most `limit` jobs at once. The others wait in order. All jobs share `poller`.

    Targets that did not answer last time take their whole timeout. They may use three quarters of the pool at most, so
    that targets that answer quickly do not wait for them.
    """

    def __init__(self, scheme: str, poller: Poller | None, limit: int, tasks: asyncio.TaskGroup) -> None:
        self.scheme = scheme
        self.poller = poller
        self.limit = limit
        self.running = self._slow = 0
        self._waiting: dict[bool, deque[tuple[float, Work]]] = {False: deque(), True: deque()}
        self._tasks = tasks

    def submit(self, due: float, work: Work, *, slow: bool = False) -> None:
        """Run `work` as soon as the pool has room. `slow`: it will probably take its whole timeout."""
        self._waiting[slow].append((due, work))
        self._fill()

    def late(self, now: float) -> float:
        """Seconds by which the longest waiting job is late, 0 when none waits."""
        return max((now - queue[0][0] for queue in self._waiting.values() if queue), default=0.0)

    def _fill(self) -> None:
        while self.running < self.limit and (slow := self._next_queue()) is not None:
            _, work = self._waiting[slow].popleft()
            self.running += 1
            self._slow += slow
            self._tasks.create_task(self._run(work, slow), name=f"{self.scheme} probe")

    def _next_queue(self) -> bool | None:
        """The queue of the next job: True for slow ones, False for others, None when no job may start."""
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
        self._fill()
