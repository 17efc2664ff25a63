"""Limits of the picture checks, each of one statistic. Pure.

`checks.py` decides by them and `check_results.py` shows them. Functions take the median of the statistic in the
camera's baseline.
"""

from __future__ import annotations

BLACK_P99 = 32
DARK_P99 = 64
NO_SIGNAL_DEVIATION = 2
BRIGHT_P50 = 235
MOVED_EDGES = 0.6


def covered_flat(usual: float) -> float:
    """The share of flat blocks from which on a camera is covered."""
    return min(0.95, usual + 0.4)


def blurred_detail(usual: float) -> float:
    """The detail below which a picture is blurred."""
    return usual - 0.18


def noisy_noise(usual: float) -> float:
    """The noise above which a picture is noisy."""
    return max(6.0, 3 * usual)


def tinted_cast(usual: float) -> float:
    """The colour cast from which on a picture is tinted."""
    return max(20.0, usual + 15)
