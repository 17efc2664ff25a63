"""Interleaving of two writers: the second runs at a chosen await of the first, for each await in turn."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Generator
from functools import partial
from typing import Any

BLOCKED = 0.02
"""Seconds after which the second writer counts as waiting for the first one's lock, and the first goes on."""


class Suspended:
    """Await a coroutine. At its await number `at`, start another one and let it run."""

    def __init__(self, first: Awaitable[Any], second: Callable[[], Awaitable[Any]], at: int) -> None:
        self._first, self._second, self._at = first, second, at
        self.awaits = 0
        self.other: asyncio.Future[Any] | None = None

    def __await__(self) -> Generator[Any, None, Any]:
        steps = self._first.__await__()
        resume: Callable[[], Any] = partial(next, steps)
        while True:
            try:
                waiting_for = resume()
            except StopIteration as end:
                return end.value
            if self.awaits == self._at:
                self.other = asyncio.ensure_future(self._second())
                yield from asyncio.wait({self.other}, timeout=BLOCKED).__await__()
            self.awaits += 1
            resume = partial(next, steps)
            try:
                yield waiting_for
            except BaseException as error:  # noqa: BLE001  # a future's exception comes in here
                resume = partial(_throw, steps, error)


def _throw(steps: Generator[Any, None, Any], error: BaseException) -> Any:
    return steps.throw(error)


async def outcome(work: Awaitable[Any]) -> Any:
    """Return the result of the work, or the type of the exception that it raises."""
    try:
        return await work
    except Exception as error:  # noqa: BLE001  # whatever it is, it is compared
        return type(error)


async def interleaved(
    first: Callable[[], Awaitable[Any]], second: Callable[[], Awaitable[Any]], at: int
) -> tuple[Any, Any] | None:
    """Return both outcomes when the second runs at await number `at` of the first. None if there is no such await."""
    suspended = Suspended(outcome(first()), lambda: outcome(second()), at)
    own = await suspended
    if suspended.other is None:
        return None
    return own, await suspended.other
