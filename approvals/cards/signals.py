"""Integrity signals (廉政风险点): what makes a case suspect of handling outside the system (体外循环). Pure.

A signal has a score. It is a suspicion, never a verdict: the sum of the scores proposes a card, which a supervisor
confirms or refuses.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import date, timedelta

from feeds.cases.assess import Assessor, CaseRow
from feeds.cases.items import ApprovalItem
from feeds.cases.model import CaseStep, FoldedCase
from feeds.workdays.calendar import Unpublished, WorkCalendar
from feeds.workdays.local_time import instant, local_date, midnight

SCORES = {
    "one_account": 60,
    "ended_first": 100,
    "too_fast": 40,
    "backfilled": 50,
    "moved_into_time": 80,
    "late_suspension": 70,
    "after_hours": 10,
    "wrong_fee": 60,
    "paid_before": 60,
    "same_person": 30,
    "step_order": 30,
}
"""Scores by signal. At THRESHOLD together they propose a card."""
THRESHOLD = 100
AT_ONCE = 300.0
"""Seconds within which all steps stamped by one account are one act."""
WINDOW = ("1", "")
"""Channels of the counter, and none."""
BACKFILLED_AFTER = 2
"""A case that is heard of more working days after its acceptance, and has ended by then, was typed in afterwards."""


def signals_of(row: CaseRow, case: FoldedCase, assessor: Assessor, before: CaseRow | None = None) -> dict[str, int]:
    """The signals of a case with their scores. `before` is its row before the facts that changed it."""
    item = assessor.item(case)
    calendar = assessor.calendar(row.region)
    with suppress(Unpublished):
        return {
            name: SCORES[name]
            for name, holds in _SIGNALS.items()
            if holds(_Suspect(row, case, item, calendar, assessor.hours.windows, before))
        }
    return {}


class _Suspect:
    """One case with everything that a signal looks at."""

    __slots__ = ("before", "calendar", "case", "item", "row", "windows")

    def __init__(
        self,
        row: CaseRow,
        case: FoldedCase,
        item: ApprovalItem | None,
        calendar: WorkCalendar,
        windows: tuple[tuple[int, int], ...],
        before: CaseRow | None,
    ) -> None:
        self.row, self.case, self.item, self.calendar = row, case, item, calendar
        self.windows, self.before = windows, before


def _one_account(suspect: _Suspect) -> bool:
    """An item that must be applied for online, at the counter, all of its steps by one account within minutes."""
    item, case = suspect.item, suspect.case
    if item is None or not item.online_required or case.channel not in WINDOW or len(case.steps) < 2:
        return False
    stamps = [at for step in case.steps for at in (step.started, step.ended) if at is not None]
    owners = {step.owner for step in case.steps}
    return len(owners) == 1 and "" not in owners and max(stamps) - min(stamps) <= AT_ONCE


def _ended_first(suspect: _Suspect) -> bool:
    case = suspect.case
    ends = [at for at in (case.ended, case.decided) if at is not None]
    return case.accepted is not None and any(at < case.accepted for at in ends)


def _too_fast(suspect: _Suspect) -> bool:
    case = suspect.case
    if case.kind == "instant" or case.accepted is None or case.ended is None:
        return False
    least = suspect.item.least_minutes if suspect.item is not None else 0
    return 0 <= case.ended - case.accepted < 60 * least


def _backfilled(suspect: _Suspect) -> bool:
    case = suspect.case
    if case.accepted is None or case.ended is None or case.ended > case.received_at:
        return False
    first, last = local_date(case.accepted), local_date(case.received_at)
    return suspect.calendar.between(first, last) > BACKFILLED_AFTER


def _moved_into_time(suspect: _Suspect) -> bool:
    before = suspect.before
    return before is not None and before.in_time is False and suspect.row.in_time is True


def _late_suspension(suspect: _Suspect) -> bool:
    """A suspension that began on the last working day before the promised limit, or was told after that limit."""
    if suspect.row.plain_day is None:
        return False
    due = date.fromordinal(suspect.row.plain_day)
    last = due - timedelta(days=1)
    while not suspect.calendar.works(last):
        last -= timedelta(days=1)
    for suspension in suspect.case.suspensions:
        started = suspension.started
        day = started if isinstance(started, str) else local_date(started).isoformat()
        if suspension.excluded and (
            last.isoformat() <= day <= due.isoformat() or suspension.told_at >= midnight(due + timedelta(days=1))
        ):
            return True
    return False


def _after_hours(suspect: _Suspect) -> bool:
    decided = suspect.case.decided
    if decided is None:
        return False
    day = local_date(decided)
    inside = any(instant(day, begin) <= decided < instant(day, end) for begin, end in suspect.windows)
    return not (inside and suspect.calendar.works(day))


def _wrong_fee(suspect: _Suspect) -> bool:
    paid = [fee.amount for fee in suspect.case.fees if fee.paid is not None]
    return bool(paid) and suspect.item is not None and suspect.item.fee is not None and sum(paid) != suspect.item.fee


def _paid_before(suspect: _Suspect) -> bool:
    accepted = suspect.case.accepted
    return accepted is not None and any(fee.paid is not None and fee.paid < accepted for fee in suspect.case.fees)


def _same_person(suspect: _Suspect) -> bool:
    """One account both handles the case and approves it."""
    return bool(_owners(suspect, "承办") & _owners(suspect, "批准"))


def _owners(suspect: _Suspect, five: str) -> set[str]:
    return {step.owner for step in suspect.case.steps if step.five == five and step.owner}


def _step_order(suspect: _Suspect) -> bool:
    """A finished case without 审批 and 批准 among its five steps, or with steps that began in another order."""
    case = suspect.case
    five_steps: list[CaseStep] = [step for step in case.steps if step.five and step.started is not None]
    if case.ended is None or len(five_steps) < 2 or case.kind == "instant":
        return False
    names = [step.five for step in five_steps]
    first = [names.index(name) for name in ("受理", "承办", "审批", "批准", "办结") if name in names]
    return first != sorted(first) or not {"审批", "批准"} & set(names)


_SIGNALS: dict[str, Callable[[_Suspect], bool]] = {
    "one_account": _one_account,
    "ended_first": _ended_first,
    "too_fast": _too_fast,
    "backfilled": _backfilled,
    "moved_into_time": _moved_into_time,
    "late_suspension": _late_suspension,
    "after_hours": _after_hours,
    "wrong_fee": _wrong_fee,
    "paid_before": _paid_before,
    "same_person": _same_person,
    "step_order": _step_order,
}
