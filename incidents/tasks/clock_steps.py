"""Tasks after the wall clock was set: no time on record lies in the future. Pure.

A term below a day keeps its remaining time. A due time of a day or more is a date that people agreed on, and stays.
Reminder sheets of a time that is now in the future do not count: they are raised again when it comes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from feeds.clock import restamped
from feeds.engine.record_domain import CLOCK_SET
from feeds.model.tasks import Task, TaskEvent
from incidents.tasks.lights import DAY, UNDONE, light_of

_STAMPS = ("created_at", "reviewed_at", "issued_at", "signed_at", "asked_at", "done_at", "state_at")


def stepped(tasks: Iterable[Task], by: float, now: float) -> Iterator[tuple[Task, Task]]:
    """The tasks that a clock set by `by` seconds changes, before and after it. See `after_clock_step` for 0.0."""
    for task in list(tasks):
        after = after_clock_step(task, by, now)
        if after is not task:
            yield task, after


def after_clock_step(task: Task, by: float, now: float) -> Task:
    """The task after the clock was set by `by` seconds, to `now`; 0.0: between two runs, by an unknown amount."""
    changes: dict[str, Any] = {
        name: restamped(at, by, now)
        for name in _STAMPS
        if (at := getattr(task, name)) is not None and at > now  # what is past stays as people know it
    }
    if task.open:
        changes |= _terms(task, by, now)
    history = tuple(replace(event, at=restamped(event.at, by, now)) for event in task.history)
    sheets = tuple(replace(sheet, at=restamped(sheet.at, by, now)) for sheet in task.sheets)
    undone = [sheet.number for sheet in task.sheets if sheet.at > now]
    moved = replace(task, **changes, history=history, sheets=sheets)
    light = light_of(moved, now)
    if task.light == "red" and light != "red":
        moved = replace(moved, light=light, late=False)
    elif task.light == "yellow" and light == "green":
        moved = replace(moved, light=light)
    if moved == task:
        return task
    event = TaskEvent(action=CLOCK_SET, at=now, data={UNDONE: undone} if undone else {})
    return replace(moved, history=(*moved.history, event), rev=task.rev + 1)


def _terms(task: Task, by: float, now: float) -> dict[str, Any]:
    """The moments of a term of minutes, and of the limit of signing, moved with the clock."""
    changes: dict[str, Any] = {}
    if task.sign_by is not None and task.issued_at is not None and not task.sign_late:
        changes["sign_by"] = task.sign_by + min(by, now - task.issued_at)
    if task.starts_at is None or task.due is None or task.warn_at is None:
        return changes
    if task.due - task.starts_at >= DAY:
        return changes | {"starts_at": restamped(task.starts_at, by, now)}
    moved = min(by, now - task.starts_at)
    terms = {"starts_at": task.starts_at, "due": task.due, "warn_at": task.warn_at}
    return changes | {name: at + moved for name, at in terms.items()}
