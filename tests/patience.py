"""Waiting in tests: for a condition, never for a fixed time, with a limit that suits slow machines."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable
from typing import Any

from hypothesis import HealthCheck

PATIENCE = 60.0
"""Seconds after which a wait fails. It bounds failures only: a test that passes does not wait for it."""
CHECKS = (HealthCheck.too_slow, HealthCheck.function_scoped_fixture)
"""Hypothesis health checks to suppress: speed depends on the machine, and each example uses its own site."""


async def until(condition: Callable[[], Any | Awaitable[Any]], within: float = PATIENCE, every: float = 0.02) -> Any:
    """Call the condition until its result is true, and return that result. It may be a coroutine function.

    Raises TimeoutError after `within` seconds.
    """
    async with asyncio.timeout(within):
        while True:
            result = condition()
            if inspect.isawaitable(result):
                result = await result
            if result:
                return result
            await asyncio.sleep(every)
