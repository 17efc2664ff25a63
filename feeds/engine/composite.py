"""Several domains in one engine: one position, one inbox, one transaction for what a batch of input changes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from feeds.engine.domain import Domain, Message, Start
from feeds.engine.requests import Asking, Writing
from feeds.journal import JournalEntry, Parcel
from feeds.model import Change, Command, Outcome, Result


class CompositeDomain(Domain):
    """Gives every input to each of its parts; a command goes to the part that has its action.

    A part takes what it knows and returns None for the rest. The kinds of the parts are distinct.
    """

    def __init__(self, name: str, parts: Sequence[Domain]) -> None:
        self.name, self.parts = name, tuple(parts)
        self.kind = parts[0].kind
        self.feeds = tuple(dict.fromkeys(feed for part in parts for feed in part.feeds))
        self.follows = tuple(dict.fromkeys(kind for part in parts for kind in part.follows))

    @property
    def revision(self) -> int:
        return sum(part.revision for part in self.parts)

    def load(self, start: Start) -> Asking[None]:
        for part in self.parts:
            loading = part.load(replace(start, pending=start.pending.get(part.kind, {})))
            if loading is not None:
                yield from loading

    def published(self) -> Mapping[str, Mapping[str, Any]]:
        return {kind: records for part in self.parts for kind, records in part.published().items()}

    def begin(self, now: float) -> None:
        for part in self.parts:
            part.begin(now)

    def clock_stepped(self, by: float, now: float) -> None:
        for part in self.parts:
            part.clock_stepped(by, now)

    def resync(self, now: float) -> None:
        for part in self.parts:
            part.resync(now)

    def take(self, item: Change | Message | Parcel, now: float) -> Asking[None] | None:
        readings = [reading for part in self.parts if (reading := part.take(item, now)) is not None]
        return _in_turn(readings) if readings else None

    def obey(self, command: Command, now: float) -> Asking[Result] | Result:
        part = self._part_of(command)
        if part is None:
            return Result(command=command.id, outcome=Outcome.INVALID, detail="unknown_action")
        return part.obey(command, now)

    def repeated(self, command: Command, entry: JournalEntry) -> Asking[dict[str, Any] | None] | dict[str, Any] | None:
        part = self._part_of(command)
        return part.repeated(command, entry) if part is not None else None

    def _part_of(self, command: Command) -> Domain | None:
        return next((part for part in self.parts if command.action in part.actions), None)

    def advance(self, now: float) -> None:
        for part in self.parts:
            part.advance(now)

    def prepare(self, now: float) -> Asking[None] | None:
        readings = [reading for part in self.parts if (reading := part.prepare(now)) is not None]
        return _in_turn(readings) if readings else None

    def next_due(self) -> float | None:
        return min((due for part in self.parts if (due := part.next_due()) is not None), default=None)

    def pending(self) -> Mapping[str, Any]:
        return {part.kind: pending for part in self.parts if (pending := part.pending())}

    def write(self, now: float) -> Writing[Sequence[Change]] | None:
        writings = [writing for part in self.parts if (writing := part.write(now)) is not None]
        return _all_written(writings) if writings else None


def _in_turn(readings: Sequence[Asking[None]]) -> Asking[None]:
    for reading in readings:
        yield from reading


def _all_written(writings: Sequence[Writing[Sequence[Change]]]) -> Writing[Sequence[Change]]:
    changes: list[Change] = []
    for writing in writings:
        changes += yield from writing
    return changes
