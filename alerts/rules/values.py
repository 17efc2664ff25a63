"""Values of readings and warnings as a rule sees them, and as the evidence shows them."""

from __future__ import annotations

from typing import Any

from alerts.rules.context import RuleContext
from alerts.rules.subjects import Subject
from feeds.model import EmergencyWarning, Quality, Reading


def warning_evidence(asset: str, context: RuleContext) -> list[str]:
    try:
        return [
            f"warning={warning.headline or warning.event or warning.id}"
            for warning in context.warnings_over(asset, "", "")[:3]
        ]
    except KeyError:  # the warnings are unknown at the moment
        return []


def touched(subject: Subject, kind: str) -> int:
    """The number of assets, or of places of the site's layers, of a kind in a warning's area; "" is any asset."""
    warning = subject.record
    if not isinstance(warning, EmergencyWarning):
        return 0
    if not kind:
        return sum(warning.affected.values())
    return warning.affected.get(kind, 0) + warning.places.get(kind, 0)


def usable(reading: Reading, now: float) -> bool:
    return reading.fresh_until > now and reading.quality is not Quality.BAD and reading.value is not None


def all_values(subject: Subject) -> dict[str, bool | float | str | None]:
    """The values of all readings of a subject, also of those that are stale or bad."""
    return {key: value_of(reading) for key, reading in subject.readings.items()}


def value_of(reading: Reading) -> bool | float | str | None:
    """A reading's value for CEL. Numbers become doubles: CEL never mixes int and double, and devices report both."""
    value = reading.value
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value


def age_of(reading: Reading, now: float) -> float:
    """Seconds since the reading was observed, or since its source last confirmed an unchanged value."""
    return max(0.0, now - max(reading.observed_at, reading.confirmed_at or 0.0))


def plain(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"{value:.6g}" if isinstance(value, float) else str(value)[:100]
