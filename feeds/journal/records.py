"""Records and errors of the journal, and the hash of a log row.

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
    """The journal could not do what was requested."""


class JournalLost(JournalError):
    """The journal cannot be read or written now (locked, full disk, no server): try again.

    Nothing was stored. Only when a server goes away during the commit itself the outcome is unknown, so read before
    repeating.
    """


class IntakeLost(JournalLost):
    """The intake cannot be read or written now."""


class HistoryLost(JournalLost):
    """The metric history cannot be read or written now."""


class Unstorable(JournalError):
    """The store rejects these rows and always will: nothing was stored."""


class StoreRefused(JournalError):
    """The store cannot be used as it is. The message has the reason and the remedy, in Chinese and English."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(f"{zh} {en}")
        self.zh, self.en = zh, en


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalEntry:
    """One row of the log. `seq` is the journal's own order; `chain` and `chain_seq` are the writer's."""

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
    """The current version of one document; `seq` is the entry that produced it (0: none)."""

    kind: str
    id: str
    open: bool
    seq: int
    body: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxItem:
    """One message to one receiver. `due` None: finished (sent, refused or cancelled)."""

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
    """Delivery to one receiver; `last_error` is "" when its last message was delivered.

    `oldest_at`: when the oldest waiting message was queued.
    """

    waiting: int
    oldest_at: float | None = None
    last_sent_at: float | None
    last_error: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainFault:
    """A break in a hash chain."""

    chain: str
    chain_seq: int
    seq: int
    what: str = field(default="")


def clean(text: str) -> str:
    """The text with characters that some store cannot hold replaced by U+FFFD: NUL (PostgreSQL) and lone surrogates."""
    if text.isascii():
        return text.replace("\0", "\ufffd")
    whole = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return whole.replace("\0", "\ufffd")


def canonical(body: Any) -> str:
    """The canonical text of a JSON value: sorted keys, no spaces, characters unescaped."""
    return _CANONICAL.encode(body)


def row_hash(row: dict[str, Any]) -> str:
    """SHA-256 over the previous hash and every field of the row except its global `seq` and own hash."""
    names = ("chain", "chain_seq", "at", "kind", "name", "subject", "actor", "reason", "command", "body", "prev")
    return hashlib.sha256(canonical([row[name] for name in names]).encode()).hexdigest()
