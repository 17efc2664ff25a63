"""Retention of the outbox: old finished messages are deleted, and the journal keeps one line of each for good.

A row of the outbox holds the whole message, some thousand characters. The line in the journal holds receiver,
person, reason, time and outcome. Addresses are not kept.
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
    """Delete old messages, beside the sender. A lost journal is tried again later."""

    def __init__(self, journal: Journal, clock: Clock, settings: OutboxSettings | None = None) -> None:
        self._journal, self._clock, self.guard = journal, clock, DeletionGuard(clock)
        self.settings = settings or OutboxSettings()

    async def run(self) -> None:
        """Prune every hour, for ever, in small batches so that the journal stays free for others."""
        while True:
            pause = EVERY
            try:
                if await self.prune() == AT_ONCE:
                    pause = PAUSE
            except JournalLost as error:
                log.warning("old messages cannot be taken out now: %s", error)
            await asyncio.sleep(pause)

    async def prune(self) -> int:
        """Delete some of the oldest messages and write their lines, in one transaction; return how many."""
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
    """The line that the journal keeps of a message, with the field names of `OutboxItem`."""
    body = row["body"]
    to = {name: (body.get("to") or {}).get(name, "") for name in ("person", "name")}
    fields = {name: row[name] for name in ("key", "receiver", "created", "sent_at", "attempts", "error")}
    return fields | {"reason": body.get("reason", ""), "to": to if any(to.values()) else {}}
