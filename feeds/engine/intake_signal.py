"""Signals over Redis that parcels wait in the intake, so that engines need not look for them many times a second."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from feeds.bus import Bus, BusError

PAUSE = 0.03
"""Seconds between two signals. What is stored meanwhile is one signal, and one step of the engine."""


class IntakeSignal:
    """Wakes the engines for which a process has stored parcels (`on_stored` of its Intake).

    A signal may get lost with Redis; an engine looks into its intake every second all the same.
    """

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self._targets: set[str] = set()
        self._sending: asyncio.Task[None] | None = None

    def send(self, targets: frozenset[str]) -> None:
        """Wake these engines soon."""
        self._targets |= targets
        if self._sending is None:
            self._sending = asyncio.create_task(self._send(), name="intake-signal")

    async def close(self) -> None:
        """Send no more."""
        if self._sending is not None:
            self._sending.cancel()
            await asyncio.gather(self._sending, return_exceptions=True)

    async def _send(self) -> None:
        try:
            while self._targets:
                targets, self._targets = self._targets, set()
                with suppress(BusError):
                    for target in sorted(targets):
                        await self._bus.wake(target)
                await asyncio.sleep(PAUSE)
        finally:
            self._sending = None
