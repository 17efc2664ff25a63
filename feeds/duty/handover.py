"""Handing the shift over: which handovers wait for their second signature for too long. Pure.

The log has an entry `given` with the first signature and `accepted` with the second (kind `handover`, subject the
handover's id); its body says the `region` that is handed over.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from feeds.model import Severity

if TYPE_CHECKING:
    from feeds.journal import Entry  # settings are read by the supervisor, which needs no database

KIND, GIVEN, ACCEPTED = "handover", "given", "accepted"


@dataclass(frozen=True, slots=True, kw_only=True)
class HandoverSettings:
    """`[handover]`: seconds within which the second signature is due (0: no alert), and how bad it is without."""

    sign_within: float = 15 * 60.0
    severity: Severity = Severity.MAJOR

    def late(self, given_at: float, now: float) -> bool:
        """Whether a handover that nobody has signed is overdue."""
        return 0 < self.sign_within < now - given_at


@dataclass(frozen=True, slots=True, kw_only=True)
class Unsigned:
    """A handover without its second signature: whose region ("" the whole site), and since when it waits."""

    id: str
    region: str
    at: float


def unsigned(entries: Iterable[Entry]) -> list[Unsigned]:
    """What waits, from the entries in the order of the log.

    Whoever signs for a later handover of the same region has taken over what was left unsigned before it.
    """
    waiting: dict[str, Unsigned] = {}
    for entry in entries:
        if entry.name == GIVEN:
            waiting[entry.subject] = Unsigned(id=entry.subject, region=str(entry.body["region"]), at=entry.at)
        elif entry.name == ACCEPTED and (signed := waiting.pop(entry.subject, None)) is not None:
            waiting = {id: one for id, one in waiting.items() if one.region != signed.region or one.at > signed.at}
    return list(waiting.values())
