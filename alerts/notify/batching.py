"""What of a receiver's waiting messages is sent now, and in what order.

- Urgent messages go first, but never before what is older about the same alert to the same person.
- "Cleared" is needless to somebody who never heard of it because what told him was taken out of the queue.
- Under a rate, what is critical goes at once, past everything else; of the other messages, when there are more than
  may be sent, all that wait become one digest. A digest is a message of the outbox with a key of its own, made in one
  transaction with its parts, so that it is the same one after a restart.
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
    """Within it messages about one alert keep their order: a receiver, and the person who is meant."""
    return item.receiver, person_of(item.body)


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

    async def plain(self, items: Sequence[OutboxItem], now: float) -> Round:
        """For a receiver without a rate: everything, each urgent message behind the older ones about its alert."""
        one = Round()
        before: set[str] = set()
        # While something is urgent the rest is looked at in a later turn: it would hold up what is urgent.
        chosen = [item for item in items if is_urgent(item.body)] or items
        about = await self._around(chosen)
        for item in chosen:
            for message in (*await self._ahead_of(item, about, now), item):
                if message.key not in before:
                    await self._place(one, message, before, about)
                    before.add(message.key)
        return one

    async def _around(self, items: Sequence[OutboxItem]) -> About:
        """Everything ever queued about the alerts of these messages."""
        return await self._journal.outbox_about(list(dict.fromkeys(item.subject for item in items)))

    async def _ahead_of(self, item: OutboxItem, about: About, now: float) -> list[OutboxItem]:
        """Older messages about the alert of an urgent message, to the same person, that are due by now."""
        if not is_urgent(item.body) or is_test(item):
            return []
        ahead: list[OutboxItem] = []
        for other in about[item.subject]:
            if other.key == item.key:
                break
            whole = await self._whole_of(other)
            if lane(other) == lane(item) and whole.due is not None and whole.due <= now:
                ahead.append(whole)
        return ahead

    async def bounded(self, receiver: str, budget: Budget, now: float, without: Sequence[str] = ()) -> Round:
        """For one with a rate: what is urgent as far as the whole of it goes, else the others or a digest of them.

        `without`: persons who are sent nothing now.
        """
        if not budget.known:
            budget.remember(await self._journal.outbox_sent(receiver, now - budget.seconds))
        waiting = await self._waiting(receiver, now, without)
        one = Round(room_at=budget.next_room(now, urgent=False))
        urgent = [item for item in waiting if is_urgent(item.body)]
        room = budget.room(now, urgent=True)
        one.send = urgent[:room]
        if urgent[room:]:
            one.later[budget.next_room(now, urgent=True)] = urgent[room:]
        taken = {item.key for item in one.send}
        others = await self._absorbed([item for item in waiting if not is_urgent(item.body)], one.send)
        if one.send:  # the others are looked at in the next turn: hundreds of them would hold up what is urgent
            return one
        about = await self._around(others)
        for item in others:
            await self._place(one, item, taken, about)
            taken.add(item.key)
        room = budget.room(now, urgent=False)
        if len(one.send) > room:
            plain, one.send = one.send, []
            await self._press(one, receiver, plain, room, now)
        return one

    async def _waiting(self, receiver: str, now: float, without: Sequence[str]) -> list[OutboxItem]:
        """The oldest that wait, then what is new behind them: however many wait, something critical is seen at once."""
        found = await self._journal.outbox_waiting(receiver, now, self.RATE, LARGEST, without=without)
        if len(found) < LARGEST:
            return found
        known = {item.key for item in found}
        fresh = await self._journal.outbox_waiting(receiver, now, self.RATE, LARGEST, fresh=True, without=without)
        return found + [item for item in fresh if item.key not in known]

    async def _press(self, one: Round, receiver: str, plain: list[OutboxItem], room: int, now: float) -> None:
        """More than may be sent: digests that wait already, then one for each person, as far as there is room."""
        made = [item for item in plain if is_digest(item)]
        loose = [item for item in plain if not is_digest(item)]
        one.send += made[:room]
        one.over_rate += made[room:]
        by_person: dict[str, list[OutboxItem]] = {}
        for item in loose:
            by_person.setdefault(person_of(item.body), []).append(item)
        for items in by_person.values():
            if len(one.send) >= room:
                one.over_rate += items
                continue
            whole = len(items) == 1
            one.send.append(items[0] if whole else await self._digest(receiver, items[:LARGEST], now))
            one.over_rate += items[1 if whole else LARGEST :]

    async def _digest(self, receiver: str, items: Sequence[OutboxItem], now: float) -> OutboxItem:
        """One message in the place of several to one person, kept before it is sent."""
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

    async def _place(self, one: Round, item: OutboxItem, taken: Iterable[str], about: About) -> None:
        """Put one message where it belongs; `taken` are the keys of those that this round deals with before it."""
        ahead, heard = await self._look(item, set(taken), about)
        if ahead is not None:
            one.later.setdefault(ahead, []).append(item)
        elif heard:
            one.send.append(item)
        else:
            one.needless.append(item)

    async def _look(self, item: OutboxItem, taken: set[str], about: About) -> tuple[float | None, bool]:
        """When an older message about the same is due that is not dealt with yet, and whether this one is needed."""
        if is_digest(item) or is_test(item):
            return None, True
        older = []
        for other in about[item.subject]:
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
