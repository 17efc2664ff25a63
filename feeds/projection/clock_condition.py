"""Tells people that the clock was set: a condition of the projector's role, shown and alerted on like any other."""

from __future__ import annotations

from feeds.clock import Clock, spoken, uptime
from feeds.texts.catalogue import text

TOLD_FOR = 3600.0
"""Seconds of uptime for which a step is told."""


class ClockCondition:
    """The last step of the clock, for as long as it is told."""

    def __init__(self, up: Clock = uptime) -> None:
        self._up = up
        self._by, self._at = 0.0, float("-inf")

    def note(self, by: float) -> None:
        """The clock was set by so many seconds."""
        self._by, self._at = by, self._up()

    def words(self, language: str) -> str:
        """For people; "" when there is nothing to tell any more."""
        return text("site.clock_set", language, by=spoken(self._by)) if self._told() else ""

    def _told(self) -> bool:
        return self._up() - self._at < TOLD_FOR
