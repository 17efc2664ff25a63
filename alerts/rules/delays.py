"""On-delay (`for`) and off-delay (`recover_for`): turn the verdicts of a condition into signals to raise or clear.

Only time with data counts. Without data a pending condition is paused, towards raising
as well as towards clearing: missing data is neither a recovery nor a confirmation.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from alerts.deadlines import Deadlines


class Verdict(StrEnum):
    """The result of a rule's expression for one subject."""

    TRUE = "true"
    FALSE = "false"
    NO_DATA = "no_data"


class Signal(StrEnum):
    """A condition has outlasted its delay: raise or clear the alert."""

    RAISE = "raise"
    CLEAR = "clear"


Key = tuple[str, str, str]  # the rule's id, the subject's kind, the subject's id


@dataclass(slots=True)
class Pending:
    """A condition within its delay. Times are epoch seconds. Every pause moves `since` on."""

    signal: Signal
    since: float
    delay: float
    paused: float | None = None

    @property
    def due(self) -> float:
        return self.since + self.delay


class Timers:
    """The conditions within their delay, by rule and subject. Time is an input.

    `revision` moves whenever the dumped form may have changed.
    """

    def __init__(self, dumped: Mapping[str, Any] | None = None) -> None:
        self._pending: dict[Key, Pending] = {}
        self._deadlines: Deadlines[Key] = Deadlines()
        self.revision = 0
        for rule, kind, subject, signal, since, delay, paused in (dumped or {}).get("pending", ()):
            self._put((rule, kind, subject), Pending(Signal(signal), since, delay, paused))

    def dump(self) -> dict[str, Any]:
        """The pending conditions, JSON-able. `Timers(dump)` continues from there."""
        rows = [[*key, p.signal.value, p.since, p.delay, p.paused] for key, p in sorted(self._pending.items())]
        return {"pending": rows}

    def __len__(self) -> int:
        return len(self._pending)

    def observe(
        self, key: Key, verdict: Verdict, *, active: bool, hold: float, recover_for: float, now: float
    ) -> Signal | None:
        """Take in one verdict; return the signal when it is due at once. Otherwise see `next_due`."""
        waiting = self._pending.get(key)
        if verdict is Verdict.NO_DATA:
            if waiting is not None and waiting.paused is None:
                waiting.paused = now
                self._put(key, waiting)
            return None
        if (verdict is Verdict.TRUE) == active:
            self.forget(key)
            return None
        signal, delay = (Signal.CLEAR, recover_for) if active else (Signal.RAISE, hold)
        if waiting is None or waiting.signal is not signal:
            waiting = Pending(signal, now, delay)
        elif waiting.paused is not None:
            waiting = Pending(signal, waiting.since + now - waiting.paused, delay)
        elif waiting.delay != delay:
            waiting = Pending(signal, waiting.since, delay)
        if waiting.due <= now:
            self.forget(key)
            return signal
        if self._pending.get(key) is not waiting:
            self._put(key, waiting)
        return None

    def next_due(self) -> float | None:
        """The moment (epoch seconds) at which the first delay ends; None when no condition is pending."""
        return self._deadlines.next_due()

    def pop_due(self) -> tuple[Key, Signal, float]:
        """Remove the condition that is due first; return its key, its signal and the moment it fell due."""
        key = self._deadlines.pop()
        pending = self._pending.pop(key)
        self.revision += 1
        return key, pending.signal, pending.due

    def forget(self, key: Key) -> None:
        """Drop the pending condition of a rule and subject."""
        if self._pending.pop(key, None) is not None:
            self.revision += 1
            self._deadlines.drop(key)

    def clearing(self, key: Key) -> bool:
        """True while the condition no longer holds and waits only for its off-delay."""
        waiting = self._pending.get(key)
        return waiting is not None and waiting.signal is Signal.CLEAR

    def waiting(self) -> list[Key]:
        """The keys of all pending conditions."""
        return list(self._pending)

    def clock_stepped(self, by: float, now: float) -> None:
        """The clock was set by `by` seconds: keep the elapsed part of each delay; no delay begins in the future."""
        for key, pending in self._pending.items():
            since = min(pending.since + by, now)
            paused = min(pending.paused + by, now) if pending.paused is not None else None
            if (since, paused) != (pending.since, pending.paused):
                self._put(key, Pending(pending.signal, since, pending.delay, paused))

    def _put(self, key: Key, pending: Pending) -> None:
        self._pending[key] = pending
        self.revision += 1
        if pending.paused is None:
            self._deadlines.set(key, pending.due)
        else:
            self._deadlines.drop(key)
