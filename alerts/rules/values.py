"""From what is known of a thing to the values that a rule sees, and to what is said of them."""

from __future__ import annotations

from typing import Any

from alerts.rules.context import Around
from alerts.rules.subjects import Subject
from feeds.model import EmergencyWarning, Quality, Reading


def warnings_told(asset: str, around: Around) -> list[str]:
    try:
        return [f"warning={one.headline or one.event or one.id}" for one in around.warnings_over(asset, "", "")[:3]]
    except KeyError:  # nobody knows at the moment
        return []


def touched(subject: Subject, kind: str) -> int:
    """How many assets of a kind ("" any) lie in a warning's area."""
    warning = subject.record
    affected = warning.affected if isinstance(warning, EmergencyWarning) else {}
    return affected.get(kind, 0) if kind else sum(affected.values())


def usable(reading: Reading, now: float) -> bool:
    return reading.fresh_until > now and reading.quality is not Quality.BAD and reading.value is not None


def value_of(reading: Reading) -> bool | float | str | None:
    """CEL never mixes int and double, and a device may report 3 now and 3.2 then: numbers are doubles."""
    value = reading.value
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value


def plain(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"{value:.6g}" if isinstance(value, float) else str(value)[:100]
