"""The names that a rule may use, by kind of subject: their types, the words they may take, and their values."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from alerts.rules.cel.typecheck import Name
from alerts.rules.subjects import Subject
from feeds.model import WARNING_STATES, Health

_CAP = {
    "severity": ("Extreme", "Severe", "Moderate", "Minor", "Unknown"),
    "urgency": ("Immediate", "Expected", "Future", "Past", "Unknown"),
    "certainty": ("Observed", "Likely", "Possible", "Unlikely", "Unknown"),
    "status": ("Actual", "Exercise", "System", "Test", "Draft"),
    "scope": ("Public", "Restricted", "Private"),
    "colour": ("red", "orange", "yellow", "blue", ""),
    "state": WARNING_STATES,
}

NAMES: dict[str, dict[str, Name]] = {
    "asset": {
        "health": Name("string", frozenset(Health)),
        **dict.fromkeys(("id", "name", "kind", "region", "owner"), Name("string")),
        "importance": Name("int"),
        "stale": Name("bool"),
        "labels": Name("map"),
        "m": Name("map"),
    },
    "source": {
        **dict.fromkeys(("id", "kind", "region", "error"), Name("string")),
        **dict.fromkeys(("ok", "silent", "failing"), Name("bool")),
        "lag": Name("double"),
        "dead_letters": Name("int"),
    },
    "warning": {
        **dict.fromkeys(("id", "event", "source"), Name("string")),
        "regions": Name("list"),
        **{name: Name("string", frozenset(words)) for name, words in _CAP.items()},
    },
    "region": dict.fromkeys(("id", "region"), Name("string")),
}
ACTIVE = {"active": Name("bool")}


def _state_of(subject: Subject, name: str) -> Any:
    state = subject.state
    if name == "stale":
        return state is None or state.stale_since is not None
    return str(state.health) if state is not None else str(Health.UNKNOWN)


def _asset_value(subject: Subject, name: str) -> Any:
    return _state_of(subject, name) if name in ("health", "stale") else getattr(subject.asset, name)


def _source_value(subject: Subject, name: str) -> Any:
    if name in ("silent", "failing"):
        return getattr(subject.source, f"{name}_since") is not None
    return getattr(subject.source, name)


def _warning_value(subject: Subject, name: str) -> Any:
    value = getattr(subject.warning, name)
    return list(value) if name == "regions" else value


VALUES: dict[str, Callable[[Subject, str], Any]] = {
    "asset": _asset_value,
    "source": _source_value,
    "warning": _warning_value,
    "region": lambda subject, name: subject.id,
}
