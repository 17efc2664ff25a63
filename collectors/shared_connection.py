"""A connection that many share: opened once for all who ask, and after a failure not again too soon."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from collectors.errors import AuthFailed, CollectorError, not_ready

PAUSE_FIRST, PAUSE_LAST = 0.1, 2.0
"""Seconds between two tries, doubling."""
HOLD_FIRST, HOLD_LAST = 30.0, 600.0
"""The same after a credential was refused: nobody's account is locked by us, however many targets there are."""


class Opening:
    """`connect` opens, or raises CollectorError or OSError. It goes on when the one who asked has given up waiting."""

    def __init__(self, connect: Callable[[], Awaitable[None]]) -> None:
        self._connect = connect
        self._task: asyncio.Task[None] | None = None
        self._error: CollectorError | None = None
        self._failures = 0
        self._again = 0.0
        self.up = False

    async def ready(self) -> None:
        """Returns when it stands. Raises CollectorError; the last one again while it is too soon to try."""
        if self.up:
            return
        if self._task is None or self._task.done():
            if self._error is not None and asyncio.get_running_loop().time() < self._again:
                raise self._error.with_traceback(None)
            self._task = asyncio.create_task(self._open(), name="opening")
            self._task.add_done_callback(_seen)
        await asyncio.shield(self._task)

    async def _open(self) -> None:
        try:
            await self._connect()
        except CollectorError as error:
            self._failed(error)
            raise
        except OSError as error:
            mine = not_ready(error)
            self._failed(mine)
            raise mine from error
        self.up, self._error, self._failures = True, None, 0

    def _failed(self, error: CollectorError) -> None:
        first, last = (HOLD_FIRST, HOLD_LAST) if isinstance(error, AuthFailed) else (PAUSE_FIRST, PAUSE_LAST)
        self._error = error
        self._again = asyncio.get_running_loop().time() + min(first * 2.0**self._failures, last)
        self._failures += 1

    def lost(self) -> bool:
        """It is gone, and may be tried again at once. True when it stood."""
        was, self.up = self.up, False
        return was

    def cancel(self) -> None:
        """Nobody wants it any more."""
        self.up = False
        if self._task is not None:
            self._task.cancel()


def _seen(task: asyncio.Task[None]) -> None:
    """Its error is kept for who asks next, also when everybody who waited has been cut off."""
    if not task.cancelled():
        task.exception()
