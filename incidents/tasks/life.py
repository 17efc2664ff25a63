"""Actions on a task: each a pure function of the task, its arguments and the time, on the workflow of feeds.tasks.

`acted` is the one way in: the workflow decides whether the state allows the action, the effect fills in the rest.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from feeds.incidents.units import UnitRegister
from feeds.model import Outcome
from feeds.model.incidents import Incident
from feeds.model.tasks import Task, TaskEvent, TaskEvidence, TaskExtension, TaskHolder
from feeds.tasks.orders import TASK
from feeds.tasks.workflow import TaskAction, TaskActionRefused, TaskLife, act
from feeds.workdays.calendar import WorkCalendar
from incidents.refusals import OrderRefused, required
from incidents.tasks.drafts import LONGEST, check_holder
from incidents.tasks.lights import light_of, started, yellow_at

EVIDENCE_MOST = 200_000_000
"""Bytes of evidence that one task may have."""
CONFLICTS = frozenset(("state", "too_often", "same_person"))
IMAGES = "image/"
ENGINE = "engine"
"""The role of another domain of the engine, which gives out what people have confirmed there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskOrder:
    """One action with its values. `at` is the engine's time; `args` are JSON-able, times in epoch seconds."""

    action: str
    by: str
    at: float
    reason: str = ""
    role: str = ""
    args: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskSurroundings:
    """What an action has to know beside its task. `children_open`: a task below it is still to be done."""

    incident: Incident | None
    units: UnitRegister
    calendar: WorkCalendar
    children_open: bool = False


def acted(task: Task, order: TaskOrder, around: TaskSurroundings) -> Task:
    """The task after an action. Raises OrderRefused."""
    life = _life_of(task)
    data = {name: value for name, value in order.args.items() if value not in (None, "", [])}

    def limits(name: str, start: float, days: int) -> float | None:
        return start + task.sign_within

    try:
        after = act(TASK, life, order.action, by=order.by, at=order.at, limits=limits, reason=order.reason, data=data)
    except TaskActionRefused as error:
        code = f"missing:{error.code}" if error.code == "reason" else error.code
        raise OrderRefused(code, Outcome.CONFLICT if error.code in CONFLICTS else Outcome.INVALID) from error
    effect = EFFECTS.get(order.action)
    changed = effect(task, order, around) if effect is not None else task
    changed = _with_life(changed, life, after, order.at)
    return replace(changed, light=light_of(changed, order.at), head=head_of(changed, around))


def head_of(task: Task, around: TaskSurroundings) -> str:
    """The account that hears first of what is late: the unit's head, the person, the holder of the post, "" of a role.

    Of a unit that names no head it is the first of its people.
    """
    if task.unit:
        unit = around.units.get(task.unit)
        return (unit.head or next(iter(unit.people), "")) if unit is not None else ""
    posts = around.incident.posts if around.incident is not None else ()
    return task.person or next((held.holder for held in posts if held.post == task.post), "")


def _life_of(task: Task) -> TaskLife:
    history = tuple(
        TaskAction(action=event.action, at=event.at, by=event.by, reason=event.reason) for event in task.history
    )
    limit = "sign" if task.sign_by is not None else ""
    return TaskLife(state=task.state, history=history, limit=limit, limit_at=task.sign_by, rev=task.rev)


def _with_life(task: Task, before: TaskLife, life: TaskLife, now: float) -> Task:
    action = life.history[-1]
    event = TaskEvent(action=action.action, at=action.at, by=action.by, reason=action.reason, data=action.data)
    begun = life.limit_at is not None and life.limit_at != before.limit_at
    return replace(
        task,
        state=life.state,
        state_at=now if life.state != before.state or begun else task.state_at,
        sign_by=life.limit_at,
        sign_late=task.sign_late and not begun,
        history=(*task.history, event),
        rev=life.rev,
    )


# -- the issuing side --------------------------------------------------------------


def _review(task: Task, order: TaskOrder, around: TaskSurroundings) -> Task:
    return replace(task, reviewed_by=order.by, reviewed_at=order.at)


def _issue(task: Task, order: TaskOrder, around: TaskSurroundings) -> Task:
    """Give the task out; its clock runs from the first issue on, or from where its predecessors end."""
    check_holder(task.unit, task.person, task.post, task.role, around.incident, around.units)
    if not task.reviewed_by and not _needs_no_review(task, order):
        raise OrderRefused("not_reviewed", Outcome.CONFLICT)
    if task.due is not None and task.issued_at is None and task.due <= order.at:
        raise OrderRefused("past:due")
    issued = replace(task, issuer=order.by, issued_at=task.issued_at or order.at)
    return issued if task.depends else started(issued, order.at, around.calendar)


def _needs_no_review(task: Task, order: TaskOrder) -> bool:
    """In an incident duty issues at once. Another's instruction takes two persons or the author's account."""
    if task.state == "refused":
        return True
    if task.kind == "instruction":
        return order.by == task.author
    return bool(task.incident) or order.role in ("leader", ENGINE)


def _reassign(task: Task, order: TaskOrder, around: TaskSurroundings) -> Task:
    args = order.args
    unit, person, post, role = (str(args.get(name) or "") for name in ("unit", "person", "post", "role"))
    check_holder(unit, person, post, role, around.incident, around.units)
    if task.issued_at is None and not task.reviewed_by and not _needs_no_review(task, order):
        raise OrderRefused("not_reviewed", Outcome.CONFLICT)
    if (unit, person, post, role) == (task.unit, task.person, task.post, task.role):
        raise OrderRefused("same_holder:unit")
    line = TaskHolder(
        unit=task.unit,
        person=task.person,
        post=task.post,
        role=task.role,
        since=task.signed_at or task.issued_at,
        until=order.at,
        by=order.by,
        reason=order.reason,
    )
    reassigned = replace(
        task,
        unit=unit,
        person=person,
        post=post,
        role=role,
        holders_before=(*task.holders_before, line),
        issuer=order.by,
        issued_at=task.issued_at or order.at,
        signed_by="",
        signed_at=None,
        asked_at=None,
    )
    return reassigned if task.depends else started(reassigned, order.at, around.calendar)


