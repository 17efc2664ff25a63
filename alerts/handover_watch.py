"""A handover that nobody signs in time is an alert, until somebody does.

It goes the way of every alert from outside the rules: through the intake, durable, applied once.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable

from feeds.clock import Clock
from feeds.duty.handover import GIVEN, KIND, HandoverSettings, UnsignedHandover, unsigned
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
        """For ever. Stores that are away are asked again."""
        while True:
            try:
                if self._intake.life:  # the engine has opened it
                    await self.look()
            except (JournalLost, IntakeFull) as error:
                log.debug("handovers cannot be looked at now: %s", error)
            await asyncio.sleep(EVERY)

    async def look(self) -> int:
        """Hand in what has become overdue and what is no more; how many."""
        now = self._clock()
        known = {one.labels.get(LABEL, ""): one for one in self._standing() if one.rule == RULE and one.active}
        late = {one.id: one for one in unsigned(await self._log(known)) if self.settings.late(one.at, now)}
        said = [self._overdue(one) for id, one in late.items() if id not in known]
        said += [_over(id, one) for id, one in known.items() if id not in late]
        if said:
            await self._intake.put(
                Parcel(target=self._target, kind=KIND, at=now, body=pack(said), actor=RULE, size=len(said))
            )
        return len(said)

    async def _log(self, known: Iterable[str]) -> list[JournalEntry]:
        """The newest entries, and those of what stands already, however old: many later ones elsewhere end nothing."""
        found = await self._journal.entries(kind=KIND, limit=LOOKED_THROUGH, newest_first=True)
        there = {one.subject for one in found if one.name == GIVEN}
        for id in known:
            if id not in there:
                found += await self._journal.entries(kind=KIND, subject=id)
        return [one for _, one in sorted({one.seq: one for one in found}.items())]

    def _overdue(self, one: UnsignedHandover) -> Report:
        """No names: a wall shows it too."""
        return Report(
            rule=RULE,
            asset=SUBJECT,
            severity=self.settings.severity,
            since=one.at + self.settings.sign_within,
            identity_labels={LABEL: one.id},
            labels={LABEL: one.id},
            title=_TITLE,
            text=f"given={iso(one.at)}",
            region=one.region or self._region,
        )


def _over(id: str, alert: Alert) -> Report:
    return Report(rule=RULE, asset=SUBJECT, severity=alert.severity, active=False, identity_labels={LABEL: id})
