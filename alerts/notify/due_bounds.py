"""Bounds of due times: no message waits longer than its back-off or rate allows, also after the clock was set."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable

from alerts.notify.rate_limit import Budget
from feeds.clock import Clock
from feeds.journal import Journal

log = logging.getLogger(__name__)

EVERY = 30.0
"""Seconds between two looks for messages that wait for a moment that is too far away."""


class DueBounds:
    """Bound the due times in the outbox. `longest` is the longest back-off in seconds."""

    def __init__(self, journal: Journal, longest: float, monotonic: Clock = time.monotonic) -> None:
        self._journal, self._longest, self._monotonic = journal, longest, monotonic
        self._looked = float("-inf")
        self._stepped = False

    def clock_stepped(self, by: float, budgets: Iterable[Budget]) -> None:
        """The clock was set by `by` seconds: at the next look everything that waits is due."""
        for budget in budgets:
            budget.clock_stepped(by)
        self._stepped = True

    async def look(self, now: float, budgets: Iterable[Budget]) -> None:
        """Make messages due whose due time is too far away. Raises JournalLost."""
        if not self._stepped and self._monotonic() - self._looked < EVERY:
            return
        latest = now if self._stepped else now + max([self._longest, *(budget.seconds for budget in budgets)])
        if recalled := await self._journal.outbox_recall(now, latest):
            log.warning("%d messages waited for a moment of another clock: they are due now", recalled)
        self._looked, self._stepped = self._monotonic(), False
