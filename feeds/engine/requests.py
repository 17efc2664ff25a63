"""Requests of a domain to the journal, as data that the engine carries out.

A domain does no I/O. Where it needs the journal it yields a request and is sent the answer:

    document = yield FindDocument("alert", id)
    seq = yield AppendEntry(kind="alert", name="ack", subject=id, at=now)

So a domain can be tested by a plain loop, without a database and without an event loop.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Generator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias, TypeVar

import msgspec

if TYPE_CHECKING:
    from feeds.journal import Doc, Journal, JournalEntry, Tx

T = TypeVar("T")
Answer = TypeVar("Answer", covariant=True)


class Read(Protocol[Answer]):
    """A query to the journal."""

    async def ask(self, journal: Journal) -> Answer: ...


class Write(Protocol[Answer]):
    """An operation within a transaction."""

    def do(self, tx: Tx) -> Awaitable[Answer]: ...


Asking: TypeAlias = Generator[Read[Any], Any, T]
"""A computation that asks the journal on its way to a T."""
Writing: TypeAlias = Generator[Write[Any], Any, T]
"""A computation of a T that writes within one transaction on its way."""


# -- questions -------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class FindDocument:
    """The current document, or None."""

    kind: str
    id: str

    async def ask(self, journal: Journal) -> Doc | None:
        return await journal.doc(self.kind, self.id)


@dataclass(frozen=True, slots=True)
class HasDocument:
    """Tells whether a document has this id, readable or not. The id of an unreadable document must not be reused."""

    kind: str
    id: str

    async def ask(self, journal: Journal) -> bool:
        return await journal.raw_document(self.kind, self.id) is not None


@dataclass(frozen=True, slots=True)
class ListIds:
    """The ids of all documents of a kind, also of those that cannot be read."""

    kind: str

    async def ask(self, journal: Journal) -> list[str]:
        return await journal.ids(self.kind)


@dataclass(frozen=True, slots=True)
class ListDocuments:
    """All current documents of a kind, oldest first; `open` selects only open or only closed ones."""

    kind: str
    open: bool | None = None

    async def ask(self, journal: Journal) -> list[Doc]:
        return await journal.docs(self.kind, open=self.open)


@dataclass(frozen=True, slots=True)
class ListDecoded:
    """The open forms of a kind as `decode` makes them of their JSON, oldest first: for tens of thousands.

    `decode_all` makes those of an array; see `feeds.journal.document_rows`. One that cannot be decoded is set aside
    (feeds.journal.forms).
    """

    kind: str
    decode: Callable[[str | bytes], Any]
    decode_all: Callable[[bytes, Sequence[str]], Sequence[Any]]

    async def ask(self, journal: Journal) -> list[Any]:
        return await journal.decoded(self.kind, self.decode, self.decode_all)


@dataclass(frozen=True, slots=True)
class ListLoaded:
    """The open forms of a kind as `load` makes them of their documents; one that cannot be loaded is set aside."""

    kind: str
    load: Callable[[Doc], Any]

    async def ask(self, journal: Journal) -> list[Any]:
        return await journal.load(self.kind, self.load, open=True)


@dataclass(frozen=True, slots=True)
class ListEntries:
    """One page of the log about one subject, newest first, below sequence number `before`."""

    kind: str
    subject: str
    before: int | None = None
    limit: int = 500

    async def ask(self, journal: Journal) -> list[JournalEntry]:
        return await journal.entries(
            kind=self.kind, subject=self.subject, before=self.before, limit=self.limit, newest_first=True
        )


@dataclass(frozen=True, slots=True)
class FindCommandEntry:
    """The first entry of a kind that a command made, or None."""

    command: str
    kind: str

    async def ask(self, journal: Journal) -> JournalEntry | None:
        return await journal.command_entry(self.command, self.kind)


@dataclass(frozen=True, slots=True)
class CountCommandEntries:
    """The number of entries that a command made."""

    command: str

    async def ask(self, journal: Journal) -> int:
        return await journal.command_entries(self.command)


@dataclass(frozen=True, slots=True)
class YieldToLoop:
    """Let other tasks of the process run, so that a long computation holds up neither its lease nor its heartbeat."""

    async def ask(self, journal: Journal) -> None:
        await asyncio.sleep(0)


# -- writes ----------------------------------------------------------------------
# Those of a storm are structs: a frozen dataclass takes five times as long to make.


class AppendEntry(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One entry of the log; the answer is its sequence number."""

    kind: str
    name: str
    subject: str
    at: float
    actor: str = ""
    reason: str = ""
    command: str = ""
    body: dict[str, Any] = {}

    def do(self, tx: Tx) -> Awaitable[int]:
        return tx.append(
            kind=self.kind,
            name=self.name,
            subject=self.subject,
            at=self.at,
            actor=self.actor,
            reason=self.reason,
            command=self.command,
            body=self.body,
        )


@dataclass(frozen=True, slots=True)
class ReadBody:
    """A document's body within the transaction, unchanged by others until it ends; None without one."""

    kind: str
    id: str

    def do(self, tx: Tx) -> Awaitable[dict[str, Any] | None]:
        return tx.doc(self.kind, self.id)


class PutDocument(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The present form of one thing; `seq` is the entry that made it so (0: none)."""

    kind: str
    id: str
    body: dict[str, Any]
    open: bool = True
    seq: int = 0

    def do(self, tx: Tx) -> Awaitable[None]:
        return tx.put(self.kind, self.id, self.body, open=self.open, seq=self.seq)


@dataclass(frozen=True, slots=True)
class DeleteDocument:
    """Delete a document."""

    kind: str
    id: str

    def do(self, tx: Tx) -> Awaitable[None]:
        return tx.delete(self.kind, self.id)


class QueueMessage(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Queue one message; a key that is there already changes nothing.

    Urgent messages of a receiver are due before its others. `person`: the person addressed through the receiver.
    """

    key: str
    receiver: str
    subject: str
    at: float
    body: dict[str, Any]
    urgent: bool = False
    person: str = ""

    def do(self, tx: Tx) -> Awaitable[None]:
        return tx.enqueue(
            self.key,
            receiver=self.receiver,
            subject=self.subject,
            created=self.at,
            due=self.at,
            body=self.body,
            urgent=self.urgent,
            person=self.person,
        )


@dataclass(frozen=True, slots=True)
class CancelMessages:
    """Cancel the unsent messages about a subject; the answer is each one's receiver and body."""

    subject: str
    reason: str

    def do(self, tx: Tx) -> Awaitable[list[tuple[str, dict[str, Any]]]]:
        return tx.cancel_outbox(self.subject, reason=self.reason)


# -- carrying out ----------------------------------------------------------------


async def answered(journal: Journal, reading: Asking[T]) -> T:
    """Run a computation to its result, asking the journal what it asks."""
    answer: Any = None
    while True:
        try:
            request = reading.send(answer)
        except StopIteration as end:
            result: T = end.value
            return result
        answer = await request.ask(journal)


async def resolved(journal: Journal, result: Asking[T] | T) -> T:
    """Like `answered`, for a computation that may have needed no question: a plain value is its own result."""
    return await answered(journal, result) if isinstance(result, Generator) else result


async def written(tx: Tx, writing: Writing[T]) -> tuple[T, bool]:
    """Carry out all writes of a computation. Returns its result, and whether a message was queued."""
    answer: Any = None
    queued = False
    while True:
        try:
            request = writing.send(answer)
        except StopIteration as end:
            return end.value, queued
        queued = queued or isinstance(request, QueueMessage)
        answer = await request.do(tx)
