"""How tests wait: for a state, never for a time, with room for a machine that is many times slower than ours."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable
from typing import Any

from hypothesis import HealthCheck

PATIENCE = 60.0
"""Seconds after which what should have come about never will. It only bounds a failure: nothing passes by waiting."""
CHECKS = (HealthCheck.too_slow, HealthCheck.function_scoped_fixture)
"""Of Hypothesis, which do not hold here: how long an example is made says nothing, and each has a site of its own."""


async def until(condition: Callable[[], Any | Awaitable[Any]], within: float = PATIENCE, every: float = 0.02) -> Any:
    """What the condition gives, as soon as it gives something. It may be a coroutine function; TimeoutError."""
    async with asyncio.timeout(within):
        while True:
            found = condition()
            if inspect.isawaitable(found):
                found = await found
            if found:
                return found
            await asyncio.sleep(every)
