"""Flapping (chattering): a condition that changes too often to notify people each time.

Of the 20 possible changes among the last 21 results, weighted 0.8 (oldest) to 1.2 (newest), flapping
starts above 30 % and ends below 25 % (Nagios Core and Icinga 2, "Detection and Handling of State
Flapping"). It also ends when no result has come for QUIET seconds: no suppression may last for ever.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)

CHANGES = 20
STARTS, ENDS = 0.30, 0.25
QUIET = 600.0  # seconds without a result after which a condition no longer counts as flapping
REMEMBERED_FROM = 3  # changes from which a condition is remembered across a restart
_ALL = (1 << CHANGES) - 1
_WEIGHTS = [0.8 + 0.4 * position / (CHANGES - 1) for position in range(CHANGES)]


def share(changes: int) -> float:
    """The weighted share (0 to 1) of changes. Bit 0 is the newest possible change, bit 19 the oldest."""
    return sum(_WEIGHTS[CHANGES - 1 - bit] for bit in range(CHANGES) if changes >> bit & 1) / CHANGES


@dataclass(slots=True)
class ConditionChanges:
    """The recent changes of one condition as bits, its newest result and the time of that result."""

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


class FlappingDetector(Generic[Key]):
    """Detect flapping conditions, by key. `revision` moves whenever the dumped form changes.

    A steady condition keeps only its newest result, and not across a restart.
    """

    def __init__(self, rows: Iterable[Any] = ()) -> None:
        self._changing: dict[Any, ConditionChanges] = {}
        self._steady: dict[Any, bool] = {}
        self._flapping: set[Any] = set()
        self.revision = 0
        for key, changes, result, at, flapping in rows:
            self._changing[tuple(key)] = ConditionChanges(changes, result, at, flapping)
            if flapping:
                self._flapping.add(tuple(key))

    def dump(self) -> list[list[Any]]:
        """The conditions that have changed recently, JSON-able. `FlappingDetector(dump)` continues from there."""
        lasting = [
            (key, record) for key, record in self._changing.items() if record.changes.bit_count() >= REMEMBERED_FROM
        ]
        return [
            [list(key), record.changes, record.result, record.at, record.flapping]
            for key, record in sorted(lasting, key=_first)
        ]

    def take(self, key: Key, result: bool, at: float) -> bool:
        """Take in one result; True when flapping has begun or ended."""
        changes = self._changing.get(key)
        if changes is None:
            if self._steady.setdefault(key, result) == result:
                return False
            changes = self._changing[key] = ConditionChanges(result=self._steady.pop(key), at=at)
        return self._measure(key, changes, result, at)

    def repeat(self, key: Key, at: float) -> bool:
        """Take in the previous result once more; True when flapping has ended."""
        changes = self._changing.get(key)
        return changes is not None and changes.result is not None and self._measure(key, changes, changes.result, at)

    def _measure(self, key: Key, changes: ConditionChanges, result: bool, at: float) -> bool:
        before, persisted = changes.flapping, changes.changes.bit_count() >= REMEMBERED_FROM
        changes.take(result, at)
        self.revision += persisted or changes.changes.bit_count() >= REMEMBERED_FROM
        if changes.flapping:
            self._flapping.add(key)
        else:
            self._flapping.discard(key)
        if not changes.changes:
            del self._changing[key]
            self._steady[key] = result
        return changes.flapping != before

    def flapping(self, key: Key) -> bool:
        return key in self._flapping

    def lively(self) -> bool:
        """True when any condition has changed recently."""
        return bool(self._changing)

    def next_due(self) -> float | None:
        """The moment (epoch seconds) at which the first flapping condition has been quiet for QUIET seconds."""
        return min((self._changing[key].at + QUIET for key in self._flapping), default=None)

    def pop_due(self) -> Key:
        """Forget the flapping condition that has been quiet for longest, and return its key."""
        key: Key = min(self._flapping, key=lambda candidate: self._changing[candidate].at)
        self.forget(key)
        return key

    def clock_stepped(self, by: float, now: float) -> None:
        """The clock was set by `by` seconds: keep how long each condition has been quiet."""
        for changes in self._changing.values():
            at = min(changes.at + by, now)
            self.revision += at != changes.at
            changes.at = at

    def forget_all(self, meant: Callable[[Key], bool]) -> None:
        """Forget every condition whose key matches the predicate."""
        for key in [key for key in (*self._changing, *self._steady) if meant(key)]:
            self.forget(key)

    def forget(self, key: Key) -> None:
        """Forget all results of a condition."""
        self._steady.pop(key, None)
        self._flapping.discard(key)
        if self._changing.pop(key, None) is not None:
            self.revision += 1


def _first(pair: tuple[Any, ConditionChanges]) -> Any:
    return pair[0]
