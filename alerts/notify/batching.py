"""What of a receiver's waiting messages is sent now, and in what order.

- What is older about the same alert to the same person goes first.
- "Cleared" is needless to somebody who never heard of it because what told him was taken out of the queue.
- Under a rate, what is critical goes at once, past everything else; of the other messages, when there are more than
  may be sent, all that wait become one digest. A digest is a message of the outbox with a key of its own, made in one
  transaction with its parts, so that it is the same one after a restart.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from alerts.notify.rate_limit import Budget
from feeds.journal import SENDING, Journal, OutboxItem
from feeds.model import Severity

NEEDLESS = "not needed: never told"
DIGEST, CLEARED, REMOVED, TEST = "digest", "cleared", "removed", "test"
ENDS = (CLEARED, REMOVED)
"""Reasons of a message that an alert has ended."""
LARGEST = 500


def is_digest(item: OutboxItem) -> bool:
    return bool(item.body.get("reason") == DIGEST)


def is_test(item: OutboxItem) -> bool:
    return bool(item.body.get("reason") == TEST)


def is_urgent(item: OutboxItem) -> bool:
    """What may not wait in a batch: a critical alert that fires, and a test that somebody waits for."""
    alert = item.body.get("alert") or {}
    fires = item.body.get("reason") not in (*ENDS, DIGEST) and alert.get("severity") == Severity.CRITICAL
    return fires or is_test(item)


def lane(item: OutboxItem) -> tuple[str, str]:
    """Within it messages about one alert keep their order: a receiver, and the person who is meant."""
    return item.receiver, (item.body.get("to") or {}).get("person", "")


@dataclass(slots=True)
class Round:
    """`send` in that order; `later` by the moment until which they wait; `over_rate` waits until `room_at`."""

    send: list[OutboxItem] = field(default_factory=list)
    needless: list[OutboxItem] = field(default_factory=list)
    later: dict[float, list[OutboxItem]] = field(default_factory=dict)
    over_rate: list[OutboxItem] = field(default_factory=list)
    room_at: float = 0.0


class Rounds:
    """Plans rounds from the journal. Every method may raise JournalLost."""

    RATE = "rate"
    """The error of a message that waits because the receiver takes no more for now."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._in: dict[str, list[str]] = {}  # what goes as part of an urgent one; a digest names its parts itself

    async def plain(self, items: Sequence[OutboxItem]) -> Round:
        """For a receiver without a rate: everything, in order."""
        one = Round()
        before: set[str] = set()
        for item in items:
            await self._place(one, item, before)
            before.add(item.key)
        return one

    async def bounded(self, receiver: str, budget: Budget, now: float) -> Round:
        """For one with a rate: what is urgent as far as the whole of it goes, then the others or a digest of them."""
        if not budget.known:
            budget.remember(await self._journal.outbox_sent(receiver, now - budget.seconds))
        waiting = await self._waiting(receiver, now)
        one = Round(room_at=budget.next_room(now, urgent=False))
        urgent = [item for item in waiting if is_urgent(item)]
        room = budget.room(now, urgent=True)
        one.send = urgent[:room]
        if urgent[room:]:
            one.later[budget.next_room(now, urgent=True)] = urgent[room:]
        taken = {item.key for item in one.send}
        others = await self._absorbed([item for item in waiting if not is_urgent(item)], one.send)
        for item in others:
            await self._place(one, item, taken)
            taken.add(item.key)
        plain = one.send[len(urgent[:room]) :]
        room = min(budget.room(now, urgent=False), budget.room(now, urgent=True) - len(urgent[:room]))
        if len(plain) > room:
            one.send = one.send[: len(urgent[: len(one.send) - len(plain)])]
            await self._press(one, receiver, plain, room, now)
        return one

    async def _waiting(self, receiver: str, now: float) -> list[OutboxItem]:
        """The oldest that wait, then what is new behind them: however many wait, something critical is seen at once."""
        found = await self._journal.outbox_waiting(receiver, now, self.RATE, LARGEST)
        if len(found) < LARGEST:
            return found
        known = {item.key for item in found}
        fresh = await self._journal.outbox_waiting(receiver, now, self.RATE, LARGEST, fresh=True)
        return found + [item for item in fresh if item.key not in known]

    async def _press(self, one: Round, receiver: str, plain: list[OutboxItem], room: int, now: float) -> None:
        """More than may be sent: digests that wait already, then one of all the rest; none when there is no room."""
        made = [item for item in plain if is_digest(item)]
        loose = [item for item in plain if not is_digest(item)]
        one.send += made[: max(0, room)]
        one.over_rate += made[max(0, room) :]
        if loose and room > len(made):
            one.send.append(await self._digest(receiver, loose[:LARGEST], now))
            one.over_rate += loose[LARGEST:]
        else:
            one.over_rate += loose

    async def _digest(self, receiver: str, items: Sequence[OutboxItem], now: float) -> OutboxItem:
        """One message in the place of several, kept before it is sent."""
        key = f"digest:{items[0].key}"
        body = {
            "version": 1,
            "key": key,
            "reason": DIGEST,
            "site": items[0].body.get("site", ""),
            "members": [item.key for item in items],
        }
        async with self._journal.begin() as tx:
            await tx.fold_outbox([item.key for item in items], key)
            await tx.enqueue(key, receiver=receiver, subject=key, created=now, due=now, body=body)
        return OutboxItem(
            key=key, receiver=receiver, subject=key, created=now, due=now, sent_at=None, attempts=0, error="", body=body
        )

    async def whole(self, item: OutboxItem) -> Mapping[str, Any]:
        """A digest with those of its parts that were not taken back since."""
        found = await self._journal.outbox_items(item.body["members"])
        items = [part.body for part in found if part.error == f"{DIGEST}:{item.key}"]
        return {name: value for name, value in item.body.items() if name != "members"} | {"items": items}

    def parts(self, item: OutboxItem) -> list[str]:
        """The keys of what is sent with a message."""
        return list(item.body.get("members", ())) or self._in.pop(item.key, [])

    async def _absorbed(self, others: list[OutboxItem], urgent: Sequence[OutboxItem]) -> list[OutboxItem]:
        """Older messages about an alert that goes out as critical now are part of that one."""
        left = others
        for item in urgent:
            older = [one for one in left if _place_of(one) == _place_of(item) and one.created <= item.created]
            if older:
                gone = {one.key for one in older}
                async with self._journal.begin() as tx:
                    await tx.fold_outbox([one.key for one in older], item.key)
                self._in[item.key] = [one.key for one in older]
                left = [one for one in left if one.key not in gone]
        return left

    async def _place(self, one: Round, item: OutboxItem, taken: Iterable[str]) -> None:
        """Put one message where it belongs; `taken` are the keys of those that this round deals with before it."""
        ahead, heard = await self._look(item, set(taken))
        if ahead is not None:
            one.later.setdefault(ahead, []).append(item)
        elif heard:
            one.send.append(item)
        else:
            one.needless.append(item)

    async def _look(self, item: OutboxItem, taken: set[str]) -> tuple[float | None, bool]:
        """When an older message about the same is due that is not dealt with yet, and whether this one is needed."""
        if is_digest(item) or is_test(item):
            return None, True
        older = []
        for other in await self._journal.outbox_for(item.subject):
            if other.key == item.key:
                break
            if lane(other) == lane(item):
                older.append(other)
        told = False
        for other in older:
            whole = await self._whole_of(other)
            if whole.due is not None and whole.key not in taken and other.key not in taken:
                return whole.due, True
            told = told or whole.key in taken or other.key in taken or _maybe_heard(whole)
        return None, item.body.get("reason") not in ENDS or not older or told

    async def _whole_of(self, item: OutboxItem) -> OutboxItem:
        """The message that an item is sent with: itself, or what it is a part of."""
        if item.due is None and item.sent_at is None and item.error.startswith(f"{DIGEST}:"):
            return await self._journal.outbox_item(item.error.removeprefix(f"{DIGEST}:")) or item
        return item


def _maybe_heard(item: OutboxItem) -> bool:
    """Whether a message was sent, tried, or under way when it was taken back."""
    return item.sent_at is not None or item.attempts > 0 or item.error.endswith(SENDING)


def _place_of(item: OutboxItem) -> tuple[str, tuple[str, str]]:
    return item.subject, lane(item)
