"""A workflow: which action leads from which state to which, who may do it, and which limit begins with it.

Cards and supervision orders of approvals are workflows, each written as data.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

Limits = Callable[[str, float, int], float | None]
"""The end of the limit of that name, from an instant, in days (0: its own number); None where it has no end."""


class TaskActionRefused(ValueError):
    """An action is not possible. `code`: unknown_action, state, reason, same_person, too_often, days."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskTransition:
    """The effect of one action. `to` "" leaves the state as it is.

    `limit` names the limit that begins ("" ends the present one, None leaves it). `by`: who acts, for permissions.
    `reason`: one must be given. `other_than`: an action whose last actor may not do this one. `most`: how often it
    may be done in the life of a task (0: any). `days`: the actor chooses the length of the limit, up to so many days.
    """

    to: str = ""
    limit: str | None = None
    by: str = "assignee"
    reason: bool = False
    other_than: str = ""
    most: int = 0
    days: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Workflow:
    """States and actions. `transitions` by state and action; "*" stands for every state that is not final."""

    name: str
    first: str
    final: frozenset[str]
    transitions: Mapping[tuple[str, str], TaskTransition]

    @property
    def states(self) -> tuple[str, ...]:
        """Every state, in the order in which they are first named."""
        named = [self.first]
        for (state, _), transition in self.transitions.items():
            named += [state, transition.to]
        return tuple(dict.fromkeys(state for state in named if state not in ("", "*")))

    def transition(self, state: str, action: str) -> TaskTransition:
        """The transition of an action in a state. Raises TaskActionRefused."""
        if state not in self.final:
            for key in ((state, action), ("*", action)):
                if key in self.transitions:
                    return self.transitions[key]
        exists = any(name == action for _, name in self.transitions)
        raise TaskActionRefused("state" if exists else "unknown_action")

    def possible(self, state: str) -> list[str]:
        """The actions that are possible in a state."""
        if state in self.final:
            return []
        return sorted({name for at, name in self.transitions if at in (state, "*")})


class TaskAction(msgspec.Struct, frozen=True, kw_only=True):
    """One action on a task. `data` is JSON-able."""

    action: str
    at: float
    by: str
    reason: str = ""
    data: dict[str, Any] = {}


class TaskLife(msgspec.Struct, frozen=True, kw_only=True):
    """State and history of a task. `limit_at` ends the limit called `limit`; `overdue_at` is set once it has passed."""

    state: str
    history: tuple[TaskAction, ...] = ()
    limit: str = ""
    limit_at: float | None = None
    overdue_at: float | None = None
    rev: int = 0


def begin(workflow: Workflow, by: str, at: float, action: str = "create") -> TaskLife:
    """A new task in the first state."""
    return TaskLife(state=workflow.first, history=(TaskAction(action=action, at=at, by=by),), rev=1)


def act(
    workflow: Workflow,
    life: TaskLife,
    action: str,
    *,
    by: str,
    at: float,
    limits: Limits,
    reason: str = "",
    days: int = 0,
    data: Mapping[str, Any] | None = None,
) -> TaskLife:
    """The task after an action. Raises TaskActionRefused."""
    transition = workflow.transition(life.state, action)
    _check(transition, life.history, action, by, reason, days)
    limit, limit_at, overdue_at = life.limit, life.limit_at, life.overdue_at
    if transition.limit is not None:
        start = life.limit_at if transition.days and life.limit_at is not None else at
        limit, overdue_at = transition.limit, None
        limit_at = limits(limit, start, days) if limit else None
    done = TaskAction(action=action, at=at, by=by, reason=reason, data=dict(data or {}))
    return TaskLife(
        state=transition.to or life.state,
        history=(*life.history, done),
        limit=limit,
        limit_at=limit_at,
        overdue_at=overdue_at,
        rev=life.rev + 1,
    )


def _check(
    transition: TaskTransition, history: Sequence[TaskAction], action: str, by: str, reason: str, days: int
) -> None:
    if transition.reason and not reason.strip():
        raise TaskActionRefused("reason")
    if transition.days and not 1 <= days <= transition.days:
        raise TaskActionRefused("days")
    if transition.most and sum(done.action == action for done in history) >= transition.most:
        raise TaskActionRefused("too_often")
    if transition.other_than:
        last = next((done.by for done in reversed(history) if done.action == transition.other_than), None)
        if last == by:
            raise TaskActionRefused("same_person")


def overdue(life: TaskLife, now: float) -> TaskLife | None:
    """The task with its limit passed; None while it runs or when that is already noted."""
    if life.limit_at is None or now < life.limit_at or life.overdue_at is not None:
        return None
    done = TaskAction(action="overdue", at=life.limit_at, by="", data={"limit": life.limit})
    return msgspec.structs.replace(life, overdue_at=life.limit_at, history=(*life.history, done), rev=life.rev + 1)


def awaited(life: TaskLife, now: float) -> TaskLife | None:
    """The task whose limit passed under a clock that was ahead; None when the limit has really passed."""
    if life.overdue_at is None or life.overdue_at <= now or life.limit_at is None:
        return None
    done = TaskAction(action="clock-set", at=now, by="", data={"limit": life.limit})
    history = [msgspec.structs.replace(action, at=min(action.at, now)) for action in life.history]
    return msgspec.structs.replace(life, overdue_at=None, history=(*history, done), rev=life.rev + 1)
