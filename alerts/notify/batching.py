"""Batching: which of a receiver's waiting messages are sent now, and in what order.

- Urgent messages go first, but never before older messages about the same alert to the same person.
- "Cleared" is not sent to somebody whose first message about the alert was taken out of the queue.
- Under a rate, critical messages go at once. When more of the other messages wait than may be sent, all become one
  digest. A digest is a message of the outbox with its own key. It is made in one transaction with its parts, so that
  it is unchanged after a restart.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from alerts.notify.priority import DIGEST, ENDS, TEST, is_urgent, person_of
from alerts.notify.rate_limit import Budget
from feeds.journal import SENDING, Journal, OutboxItem

NEEDLESS = "not needed: never told"
LARGEST = 500
About = Mapping[str, Sequence[OutboxItem]]
"""Every message ever queued about an alert, by the alert's id, oldest first."""


def is_digest(item: OutboxItem) -> bool:
    return bool(item.body.get("reason") == DIGEST)


def is_test(item: OutboxItem) -> bool:
    return bool(item.body.get("reason") == TEST)


def lane(item: OutboxItem) -> tuple[str, str]:
    """The receiver and person of a message. Messages about one alert keep their order within a lane."""
    return item.receiver, person_of(item.body)


@dataclass(slots=True)
class Batch:
    """`send` in that order; `later` by the moment until which they wait; `over_rate` waits until `room_at`."""

    send: list[OutboxItem] = field(default_factory=list)
    needless: list[OutboxItem] = field(default_factory=list)
    later: dict[float, list[OutboxItem]] = field(default_factory=dict)
    over_rate: list[OutboxItem] = field(default_factory=list)
    room_at: float = 0.0


