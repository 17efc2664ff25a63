"""What a collector says of itself beside its targets: figures for /metrics, and words when it is in trouble."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol, runtime_checkable


@runtime_checkable
class SelfMetrics(Protocol):
    """A Poller with figures of its own."""

    def figures(self) -> tuple[dict[str, float], str]:
        """Counts since the start, and one sentence (Chinese and English, by " | "), "" when there is nothing to say."""


def of(pollers: Mapping[str, object]) -> dict[str, tuple[dict[str, float], str]]:
    """By source, of the pollers by source."""
    return {source: poller.figures() for source, poller in pollers.items() if isinstance(poller, SelfMetrics)}
