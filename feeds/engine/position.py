"""An engine's position: loaded at its start, written with every batch, in the journal and in Redis."""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from importlib.metadata import version
from typing import Any

from feeds import wire
from feeds.bus import Bus, StreamEntry, entry_order
from feeds.clock import ClockMark, load_mark, spoken
from feeds.journal import Journal
from feeds.model import Change

log = logging.getLogger(__name__)

_PENDING, _TURN, _RECORDED, _BASIS, _CLOCK = "pending", "turn", "recorded", "basis", "clock"
REPAIRS = "repairs"
"""Cursor of the journal that names the last repair of a document by another process than its engine."""
PART = 2000
"""Number of records that are compared with Redis before other tasks run."""
TRUSTED_FROM = 10_000
"""Number of records of a kind from which the comparison with Redis is skipped when nothing can differ."""
_BEGINNING = "0-0"


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """The last entry taken from each stream, and state that no document holds but must survive a restart.

    `epoch` names the life of Redis that the entries belong to. `turn` counts all settled batches; the journal and Redis
    each store the last one they have seen. `recorded` is a random name of the last one that wrote to the journal.
    `basis` names what the engine was opened on: the life of Redis, the program's version, the last repair of a
    document. `mark` lets a later start detect a step of the clock.
    """

    epoch: str = ""
    cursors: Mapping[str, str] = field(default_factory=dict)
    turn: int = 0
    recorded: str = ""
    basis: str = ""
    pending: Mapping[str, Any] = field(default_factory=dict)
    mark: ClockMark | None = None

    def past(self, entries: Iterable[StreamEntry]) -> Position:
        """The position after these entries."""
        return replace(self, cursors={**self.cursors, **{entry.stream: entry.id for entry in entries}})

    def next_turn(
        self, pending: Mapping[str, Any], mark: ClockMark | None = None, *, recorded: bool = False
    ) -> Position:
        """The position of a batch that is about to be settled; `recorded`: it writes to the journal."""
        name = secrets.token_hex(8) if recorded else self.recorded
        return replace(self, turn=self.turn + 1, recorded=name, pending=pending, mark=mark)

    def clock_step(self, mark: ClockMark | None) -> float:
        """Seconds by which the clock was set since this was written; 0.0 when it was not or nobody can tell."""
        by = mark.step_since(self.mark) if mark is not None else 0.0
        if by:
            log.warning("the clock was set by %s while the role was down", spoken(by))
        return by

    def for_journal(self) -> dict[str, Any]:
        """The journal's cursor."""
        return {"epoch": self.epoch, "cursors": dict(self.cursors), _PENDING: self._pending_and_turn()}

    def for_redis(self) -> dict[str, bytes]:
        """The engine's private fields in Redis, beside the cursors and the epoch."""
        return {_PENDING: wire.encode(self._pending_and_turn())}

    def _pending_and_turn(self) -> dict[str, Any]:
        own = {_TURN: self.turn, _RECORDED: self.recorded, _BASIS: self.basis}
        return {**self.pending, **own} | ({_CLOCK: self.mark.dump()} if self.mark is not None else {})


def _saved_position(epoch: str, cursors: Mapping[str, str], pending: Mapping[str, Any]) -> Position:
    mark = load_mark(pending.get(_CLOCK))
    return Position(
        epoch=epoch,
        cursors=cursors,
        turn=pending.get(_TURN, 0),
        recorded=pending.get(_RECORDED, ""),
        basis=pending.get(_BASIS, ""),
        pending=pending,
        mark=mark,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Resumption:
    """Where an engine goes on. `adrift`: the change stream that it follows was replaced or has lost unread entries.

    `published`: the last batch in the journal was published to this life of Redis, by this version of the program, and
    no document was repaired since.
    """

    position: Position
    adrift: bool
    published: bool


async def find_position(bus: Bus, journal: Journal, name: str, streams: Sequence[str], end: str) -> Resumption:
    """The later of the positions in Redis and the journal.

    An engine that is adrift continues at the `end` of the change stream. Every other stream is read again from Redis'
    own cursor. Rejected messages are stored as dead letters by Redis' commit, and commands are answered again from
    there, so the journal's cursor would lose both.
    """
    epoch = bus.epoch
    saved, cursor = await bus.saved(name), await journal.cursor(name) or {}
    raw = saved.private.get(_PENDING)
    in_redis = _saved_position(saved.epoch, saved.cursors, wire.decode(raw, dict[str, Any]) if raw else {})
    in_journal = _saved_position(cursor.get("epoch", ""), cursor.get("cursors", {}), cursor.get(_PENDING, {}))
    changes = bus.keys.changes

    def further(position: Position) -> tuple[bool, int, tuple[int, int]]:
        current = position.epoch == epoch
        return current, position.turn, entry_order(position.cursors.get(changes, _BEGINNING))

    position = max(in_redis, in_journal, key=further)
    adrift, cursors = False, {}
    for stream in streams:
        if stream != changes:
            cursors[stream] = await _cursor_of(bus, stream, saved.cursors.get(stream, _BEGINNING))
            continue
        cursors[stream] = position.cursors.get(stream, _BEGINNING)
        adrift = position.epoch != epoch or await bus.gap(stream, cursors[stream])
        if adrift:
            cursors[stream] = end
    if adrift and position.epoch:
        log.info("%s: the change stream was replaced: everything is evaluated again", name)
    turn = max(in_redis.turn, in_journal.turn)
    repairs = (await journal.cursor(REPAIRS) or {}).get("last", "")
    basis = f"{epoch} {version('watchfloor')} {repairs}"
    recorded = in_journal.recorded
    published = recorded != "" and (in_redis.recorded, in_redis.basis, in_redis.epoch) == (recorded, basis, epoch)
    position = replace(position, epoch=epoch, cursors=cursors, turn=turn, recorded=recorded, basis=basis)
    return Resumption(position=position, adrift=adrift, published=published)


async def _cursor_of(bus: Bus, stream: str, saved: str) -> str:
    """The saved cursor, or the start when the stream is a new one that ends before it."""
    if saved == _BEGINNING or entry_order(await bus.tail(stream)) >= entry_order(saved):
        return saved
    return _BEGINNING


async def unpublished(bus: Bus, kind: str, records: Mapping[str, Any], at: float, *, trusted: bool) -> list[Change]:
    """The changes that bring Redis to the journal's records of a kind: removals, then new and changed records.

    `trusted`: everything in the journal was published to this Redis (Resumption.published). Then
    TRUSTED_FROM records or more are not compared while Redis has the same number, because that takes seconds.
    """
    if trusted and len(records) >= TRUSTED_FROM and await bus.count(kind) == len(records):
        return []
    shown = await bus.stored(kind)
    changes = [
        Change(kind=kind, id=id, after=None, at=at, cause="journal")
        for id in map(bytes.decode, shown)
        if id not in records
    ]
    for number, (id, record) in enumerate(records.items(), 1):
        if not wire.holds(shown.get(id.encode()), record):
            changes.append(Change(kind=kind, id=id, after=record, at=at, cause="journal"))
        if number % PART == 0:
            await asyncio.sleep(0)  # the lease and the heartbeat of the role
    return changes
