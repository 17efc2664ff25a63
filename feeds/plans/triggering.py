"""The level of a plan whose trigger holds for an incident, and why. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from typing import Any

from feeds.cel.conditions import RecordCondition
from feeds.model.incidents import Incident
from feeds.model.plans import PLAN_LEVELS, Plan
from feeds.plans.conditions import incident_values, plan_trigger
from feeds.regions import covers

_condition = lru_cache(maxsize=1000)(plan_trigger)


@dataclass(frozen=True, slots=True)
class TriggeredLevel:
    """The highest level that a trigger of the plan asks for. `subject` is the warning or alert that it is about."""

    plan: Plan
    level: str
    cause: str
    subject: str = ""


def level_rank(level: str) -> int:
    """1 for level I to 4 for level IV; 5 for none."""
    return PLAN_LEVELS.index(level) + 1 if level in PLAN_LEVELS else 5


def applies(plan: Plan, incident: Incident) -> bool:
    """True when the plan is for incidents of this class and region; a plan without either is for all."""
    in_region = not plan.regions or any(covers(region, incident.region) for region in plan.regions)
    return in_region and (not plan.classes or incident.event_class in plan.classes)


def triggered(
    plan: Plan, incident: Incident, warnings: Sequence[Mapping[str, Any]] = (), alerts: Sequence[Mapping[str, Any]] = ()
) -> TriggeredLevel | None:
    """The highest level whose trigger holds.

    `warnings` and `alerts` are the values (feeds.plans.conditions) of those that the incident is linked to.
    """
    if not applies(plan, incident):
        return None
    values: dict[str, list[tuple[str, Mapping[str, Any]]]] = {
        "incident": [("", incident_values(incident))],
        "warning": [(str(warning["id"]), warning) for warning in warnings],
        "alert": [(str(alert["id"]), alert) for alert in alerts],
    }
    for trigger in sorted(plan.triggers, key=lambda trigger: level_rank(trigger.level)):
        condition = _condition(trigger.when)
        for subject, records in _combinations(condition, values):
            if condition.holds(records):
                return TriggeredLevel(plan, trigger.level, trigger.when, subject)
    return None


def _combinations(
    condition: RecordCondition, values: Mapping[str, Iterable[tuple[str, Mapping[str, Any]]]]
) -> Iterator[tuple[str, dict[str, Mapping[str, Any]]]]:
    """Each choice of one record for every kind that the condition names, with the id of the linked one."""
    kinds = sorted(condition.records)
    for chosen in product(*(values[kind] for kind in kinds)):
        subject = next((id for id, _ in chosen if id), "")
        yield subject, {kind: record for kind, (_, record) in zip(kinds, chosen, strict=True)}