class BatchPlanner:
    """Plan a receiver's next batch from the journal. Every method may raise JournalLost."""

    RATE = "rate"
    """The error of a message that waits because the receiver takes no more for now."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._in: dict[str, list[str]] = {}  # what goes as part of an urgent one; a digest names its parts itself

    async def plain(self, items: Sequence[OutboxItem], now: float) -> Batch:
        """The batch of a receiver without a rate: all items, each urgent one after the older ones about its alert."""
        batch = Batch()
        before: set[str] = set()
        # While something is urgent the rest is looked at in a later turn: it would hold up what is urgent.
        chosen = [item for item in items if is_urgent(item.body)] or items
        about = await self._around(chosen)
        for item in chosen:
            for message in (*await self._ahead_of(item, about, now), item):
                if message.key not in before:
                    await self._sort_in(batch, message, before, about)
                    before.add(message.key)
        return batch

    async def _around(self, items: Sequence[OutboxItem]) -> About:
        """All messages ever queued about the alerts of these messages."""
        return await self._journal.outbox_about(list(dict.fromkeys(item.subject for item in items)))

    async def _ahead_of(self, item: OutboxItem, about: About, now: float) -> list[OutboxItem]:
        """Older messages about the alert of an urgent message, to the same person, that are due by now."""
        if not is_urgent(item.body) or is_test(item):
            return []
        ahead: list[OutboxItem] = []
        for older in about[item.subject]:
            if older.key == item.key:
                break
            whole = await self._whole_of(older)
            if lane(older) == lane(item) and whole.due is not None and whole.due <= now:
                ahead.append(whole)
        return ahead

    async def bounded(self, receiver: str, budget: Budget, now: float, without: Sequence[str] = ()) -> Batch:
        """The batch of a receiver with a rate: urgent messages within the rate, else the others or their digest.

        `without`: persons who are paused.
        """
        if not budget.counted:
            budget.remember(await self._journal.outbox_sent(receiver, now - budget.seconds))
        waiting = await self._waiting(receiver, now, without)
        batch = Batch(room_at=budget.next_room(now, urgent=False))
        urgent = [item for item in waiting if is_urgent(item.body)]
        room = budget.room(now, urgent=True)
        batch.send = urgent[:room]
        if urgent[room:]:
            batch.later[budget.next_room(now, urgent=True)] = urgent[room:]
        taken = {item.key for item in batch.send}
        plain_items = await self._absorbed([item for item in waiting if not is_urgent(item.body)], batch.send)
        if batch.send:  # the others are looked at in the next turn: hundreds of them would hold up what is urgent
            return batch
        about = await self._around(plain_items)
        for item in plain_items:
            await self._sort_in(batch, item, taken, about)
            taken.add(item.key)
        room = budget.room(now, urgent=False)
        if len(batch.send) > room:
            plain, batch.send = batch.send, []
            await self._digest_surplus(batch, receiver, plain, room, now)
        return batch

    async def _waiting(self, receiver: str, now: float, without: Sequence[str]) -> list[OutboxItem]:
        """The oldest waiting messages, then the newest ones, so that a critical one is found however many wait."""
        oldest = await self._journal.outbox_waiting(receiver, now, self.RATE, LARGEST, without=without)
        if len(oldest) < LARGEST:
            return oldest
        keys = {item.key for item in oldest}
        fresh = await self._journal.outbox_waiting(receiver, now, self.RATE, LARGEST, fresh=True, without=without)
        return oldest + [item for item in fresh if item.key not in keys]

    async def _digest_surplus(
        self, batch: Batch, receiver: str, plain: list[OutboxItem], room: int, now: float
    ) -> None:
        """Fill the batch when more wait than may be sent: waiting digests, then one digest for each person."""
        digests = [item for item in plain if is_digest(item)]
        loose = [item for item in plain if not is_digest(item)]
        batch.send += digests[:room]
        batch.over_rate += digests[room:]
        by_person: dict[str, list[OutboxItem]] = {}
        for item in loose:
            by_person.setdefault(person_of(item.body), []).append(item)
        for items in by_person.values():
            if len(batch.send) >= room:
                batch.over_rate += items
                continue
            whole = len(items) == 1
            batch.send.append(items[0] if whole else await self._digest(receiver, items[:LARGEST], now))
            batch.over_rate += items[1 if whole else LARGEST :]

    async def _digest(self, receiver: str, items: Sequence[OutboxItem], now: float) -> OutboxItem:
        """Fold several messages to one person into one, and store it before it is sent."""
        key = f"digest:{items[0].key}"
        body = {
            "version": 1,
            "key": key,
            "reason": DIGEST,
            "site": items[0].body.get("site", ""),
            "members": [item.key for item in items],
        }
        if to := items[0].body.get("to"):
            body["to"] = to
        person = person_of(body)
        async with self._journal.begin() as tx:
            await tx.fold_outbox([item.key for item in items], key)
            await tx.enqueue(key, receiver=receiver, subject=key, created=now, due=now, body=body, person=person)
        return OutboxItem(
            key=key, receiver=receiver, subject=key, created=now, due=now, sent_at=None, attempts=0, error="", body=body
        )

    async def whole(self, item: OutboxItem) -> Mapping[str, Any]:
        """The body of a digest, with those of its parts that were not cancelled since."""
        stored_parts = await self._journal.outbox_items(item.body["members"])
        items = [part.body for part in stored_parts if part.error == f"{DIGEST}:{item.key}"]
        return {name: value for name, value in item.body.items() if name != "members"} | {"items": items}

    def parts(self, item: OutboxItem) -> list[str]:
        """The keys of the messages that are sent as part of a message."""
        return list(item.body.get("members", ())) or self._in.pop(item.key, [])

    async def _absorbed(self, plain_items: list[OutboxItem], urgent: Sequence[OutboxItem]) -> list[OutboxItem]:
        """Fold older messages about an alert into its urgent message; return the others."""
        remaining = plain_items
        for item in urgent:
            older = [
                message
                for message in remaining
                if _alert_lane(message) == _alert_lane(item) and message.created <= item.created
            ]
            if older:
                gone = {message.key for message in older}
                async with self._journal.begin() as tx:
                    await tx.fold_outbox([message.key for message in older], item.key)
                self._in[item.key] = [message.key for message in older]
                remaining = [message for message in remaining if message.key not in gone]
        return remaining

    async def _sort_in(self, batch: Batch, item: OutboxItem, taken: Iterable[str], about: About) -> None:
        """Sort one message into the batch. `taken` are the keys of the messages sorted before it."""
        ahead, heard = await self._blocked_or_needed(item, set(taken), about)
        if ahead is not None:
            batch.later.setdefault(ahead, []).append(item)
        elif heard:
            batch.send.append(item)
        else:
            batch.needless.append(item)

    async def _blocked_or_needed(self, item: OutboxItem, taken: set[str], about: About) -> tuple[float | None, bool]:
        """The due time of an older message about the alert that blocks this one, and whether this one is needed."""
        if is_digest(item) or is_test(item):
            return None, True
        older = []
        for message in about[item.subject]:
            if message.key == item.key:
                break
            if lane(message) == lane(item):
                older.append(message)
        notified = False
        for message in older:
            whole = await self._whole_of(message)
            if whole.due is not None and whole.key not in taken and message.key not in taken:
                return whole.due, True
            notified = notified or whole.key in taken or message.key in taken or _may_have_arrived(whole)
        return None, item.body.get("reason") not in ENDS or not older or notified

    async def _whole_of(self, item: OutboxItem) -> OutboxItem:
        """The message that an item is sent with: itself, or the digest that it is part of."""
        if item.due is None and item.sent_at is None and item.error.startswith(f"{DIGEST}:"):
            return await self._journal.outbox_item(item.error.removeprefix(f"{DIGEST}:")) or item
        return item


def _may_have_arrived(item: OutboxItem) -> bool:
    """True when a message was sent, tried, or under way when it was cancelled."""
    return item.sent_at is not None or item.attempts > 0 or item.error.endswith(SENDING)


def _alert_lane(item: OutboxItem) -> tuple[str, tuple[str, str]]:
    return item.subject, lane(item)
