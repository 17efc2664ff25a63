"""The journal: the record is the truth, everything else follows from it."""

from feeds.journal.records import Doc, Entry, Fault, JournalError, JournalLost, OutboxItem, StoreRefused, Unstorable
from feeds.journal.store import Journal, sqlite_url
from feeds.journal.tx import Tx

__all__ = [
    "Doc", "Entry", "Fault", "Journal", "JournalError", "JournalLost", "OutboxItem", "StoreRefused", "Tx", "Unstorable",
    "sqlite_url",
]  # fmt: skip
