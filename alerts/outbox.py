"""Sends what the journal holds ready: at least once, in order for each alert and receiver, for as long as it takes.

A message leaves the outbox only when its receiver took it, refused it, or is no longer in the
settings. One receiver that is away neither delays nor starves another, and a journal
that is away stops nothing for good: what was sent is marked as soon as it is back.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import aiohttp

from alerts.finish import finish
from alerts.settings import ReceiverSettings
from alerts.webhook import Again, ReceiverError, Rejected, Webhook, webhook
from feeds.clock import Clock
from feeds.clock import now as wall_clock
from feeds.journal import Journal, JournalLost, OutboxItem

log = logging.getLogger(__name__)

FIRST_PAUSE = 1.0
LONGEST_PAUSE = 300.0
POLL = 1.0
BATCH = 500


def pause_after(attempts: int, jitter: Callable[[], float] = random.random) -> float:
    """Seconds until the next attempt: 1, 2, 4 … up to 5 min, each shortened by up to a half so that they spread."""
    whole = min(LONGEST_PAUSE, FIRST_PAUSE * 2.0 ** min(attempts - 1, 16))
    return whole * (1.0 - jitter() / 2)


def compile_receivers(receivers: Iterable[ReceiverSettings]) -> dict[str, Webhook]:
    """Every receiver's webhook by id; ReceiverError at the first that cannot be used."""
    made: dict[str, Webhook] = {}
    for one in receivers:
        if one.id in made:
            raise ReceiverError(one.id, "id 重复", "the id is used twice")
        made[one.id] = webhook(one)
    return made


class Sender:
    """Takes from the journal's outbox and hands to receivers. `wake` cuts a wait short."""

    def __init__(
        self,
        journal: Journal,
        receivers: Mapping[str, Webhook],
        *,
        clock: Clock = wall_clock,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._journal = journal
        self._receivers = dict(receivers)
        self._clock = clock
        self._jitter = jitter
        self._woken = asyncio.Event()
        self._lost: set[str] = set()
        self._journal_lost = False

    def replace(self, receivers: Mapping[str, Webhook]) -> None:
        """Other receivers from now on; what waits for one that is gone is given up."""
        self._receivers = dict(receivers)
        self._woken.set()

    def wake(self) -> None:
        """Something was queued."""
        self._woken.set()

    async def run(self) -> None:
        """Send for ever. Every receiver has a task of its own while something is due for it."""
        busy: dict[str, asyncio.Task[None]] = {}
        async with aiohttp.ClientSession() as session, asyncio.TaskGroup() as tasks:
            while True:
                self._woken.clear()
                for receiver, items in (await self._due()).items():
                    task = busy.get(receiver)
                    if task is None or task.done():
                        busy[receiver] = tasks.create_task(self._serve(session, receiver, items))
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(POLL):
                        await self._woken.wait()

    async def deliver_due(self, session: aiohttp.ClientSession) -> None:
        """One round: everything that is due by the clock, receivers side by side."""
        async with asyncio.TaskGroup() as tasks:
            for receiver, items in (await self._due()).items():
                tasks.create_task(self._serve(session, receiver, items))

    async def _due(self) -> dict[str, list[OutboxItem]]:
        """What is due by receiver; nothing while the journal is away."""
        found: dict[str, list[OutboxItem]] = {}
        try:
            due = await self._journal.outbox_due(self._clock(), BATCH)
        except JournalLost as error:
            self._say_lost(error)
            return {}
        if self._journal_lost:
            self._journal_lost = False
            log.info("the journal is back, messages are sent again")
        for item in due:
            found.setdefault(item.receiver, []).append(item)
        return found

    def _say_lost(self, error: JournalLost) -> None:
        if not self._journal_lost:
            self._journal_lost = True
            log.warning("the journal is lost, no message is sent: %s", error)

    async def _serve(self, session: aiohttp.ClientSession, receiver: str, items: list[OutboxItem]) -> None:
        """Send one receiver's items in order; at the first that fails the rest waits with it."""
        for place, item in enumerate(items):
            target = self._receivers.get(receiver)
            if target is None:
                await self._mark(item.key, error="receiver removed")
                continue
            if (ahead := await self._ahead(item)) is not None:
                await self._postpone([item], max(ahead, self._clock() + POLL))
                continue
            try:
                await target.send(session, item.key, item.body)
            except Again as error:
                due = await self._failed(item, error)
                await self._postpone(items[place + 1 :], due)
                return
            except Rejected as error:
                log.warning("receiver %s refused %s: %s", receiver, item.key, error)
                await self._mark(item.key, attempts=item.attempts + 1, error=f"refused: {error}")
            else:
                await self._sent(item)
        self._woken.set()

    async def _ahead(self, item: OutboxItem) -> float | None:
        """When an older unsent message of the same alert to the same receiver is due; None when there is none."""
        try:
            queued = await self._journal.outbox_for(item.subject)
        except JournalLost as error:  # then it is not known, and the message waits with it
            self._say_lost(error)
            return self._clock()
        for other in queued:
            if other.key == item.key:
                return None
            if other.receiver == item.receiver and other.due is not None:
                return other.due
        return None

    async def _sent(self, item: OutboxItem) -> None:
        await self._mark(item.key, sent_at=self._clock(), attempts=item.attempts + 1)
        if item.receiver in self._lost:
            self._lost.discard(item.receiver)
            log.info("receiver %s is back", item.receiver)

    async def _failed(self, item: OutboxItem, error: Again) -> float:
        """Note the failure and when to try again; a lost receiver is logged once."""
        if item.receiver not in self._lost:
            self._lost.add(item.receiver)
            log.warning("receiver %s does not take messages: %s", item.receiver, error)
        attempts = item.attempts + 1
        wait = max(pause_after(attempts, self._jitter), min(error.after or 0.0, LONGEST_PAUSE))
        due = self._clock() + wait
        await self._mark(item.key, due=due, attempts=attempts, error=str(error))
        return due

    async def _postpone(self, items: Iterable[OutboxItem], due: float) -> None:
        for item in items:
            await self._mark(item.key, due=due, attempts=item.attempts, error=item.error)

    async def _mark(self, key: str, **how: Any) -> None:
        """A stop between sending and marking would send it twice, so it waits for the mark; as long as it takes."""
        while True:
            try:
                return await finish(self._journal.outbox_mark(key, **how))
            except JournalLost as error:
                self._say_lost(error)
                await asyncio.sleep(POLL)
