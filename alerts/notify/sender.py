"""The sender: deliver the messages of the outbox at least once, in order for each alert and receiver.

A message leaves the outbox only when its receiver accepted or refused it, when the receiver was removed from the
settings, or when the message became needless (see alerts.notify.batching). Each receiver has its own queue, worker and
back-off (alerts.notify.backoff), so that one that hangs, fails or is slow delays no other. When the journal is lost,
sent messages are marked as soon as it is back.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import math
import random
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import aiohttp

from alerts.notify.backoff import LONGEST_PAUSE, BackOff
from alerts.notify.batching import NEEDLESS, Batch, BatchPlanner, is_digest, is_test, lane
from alerts.notify.due_bounds import DueBounds
from alerts.notify.priority import is_urgent
from alerts.notify.rate_limit import Budget, budgets_of
from alerts.notify.turns import Turns
from alerts.receivers.base import ReceiverTarget, Rejected, RetryLater
from feeds.clock import Clock
from feeds.clock import now as wall_clock
from feeds.documents.receivers import ReceiverSettings
from feeds.journal import SENDING, Journal, JournalLost, OutboxItem
from feeds.uninterrupted import finish

log = logging.getLogger(__name__)

POLL = 1.0
BATCH = 64
AT_HAND = 16
READERS = 3
"""Receivers whose queues are read at the same time; the engine shares the journal's few connections."""
TURN = 1.0
"""Seconds after which a receiver's worker looks again for what is urgent before it goes on."""
REMOVED = "receiver removed"


