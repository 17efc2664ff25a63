"""Preview of a rule: evaluate it for all its subjects without raising or clearing alerts."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import msgspec

from alerts.lifecycle.open_alerts import OpenAlerts
from alerts.rules.delays import Verdict
from alerts.rules.rule import CompiledRule
from alerts.rules.subjects import Subjects
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


def rehearse(rule: CompiledRule, subjects: Subjects, open_alerts: OpenAlerts, now: float, budget: int) -> Preview:
    """Evaluate the rule for each of its subjects, as if it came into force now."""
    preview = Preview(id=rule.id, sketch=rule.sketch)
    examples: list[str] = []
    for kind, id in subjects.of_kind(rule.settings.over):
        if preview.asked >= budget:
            preview.partial = True
            break
        subject = subjects.get((kind, id))
        if subject is None:
            continue
        alert = open_alerts.open((rule.id, kind, id))
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
                examples.append(id)
    preview.examples = tuple(examples)
    return preview
