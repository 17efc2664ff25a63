"""Random orders, time and restarts: no task is lost, no number used twice, nothing of a life is overwritten."""

from __future__ import annotations

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule

from feeds.incidents.settings import IncidentSettings
from feeds.model import Outcome
from feeds.model.tasks import Task
from incidents.tasks.domain import TaskDomain, task_of
from incidents.tasks.orders import ACTIONS
from tests.incidents.commands import SITE, UNITS
from tests.incidents.machine import DomainMachine

ROLES = st.sampled_from([("duty", "li"), ("duty", "zhou"), ("leader", "wang"), ("unit", "gaj-1"), ("unit", "sthj-1")])


class TaskMachine(DomainMachine):
    """The domain of tasks without incidents."""

    def __init__(self) -> None:
        self.lives: dict[str, Task] = {}
        super().__init__()

    def build(self) -> TaskDomain:
        self.tasks = TaskDomain(lambda id: None, SITE, IncidentSettings(units=UNITS))
        return self.tasks

    @rule(who=ROLES, unit=st.sampled_from(["gaj", "sthj", "empty"]), minutes=st.integers(1, 3000))
    def create(self, who: tuple[str, str], unit: str, minutes: int) -> None:
        args = {"title": "任务", "unit": unit, "due_within": minutes * 60.0, "issue": True, "kind": "supervision"}
        result = self.give("task.create", "", who, **args)
        if result.outcome is Outcome.DONE:
            assert result.after is not None
            assert result.after["id"] not in self.lives

    @rule(
        who=ROLES, action=st.sampled_from(ACTIONS[1:]), which=st.integers(0, 20), unit=st.sampled_from(["gaj", "sthj"])
    )
    def order(self, who: tuple[str, str], action: str, which: int, unit: str) -> None:
        if ids := sorted(self.tasks.tasks):
            args = {"unit": unit, "text": "到场", "until": self.now + 7200, "granted": True}
            self.give(action, ids[which % len(ids)], who, **args)

    @invariant()
    def nothing_is_lost(self) -> None:
        written = {id: task_of(doc) for (_, id), doc in self.documents.items()}
        assert {id for (_, id), doc in self.documents.items() if doc.open} == set(self.tasks.tasks)
        for id, before in self.lives.items():
            task = written[id]
            assert task.history[: len(before.history)] == before.history
            assert task.rev >= before.rev
            assert task.due_first == before.due_first or before.due_first is None
            assert len(task.sheets) >= len(before.sheets)
        assert all(self.tasks.tasks[id] == written[id] for id in self.tasks.tasks)
        self.lives = written


TaskMachine.TestCase.settings = settings(max_examples=25, stateful_step_count=30, deadline=None)
TestTaskMachine = TaskMachine.TestCase
