"""The journal: the record is the truth, everything else follows from it."""

from feeds.journal.records import Doc, Entry, Fault, JournalLost, OutboxItem
from feeds.journal.store import Journal, sqlite_url
from feeds.journal.tx import Tx

__all__ = ["Doc", "Entry", "Fault", "Journal", "JournalLost", "OutboxItem", "Tx", "sqlite_url"]
