"""Watch of handovers: an unsigned handover raises an alert until it is signed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from alerts.watches.base import ProblemWatch
from feeds.clock import Clock
from feeds.documents.handover import HANDED_OVER, KIND
from feeds.duty.handover import HandoverSettings, UnsignedHandover, unsigned
from feeds.external import Report
from feeds.journal import Intake, Journal, JournalEntry
from feeds.model import Alert
from feeds.wire import iso

RULE = "handover:unsigned"
READ_BACK = 200
"""Newest entries of the log that are read: some days of a prefecture with all its counties.

Entries of a handover with an active alert are read however old they are."""
_TITLE = {"zh-CN": "交接班超时未签收", "en": "handover not signed in time"}


class HandoverWatch(ProblemWatch):
    """Raises an alert for each handover that the next shift has not signed in time."""

    rule, subject, every = RULE, KIND, 10.0

    def __init__(
        self,
        journal: Journal,
        intake: Intake,
        target: str,
        open_alerts: Callable[[], Iterable[Alert]],
        region: str,
        clock: Clock,
        settings: HandoverSettings | None = None,
    ) -> None:
        super().__init__(journal, intake, target, open_alerts, region, clock)
        self.settings = settings or HandoverSettings()

    async def problems(self, active: Mapping[str, Alert], now: float) -> dict[str, Report]:
        """The report of each overdue handover by its id."""
        return {
            handover.id: self._overdue(handover)
            for handover in unsigned(await self._log(active))
            if self.settings.late(handover.at, now)
        }

    async def _log(self, active: Iterable[str]) -> list[JournalEntry]:
        """The newest entries, and all entries of the handovers with an active alert, in order."""
        entries = await self._journal.entries(kind=KIND, limit=READ_BACK, newest_first=True)
        read = {entry.subject for entry in entries if entry.name == HANDED_OVER}
        for id in active:
            if id not in read:
                entries += await self._journal.entries(kind=KIND, subject=id)
        return [entry for _, entry in sorted({entry.seq: entry for entry in entries}.items())]

    def _overdue(self, handover: UnsignedHandover) -> Report:
        return self._raise(
            handover.id,
            severity=self.settings.severity,
            since=handover.at + self.settings.sign_within,
            title=_TITLE,
            text=f"given={iso(handover.at)}",
            region=handover.region,
        )
