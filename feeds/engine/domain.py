"""What an engine is about: a domain's records, and pure functions from messages, commands and time to steps.

A domain does no I/O and knows no clock, bus or journal; it yields requests where it needs the journal
(feeds.engine.requests). `Domain` is the whole interface. `StepDomain` is the ordinary domain: every step is one entry
of the log and one change of one record.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from feeds.bus import StreamEntry, entry_order
from feeds.engine.requests import AppendEntry, Asking, PutDocument, Writing
from feeds.journal import Entry, Parcel
from feeds.model import Change, Command, Result


class UnusableMessage(Exception):
    """A message cannot be used. The engine sets its bytes aside as a dead letter of `source`."""

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
        """When it reached the stream, in epoch seconds."""
        return entry_order(self.entry.id)[0] / 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """What an engine begins with: the live records that its domain follows, and the last batch's `pending`."""

    records: Mapping[str, Mapping[str, Any]]
    pending: Mapping[str, Any]
    now: float


class Domain:
    """One kind of record and all that happens to it. Override what the domain needs.

    `name` is the engine's: of its commands' stream, its cursors and its inbox. `kind` is the live record that nobody
    else writes. `feeds` are read beside the commands. `follows` names the kinds whose live records the domain starts
    from; the change stream is read when there are any. `revision` moves whenever `pending` may have changed.
    """

    name: str
    kind: str
    feeds: Sequence[str] = ()
    follows: Sequence[str] = ()

    @property
    def revision(self) -> int:
        return 0

    # -- starting ----------------------------------------------------------------

    def load(self, start: Start) -> Asking[None] | None:
        """Rebuild everything from the journal; nothing of a former run stays."""
        raise NotImplementedError

    def records(self) -> Mapping[str, Any]:
        """The records that everybody is to see, by id."""
        raise NotImplementedError

    def begin(self, now: float) -> None:
        """Everything is loaded; work starts now."""

    def clock_stepped(self, by: float, now: float) -> None:
        """The wall clock was set by `by` seconds, to `now`: compute everything anew that is due at a wall time.

        Called at a start too, with the step since the last run, or 0.0 when nobody can tell.
        """

    def resync(self, now: float) -> None:
        """The followed changes have a gap: judge by the loaded records instead."""

    # -- running -----------------------------------------------------------------

    def take(self, item: Change | Message | Parcel, now: float) -> Asking[None] | None:
        """Take one item in. Raises UnusableMessage, or wire.Undecodable for a parcel that nobody can read."""
        raise NotImplementedError

    def obey(self, command: Command, now: float) -> Asking[Result] | Result:
        """Carry a command out, or refuse it."""
        raise NotImplementedError

    def repeated(self, command: Command, entry: Entry) -> Asking[dict[str, Any] | None] | dict[str, Any] | None:
        """What answers a command that was carried out before; `entry` is its first in the log."""
        return None

    def advance(self, now: float) -> None:
        """Let time pass."""

    def next_due(self) -> float | None:
        """When time alone makes something happen next; a moment that has passed when more is to be done at once."""
        return None

    # -- keeping -----------------------------------------------------------------

    def pending(self) -> Mapping[str, Any]:
        """What no document holds but must be found again after a restart, JSON-able."""
        return {}

    def write(self, now: float) -> Writing[Sequence[Change]] | None:
        """Write down what has happened since the last call and return what is to be published; None when nothing has.

        Everything that is yielded becomes durable together, and is published only then.
        """
        raise NotImplementedError


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One thing that happened to one record."""

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
    """A record as the journal keeps it (`body`), and as everybody sees it (None: not any more)."""

    body: dict[str, Any]
    shown: Any
    open: bool = True


class StepDomain(Domain):
    """A domain in which every step is one log entry, and leaves one document and one change for its record.

    `entry_kind` is the kind of its entries and documents.
    """

    entry_kind: str

    def __init__(self) -> None:
        self._steps: list[Step] = []

    def document(self, id: str) -> Document:
        """A record's document after its last step."""
        raise NotImplementedError

    def record_step(self, step: Step) -> None:
        """Remember what has happened, for the next `write`."""
        self._steps.append(step)

    def write(self, now: float) -> Writing[Sequence[Change]] | None:
        if not self._steps:
            return None
        steps, self._steps = self._steps, []
        return self._written(steps)

    def _written(self, steps: Sequence[Step]) -> Writing[Sequence[Change]]:
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
