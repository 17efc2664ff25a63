"""Shift handover: the handovers that have waited too long for their second signature. Pure functions.

The journal has an entry `given` with the first signature and `accepted` with the second (kind `handover`, subject: the
handover's id). Its body has the `region` that is handed over.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from feeds.documents.handover import ACCEPTED, HANDED_OVER, load_summary
from feeds.model import Severity

if TYPE_CHECKING:
    from feeds.journal import JournalEntry  # the supervisor reads settings and needs no database


@dataclass(frozen=True, slots=True, kw_only=True)
class HandoverSettings:
    """`[handover]`: time limit for the second signature, seconds (0: no alert), and the severity of the alert."""

    sign_within: float = 15 * 60.0
    severity: Severity = Severity.MAJOR

    def late(self, given_at: float, now: float) -> bool:
        """True when the second signature of a handover is overdue."""
        return 0 < self.sign_within < now - given_at


@dataclass(frozen=True, slots=True, kw_only=True)
class UnsignedHandover:
    """A handover without its second signature: its region ("" for the whole site) and the time it was given."""

    id: str
    region: str
    at: float


def unsigned(entries: Iterable[JournalEntry]) -> list[UnsignedHandover]:
    """The unsigned handovers, from entries in the order of the journal.

    Signing a later handover of the same region also accepts the earlier unsigned ones.
    """
    waiting: dict[str, UnsignedHandover] = {}
    for entry in entries:
        if entry.name == HANDED_OVER:
            region = load_summary(entry.body).region
            waiting[entry.subject] = UnsignedHandover(id=entry.subject, region=region, at=entry.at)
        elif entry.name == ACCEPTED and (signed := waiting.pop(entry.subject, None)) is not None:
            waiting = {
                id: handover
                for id, handover in waiting.items()
                if handover.region != signed.region or handover.at > signed.at
            }
    return list(waiting.values())
