"""A watch: it looks every few seconds for problems outside the rules, and raises and ends an alert for each.

Its alerts go through the intake like every alert from outside the rules: durable, and applied once.
"""

from __future__ import annotations

import asyncio
import logging
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from typing import ClassVar

from feeds.clock import Clock
from feeds.external import Report, pack
from feeds.journal import Intake, IntakeFull, Journal, JournalLost, Parcel
from feeds.model import Alert, Severity

log = logging.getLogger(__name__)


class ProblemWatch(ABC):
    """Raises an alert of `rule` for each problem, and ends it when the problem is gone.

    `target` is the engine that applies the reports, `open_alerts` gives its open alerts. `region` is the site's.
    """

    rule: ClassVar[str]
    """The rule that its alerts name."""
    subject: ClassVar[str]
    """The subject of its alerts, also the name of the label that holds the problem's id and the kind of its parcels."""
    every: ClassVar[float]
    """Seconds between two looks."""

    def __init__(
        self,
        journal: Journal,
        intake: Intake,
        target: str,
        open_alerts: Callable[[], Iterable[Alert]],
        region: str,
        clock: Clock,
    ) -> None:
        self._journal, self._intake, self._target = journal, intake, target
        self._open_alerts, self._region, self._clock = open_alerts, region, clock

    async def run(self) -> None:
        """Look until cancelled. While a store is lost or full, try again at the next look."""
        while True:
            try:
                if self._intake.life:  # the engine has opened it
                    await self.look()
            except (JournalLost, IntakeFull) as error:
                log.debug("%s cannot look now: %s", self.rule, error)
            await asyncio.sleep(self.every)

    async def look(self) -> int:
        """Report problems that are new or gone. Returns the number of reports."""
        now = self._clock()
        active = {
            alert.labels.get(self.subject, ""): alert
            for alert in self._open_alerts()
            if alert.rule == self.rule and alert.active
        }
        problems = await self.problems(active, now)
        reports = [report for id, report in problems.items() if id not in active]
        reports += [self._end(id, alert) for id, alert in active.items() if id not in problems]
        if reports:
            await self._intake.put(
                Parcel(
                    target=self._target,
                    kind=self.subject,
                    at=now,
                    body=pack(reports),
                    actor=self.rule,
                    size=len(reports),
                )
            )
        return len(reports)

    @abstractmethod
    async def problems(self, active: Mapping[str, Alert], now: float) -> dict[str, Report]:
        """The report of each present problem by its id. `active` are the active alerts of this watch by the same id.

        Raises JournalLost.
        """

    def _raise(
        self, id: str, *, severity: Severity, since: float, title: dict[str, str], text: str, region: str = ""
    ) -> Report:
        """The report of a problem. It names no person and no address, because wall screens show it too."""
        return Report(
            rule=self.rule,
            asset=self.subject,
            severity=severity,
            since=since,
            identity_labels={self.subject: id},
            labels={self.subject: id},
            title=title,
            text=text,
            region=region or self._region,
        )

    def _end(self, id: str, alert: Alert) -> Report:
        return Report(
            rule=self.rule,
            asset=self.subject,
            severity=alert.severity,
            active=False,
            identity_labels={self.subject: id},
        )
