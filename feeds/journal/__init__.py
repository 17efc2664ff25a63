"""The journal: the record is the truth, everything else follows from it."""

from feeds.journal.intake import Intake, IntakeFull, Parcel, intake_url
from feeds.journal.records import (
    ENTRY_KINDS,
    Doc,
    Entry,
    Fault,
    HistoryLost,
    IntakeLost,
    JournalError,
    JournalLost,
    OutboxItem,
    StoreRefused,
    Unstorable,
    entry_kinds,
)
from feeds.journal.store import Journal, sqlite_url
from feeds.journal.tx import SENDING, Tx

__all__ = [
    "ENTRY_KINDS",
    "SENDING",
    "Doc",
    "Entry",
    "Fault",
    "HistoryLost",
    "Intake",
    "IntakeFull",
    "IntakeLost",
    "Journal",
    "JournalError",
    "JournalLost",
    "OutboxItem",
    "Parcel",
    "StoreRefused",
    "Tx",
    "Unstorable",
    "entry_kinds",
    "intake_url",
    "sqlite_url",
]
