"""The workflows of cards and supervision orders, and their limits in working days."""

from __future__ import annotations

from collections.abc import Callable

from feeds.tasks.workflow import Limits, TaskTransition, Workflow
from feeds.workdays.calendar import ONE_DAY, Unpublished, WorkCalendar
from feeds.workdays.local_time import local_date, midnight

SUPERVISOR, DEPARTMENT, REVIEWER, ENGINE = "supervisor", "department", "reviewer", "engine"
CARD = Workflow(
    name="card",
    first="proposed",
    final=frozenset({"withdrawn", "refused", "closed"}),
    transitions={
        ("proposed", "raise"): TaskTransition(to="raised", limit="appeal", by=SUPERVISOR),
        ("proposed", "refuse"): TaskTransition(to="refused", limit="", by=SUPERVISOR, reason=True),
        ("raised", "answer"): TaskTransition(to="answered", by=DEPARTMENT, reason=True),
        ("raised", "appeal"): TaskTransition(to="appealed", limit="decide", by=DEPARTMENT, reason=True, most=1),
        ("answered", "appeal"): TaskTransition(to="appealed", limit="decide", by=DEPARTMENT, reason=True, most=1),
        ("appealed", "uphold"): TaskTransition(to="upheld", limit="", by=SUPERVISOR, reason=True),
        ("appealed", "withdraw"): TaskTransition(to="withdrawn", limit="", by=SUPERVISOR, reason=True),
        ("raised", "withdraw"): TaskTransition(to="withdrawn", limit="", by=SUPERVISOR, reason=True),
        ("answered", "withdraw"): TaskTransition(to="withdrawn", limit="", by=SUPERVISOR, reason=True),
        ("raised", "doubt"): TaskTransition(to="review", by=ENGINE, reason=True),
        ("answered", "doubt"): TaskTransition(to="review", by=ENGINE, reason=True),
        ("upheld", "doubt"): TaskTransition(to="review", by=ENGINE, reason=True),
        ("proposed", "doubt"): TaskTransition(to="review", by=ENGINE, reason=True),
        ("review", "confirm"): TaskTransition(to="raised", limit="appeal", by=SUPERVISOR, reason=True),
        ("review", "withdraw"): TaskTransition(to="withdrawn", limit="", by=SUPERVISOR, reason=True),
        ("answered", "close"): TaskTransition(to="closed", limit="", by=SUPERVISOR),
        ("upheld", "close"): TaskTransition(to="closed", limit="", by=SUPERVISOR),
        ("raised", "close"): TaskTransition(to="closed", limit="", by=SUPERVISOR),
        ("*", "replace"): TaskTransition(to="closed", limit="", by=ENGINE),
    },
)
"""proposed → raised → (answered | appealed → upheld | withdrawn) → closed; review when its basis changed."""
ORDER = Workflow(
    name="order",
    first="draft",
    final=frozenset({"closed", "void"}),
    transitions={
        ("draft", "submit"): TaskTransition(to="review", by=SUPERVISOR),
        ("review", "approve"): TaskTransition(to="issued", limit="sign", by=REVIEWER, other_than="submit"),
        ("review", "return"): TaskTransition(to="draft", by=REVIEWER, reason=True),
        ("issued", "sign"): TaskTransition(to="signed", limit="feedback", by=DEPARTMENT),
        ("signed", "part"): TaskTransition(by=DEPARTMENT, reason=True),
        ("signed", "extend"): TaskTransition(limit="extension", by=SUPERVISOR, reason=True, most=1, days=5),
        ("signed", "feedback"): TaskTransition(to="answered", limit="", by=DEPARTMENT, reason=True),
        ("answered", "accept"): TaskTransition(to="closed", limit="", by=SUPERVISOR),
        ("answered", "reject"): TaskTransition(to="signed", limit="redo", by=SUPERVISOR, reason=True, most=1),
        ("*", "urge"): TaskTransition(by=SUPERVISOR),
        ("*", "void"): TaskTransition(to="void", limit="", by=SUPERVISOR, reason=True),
    },
)
"""发起 (draft) 审核 (review) 签收 (issued → signed) 反馈 (answered) 办结 (closed)."""
DAYS = {"appeal": 5, "decide": 5, "sign": 1, "feedback": 5, "redo": 3, "extension": 0}
"""Working days of the limits; a red order is answered within RED_FEEDBACK."""
RED_FEEDBACK = 3


def limits_of(calendar: WorkCalendar, *, red: bool = False) -> Limits:
    """The ends of limits on a calendar: 24:00 of the n-th working day after the day of the start."""

    def end(name: str, start: float, days: int) -> float | None:
        n = days or (RED_FEEDBACK if red and name == "feedback" else DAYS.get(name, 0))
        if n < 1:
            return None
        # An extension is added to the day on which the present limit ends, which is the day before its midnight.
        first = local_date(start - 1) if days else local_date(start)
        try:
            return midnight(calendar.after(first, n) + ONE_DAY)
        except Unpublished:
            return None

    return end


Calendars = Callable[[str], WorkCalendar]
"""The calendar of a region."""
