"""Nearest-rank percentiles of values and of histograms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence


def nearest_rank(values: Sequence[int], share: float) -> int | None:
    """The nearest-rank percentile of ordered values, None without any."""
    if not values:
        return None
    return values[max(0, -(-len(values) * round(share * 100) // 100) - 1)]


def histogram_rank(histogram: Mapping[int, int], share: float) -> int | None:
    """The nearest-rank percentile of a histogram, None when it is empty."""
    total = sum(histogram.values())
    rank = -(-total * round(share * 100) // 100)
    passed = 0
    for value in sorted(histogram):
        passed += histogram[value]
        if passed >= rank and total:
            return value
    return None
