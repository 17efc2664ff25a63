"""Raises an alert for each receiver to which nothing was delivered for a while although messages wait for it.

The alert goes through the intake like every alert from outside the rules: durable, and applied once. Other receivers
and the screens tell of it; it ends when something is delivered again or nothing waits any more.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable

from alerts.settings import OutboxSettings
from feeds.clock import Clock
from feeds.external import Report, pack
from feeds.journal import Intake, IntakeFull, Journal, JournalLost, Parcel
from feeds.journal.records import OutboxState
from feeds.model import Alert, Severity
from feeds.wire import iso

log = logging.getLogger(__name__)

RULE = "receiver:stalled"
KIND = LABEL = "receiver"
EVERY = 5.0
_TITLE = {"zh-CN": "接收方收不到通知", "en": "a receiver takes no messages"}


def stalled_since(state: OutboxState, now: float, after: float) -> float | None:
    """Since when nothing was delivered to a receiver while messages wait; None when that is shorter than `after`."""
    if state.oldest_at is None:
        return None
    since = max(state.oldest_at, state.last_sent_at or state.oldest_at)
    return since if now - since >= after else None


class ReceiverWatch:
    """`receivers` gives the ids of the receivers in use, `standing` the open alerts; `region` is the site's."""

    def __init__(
        self,
        journal: Journal,
        intake: Intake,
        target: str,
        standing: Callable[[], Iterable[Alert]],
        receivers: Callable[[], Iterable[str]],
        region: str,
        clock: Clock,
        settings: OutboxSettings | None = None,
    ) -> None:
        self._journal, self._intake, self._target = journal, intake, target
        self._standing, self._receivers, self._region, self._clock = standing, receivers, region, clock
        self.settings = settings or OutboxSettings()

    async def run(self) -> None:
        """Look every few seconds, for ever. Stores that are away are asked again."""
        while True:
            try:
                if self._intake.life:  # the engine has opened it
                    await self.look()
            except (JournalLost, IntakeFull) as error:
                log.debug("receivers cannot be looked at now: %s", error)
            await asyncio.sleep(EVERY)

    async def look(self) -> int:
        """Hand in which receivers have stalled and which have not any more; how many."""
        now, after = self._clock(), self.settings.stalled_after
        active = [alert for alert in self._standing() if alert.rule == RULE and alert.active]
        raised = {alert.labels.get(LABEL, ""): alert for alert in active}
        states = await self._journal.outbox_states(list(self._receivers()))
        since = {id: stalled_since(state, now, after) if after else None for id, state in states.items()}
        reports = [
            self._report(id, states[id], began) for id, began in since.items() if began is not None and id not in raised
        ]
        reports += [
            Report(rule=RULE, asset=KIND, severity=alert.severity, active=False, identity_labels={LABEL: id})
            for id, alert in raised.items()
            if since.get(id) is None
        ]
        if reports:
            await self._intake.put(
                Parcel(target=self._target, kind=KIND, at=now, body=pack(reports), actor=RULE, size=len(reports))
            )
        return len(reports)

    def _report(self, id: str, state: OutboxState, since: float) -> Report:
        """The text names no address: a wall shows it too."""
        return Report(
            rule=RULE,
            asset=KIND,
            severity=Severity.MAJOR,
            since=since,
            identity_labels={LABEL: id},
            labels={LABEL: id},
            title={
                language: f"{title}：{id}" if language == "zh-CN" else f"{title}: {id}"
                for language, title in _TITLE.items()
            },
            text=f"receiver={id} waiting={state.waiting} since={iso(since)}",
            region=self._region,
        )
