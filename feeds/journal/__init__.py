"""The journal: the durable record from which all other state is derived."""

from feeds.journal.intake import Intake, IntakeFull, Parcel, intake_url
from feeds.journal.keys import Keyring
from feeds.journal.records import (
    ENTRY_KINDS,
    ChainFault,
    Doc,
    HistoryLost,
    IntakeLost,
    JournalEntry,
    JournalError,
    JournalLost,
    OutboxItem,
    StoreRefused,
    Unstorable,
    entry_kinds,
)
from feeds.journal.store import Journal, sqlite_url
from feeds.journal.tx import Tx
from feeds.journal.tx_outbox import SENDING

__all__ = [
    "ENTRY_KINDS",
    "SENDING",
    "ChainFault",
    "Doc",
    "HistoryLost",
    "Intake",
    "IntakeFull",
    "IntakeLost",
    "Journal",
    "JournalEntry",
    "JournalError",
    "JournalLost",
    "Keyring",
    "OutboxItem",
    "Parcel",
    "StoreRefused",
    "Tx",
    "Unstorable",
    "entry_kinds",
    "intake_url",
    "sqlite_url",
]
