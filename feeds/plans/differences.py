"""The difference between two versions of a plan: what it does, then the text line by line. Pure."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from feeds.model.plans import Plan, PlanLevel


@dataclass(frozen=True, slots=True)
class PlanDifference:
    """One thing that differs: where ("III/cordon/due"), the value before and after; "" is not there."""

    where: str
    before: str
    after: str


def differences(before: Plan | None, after: Plan) -> list[PlanDifference]:
    """Everything that a plan does differently; None is no plan."""
    old, new = dict(_facts(before)) if before is not None else {}, dict(_facts(after))
    return [
        PlanDifference(where, old.get(where, ""), new.get(where, ""))
        for where in dict.fromkeys((*old, *new))
        if old.get(where, "") != new.get(where, "")
    ]


def text_difference(before: Plan | None, after: Plan) -> list[str]:
    """The lines that differ, as `diff -u` writes them, with three lines around each."""
    old = before.text.splitlines() if before is not None else []
    names = (before.id if before is not None else "", after.id)
    return list(difflib.unified_diff(old, after.text.splitlines(), *names, lineterm="", n=3))


def _facts(plan: Plan) -> Iterator[tuple[str, str]]:
    for name in ("name", "basis", "filed", "owner", "review_by", "classes", "regions"):
        yield name, _written(getattr(plan, name))
    for number, trigger in enumerate(plan.triggers, start=1):
        yield f"triggers/{number}", f"{trigger.level}: {trigger.when}"
    for level in plan.levels:
        yield from _level_facts(level)


def _level_facts(level: PlanLevel) -> Iterator[tuple[str, str]]:
    for name in ("auto_after", "posts", "resources", "report_policy", "checklist", "messages"):
        yield f"{level.level}/{name}", _written(getattr(level, name))
    for task in level.tasks:
        for name, value in asdict(task).items():
            if name not in ("key", "level"):
                yield f"{level.level}/{task.key}/{name}", _written(value)


def _written(value: Any) -> str:
    if value is None or value in ("", (), {}):
        return ""
    if isinstance(value, dict):
        return " / ".join(str(part) for part in value.values() if part)
    if isinstance(value, tuple):
        return "、".join(_written(asdict(part) if hasattr(part, "template") else part) for part in value)
    return f"{value:g}" if isinstance(value, float) else str(value)
