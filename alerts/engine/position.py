"""How far the engine has come: found at a start, written with every batch, in the journal and in Redis."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from feeds import wire
from feeds.bus import Bus, StreamEntry, entry_order
from feeds.clock import ClockMark, load_mark
from feeds.journal import Journal
from feeds.model import Alert, Change, Kind

log = logging.getLogger(__name__)

NAME = "alert"
_PENDING, _TURN, _CLOCK = "pending", "turn", "clock"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """The last entry taken from each stream, and what stands in no alert but must be found again after a restart.

    `epoch` says of which life of Redis the entries are. `turn` counts what was ever settled; the journal and Redis
    each keep the last one they have seen. `mark` tells a later start whether the clock was set meanwhile.
    """

    epoch: str = ""
    cursors: Mapping[str, str] = field(default_factory=dict)
    turn: int = 0
    pending: Mapping[str, Any] = field(default_factory=dict)
    mark: ClockMark | None = None

    def past(self, entries: Iterable[StreamEntry]) -> Place:
        """Behind these entries."""
        return replace(self, cursors={**self.cursors, **{entry.stream: entry.id for entry in entries}})

    def next_turn(self, pending: Mapping[str, Any], mark: ClockMark | None = None) -> Place:
        """Something is about to be settled, and this waits by now."""
        return replace(self, turn=self.turn + 1, pending=pending, mark=mark)

    def clock_step(self, mark: ClockMark | None) -> float:
        """Seconds by which the clock was set since the place was written; 0.0 when it was not or nobody can tell."""
        return mark.step_since(self.mark) if mark is not None else 0.0

    def for_journal(self) -> dict[str, Any]:
        """As the journal's cursor keeps it."""
        return {"epoch": self.epoch, "cursors": dict(self.cursors), _PENDING: self._waiting()}

    def for_redis(self) -> dict[str, bytes]:
        """What Redis keeps beside the cursors and its own epoch."""
        return {_PENDING: wire.encode(self._waiting())}

    def _waiting(self) -> dict[str, Any]:
        return {**self.pending, _TURN: self.turn} | ({_CLOCK: self.mark.dump()} if self.mark is not None else {})


def _remembered(epoch: str, cursors: Mapping[str, str], waiting: Mapping[str, Any]) -> Place:
    mark = load_mark(waiting.get(_CLOCK))
    return Place(epoch=epoch, cursors=cursors, turn=waiting.get(_TURN, 0), pending=waiting, mark=mark)


async def find(bus: Bus, journal: Journal, end: str) -> tuple[Place, bool]:
    """The further of what Redis and the journal remember, and whether the engine is adrift.

    Adrift is one whose change stream is another by now, or has lost what comes next: it goes on at the stream's `end`.
    """
    saved, kept, stream = await bus.saved(NAME), await journal.cursor(NAME) or {}, bus.keys.changes
    raw = saved.private.get(_PENDING)
    in_redis = _remembered(saved.epoch, saved.cursors, wire.decode(raw, dict[str, Any]) if raw else {})
    in_journal = _remembered(kept.get("epoch", ""), kept.get("cursors", {}), kept.get(_PENDING, {}))

    def further(one: Place) -> tuple[bool, int, tuple[int, int]]:
        return one.epoch == bus.epoch, one.turn, entry_order(one.cursors.get(stream, "0-0"))

    place = max(in_redis, in_journal, key=further)
    changes = place.cursors.get(stream, "0-0")
    adrift = place.epoch != bus.epoch or await bus.gap(stream, changes)
    if adrift and place.epoch:
        log.info("the change stream is not the one that was left: every rule is asked again")
    # Commands are read again from where Redis knows their answers: done ones are recognised by the journal.
    commands = bus.keys.commands(NAME)
    cursors = {stream: end if adrift else changes, commands: saved.cursors.get(commands, "0-0")}
    turn = max(in_redis.turn, in_journal.turn)
    return replace(place, epoch=bus.epoch, cursors=cursors, turn=turn), adrift


async def unpublished(bus: Bus, truth: Mapping[str, Alert], at: float) -> list[Change]:
    """What the journal holds and Redis has not heard of: alerts that are gone, then those that are another by now."""
    async with bus.pipeline() as pipe:
        pipe.hgetall(bus.keys.state(Kind.ALERT))
        [shown] = await pipe.execute()
    changes = [
        Change(kind=Kind.ALERT, id=id, after=None, at=at, cause="journal")
        for id in map(bytes.decode, shown)
        if id not in truth
    ]
    return changes + [
        Change(kind=Kind.ALERT, id=id, after=alert, at=at, cause="journal")
        for id, alert in truth.items()
        if not wire.holds(shown.get(id.encode()), alert)
    ]
