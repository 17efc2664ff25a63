"""Messages that are over and old leave the outbox; the log keeps, for good, what was sent to whom.

A row of the outbox carries the whole message, some thousand characters; what the log keeps of it is a line: receiver,
person, reason, when, how it ended. Addresses are not kept.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from alerts.settings import OutboxSettings
from feeds.clock import Clock, DeletionGuard
from feeds.journal import Journal, JournalLost

log = logging.getLogger(__name__)

KIND, NAME = "notices", "kept"
AT_ONCE = 200
PAUSE = 0.2
EVERY = 3600.0


class OutboxRetention:
    """Runs beside the sender. A journal that is away is asked again later."""

    def __init__(self, journal: Journal, clock: Clock, settings: OutboxSettings | None = None) -> None:
        self._journal, self._clock, self.guard = journal, clock, DeletionGuard(clock)
        self.settings = settings or OutboxSettings()

    async def run(self) -> None:
        """For ever: every hour what is too old, a little at a time, so that nobody waits for the journal."""
        while True:
            pause = EVERY
            try:
                if await self.prune() == AT_ONCE:
                    pause = PAUSE
            except JournalLost as error:
                log.warning("old messages cannot be taken out now: %s", error)
            await asyncio.sleep(pause)

    async def prune(self) -> int:
        """Take some of the oldest out, in one transaction with what the log keeps of them; how many."""
        now = self._clock()
        if not self.guard.allows():
            return 0
        async with self._journal.begin() as tx:
            rows = await tx.take_old_outbox(now - self.settings.keep, AT_ONCE)
            about: dict[str, list[dict[str, Any]]] = {}
            for row in rows:
                if row["subject"] != row["key"]:  # neither a digest, whose parts tell, nor a test
                    about.setdefault(row["subject"], []).append(_line(row))
            for subject, lines in about.items():
                await tx.append(kind=KIND, name=NAME, subject=subject, at=now, body={"messages": lines})
        return len(rows)


def _line(row: dict[str, Any]) -> dict[str, Any]:
    """What stays of a message; the words of `OutboxItem`."""
    body = row["body"]
    to = {name: (body.get("to") or {}).get(name, "") for name in ("person", "name")}
    fields = {name: row[name] for name in ("key", "receiver", "created", "sent_at", "attempts", "error")}
    return fields | {"reason": body.get("reason", ""), "to": to if any(to.values()) else {}}
