"""What a rule would do at once, without doing it: asked about everything that it concerns."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import msgspec

from alerts.lifecycle.open_alerts import Registry
from alerts.rules.delays import Verdict
from alerts.rules.rule import CompiledRule
from alerts.rules.subjects import Subjects
from alerts.rules.thresholds import Sketch

EXAMPLES = 20
BUDGET = 50_000
"""How many things are asked at most for one command: an alert engine that rehearses does nothing else meanwhile."""


@dataclass(slots=True)
class Rehearsal:
    """`asked` things, of which the condition `holds` on some and `no_data` answers for others.

    `raises` and `clears` compare with the alerts of that rule that are active now; both come about only once
    the condition has held, or not held, for long enough. `partial`: there are more things than were asked.
    """

    id: str
    asked: int = 0
    holds: int = 0
    no_data: int = 0
    raises: int = 0
    clears: int = 0
    examples: tuple[str, ...] = ()
    partial: bool = False
    sketch: Sketch = field(default_factory=Sketch)

    def public(self) -> dict[str, Any]:
        """JSON-able, with what can be drawn of the rule."""
        names = ("id", "asked", "holds", "no_data", "raises", "clears", "partial")
        drawn = {"thresholds": self.sketch.thresholds, "only": self.sketch.only}
        counts = {name: getattr(self, name) for name in names}
        return counts | {"examples": list(self.examples)} | {k: msgspec.to_builtins(v) for k, v in drawn.items()}


def rehearse(rule: CompiledRule, subjects: Subjects, registry: Registry, now: float, budget: int) -> Rehearsal:
    """Ask the rule about each of its subjects, as if it came into force now."""
    found = Rehearsal(id=rule.id, sketch=rule.sketch)
    examples: list[str] = []
    for kind, id in subjects.of_kind(rule.settings.over):
        if found.asked >= budget:
            found.partial = True
            break
        subject = subjects.get((kind, id))
        if subject is None:
            continue
        alert = registry.open((rule.id, kind, id))
        active = alert is not None and alert.active
        if not rule.concerns(subject):
            found.clears += active  # raised while the rule reached further
            continue
        verdict = rule.evaluate(subject, now, active=active, around=subjects).verdict
        found.asked += 1
        found.holds += verdict is Verdict.TRUE
        found.no_data += verdict is Verdict.NO_DATA
        found.clears += active and verdict is Verdict.FALSE
        if verdict is Verdict.TRUE and not active:
            found.raises += 1
            if len(examples) < EXAMPLES:
                examples.append(id)
    found.examples = tuple(examples)
    return found
