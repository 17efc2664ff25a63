"""A lane by itself: how many run, and how many are on their way."""

from __future__ import annotations

import asyncio

from collectors.lanes import Lane


async def test_it_counts_what_runs_and_what_waits_and_is_idle_again() -> None:
    go = asyncio.Event()
    async with asyncio.TaskGroup() as tasks:
        lane = Lane("tcp", None, 1, tasks)
        assert lane.busy == 0
        lane.enter(0.0, lambda: _until(go))
        lane.enter(0.0, lambda: _until(go), slow=True)
        assert (lane.running, lane.busy) == (1, 2)
        go.set()
    assert lane.busy == 0


async def _until(go: asyncio.Event) -> None:
    await go.wait()
