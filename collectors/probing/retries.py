"""Attempts of one poll: a first one and, when it fails, repeats that start 150 ms apart.

All repeats together take at most the timeout again, and at most REPEAT_BUDGET. A target that does not answer is thus
known to be down within that time, not an interval later.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress

from collectors.contract import Measurement, Poller, Target
from collectors.errors import NotReady, Reason

SPACING = 0.150
"""Seconds between the starts of two repeats."""
REPEAT_BUDGET = 0.7
"""Seconds that all repeats of one poll may take together."""


def budget(timeout: float) -> float:
    """Seconds for all repeats of a poll with this timeout."""
    return min(REPEAT_BUDGET, timeout)


async def attempt(poller: Poller, target: Target, timeout: float) -> list[Measurement]:
    """Poll once within `timeout` seconds. Raises CollectorError."""
    try:
        async with asyncio.timeout(timeout):
            return await poller.poll(target)
    except TimeoutError as error:
        raise NotReady(Reason.TIMEOUT, f"no answer within {timeout:g} s") from error


async def probe(poller: Poller, target: Target, attempts: int, within: float = REPEAT_BUDGET) -> list[Measurement]:
    """Poll with at most `attempts` attempts. All repeats end `within` seconds.

    Raises the first attempt's CollectorError when none succeeded.
    """
    try:
        return await attempt(poller, target, target.timeout)
    except NotReady:
        if attempts <= 1:
            raise
        answer = await _repeat(poller, target, attempts - 1, within)
        if answer is None:
            raise
        return answer


async def _repeat(poller: Poller, target: Target, repeats: int, within: float) -> list[Measurement] | None:
    """The first answer of the repeats, None without any. Repeats overlap, so that each has time to answer."""
    spacing = min(SPACING, within * 0.8 / repeats)
    loop = asyncio.get_running_loop()
    end = loop.time() + within
    running: set[asyncio.Task[list[Measurement]]] = set()
    try:
        for _ in range(repeats):
            answer = await _first_answer(running, loop.time() + spacing, wait_out=True)
            if answer is not None:
                return answer
            remaining = end - loop.time()
            running.add(asyncio.create_task(attempt(poller, target, min(target.timeout, remaining))))
        return await _first_answer(running, end, wait_out=False)
    finally:
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)


async def _first_answer(
    running: set[asyncio.Task[list[Measurement]]], until: float, *, wait_out: bool
) -> list[Measurement] | None:
    """The first success before `until`. Failed attempts are removed. Without any left, waits if `wait_out`."""
    loop = asyncio.get_running_loop()
    while (remaining := until - loop.time()) > 0:
        if not running:
            await asyncio.sleep(remaining if wait_out else 0)
            return None
        done, _ = await asyncio.wait(running, timeout=remaining, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            running.discard(task)
            # Only NotReady leads to a repeat. A credential that fails on a repeat must reach the caller.
            with suppress(NotReady):
                return task.result()
    return None
