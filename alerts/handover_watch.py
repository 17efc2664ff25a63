"""Watch of handovers: an unsigned handover raises an alert until it is signed.

The alert goes through the intake like every alert from outside the rules: durable, and applied once.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable

from feeds.clock import Clock
from feeds.documents.handover import HANDED_OVER, KIND
from feeds.duty.handover import HandoverSettings, UnsignedHandover, unsigned
from feeds.external import Report, pack
from feeds.journal import Intake, IntakeFull, Journal, JournalEntry, JournalLost, Parcel
from feeds.model import Alert
from feeds.wire import iso

log = logging.getLogger(__name__)

RULE = "handover:unsigned"
LABEL = "handover"
SUBJECT = "handover"
EVERY = 2.0
LOOKED_THROUGH = 200
"""Entries of the log, the newest: some days of a prefecture with all its counties. What stands is never forgotten."""
_TITLE = {"zh-CN": "交接班超时未签收", "en": "handover not signed in time"}


class HandoverWatch:
    """`standing` gives the open alerts; `region` is the site's, for what is handed over as a whole."""

    def __init__(
        self,
        journal: Journal,
        intake: Intake,
        target: str,
        standing: Callable[[], Iterable[Alert]],
        region: str,
        clock: Clock,
        settings: HandoverSettings | None = None,
    ) -> None:
        self._journal, self._intake, self._target = journal, intake, target
        self._standing, self._region, self._clock = standing, region, clock
        self.settings = settings or HandoverSettings()

    async def run(self) -> None:
        """Look every few seconds, for ever. Lost stores are tried again."""
        while True:
            try:
                if self._intake.life:  # the engine has opened it
                    await self.look()
            except (JournalLost, IntakeFull) as error:
                log.debug("handovers cannot be looked at now: %s", error)
            await asyncio.sleep(EVERY)

    async def look(self) -> int:
        """Report handovers that became overdue or are no longer; return how many."""
        now = self._clock()
        active = {
            alert.labels.get(LABEL, ""): alert for alert in self._standing() if alert.rule == RULE and alert.active
        }
        late = {
            handover.id: handover
            for handover in unsigned(await self._log(active))
            if self.settings.late(handover.at, now)
        }
        reports = [self._overdue(handover) for id, handover in late.items() if id not in active]
        reports += [_over(id, alert) for id, alert in active.items() if id not in late]
        if reports:
            await self._intake.put(
                Parcel(target=self._target, kind=KIND, at=now, body=pack(reports), actor=RULE, size=len(reports))
            )
        return len(reports)

    async def _log(self, standing_ids: Iterable[str]) -> list[JournalEntry]:
        """The newest entries, and all entries of the handovers with an active alert, however old."""
        entries = await self._journal.entries(kind=KIND, limit=LOOKED_THROUGH, newest_first=True)
        there = {entry.subject for entry in entries if entry.name == HANDED_OVER}
        for id in standing_ids:
            if id not in there:
                entries += await self._journal.entries(kind=KIND, subject=id)
        return [entry for _, entry in sorted({entry.seq: entry for entry in entries}.items())]

    def _overdue(self, handover: UnsignedHandover) -> Report:
        """The report of an overdue handover. It names no person, because wall screens show it too."""
        return Report(
            rule=RULE,
            asset=SUBJECT,
            severity=self.settings.severity,
            since=handover.at + self.settings.sign_within,
            identity_labels={LABEL: handover.id},
            labels={LABEL: handover.id},
            title=_TITLE,
            text=f"given={iso(handover.at)}",
            region=handover.region or self._region,
        )


def _over(id: str, alert: Alert) -> Report:
    return Report(rule=RULE, asset=SUBJECT, severity=alert.severity, active=False, identity_labels={LABEL: id})