def _answer_extension(task: Task, order: TaskOrder, around: TaskSurroundings) -> Task:
    *others, extension = task.extensions or (None,)
    if extension is None or extension.granted is not None:
        raise OrderRefused("no_extension", Outcome.CONFLICT)
    granted = bool(order.args.get("granted"))
    if not granted and not order.reason:
        raise OrderRefused("missing:reason")
    answered = replace(extension, granted=granted, answer=order.reason, answered_by=order.by, answered_at=order.at)
    task = replace(task, extensions=(*(other for other in others if other is not None), answered))
    if not granted or task.starts_at is None:
        return task
    warn_at = yellow_at(order.at, extension.until, around.calendar)
    return replace(task, due=extension.until, term=extension.until - task.starts_at, warn_at=warn_at)


def _done(task: Task, order: TaskOrder, around: TaskSurroundings) -> Task:
    """Accept what was done. An instruction is done only when its author's office has seen the answer."""
    if around.children_open:
        raise OrderRefused("open_children", Outcome.CONFLICT)
    if task.kind == "instruction" and order.by != task.author and not order.args.get("seen_by"):
        raise OrderRefused("missing:seen_by")
    asked_at = task.asked_at or order.at
    timely = ""
    if task.due is not None and task.due_first is not None:
        timely = "first" if asked_at <= task.due_first else "extended" if asked_at <= task.due else "late"
    return replace(task, done_at=order.at, timely=timely, late=task.late or timely == "late")


# -- the holder ----------------------------------------------------------------------


def _sign(task: Task, order: TaskOrder, around: TaskSurroundings) -> Task:
    return replace(task, signed_by=order.by, signed_at=order.at)


def _feedback(task: Task, order: TaskOrder, around: TaskSurroundings) -> Task:
    """Report progress: words, or evidence of this task."""
    named = {str(sha256) for sha256 in order.args.get("evidence") or ()}
    if not str(order.args.get("text") or "").strip() and not named:
        raise OrderRefused("missing:text")
    if not named <= {evidence.sha256 for evidence in task.evidence}:
        raise OrderRefused("unknown_evidence:evidence")
    return task


def _extend(task: Task, order: TaskOrder, around: TaskSurroundings) -> Task:
    until = float(order.args.get("until") or 0.0)
    if task.due is None:
        raise OrderRefused("no_due", Outcome.CONFLICT)
    if order.at >= task.due:
        raise OrderRefused("after_due", Outcome.CONFLICT)
    if any(extension.granted is None for extension in task.extensions):
        raise OrderRefused("extension_open", Outcome.CONFLICT)
    if not task.due < until <= order.at + LONGEST:
        raise OrderRefused("not_later:until")
    extension = TaskExtension(
        number=len(task.extensions) + 1, until=until, reason=order.reason, asked_by=order.by, asked_at=order.at
    )
    return replace(task, extensions=(*task.extensions, extension))


def _ask_done(task: Task, order: TaskOrder, around: TaskSurroundings) -> Task:
    feedback = any(event.action == "feedback" and event.data.get("text") for event in task.history)
    words = bool(str(order.args.get("text") or "").strip()) or feedback
    picture = any(evidence.media.startswith(IMAGES) for evidence in task.evidence)
    enough = {"none": True, "text": words, "photo": picture, "file": bool(task.evidence)}
    if not enough[task.evidence_needed]:
        raise OrderRefused(f"needs_{task.evidence_needed}", Outcome.CONFLICT)
    return replace(task, asked_at=order.at)


def _sign_sheet(task: Task, order: TaskOrder, around: TaskSurroundings) -> Task:
    number = str(order.args.get("sheet") or "")
    sheet = next((sheet for sheet in task.sheets if sheet.number == number), None)
    if sheet is None or sheet.signed_at is not None:
        raise OrderRefused("no_sheet", Outcome.CONFLICT)
    signed = replace(sheet, signed_by=order.by, signed_at=order.at)
    return replace(task, sheets=tuple(signed if other is sheet else other for other in task.sheets))


def _evidence(task: Task, order: TaskOrder, around: TaskSurroundings) -> Task:
    required(dict(order.args), "sha256", "name", "media", "size")
    values: dict[str, Any] = {name: order.args.get(name) for name in ("sha256", "name", "media", "size", "lat", "lon")}
    taken_at = str(order.args.get("taken_at") or "")
    evidence = TaskEvidence(**values, taken_at=taken_at, by=order.by, at=order.at)
    if any(other.sha256 == evidence.sha256 for other in task.evidence):
        raise OrderRefused("same_evidence", Outcome.CONFLICT)
    if sum(other.size for other in task.evidence) + evidence.size > EVIDENCE_MOST:
        raise OrderRefused("too_much_evidence", Outcome.CONFLICT)
    return replace(task, evidence=(*task.evidence, evidence))


EFFECTS: Mapping[str, Callable[[Task, TaskOrder, TaskSurroundings], Task]] = {
    "review": _review,
    "issue": _issue,
    "reassign": _reassign,
    "answer-extension": _answer_extension,
    "done": _done,
    "sign": _sign,
    "feedback": _feedback,
    "extend": _extend,
    "ask-done": _ask_done,
    "sign-sheet": _sign_sheet,
    "evidence": _evidence,
}
"""What an action does beside moving the state; one that is not here does nothing else."""
