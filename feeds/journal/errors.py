"""Errors of the journal.

JournalError
├── JournalLost     it cannot be reached or is busy: try again
│   ├── IntakeLost  like JournalLost, of the intake
│   └── HistoryLost like JournalLost, of the metric history
├── Unstorable      these rows can never be kept: an error in the program or in what it was given
└── StoreRefused    this store is not for this program: a person must act
"""

from __future__ import annotations


class JournalError(Exception):
    """The journal could not do what was requested."""


class JournalLost(JournalError):
    """The journal cannot be read or written now (locked, full disk, no server): try again.

    Nothing was stored. Only when a server goes away during the commit itself the outcome is unknown, so read before
    repeating.
    """

    store = "the journal"
    """The store's name in logs."""


class IntakeLost(JournalLost):
    """The intake cannot be read or written now."""

    store = "the intake"


class HistoryLost(JournalLost):
    """The metric history cannot be read or written now."""

    store = "the metric history"


class Unstorable(JournalError):
    """The store rejects these rows and always will: nothing was stored."""


class StoreRefused(JournalError):
    """The store cannot be used as it is. The message has the reason and the remedy, in Chinese and English."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(f"{zh} {en}")
        self.zh, self.en = zh, en
