"""The names that triggers of plans and promotion rules may use, and their values, per kind of record. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from feeds.cel.conditions import RecordCondition, compile_condition
from feeds.incidents.classes import event_classes
from feeds.incidents.grading import rank
from feeds.kinds.subject import RuleName, texts
from feeds.model import CHANNELS, Alert, EmergencyWarning, Receipt, Severity
from feeds.model.incidents import FIGURES, NATURES, PHASES, Incident

_COLOURS = frozenset(("red", "orange", "yellow", "blue", ""))
_CLASS = RuleName("string", frozenset(("", *event_classes())))
INCIDENT: Mapping[str, RuleName] = {
    **texts("incident.id", "incident.region", "incident.lead_region", "incident.place", "incident.text"),
    "incident.class": _CLASS,
    "incident.grade": RuleName("int"),
    "incident.response": RuleName("int"),
    "incident.phase": RuleName("string", frozenset(PHASES)),
    "incident.nature": RuleName("string", frozenset(NATURES)),
    "incident.regions": RuleName("list"),
    **{f"incident.casualties.{figure}": RuleName("int") for figure in FIGURES},
    "incident.casualties.hectares": RuleName("double"),
}
"""`grade` and `response` are 1 to 4, I being 1; 9 is none."""
WARNING_NAMES: Mapping[str, RuleName] = {
    **texts("warning.id", "warning.event", "warning.source", "warning.severity"),
    "warning.colour": RuleName("string", _COLOURS),
    "warning.regions": RuleName("list"),
}
ALERT: Mapping[str, RuleName] = {
    **texts("alert.id", "alert.rule", "alert.asset", "alert.region"),
    "alert.severity": RuleName("string", frozenset(Severity)),
}
RECEIPT: Mapping[str, RuleName] = {
    **texts("receipt.id", "receipt.source", "receipt.region", "receipt.place", "receipt.text"),
    "receipt.channel": RuleName("string", frozenset(CHANNELS)),
    "receipt.class": _CLASS,
}
OF_PLANS = {**INCIDENT, **WARNING_NAMES, **ALERT}
OF_PROMOTIONS = {**WARNING_NAMES, **ALERT, **RECEIPT}


def plan_trigger(when: str) -> RecordCondition:
    """The condition of a plan's trigger. Raises feeds.cel.conditions.ConditionError."""
    return compile_condition(when, OF_PLANS)


def promotion_condition(when: str) -> RecordCondition:
    """The condition of a promotion rule. Raises feeds.cel.conditions.ConditionError."""
    return compile_condition(when, OF_PROMOTIONS)


def incident_values(incident: Incident) -> dict[str, Any]:
    """The values of `incident.…`. A figure that nobody has given is 0."""
    figures = {name: incident.figures[name].value if name in incident.figures else 0 for name in FIGURES}
    return {
        "id": incident.id,
        "region": incident.region,
        "lead_region": incident.lead_region,
        "place": incident.place,
        "text": incident.text,
        "class": incident.event_class,
        "grade": rank(incident.grade),
        "response": rank(incident.response),
        "phase": incident.phase,
        "nature": incident.nature,
        "regions": list(incident.regions),
        "casualties": {name: float(value) if name == "hectares" else int(value) for name, value in figures.items()},
    }


def warning_values(warning: EmergencyWarning) -> dict[str, Any]:
    """The values of `warning.…`."""
    return {
        "id": warning.id,
        "event": warning.event,
        "source": warning.source,
        "severity": warning.severity,
        "colour": warning.colour,
        "regions": list(warning.regions),
    }


def alert_values(alert: Alert) -> dict[str, Any]:
    """The values of `alert.…`."""
    return {
        "id": alert.id,
        "rule": alert.rule,
        "asset": alert.asset,
        "region": alert.region,
        "severity": str(alert.severity),
    }


def receipt_values(receipt: Receipt) -> dict[str, Any]:
    """The values of `receipt.…`."""
    return {
        "id": receipt.id,
        "source": receipt.source,
        "region": receipt.region,
        "place": receipt.place,
        "text": receipt.text,
        "channel": receipt.channel,
        "class": receipt.event_class,
    }
