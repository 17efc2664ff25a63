"""Random orders, time and restarts: no task is lost, no number used twice, nothing of a life is overwritten."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from feeds.engine.domain import Start
from feeds.engine.requests import PutDocument
from feeds.incidents.settings import IncidentSettings
from feeds.journal import Doc
from feeds.model import Command, Outcome, Result
from feeds.model.tasks import Task
from incidents.tasks.domain import TaskDomain, task_of
from incidents.tasks.orders import ACTIONS
from tests.incidents.commands import SITE, UNITS, moment

ROLES = st.sampled_from([("duty", "li"), ("duty", "zhou"), ("leader", "wang"), ("unit", "gaj-1"), ("unit", "sthj-1")])


class TaskMachine(RuleBasedStateMachine):
    """A domain over a journal of documents; a restart loads another domain from what was written."""

    def __init__(self) -> None:
        super().__init__()
        self.now, self.commands = moment("14:00"), 0
        self.documents: dict[str, Doc] = {}
        self.pending: dict[str, Any] = {}
        self.lives: dict[str, Task] = {}
        self.restart()

    @rule()
    def restart(self) -> None:
        self.domain = TaskDomain(lambda id: None, SITE, IncidentSettings(units=UNITS))
        reading = self.domain.load(Start(records={}, pending=self.pending, now=self.now))
        next(reading)
        with suppress(StopIteration):
            reading.send([doc for doc in self.documents.values() if doc.open])
        self.domain.begin(self.now)

    @rule(who=ROLES, unit=st.sampled_from(["gaj", "sthj", "empty"]), minutes=st.integers(1, 3000))
    def create(self, who: tuple[str, str], unit: str, minutes: int) -> None:
        args = {"title": "任务", "unit": unit, "due_within": minutes * 60.0, "issue": True, "kind": "supervision"}
        result = self._obey("task.create", "", who, args)
        if result.outcome is Outcome.DONE:
            assert result.after is not None
            assert result.after["id"] not in self.lives

    @rule(
        who=ROLES, action=st.sampled_from(ACTIONS[1:]), which=st.integers(0, 20), unit=st.sampled_from(["gaj", "sthj"])
    )
    def order(self, who: tuple[str, str], action: str, which: int, unit: str) -> None:
        if ids := sorted(self.domain.tasks):
            args = {"unit": unit, "text": "到场", "until": self.now + 7200, "granted": True}
            self._obey(action, ids[which % len(ids)], who, args)

    @rule(minutes=st.sampled_from([1, 30, 600, 1500]))
    def wait(self, minutes: int) -> None:
        self.now += minutes * 60
        self.domain.advance(self.now)
        self._write()

    def _obey(self, action: str, subject: str, who: tuple[str, str], args: dict[str, Any]) -> Result:
        self.commands += 1
        role, actor = who
        command = Command(
            id=str(self.commands),
            action=action,
            subject=subject,
            actor=actor,
            role=role,
            actor_region="",
            at=self.now,
            valid_until=self.now + 5,
            reason="理由",
            args=args,
        )
        result = self.domain.obey(command, self.now)
        assert isinstance(result, Result)
        self._write()
        return result

    def _write(self) -> None:
        """Make what happened durable, as the engine does after each batch."""
        writing = self.domain.write(self.now)
        if writing is None:
            return
        try:
            request = next(writing)
            while True:
                if isinstance(request, PutDocument):
                    self.documents[request.id] = Doc(
                        kind=request.kind, id=request.id, body=request.body, open=request.open, seq=1
                    )
                request = writing.send(1)
        except StopIteration:
            self.pending = dict(self.domain.pending())

    @invariant()
    def nothing_is_lost(self) -> None:
        written = {id: task_of(doc) for id, doc in self.documents.items()}
        assert {id for id, doc in self.documents.items() if doc.open} == set(self.domain.tasks)
        for id, before in self.lives.items():
            task = written[id]
            assert task.history[: len(before.history)] == before.history
            assert task.rev >= before.rev
            assert task.due_first == before.due_first or before.due_first is None
            assert len(task.sheets) >= len(before.sheets)
        assert all(self.domain.tasks[id] == written[id] for id in self.domain.tasks)
        self.lives = written


TaskMachine.TestCase.settings = settings(max_examples=25, stateful_step_count=30, deadline=None)
TestTaskMachine = TaskMachine.TestCase
