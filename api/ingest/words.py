"""How other tools name how bad something is, and when."""

from __future__ import annotations

from datetime import datetime

from feeds.model import Severity
from feeds.moments import LATEST

_WORDS: dict[Severity, str] = {
    Severity.CRITICAL: "critical crit fatal emergency emerg panic disaster page p1 sev1 s1",
    Severity.MAJOR: "major error err high severe p2 sev2 s2",
    Severity.MINOR: "minor average medium moderate p3 sev3 s3",
    Severity.WARNING: "warning warn low p4 sev4 s4",
    Severity.INFO: "info information informational notice none ok debug p5 sev5 s5 unclassified",
}
SEVERITIES = {word: severity for severity, words in _WORDS.items() for word in words.split()}
USUAL = Severity.MAJOR
"""For a word that nobody knows, and for none: what is not graded must not be overlooked."""
OPEN_BEFORE = -60_000_000_000.0
"""A time before this (year 1 in Go's zero time) is no time at all."""


def severity(word: str) -> Severity:
    """Our word for theirs."""
    return SEVERITIES.get(word) or SEVERITIES.get(word.strip().lower(), USUAL)


def moment(text: str | None) -> float | None:
    """Epoch seconds; None for none and for Go's zero time. ValueError without a zone, or when nothing can write it."""
    if not text or text.startswith("0001-01-01T00:00:00"):
        return None
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise ValueError("no zone")
    seconds = at.timestamp()
    if seconds > LATEST:
        raise ValueError("too late")
    return None if seconds < OPEN_BEFORE else seconds