class Sender:
    """Deliver the messages of the journal's outbox to receivers. `wake` cuts a wait short.

    With `targets` None nothing is sent until `replace` gives the receivers: none counts as removed before.
    """

    def __init__(
        self,
        journal: Journal,
        targets: Mapping[str, ReceiverTarget] | None = None,
        receivers: Sequence[ReceiverSettings] = (),
        *,
        clock: Clock = wall_clock,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._journal = journal
        self._targets: dict[str, ReceiverTarget] | None = None
        self._budgets: dict[str, Budget] = {}
        self._clock = clock
        self._backoff = BackOff(jitter)
        self._turns = Turns(self._backoff)
        self._planning = asyncio.Semaphore(READERS)
        self._woken = asyncio.Event()
        self._lost: set[str] = set()
        self._journal_lost = False
        self._planner = BatchPlanner(journal)
        self._bounds = DueBounds(journal, LONGEST_PAUSE)
        if targets is not None:
            self.replace(targets, receivers)

    def replace(self, targets: Mapping[str, ReceiverTarget], receivers: Sequence[ReceiverSettings] = ()) -> None:
        """Replace the receivers. Messages to a removed receiver are given up."""
        for old in (self._targets or {}).values():
            old.close()
        self._targets = dict(targets)
        self._budgets = budgets_of(receivers, self._budgets)
        self._backoff.clear()
        self._woken.set()

    def wake(self) -> None:
        """Something was queued."""
        self._woken.set()

    def clock_stepped(self, by: float) -> None:
        """The wall clock was set by `by` seconds: all waiting messages are due, under the receivers' rates."""
        if by:
            self._backoff.clear()
            self._bounds.clock_stepped(by, self._budgets.values())
            self._woken.set()

    async def run(self) -> None:
        """Send for ever. Every receiver has a task of its own while something is due for it."""
        busy: dict[str, asyncio.Task[bool]] = {}
        # Workers are bounded here; a bound of the session's would let receivers that hang take all connections.
        connector = aiohttp.TCPConnector(limit=0)
        async with aiohttp.ClientSession(connector=connector) as session, asyncio.TaskGroup() as tasks:
            while True:
                self._woken.clear()
                busy = {receiver: task for receiver, task in busy.items() if not task.done()}
                for receiver in self._turns.choose(await self._ready(), busy, self._clock()):
                    busy[receiver] = tasks.create_task(self._serve(session, receiver))
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(POLL):
                        await self._woken.wait()

    async def deliver_due(self, session: aiohttp.ClientSession) -> None:
        """Serve every receiver for which something is due by the clock until nothing more is; side by side."""
        while ready := self._turns.choose(await self._ready(), (), self._clock()):
            async with asyncio.TaskGroup() as tasks:
                turns = [tasks.create_task(self._serve(session, receiver)) for receiver in ready]
            if not any(turn.result() for turn in turns):
                return

    async def _ready(self) -> dict[str, bool]:
        """The receivers for which something is due, True when it is urgent; none while the journal is away."""
        if self._targets is None:
            return {}
        try:
            await self._bounds.look(self._clock(), self._budgets.values())
            ready = await self._journal.outbox_ready(self._clock())
        except JournalLost as error:
            self._log_lost(error)
            return {}
        if self._journal_lost:
            self._journal_lost = False
            log.info("the journal is back, messages are sent again")
        return ready

    def _log_lost(self, error: JournalLost) -> None:
        if not self._journal_lost:
            self._journal_lost = True
            log.warning("the journal is lost, no message is sent: %s", error)

    async def _serve(self, session: aiohttp.ClientSession, receiver: str) -> bool:
        """Send a receiver's next batch for TURN seconds or until it fails; True when anything was sent."""
        self._backoff.try_now(receiver)
        try:
            async with self._planning:
                turn = await self._next_batch(receiver)
        except JournalLost as error:  # then it is not known what goes first, and everything waits
            self._log_lost(error)
            return False
        target = (self._targets or {}).get(receiver)
        went = bool(turn.needless)
        if went:
            self._woken.set()
        if target is None:
            return went
        ends = math.inf
        send = turn.send[:1] if self._backoff.is_suspect(receiver) else turn.send
        for start in range(0, len(send), AT_HAND):
            batch = send[start : start + AT_HAND]
            # A kill between sending and marking leaves this trace: the message may have arrived.
            await self._mark_all(batch, due=self._clock(), error=SENDING)
            ends = min(ends, time.monotonic() + TURN)  # from the first message, however long the journal took before
            untried = await self._hand_over(session, target, batch, ends)
            await self._mark_all(untried, due=self._clock())
            went = went or len(untried) < len(batch)
            if untried or self._backoff.rests(receiver, self._clock()) or time.monotonic() >= ends:
                break
        if send:
            self._woken.set()
        return went

    async def _next_batch(self, receiver: str) -> Batch:
        """Plan a receiver's next batch, and mark the messages that are put off or needless."""
        now, budget = self._clock(), self._budgets.get(receiver)
        resting = self._backoff.resting_persons(receiver, now)
        if receiver not in (self._targets or {}):
            items = await self._journal.outbox_due(now, BATCH, receiver=receiver)
            await self._mark_all(items, error=REMOVED)
            return Batch(needless=items)
        if budget is None:
            limit = 1 if self._backoff.is_suspect(receiver) else BATCH
            items = await self._journal.outbox_due(now, limit, receiver=receiver, without=resting)
            turn = await self._planner.plain(items, now)
        else:
            turn = await self._planner.bounded(receiver, budget, now, resting)
        await self._mark_all(turn.needless, error=NEEDLESS)
        for due, waiting in turn.later.items():
            await self._mark_all(waiting, due=max(due, now + POLL), keep_error=True)
        await self._mark_all(turn.over_rate, due=max(turn.room_at, now + POLL), error=BatchPlanner.RATE)
        return turn

    async def _hand_over(
        self, session: aiohttp.ClientSession, target: ReceiverTarget, items: Sequence[OutboxItem], ends: float
    ) -> list[OutboxItem]:
        """Send messages, each person's in order and persons side by side; those that were not tried are returned."""
        lanes: dict[str, list[OutboxItem]] = {}
        for item in items:
            lanes.setdefault(lane(item)[1], []).append(item)
        waiting, untried = list(reversed(lanes.values())), []

        async def work() -> None:
            over = False  # a turn sends at least one message, or a slow journal would end each before it began
            while waiting:
                mine = waiting.pop()
                while mine and not over and not self._is_resting(mine[0]):
                    if not await self._send(session, target, mine.pop(0)):
                        break
                    over = time.monotonic() >= ends
                untried.extend(mine)

        async with asyncio.TaskGroup() as tasks:
            for _ in range(min(target.at_once, len(lanes))):
                tasks.create_task(work())
        return untried

    def _is_resting(self, item: OutboxItem) -> bool:
        """True while the message's receiver or person is paused."""
        now, person = self._clock(), lane(item)[1]
        return self._backoff.rests(item.receiver, now) or person in self._backoff.resting_persons(item.receiver, now)

    async def _send(self, session: aiohttp.ClientSession, target: ReceiverTarget, item: OutboxItem) -> bool:
        """Send one message; False when it was not accepted and the following ones must wait."""
        if (budget := self._budgets.get(item.receiver)) is not None:
            budget.spend(self._clock(), urgent=is_urgent(item.body))
        try:
            body = await self._planner.whole(item) if is_digest(item) else item.body
            if not body.get("items", True):
                await self._mark(item.key, error=NEEDLESS)
                return True
            await target.send(session, item.key, body)
        except JournalLost as error:
            self._log_lost(error)
            await self._mark_all([item], due=self._clock())
            return False
        except RetryLater as error:
            if is_test(item):
                await self._mark(item.key, attempts=item.attempts + 1, error=f"failed: {error}")
                return True
            await self._failed(item, error)
            return False
        except Rejected as error:
            log.warning("receiver %s refused %s: %s", item.receiver, item.key, error)
            await self._mark(item.key, attempts=item.attempts + 1, error=f"refused: {error}")
            await self._answered(item)
        else:
            await self._sent(item)
        return True

    async def _sent(self, item: OutboxItem) -> None:
        at = self._clock()
        if parts := self._planner.parts(item):
            await self._retry_until_done(lambda: self._journal.outbox_sent_parts(item.key, parts, at))
        await self._mark(item.key, sent_at=at, attempts=item.attempts + 1)
        await self._answered(item)

    async def _answered(self, item: OutboxItem) -> None:
        """The receiver answered: failed messages are due at once. A receiver that is back is logged once."""
        if self._backoff.answered(item.receiver, lane(item)[1]):
            await self._retry_until_done(lambda: self._journal.outbox_retry(item.receiver, self._clock()))
        if item.receiver in self._lost:
            self._lost.discard(item.receiver)
            log.info("receiver %s is back", item.receiver)

    async def _failed(self, item: OutboxItem, error: RetryLater) -> None:
        """Store the failure and the next attempt. A lost receiver is logged once."""
        if item.receiver not in self._lost:
            self._lost.add(item.receiver)
            log.warning("receiver %s does not take messages: %s", item.receiver, error)
        attempts = item.attempts + 1
        person = lane(item)[1]
        due = self._backoff.failed(item.receiver, person, attempts, self._clock(), error.after or 0.0)
        await self._mark(item.key, due=due, attempts=attempts, error=str(error))

    async def _mark(self, key: str, **how: Any) -> None:
        """Mark a message, however long it takes: a stop before the mark would send the message twice."""
        await self._retry_until_done(lambda: self._journal.outbox_mark(key, **how))

    async def _mark_all(
        self, items: Iterable[OutboxItem], *, due: float | None = None, error: str = "", keep_error: bool = False
    ) -> None:
        """Put off messages that were not sent until `due`; None for good."""
        keys = [item.key for item in items]
        if keys:
            new_error = None if keep_error else error
            await self._retry_until_done(lambda: self._journal.outbox_put_off(keys, due=due, error=new_error))

    async def _retry_until_done(self, work: Callable[[], Any]) -> None:
        while True:
            try:
                await finish(work())
                return
            except JournalLost as error:
                self._log_lost(error)
                await asyncio.sleep(POLL)
