"""Whether the site's stores take what must be kept: asked at need, logged once when lost and once when back."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from feeds.cases.store import CasesLost
from feeds.clock import Clock
from feeds.journal import HistoryLost, Intake, IntakeLost, Journal, JournalError, JournalLost
from feeds.journal.connections import Store

log = logging.getLogger(__name__)

ASK_EVERY = 1.0
"""A store is written to at most once in so many seconds, however often somebody asks."""
PATIENCE = 3.0
"""Seconds that one who asks waits for a store that hangs. A slow disk is no loss: the store's own limits judge."""
LOOK = 1.0
"""Seconds between two looks at whether a store failed somebody, and between two attempts while it is lost."""
PROBE = 10.0
"""Seconds after which a store that nobody asked is asked: a calm site tells that it can accept nothing, too."""
_PROBLEMS = {IntakeLost: "intake-lost", HistoryLost: "history-lost", CasesLost: "cases-lost"}


class StoreWatch:
    """One store: `lost` says why it takes nothing, "" while it takes rows."""

    def __init__(self, name: str, store: Store, touch: Callable[[], Awaitable[None]], clock: Clock) -> None:
        self.name, self.lost = name, ""
        self._store, self._touch, self._clock = store, touch, clock
        self._asked_at, self._usable = float("-inf"), False
        self._attempt: asyncio.Task[bool] | None = None

    async def usable(self) -> bool:
        """True when the store has taken a row within the last second. All who ask share one attempt."""
        if not 0 <= self._clock() - self._asked_at < ASK_EVERY:
            if self._attempt is None:
                self._attempt = asyncio.create_task(self._try(), name=f"{self.name}-touch")
            done, _ = await asyncio.wait([self._attempt], timeout=PATIENCE)
            if not done:
                return False
        return self._usable

    async def _try(self) -> bool:
        try:
            await self._touch()
        except JournalError as error:
            self._usable = False
            self._note(str(error))
        else:
            self._usable = True
            self._note("")
        finally:
            self._asked_at, self._attempt = self._clock(), None
        return self._usable

    def _note(self, error: str) -> None:
        if error and not self.lost:
            log.error("the %s is lost: %s", self.name, error)
        elif self.lost and not error:
            log.info("the %s is back", self.name)
        self.lost = error

    async def run(self) -> None:
        """Look until cancelled. A store that failed somebody is tried until it takes a row, any other every PROBE."""
        try:
            while True:
                await asyncio.sleep(LOOK)
                if self.lost or self._store.failing or not 0 <= self._clock() - self._asked_at < PROBE:
                    await self.usable()
        finally:
            if self._attempt is not None:
                await asyncio.wait([self._attempt])


class Stores:
    """The stores without which nothing can be accepted."""

    def __init__(
        self, journal: Journal, intake: Intake | None, clock: Clock, *, missing: Callable[[str], str] = lambda _: ""
    ) -> None:
        """`missing` says in a language what the journal once had and has no more, "" for nothing."""
        self.missing = missing
        self.journal = StoreWatch("journal", journal.store, journal.touch, clock)
        self.intake = StoreWatch("intake", intake.store, intake.touch, clock) if intake is not None else None

    async def run(self) -> None:
        """Watch all of them until cancelled."""
        async with asyncio.TaskGroup() as group:
            for watch in filter(None, (self.journal, self.intake)):
                group.create_task(watch.run(), name=f"{watch.name}-watch")

    def conditions(self) -> list[str]:
        """Codes for the live heartbeat: `journal-lost`, `intake-lost`, `journal-incomplete`."""
        lost = [f"{watch.name}-lost" for watch in filter(None, (self.journal, self.intake)) if watch.lost]
        return [*lost, "journal-incomplete"] if self.missing("en") else lost


def problem_of(error: JournalLost) -> str:
    """The kind of problem (api.http.problems) that names the store that is away."""
    return _PROBLEMS.get(type(error), "journal-lost")
