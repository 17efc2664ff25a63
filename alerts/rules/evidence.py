"""The values that decided a rule's verdict, as text, and their quality. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from alerts.rules.context import RuleContext
from alerts.rules.subjects import Subject
from alerts.rules.values import plain, warning_evidence
from feeds.cel.typecheck import ExpressionReferences
from feeds.model import Quality

RATES = "_rate"
"""The map that replaces `rate(m["x"], 300)`, keyed "300.0 x"."""
AGES = "_age"
"""The map that replaces `age(m["x"])`: a missing reading is a missing key."""
LONGEST = 500
"""Characters of the text."""


def evidence(
    uses: ExpressionReferences, subject: Subject, values: Mapping[str, Any], context: RuleContext | None
) -> str:
    """The names, readings, ages, rates and warnings that an expression uses, with their values."""
    parts = [f"{name}={plain(values[name])}" for name in sorted(uses.names - {"m", "labels", "active"})]
    for key in sorted(uses.readings & subject.readings.keys()):
        reading = subject.readings[key]
        parts.append(f"{key}={plain(reading.value)}{' ' + reading.unit if reading.unit else ''}")
    parts += [f"age({key})={plain(values[AGES][key])} s" for _, _, key in uses.ages if key in values[AGES]]
    parts += [
        f"rate({key})={plain(values[RATES][f'{span} {key}'])} /s"
        for _, _, key, span in uses.rates
        if f"{span} {key}" in values[RATES]
    ]
    if uses.warned and context is not None:
        parts += warning_evidence(subject.id, context)
    if "health" in uses.names:
        down = [k for k, r in subject.readings.items() if k.partition("[")[0].endswith(".up") and r.value is False]
        parts += [f"{key}=false {subject.readings[key].text}".strip() for key in sorted(down)[:3]]
    return ", ".join(parts)[:LONGEST]


def quality(uses: ExpressionReferences, subject: Subject) -> Quality:
    """Uncertain when a reading that the expression uses is."""
    used = [reading for key, reading in subject.readings.items() if key in uses.readings]
    uncertain = any(reading.quality is Quality.UNCERTAIN for reading in used)
    return Quality.UNCERTAIN if uncertain else Quality.GOOD
