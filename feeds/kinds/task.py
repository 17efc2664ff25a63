"""Tasks, supervision orders and instructions (任务, 督办, 批示). Written by the command role."""

from __future__ import annotations

from typing import Any

import msgspec

from feeds.kinds.filters import Exact, Flag, Search, Sort, Within, Words
from feeds.kinds.kind import Derived, RecordKind
from feeds.kinds.modes import is_exercise
from feeds.kinds.searchable import Searchable
from feeds.kinds.subject import RuleName, SubjectKind, SubjectState, field_value, texts
from feeds.model.approvals import TaskChoice
from feeds.model.incidents import MODES
from feeds.model.tasks import TASK_KINDS, TASK_LIGHTS, TASK_STATES, Task
from feeds.tasks.orders import choices_of


def _awaits_signature(task: Task) -> bool:
    """Issued, and nobody has signed for it."""
    return task.state in ("issued", "returned")


def _unsigned(task: Task) -> bool:
    """Issued, and not signed for within the limit."""
    return task.sign_late and _awaits_signature(task)


def _pressing(task: Task) -> bool:
    """Open, and past a limit."""
    return task.open and (task.light == "red" or _unsigned(task))


def _awaits_answer(task: Task) -> bool:
    """Open, and the office has to answer what the unit reported or asked."""
    return task.open and any(choice.action in ("done", "answer-extension") for choice in choices_of(task))


def _choices(task: Task) -> list[dict[str, Any]]:
    """The possible actions, as JSON."""
    choices: list[dict[str, Any]] = msgspec.to_builtins(choices_of(task))
    return choices


def _value(subject: SubjectState, name: str) -> Any:
    return _unsigned(subject.record) if name == "unsigned" else field_value(subject, name)


TASK = RecordKind(
    name="task",
    plural="tasks",
    record=Task,
    writer="command",
    derived=(
        Derived("open", bool, lambda task: task.open),
        Derived("unsigned", bool, _unsigned),
        Derived("awaits_signature", bool, _awaits_signature),
        Derived("pressing", bool, _pressing),
        Derived("awaits_answer", bool, _awaits_answer),
        Derived("choices", list[TaskChoice], _choices),
    ),
    faces={
        "row": (
            *("id", "kind", "mode", "incident", "title", "region", "unit", "person", "post", "role", "state"),
            *("state_at", "light", "late", "unsigned", "sign_by", "due", "due_first", "warn_at", "starts_at", "open"),
            *("evidence_needed", "carried_over", "parent", "choices", "rev"),
            *("awaits_signature", "pressing", "awaits_answer"),
        )
    },
    apart=is_exercise,
    redact=(
        *("person", "head", "author", "issuer", "created_by", "reviewed_by", "signed_by"),
        *("holders_before", "history", "extensions", "evidence", "sheets"),
    ),
    archive="task",
    entries=("task",),
    filters=(
        Words(name="kind", words=TASK_KINDS),
        Words(name="state", words=TASK_STATES),
        Words(name="light", words=TASK_LIGHTS),
        Words(name="unit"),
        Exact(name="incident"),
        Flag(name="late"),
        Flag(name="unsigned"),
        Words(name="mode", words=MODES, default="real", about="Left out: real; * for all"),
        Within(),
        Search(name="q", fields=("id", "title", "text")),
    ),
    sort=Sort(("created_at", "id"), down=True, page=200),
    slashes=True,
    subject=SubjectKind(
        name="task",
        names={
            **texts("id", "incident", "region", "title", "unit", "person"),
            "kind": RuleName("string", frozenset(TASK_KINDS)),
            "state": RuleName("string", frozenset(TASK_STATES)),
            "light": RuleName("string", frozenset(TASK_LIGHTS)),
            "late": RuleName("bool"),
            "unsigned": RuleName("bool"),
        },
        value=_value,
        title=lambda subject, language: str(subject.record.title or subject.id),
        feed=lambda subject: "emergency",
        head=lambda subject: str(subject.record.head),
        evaluated=lambda task: task.mode == "real",
    ),
    search=Searchable(names=("title",)),
    holder="unit",
)
