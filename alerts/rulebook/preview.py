"""Preview of a rule: evaluate it for all its subjects without raising or clearing alerts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import msgspec

from alerts.lifecycle.open_alerts import OpenAlerts
from alerts.rules.delays import Verdict
from alerts.rules.members import member_key
from alerts.rules.rule import CompiledRule
from alerts.rules.subjects import Subject, Subjects
from alerts.rules.thresholds import ExpressionSummary

EXAMPLES = 20
BUDGET = 50_000
"""Subjects evaluated at most for one command. The engine does nothing else during a preview."""


@dataclass(slots=True)
class Preview:
    """The result of a preview: the number of subjects `asked`, with the condition true (`holds`) or without data.

    `raises` and `clears` compare with the rule's active alerts. Both take effect only after the rule's delays.
    `partial`: not all subjects were evaluated.
    """

    id: str
    asked: int = 0
    holds: int = 0
    no_data: int = 0
    raises: int = 0
    clears: int = 0
    examples: tuple[str, ...] = ()
    partial: bool = False
    sketch: ExpressionSummary = field(default_factory=ExpressionSummary)

    def public(self) -> dict[str, Any]:
        """The preview with the rule's thresholds and scope, JSON-able."""
        names = ("id", "asked", "holds", "no_data", "raises", "clears", "partial")
        drawn = {"thresholds": self.sketch.thresholds, "only": self.sketch.only}
        counts = {name: getattr(self, name) for name in names}
        return counts | {"examples": list(self.examples)} | {k: msgspec.to_builtins(v) for k, v in drawn.items()}


def _subjects(rule: CompiledRule, subjects: Subjects, open_alerts: OpenAlerts) -> Iterator[Subject]:
    """The subjects of the rule, or every member of each for a rule with `each`."""
    for key in subjects.of_kind(rule.settings.over):
        subject = subjects.get(key)
        if subject is not None:
            yield from rule.views(subject, open_alerts.members(rule.id, subject.id))


def rehearse(rule: CompiledRule, subjects: Subjects, open_alerts: OpenAlerts, now: float, budget: int) -> Preview:
    """Evaluate the rule for each of its subjects, as if it came into force now."""
    preview = Preview(id=rule.id, sketch=rule.sketch)
    examples: list[str] = []
    for subject in _subjects(rule, subjects, open_alerts):
        if preview.asked >= budget:
            preview.partial = True
            break
        alert = open_alerts.open((member_key(rule.id, subject.member), subject.kind, subject.id))
        active = alert is not None and alert.active
        if not rule.concerns(subject):
            preview.clears += active  # raised while the rule reached further
            continue
        verdict = rule.evaluate(subject, now, active=active, context=subjects).verdict
        preview.asked += 1
        preview.holds += verdict is Verdict.TRUE
        preview.no_data += verdict is Verdict.NO_DATA
        preview.clears += active and verdict is Verdict.FALSE
        if verdict is Verdict.TRUE and not active:
            preview.raises += 1
            if len(examples) < EXAMPLES:
                examples.append(member_key(subject.id, subject.member))
    preview.examples = tuple(examples)
    return preview
