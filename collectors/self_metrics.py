"""Self-metrics of collectors: counts for /metrics, and a sentence on a problem."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol, runtime_checkable


@runtime_checkable
class SelfMetrics(Protocol):
    """A Poller with self-metrics."""

    def figures(self) -> tuple[dict[str, float], str]:
        """Counts since the start, and a sentence in Chinese and English divided by " | ", "" without a problem."""


def of(pollers: Mapping[str, object]) -> dict[str, tuple[dict[str, float], str]]:
    """The self-metrics by source, of pollers by source."""
    return {source: poller.figures() for source, poller in pollers.items() if isinstance(poller, SelfMetrics)}
