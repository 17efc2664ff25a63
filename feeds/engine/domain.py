"""The interface of a domain: its records, and pure functions from messages, commands and time to steps.

A domain does no I/O and has no clock, bus or journal. Where it needs the journal it yields requests
(feeds.engine.requests). `Domain` is the whole interface. `StepDomain` is the ordinary domain: every step is one log
entry and one change of one record.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from feeds.bus import StreamEntry, entry_order
from feeds.engine.requests import AppendEntry, Asking, FindCommandEntry, FindDocument, PutDocument, Writing
from feeds.journal import Doc, JournalEntry, Parcel
from feeds.kinds import KINDS
from feeds.model import Change, Command, Result


class UnusableMessage(Exception):
    """A message cannot be used. The engine stores its bytes as a dead letter of `source`."""

    def __init__(self, reason: str, raw: bytes, source: str) -> None:
        super().__init__(reason)
        self.raw, self.source = raw, source


@dataclass(frozen=True, slots=True)
class Message:
    """One item of a feed, with the stream entry that brought it."""

    entry: StreamEntry
    item: Any

    @property
    def at(self) -> float:
        """Time of its arrival in the stream, epoch seconds."""
        return entry_order(self.entry.id)[0] / 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """The initial input of a domain: the live records that it follows, and the last batch's `pending`."""

    records: Mapping[str, Mapping[str, Any]]
    pending: Mapping[str, Any]
    now: float


class Domain:
    """One kind of record and its behaviour. Override the methods that the domain needs.

    `name` is the engine's: of its command stream, its cursors and its inbox. `kind` is the live record of which it is
    the only writer. `feeds` are read beside the commands. `documented` names the published kinds whose records follow
    from documents of the journal alone, all of which this engine writes. `follows` names the kinds whose live records
    the domain starts from; if there are any, the change stream is read. `revision` changes whenever `pending` may have
    changed. `actions` are those of its commands, for an engine of several domains (feeds.engine.composite).
    """

    name: str
    kind: str
    feeds: Sequence[str] = ()
    documented: Collection[str] = ()
    follows: Sequence[str] = ()
    actions: frozenset[str] = frozenset()

    @property
    def revision(self) -> int:
        return 0

    # -- starting ----------------------------------------------------------------

    def load(self, start: Start) -> Asking[None] | None:
        """Rebuild everything from the journal; nothing of a former run stays."""
        raise NotImplementedError

    def records(self) -> Mapping[str, Any]:
        """The public records, by id."""
        raise NotImplementedError

    def published(self) -> Mapping[str, Mapping[str, Any]]:
        """All public records, by kind and id."""
        return {self.kind: self.records()}

    def begin(self, now: float) -> None:
        """Everything is loaded; work starts now."""

    def clock_stepped(self, by: float, now: float) -> None:
        """The wall clock was set by `by` seconds, to `now`: recompute every deadline in wall time.

        Also called at a start, with the step since the last run, or 0.0 when unknown.
        """

    def resync(self, now: float) -> None:
        """The followed changes have a gap: evaluate the loaded records instead."""

    # -- running -----------------------------------------------------------------

    def take(self, item: Change | Message | Parcel, now: float) -> Asking[None] | None:
        """Take one item in. Raises UnusableMessage, or wire.Undecodable for a parcel that nobody can read."""
        raise NotImplementedError

    def obey(self, command: Command, now: float) -> Asking[Result] | Result:
        """Carry a command out, or refuse it."""
        raise NotImplementedError

    def repeated(self, command: Command, entry: JournalEntry) -> Asking[dict[str, Any] | None] | dict[str, Any] | None:
        """What answers a command that was carried out before; `entry` is its first in the log."""
        return None

    def advance(self, now: float) -> None:
        """Let time pass."""

    def prepare(self, now: float) -> Asking[None] | None:
        """Ask what the results of this batch need: after time has passed, before the journal's transaction begins.

        For a domain whose records have a store of their own: it writes there first, and its journal entries follow.
        """

    def next_due(self) -> float | None:
        """Time of the next timer; a past time when more is to be done at once."""
        return None

    # -- keeping -----------------------------------------------------------------

    def pending(self) -> Mapping[str, Any]:
        """State that no document holds but that must survive a restart; JSON-able."""
        return {}

    def write(self, now: float) -> Writing[Sequence[Change]] | None:
        """Write everything since the last call and return what to publish; None when nothing happened.

        Everything that is yielded becomes durable together, and is published only then.
        """
        raise NotImplementedError


@dataclass(frozen=True, slots=True, kw_only=True)
class DomainStep:
    """One step in the life of one record."""

    name: str
    subject: str
    at: float
    actor: str = ""
    reason: str = ""
    command: str = ""
    cause: str = ""
    body: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A record as stored in the journal (`body`) and as published (None: removed)."""

    body: dict[str, Any]
    shown: Any
    open: bool = True


class StepDomain(Domain):
    """A domain in which every step is one log entry with one document and one change of its record.

    `entry_kind` is the kind of its entries and documents.
    """

    entry_kind: str

    def __init__(self) -> None:
        self._steps: list[DomainStep] = []

    def document(self, id: str) -> Document:
        """A record's document after its last step."""
        raise NotImplementedError

    def of_document(self, doc: Doc) -> Any:
        """The record of a document of the journal."""
        return msgspec.convert(doc.body, KINDS[self.kind].record)

    def repeated(self, command: Command, entry: JournalEntry) -> Asking[dict[str, Any] | None]:
        """The record that the command made or changed, as it is now."""
        own = entry if entry.kind == self.entry_kind else (yield FindCommandEntry(command.id, self.entry_kind))
        if own is None:
            return None
        record = self.records().get(own.subject)
        if record is None and (doc := (yield FindDocument(self.entry_kind, own.subject))) is not None:
            record = self.of_document(doc)
        return KINDS[self.kind].view(record) if record is not None else None

    def record_step(self, step: DomainStep) -> None:
        """Remember a step for the next `write`."""
        self._steps.append(step)

    def write(self, now: float) -> Writing[Sequence[Change]] | None:
        if not self._steps:
            return None
        steps, self._steps = self._steps, []
        return self._written(steps)

    def _written(self, steps: Sequence[DomainStep]) -> Writing[Sequence[Change]]:
        changes: dict[str, Change] = {}
        for step in steps:
            document = self.document(step.subject)
            seq = yield AppendEntry(
                kind=self.entry_kind,
                name=step.name,
                subject=step.subject,
                at=step.at,
                actor=step.actor,
                reason=step.reason,
                command=step.command,
                body=step.body,
            )
            yield PutDocument(kind=self.entry_kind, id=step.subject, body=document.body, open=document.open, seq=seq)
            cause = step.command or step.cause
            changes[step.subject] = Change(
                kind=self.kind, id=step.subject, after=document.shown, at=step.at, cause=cause
            )
        return list(changes.values())
