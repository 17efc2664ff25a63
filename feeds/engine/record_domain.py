"""A domain that holds records of one type in memory by id, each with the moments at which time changes it."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, Generic, Protocol, TypeVar, cast

import msgspec

from feeds.clock import restamped
from feeds.engine.domain import Document, DomainStep, Message, Start, StepDomain
from feeds.engine.requests import Asking, HasDocument, ListDocuments
from feeds.journal import Doc, Parcel
from feeds.model import Change, Command

CLOCK_SET = "clock-set"
"""Name of the step of a record whose times lay in the future when the wall clock was set."""


class Identified(Protocol):
    """A record with an id, and a number that counts its changes."""

    @property
    def id(self) -> str: ...

    @property
    def rev(self) -> int: ...


R = TypeVar("R", bound=Identified)


class RecordDomain(StepDomain, Generic[R]):
    """Records of `record` by id, as the journal has them open. `kind` is also the kind of their documents.

    A subclass says at which `moments` time may change a record, and carries that out in `time_passed`. `stamps` name
    the fields that say when something happened: none of them may lie in the future, because moments follow from them.
    """

    record: type[R]
    stamps: tuple[str, ...] = ()

    def __init__(self) -> None:
        super().__init__()
        self._reset()

    def _reset(self) -> None:
        """Forget everything: the journal is read anew."""
        self._steps.clear()
        self._held: dict[str, R] = {}
        self._removed: dict[str, R] = {}
        """Records that have left memory in steps that are not written yet."""
        self._timers: list[tuple[float, str]] = []
        self._numbers: dict[str, int] = {}

    def load(self, start: Start) -> Asking[None]:
        self._reset()
        for doc in (yield ListDocuments(self.kind, open=True)):
            self._put(self.of_document(doc))

    def of_document(self, doc: Doc) -> R:
        """The record of a document of the journal."""
        return msgspec.convert(doc.body, self.record)

    def records(self) -> Mapping[str, R]:
        return self._held

    def take(self, item: Change | Message | Parcel, now: float) -> Asking[None] | None:
        return None

    # -- time --------------------------------------------------------------------

    def moments(self, record: R) -> Iterable[float | None]:
        """Times (epoch seconds) at which time may change the record; None for a change that will not come."""
        return ()

    def time_passed(self, record: R, now: float) -> None:
        """Change a record of which a moment has come, if it is still to be changed."""

    def advance(self, now: float) -> None:
        if not self._steps:
            self._removed.clear()
        while self._timers and self._timers[0][0] <= now:
            _, id = heapq.heappop(self._timers)
            if (record := self._held.get(id)) is not None:
                self.time_passed(record, now)

    def next_due(self) -> float | None:
        return self._timers[0][0] if self._timers else None

    def clock_stepped(self, by: float, now: float) -> None:
        for record in list(self._held.values()):
            future = {name: at for name in self.stamps if (at := getattr(record, name)) is not None and at > now}
            if future:
                moved: Any = {name: restamped(at, by, now) for name, at in future.items()}
                self._put(replace(cast(Any, record), **moved, rev=record.rev + 1))
                self._record(CLOCK_SET, record.id, now)
        self._reschedule()

    def _reschedule(self) -> None:
        """Compute all moments anew."""
        self._timers = []
        for record in self._held.values():
            self._schedule(record)

    def _schedule(self, record: R) -> None:
        for moment in self.moments(record):
            if moment is not None:
                heapq.heappush(self._timers, (moment, record.id))

    # -- keeping -----------------------------------------------------------------

    def document(self, id: str) -> Document:
        shown = self._held.get(id)
        record = self._removed[id] if shown is None else shown
        return Document(body=msgspec.to_builtins(record), shown=shown, open=shown is not None)

    def _put(self, record: R) -> None:
        """Hold a new record, or the newest form of one."""
        self._held[record.id] = record
        self._schedule(record)

    def _remove(self, id: str) -> None:
        """Take a record out of memory; the document of its next step is closed."""
        self._removed[id] = self._held.pop(id)

    def _record(
        self,
        name: str,
        id: str,
        now: float,
        *,
        command: Command | None = None,
        cause: str = "",
        body: dict[str, Any] | None = None,
    ) -> None:
        """Note a step of a record: by a command, or by time."""
        actor, reason, key = (command.actor, command.reason, command.id) if command is not None else ("", "", "")
        if command is not None and command.acting_for:
            body = {**(body or {}), "acting_for": command.acting_for}
        self.record_step(
            DomainStep(
                name=name, subject=id, at=now, actor=actor, reason=reason, command=key, cause=cause, body=body or {}
            )
        )

    def _unused_id(self, prefix: str, digits: int = 1) -> Asking[str]:
        """An id that was never used: the prefix and a number. The journal is asked from the last one of this run on."""
        number = self._numbers.get(prefix, 0) + 1
        while (yield HasDocument(self.kind, f"{prefix}{number:0{digits}d}")):
            number += 1
        self._numbers[prefix] = number
        return f"{prefix}{number:0{digits}d}"
