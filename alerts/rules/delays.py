"""From verdicts to signals: how long a condition has held (`for`) or not held (`recover_for`).

Only known time counts. While there is no data a waiting condition is paused, towards raising
as well as towards clearing: no data is never a recovery, and never a confirmation either.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from alerts.deadlines import Agenda


class Verdict(StrEnum):
    """What a rule's expression says of one subject."""

    TRUE = "true"
    FALSE = "false"
    NO_DATA = "no_data"


class Signal(StrEnum):
    """What has held for long enough."""

    RAISE = "raise"
    CLEAR = "clear"


Key = tuple[str, str, str]  # the rule's id, the subject's kind, the subject's id


@dataclass(slots=True)
class Pending:
    """One condition on its way. Times are epoch seconds; `since` moves on by every pause."""

    signal: Signal
    since: float
    delay: float
    paused: float | None = None

    @property
    def due(self) -> float:
        return self.since + self.delay


class Timers:
    """All conditions on their way, by rule and subject. Time is an input; the whole is a plain dict and back.

    `revision` moves whenever the dumped form may have changed.
    """

    def __init__(self, dumped: Mapping[str, Any] | None = None) -> None:
        self._pending: dict[Key, Pending] = {}
        self._agenda: Agenda[Key] = Agenda()
        self.revision = 0
        for rule, kind, subject, signal, since, delay, paused in (dumped or {}).get("pending", ()):
            self._put((rule, kind, subject), Pending(Signal(signal), since, delay, paused))

    def dump(self) -> dict[str, Any]:
        """Everything that is waiting, JSON-able; `Timers(dump)` goes on where this one stands."""
        rows = [[*key, p.signal.value, p.since, p.delay, p.paused] for key, p in sorted(self._pending.items())]
        return {"pending": rows}

    def __len__(self) -> int:
        return len(self._pending)

    def observe(
        self, key: Key, verdict: Verdict, *, active: bool, hold: float, recover_for: float, now: float
    ) -> Signal | None:
        """Take one verdict in; the signal when it is due at once, else it is waited for (see `next_due`)."""
        waiting = self._pending.get(key)
        if verdict is Verdict.NO_DATA:
            if waiting is not None and waiting.paused is None:
                waiting.paused = now
                self._put(key, waiting)
            return None
        if (verdict is Verdict.TRUE) == active:
            self.forget(key)
            return None
        wanted, delay = (Signal.CLEAR, recover_for) if active else (Signal.RAISE, hold)
        if waiting is None or waiting.signal is not wanted:
            waiting = Pending(wanted, now, delay)
        elif waiting.paused is not None:
            waiting = Pending(wanted, waiting.since + now - waiting.paused, delay)
        elif waiting.delay != delay:
            waiting = Pending(wanted, waiting.since, delay)
        if waiting.due <= now:
            self.forget(key)
            return wanted
        if self._pending.get(key) is not waiting:
            self._put(key, waiting)
        return None

    def next_due(self) -> float | None:
        """When the earliest waiting condition will have held for long enough; None when none is running."""
        return self._agenda.next_due()

    def pop_due(self) -> tuple[Key, Signal, float]:
        """Take out the earliest: its key, its signal and the exact moment it fell due."""
        key = self._agenda.pop()
        pending = self._pending.pop(key)
        self.revision += 1
        return key, pending.signal, pending.due

    def forget(self, key: Key) -> None:
        """Nothing is on its way for this rule and subject any more."""
        if self._pending.pop(key, None) is not None:
            self.revision += 1
            self._agenda.drop(key)

    def clearing(self, key: Key) -> bool:
        """Whether the condition has ceased to hold, and only `recover_for` is waited for."""
        waiting = self._pending.get(key)
        return waiting is not None and waiting.signal is Signal.CLEAR

    def waiting(self) -> list[Key]:
        """Every rule and subject with something on its way."""
        return list(self._pending)

    def clock_stepped(self, by: float, now: float) -> None:
        """The clock was set: what has been waited for so far stays, and nothing began in the future."""
        for key, pending in self._pending.items():
            since = min(pending.since + by, now)
            paused = min(pending.paused + by, now) if pending.paused is not None else None
            if (since, paused) != (pending.since, pending.paused):
                self._put(key, Pending(pending.signal, since, pending.delay, paused))

    def _put(self, key: Key, pending: Pending) -> None:
        self._pending[key] = pending
        self.revision += 1
        if pending.paused is None:
            self._agenda.set(key, pending.due)
        else:
            self._agenda.drop(key)
