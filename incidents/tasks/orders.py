"""Commands about tasks as orders of the life, and who may give which."""

from __future__ import annotations

from dataclasses import fields

from feeds.incidents.units import UnitRegister
from feeds.model import Command, Outcome
from feeds.model.incidents import Incident
from feeds.model.tasks import Task
from feeds.regions import covers
from feeds.tasks.orders import ANYONE, BY_ISSUERS, HOLDER, TASK
from feeds.tasks.workflow import TaskActionRefused
from incidents.refusals import OrderRefused
from incidents.tasks.drafts import TaskDraft
from incidents.tasks.life import TaskOrder

CREATE = "task.create"
ACTIONS = (CREATE, *(f"task.{name}" for name in dict.fromkeys(action for _, action in TASK.transitions)))
_DRAFT = frozenset(field.name for field in fields(TaskDraft))


def draft_of(command: Command) -> tuple[TaskDraft, bool]:
    """The draft of a command, and whether it is to be issued at once. Raises OrderRefused `role` or `missing:title`."""
    if command.role not in BY_ISSUERS:
        raise OrderRefused("role", Outcome.FORBIDDEN)
    values = {name: value for name, value in command.args.items() if name in _DRAFT and value is not None}
    for name in ("checklist", "depends"):
        values[name] = tuple(values.get(name) or ())
    values.setdefault("title", "")
    return TaskDraft(**values), bool(command.args.get("issue"))


def order_of(command: Command, action: str, now: float) -> TaskOrder:
    """The order of a command."""
    return TaskOrder(
        action=action, by=command.actor, at=now, reason=command.reason, role=command.role, args=command.args
    )


def check_actor(task: Task, order: TaskOrder, command: Command, units: UnitRegister, incident: Incident | None) -> None:
    """Raises OrderRefused `role` or `region` unless the actor belongs to the side that acts.

    The issuing side may act for the holder when it says who asked for it by phone (`on_behalf`): it is journaled.
    """
    issuing, holding = command.role in BY_ISSUERS, holds(task, command, units, incident)
    if not (issuing or holding):
        raise OrderRefused("role", Outcome.FORBIDDEN)
    if not holding and not covers(command.actor_region, task.region):
        raise OrderRefused("region", Outcome.FORBIDDEN)
    try:
        side = TASK.transition(task.state, order.action).by
    except TaskActionRefused:
        return  # the life says why
    if side == ANYONE:
        return
    if side == HOLDER:
        if not holding and not command.args.get("on_behalf"):
            raise OrderRefused("not_holder", Outcome.FORBIDDEN)
    elif not issuing:
        raise OrderRefused("role", Outcome.FORBIDDEN)


def holds(task: Task, command: Command, units: UnitRegister, incident: Incident | None) -> bool:
    """Whether the actor has the task: one of its unit's people, the person, the post's holder, one of the role."""
    if task.unit:
        unit = units.get(task.unit)
        return unit is not None and command.actor in unit.people
    if task.person:
        return command.actor == task.person
    if task.post:
        posts = incident.posts if incident is not None else ()
        return any(held.post == task.post and held.holder == command.actor for held in posts)
    return command.role == task.role
