"""Sends what the journal holds ready: at least once, in order for each alert and receiver, for as long as it takes.

A message leaves the outbox only when its receiver took it, refused it, or is no longer in the
settings; or when it has become needless (see alerts.notify.batching). One receiver that is away neither delays nor
starves another, and a journal that is away stops nothing for good: what was sent is marked as soon as it is back.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import aiohttp

from alerts.notify.batching import NEEDLESS, Round, Rounds, is_digest, is_test, is_urgent
from alerts.notify.rate_limit import Budget
from alerts.receivers.base import Again, Rejected, Target
from alerts.receivers.catalogue import parse_rate, reserve_of
from alerts.settings import ReceiverSettings
from alerts.uninterrupted import finish
from feeds.clock import Clock
from feeds.clock import now as wall_clock
from feeds.journal import SENDING, Journal, JournalLost, OutboxItem

log = logging.getLogger(__name__)

FIRST_PAUSE = 1.0
LONGEST_PAUSE = 300.0
POLL = 1.0
BATCH = 500
AT_HAND = 16
REMOVED = "receiver removed"


def pause_after(attempts: int, jitter: Callable[[], float] = random.random) -> float:
    """Seconds until the next attempt: 1, 2, 4 … up to 5 min, each shortened by up to a half so that they spread."""
    whole = min(LONGEST_PAUSE, FIRST_PAUSE * 2.0 ** min(attempts - 1, 16))
    return whole * (1.0 - jitter() / 2)


class Sender:
    """Takes from the journal's outbox and hands to receivers. `wake` cuts a wait short.

    Without receivers (None) nothing is sent until they are given: what waits for them must not be taken for removed.
    """

    def __init__(
        self,
        journal: Journal,
        targets: Mapping[str, Target] | None = None,
        receivers: Sequence[ReceiverSettings] = (),
        *,
        clock: Clock = wall_clock,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._journal = journal
        self._targets: dict[str, Target] | None = None
        self._budgets: dict[str, Budget] = {}
        self._clock = clock
        self._jitter = jitter
        self._woken = asyncio.Event()
        self._lost: set[str] = set()
        self._journal_lost = False
        self._rounds = Rounds(journal)
        if targets is not None:
            self.replace(targets, receivers)

    def replace(self, targets: Mapping[str, Target], receivers: Sequence[ReceiverSettings] = ()) -> None:
        """Other receivers from now on; what waits for one that is gone is given up."""
        for old in (self._targets or {}).values():
            old.close()
        self._targets = dict(targets)
        before, self._budgets = self._budgets, {}
        for one in receivers:
            if (rate := parse_rate(one.rate)) is not None:
                new, old_budget = Budget(*rate, reserve_of(one)), before.get(one.id)
                same = old_budget is not None and (
                    (old_budget.count, old_budget.seconds, old_budget.reserve) == (new.count, new.seconds, new.reserve)
                )
                self._budgets[one.id] = old_budget if same and old_budget is not None else new
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
                # Who ends while the journal is read may have sent what that reading still shows as due.
                at_work = {receiver for receiver, task in busy.items() if not task.done()}
                for receiver, items in (await self._due()).items():
                    if receiver not in at_work:
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
        if self._targets is None:
            return found
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
        target = (self._targets or {}).get(receiver)
        if target is None:
            await self._mark_all(items, error=REMOVED)
            return
        try:
            one = await self._round(receiver, items)
        except JournalLost as error:  # then it is not known what goes first, and everything waits
            self._say_lost(error)
            return
        for start in range(0, len(one.send), AT_HAND):
            some = one.send[start : start + AT_HAND]
            # A kill between sending and marking leaves this trace: the message may have arrived.
            await self._mark_all(some, due=self._clock(), error=SENDING)
            for place, item in enumerate(some, start + 1):
                if not await self._send(session, target, item, one.send[place:]):
                    return
        if one.send:
            self._woken.set()

    async def _round(self, receiver: str, items: list[OutboxItem]) -> Round:
        """What of the items is sent now; the others are put off or have become needless."""
        now, budget = self._clock(), self._budgets.get(receiver)
        if budget is None:
            one = await self._rounds.plain(items)
        else:
            one = await self._rounds.bounded(receiver, budget, now)
        await self._mark_all(one.needless, error=NEEDLESS)
        for due, waiting in one.later.items():
            await self._mark_all(waiting, due=max(due, now + POLL), keep_error=True)
        await self._mark_all(one.over_rate, due=max(one.room_at, now + POLL), error=Rounds.RATE)
        return one

    async def _send(
        self, session: aiohttp.ClientSession, target: Target, item: OutboxItem, rest: Sequence[OutboxItem]
    ) -> bool:
        """One message; False when the receiver is away, and `rest` waits with it."""
        if (budget := self._budgets.get(item.receiver)) is not None:
            budget.spend(self._clock(), urgent=is_urgent(item))
        try:
            body = await self._rounds.whole(item) if is_digest(item) else item.body
            if not body.get("items", True):
                await self._mark(item.key, error=NEEDLESS)
                return True
            await target.send(session, item.key, body)
        except JournalLost as error:
            self._say_lost(error)
            return False
        except Again as error:
            if is_test(item):
                await self._mark(item.key, attempts=item.attempts + 1, error=f"failed: {error}")
                return True
            due = await self._failed(item, error)
            await self._mark_all(rest, due=due)
            return False
        except Rejected as error:
            log.warning("receiver %s refused %s: %s", item.receiver, item.key, error)
            await self._mark(item.key, attempts=item.attempts + 1, error=f"refused: {error}")
        else:
            await self._sent(item)
        return True

    async def _sent(self, item: OutboxItem) -> None:
        at = self._clock()
        if parts := self._rounds.parts(item):
            await self._surely(lambda: self._journal.outbox_sent_parts(item.key, parts, at))
        await self._mark(item.key, sent_at=at, attempts=item.attempts + 1)
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

    async def _mark(self, key: str, **how: Any) -> None:
        """A stop between sending and marking would send it twice, so it waits for the mark; as long as it takes."""
        await self._surely(lambda: self._journal.outbox_mark(key, **how))

    async def _mark_all(
        self, items: Iterable[OutboxItem], *, due: float | None = None, error: str = "", keep_error: bool = False
    ) -> None:
        """The same for several that were not sent."""
        keys = [item.key for item in items]
        if keys:
            said = None if keep_error else error
            await self._surely(lambda: self._journal.outbox_put_off(keys, due=due, error=said))

    async def _surely(self, work: Callable[[], Any]) -> None:
        while True:
            try:
                await finish(work())
                return
            except JournalLost as error:
                self._say_lost(error)
                await asyncio.sleep(POLL)
