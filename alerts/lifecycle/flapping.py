"""Flapping: a condition that changes too often to be told each time.

Of the 20 possible changes among the last 21 results, weighted 0.8 (oldest) to 1.2 (newest), flapping
starts above 30 % and ends below 25 % (Nagios Core and Icinga 2, "Detection and Handling of State
Flapping"). It also ends when no result has come for a while: no reason to hide may last for ever.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)

CHANGES = 20
STARTS, ENDS = 0.30, 0.25
QUIET = 600.0  # seconds without a result after which a condition no longer counts as flapping
KEPT = 3  # fewer changes than this are not worth remembering across a restart
_ALL = (1 << CHANGES) - 1
_WEIGHTS = [0.8 + 0.4 * place / (CHANGES - 1) for place in range(CHANGES)]


def share(changes: int) -> float:
    """The weighted share of changes; bit 0 is the newest of the possible changes, bit 19 the oldest."""
    return sum(_WEIGHTS[CHANGES - 1 - bit] for bit in range(CHANGES) if changes >> bit & 1) / CHANGES


@dataclass(slots=True)
class Meter:
    """The changes of one condition, its newest result and that result's time."""

    changes: int = 0
    result: bool | None = None
    at: float = 0.0
    flapping: bool = False

    def take(self, result: bool, at: float) -> None:
        changed = self.result is not None and result != self.result
        self.changes = (self.changes << 1 | changed) & _ALL
        self.result, self.at = result, at
        if self.changes.bit_count() > 4 or self.flapping:  # five changes are never above 30 %
            now = share(self.changes)
            self.flapping = now >= ENDS if self.flapping else now > STARTS


class Meters(Generic[Key]):
    """The conditions that have changed lately, by key; `revision` moves with what a dump would hold.

    Of a steady condition only the newest result is kept, and not across a restart.
    """

    def __init__(self, rows: Iterable[Any] = ()) -> None:
        self._meters: dict[Any, Meter] = {}
        self._steady: dict[Any, bool] = {}
        self._flapping: set[Any] = set()
        self.revision = 0
        for key, changes, result, at, flapping in rows:
            self._meters[tuple(key)] = Meter(changes, result, at, flapping)
            if flapping:
                self._flapping.add(tuple(key))

    def dump(self) -> list[list[Any]]:
        """JSON-able; `Meters(dump)` goes on from there."""
        kept = [(key, one) for key, one in self._meters.items() if one.changes.bit_count() >= KEPT]
        return [[list(key), one.changes, one.result, one.at, one.flapping] for key, one in sorted(kept, key=_first)]

    def take(self, key: Key, result: bool, at: float) -> bool:
        """One result; True when flapping has begun or ended by it."""
        meter = self._meters.get(key)
        if meter is None:
            if self._steady.setdefault(key, result) == result:
                return False
            meter = self._meters[key] = Meter(result=self._steady.pop(key), at=at)
        return self._measure(key, meter, result, at)

    def repeat(self, key: Key, at: float) -> bool:
        """The result of before once more; nothing to do for what is steady."""
        meter = self._meters.get(key)
        return meter is not None and meter.result is not None and self._measure(key, meter, meter.result, at)

    def _measure(self, key: Key, meter: Meter, result: bool, at: float) -> bool:
        before, kept = meter.flapping, meter.changes.bit_count() >= KEPT
        meter.take(result, at)
        self.revision += kept or meter.changes.bit_count() >= KEPT
        if meter.flapping:
            self._flapping.add(key)
        else:
            self._flapping.discard(key)
        if not meter.changes:
            del self._meters[key]
            self._steady[key] = result
        return meter.flapping != before

    def flapping(self, key: Key) -> bool:
        return key in self._flapping

    def lively(self) -> bool:
        """Whether any condition has changed lately."""
        return bool(self._meters)

    def next_due(self) -> float | None:
        """When the first that flaps has been quiet for too long."""
        return min((self._meters[key].at + QUIET for key in self._flapping), default=None)

    def pop_due(self) -> Key:
        """Take out the one that has been quiet for longest: it starts anew."""
        key: Key = min(self._flapping, key=lambda one: self._meters[one].at)
        self.forget(key)
        return key

    def clock_stepped(self, by: float, now: float) -> None:
        """The clock was set: a condition has been quiet for as long as it was, and no result lies in the future."""
        for meter in self._meters.values():
            at = min(meter.at + by, now)
            self.revision += at != meter.at
            meter.at = at

    def forget_all(self, meant: Callable[[Key], bool]) -> None:
        """Forget every condition that is meant."""
        for key in [key for key in (*self._meters, *self._steady) if meant(key)]:
            self.forget(key)

    def forget(self, key: Key) -> None:
        """The condition is no more, or starts anew."""
        self._steady.pop(key, None)
        self._flapping.discard(key)
        if self._meters.pop(key, None) is not None:
            self.revision += 1


def _first(pair: tuple[Any, Meter]) -> Any:
    return pair[0]
