"""Rate limit of a receiver, with a reserve for critical messages. Pure."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping

from alerts.receivers.catalogue import parse_rate, reserve_of
from feeds.documents.receivers import ReceiverSettings


class Budget:
    """A sliding window of `seconds` in which `count` messages may be sent, `reserve` of them urgent ones only."""

    def __init__(self, count: int, seconds: float, reserve: int) -> None:
        self.count, self.seconds, self.reserve = count, seconds, reserve
        self.counted = False
        self._urgent: deque[float] = deque()
        self._plain: deque[float] = deque()

    def remember(self, sent: Iterable[float]) -> None:
        """Count messages sent before this process began, none of them as urgent."""
        self._plain.extend(sorted(sent))
        self.counted = True

    def spend(self, now: float, *, urgent: bool) -> None:
        """One message is being sent."""
        (self._urgent if urgent else self._plain).append(now)

    def room(self, now: float, *, urgent: bool) -> int:
        """The number of messages that may be sent now."""
        self._forget(now)
        free = self.count - len(self._urgent) - len(self._plain)
        return max(0, free if urgent else min(free, self.count - self.reserve - len(self._plain)))

    def next_room(self, now: float, *, urgent: bool) -> float:
        """The moment (epoch seconds) at which one more message may be sent."""
        if self.room(now, urgent=urgent):
            return now
        in_way = (
            [*self._plain]
            if not urgent and len(self._plain) >= self.count - self.reserve
            else [*self._plain, *self._urgent]
        )
        return min(in_way) + self.seconds

    def clock_stepped(self, by: float) -> None:
        """The clock was set by `by` seconds: keep the age of the sent messages."""
        self._urgent = deque(at + by for at in self._urgent)
        self._plain = deque(at + by for at in self._plain)

    def _forget(self, now: float) -> None:
        for sent in (self._urgent, self._plain):
            if sent and max(sent) > now:  # the clock was set back since: it counts from now on
                sent.extend(sorted(min(sent.popleft(), now) for _ in range(len(sent))))
            while sent and sent[0] <= now - self.seconds:
                sent.popleft()


def budgets_of(receivers: Iterable[ReceiverSettings], before: Mapping[str, Budget]) -> dict[str, Budget]:
    """The budgets of all receivers with a rate, by receiver. A budget of `before` with the same limits continues."""
    budgets: dict[str, Budget] = {}
    for settings in receivers:
        if (rate := parse_rate(settings.rate)) is not None:
            new, old = Budget(*rate, reserve_of(settings)), before.get(settings.id)
            same = old is not None and (old.count, old.seconds, old.reserve) == (new.count, new.seconds, new.reserve)
            budgets[settings.id] = old if same and old is not None else new
    return budgets
