"""Lateness inside a case, beside its own limit: steps, notices, suspensions and delivery. Pure.

Counts that need an unpublished calendar are 0: no card rests on a guess.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from functools import wraps
from typing import ParamSpec

from feeds.cases.items import ApprovalItem
from feeds.cases.model import CaseSuspension, FoldedCase
from feeds.workdays.calendar import Unpublished, WorkCalendar
from feeds.workdays.clock import notice_day
from feeds.workdays.local_time import local_date

P = ParamSpec("P")


def _published(count: Callable[P, int]) -> Callable[P, int]:
    """The count, 0 where the calendar is not published."""

    @wraps(count)
    def counted(*args: P.args, **kwargs: P.kwargs) -> int:
        try:
            return count(*args, **kwargs)
        except Unpublished:
            return 0

    return counted


@_published
def steps_over(case: FoldedCase, calendar: WorkCalendar, now: float) -> int:
    """Visits of steps over their own limits, the open one as of now. One whose end is unknown counts for none."""
    over = 0
    for step in case.steps:
        if step.limit is None or step.started is None or step.end_unknown:
            continue
        until = step.ended if step.ended is not None else min(now, case.ended if case.ended is not None else now)
        over += calendar.between(local_date(step.started), local_date(until)) > step.limit
    return over


@_published
def late_notices(case: FoldedCase, calendar: WorkCalendar) -> int:
    """The supplement notices after the fifth working day from the application (行政许可法 art. 32)."""
    if case.applied is None:
        return 0
    last = notice_day(calendar, case.applied)
    notified_days = (local_date(row.notified) for row in case.supplements if row.notified is not None)
    return sum(day > last for day in notified_days)


@_published
def suspension_over(case: FoldedCase, calendar: WorkCalendar, now: float) -> int:
    """Days by which the open suspension is longer than stated; working days unless it states natural ones ("Z")."""
    days = 0
    for suspension in case.suspensions:
        if suspension.ended is None and suspension.excluded and suspension.stated_days is not None:
            days = max(days, _length(suspension, calendar, now) - suspension.stated_days)
    return days


@_published
def suspended_days(case: FoldedCase, calendar: WorkCalendar, now: float) -> int:
    """Working days of the longest suspension that is open."""
    still = [row for row in case.suspensions if row.ended is None and row.excluded]
    return max((calendar.between(_first(row), local_date(now)) for row in still), default=0)


@_published
def delivery_over(case: FoldedCase, item: ApprovalItem | None, calendar: WorkCalendar, now: float) -> int:
    """Working days by which the delivery came after its limit, counted from the decision (art. 44); 0 while not told.

    Most systems tell no delivery: a missing one is no lateness.
    """
    if case.decided is None or case.delivered is None:
        return 0
    days = item.delivery_days if item is not None else 10
    return max(0, calendar.between(local_date(case.decided), local_date(case.delivered)) - days)


def _length(suspension: CaseSuspension, calendar: WorkCalendar, now: float) -> int:
    first, today = _first(suspension), local_date(now)
    if suspension.stated_unit == "Z":
        return (today - first).days + 1
    return calendar.between(first - timedelta(days=1), today)


def _first(suspension: CaseSuspension) -> date:
    started = suspension.started
    return date.fromisoformat(started) if isinstance(started, str) else local_date(started)
