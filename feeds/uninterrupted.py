"""Protection of short work from cancellation."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


async def finish(work: Coroutine[Any, Any, T], within: float | None = None) -> T:
    """Complete the work even when the caller is cancelled meanwhile; the cancellation is raised afterwards.

    For short work with its own timeouts: a journal transaction with its publication, a mark. For other work `within` is
    how many seconds a cancelled caller waits for it.
    """
    task = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait([task], timeout=within)
        if task.done() and not task.cancelled() and (error := task.exception()) is not None:
            raise error from None
        raise
