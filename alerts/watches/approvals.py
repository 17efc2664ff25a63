"""Watch of approvals: limits of supervision orders, sweeps that were held, and many looks at applicants' data.

Nobody is told at midnight: a limit is told at TELL_AT of a working day. The first time is the working day before the
due day, the second one the first working day after it. Reminders reach people by the roster, as every alert does.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import timedelta
from typing import Any

from alerts.watches.base import ProblemWatch
from alerts.watches.personal_looks import LASTS, PersonalLooks
from feeds.clock import Clock
from feeds.external import Report
from feeds.journal import Intake, Journal
from feeds.model import Alert, Severity
from feeds.workdays.calendar import Unpublished, WorkCalendar
from feeds.workdays.local_time import instant, local_date
from feeds.workdays.mornings import MORNING, next_morning

ORDER, SWEEP = "order", "sweep"
MANY_LOOKS = 30
"""Looks at applicants' data by one account within a day, above which there is an alert."""
_LIMITS = {
    "sign": ("签收", "signature"),
    "feedback": ("反馈", "answer"),
    "redo": ("重新反馈", "new answer"),
    "extension": ("反馈", "answer"),
}


class ApprovalsWatch(ProblemWatch):
    """Raises an alert for each limit of an order that is near or has passed, each held sweep, and each account that
    has looked at the data of many applicants."""

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
        self._looks = PersonalLooks(journal)

    async def problems(self, active: Mapping[str, Alert], now: float) -> dict[str, Report]:
        """The reports of limits and held sweeps, by the ids of their documents, and of accounts, by their digests."""
        reports: dict[str, Report] = {}
        for document in await self._journal.docs(ORDER, open=True):
            reports |= dict(self._limit(document.body, now))
        for document in await self._journal.docs(SWEEP, open=True):
            if document.body.get("state") == "held":
                reports[f"sweep {document.id}"] = self._held(document.id, document.body)
        for account, looks in (await self._looks.counts(now)).items():
            if looks > MANY_LOOKS:
                id = f"looks {hashlib.sha256(account.encode()).hexdigest()[:12]}"
                reports[id] = self._many_looks(id, now)
        return reports

    def _many_looks(self, id: str, now: float) -> Report:
        """The report names no account: the log has it, for those who may read it."""
        return self._raise(
            id,
            severity=Severity.MAJOR,
            since=now,
            title={
                "zh-CN": f"一个账号 24 小时内查看申请人信息超过 {MANY_LOOKS} 次，请查审计日志",
                "en": f"one account looked at applicants' data more than {MANY_LOOKS} times in 24 h; see the audit log",
            },
            text=f"more than {MANY_LOOKS} in {LASTS:g} s",
        )

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
