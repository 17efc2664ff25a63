"""What the confirmation of a proposal does, in full: tasks with holders and times, posts, what is left. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import tzinfo

from feeds.incidents.units import UnitRegister
from feeds.model.incidents import Incident
from feeds.model.plans import LeftTask, Plan, PlannedTask, ProposalEffect, TaskTemplate
from feeds.model.tasks import Task
from feeds.plans.fields import field_values, filled_in
from feeds.plans.triggering import level_rank
from incidents.tasks.drafts import TaskDraft
from maps.regions import table


def plan_key(plan: str, key: str) -> str:
    """The identity of a task within an incident: nothing is issued twice under it."""
    return f"{plan}:{key}"


def rising_effect(
    plan: Plan, level: str, incident: Incident, tasks: Iterable[Task], units: UnitRegister, zone: tzinfo
) -> ProposalEffect:
    """What a start at this level, or a rise to it, adds to the tasks that the incident has already."""
    chosen = plan.level(level)
    if chosen is None:
        return ProposalEffect()
    issued = {task.plan_key for task in tasks}
    values = field_values(incident, level, table().name(incident.region), zone)
    holders = {held.post: held.holder for held in incident.posts}
    return ProposalEffect(
        tasks=tuple(
            _planned(template, values, holders, units)
            for template in chosen.tasks
            if plan_key(plan.plan, template.key) not in issued
        ),
        posts=chosen.posts,
        vacant=tuple(post for post in chosen.posts if post not in holders),
        checklist=chosen.checklist,
        messages=chosen.messages,
        resources=chosen.resources,
        report_policy=chosen.report_policy,
    )


def falling_effect(plan: Plan, level: str, tasks: Iterable[Task]) -> ProposalEffect:
    """What is left open when the level falls to this one ("": the plan ends): all tasks that it does not have."""
    lower = plan.level(level)
    keys = {plan_key(plan.plan, template.key) for template in lower.tasks} if lower is not None else set()
    prefix = plan_key(plan.plan, "")
    return ProposalEffect(
        left=tuple(
            LeftTask(
                task=task.id,
                key=task.plan_key.removeprefix(prefix),
                title=task.title,
                holder=task.unit or task.person or task.post or task.role,
                state=task.state,
            )
            for task in tasks
            if task.open and task.plan_key.startswith(prefix) and task.plan_key not in keys
        )
    )


def _planned(
    template: TaskTemplate, values: Mapping[str, str], holders: Mapping[str, str], units: UnitRegister
) -> PlannedTask:
    return PlannedTask(
        key=template.key,
        title=filled_in(template.title, values)[:200],
        text=filled_in(template.text, values),
        role=template.role,
        unit=template.unit,
        post=template.post,
        holder=holders.get(template.post, ""),
        after=template.due,
        sign_within=template.sign_within,
        evidence=template.evidence,
        depends=template.depends,
        checklist=template.checklist,
        problem=_problem(template.unit, units),
    )


def _problem(unit: str, units: UnitRegister) -> str:
    if not unit:
        return ""
    if unit not in units:
        return "unknown_unit"
    return "" if units[unit].people else "empty_unit"


def in_order(tasks: Iterable[PlannedTask], issued: Collection[str]) -> list[PlannedTask]:
    """The tasks so that each comes after those that it depends on. `issued` are keys that exist already."""
    waiting, over = list(tasks), set(issued)
    ordered: list[PlannedTask] = []
    while waiting:
        ready = [task for task in waiting if not set(task.depends) - over]
        if not ready:  # a check of the plan forbids circles; a version of another program may lack it
            return [*ordered, *waiting]
        ordered += ready
        over |= {task.key for task in ready}
        waiting = [task for task in waiting if task not in ready]
    return ordered


def draft_of(
    task: PlannedTask,
    plan: str,
    incident: Incident,
    depends: tuple[str, ...],
    people: Mapping[str, str],
    speed: float = 1.0,
) -> TaskDraft:
    """The draft of a planned task. `depends` are ids of tasks.

    In a drill `people` take the place of holders, and `speed` divides the terms.
    """
    kind, holder = next((kind, name) for kind in ("unit", "post", "role") if (name := getattr(task, kind)))
    person = people.get(f"{kind}:{holder}", "")
    return TaskDraft(
        title=task.title,
        text=task.text,
        checklist=task.checklist,
        incident=incident.id,
        unit="" if person else task.unit,
        post="" if person else task.post,
        role="" if person else task.role,
        person=person,
        due_within=task.after / speed,
        sign_within=task.sign_within / speed if task.sign_within is not None else None,
        evidence=task.evidence,
        depends=depends,
        plan_key=plan_key(plan, task.key),
    )


def kind_of(level: str, before: str) -> str:
    """What a change from one level to another is called; "" is no level."""
    if not before:
        return "start"
    if not level:
        return "end"
    difference = level_rank(level) - level_rank(before)
    return "down" if difference > 0 else "up" if difference < 0 else "move"
