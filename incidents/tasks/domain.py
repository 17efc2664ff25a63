"""The domain of tasks: given out by orders and by other domains of the engine, moved by people and by time.

It does no I/O (see feeds.engine.domain). Another domain of the same engine gives out tasks with `issue`, in the
transaction of its own steps.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

import msgspec

from feeds.engine.domain import Document, DomainStep, Message, Start, StepDomain
from feeds.engine.record_domain import CLOCK_SET
from feeds.engine.requests import Asking, FindDocument, ListDocuments
from feeds.incidents.settings import IncidentSettings
from feeds.journal import Doc, Parcel
from feeds.journal.forms import register
from feeds.kinds import TASK
from feeds.model import Change, Command, Outcome, Result
from feeds.model.incidents import Incident
from feeds.model.tasks import Task
from feeds.regions import covers
from feeds.workdays.local_time import local_date
from incidents.refusals import OrderRefused
from incidents.tasks.clock_steps import stepped
from incidents.tasks.drafts import TaskDraft, checked, drafted
from incidents.tasks.life import ENGINE, TaskOrder, TaskSurroundings, acted
from incidents.tasks.lights import SHOWN_AFTER, light_of, next_change, started, timed
from incidents.tasks.orders import ACTIONS, CREATE, check_actor, draft_of, order_of
from incidents.tasks.registry import TaskRegistry

KIND = "task"
Incidents = Callable[[str], Incident | None]
"""The incident of an id that is in memory, else None."""
Follower = Callable[[Task | None, Task, float], None]
"""Told of each change of a task: before, after, when."""


def task_of(doc: Doc) -> Task:
    """A task from its document."""
    return msgspec.convert(doc.body, Task)


class TaskDomain(StepDomain):
    """Tasks that are open, that belong to an incident in memory, or that ended within a day.

    `followers` are told of each change, for domains whose own state follows from tasks; they must not raise.
    """

    name = "command"
    kind = KIND
    entry_kind = KIND
    actions = frozenset(ACTIONS)

    def __init__(self, incidents: Incidents, site: str, settings: IncidentSettings) -> None:
        super().__init__()
        self._incidents, self._site = incidents, site
        self._registry = TaskRegistry(site)
        self.followers: list[Follower] = []
        self.use(settings)
        self._reset()

    def use(self, settings: IncidentSettings) -> None:
        """Take other units and another calendar from now on. Tasks that were given out stay as they are."""
        self.units, self._calendar = settings.units, settings.calendar

    def _reset(self) -> None:
        self._steps.clear()
        self._registry.clear()

    def load(self, start: Start) -> Asking[None]:
        self._reset()
        self._registry.numbers |= start.pending.get("numbers", {})
        for doc in (yield ListDocuments(KIND, open=True)):
            self._registry.put(task_of(doc))

    def pending(self) -> Mapping[str, Any]:
        return self._registry.pending()

    def begin(self, now: float) -> None:
        for task in list(self.tasks.values()):
            self._schedule(task)

    @property
    def tasks(self) -> Mapping[str, Task]:
        """Every task in memory, by id."""
        return self._registry.tasks

    def records(self) -> Mapping[str, Task]:
        return self.tasks

    def clock_stepped(self, by: float, now: float) -> None:
        for before, after in stepped(self.tasks.values(), by, now):
            self._change(before, after, CLOCK_SET, now)
        self._registry.timers.clear()
        self.begin(now)

    def take(self, item: Change | Message | Parcel, now: float) -> None:
        return None

    # -- for other domains of the engine -------------------------------------------

    def issue(self, draft: TaskDraft, now: float, *, by: str, command: str = "", reason: str = "") -> Task:
        """Give out a task at once, in the transaction of the caller's own steps, and return it.

        Call it from `obey`, `take` or `advance` of another domain of the same engine. `by` is the account that
        answers for it, `command` the id of the command that it follows from. A draft with a `plan_key` that its
        incident has seen already gives out nothing and returns the task of then. Raises OrderRefused (see
        `drafts.checked`); call `check` for each draft first where either all or none are to be given out. With
        `depends` the clock stands (grey) until `start_clock`. An instruction of somebody else is refused: `create` it.
        """
        if (issued := self.by_key(draft.incident, draft.plan_key)) is not None:
            return issued
        incident = self.check(draft, now)
        order = TaskOrder(action="issue", by=by, at=now, reason=reason, role=ENGINE)
        draft_task = drafted(draft, incident, self._region(draft, incident), by, now)
        return self._begin(acted(draft_task, order, self._around(draft_task)), order, command, now)

    def check(self, draft: TaskDraft, now: float) -> Incident | None:
        """The incident of a draft, None without one. Raises OrderRefused where `issue` would."""
        incident = self._incidents(draft.incident) if draft.incident else None
        if draft.incident and incident is None:
            raise OrderRefused("unknown_incident:incident")
        if incident is not None and incident.phase in ("merged", "archived"):
            raise OrderRefused("incident_closed", Outcome.CONFLICT)
        if draft.parent and draft.parent not in self.tasks:
            raise OrderRefused("unknown_task:parent")
        if any(id not in self.tasks for id in draft.depends):
            raise OrderRefused("unknown_task:depends")
        checked(draft, incident, self.units, now)
        return incident

    def by_key(self, incident: str, plan_key: str) -> Task | None:
        """The task that was issued in an incident, or in one merged into it, under a plan's key."""
        return next((task for task in self.of(incident) if plan_key and task.plan_key == plan_key), None)

    def of(self, incident: str) -> list[Task]:
        """The tasks of one incident, oldest first."""
        return self._registry.of(incident)

    def start_clock(self, id: str, at: float, now: float) -> None:
        """Let the clock of a task run from a moment on, when what it depends on is done."""
        task = self.tasks[id]
        running = started(task, at, self._calendar)
        if running is not task:
            after = replace(running, light=light_of(running, now), rev=task.rev + 1)
            self._change(task, after, "clock-started", now)

    def withdraw(self, id: str, now: float, *, by: str, reason: str, command: str = "") -> Task:
        """Withdraw a task, as when a response level goes down. Raises OrderRefused when it has ended."""
        order = TaskOrder(action="withdraw", by=by, at=now, reason=reason, role="duty")
        return self._act(self.tasks[id], order, command, now)

    # -- following incidents ----------------------------------------------------------

    def merge(self, incident: str, target: str, now: float) -> None:
        """Let the tasks of a merged incident go on under its target, each under its own number."""
        for task in self.of(incident):
            moved = replace(task, incident=target, merged_from=(*task.merged_from, incident), rev=task.rev + 1)
            self._change(task, moved, "merged", now)

    def unmerge(self, incident: str, target: str, now: float) -> None:
        """Give an incident the tasks back that its merge took to the target."""
        for task in self.of(target):
            if task.merged_from[-1:] == (incident,):
                back = replace(task, incident=incident, merged_from=task.merged_from[:-1], rev=task.rev + 1)
                self._change(task, back, "unmerged", now)

    def end(self, incident: str, carried_over: Iterable[str], command: Command, now: float) -> None:
        """Let an incident end: each of its open tasks is named in `carried_over`. Raises OrderRefused `open_tasks`."""
        open_tasks = [task for task in self.of(incident) if task.open]
        if {task.id for task in open_tasks} - set(carried_over):
            raise OrderRefused("open_tasks", Outcome.CONFLICT)
        order = TaskOrder(action="carry-over", by=command.actor, at=now, reason=command.reason)
        for task in open_tasks:
            after = replace(task, carried_over=True, rev=task.rev + 1)
            self._change(task, after, "carried-over", now, order, command.id)

    def incident_left(self, incident: Incident) -> None:
        """An incident left memory: its ended tasks leave too, a day after they ended."""
        if incident.phase == "archived":
            self._registry.forget_numbers(incident.id)
        for task in self.of(incident.id):
            self._schedule(task)

    # -- orders ------------------------------------------------------------------------

    def obey(self, command: Command, now: float) -> Asking[Result] | Result:
        try:
            if command.action == CREATE:
                return self._created(command, now)
            task = self.tasks.get(command.subject)
            return self._ordered(task, command, now) if task is not None else self._not_here(command)
        except OrderRefused as refused:
            before = self.tasks.get(command.subject)
            after = TASK.view(before) if before is not None else None
            return Result(command=command.id, outcome=refused.outcome, detail=refused.code, after=after)

    def _created(self, command: Command, now: float) -> Result:
        draft, issue = draft_of(command)
        incident = self.check(draft, now)
        region = self._region(draft, incident)
        if not covers(command.actor_region, region):
            raise OrderRefused("region", Outcome.FORBIDDEN)
        task = drafted(draft, incident, region, command.actor, now)
        order = order_of(command, "create", now)
        if issue:
            task = acted(task, replace(order, action="issue", args={}), self._around(task))
        task = self._begin(task, order, command.id, now)
        return Result(command=command.id, outcome=Outcome.DONE, after=TASK.view(task))

    def _ordered(self, task: Task, command: Command, now: float) -> Result:
        order = order_of(command, command.action.removeprefix("task."), now)
        check_actor(task, order, command, self.units, self._incidents(task.incident))
        if command.expected_rev is not None and command.expected_rev != task.rev:
            return Result(command=command.id, outcome=Outcome.CONFLICT, after=TASK.view(task))
        after = self._act(task, order, command.id, now)
        return Result(command=command.id, outcome=Outcome.DONE, after=TASK.view(after))

    def _not_here(self, command: Command) -> Asking[Result]:
        doc = yield FindDocument(KIND, command.subject)
        return Result(command=command.id, outcome=Outcome.CONFLICT if doc is not None else Outcome.NOT_FOUND)

    def _act(self, task: Task, order: TaskOrder, command: str, now: float) -> Task:
        after = acted(task, order, self._around(task))
        self._change(task, after, order.action, now, order, command)
        return after

    def _around(self, task: Task) -> TaskSurroundings:
        return TaskSurroundings(
            incident=self._incidents(task.incident),
            units=self.units,
            calendar=self._calendar,
            children_open=self._registry.has_open_children(task.id),
        )

    def _region(self, draft: TaskDraft, incident: Incident | None) -> str:
        unit = self.units.get(draft.unit)
        return draft.region or (incident.region if incident is not None else (unit and unit.region) or self._site)

    def _begin(self, task: Task, order: TaskOrder, command: str, now: float) -> Task:
        """Give a new task its number."""
        numbered = replace(task, id=self._registry.next_id(task.incident, local_date(now).year))
        self._change(None, numbered, "issue" if numbered.issued_at else "create", now, order, command)
        return numbered

    # -- time -----------------------------------------------------------------------------

    def advance(self, now: float) -> None:
        if not self._steps:
            self._registry.closed.clear()
        for task in self._registry.due(now):
            after, happened = timed(task, now)
            if happened:
                self._change(task, after, happened[-1], now)
            elif (leaves := self._leaves_at(task)) is not None and leaves <= now:
                self._file(task, now)

    def next_due(self) -> float | None:
        return self._registry.next_due

    def _leaves_at(self, task: Task) -> float | None:
        """When a task leaves memory and the screens, None while it stays."""
        if task.open or (task.incident and self._incidents(task.incident) is not None):
            return None
        return task.state_at + SHOWN_AFTER

    def _file(self, task: Task, now: float) -> None:
        self._registry.file(task.id)
        self.record_step(DomainStep(name="filed", subject=task.id, at=now))

    # -- keeping --------------------------------------------------------------------------

    def document(self, id: str) -> Document:
        shown = self.tasks.get(id)
        task = shown or self._registry.closed[id]
        return Document(body=msgspec.to_builtins(task), shown=shown, open=shown is not None)

    def _change(
        self, before: Task | None, after: Task, name: str, now: float, order: TaskOrder | None = None, command: str = ""
    ) -> None:
        self._registry.put(after)
        self._schedule(after)
        by, reason, body = (order.by, order.reason, dict(order.args)) if order is not None else ("", "", {})
        self.record_step(
            DomainStep(name=name, subject=after.id, at=now, actor=by, reason=reason, command=command, body=body)
        )
        for follower in self.followers:
            follower(before, after, now)

    def _schedule(self, task: Task) -> None:
        for at in (next_change(task), self._leaves_at(task)):
            if at is not None:
                self._registry.schedule(at, task.id)


register(KIND, task_of)
