"""What the journal gives back and raises, and how a log row is hashed.

JournalError
├── JournalLost     it cannot be reached or is busy: try again
│   ├── IntakeLost  like JournalLost, of the intake
│   └── HistoryLost like JournalLost, of the metric history
├── Unstorable      these rows can never be kept: an error in the program or in what it was given
└── StoreRefused    this store is not for this program: a person must act
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from typing import Any

from feeds.kinds import KINDS

GENESIS = "0" * 64
OTHER_ENTRY_KINDS = (
    "audit",
    "escalations",
    "handover",
    "ingest",
    "maintenance",
    "receivers",
    "roster",
    "rule",
    "silence",
)
"""Kinds of log entry that are about no kind of record; those of records stand in `feeds.kinds`."""


def entry_kinds() -> tuple[str, ...]:
    """Every kind of log entry that can be asked for."""
    return tuple(sorted({*OTHER_ENTRY_KINDS, *KINDS.entries}))


ENTRY_KINDS = entry_kinds()
"""Those of the kinds of record that this version ships."""


_CANONICAL = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False)


class JournalError(Exception):
    """The journal did not do what it was asked."""


class JournalLost(JournalError):
    """The journal cannot be read or written now (locked, full disk, no server): try again.

    Nothing was kept; only when a server goes away during the very commit this is not known, so read before repeating.
    """


class IntakeLost(JournalLost):
    """The intake cannot be read or written now."""


class HistoryLost(JournalLost):
    """The metric history cannot be read or written now."""


class Unstorable(JournalError):
    """The store refuses these rows, and always will: nothing was kept."""


class StoreRefused(JournalError):
    """The store cannot be used as it is. Says why and how to mend it, in Chinese and English."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(f"{zh} {en}")
        self.zh, self.en = zh, en


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One row of the log. `seq` is the journal's own order; `chain`, `chain_seq` the writer's."""

    seq: int
    chain: str
    chain_seq: int
    at: float
    kind: str
    name: str
    subject: str
    actor: str
    reason: str
    command: str
    body: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Doc:
    """The present form of one thing; `seq` is the entry that made it so (0: none)."""

    kind: str
    id: str
    open: bool
    seq: int
    body: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxItem:
    """One message to one receiver. `due` None: nothing more to do (sent, refused or cancelled)."""

    key: str
    receiver: str
    subject: str
    created: float
    due: float | None
    sent_at: float | None
    attempts: int
    error: str
    body: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxState:
    """How sending to one receiver goes; `last_error` "" when the last of it went well.

    `oldest_at`: when the oldest message that still waits was queued.
    """

    waiting: int
    oldest_at: float | None = None
    last_sent_at: float | None
    last_error: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """A place where a hash chain does not hold."""

    chain: str
    chain_seq: int
    seq: int
    what: str = field(default="")


def clean(text: str) -> str:
    """The text without what no store can keep: NUL (PostgreSQL) and halves of UTF-16 pairs become U+FFFD."""
    if text.isascii():
        return text.replace("\0", "\ufffd")
    whole = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return whole.replace("\0", "\ufffd")


def canonical(body: Any) -> str:
    """The one text form of a JSON value: sorted keys, no spaces, characters as they are."""
    return _CANONICAL.encode(body)


def row_hash(row: dict[str, Any]) -> str:
    """SHA-256 over the previous hash and every field of the row but its global `seq` and own hash."""
    names = ("chain", "chain_seq", "at", "kind", "name", "subject", "actor", "reason", "command", "body", "prev")
    return hashlib.sha256(canonical([row[name] for name in names]).encode()).hexdigest()
