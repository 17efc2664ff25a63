"""Records of the journal, and the hash of a log row."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from typing import Any

from feeds.journal.errors import HistoryLost, IntakeLost, JournalError, JournalLost, StoreRefused, Unstorable
from feeds.kinds import KINDS

__all__ = [
    "ANCHOR",
    "AUDIT",
    "ENTRY_KINDS",
    "GENESIS",
    "ChainFault",
    "Doc",
    "HistoryLost",
    "IntakeLost",
    "JournalEntry",
    "JournalError",
    "JournalLost",
    "OutboxItem",
    "OutboxState",
    "StoreRefused",
    "Unstorable",
    "canonical",
    "clean",
    "entry_kinds",
    "row_hash",
]

GENESIS = "0" * 64
AUDIT = "audit"
"""Kind of the entries of the audit log."""
ANCHOR = "anchor"
"""Kind of the entries that state the heads of all chains."""
OTHER_ENTRY_KINDS = (
    ANCHOR,
    AUDIT,
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


HASHED = ("chain", "chain_seq", "at", "kind", "name", "subject", "actor", "reason", "command", "body", "prev")
_CANONICAL = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False)


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
    """A break in a hash chain; with `chain` "" a fault of the seal or of a document.

    `foreign`: the signature belongs to a key that the keyring lacks, so it could not be checked.
    """

    chain: str
    chain_seq: int
    seq: int
    what: str = field(default="")
    foreign: bool = False

    @property
    def text(self) -> str:
        """The fault in one line."""
        row = f" (row {self.seq})" if self.seq else ""
        return f"{self.chain} #{self.chain_seq}{row}: {self.what}" if self.chain else self.what


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
    """SHA-256 over the previous hash and every field of the row except its global `seq`, own hash and signature."""
    return hashlib.sha256(canonical([row[name] for name in HASHED]).encode()).hexdigest()
