"""Patience of tests: how long a wait may take, and how many examples a property is tried on.

A test waits for a condition, never for a fixed time, with a limit that suits slow machines.
"""

from __future__ import annotations

import asyncio
import inspect
import os
from collections.abc import Awaitable, Callable
from typing import Any

from hypothesis import HealthCheck

PATIENCE = 60.0
"""Seconds after which a wait fails. It bounds failures only: a test that passes does not wait for it."""
EXAMPLES = int(os.environ.get("WATCHFLOOR_TEST_EXAMPLES", "30"))
"""Per cent of the full number of examples of each property. `make test-thorough` runs all of them."""
CHECKS = (HealthCheck.too_slow, HealthCheck.function_scoped_fixture)
"""Hypothesis health checks to suppress: speed depends on the machine, and each example uses its own site."""


def examples(full: int) -> int:
    """Return the number of examples to run of a property that deserves `full` of them."""
    return max(min(full, 4), full * EXAMPLES // 100)


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
