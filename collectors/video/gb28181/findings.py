"""Deviations of devices from the standard, counted by kind, so that a page can name them. Bounded."""

from __future__ import annotations

from collections import Counter

MAX_FINDINGS = 2000
"""Pairs of device and kind that are counted."""


class DeviationLog:
    """Counts by device and kind, such as "duplicate-id"."""

    def __init__(self) -> None:
        self._counts: Counter[tuple[str, str]] = Counter()
        self.total = 0

    def note(self, device: str, kind: str) -> None:
        """Count one deviation."""
        self.total += 1
        if (device, kind) in self._counts or len(self._counts) < MAX_FINDINGS:
            self._counts[device, kind] += 1

    def of(self, device: str) -> dict[str, int]:
        """The deviations of one device by kind."""
        return {kind: count for (owner, kind), count in self._counts.items() if owner == device}
