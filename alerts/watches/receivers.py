"""Watch of receivers: one to which nothing is delivered while messages wait raises an alert.

Other receivers and the screens tell of it. It ends when a message is delivered or none waits any more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from alerts.settings import OutboxSettings
from alerts.watches.base import ProblemWatch
from feeds.clock import Clock
from feeds.external import Report
from feeds.journal import Intake, Journal
from feeds.journal.records import OutboxState
from feeds.model import Alert, Severity
from feeds.wire import iso

RULE = "receiver:stalled"
_TITLE = {"zh-CN": "接收方收不到通知：{id}", "en": "a receiver takes no messages: {id}"}


def stalled_since(state: OutboxState, now: float, after: float) -> float | None:
    """Since when nothing was delivered to a receiver while messages wait; None when that is shorter than `after`."""
    if state.oldest_at is None:
        return None
    since = max(state.oldest_at, state.last_sent_at or state.oldest_at)
    return since if now - since >= after else None


class ReceiverWatch(ProblemWatch):
    """Raises an alert for each receiver that has stalled. `receivers` gives the ids of the receivers in use."""

    rule, subject, every = RULE, "receiver", 5.0

    def __init__(
        self,
        journal: Journal,
        intake: Intake,
        target: str,
        open_alerts: Callable[[], Iterable[Alert]],
        receivers: Callable[[], Iterable[str]],
        region: str,
        clock: Clock,
        settings: OutboxSettings | None = None,
    ) -> None:
        super().__init__(journal, intake, target, open_alerts, region, clock)
        self._receivers = receivers
        self.settings = settings or OutboxSettings()

    async def problems(self, active: Mapping[str, Alert], now: float) -> dict[str, Report]:
        """The report of each stalled receiver by its id; none while the setting turns the watch off."""
        if not (after := self.settings.stalled_after):
            return {}
        states = await self._journal.outbox_states(list(self._receivers()))
        return {
            id: self._stalled(id, state, since)
            for id, state in states.items()
            if (since := stalled_since(state, now, after)) is not None
        }

    def _stalled(self, id: str, state: OutboxState, since: float) -> Report:
        return self._raise(
            id,
            severity=Severity.MAJOR,
            since=since,
            title={language: title.format(id=id) for language, title in _TITLE.items()},
            text=f"receiver={id} waiting={state.waiting} since={iso(since)}",
        )
