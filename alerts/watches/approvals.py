"""Watch of approvals: limits of supervision orders that come near or have passed, and sweeps that were held.

Nobody is told at midnight: a limit is told at TELL_AT of a working day. The first time is the working day before the
due day, the second one the first working day after it. Reminders reach people by the roster, as every alert does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import timedelta
from typing import Any

from alerts.watches.base import ProblemWatch
from feeds.clock import Clock
from feeds.external import Report
from feeds.journal import Intake, Journal
from feeds.model import Alert, Severity
from feeds.workdays.calendar import Unpublished, WorkCalendar
from feeds.workdays.local_time import instant, local_date
from feeds.workdays.mornings import MORNING, next_morning

ORDER, SWEEP = "order", "sweep"
_LIMITS = {
    "sign": ("签收", "signature"),
    "feedback": ("反馈", "answer"),
    "redo": ("重新反馈", "new answer"),
    "extension": ("反馈", "answer"),
}


class ApprovalsWatch(ProblemWatch):
    """Raises an alert for each limit of an order that is near or has passed, and for each held sweep."""

    rule, subject, every = "approvals:supervision", "supervision", 60.0

    def __init__(
        self,
        journal: Journal,
        intake: Intake,
        target: str,
        open_alerts: Callable[[], Iterable[Alert]],
        region: str,
        clock: Clock,
        calendar: Callable[[str], WorkCalendar],
    ) -> None:
        super().__init__(journal, intake, target, open_alerts, region, clock)
        self.calendar = calendar

    async def problems(self, active: Mapping[str, Alert], now: float) -> dict[str, Report]:
        """The reports of limits and held sweeps, by the ids of their documents."""
        reports: dict[str, Report] = {}
        for document in await self._journal.docs(ORDER, open=True):
            reports |= dict(self._limit(document.body, now))
        for document in await self._journal.docs(SWEEP, open=True):
            if document.body.get("state") == "held":
                reports[f"sweep {document.id}"] = self._held(document.id, document.body)
        return reports

    def _limit(self, order: Mapping[str, Any], now: float) -> Iterator[tuple[str, Report]]:
        life: Mapping[str, Any] = order.get("life") or {}
        limit_at, limit = life.get("limit_at"), str(life.get("limit", ""))
        if limit_at is None or limit not in _LIMITS:
            return
        calendar = self.calendar(str(order.get("region", "")))
        number, region = str(order.get("number", "")), str(order.get("region", ""))
        id, text = f"{order.get('id', '')} {limit}", f"department={order.get('department', '')}"
        zh, en = _LIMITS[limit]
        since, severity = reminder_at(calendar, limit_at, _began(life)), Severity.MINOR
        title = {"zh-CN": f"{number} {zh}即将到期", "en": f"{number}: {en} due soon"}
        if now >= next_morning(calendar, limit_at - 1):
            id, since, severity = f"{id} over", limit_at, Severity.MAJOR
            title = {"zh-CN": f"{number} {zh}超期", "en": f"{number}: {en} overdue"}
        if now >= since:
            yield id, self._raise(id, severity=severity, since=since, title=title, text=text, region=region)

    def _held(self, source: str, sweep: Mapping[str, Any]) -> Report:
        return self._raise(
            f"sweep {source}",
            severity=Severity.MAJOR,
            since=float(sweep.get("at", 0.0)),
            title={
                "zh-CN": f"来源 {source} 全量比对缺少 {sweep.get('missing')} 件，已暂不删除，请核实",
                "en": f"source {source} lacks {sweep.get('missing')} cases in a full comparison: none was deleted",
            },
            text=f"compared={sweep.get('compared')} missing={sweep.get('missing')}",
        )


def reminder_at(calendar: WorkCalendar, limit_at: float, began: float) -> float:
    """The moment of a reminder: the morning of the working day before the due day, and no earlier than the morning
    after the limit began."""
    day = local_date(limit_at - 1) - timedelta(days=1)
    try:
        while not calendar.works(day):
            day -= timedelta(days=1)
    except Unpublished:
        pass  # the day before
    return max(instant(day, MORNING), next_morning(calendar, began))


def _began(life: Mapping[str, Any]) -> float:
    """When the present limit began: at the last action."""
    history = life.get("history") or [{}]
    return float(history[-1].get("at") or 0.0)
