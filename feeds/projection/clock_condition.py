"""Reports steps of the wall clock as a condition of the projector's role, displayed and alerted on like any other."""

from __future__ import annotations

from feeds.clock import Clock, spoken, uptime
from feeds.texts.catalogue import text

TOLD_FOR = 3600.0
"""Seconds of uptime for which a step is reported."""


class ClockCondition:
    """The last step of the clock, while it is reported."""

    def __init__(self, up: Clock = uptime) -> None:
        self._up = up
        self._by, self._at = 0.0, float("-inf")

    def note(self, by: float) -> None:
        """Record a step of the clock, seconds."""
        self._by, self._at = by, self._up()

    def words(self, language: str) -> str:
        """The text for people; "" when nothing is to be reported."""
        return text("site.clock_set", language, by=spoken(self._by)) if self._is_reported() else ""

    def _is_reported(self) -> bool:
        return self._up() - self._at < TOLD_FOR
