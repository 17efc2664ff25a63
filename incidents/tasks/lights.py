"""The clocks of a task: its light, the limit of signing, and the reminder sheets. Pure.

Green; yellow from the working day before the due day, of a term of minutes for its last third, at least five minutes;
red past the due time; green-done when done; grey while the clock stands.
"""

from __future__ import annotations

from dataclasses import replace

from feeds.model.tasks import Task, TaskEvent, TaskSheet
from feeds.tasks.orders import CLOCK_STANDS
from feeds.tasks.sheets import SheetRule, sheet_rules
from feeds.workdays.calendar import ONE_DAY, Unpublished, WorkCalendar
from feeds.workdays.local_time import local_date, midnight
from incidents.refusals import OrderRefused

DAY = 86_400.0
LEAST_WARNING = 300.0
LAST_MOMENT = 0.001
"""Seconds before midnight at which the last day of a term ends: the light is red from the next day on."""
SHOWN_AFTER = 86_400.0
"""Seconds for which an ended task stays on the screens when no incident keeps it there."""
UNDONE = "undone"
"""Numbers of reminder sheets that do not count, in the data of an event: the clock was ahead when they were raised."""


def yellow_at(starts_at: float, due: float, calendar: WorkCalendar) -> float:
    """When the light of a term turns yellow. A term of a day and longer counts in days, a shorter one in minutes."""
    term = due - starts_at
    if term < DAY:
        return max(starts_at, due - max(LEAST_WARNING, term / 3))
    day = local_date(due) - ONE_DAY
    try:
        while not calendar.works(day):
            day -= ONE_DAY
    except Unpublished:
        day = local_date(due) - ONE_DAY
    return max(starts_at, midnight(day))


def started(task: Task, at: float, calendar: WorkCalendar) -> Task:
    """The task whose clock runs from a moment; one without a term, or whose clock runs already, is as it was.

    Raises OrderRefused `no_calendar` for working days of a year whose holidays are not published.
    """
    if task.starts_at is not None or (task.due is None and task.term is None and not task.workdays):
        return task
    due = task.due
    if due is None:
        due = _end_of_workdays(at, task.workdays, calendar) if task.workdays else at + (task.term or 0.0)
    first = task.due_first if task.due_first is not None else due
    return replace(task, starts_at=at, due=due, due_first=first, term=due - at, warn_at=yellow_at(at, due, calendar))


def _end_of_workdays(at: float, count: int, calendar: WorkCalendar) -> float:
    """The last moment of the `count`-th working day after the day of a moment."""
    try:
        return midnight(calendar.after(local_date(at), count) + ONE_DAY) - LAST_MOMENT
    except Unpublished as error:
        raise OrderRefused("no_calendar:due_workdays") from error


def light_of(task: Task, now: float) -> str:
    """The light at a moment."""
    if not task.open:
        return "grey" if task.state == "withdrawn" else "green-done"
    if task.due is None:
        return "" if task.term is None and not task.workdays else "grey"
    if task.starts_at is None or task.warn_at is None or task.state in CLOCK_STANDS:
        return "grey"
    return "red" if now >= task.due else "yellow" if now >= task.warn_at else "green"


def timed(task: Task, now: float) -> tuple[Task, list[str]]:
    """The task at a moment, and what has happened to it since: unsigned, yellow, red, and the sheets raised.

    What happened late, as after a restart, bears the time at which it was due.
    """
    happened: list[str] = []
    if (limit := _unsigned_at(task)) is not None and now >= limit:
        task = _noted(replace(task, sign_late=True), "unsigned", limit)
        happened.append("unsigned")
    light = light_of(task, now)
    if light != task.light:
        at = {"red": task.due, "yellow": task.warn_at}.get(light)
        task = replace(task, light=light, late=task.late or light == "red")
        if at is not None:
            task = _noted(task, light, at)
            happened.append(light)
        else:
            task = replace(task, rev=task.rev + 1)
    while (raised := next_sheet(task)) is not None and raised[1] <= now:
        task = _with_sheet(task, *raised)
        happened.append("sheet")
    return task, happened


def _noted(task: Task, action: str, at: float, **data: str) -> Task:
    event = TaskEvent(action=action, at=at, data=dict(data))
    return replace(task, history=(*task.history, event), rev=task.rev + 1)


def _with_sheet(task: Task, rule: SheetRule, at: float) -> Task:
    count = sum(sheet.colour == rule.colour for sheet in task.sheets) + 1
    sheet = TaskSheet(number=f"{task.id}/{rule.letter}{count}", colour=rule.colour, at=at)
    return _noted(replace(task, sheets=(*task.sheets, sheet)), "sheet", at, number=sheet.number, colour=rule.colour)


def next_sheet(task: Task) -> tuple[SheetRule, float] | None:
    """The next reminder sheet of a task whose clock runs, and when it is raised. A new due time begins a new row."""
    if task.due is None or task.warn_at is None or light_of(task, task.due) != "red":
        return None
    since = max((event.at for event in task.history if event.data.get("granted")), default=0.0)
    undone = {number for event in task.history for number in event.data.get(UNDONE, ())}
    row = {sheet.colour: sheet.at for sheet in task.sheets if sheet.at >= since and sheet.number not in undone}
    for rule in sheet_rules():
        if task.kind not in rule.kinds or rule.colour in row:
            continue
        base = {"yellow": task.warn_at, "red": task.due}.get(rule.after, row.get(rule.after))
        if base is not None:
            # Not before the extension: the sheet belongs to the row that began with it.
            return rule, max(since, base + min(rule.seconds, task.term or rule.seconds))
    return None


def next_change(task: Task) -> float | None:
    """When time changes the task next, None when it does not."""
    moments = [_unsigned_at(task)]
    if task.due is not None and light_of(task, task.due) == "red":
        moments += [task.warn_at if task.light == "green" else None, task.due if task.light != "red" else None]
    if (raised := next_sheet(task)) is not None:
        moments.append(raised[1])
    return min((at for at in moments if at is not None), default=None)


def _unsigned_at(task: Task) -> float | None:
    return task.sign_by if task.state in ("issued", "returned") and not task.sign_late else None
